// SPDX-License-Identifier: Apache-2.0
//
// Opcodes that complete or name objects: BUILD sets a state, BINPERSID names a storage.
#include <string.h>

#include "formats/checkpoint/pickle_node.h"

typedef mmd_pickle_node_t node_t;

// --- BUILD ---

static mmd_status_t bad_state(const mmd_pickle_t *p, const char *what) {
  return MMD_PICKLE_ERROR(p, MMD_CORRUPT, "wrong state for %s", what);
}

// (version, byte order, …)
static mmd_status_t build_dtype(mmd_pickle_t *p, node_t *dtype, const node_t *state) {
  const node_t *order = mmd_pickle_is(state, MMD_PICKLE_LIST) ? mmd_pickle_item(state, 1) : NULL;
  if (!order) return bad_state(p, "a numpy.dtype");
  const mmd_dtype_t type = dtype->as.dtype.dtype;
  dtype->as.dtype.swapped =
      mmd_pickle_text_is(order, ">") && (type == MMD_DTYPE_UNDEFINED || mmd_dtype_size(type) > 1);
  return NULL;
}

// (version, shape, dtype, is Fortran, bytes)
static mmd_status_t build_array(mmd_pickle_t *p, node_t *array, const node_t *state) {
  if (!mmd_pickle_is(state, MMD_PICKLE_LIST) || mmd_pickle_count(state) != 5 ||
      !mmd_pickle_is(mmd_pickle_item(state, 1), MMD_PICKLE_LIST) ||
      !mmd_pickle_is(mmd_pickle_item(state, 2), MMD_PICKLE_DTYPE)) {
    return bad_state(p, "a numpy.ndarray");
  }
  const node_t *fortran = mmd_pickle_item(state, 3);
  *array->as.array = (mmd_pickle_array_t){
      .dtype = mmd_pickle_item(state, 2),
      .shape = mmd_pickle_item(state, 1),
      .data = mmd_pickle_item(state, 4),
      .fortran =
          (mmd_pickle_is(fortran, MMD_PICKLE_BOOL) || mmd_pickle_is(fortran, MMD_PICKLE_INT)) &&
          fortran->as.integer != 0,
  };
  return NULL;
}

static mmd_status_t build_dict(mmd_pickle_t *p, node_t *dict, node_t *state) {
  if (state == dict) return NULL;  // addict gives itself as its state
  if (!dict->updates || !mmd_pickle_is(state, MMD_PICKLE_DICT)) {
    dict->as.dict.state = state;
    return NULL;
  }
  for (size_t i = 0; i < state->as.dict.pairs.count; ++i) {
    MMD_TRY(mmd_pickle_items_add(p, &dict->as.dict.pairs, state->as.dict.pairs.items[i]));
  }
  return NULL;
}

mmd_status_t mmd_pickle_build(mmd_pickle_t *pickle, node_t *object, node_t *state) {
  switch ((mmd_pickle_kind_t)object->kind) {
    case MMD_PICKLE_DICT:
      return build_dict(pickle, object, state);
    case MMD_PICKLE_DTYPE:
      return build_dtype(pickle, object, state);
    case MMD_PICKLE_ARRAY:
      return build_array(pickle, object, state);
    case MMD_PICKLE_OBJECT:
      if (state != object) object->as.object->state = state;
      return NULL;
    case MMD_PICKLE_LIST:    // a list's or deque's attributes
    case MMD_PICKLE_TENSOR:  // a parameter's
    case MMD_PICKLE_UNSUPPORTED:
    case MMD_PICKLE_STRING:
      return NULL;
    default:
      return bad_state(pickle, "what is no object");
  }
}

// --- persistent ids ---

static mmd_status_t bad_storage(const mmd_pickle_t *p, const char *what) {
  return MMD_PICKLE_ERROR(p, MMD_CORRUPT, "bad storage: %s", what);
}

