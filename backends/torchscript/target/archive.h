// SPDX-License-Identifier: Apache-2.0
//
// A TorchScript archive as torch.jit.save lays out a frozen module: a zip of stored entries with
// the code, the tensors that it names as CONSTANTS.c0, CONSTANTS.c1 …, and a module, whose fields
// w0, w1 … are weights that are stored in half precision and become f32 when it is loaded.
#ifndef MMD_BACKENDS_TORCHSCRIPT_TARGET_ARCHIVE_H_
#define MMD_BACKENDS_TORCHSCRIPT_TARGET_ARCHIVE_H_

#include "base/str.h"
#include "tensor/tensor.h"

// Version 10 gives operators today's meaning; PyTorch 1.13 and later read it.
#define MMD_TS_VERSION "10\n"

typedef struct ts_archive_t {
  mmd_str_t code;         // of code/__torch__.py, with the class __torch__.Net
  mmd_str_t description;  // of extra/mmdeploy.json: inputs and outputs
  mmd_tensor_t *constants;
  size_t constant_count, constant_capacity;
  bool use_f16;           // store weights so
  mmd_tensor_t *weights;  // f16
  size_t weight_count, weight_capacity;
} ts_archive_t;

void ts_archive_deinit(ts_archive_t *archive);  // of a zeroed struct

// PyTorch's number for an element type (torch.float32 is 6), or -1 when it has none.
int ts_scalar_type(mmd_dtype_t dtype);

// Retains |tensor|.
mmd_status_t ts_archive_add_constant(ts_archive_t *archive, const mmd_tensor_t *tensor,
                                     size_t *out_index) MMD_MUST_USE;

// Field number |*out_index|, the half-precision form of |tensor|.
mmd_status_t ts_archive_add_weight(ts_archive_t *archive, const mmd_tensor_t *tensor,
                                   size_t *out_index) MMD_MUST_USE;

mmd_status_t ts_archive_write(const ts_archive_t *archive, const char *path) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_ARCHIVE_H_
