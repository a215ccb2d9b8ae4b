// SPDX-License-Identifier: Apache-2.0
//
// Which instruction set the kernels use: the best one that the processor has, chosen once. The
// environment variable MMDEPLOY_ISA (generic, neon, sse2, avx2, avx512) lowers the choice.
#ifndef MMD_KERNELS_CPU_H_
#define MMD_KERNELS_CPU_H_

#include <stdbool.h>

typedef enum mmd_isa_t {
  MMD_ISA_GENERIC,  // plain C
  MMD_ISA_NEON,
  MMD_ISA_SSE2,
  MMD_ISA_AVX2,    // with FMA
  MMD_ISA_AVX512,  // F, BW, DQ and VL
  MMD_ISA_COUNT
} mmd_isa_t;

// Thread-safe.
mmd_isa_t mmd_cpu_isa(void);

// True when this build and this processor can run |isa|.
bool mmd_cpu_has(mmd_isa_t isa);

// Forces |isa|, for tests; false, and nothing changes, when it cannot run here.
bool mmd_cpu_set_isa(mmd_isa_t isa);

const char *mmd_cpu_isa_name(mmd_isa_t isa);

#endif  // MMD_KERNELS_CPU_H_
