// SPDX-License-Identifier: Apache-2.0
//
// Shared objects opened at run time.
#ifndef MMD_BASE_DYNLIB_H_
#define MMD_BASE_DYNLIB_H_

#include <stdbool.h>

#include "base/status.h"

typedef struct mmd_dynlib mmd_dynlib_t;

// Opens |path| (absolute, relative, or a bare name for the loader's search path) with local
// symbols. The message names the file and the loader's reason (missing, other architecture, missing
// dependency).
mmd_status_t mmd_dynlib_open(const char *path, mmd_dynlib_t **out_library) MMD_MUST_USE;

// A vendor's library as a backend module looks for it.
typedef struct mmd_dynlib_search_t {
  const char *variable;       // environment variable that may name the file
  const char *const *beside;  // names that are tried in the module's own folder, to NULL
  const char *const *names;   // names that are tried on the loader's search path, to NULL
  const char *advice;         // what a user is told when there is none
} mmd_dynlib_search_t;

// |path| when it is given, else the variable's file, else the first that is there. A file beside
// the module that does not load is an error, none at all is not. |search| lies in the module. None:
// MMD_UNAVAILABLE with the advice.
mmd_status_t mmd_dynlib_find(const char *path, const mmd_dynlib_search_t *search,
                             mmd_dynlib_t **out_library) MMD_MUST_USE;
void mmd_dynlib_close(mmd_dynlib_t *library);              // NULL is fine
const char *mmd_dynlib_path(const mmd_dynlib_t *library);  // as opened

// |out_symbol| points to a function pointer; the message names file and symbol.
mmd_status_t mmd_dynlib_symbol(mmd_dynlib_t *library, const char *name,
                               void *out_symbol) MMD_MUST_USE;
bool mmd_dynlib_has(mmd_dynlib_t *library, const char *name);

// The absolute path of the object (library or program) that holds |address|, or NULL; freed with
// mmd_free.
char *mmd_dynlib_path_of(const void *address);

#endif  // MMD_BASE_DYNLIB_H_
