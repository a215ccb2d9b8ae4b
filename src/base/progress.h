// SPDX-License-Identifier: Apache-2.0
//
// How long work tells its caller where it is, and is told to stop.
#ifndef MMD_BASE_PROGRESS_H_
#define MMD_BASE_PROGRESS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mmd_progress_t {
  void *user;
  // |stage| is a short name ("read checkpoint"), |done| of |total| steps (0 = unknown). A false
  // result asks the work to stop. May be NULL.
  bool (*update)(void *user, const char *stage, uint64_t done, uint64_t total);
} mmd_progress_t;

// MMD_CANCELLED when the callback asked to stop; |progress| may be NULL.
mmd_status_t mmd_progress_update(const mmd_progress_t *progress, const char *stage, uint64_t done,
                                 uint64_t total) MMD_MUST_USE;

#endif  // MMD_BASE_PROGRESS_H_
