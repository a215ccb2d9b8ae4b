// SPDX-License-Identifier: Apache-2.0
//
// Before a short loop with a constant count: its arrays shall become registers.
#ifndef MMD_KERNELS_UNROLL_H_
#define MMD_KERNELS_UNROLL_H_

#if defined(__clang__)
#define MMD_UNROLL _Pragma("clang loop unroll(full)")
#else
#define MMD_UNROLL _Pragma("GCC unroll 16")
#endif

// A function whose arguments of constant value shall be known inside.
#define MMD_ALWAYS_INLINE __attribute__((always_inline))

#endif  // MMD_KERNELS_UNROLL_H_
