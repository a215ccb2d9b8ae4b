// SPDX-License-Identifier: Apache-2.0
#include "convert/stage.h"

#include <sys/resource.h>

#include "base/thread.h"

double mmd_peak_mib(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return (double)usage.ru_maxrss / 1024;  // Linux counts in KiB
}

mmd_status_t mmd_stages_next(mmd_stages_t *stages, const char *name) {
  const uint64_t now = mmd_time_ns();
  if (stages->count && stages->begin_ns) {
    stages->items[stages->count - 1].seconds = (double)(now - stages->begin_ns) * 1e-9;
    stages->items[stages->count - 1].peak_mib = mmd_peak_mib();
  }
  stages->begin_ns = 0;
  if (!name || stages->count == MMD_MAX_STAGES) return NULL;
  stages->items[stages->count++].name = name;
  stages->begin_ns = now;
  return mmd_progress_update(stages->progress, name, 0, 0);
}

mmd_status_t mmd_stages_print(const mmd_stages_t *stages, mmd_str_t *out_text) {
  double total = 0;
  MMD_TRY(mmd_str_printf(out_text, "%-20s %10s %14s\n", "stage", "seconds", "peak memory"));
  for (size_t i = 0; i < stages->count; ++i) {
    total += stages->items[i].seconds;
    MMD_TRY(mmd_str_printf(out_text, "%-20s %10.3f %10.1f MiB\n", stages->items[i].name,
                           stages->items[i].seconds, stages->items[i].peak_mib));
  }
  return mmd_str_printf(out_text, "%-20s %10.3f\n", "total", total);
}
