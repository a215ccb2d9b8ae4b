// SPDX-License-Identifier: Apache-2.0
//
// From nodes to values. A shared node is converted once and its value shared; cycles, depth and the
// size that the result would have as a tree are checked on the way.
#include <string.h>

#include "base/checked.h"
#include "base/str.h"
#include "formats/checkpoint/pickle_node.h"
#include "formats/npy/npy.h"

typedef mmd_pickle_node_t node_t;

typedef struct converter_t {
  mmd_pickle_t *pickle;
  mmd_str_t path;  // "state_dict.conv.weight", for messages
  size_t depth;
  uint64_t values;  // counted as a tree; see convert()
} converter_t;

static mmd_status_t convert(converter_t *c, node_t *node, mmd_value_t **out_value);

#define FAIL(c, code, fmt, ...)                        \
  MMD_ERROR((code), "%s: %s: " fmt, (c)->pickle->name, \
            (c)->path.size ? mmd_str_text(&(c)->path) : "pickled value", __VA_ARGS__)

// --- paths ---

static mmd_status_t descend(converter_t *c, const char *key, size_t *out_size) {
  *out_size = c->path.size;
  if (++c->depth > c->pickle->options.max_depth) {
    return FAIL(c, MMD_OUT_OF_RANGE, "nested more than %zu levels deep",
                c->pickle->options.max_depth);
  }
  if (!key) return NULL;
  if (c->path.size) MMD_TRY(mmd_str_append_char(&c->path, '.'));
  return mmd_str_append(&c->path, key);
}

static void ascend(converter_t *c, size_t size) {
  --c->depth;
  if (!c->path.data) return;
  c->path.size = size;
  c->path.data[size] = '\0';
}

// --- keys ---

static mmd_status_t append_key(converter_t *c, const node_t *key, int depth, mmd_str_t *text) {
  switch ((mmd_pickle_kind_t)key->kind) {
    case MMD_PICKLE_STRING:
    case MMD_PICKLE_BYTES:
      if (key->as.text.size && memchr(key->as.text.data, '\0', key->as.text.size)) {
        return FAIL(c, MMD_CORRUPT, "%s", "a key with a NUL byte");
      }
      return mmd_str_append_n(text, key->as.text.data ? key->as.text.data : "", key->as.text.size);
    case MMD_PICKLE_NONE:
      return mmd_str_append(text, "None");
    case MMD_PICKLE_BOOL:
      return mmd_str_append(text, key->as.integer ? "True" : "False");
    case MMD_PICKLE_INT:
      return mmd_str_printf(text, "%lld", (long long)key->as.integer);
    case MMD_PICKLE_FLOAT: {
      char number[32];
      mmd_format_double(key->as.number, number);
      return mmd_str_append(text, number);
    }
    case MMD_PICKLE_GLOBAL:
      return mmd_str_append(text, key->as.global.name);
    case MMD_PICKLE_LIST:
      if (depth > 2 || key->as.list.count > 64) break;
      MMD_TRY(mmd_str_append_char(text, '('));
      for (size_t i = 0; i < key->as.list.count; ++i) {
        if (i) MMD_TRY(mmd_str_append(text, ", "));
        MMD_TRY(append_key(c, key->as.list.items[i], depth + 1, text));
      }
      return mmd_str_append_char(text, ')');
    default:
      break;
  }
  return FAIL(c, MMD_NOT_SUPPORTED, "%s", "a key that is neither text nor number");
}

// --- containers ---

static mmd_status_t convert_list(converter_t *c, const mmd_pickle_items_t *items,
                                 mmd_array_flavour_t flavour, mmd_value_t *array) {
  mmd_array_set_flavour(array, flavour);
  for (size_t i = 0; i < items->count; ++i) {
    mmd_value_t *item = NULL;
    size_t size = 0;
    MMD_TRY(descend(c, NULL, &size));
    mmd_status_t status = convert(c, items->items[i], &item);
    ascend(c, size);
    MMD_TRY(status);
    MMD_TRY(mmd_array_take(array, item));
  }
  return NULL;
}

static mmd_status_t convert_member(converter_t *c, const char *key, node_t *node,
                                   mmd_value_t *object) {
  mmd_value_t *item = NULL;
  size_t size = 0;
  mmd_status_t status = descend(c, key, &size);
  if (!status) status = convert(c, node, &item);
  ascend(c, size);
  return status ? status : mmd_object_take(object, key, item);
}

