// SPDX-License-Identifier: Apache-2.0
//
// The shim and, through it, libtorch.
#ifndef MMD_BACKENDS_TORCHSCRIPT_RUNTIME_LIBRARY_H_
#define MMD_BACKENDS_TORCHSCRIPT_RUNTIME_LIBRARY_H_

#include "backends/torchscript/shim/shim.h"
#include "base/dynlib.h"
#include "mmdeploy/plugin/backend.h"

typedef struct ts_functions_t {
#define TS_MEMBER(result, name, parameters) result(*name) parameters;
  TS_SHIM_FUNCTIONS(TS_MEMBER)
#undef TS_MEMBER
} ts_functions_t;

typedef struct ts_library_t {
  mmd_dynlib_t *dynlib;
  char *path;
  const char *version;  // of libtorch
  ts_functions_t fn;
  mmdeploy_backend_device_t devices[2];
  size_t device_count;
} ts_library_t;

// |path| NULL: the environment variable, then beside the module, then the loader's path.
mmd_status_t ts_library_open(const char *path, ts_library_t **out_library) MMD_MUST_USE;
void ts_library_close(ts_library_t *library);  // NULL is fine

#endif  // MMD_BACKENDS_TORCHSCRIPT_RUNTIME_LIBRARY_H_
