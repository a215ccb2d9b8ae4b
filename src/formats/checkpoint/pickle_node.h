// SPDX-License-Identifier: Apache-2.0
//
// What the pickle machine builds before it becomes values: nodes in one arena, so that shared and
// cyclic structures need no counting. Shared by pickle.c, pickle_call.c,
// pickle_build.c and pickle_value.c only.
#ifndef MMD_FORMATS_CHECKPOINT_PICKLE_NODE_H_
#define MMD_FORMATS_CHECKPOINT_PICKLE_NODE_H_

#include <stdbool.h>

#include "base/arena.h"
#include "base/map.h"
#include "formats/checkpoint/pickle.h"

typedef enum mmd_pickle_kind_t {
  MMD_PICKLE_NONE,
  MMD_PICKLE_BOOL,
  MMD_PICKLE_INT,
  MMD_PICKLE_FLOAT,
  MMD_PICKLE_STRING,
  MMD_PICKLE_BYTES,
  MMD_PICKLE_LIST,  // list, tuple or set
  MMD_PICKLE_DICT,
  MMD_PICKLE_GLOBAL,  // a class or function, by name
  MMD_PICKLE_OBJECT,  // an instance of a class that we do not know
  MMD_PICKLE_STORAGE,
  MMD_PICKLE_TENSOR,
  MMD_PICKLE_DTYPE,        // numpy.dtype
  MMD_PICKLE_ARRAY,        // numpy.ndarray
  MMD_PICKLE_UNSUPPORTED,  // known, but nothing we can hold: an error when the value is wanted
} mmd_pickle_kind_t;

typedef struct mmd_pickle_node mmd_pickle_node_t;

typedef struct mmd_pickle_text_t {
  const char *data;  // not terminated
  size_t size;
} mmd_pickle_text_t;

typedef struct mmd_pickle_items_t {
  mmd_pickle_node_t **items;
  size_t count, capacity;
} mmd_pickle_items_t;

typedef struct mmd_pickle_global mmd_pickle_global_t;  // an allow-listed callable

typedef struct mmd_pickle_tensor_t {
  mmd_pickle_node_t *storage;
  mmd_pickle_node_t *offset, *shape, *strides;  // as given; checked when the value is made
  mmd_dtype_t dtype;                            // undefined = the storage's
} mmd_pickle_tensor_t;

typedef struct mmd_pickle_array_t {
  mmd_pickle_node_t *dtype, *shape, *data;  // NULL before the state has been set
  bool fortran;
} mmd_pickle_array_t;

typedef struct mmd_pickle_object_t {
  mmd_pickle_node_t *class_node, *args, *state, *list, *dict;  // all but the first may be NULL
} mmd_pickle_object_t;

struct mmd_pickle_node {
  uint8_t kind;          // mmd_pickle_kind_t
  uint8_t flavour;       // LIST: mmd_array_flavour_t
  bool on_path;          // being converted: meeting it again is a cycle
  bool updates;          // DICT: its state holds members (addict), not attributes
  mmd_value_t *value;    // when converted; owned
  uint64_t tree_values;  // of |value|, shared parts counted each time
  mmd_pickle_node_t *next_converted;
  union {
    int64_t integer;  // also bool
    double number;
    mmd_pickle_text_t text;  // STRING, BYTES, UNSUPPORTED
    mmd_pickle_items_t list;
    struct {
      mmd_pickle_items_t pairs;  // key, value, key, value
      mmd_pickle_node_t *state;
    } dict;
    struct {
      const char *name;  // "module.name"
      const mmd_pickle_global_t *known;
    } global;
    mmd_pickle_object_t *object;
    struct {
      mmd_pickle_storage_t *record;
      int64_t view_offset;  // elements
    } storage;
    mmd_pickle_tensor_t *tensor;
    struct {
      mmd_dtype_t dtype;
      bool swapped;
      const char *name;
    } dtype;
    mmd_pickle_array_t *array;
  } as;
};

struct mmd_pickle {
  const uint8_t *data;
  size_t size, at;
  char *name;
  mmd_pickle_options_t options;
  mmd_arena_t arena;
  mmd_pickle_items_t stack;  // on the heap
  size_t *marks;             // stack sizes
  size_t mark_count, mark_capacity;
  mmd_pickle_node_t **memo;
  size_t memo_capacity, memo_count;
  size_t steps;
  mmd_map_t *storages;         // key -> mmd_pickle_storage_t
  const char *unread_storage;  // class of the first storage whose type is not read, or NULL
  mmd_pickle_node_t *root;
  mmd_pickle_node_t *converted;
  size_t copied_bytes;
};

// An error at the place where the machine stands.
#define MMD_PICKLE_ERROR(pickle, code, fmt, ...) \
  MMD_ERROR((code), "%s: pickle, byte %zu: " fmt, (pickle)->name, (pickle)->at, __VA_ARGS__)

// New zeroed node.
mmd_status_t mmd_pickle_node_make(mmd_pickle_t *pickle, mmd_pickle_kind_t kind,
                                  mmd_pickle_node_t **out_node) MMD_MUST_USE;
// Appends to items that live in the arena.
mmd_status_t mmd_pickle_items_add(mmd_pickle_t *pickle, mmd_pickle_items_t *items,
                                  mmd_pickle_node_t *item) MMD_MUST_USE;
bool mmd_pickle_text_is(const mmd_pickle_node_t *node, const char *text);

static inline bool mmd_pickle_is(const mmd_pickle_node_t *node, mmd_pickle_kind_t kind) {
  return node && node->kind == (uint8_t)kind;
}

// Items of a LIST; NULL behind its end.
static inline size_t mmd_pickle_count(const mmd_pickle_node_t *list) {
  return list->as.list.count;
}

static inline mmd_pickle_node_t *mmd_pickle_item(const mmd_pickle_node_t *list, size_t index) {
  return index < list->as.list.count ? list->as.list.items[index] : NULL;
}

// pickle_call.c: what opcodes GLOBAL, REDUCE and NEWOBJ do.
mmd_status_t mmd_pickle_global_make(mmd_pickle_t *pickle, mmd_pickle_text_t module,
                                    mmd_pickle_text_t name,
                                    mmd_pickle_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_pickle_call(mmd_pickle_t *pickle, mmd_pickle_node_t *callable,
                             mmd_pickle_node_t *args, mmd_pickle_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_pickle_new_object(mmd_pickle_t *pickle, mmd_pickle_node_t *class_node,
                                   mmd_pickle_node_t *args,
                                   mmd_pickle_node_t **out_node) MMD_MUST_USE;
// The type of a storage class or of a torch dtype; undefined for others and for NULL.
mmd_dtype_t mmd_pickle_global_dtype(const mmd_pickle_global_t *known);

// pickle_build.c: BUILD and BINPERSID.
mmd_status_t mmd_pickle_build(mmd_pickle_t *pickle, mmd_pickle_node_t *object,
                              mmd_pickle_node_t *state) MMD_MUST_USE;
mmd_status_t mmd_pickle_persistent(mmd_pickle_t *pickle, mmd_pickle_node_t *id,
                                   mmd_pickle_node_t **out_node) MMD_MUST_USE;

#endif  // MMD_FORMATS_CHECKPOINT_PICKLE_NODE_H_
