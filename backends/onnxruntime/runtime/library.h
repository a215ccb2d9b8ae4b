// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_ONNXRUNTIME_RUNTIME_LIBRARY_H_
#define MMD_BACKENDS_ONNXRUNTIME_RUNTIME_LIBRARY_H_

#include "backends/onnxruntime/runtime/ort_api.h"
#include "base/dynlib.h"
#include "base/status.h"

// The opened libonnxruntime with its one environment.
typedef struct ort_library_t {
  mmd_dynlib_t *dynlib;
  char *path;           // absolute
  const char *version;  // "1.20.1"
  int api_version;
  ort_functions_t fn;
  OrtEnv *env;
  OrtMemoryInfo *cpu;
  OrtAllocator *allocator;  // the default one, for names; not owned
} ort_library_t;

// |path| NULL: the environment variable MMDEPLOY_ONNXRUNTIME_LIBRARY, then libonnxruntime beside
// the module, then the loader's search path.
mmd_status_t ort_library_open(const char *path, ort_library_t **out_library) MMD_MUST_USE;
void ort_library_close(ort_library_t *library);  // NULL is fine

// Turns a vendor status into ours and releases it. NULL gives NULL.
mmd_status_t ort_check(const ort_library_t *library, OrtStatus *status,
                       const char *what) MMD_MUST_USE;

#endif  // MMD_BACKENDS_ONNXRUNTIME_RUNTIME_LIBRARY_H_
