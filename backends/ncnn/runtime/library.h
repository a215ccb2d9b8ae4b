// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_LIBRARY_H_
#define MMD_BACKENDS_NCNN_RUNTIME_LIBRARY_H_

#include "backends/ncnn/runtime/ncnn_api.h"
#include "base/dynlib.h"
#include "base/status.h"

// The opened libncnn.
typedef struct ncnn_library_t {
  mmd_dynlib_t *dynlib;
  char *path;           // absolute
  const char *version;  // "1.0.20261020"
  ncnn_functions_t fn;
} ncnn_library_t;

// |path| NULL: the environment variable MMDEPLOY_NCNN_LIBRARY, then libncnn beside the module, then
// the loader's search path.
mmd_status_t ncnn_library_open(const char *path, ncnn_library_t **out_library) MMD_MUST_USE;
void ncnn_library_close(ncnn_library_t *library);  // NULL is fine

#endif  // MMD_BACKENDS_NCNN_RUNTIME_LIBRARY_H_
