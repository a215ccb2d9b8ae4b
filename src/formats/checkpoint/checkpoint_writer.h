// SPDX-License-Identifier: Apache-2.0
//
// Writes checkpoints that torch.load reads, with weights_only=True too (PyTorch 1.13 reads no
// floats in that mode; its own files have the same fate).
#ifndef MMD_FORMATS_CHECKPOINT_CHECKPOINT_WRITER_H_
#define MMD_FORMATS_CHECKPOINT_CHECKPOINT_WRITER_H_

#include <stddef.h>

#include "base/status.h"
#include "tensor/tensor.h"
#include "value/value.h"

typedef struct mmd_checkpoint_entry_t {
  const char *key;
  mmd_tensor_t tensor;  // borrowed
  mmd_dtype_t dtype;    // to write it as, one tensor at a time; undefined = as it is
} mmd_checkpoint_entry_t;

// {"meta": meta, "state_dict": OrderedDict(entries)} in a zip container, data aligned to 64 bytes.
// |meta| is an object or NULL (an empty one). Strided views are written packed; entries that view
// the same bytes share them in the file as well.
mmd_status_t mmd_checkpoint_write(const char *path, const mmd_value_t *meta,
                                  const mmd_checkpoint_entry_t *entries, size_t count) MMD_MUST_USE;

// As safetensors; |metadata| is an object of strings or NULL.
mmd_status_t mmd_safetensors_write(const char *path, const mmd_value_t *metadata,
                                   const mmd_checkpoint_entry_t *entries,
                                   size_t count) MMD_MUST_USE;

// One of the above, or .npz, by the extension of |path|: .safetensors, .npz, else PyTorch's zip for
// .pth, .pt, .ckpt, .bin and .tar; others are refused. What is no text in |meta| becomes JSON text
// in safetensors; .npz has no place for it.
mmd_status_t mmd_checkpoint_save(const char *path, const mmd_value_t *meta,
                                 const mmd_checkpoint_entry_t *entries, size_t count) MMD_MUST_USE;
// Whether mmd_checkpoint_save knows the extension: to be asked before the work is done.
mmd_status_t mmd_checkpoint_check_path(const char *path) MMD_MUST_USE;

#endif  // MMD_FORMATS_CHECKPOINT_CHECKPOINT_WRITER_H_
