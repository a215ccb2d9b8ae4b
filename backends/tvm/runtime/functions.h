// SPDX-License-Identifier: Apache-2.0
//
// Functions that compiled networks call and that TVM has in its Python package alone.
#ifndef MMD_BACKENDS_TVM_RUNTIME_FUNCTIONS_H_
#define MMD_BACKENDS_TVM_RUNTIME_FUNCTIONS_H_

#include "backends/tvm/runtime/library.h"

// Adds them to the library's registry, once in a process, unless something else already has.
mmd_status_t tvm_functions_add(const tvm_library_t *library) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TVM_RUNTIME_FUNCTIONS_H_
