// SPDX-License-Identifier: Apache-2.0
//
// Tensors of TVM's.
#ifndef MMD_BACKENDS_TVM_RUNTIME_TENSOR_H_
#define MMD_BACKENDS_TVM_RUNTIME_TENSOR_H_

#include "backends/tvm/runtime/library.h"
#include "mmdeploy/plugin/backend.h"

// A tensor object with a copy of what |from| holds.
mmd_status_t tvm_tensor_create(const tvm_library_t *library, const mmdeploy_run_tensor_t *from,
                               tvm_value_t *out_tensor) MMD_MUST_USE;

// The tensor in a value of kind TVM_TENSOR.
const tvm_dl_tensor_t *tvm_tensor_of(const tvm_value_t *value);
// Its element type as plugins name them, 0 for one that they lack.
int32_t tvm_dtype_of(const tvm_dl_tensor_t *tensor);

#endif  // MMD_BACKENDS_TVM_RUNTIME_TENSOR_H_
