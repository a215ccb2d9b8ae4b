// SPDX-License-Identifier: Apache-2.0
//
// What all plugin headers share. Standalone: needs the C standard library's headers only.
//
// Every table begins with abi_version and struct_size; tables only grow at the end, and a reader
// looks at no field past the struct_size it was given. Strings are UTF-8 with a final NUL.
#ifndef MMDEPLOY_PLUGIN_COMMON_H
#define MMDEPLOY_PLUGIN_COMMON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define MMDEPLOY_PLUGIN_EXPORT __declspec(dllexport)
#else
#define MMDEPLOY_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

// Numbers a plugin function returns; 0 is success.
typedef enum mmdeploy_plugin_code_t {
  MMDEPLOY_PLUGIN_OK = 0,
  MMDEPLOY_PLUGIN_INVALID_ARGUMENT = 1,
  MMDEPLOY_PLUGIN_NOT_FOUND = 2,
  MMDEPLOY_PLUGIN_NOT_SUPPORTED = 3,
  MMDEPLOY_PLUGIN_OUT_OF_RANGE = 4,
  MMDEPLOY_PLUGIN_OUT_OF_MEMORY = 5,
  MMDEPLOY_PLUGIN_CORRUPT = 6,
  MMDEPLOY_PLUGIN_IO = 7,
  MMDEPLOY_PLUGIN_UNAVAILABLE = 8,
  MMDEPLOY_PLUGIN_MISMATCH = 9,
  MMDEPLOY_PLUGIN_CANCELLED = 10,
  MMDEPLOY_PLUGIN_INTERNAL = 11
} mmdeploy_plugin_code_t;

// Filled by a failing function; storage is the caller's. |message| is one line: what, where, the
// offending value, what would be accepted.
typedef struct mmdeploy_plugin_error_t {
  int32_t code;
  char message[1020];
} mmdeploy_plugin_error_t;

// Element types, numbered as in ONNX's TensorProto.DataType.
typedef enum mmdeploy_plugin_dtype_t {
  MMDEPLOY_PLUGIN_F32 = 1,
  MMDEPLOY_PLUGIN_U8 = 2,
  MMDEPLOY_PLUGIN_I8 = 3,
  MMDEPLOY_PLUGIN_U16 = 4,
  MMDEPLOY_PLUGIN_I16 = 5,
  MMDEPLOY_PLUGIN_I32 = 6,
  MMDEPLOY_PLUGIN_I64 = 7,
  MMDEPLOY_PLUGIN_STRING = 8,
  MMDEPLOY_PLUGIN_BOOL = 9,
  MMDEPLOY_PLUGIN_F16 = 10,
  MMDEPLOY_PLUGIN_F64 = 11,
  MMDEPLOY_PLUGIN_U32 = 12,
  MMDEPLOY_PLUGIN_U64 = 13,
  MMDEPLOY_PLUGIN_BF16 = 16
} mmdeploy_plugin_dtype_t;

#define MMDEPLOY_PLUGIN_MAX_RANK 8

// An input or output of a network.
typedef struct mmdeploy_plugin_tensor_info_t {
  const char *name;
  int32_t dtype;
  int32_t rank;                                     // -1 = not known before a run
  int64_t dims[MMDEPLOY_PLUGIN_MAX_RANK];           // -1 = dynamic
  const char *dim_names[MMDEPLOY_PLUGIN_MAX_RANK];  // "batch", or NULL; may be NULL for constants
} mmdeploy_plugin_tensor_info_t;

// What the host offers a module. Lives as long as the process.
typedef struct mmdeploy_host_t {
  uint32_t abi_version;
  uint32_t struct_size;
  void *self;
  // All memory of a module's own code goes through these (a vendor library has its own).
  void *(*allocate)(void *self, size_t size);
  void *(*reallocate)(void *self, void *pointer, size_t size);
  void (*free)(void *self, void *pointer);
  // |level|: 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical.
  void (*log)(void *self, int32_t level, const char *message);
  // Calls |fn| over [0, count) in pieces of at least |grain| items; |pool| comes from the session
  // description.
  void (*parallel_for)(void *pool, size_t count, size_t grain,
                       void (*fn)(void *context, size_t begin, size_t end), void *context);
} mmdeploy_host_t;

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_PLUGIN_COMMON_H
