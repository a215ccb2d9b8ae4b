// SPDX-License-Identifier: Apache-2.0
#include "backends/onnxruntime/runtime/library.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"

mmd_status_t ort_check(const ort_library_t *library, OrtStatus *status, const char *what) {
  if (!status) return NULL;
  enum {
    NO_SUCHFILE = 3,
    NO_MODEL = 4,
    INVALID_PROTOBUF = 7,
    NOT_IMPLEMENTED = 9,
    INVALID_GRAPH = 10
  };
  const int code = library->fn.GetErrorCode(status);
  mmd_code_t ours = MMD_INVALID_ARGUMENT;
  if (code == NO_SUCHFILE || code == NO_MODEL) ours = MMD_NOT_FOUND;
  if (code == INVALID_PROTOBUF || code == INVALID_GRAPH) ours = MMD_CORRUPT;
  if (code == NOT_IMPLEMENTED) ours = MMD_NOT_SUPPORTED;
  mmd_status_t result = MMD_ERROR(ours, "ONNX Runtime %s: %s: %s", library->version, what,
                                  library->fn.GetErrorMessage(status));
  library->fn.ReleaseStatus(status);
  return result;
}

// The engine's own log goes to ours. Its chatter about fallbacks is below warning level for us, and
// so are its errors: every failed call returns the same text in its status.
static void forward_log(void *param, int severity, const char *category, const char *id,
                        const char *location, const char *message) {
  (void)param;
  (void)category;
  (void)id;
  (void)location;
  const mmd_log_level_t levels[] = {MMD_LOG_TRACE, MMD_LOG_DEBUG, MMD_LOG_INFO, MMD_LOG_INFO,
                                    MMD_LOG_CRITICAL};
  const size_t i = severity < 0 ? 0 : severity > 4 ? 4 : (size_t)severity;
  mmd_log(levels[i], "onnxruntime", 0, "ONNX Runtime: %s", message ? message : "");
}

// "1.20.1" -> 20; 0 when it is no such text.
static int minor_version(const char *version) {
  if (strncmp(version, "1.", 2) != 0) return 0;
  return atoi(version + 2);
}

static mmd_status_t load_functions(ort_library_t *library) {
  ort_get_api_base_fn get_base = NULL;
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "OrtGetApiBase", &get_base));
  const OrtApiBase *base = get_base();
  if (!base || !base->GetVersionString) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: OrtGetApiBase gives no table", library->path);
  }
  library->version = base->GetVersionString();
  const int newest = minor_version(library->version);
  if (newest < ORT_API_OLDEST) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: ONNX Runtime %s found, 1.%d or newer is needed",
                     library->path, library->version, (int)ORT_API_OLDEST);
  }
  library->api_version = newest < ORT_API_NEWEST ? newest : ORT_API_NEWEST;
  const OrtApi *api = base->GetApi((uint32_t)library->api_version);
  if (!api) {
    return MMD_ERROR(MMD_UNAVAILABLE, "%s: ONNX Runtime %s refuses API version %d", library->path,
                     library->version, library->api_version);
  }
  ort_functions_read(api, &library->fn);
  return NULL;
}

_Static_assert(ORT_API_OLDEST == 15, "the advice below names the oldest release");
static const char *const g_beside[] = {"libonnxruntime.so.1", NULL};
static const char *const g_names[] = {"libonnxruntime.so.1", "libonnxruntime.so", NULL};
static const mmd_dynlib_search_t g_search = {
    .variable = "MMDEPLOY_ONNXRUNTIME_LIBRARY",
    .beside = g_beside,
    .names = g_names,
    .advice =
        "libonnxruntime.so.1 was found neither beside the module nor on the loader's path; "
        "set MMDEPLOY_ONNXRUNTIME_LIBRARY to the library of ONNX Runtime 1.15 or newer (the "
        "PyPI package onnxruntime has it in onnxruntime/capi)",
};

static mmd_status_t start(const char *path, ort_library_t *library) {
  MMD_TRY(mmd_dynlib_find(path, &g_search, &library->dynlib));
  if (!mmd_dynlib_has(library->dynlib, "OrtGetApiBase")) {
    return MMD_ERROR(MMD_UNAVAILABLE,
                     "%s: no symbol 'OrtGetApiBase'; this is no library of ONNX Runtime",
                     mmd_dynlib_path(library->dynlib));
  }
  ort_get_api_base_fn get_base = NULL;
  MMD_TRY(mmd_dynlib_symbol(library->dynlib, "OrtGetApiBase", &get_base));
  void *address = NULL;
  memcpy(&address, &get_base, sizeof address);
  library->path = mmd_dynlib_path_of(address);
  if (!library->path) library->path = mmd_strdup(mmd_dynlib_path(library->dynlib));
  MMD_TRY_ALLOC(library->path);
  MMD_TRY(load_functions(library));
  MMD_TRY(ort_check(library,
                    library->fn.CreateEnvWithCustomLogger(forward_log, NULL, ORT_LOG_WARNING,
                                                          "mmdeploy", &library->env),
                    "environment"));
  MMD_TRY(ort_check(
      library,
      library->fn.CreateCpuMemoryInfo(ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, &library->cpu),
      "memory"));
  return ort_check(library, library->fn.GetAllocatorWithDefaultOptions(&library->allocator),
                   "allocator");
}

mmd_status_t ort_library_open(const char *path, ort_library_t **out_library) {
  *out_library = NULL;
  ort_library_t *library = mmd_alloc(sizeof *library);
  MMD_TRY_ALLOC(library);
  mmd_status_t status = start(path, library);
  if (status) {
    ort_library_close(library);
    return status;
  }
  *out_library = library;
  return NULL;
}

void ort_library_close(ort_library_t *library) {
  if (!library) return;
  if (library->cpu) library->fn.ReleaseMemoryInfo(library->cpu);
  if (library->env) library->fn.ReleaseEnv(library->env);
  mmd_dynlib_close(library->dynlib);
  mmd_free(library->path);
  mmd_free(library);
}
