// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const kNames[MMD_ISA_COUNT] = {"generic", "neon", "sse2", "avx2", "avx512"};

// One more than the chosen value; 0 while nothing is chosen.
static atomic_int g_choice;

bool mmd_cpu_has(mmd_isa_t isa) {
  switch (isa) {
    case MMD_ISA_GENERIC:
      return true;
#if defined(__x86_64__)
    case MMD_ISA_SSE2:
      return true;
    case MMD_ISA_AVX2:
      // The builtin also asks whether the system saves the wide registers.
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case MMD_ISA_AVX512:
      return mmd_cpu_has(MMD_ISA_AVX2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
#elif defined(__aarch64__)
    case MMD_ISA_NEON:
      return true;
#endif
    default:
      return false;
  }
}

static mmd_isa_t best_isa(void) {
  int best = MMD_ISA_GENERIC;
  for (int i = 0; i < MMD_ISA_COUNT; ++i) {
    if (mmd_cpu_has((mmd_isa_t)i)) best = i;
  }
  return (mmd_isa_t)best;
}

static mmd_isa_t choose_isa(void) {
  const char *wanted = getenv("MMDEPLOY_ISA");
  for (int i = 0; wanted && i < MMD_ISA_COUNT; ++i) {
    if (strcmp(wanted, kNames[i]) == 0 && mmd_cpu_has((mmd_isa_t)i)) return (mmd_isa_t)i;
  }
  return best_isa();
}

mmd_isa_t mmd_cpu_isa(void) {
  int choice = atomic_load_explicit(&g_choice, memory_order_relaxed);
  if (choice == 0) {
    choice = (int)choose_isa() + 1;
    atomic_store_explicit(&g_choice, choice, memory_order_relaxed);
  }
  return (mmd_isa_t)(choice - 1);
}

bool mmd_cpu_set_isa(mmd_isa_t isa) {
  if (!mmd_cpu_has(isa)) return false;
  atomic_store_explicit(&g_choice, (int)isa + 1, memory_order_relaxed);
  return true;
}

const char *mmd_cpu_isa_name(mmd_isa_t isa) {
  return (unsigned)isa < MMD_ISA_COUNT ? kNames[isa] : "unknown";
}
