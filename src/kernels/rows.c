// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows.h"

#include "kernels/cpu.h"

const mmd_rows_t *mmd_rows_get(void) {
  switch (mmd_cpu_isa()) {
#if defined(__x86_64__)
    case MMD_ISA_AVX512:  // wider vectors do not pay here
    case MMD_ISA_AVX2:
      return &mmd_rows_avx2;
    case MMD_ISA_SSE2:
      return &mmd_rows_sse2;
#elif defined(__aarch64__)
    case MMD_ISA_NEON:
      return &mmd_rows_neon;
#endif
    default:
      return &mmd_rows_generic;
  }
}
