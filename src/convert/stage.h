// SPDX-License-Identifier: Apache-2.0
//
// Time and peak memory of a tool's stages.
#ifndef MMD_CONVERT_STAGE_H_
#define MMD_CONVERT_STAGE_H_

#include "base/progress.h"
#include "base/str.h"

#define MMD_MAX_STAGES 16

typedef struct mmd_stages_t {
  size_t count;
  struct {
    const char *name;
    double seconds;
    double peak_mib;  // of the process so far, 0 = the system does not tell
  } items[MMD_MAX_STAGES];
  uint64_t begin_ns;
  const mmd_progress_t *progress;
} mmd_stages_t;

// Peak memory of this process so far, in MiB; 0 when the system does not tell.
double mmd_peak_mib(void);

// Ends the stage before and begins |name| (a literal); NULL ends the last one. MMD_CANCELLED when
// the caller asked to stop.
mmd_status_t mmd_stages_next(mmd_stages_t *stages, const char *name) MMD_MUST_USE;
// A table; appends.
mmd_status_t mmd_stages_print(const mmd_stages_t *stages, mmd_str_t *out_text) MMD_MUST_USE;

#endif  // MMD_CONVERT_STAGE_H_
