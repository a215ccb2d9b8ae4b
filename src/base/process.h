// SPDX-License-Identifier: Apache-2.0
//
// Programs started as children of this process.
#ifndef MMD_BASE_PROCESS_H_
#define MMD_BASE_PROCESS_H_

#include <stdbool.h>

#include "base/status.h"

typedef struct mmd_process_t {
  // What to run, NULL-terminated. The first is the program: a path, or a name looked for in PATH.
  const char *const *arguments;
  const char *directory;  // to run in; NULL: this one
  const char *log_path;   // gets all that it prints, from its start; NULL: thrown away
  double limit_seconds;   // it and its children are ended after so long; 0: never
} mmd_process_t;

typedef struct mmd_process_result_t {
  int exit_status;  // of a program that ended by itself
  int signal;       // that ended it, or 0
  bool is_late;     // it was ended since |limit_seconds| were over
  double seconds;   // on the clock
  double peak_mib;  // of the largest process among it and its children
} mmd_process_result_t;

// Runs it to its end, with nothing to read; should this process die before, it is told to end.
// MMD_NOT_FOUND when there is no such program; a program that fails is no failure of this call.
// Thread-safe.
mmd_status_t mmd_process_run(const mmd_process_t *process,
                             mmd_process_result_t *out_result) MMD_MUST_USE;

// Where |name| is, freed with mmd_free: itself when it has a slash, else the first in PATH.
// MMD_NOT_FOUND when there is none that can be executed.
mmd_status_t mmd_process_find(const char *name, char **out_path) MMD_MUST_USE;

#endif  // MMD_BASE_PROCESS_H_