static mmd_status_t storage_record(mmd_pickle_t *p, const node_t *key, mmd_dtype_t dtype,
                                   uint64_t count, mmd_pickle_storage_t **out_record) {
  char *text = NULL;
  if (mmd_pickle_is(key, MMD_PICKLE_STRING) && key->as.text.size < 256) {
    text = mmd_arena_strndup(&p->arena, key->as.text.data, key->as.text.size);
  } else if (mmd_pickle_is(key, MMD_PICKLE_INT)) {
    text = mmd_arena_printf(&p->arena, "%lld", (long long)key->as.integer);
  } else {
    return bad_storage(p, "its key is no text");
  }
  MMD_TRY_ALLOC(text);
  mmd_pickle_storage_t *record = mmd_map_get(p->storages, text);
  if (!record) {
    record = mmd_arena_alloc(&p->arena, sizeof *record);
    MMD_TRY_ALLOC(record);
    *record = (mmd_pickle_storage_t){.key = text, .dtype = dtype, .count = count};
    MMD_TRY(mmd_map_set(p->storages, text, record, NULL));
  }
  if (record->dtype != dtype || record->count != count) {
    return bad_storage(p, "one key has two types or sizes");
  }
  *out_record = record;
  return NULL;
}

// (root key, offset, size): the storage is a part of another
static mmd_status_t view_of(mmd_pickle_t *p, const node_t *view, uint64_t count,
                            int64_t *out_offset) {
  if (!view || mmd_pickle_is(view, MMD_PICKLE_NONE)) return NULL;
  if (!mmd_pickle_is(view, MMD_PICKLE_LIST) ||
      !mmd_pickle_is(mmd_pickle_item(view, 1), MMD_PICKLE_INT) ||
      mmd_pickle_item(view, 1)->as.integer < 0 ||
      (uint64_t)mmd_pickle_item(view, 1)->as.integer > count) {
    return bad_storage(p, "it is no part of its root");
  }
  *out_offset = mmd_pickle_item(view, 1)->as.integer;
  return NULL;
}

mmd_status_t mmd_pickle_persistent(mmd_pickle_t *pickle, node_t *id, node_t **out_node) {
  const node_t *kind = mmd_pickle_is(id, MMD_PICKLE_LIST) ? mmd_pickle_item(id, 0) : NULL;
  if (kind && mmd_pickle_text_is(kind, "module") && mmd_pickle_item(id, 1)) {
    *out_node = mmd_pickle_item(id, 1);  // a class together with its source text
    return NULL;
  }
  if (!kind || !mmd_pickle_text_is(kind, "storage") || mmd_pickle_count(id) < 5) {
    return MMD_PICKLE_ERROR(pickle, MMD_CORRUPT, "%s", "unknown persistent id");
  }
  const node_t *type = mmd_pickle_item(id, 1), *count = mmd_pickle_item(id, 4);
  if (!mmd_pickle_is(type, MMD_PICKLE_GLOBAL)) return bad_storage(pickle, "it has no class");
  const mmd_pickle_global_t *known = type->as.global.known;
  mmd_dtype_t dtype = mmd_pickle_global_dtype(known);
  if (dtype == MMD_DTYPE_UNDEFINED) {
    // Quantised storages, for one.
    if (!pickle->unread_storage) pickle->unread_storage = type->as.global.name;
    MMD_TRY(mmd_pickle_node_make(pickle, MMD_PICKLE_UNSUPPORTED, out_node));
    (*out_node)->as.text = (mmd_pickle_text_t){type->as.global.name, strlen(type->as.global.name)};
    return NULL;
  }
  if (!mmd_pickle_is(count, MMD_PICKLE_INT) || count->as.integer < 0) {
    return bad_storage(pickle, "its size is no number");
  }
  MMD_TRY(mmd_pickle_node_make(pickle, MMD_PICKLE_STORAGE, out_node));
  MMD_TRY(storage_record(pickle, mmd_pickle_item(id, 2), dtype, (uint64_t)count->as.integer,
                         &(*out_node)->as.storage.record));
  return view_of(pickle, mmd_pickle_item(id, 5), (uint64_t)count->as.integer,
                 &(*out_node)->as.storage.view_offset);
}
