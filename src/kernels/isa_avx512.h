// SPDX-License-Identifier: Apache-2.0
//
// Included first by *_avx512.c: turns AVX-512 and FMA on for the rest of the file, so that the file
// needs no flags of its own.
#ifndef MMD_KERNELS_ISA_AVX512_H_
#define MMD_KERNELS_ISA_AVX512_H_

#if defined(__clang__)
#pragma clang attribute push(                                                    \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
    apply_to = function)
#elif defined(__GNUC__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#endif

#include <immintrin.h>

#endif  // MMD_KERNELS_ISA_AVX512_H_