static mmd_status_t convert_pairs(converter_t *c, const node_t *dict, mmd_value_t *object) {
  const mmd_pickle_items_t *pairs = &dict->as.dict.pairs;
  mmd_str_t key = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; !status && i + 1 < pairs->count; i += 2) {
    mmd_str_clear(&key);
    status = append_key(c, pairs->items[i], 0, &key);
    if (!status) status = convert_member(c, mmd_str_text(&key), pairs->items[i + 1], object);
  }
  mmd_str_deinit(&key);
  return status;
}

static mmd_status_t convert_dict(converter_t *c, node_t *node, mmd_value_t *object) {
  MMD_TRY(convert_pairs(c, node, object));
  if (!node->as.dict.state) return NULL;
  return convert_member(c, "__state__", node->as.dict.state, object);
}

// Attributes become members; slots come as (attributes, slots).
static mmd_status_t convert_state(converter_t *c, node_t *state, mmd_value_t *object) {
  if (state->kind == MMD_PICKLE_DICT) return convert_pairs(c, state, object);
  if (state->kind != MMD_PICKLE_LIST || state->as.list.count != 2) {
    return convert_member(c, "__state__", state, object);
  }
  for (size_t i = 0; i < 2; ++i) {
    node_t *part = state->as.list.items[i];
    if (part->kind != MMD_PICKLE_DICT && part->kind != MMD_PICKLE_NONE) {
      return convert_member(c, "__state__", state, object);
    }
  }
  for (size_t i = 0; i < 2; ++i) {
    node_t *part = state->as.list.items[i];
    if (part->kind == MMD_PICKLE_DICT) MMD_TRY(convert_pairs(c, part, object));
  }
  return NULL;
}

static mmd_status_t convert_object(converter_t *c, node_t *node, mmd_value_t *object) {
  const mmd_pickle_object_t *o = node->as.object;
  MMD_TRY(mmd_object_take(object, "__class__", mmd_value_string(o->class_node->as.global.name)));
  if (o->args) MMD_TRY(convert_member(c, "__args__", o->args, object));
  if (o->state) MMD_TRY(convert_state(c, o->state, object));
  if (o->list) MMD_TRY(convert_member(c, "__items__", o->list, object));
  return o->dict ? convert_pairs(c, o->dict, object) : NULL;
}

// --- tensors ---

// Numbers of a shape or of strides, none negative.
static mmd_status_t read_ints(converter_t *c, const node_t *list, int64_t numbers[MMD_MAX_RANK],
                              int *out_count) {
  if (list->as.list.count > MMD_MAX_RANK) {
    return FAIL(c, MMD_NOT_SUPPORTED, "a tensor of %zu dimensions; at most %d are held",
                list->as.list.count, MMD_MAX_RANK);
  }
  for (size_t i = 0; i < list->as.list.count; ++i) {
    const node_t *n = list->as.list.items[i];
    if (n->kind != MMD_PICKLE_INT || n->as.integer < 0) {
      return FAIL(c, MMD_CORRUPT, "%s", "a tensor with a bad dimension or stride");
    }
    numbers[i] = n->as.integer;
  }
  *out_count = (int)list->as.list.count;
  return NULL;
}

// Checks that all elements lie inside the record, not just inside the file.
static mmd_status_t check_extent(converter_t *c, const mmd_pickle_storage_t *record,
                                 size_t item_size, const mmd_shape_t *shape, const int64_t *strides,
                                 int64_t first) {
  int64_t last = first, reach = 0;
  bool fits = true;
  for (int i = 0; fits && i < shape->rank; ++i) {
    if (shape->dims[i] == 0) return NULL;
    fits = mmd_checked_mul_i64(shape->dims[i] - 1, strides[i], &reach) &&
           mmd_checked_add_i64(last, reach, &last);
  }
  if (!fits || (uint64_t)last >= record->size / item_size) {
    return FAIL(c, MMD_CORRUPT, "the tensor reaches past its storage '%s' of %zu bytes",
                record->key, record->size);
  }
  return NULL;
}

