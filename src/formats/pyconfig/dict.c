// SPDX-License-Identifier: Apache-2.0
//
// Dicts and sets: entries in insertion order plus a hash table once there are more than a few.
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "formats/pyconfig/object.h"

#define SMALL 8  // entries without a table

static uint64_t mix(uint64_t h) {
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 29;
  return h | 1;  // never 0, which means "not computed"
}

static uint64_t hash_text(const char *text, size_t size) {
  return mmd_hash_text(text, size) | 1;
}

static uint64_t hash_double(double number) {
  uint64_t bits;
  if (number >= -9e18 && number <= 9e18 && number == floor(number))
    return mix((uint64_t)(int64_t)number);
  memcpy(&bits, &number, sizeof bits);
  return mix(bits);
}

static mmd_status_t hash_tuple(mmd_pyctx_t *ctx, mmd_pyobj_t *tuple, uint64_t *out_hash) {
  uint64_t h = 7, item;
  MMD_TRY(mmd_py_enter(ctx));
  for (size_t i = 0; i < tuple->u.list.count; ++i) {
    MMD_TRY(mmd_py_hash(ctx, tuple->u.list.items[i], &item));
    h = mix(h * 31 + item);
  }
  mmd_py_leave(ctx);
  *out_hash = h;
  return NULL;
}

mmd_status_t mmd_py_hash(mmd_pyctx_t *ctx, mmd_pyobj_t *object, uint64_t *out_hash) {
  switch (object->kind) {
    case MMD_PY_STR:
    case MMD_PY_BYTES:
    case MMD_PY_SYMBOL:
      if (!object->u.str.hash)
        object->u.str.hash = hash_text(object->u.str.data, object->u.str.size);
      *out_hash = object->u.str.hash;
      return NULL;
    case MMD_PY_BOOL:
    case MMD_PY_INT:
      *out_hash = mix((uint64_t)object->u.integer);
      return NULL;
    case MMD_PY_FLOAT:
      *out_hash = hash_double(object->u.number);
      return NULL;
    case MMD_PY_TUPLE:
      return hash_tuple(ctx, object, out_hash);
    case MMD_PY_LIST:
    case MMD_PY_SET:
    case MMD_PY_DICT:
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' cannot be a key or a set member",
                          mmd_py_kind_name(object));
    default:
      *out_hash = mix((uint64_t)object->kind + 1000);
      return NULL;
  }
}

mmd_pyobj_t *mmd_pydict_make(mmd_pyctx_t *ctx, mmd_pykind_t kind) {
  return mmd_py_make(ctx, kind);
}

static bool same_text(const mmd_pyobj_t *a, const mmd_pyobj_t *b) {
  return a->u.str.size == b->u.str.size && memcmp(a->u.str.data, b->u.str.data, a->u.str.size) == 0;
}

static mmd_status_t same_key(mmd_pyctx_t *ctx, const mmd_pyentry_t *entry, mmd_pyobj_t *key,
                             uint64_t hash, bool *out) {
  *out = false;
  if (!entry->key || entry->hash != hash) return NULL;
  if (entry->key == key) {
    *out = true;
    return NULL;
  }
  if (key->kind == MMD_PY_STR && entry->key->kind == MMD_PY_STR) {
    *out = same_text(entry->key, key);
    return NULL;
  }
  return mmd_py_equal(ctx, entry->key, key, out);
}

// Finds the entry of |key|; |*out_index| is dict.used when absent.
static mmd_status_t locate(mmd_pyctx_t *ctx, const mmd_pyobj_t *dict, mmd_pyobj_t *key,
                           uint64_t hash, size_t *out_index) {
  bool same;
  *out_index = dict->u.dict.used;
  if (!dict->u.dict.table) {
    for (size_t i = 0; i < dict->u.dict.used; ++i) {
      MMD_TRY(same_key(ctx, &dict->u.dict.entries[i], key, hash, &same));
      if (same) *out_index = i;
      if (same) return NULL;
    }
    return NULL;
  }
  const size_t mask = dict->u.dict.table_size - 1;
  for (size_t slot = (size_t)hash & mask; dict->u.dict.table[slot]; slot = (slot + 1) & mask) {
    const size_t index = dict->u.dict.table[slot] - 1;
    MMD_TRY(same_key(ctx, &dict->u.dict.entries[index], key, hash, &same));
    if (same) *out_index = index;
    if (same) return NULL;
  }
  return NULL;
}

