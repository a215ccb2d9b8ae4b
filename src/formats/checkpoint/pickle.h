// SPDX-License-Identifier: Apache-2.0
//
// Python pickles, read and never executed. The machine knows the opcodes that PyTorch, NumPy and
// mmengine write (protocols 2 to 5) and builds plain values. Callables are an allow-list of ours
// (tensors, containers, arrays); a request to call anything else, such as os.system, is an error
// that names it. Instances of unknown classes become objects with the member "__class__".
//
// Memory is bounded by a limit, the input is not changed, and nothing recurses with the input.
#ifndef MMD_FORMATS_CHECKPOINT_PICKLE_H_
#define MMD_FORMATS_CHECKPOINT_PICKLE_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/storage.h"
#include "tensor/dtype.h"
#include "value/value.h"

typedef struct mmd_pickle mmd_pickle_t;

// 0 stands for the default.
typedef struct mmd_pickle_options_t {
  size_t memory_limit;  // bytes of parsed objects and copied arrays, default 1 GiB
  size_t max_depth;     // nesting of the result, default and maximum 200
  uint64_t max_values;  // of the result when shared parts are counted each time, default 2^26
} mmd_pickle_options_t;

// A storage that the pickle refers to. Whoever knows the container fills in the last three before
// mmd_pickle_value; |storage| stays borrowed.
typedef struct mmd_pickle_storage_t {
  const char *key;
  mmd_dtype_t dtype;
  uint64_t count;  // elements
  mmd_storage_t *storage;
  size_t offset;  // bytes
  size_t size;    // bytes
} mmd_pickle_storage_t;

// Runs the pickle at the begin of |data|, which must outlive the result. |name| stands in messages
// for the source. |options| may be NULL.
mmd_status_t mmd_pickle_parse(const void *data, size_t size, const char *name,
                              const mmd_pickle_options_t *options,
                              mmd_pickle_t **out_pickle) MMD_MUST_USE;
void mmd_pickle_destroy(mmd_pickle_t *pickle);  // NULL is fine

size_t mmd_pickle_consumed(const mmd_pickle_t *pickle);  // bytes up to and with STOP
size_t mmd_pickle_storage_count(const mmd_pickle_t *pickle);
mmd_pickle_storage_t *mmd_pickle_storage_at(mmd_pickle_t *pickle, size_t index);
mmd_pickle_storage_t *mmd_pickle_storage_find(mmd_pickle_t *pickle, const char *key);  // or NULL
// Class of the first storage whose type is not read (a quantised one); NULL: all are.
const char *mmd_pickle_unread_storage(const mmd_pickle_t *pickle);

// The result as a value. Tensors view their storages. Dict keys become text as str() gives it; an
// ordered dict's attributes (PyTorch's _metadata) stand under "__state__"; an object that contains
// itself is refused.
mmd_status_t mmd_pickle_value(mmd_pickle_t *pickle, mmd_value_t **out_value) MMD_MUST_USE;

#endif  // MMD_FORMATS_CHECKPOINT_PICKLE_H_
