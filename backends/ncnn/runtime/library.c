// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#define LIBRARY_VARIABLE "MMDEPLOY_NCNN_LIBRARY"

static mmd_status_t open_candidate(const char *path, ncnn_library_t *library) {
  mmd_dynlib_close(library->dynlib);
  library->dynlib = NULL;
  return mmd_dynlib_open(path, &library->dynlib);
}

// A file beside the module that does not load is an error, none at all is not.
static mmd_status_t open_beside_module(ncnn_library_t *library, const char *name) {
  char *self = mmd_dynlib_path_of((const void *)LIBRARY_VARIABLE);
  char *directory = self ? mmd_path_directory(self) : NULL;
  char *path = directory ? mmd_path_join(directory, name) : NULL;
  mmd_status_t status = path && mmd_path_exists(path) ? open_candidate(path, library) : NULL;
  mmd_free(path);
  mmd_free(directory);
  mmd_free(self);
  return status;
}

static mmd_status_t open_dynlib(const char *path, ncnn_library_t *library) {
  static const char *const names[] = {"libncnn.so", "libncnn.so.1"};
  if (path && *path) return open_candidate(path, library);
  const char *chosen = getenv(LIBRARY_VARIABLE);
  if (chosen && *chosen)
    return mmd_status_annotate(open_candidate(chosen, library), LIBRARY_VARIABLE);
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    MMD_TRY(open_beside_module(library, names[i]));
    if (library->dynlib) return NULL;
  }
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (!mmd_status_ignore(open_candidate(names[i], library))) return NULL;
  }
  return MMD_ERROR(MMD_UNAVAILABLE,
                   "libncnn.so was found neither beside the module nor on the loader's path; "
                   "set " LIBRARY_VARIABLE " to the library (scripts/ncnn.sh builds it)");
}

static mmd_status_t load_functions(ncnn_library_t *library) {
  const char *path = mmd_dynlib_path(library->dynlib);
  if (!mmd_dynlib_has(library->dynlib, "ncnn_mat_create_4d")) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "%s: no symbol 'ncnn_mat_create_4d'; this is no ncnn of 2022 or newer that "
                     "was built with its C interface",
                     path);
  }
#define LOAD(name, result, parameters) \
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "ncnn_" #name, &library->fn.name));
  MMD_NCNN_FUNCTIONS(LOAD)
#undef LOAD
  void *address = NULL;
  memcpy(&address, &library->fn.net_create, sizeof address);
  library->path = mmd_dynlib_path_of(address);
  if (!library->path) library->path = mmd_strdup(path);
  MMD_TRY_ALLOC(library->path);
  library->version = library->fn.version();
  return NULL;
}

static mmd_status_t start(const char *path, ncnn_library_t *library) {
  MMD_TRY(open_dynlib(path, library));
  return load_functions(library);
}

mmd_status_t ncnn_library_open(const char *path, ncnn_library_t **out_library) {
  *out_library = NULL;
  ncnn_library_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  mmd_status_t status = start(path, library);
  if (status) {
    ncnn_library_close(library);
    return status;
  }
  *out_library = library;
  return NULL;
}

void ncnn_library_close(ncnn_library_t *library) {
  if (!library) return;
  mmd_dynlib_close(library->dynlib);
  mmd_free(library->path);
  mmd_free(library);
}
