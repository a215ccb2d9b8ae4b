// SPDX-License-Identifier: Apache-2.0
//
// TVM's run-time library through its C interface: the few declarations that are needed, and calls.
#ifndef MMD_BACKENDS_TVM_RUNTIME_LIBRARY_H_
#define MMD_BACKENDS_TVM_RUNTIME_LIBRARY_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

// Kinds of a value.
enum {
  TVM_NONE = 0,
  TVM_INT = 1,
  TVM_BOOL = 2,
  TVM_TEXT = 8,
  TVM_FUNCTION = 68,
  TVM_SHAPE = 69,
  TVM_TENSOR = 70,
  TVM_ARRAY = 71,
  TVM_FIRST_OBJECT = 64  // kinds from here on are counted objects
};

typedef struct tvm_value_t {
  int32_t kind;
  uint32_t padding;  // 0
  union {
    int64_t number;
    const char *text;
    void *object;
  } v;
} tvm_value_t;

typedef struct tvm_bytes_t {
  const char *data;
  size_t size;
} tvm_bytes_t;

// What lies behind the beginning of a shape.
typedef struct tvm_sizes_t {
  const int64_t *data;
  size_t size;
} tvm_sizes_t;

// A function as TVM calls it; 0, or an error is set.
typedef int (*tvm_function_fn)(void *self, const tvm_value_t *arguments, int32_t count,
                               tvm_value_t *out_result);

// What every object begins with.
typedef struct tvm_object_t {
  uint64_t count;
  int32_t kind;
  uint32_t padding;
  void (*deleter)(void *self, int flags);
} tvm_object_t;

// DLPack's tensor, which lies behind the beginning of a tensor object.
typedef struct tvm_dl_tensor_t {
  void *data;
  int32_t device_type, device_id;  // 1, 0: the processor
  int32_t rank;
  uint8_t code, bits;
  uint16_t lanes;
  int64_t *dims;
  int64_t *strides;  // NULL: packed
  uint64_t byte_offset;
} tvm_dl_tensor_t;

typedef struct tvm_managed_t {
  tvm_dl_tensor_t tensor;
  void *context;
  void (*deleter)(struct tvm_managed_t *self);
} tvm_managed_t;

typedef struct tvm_library_t {
  void *ffi, *runtime;  // never closed: compiled networks may still have threads in them
  char *path;
  char version[32];
  int (*get_global)(const tvm_bytes_t *name, void **out_function);
  int (*call)(void *function, tvm_value_t *arguments, int32_t count, tvm_value_t *out_result);
  void (*take_error)(void **out_error);
  int (*from_dlpack)(tvm_managed_t *from, int32_t alignment, int32_t contiguous, void **out_tensor);
  int (*release)(void *object);
  int (*create_function)(void *self, tvm_function_fn function, void (*deleter)(void *self),
                         void **out_function);
  int (*set_global)(const tvm_bytes_t *name, void *function, int may_replace);
  void (*set_error)(const char *kind, const char *message);
  void *load_module, *get_function, *array_size, *array_item;  // functions of its registry
} tvm_library_t;

// |path| of libtvm_runtime.so, or NULL: MMDEPLOY_TVM_LIBRARY, then the loader's own search.
mmd_status_t tvm_library_open(const char *path, tvm_library_t **out_library) MMD_MUST_USE;
void tvm_library_close(tvm_library_t *library);  // NULL is fine

// Calls |function|; |what| begins the message of a failure, which has the code |code|.
mmd_status_t tvm_call(const tvm_library_t *library, void *function, tvm_value_t *arguments,
                      int32_t count, mmd_code_t code, const char *what,
                      tvm_value_t *out_result) MMD_MUST_USE;
// The failure that the library has just reported.
mmd_status_t tvm_failure(const tvm_library_t *library, mmd_code_t code,
                         const char *what) MMD_MUST_USE;
void tvm_value_release(const tvm_library_t *library, tvm_value_t *value);

#endif  // MMD_BACKENDS_TVM_RUNTIME_LIBRARY_H_