static mmd_status_t convert_tensor(converter_t *c, const mmd_pickle_tensor_t *t,
                                   mmd_value_t **out_value) {
  const mmd_pickle_storage_t *record = t->storage->as.storage.record;
  mmd_dtype_t dtype = t->dtype ? t->dtype : record->dtype;
  size_t item_size = mmd_dtype_size(dtype);
  int64_t dims[MMD_MAX_RANK], strides[MMD_MAX_RANK] = {0}, first = 0;
  int rank = 0, stride_count = 0;
  MMD_TRY(read_ints(c, t->shape, dims, &rank));
  MMD_TRY(read_ints(c, t->strides, strides, &stride_count));
  if (!record->storage) return FAIL(c, MMD_CORRUPT, "storage '%s' is missing", record->key);
  if (rank != stride_count || t->offset->as.integer < 0 ||
      !mmd_checked_add_i64(t->offset->as.integer, t->storage->as.storage.view_offset, &first)) {
    return FAIL(c, MMD_CORRUPT, "%s", "a tensor with bad shape, strides or offset");
  }
  mmd_shape_t shape;
  MMD_TRY(mmd_status_annotate(mmd_shape_make(rank, dims, &shape), "%s: %s", c->pickle->name,
                              mmd_str_text(&c->path)));
  MMD_TRY(check_extent(c, record, item_size, &shape, strides, first));
  size_t count = 0;
  MMD_TRY(mmd_shape_count(&shape, &count));
  size_t offset = count ? record->offset + (size_t)first * item_size : record->offset;
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_status_annotate(
      count ? mmd_tensor_view_strided(record->storage, offset, dtype, &shape, strides, &tensor)
            : mmd_tensor_view(record->storage, offset, dtype, &shape, &tensor),
      "%s: %s", c->pickle->name, mmd_str_text(&c->path)));
  *out_value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return *out_value ? NULL : mmd_status_no_memory();
}

// A storage that stands on its own: one dimension.
static mmd_status_t convert_storage(converter_t *c, node_t *node, mmd_value_t **out_value) {
  const mmd_pickle_storage_t *record = node->as.storage.record;
  if (!record->storage) return FAIL(c, MMD_CORRUPT, "storage '%s' is missing", record->key);
  int64_t dims[1] = {(int64_t)record->count};
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_shape_make(1, dims, &shape));
  MMD_TRY(mmd_tensor_view(record->storage, record->offset, record->dtype, &shape, &tensor));
  *out_value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return *out_value ? NULL : mmd_status_no_memory();
}

static mmd_status_t copy_array(converter_t *c, const mmd_pickle_array_t *a,
                               const mmd_shape_t *shape, mmd_tensor_t *out_tensor) {
  const mmd_pickle_text_t *bytes = &a->data->as.text;
  size_t count = 0, needed = 0;
  MMD_TRY(mmd_shape_count(shape, &count));
  if (!mmd_checked_mul(count, mmd_dtype_size(a->dtype->as.dtype.dtype), &needed) ||
      needed != bytes->size) {
    return FAIL(c, MMD_CORRUPT, "a NumPy array of %zu elements holds %zu bytes", count,
                bytes->size);
  }
  c->pickle->copied_bytes += needed;
  if (c->pickle->copied_bytes > c->pickle->options.memory_limit) {
    return FAIL(c, MMD_OUT_OF_MEMORY, "NumPy arrays need more than %zu bytes of memory",
                c->pickle->options.memory_limit);
  }
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_create(needed, false, &storage));
  if (needed) memcpy(mmd_storage_mutable_data(storage), bytes->data, needed);
  mmd_status_t status = mmd_npy_view(storage, 0, a->dtype->as.dtype.dtype,
                                     a->dtype->as.dtype.swapped, a->fortran, shape, out_tensor);
  mmd_storage_release(storage);
  return status;
}

// Arrays of numbers become tensors; arrays of objects or texts keep what is plain of them.
static mmd_status_t convert_array(converter_t *c, node_t *node, mmd_value_t **out_value) {
  const mmd_pickle_array_t *a = node->as.array;
  if (!a->dtype) return FAIL(c, MMD_CORRUPT, "%s", "a NumPy array without content");
  if (a->data->kind == MMD_PICKLE_LIST) return convert(c, a->data, out_value);
  if (a->dtype->as.dtype.dtype == MMD_DTYPE_UNDEFINED) {
    *out_value = mmd_value_object();
    MMD_TRY_ALLOC(*out_value);
    MMD_TRY(mmd_object_take(*out_value, "__class__", mmd_value_string("numpy.ndarray")));
    return mmd_object_take(*out_value, "dtype", mmd_value_string(a->dtype->as.dtype.name));
  }
  if (a->data->kind != MMD_PICKLE_BYTES && a->data->kind != MMD_PICKLE_STRING) {
    return FAIL(c, MMD_CORRUPT, "%s", "a NumPy array without bytes");
  }
  int64_t dims[MMD_MAX_RANK];
  int rank = 0;
  MMD_TRY(read_ints(c, a->shape, dims, &rank));
  mmd_shape_t shape;
  MMD_TRY(mmd_status_annotate(mmd_shape_make(rank, dims, &shape), "%s: %s", c->pickle->name,
                              mmd_str_text(&c->path)));
  mmd_tensor_t tensor = {0};
  MMD_TRY(copy_array(c, a, &shape, &tensor));
  *out_value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return *out_value ? NULL : mmd_status_no_memory();
}

