// SPDX-License-Identifier: Apache-2.0
//
// Subscripts, slices and attributes.
#include <string.h>

#include "formats/pyconfig/eval.h"

const char *mmd_py_nearest_key(mmd_pyctx_t *ctx, const mmd_pyobj_t *names, const char *name) {
  const char **keys = mmd_arena_alloc_array(&ctx->arena, names->u.dict.count + 1, sizeof *keys);
  size_t count = 0, index = 0;
  if (!keys) return NULL;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(names, &index));) {
    if (e->key->kind == MMD_PY_STR) keys[count++] = e->key->u.str.data;
  }
  return mmd_nearest_name(name, keys, count);
}

static mmd_status_t unknown_key(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_py_write_repr(ctx, key, &text);
  const char *near =
      key->kind == MMD_PY_STR ? mmd_py_nearest_key(ctx, dict, key->u.str.data) : NULL;
  if (!status && near)
    status = mmd_py_error(ctx, MMD_NOT_FOUND, "the dict has no key %.100s; did you mean '%s'?",
                          mmd_str_text(&text), near);
  else if (!status)
    status = mmd_py_error(ctx, MMD_NOT_FOUND, "the dict has no key %.100s", mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t position(mmd_pyctx_t *ctx, const mmd_pyobj_t *index, size_t count,
                             size_t *out) {
  if (!mmd_py_is_int(index))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the index must be an int, not '%s'",
                        mmd_py_kind_name(index));
  int64_t at = index->u.integer;
  if (at < 0) at += (int64_t)count;
  if (at < 0 || (uint64_t)at >= count) {
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "index %lld is outside a sequence of %zu",
                        (long long)index->u.integer, count);
  }
  *out = (size_t)at;
  return NULL;
}

static bool is_text(const mmd_pyobj_t *o) {
  return o->kind == MMD_PY_STR || o->kind == MMD_PY_BYTES;
}

// An absent key of a defaultdict.
static mmd_status_t make_default(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *key,
                                 mmd_pyobj_t **out) {
  const mmd_pycall_t call = {0};
  MMD_TRY(mmd_py_call(ctx, owner->u.dict.factory, &call, out));
  return mmd_pydict_set(ctx, owner, key, *out);
}

mmd_status_t mmd_py_get_index(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *index,
                              mmd_pyobj_t **out) {
  size_t at;
  if (owner->kind == MMD_PY_DICT) {
    MMD_TRY(mmd_pydict_find(ctx, owner, index, out));
    if (*out) return NULL;
    return owner->u.dict.factory ? make_default(ctx, owner, index, out)
                                 : unknown_key(ctx, owner, index);
  }
  if (mmd_py_is_sequence(owner)) {
    MMD_TRY(position(ctx, index, owner->u.list.count, &at));
    *out = owner->u.list.items[at];
    return NULL;
  }
  if (owner->kind == MMD_PY_RANGE) {
    MMD_TRY(position(ctx, index, owner->u.range.count, &at));
    return mmd_py_give(mmd_py_int(ctx, owner->u.range.start + (int64_t)at * owner->u.range.step),
                       out);
  }
  if (is_text(owner)) {
    mmd_pyobj_t *items;
    MMD_TRY(mmd_py_items(ctx, owner, &items));
    MMD_TRY(position(ctx, index, items->u.list.count, &at));
    *out = items->u.list.items[at];
    return NULL;
  }
  if (owner->kind == MMD_PY_BUILTIN) return mmd_py_give(owner, out);  // list[int] in annotations
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' cannot be indexed", mmd_py_kind_name(owner));
}

mmd_status_t mmd_py_set_index(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *index,
                              mmd_pyobj_t *value) {
  size_t at;
  mmd_pyobj_t *old;
  if (owner->kind == MMD_PY_DICT && value) return mmd_py_set_item(ctx, owner, index, value);
  if (owner->kind == MMD_PY_DICT) {
    MMD_TRY(mmd_pydict_remove(ctx, owner, index, &old));
    return old ? NULL : unknown_key(ctx, owner, index);
  }
  if (owner->kind != MMD_PY_LIST)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "items of '%s' cannot be changed",
                        mmd_py_kind_name(owner));
  MMD_TRY(position(ctx, index, owner->u.list.count, &at));
  if (value)
    owner->u.list.items[at] = value;
  else
    mmd_pylist_remove(owner, at);
  return NULL;
}

// --- slices --------------------------------------------------------------------------------------

typedef struct slice_t {
  int64_t start, step;
  size_t count;
} slice_t;

