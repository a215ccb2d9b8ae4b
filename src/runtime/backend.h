// SPDX-License-Identifier: Apache-2.0
//
// Inside the runtime: what backend.c and session.c share.
#ifndef MMD_RUNTIME_BACKEND_H_
#define MMD_RUNTIME_BACKEND_H_

#include "base/dynlib.h"
#include "base/thread.h"
#include "runtime/session.h"

struct mmd_backend {
  const mmdeploy_backend_t *table;
  char *module_path;     // "" when linked in
  mmd_dynlib_t *module;  // never closed: vendor threads may still run
  char *library_path;    // chosen by mmd_backend_set_library, or NULL
  mmd_mutex_t mutex;     // guards |handle| while opening
  void *handle;          // NULL before mmd_backend_open
  struct mmd_backend *next;
};

#endif  // MMD_RUNTIME_BACKEND_H_
