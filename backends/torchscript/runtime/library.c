// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/runtime/library.h"

#include "base/alloc.h"
#include "base/str.h"

#define SHIM_NAME "libmmd_torch.so"

static const char *const g_names[] = {SHIM_NAME, NULL};
static const mmd_dynlib_search_t g_search = {
    .variable = "MMDEPLOY_TORCHSCRIPT_LIBRARY",
    .beside = g_names,
    .names = g_names,
    .advice = SHIM_NAME
    " was found neither beside the module nor on the loader's path; MMDeploy's build makes it "
    "where "
    "libtorch's headers and a C++ compiler are (Debian: libtorch-dev, g++); or set "
    "MMDEPLOY_TORCHSCRIPT_LIBRARY to it",
};

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
  mmd_status_t status = mmd_dynlib_find(path, &g_search, &library->dynlib);
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
