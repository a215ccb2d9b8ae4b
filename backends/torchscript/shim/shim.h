// SPDX-License-Identifier: Apache-2.0
//
// The C++ library that knows libtorch, behind C functions. It is built where libtorch's headers are
// and opened at run time, so that everything else needs neither. No exception leaves it.
#ifndef MMD_BACKENDS_TORCHSCRIPT_SHIM_SHIM_H_
#define MMD_BACKENDS_TORCHSCRIPT_SHIM_SHIM_H_

#include "mmdeploy/plugin/common.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TS_SHIM_ABI_VERSION 1u
#define TS_SHIM_MAX_RANK 8

typedef struct ts_module_t ts_module_t;

// |code| is one of MMDEPLOY_PLUGIN_…
typedef struct ts_error_t {
  int32_t code;
  char text[800];
} ts_error_t;

// Packed; |dtype| is one of MMDEPLOY_PLUGIN_F32 … Results own what they point to.
typedef struct ts_tensor_t {
  int32_t dtype, rank;
  int64_t dims[TS_SHIM_MAX_RANK];
  void *data;
  size_t byte_size;
  void *owner;
} ts_tensor_t;

// All functions of the shim: result, name behind ts_shim_, parameters.
#define TS_SHIM_FUNCTIONS(X)                                                              \
  X(uint32_t, abi_version, (void))                                                        \
  X(const char *, version, (void)) /* of libtorch, "1.13.1" */                            \
  X(int32_t, cuda_count, (void))                                                          \
  X(int32_t, load,                                                                        \
    (const void *data, size_t size, const char *device, int32_t device_id,                \
     ts_module_t **out_module, ts_error_t *error))                                        \
  X(void, destroy, (ts_module_t * module))                                                \
  /* Text that our files carry about inputs and outputs, "" for others. */                \
  X(const char *, description, (const ts_module_t *module))                               \
  X(int32_t, input_count, (const ts_module_t *module))                                    \
  X(int32_t, output_count, (const ts_module_t *module)) /* -1: only a run tells */        \
  /* |threads| 0: libtorch's own choice. After a failure nothing is left in |outputs|. */ \
  X(int32_t, run,                                                                         \
    (ts_module_t * module, int32_t threads, int32_t optimize, const ts_tensor_t *inputs,  \
     size_t input_count, ts_tensor_t *outputs, size_t output_count, ts_error_t *error))   \
  X(void, release, (void *owner))

#define TS_SHIM_DECLARE(result, name, parameters) \
  MMDEPLOY_PLUGIN_EXPORT result ts_shim_##name parameters;
TS_SHIM_FUNCTIONS(TS_SHIM_DECLARE)
#undef TS_SHIM_DECLARE

#ifdef __cplusplus
}
#endif

#endif  // MMD_BACKENDS_TORCHSCRIPT_SHIM_SHIM_H_
