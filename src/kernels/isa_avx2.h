// SPDX-License-Identifier: Apache-2.0
//
// Included first by *_avx2.c: turns AVX2 and FMA on for the rest of the file, so that the file
// needs no flags of its own.
#ifndef MMD_KERNELS_ISA_AVX2_H_
#define MMD_KERNELS_ISA_AVX2_H_

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx2,fma,f16c")
#endif

#include <immintrin.h>

#endif  // MMD_KERNELS_ISA_AVX2_H_