static void link_entry(mmd_pyobj_t *dict, size_t index) {
  const size_t mask = dict->u.dict.table_size - 1;
  size_t slot = (size_t)dict->u.dict.entries[index].hash & mask;
  while (dict->u.dict.table[slot]) slot = (slot + 1) & mask;
  dict->u.dict.table[slot] = (uint32_t)(index + 1);
}

// Doubles the room, drops removed entries, rebuilds the table.
static mmd_status_t grow(mmd_pyctx_t *ctx, mmd_pyobj_t *dict) {
  const size_t capacity = dict->u.dict.count * 2 < 4 ? 4 : dict->u.dict.count * 2;
  if (capacity > UINT32_MAX / 4) return mmd_status_no_memory();
  mmd_pyentry_t *entries = mmd_arena_alloc_array(&ctx->arena, capacity, sizeof *entries);
  MMD_TRY_ALLOC(entries);
  uint32_t *table = NULL;
  size_t table_size = 0;
  if (capacity > SMALL) {
    for (table_size = 32; table_size < capacity * 2; table_size *= 2) {
    }
    table = mmd_arena_alloc_array(&ctx->arena, table_size, sizeof *table);
    MMD_TRY_ALLOC(table);
  }
  size_t used = 0;
  for (size_t i = 0; i < dict->u.dict.used; ++i) {
    if (dict->u.dict.entries[i].key) entries[used++] = dict->u.dict.entries[i];
  }
  dict->u.dict.entries = entries;
  dict->u.dict.capacity = capacity;
  dict->u.dict.used = used;
  dict->u.dict.table = table;
  dict->u.dict.table_size = table_size;
  for (size_t i = 0; table && i < used; ++i) link_entry(dict, i);
  return NULL;
}

mmd_status_t mmd_pydict_set(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                            mmd_pyobj_t *value) {
  uint64_t hash;
  size_t index;
  MMD_TRY_ALLOC(key);
  MMD_TRY_ALLOC(value);
  MMD_TRY(mmd_py_hash(ctx, key, &hash));
  MMD_TRY(locate(ctx, dict, key, hash, &index));
  if (index < dict->u.dict.used) {
    dict->u.dict.entries[index].value = value;
    return NULL;
  }
  if (dict->u.dict.used == dict->u.dict.capacity) MMD_TRY(grow(ctx, dict));
  index = dict->u.dict.used++;
  dict->u.dict.entries[index] = (mmd_pyentry_t){key, value, hash};
  ++dict->u.dict.count;
  if (dict->u.dict.table) link_entry(dict, index);
  return NULL;
}

mmd_status_t mmd_pydict_set_text(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, const char *key,
                                 mmd_pyobj_t *value) {
  return mmd_pydict_set(ctx, dict, mmd_py_str(ctx, key), value);
}

mmd_status_t mmd_pydict_find(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                             mmd_pyobj_t **out_value) {
  uint64_t hash;
  size_t index;
  MMD_TRY(mmd_py_hash(ctx, key, &hash));
  MMD_TRY(locate(ctx, dict, key, hash, &index));
  *out_value = index < dict->u.dict.used ? dict->u.dict.entries[index].value : NULL;
  return NULL;
}

mmd_pyobj_t *mmd_pydict_get_text(const mmd_pyobj_t *dict, const char *key) {
  size_t index = 0;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(dict, &index));) {
    if (mmd_py_is_text(e->key, key)) return e->value;
  }
  return NULL;
}

mmd_status_t mmd_pydict_remove(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                               mmd_pyobj_t **out_old) {
  uint64_t hash;
  size_t index;
  *out_old = NULL;
  MMD_TRY(mmd_py_hash(ctx, key, &hash));
  MMD_TRY(locate(ctx, dict, key, hash, &index));
  if (index == dict->u.dict.used) return NULL;
  mmd_pyentry_t *entry = &dict->u.dict.entries[index];
  *out_old = entry->value;
  entry->key = NULL;  // its table slot stays and is stepped over
  entry->value = NULL;
  --dict->u.dict.count;
  return NULL;
}

mmd_pyentry_t *mmd_pydict_next(const mmd_pyobj_t *dict, size_t *index) {
  while (*index < dict->u.dict.used) {
    mmd_pyentry_t *entry = &dict->u.dict.entries[(*index)++];
    if (entry->key) return entry;
  }
  return NULL;
}
