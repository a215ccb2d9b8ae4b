// SPDX-License-Identifier: Apache-2.0
#include "base/progress.h"

mmd_status_t mmd_progress_update(const mmd_progress_t *progress, const char *stage, uint64_t done,
                                 uint64_t total) {
  if (!progress || !progress->update) return NULL;
  if (progress->update(progress->user, stage, done, total)) return NULL;
  return MMD_ERROR(MMD_CANCELLED, "cancelled during '%s'", stage);
}
