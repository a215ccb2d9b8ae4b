// SPDX-License-Identifier: Apache-2.0
//
// What an operator of ours is to ONNX Runtime. A file of this folder describes its operators as
// ort_op_def_t; custom_op.c makes the engine's tables of them, in both forms that the engine has
// known: up to API 15 create and compute return no status, from 16 on they do.
#ifndef MMD_BACKENDS_ONNXRUNTIME_RUNTIME_OPS_CUSTOM_OP_H_
#define MMD_BACKENDS_ONNXRUNTIME_RUNTIME_OPS_CUSTOM_OP_H_

#include "backends/onnxruntime/runtime/ort_api.h"
#include "base/status.h"
#include "base/thread.h"
#include "tensor/dtype.h"

enum { ORT_OP_MAX_INPUTS = 5, ORT_OP_MAX_RANK = 5 };

// The attributes of a node while its kernel is made. A missing attribute gives |fallback|, one of
// another type is an error.
typedef struct ort_op_attrs_t {
  const ort_functions_t *fn;
  const OrtKernelInfo *info;
} ort_op_attrs_t;

mmd_status_t ort_op_attr_int(const ort_op_attrs_t *attrs, const char *name, int64_t fallback,
                             int64_t *out_number) MMD_MUST_USE;
mmd_status_t ort_op_attr_float(const ort_op_attrs_t *attrs, const char *name, float fallback,
                               float *out_number) MMD_MUST_USE;
// Fills |numbers| up to |room|; a missing attribute gives a count of 0, a longer one is an error.
mmd_status_t ort_op_attr_ints(const ort_op_attrs_t *attrs, const char *name, size_t room,
                              int64_t *numbers, size_t *out_count) MMD_MUST_USE;

// An input; |data| is NULL, and the rank -1, where an optional one is left out.
typedef struct ort_op_tensor_t {
  const void *data;
  int rank;
  int64_t dims[ORT_OP_MAX_RANK];
} ort_op_tensor_t;

typedef struct ort_op_call_t {
  const ort_functions_t *fn;
  OrtKernelContext *context;
  mmd_pool_t *pool;
  const ort_op_tensor_t *inputs;
} ort_op_call_t;

// The memory of the only output, which may be NULL when a size is 0.
mmd_status_t ort_op_output(const ort_op_call_t *call, int rank, const int64_t *dims,
                           void *out_data) MMD_MUST_USE;

typedef struct ort_op_def_t {
  const char *name;
  size_t input_count, required;  // those from |required| on may be left out
  mmd_dtype_t output;
  int output_rank;
  size_t attribute_size;  // of what |read| fills: a kernel is that and no more
  mmd_status_t (*read)(const ort_op_attrs_t *attrs, void *attributes);
  // Called from several threads at once.
  mmd_status_t (*compute)(const void *attributes, const ort_op_call_t *call);
} ort_op_def_t;

// All inputs are float32.
extern const ort_op_def_t ort_op_deform_conv, ort_op_modulated_deform_conv, ort_op_grid_sampler,
    ort_op_nms_match, ort_op_nms_rotated, ort_op_roi_align_rotated;

//===--- the set -----------------------------------------------------------===//

// The operators of a session. The engine uses it until the session is gone.
typedef struct ort_ops_t ort_ops_t;

typedef struct ort_ops_options_t {
  int api_version;
  mmd_pool_t *pool;  // may be NULL
  // Without: where a compute cannot return its error, that is lost, and the result empty. With: it
  // waits in the thread for ort_ops_take_error.
  bool keeps_errors;
} ort_ops_options_t;

mmd_status_t ort_ops_create(const ort_functions_t *fn, const ort_ops_options_t *options,
                            ort_ops_t **out_ops) MMD_MUST_USE;
void ort_ops_destroy(ort_ops_t *ops);  // NULL is fine
// NULL, or the engine's status of the call that failed.
OrtStatus *ort_ops_register(const ort_ops_t *ops, OrtSessionOptions *options);

// The error that this thread's last operator could not return; NULL when there was none.
mmd_status_t ort_ops_take_error(void) MMD_MUST_USE;
// The context of the operator that this thread computes, or NULL.
const OrtKernelContext *ort_ops_current_context(void);

#endif  // MMD_BACKENDS_ONNXRUNTIME_RUNTIME_OPS_CUSTOM_OP_H_
