// SPDX-License-Identifier: Apache-2.0
//
// Writes values as a pickle of protocol 2 that Python, torch.load and torch.load(weights_only=True)
// read. Tensors become torch tensors over storages that the caller writes.
#ifndef MMD_FORMATS_CHECKPOINT_PICKLE_WRITER_H_
#define MMD_FORMATS_CHECKPOINT_PICKLE_WRITER_H_

#include <stdbool.h>

#include "base/status.h"
#include "base/str.h"
#include "tensor/tensor.h"
#include "value/value.h"

enum { MMD_PICKLE_GLOBALS = 24 };

// |add_storage| says under which number the packed bytes of |tensor| will be found.
typedef struct mmd_pickle_writer_t {
  mmd_str_t out;
  mmd_status_t (*add_storage)(void *user, const mmd_tensor_t *tensor, size_t *out_number);
  void *user;
  const char *globals[MMD_PICKLE_GLOBALS];  // in the order of their memo numbers
  size_t global_count;
  size_t depth;
} mmd_pickle_writer_t;

// The functions append to |writer->out|; begin and end frame one pickle.
mmd_status_t mmd_pickle_write_begin(mmd_pickle_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_pickle_write_end(mmd_pickle_writer_t *writer) MMD_MUST_USE;

// Arrays become lists or tuples (sets too become lists); objects become dicts. Images and any
// are refused.
mmd_status_t mmd_pickle_write_value(mmd_pickle_writer_t *writer,
                                    const mmd_value_t *value) MMD_MUST_USE;
mmd_status_t mmd_pickle_write_text(mmd_pickle_writer_t *writer, const char *text,
                                   size_t size) MMD_MUST_USE;
mmd_status_t mmd_pickle_write_tensor(mmd_pickle_writer_t *writer,
                                     const mmd_tensor_t *tensor) MMD_MUST_USE;

// An empty OrderedDict, then a mark; pairs follow, then mmd_pickle_write_items_end.
mmd_status_t mmd_pickle_write_ordered_begin(mmd_pickle_writer_t *writer) MMD_MUST_USE;
// An empty dict, then a mark.
mmd_status_t mmd_pickle_write_dict_begin(mmd_pickle_writer_t *writer) MMD_MUST_USE;
mmd_status_t mmd_pickle_write_items_end(mmd_pickle_writer_t *writer) MMD_MUST_USE;

// The torch storage class of a type ("FloatStorage"), or NULL.
const char *mmd_pickle_storage_class(mmd_dtype_t dtype);

#endif  // MMD_FORMATS_CHECKPOINT_PICKLE_WRITER_H_
