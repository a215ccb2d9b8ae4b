// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_OPENVINO_RUNTIME_LIBRARY_H_
#define MMD_BACKENDS_OPENVINO_RUNTIME_LIBRARY_H_

#include "backends/openvino/runtime/ov_api.h"
#include "base/dynlib.h"
#include "base/status.h"
#include "mmdeploy/plugin/backend.h"
#include "tensor/dtype.h"

enum { OV_MAX_DEVICES = 16 };

// The opened libopenvino_c with its one core.
typedef struct ov_library_t {
  mmd_dynlib_t *dynlib;
  char *path;        // absolute
  char version[48];  // "2026.4.1"
  ov_functions_t fn;
  ov_core_t *core;
  int element_types[MMD_DTYPE_COUNT];                 // of our dtypes; -1 where the engine has none
  mmdeploy_backend_device_t devices[OV_MAX_DEVICES];  // "cpu", "gpu"; names in device_names
  char device_names[OV_MAX_DEVICES][32];
  size_t device_count;
} ov_library_t;

// |path| NULL: the environment variable MMDEPLOY_OPENVINO_LIBRARY, then libopenvino_c beside the
// module, then the loader's search path.
mmd_status_t ov_library_open(const char *path, ov_library_t **out_library) MMD_MUST_USE;
void ov_library_close(ov_library_t *library);  // NULL is fine

// Turns an answer of the engine into a status, with its message in one line. OV_OK gives NULL.
mmd_status_t ov_check(const ov_library_t *library, int code, const char *what) MMD_MUST_USE;

// Our element type of the engine's number, or 0 (undefined).
int ov_library_dtype(const ov_library_t *library, int element_type);

#endif  // MMD_BACKENDS_OPENVINO_RUNTIME_LIBRARY_H_