// --- all kinds ---

static mmd_status_t convert_new(converter_t *c, node_t *node, mmd_value_t **out_value) {
  const mmd_pickle_text_t *text = &node->as.text;
  switch ((mmd_pickle_kind_t)node->kind) {
    case MMD_PICKLE_NONE:
      *out_value = mmd_value_null();
      break;
    case MMD_PICKLE_BOOL:
      *out_value = mmd_value_bool(node->as.integer != 0);
      break;
    case MMD_PICKLE_INT:
      *out_value = mmd_value_int(node->as.integer);
      break;
    case MMD_PICKLE_FLOAT:
      *out_value = mmd_value_float(node->as.number);
      break;
    case MMD_PICKLE_STRING:
      *out_value = mmd_value_string_n(text->data ? text->data : "", text->size);
      break;
    case MMD_PICKLE_BYTES:
      *out_value = mmd_value_bytes(text->data ? text->data : "", text->size);
      break;
    case MMD_PICKLE_GLOBAL:
      *out_value = mmd_value_string(node->as.global.name);
      break;
    case MMD_PICKLE_DTYPE:
      *out_value = mmd_value_string(node->as.dtype.name);
      break;
    case MMD_PICKLE_LIST:
      *out_value = mmd_value_array();
      MMD_TRY_ALLOC(*out_value);
      return convert_list(c, &node->as.list, (mmd_array_flavour_t)node->flavour, *out_value);
    case MMD_PICKLE_DICT:
      *out_value = mmd_value_object();
      MMD_TRY_ALLOC(*out_value);
      return convert_dict(c, node, *out_value);
    case MMD_PICKLE_OBJECT:
      *out_value = mmd_value_object();
      MMD_TRY_ALLOC(*out_value);
      return convert_object(c, node, *out_value);
    case MMD_PICKLE_STORAGE:
      return convert_storage(c, node, out_value);
    case MMD_PICKLE_TENSOR:
      return convert_tensor(c, node->as.tensor, out_value);
    case MMD_PICKLE_ARRAY:
      return convert_array(c, node, out_value);
    case MMD_PICKLE_UNSUPPORTED:
      return FAIL(c, MMD_NOT_SUPPORTED,
                  "'%.*s' (quantised, sparse or otherwise special) is not read", (int)text->size,
                  text->data);
  }
  return *out_value ? NULL : mmd_status_no_memory();
}

static bool is_container(const node_t *node) {
  return node->kind == MMD_PICKLE_LIST || node->kind == MMD_PICKLE_DICT ||
         node->kind == MMD_PICKLE_OBJECT || node->kind == MMD_PICKLE_ARRAY;
}

// Counts |node| and what it holds as often as it is met, so that a small pickle cannot stand for a
// tree that nobody could print.
static mmd_status_t count_values(converter_t *c, uint64_t values) {
  if (values > c->pickle->options.max_values - c->values) {
    return FAIL(c, MMD_OUT_OF_RANGE, "shared parts unfold to more than %llu values",
                (unsigned long long)c->pickle->options.max_values);
  }
  c->values += values;
  return NULL;
}

static mmd_status_t convert(converter_t *c, node_t *node, mmd_value_t **out_value) {
  *out_value = NULL;
  if (node->value) {
    MMD_TRY(count_values(c, node->tree_values));
    *out_value = mmd_value_retain(node->value);
    return NULL;
  }
  if (node->on_path) return FAIL(c, MMD_NOT_SUPPORTED, "%s", "an object that contains itself");
  uint64_t before = c->values;
  MMD_TRY(count_values(c, 1));
  node->on_path = is_container(node);
  mmd_status_t status = convert_new(c, node, out_value);
  node->on_path = false;
  if (status) {
    mmd_value_release(*out_value);
    *out_value = NULL;
    return status;
  }
  node->tree_values = c->values - before;
  node->value = mmd_value_retain(*out_value);
  node->next_converted = c->pickle->converted;
  c->pickle->converted = node;
  return NULL;
}

mmd_status_t mmd_pickle_value(mmd_pickle_t *pickle, mmd_value_t **out_value) {
  converter_t c = {.pickle = pickle};
  mmd_status_t status = convert(&c, pickle->root, out_value);
  mmd_str_deinit(&c.path);
  return status;
}