static mmd_status_t bound(mmd_pyctx_t *ctx, const mmd_pyobj_t *object, int64_t count, int64_t low,
                          int64_t high, int64_t fallback, int64_t *out) {
  *out = fallback;
  if (object->kind == MMD_PY_NONE) return NULL;
  if (!mmd_py_is_int(object))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "slice bounds must be ints, not '%s'",
                        mmd_py_kind_name(object));
  int64_t at = object->u.integer;
  if (at < 0) at = at < -count ? -1 : at + count;
  if (object->u.integer < 0 && at < low) at = low;
  *out = at > high ? high : at < low ? low : at;
  return NULL;
}

static mmd_status_t resolve_slice(mmd_pyctx_t *ctx, mmd_pyobj_t *const bounds[3], size_t size,
                                  slice_t *out) {
  const int64_t count = (int64_t)size;
  int64_t stop;
  out->step = 1;
  if (bounds[2]->kind != MMD_PY_NONE) {
    if (!mmd_py_is_int(bounds[2]) || bounds[2]->u.integer == 0)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the slice step must be an int other than 0");
    out->step = bounds[2]->u.integer;
  }
  const bool down = out->step < 0;
  const int64_t low = down ? -1 : 0, high = down ? count - 1 : count;
  MMD_TRY(bound(ctx, bounds[0], count, low, high, down ? high : low, &out->start));
  MMD_TRY(bound(ctx, bounds[1], count, low, high, down ? low : high, &stop));
  const int64_t distance = down ? out->start - stop : stop - out->start;
  const uint64_t stride = down ? 0 - (uint64_t)out->step : (uint64_t)out->step;
  out->count = distance > 0 ? (size_t)(((uint64_t)distance - 1) / stride + 1) : 0;
  return NULL;
}

static mmd_status_t slice_text(mmd_pyctx_t *ctx, const mmd_pyobj_t *owner,
                               const mmd_pyobj_t *characters, const slice_t *slice,
                               mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < slice->count && !status; ++i) {
    const mmd_pyobj_t *c = characters->u.list.items[slice->start + (int64_t)i * slice->step];
    status = owner->kind == MMD_PY_STR ? mmd_str_append_n(&text, c->u.str.data, c->u.str.size)
                                       : mmd_str_append_char(&text, (char)c->u.integer);
  }
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(&text), text.size), out);
  if (!status) (*out)->kind = owner->kind;
  mmd_str_deinit(&text);
  return status;
}

mmd_status_t mmd_py_get_slice(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *const bounds[3],
                              mmd_pyobj_t **out) {
  mmd_pyobj_t *items = owner;
  slice_t slice;
  if (!mmd_py_is_sequence(owner) && !is_text(owner) && owner->kind != MMD_PY_RANGE) {
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' cannot be sliced",
                        mmd_py_kind_name(owner));
  }
  if (!mmd_py_is_sequence(owner)) MMD_TRY(mmd_py_items(ctx, owner, &items));
  MMD_TRY(resolve_slice(ctx, bounds, items->u.list.count, &slice));
  MMD_TRY(mmd_pyctx_step(ctx, slice.count));
  if (is_text(owner)) return slice_text(ctx, owner, items, &slice, out);
  MMD_TRY(mmd_py_give(
      mmd_pylist_make(ctx, owner->kind == MMD_PY_TUPLE ? MMD_PY_TUPLE : MMD_PY_LIST, slice.count),
      out));
  for (size_t i = 0; i < slice.count; ++i) {
    MMD_TRY(
        mmd_pylist_append(ctx, *out, items->u.list.items[slice.start + (int64_t)i * slice.step]));
  }
  return NULL;
}

mmd_status_t mmd_py_set_slice(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *const bounds[3],
                              mmd_pyobj_t *value) {
  mmd_pyobj_t *items = NULL, *result;
  slice_t slice;
  if (owner->kind != MMD_PY_LIST)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "items of '%s' cannot be changed",
                        mmd_py_kind_name(owner));
  MMD_TRY(resolve_slice(ctx, bounds, owner->u.list.count, &slice));
  if (slice.step != 1)
    return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "slices with a step cannot be assigned");
  if (value) MMD_TRY(mmd_py_items(ctx, value, &items));
  const size_t start = (size_t)slice.start, tail = start + slice.count;
  MMD_TRY(mmd_pyctx_step(ctx, owner->u.list.count));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, owner->u.list.count), &result));
  MMD_TRY(mmd_pylist_extend(ctx, result, owner->u.list.items, start));
  if (items) MMD_TRY(mmd_pylist_extend(ctx, result, items->u.list.items, items->u.list.count));
  MMD_TRY(mmd_pylist_extend(ctx, result, owner->u.list.items + tail, owner->u.list.count - tail));
  owner->u.list = result->u.list;
  return NULL;
}

