// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/library.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#define LIBRARY_VARIABLE "MMDEPLOY_TORCHSCRIPT_LIBRARY"
#define SHIM_NAME "libmmd_torch.so"

// A file beside the module that does not load is an error, none at all is not.
static mmd_status_t open_beside_module(ts_library_t *library) {
  char *self = mmd_dynlib_path_of((const void *)LIBRARY_VARIABLE);
  char *directory = self ? mmd_path_directory(self) : NULL;
  char *path = directory ? mmd_path_join(directory, SHIM_NAME) : NULL;
  mmd_status_t status =
      path && mmd_path_exists(path) ? mmd_dynlib_open(path, &library->dynlib) : NULL;
  mmd_free(path);
  mmd_free(directory);
  mmd_free(self);
  return status;
}

static mmd_status_t open_dynlib(const char *path, ts_library_t *library) {
  if (path && *path) return mmd_dynlib_open(path, &library->dynlib);
  const char *chosen = getenv(LIBRARY_VARIABLE);
  if (chosen && *chosen)
    return mmd_status_annotate(mmd_dynlib_open(chosen, &library->dynlib), LIBRARY_VARIABLE);
  MMD_TRY(open_beside_module(library));
  if (library->dynlib || !mmd_status_ignore(mmd_dynlib_open(SHIM_NAME, &library->dynlib)))
    return NULL;
  return MMD_ERROR(
      MMD_UNAVAILABLE, SHIM_NAME
      " was found neither beside the module nor on the loader's path; it is "
      "built where libtorch's headers are (Debian: libtorch-dev); or set " LIBRARY_VARIABLE
      " to it");
}

static mmd_status_t load_functions(ts_library_t *library) {
  const char *path = mmd_dynlib_path(library->dynlib);
  if (!mmd_dynlib_has(library->dynlib, "ts_shim_abi_version")) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: no symbol 'ts_shim_abi_version'; this is no " SHIM_NAME,
                     path);
  }
#define LOAD(result, name, parameters) \
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "ts_shim_" #name, &library->fn.name));
  TS_SHIM_FUNCTIONS(LOAD)
#undef LOAD
  if (library->fn.abi_version() != TS_SHIM_ABI_VERSION) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: version %u of the interface, %u is needed", path,
                     library->fn.abi_version(), TS_SHIM_ABI_VERSION);
  }
  library->path = mmd_strdup(path);
  MMD_TRY_ALLOC(library->path);
  return NULL;
}

static void note_devices(ts_library_t *library) {
  const int32_t cards = library->fn.cuda_count();
  library->version = library->fn.version();
  library->devices[library->device_count++] = (mmdeploy_backend_device_t){"cpu", 1};
  if (cards > 0)
    library->devices[library->device_count++] = (mmdeploy_backend_device_t){"cuda", cards};
}

mmd_status_t ts_library_open(const char *path, ts_library_t **out_library) {
  *out_library = NULL;
  ts_library_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  mmd_status_t status = open_dynlib(path, library);
  if (!status) status = load_functions(library);
  if (status) {
    ts_library_close(library);
    return status;
  }
  note_devices(library);
  *out_library = library;
  return NULL;
}

void ts_library_close(ts_library_t *library) {
  if (!library) return;
  mmd_dynlib_close(library->dynlib);
  mmd_free(library->path);
  mmd_free(library);
}
