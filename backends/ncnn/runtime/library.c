// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/library.h"

#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const char *const g_names[] = {"libncnn.so", "libncnn.so.1", NULL};
static const mmd_dynlib_search_t g_search = {
    .variable = "MMDEPLOY_NCNN_LIBRARY",
    .beside = g_names,
    .names = g_names,
    .advice =
        "libncnn.so was found neither beside the module nor on the loader's path; set "
        "MMDEPLOY_NCNN_LIBRARY to the library (scripts/ncnn.sh builds it)",
};

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
  MMD_TRY(mmd_dynlib_find(path, &g_search, &library->dynlib));
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
