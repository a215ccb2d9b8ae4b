// SPDX-License-Identifier: Apache-2.0
//
// Records when stages of a pipeline begin and end. Scopes form a tree that is made when a pipeline
// is created; events are appended from any thread. Written as text for MMDeploy's analyser, or as
// Chrome trace events.
#ifndef MMD_RUNTIME_PROFILER_H_
#define MMD_RUNTIME_PROFILER_H_

#include <stdint.h>

#include "base/status.h"

typedef struct mmd_profiler mmd_profiler_t;
typedef struct mmd_profiler_scope mmd_profiler_scope_t;

mmd_status_t mmd_profiler_create(const char *path, mmd_profiler_t **out_profiler) MMD_MUST_USE;
mmd_profiler_t *mmd_profiler_retain(mmd_profiler_t *profiler);
void mmd_profiler_release(mmd_profiler_t *profiler);
// Writes the file and stops recording.
mmd_status_t mmd_profiler_finish(mmd_profiler_t *profiler) MMD_MUST_USE;

mmd_profiler_scope_t *mmd_profiler_root(mmd_profiler_t *profiler);
// A child scope; blanks in |name| become '_'. NULL |parent| gives NULL.
mmd_status_t mmd_profiler_scope_create(mmd_profiler_scope_t *parent, const char *name,
                                       mmd_profiler_scope_t **out_scope) MMD_MUST_USE;
// Returns the call's index for mmd_profiler_end. NULL scopes cost nothing.
uint64_t mmd_profiler_begin(mmd_profiler_scope_t *scope);
void mmd_profiler_end(mmd_profiler_scope_t *scope, uint64_t index);

#endif  // MMD_RUNTIME_PROFILER_H_