// --- attributes ----------------------------------------------------------------------------------

// Values put into config dicts become config dicts themselves; lists are copied on the way.
static mmd_status_t adopt(mmd_pyctx_t *ctx, mmd_pyobj_t *value, mmd_pyobj_t **out) {
  mmd_pyobj_t *item;
  size_t index = 0;
  *out = value;
  if (!mmd_py_is_sequence(value) && (value->kind != MMD_PY_DICT || value->is_config)) return NULL;
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  if (mmd_py_is_sequence(value)) {
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, value->kind, value->u.list.count), out));
    for (size_t i = 0; i < value->u.list.count; ++i) {
      MMD_TRY(adopt(ctx, value->u.list.items[i], &item));
      MMD_TRY(mmd_pylist_append(ctx, *out, item));
    }
  } else {
    MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
    (*out)->is_config = true;
    for (mmd_pyentry_t *e; (e = mmd_pydict_next(value, &index));) {
      MMD_TRY(adopt(ctx, e->value, &item));
      MMD_TRY(mmd_pydict_set(ctx, *out, e->key, item));
    }
  }
  mmd_py_leave(ctx);
  return NULL;
}

mmd_status_t mmd_py_set_item(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_pyobj_t *key,
                             mmd_pyobj_t *value) {
  if (dict->is_config) MMD_TRY(adopt(ctx, value, &value));
  return mmd_pydict_set(ctx, dict, key, value);
}

static mmd_status_t unknown_attribute(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *name) {
  const char *text = name->u.str.data;
  if (owner->kind != MMD_PY_DICT)
    return mmd_py_error(ctx, MMD_NOT_FOUND, "'%s' has no attribute '%s'", mmd_py_kind_name(owner),
                        text);
  mmd_pyobj_t *found;
  MMD_TRY(mmd_pydict_find(ctx, owner, name, &found));
  if (found)
    return mmd_py_error(ctx, MMD_NOT_FOUND, "a plain dict has no attributes: write ['%s']", text);
  const char *near = owner->is_config ? mmd_py_nearest_key(ctx, owner, text) : NULL;
  if (near)
    return mmd_py_error(ctx, MMD_NOT_FOUND, "the base has no '%s'; did you mean '%s'?", text, near);
  return mmd_py_error(ctx, MMD_NOT_FOUND,
                      owner->is_config ? "the base has no '%s'" : "'dict' has no attribute '%s'",
                      text);
}

mmd_status_t mmd_py_get_attribute(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *name,
                                  mmd_pyobj_t **out) {
  *out = NULL;
  if (owner->kind == MMD_PY_MODULE)
    MMD_TRY(mmd_py_module_attribute(ctx, owner->u.module, name->u.str.data, out));
  if (*out) return NULL;
  if (owner->kind == MMD_PY_MODULE || owner->kind == MMD_PY_SYMBOL) {
    const char *base = owner->kind == MMD_PY_MODULE ? owner->u.module->name : owner->u.str.data;
    const char *path = mmd_arena_printf(&ctx->arena, "%s.%s", base, name->u.str.data);
    MMD_TRY_ALLOC(path);
    return mmd_py_give(mmd_py_symbol(ctx, path), out);
  }
  if (owner->kind == MMD_PY_BUILTIN && mmd_py_is_text(name, "__name__"))
    return mmd_py_give(mmd_py_str(ctx, owner->u.builtin.def->name), out);
  const mmd_pybuiltin_t *method = mmd_py_find_method(owner, name->u.str.data);
  if (method) return mmd_py_give(mmd_py_builtin(ctx, method, owner), out);
  if (owner->is_config) MMD_TRY(mmd_pydict_find(ctx, owner, name, out));
  return *out ? NULL : unknown_attribute(ctx, owner, name);
}

mmd_status_t mmd_py_set_attribute(mmd_pyctx_t *ctx, mmd_pyobj_t *owner, mmd_pyobj_t *name,
                                  mmd_pyobj_t *value) {
  if (owner->kind == MMD_PY_DICT && owner->is_config)
    return mmd_py_set_index(ctx, owner, name, value);
  if (owner->kind == MMD_PY_DICT)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a plain dict has no attributes: write ['%s']",
                        name->u.str.data);
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "attributes of '%s' cannot be changed",
                      mmd_py_kind_name(owner));
}
