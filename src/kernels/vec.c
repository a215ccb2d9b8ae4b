// SPDX-License-Identifier: Apache-2.0
#include "kernels/vec.h"

#include "kernels/cpu.h"

const mmd_vec_t *mmd_vec_get(void) {
  switch (mmd_cpu_isa()) {
#if defined(__x86_64__)
    case MMD_ISA_AVX512:
      return &mmd_vec_avx512;
    case MMD_ISA_AVX2:
      return &mmd_vec_avx2;
#endif
    default:
      return &mmd_vec_generic;
  }
}
