// SPDX-License-Identifier: Apache-2.0
//
// Floating-point formats of 8 and 16 bits as bit patterns.
#ifndef MMD_TENSOR_MINIFLOAT_H_
#define MMD_TENSOR_MINIFLOAT_H_

#include "tensor/dtype.h"

// |dtype| is f16, bf16 or one of the 8-bit floats. Storing rounds once, to nearest even. f16 and
// bf16 overflow to infinity, the 8-bit types saturate as ONNX's Cast does.
double mmd_minifloat_load(mmd_dtype_t dtype, unsigned bits);
unsigned mmd_minifloat_store(mmd_dtype_t dtype, double number);

#endif  // MMD_TENSOR_MINIFLOAT_H_
