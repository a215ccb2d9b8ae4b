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
