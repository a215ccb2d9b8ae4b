// SPDX-License-Identifier: Apache-2.0
//
// Python's pure builtin functions.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/pyconfig/builtin.h"

#define ANY 100000u
typedef const mmd_pycall_t call_t;

static mmd_status_t fn_dict(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  size_t index = 0;
  mmd_pyobj_t *items, *pair;
  if (call->count == 0 && call->keywords) return mmd_py_give(call->keywords, out);
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  if (call->count && call->args[0]->kind == MMD_PY_DICT) {
    for (mmd_pyentry_t *e; (e = mmd_pydict_next(call->args[0], &index));)
      MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
  } else if (call->count) {
    MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
    for (size_t i = 0; i < items->u.list.count; ++i) {
      MMD_TRY(mmd_py_items(ctx, items->u.list.items[i], &pair));
      if (pair->u.list.count != 2)
        return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "dict() needs pairs");
      MMD_TRY(mmd_pydict_set(ctx, *out, pair->u.list.items[0], pair->u.list.items[1]));
    }
  }
  index = 0;
  for (mmd_pyentry_t *e; call->keywords && (e = mmd_pydict_next(call->keywords, &index));)
    MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
  return NULL;
}

static mmd_status_t fn_list(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  if (call->count == 0) return mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out);
  return mmd_py_items(ctx, call->args[0], out);
}

static mmd_status_t fn_tuple(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(fn_list(ctx, call, out));
  (*out)->kind = MMD_PY_TUPLE;
  return NULL;
}

static mmd_status_t fn_set(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  MMD_TRY(fn_list(ctx, call, &items));
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), out));
  for (size_t i = 0; i < items->u.list.count; ++i)
    MMD_TRY(mmd_pydict_set(ctx, *out, items->u.list.items[i], ctx->none));
  return NULL;
}

static mmd_status_t fn_len(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *o = call->args[0];
  size_t n = 0;
  if (mmd_py_is_sequence(o))
    n = o->u.list.count;
  else if (o->kind == MMD_PY_DICT || o->kind == MMD_PY_SET)
    n = o->u.dict.count;
  else if (o->kind == MMD_PY_RANGE)
    n = o->u.range.count;
  else if (o->kind == MMD_PY_BYTES)
    n = o->u.str.size;
  else if (o->kind == MMD_PY_STR)
    n = mmd_utf8_count(o->u.str.data, o->u.str.size);
  else
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' has no length", mmd_py_kind_name(o));
  return mmd_py_give(mmd_py_int(ctx, (int64_t)n), out);
}

static mmd_status_t fn_range(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  int64_t bounds[3] = {0, 0, 1};
  for (size_t i = 0; i < call->count; ++i) {
    if (!mmd_py_is_int(call->args[i]))
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "range() needs ints, not '%s'",
                          mmd_py_kind_name(call->args[i]));
    bounds[call->count == 1 ? 1 : i] = call->args[i]->u.integer;
  }
  if (bounds[2] == 0)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "range() needs a step other than 0");
  const bool down = bounds[2] < 0;
  const bool empty = down ? bounds[0] <= bounds[1] : bounds[0] >= bounds[1];
  const uint64_t distance =
      down ? (uint64_t)bounds[0] - (uint64_t)bounds[1] : (uint64_t)bounds[1] - (uint64_t)bounds[0];
  const uint64_t stride = down ? 0 - (uint64_t)bounds[2] : (uint64_t)bounds[2];
  const uint64_t count = empty ? 0 : (distance - 1) / stride + 1;
  if (count > UINT32_MAX)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "range() of more than 2^32 numbers");
  MMD_TRY(mmd_py_give(mmd_py_make(ctx, MMD_PY_RANGE), out));
  (*out)->u.range.start = bounds[0];
  (*out)->u.range.step = bounds[2];
  (*out)->u.range.count = (size_t)count;
  return NULL;
}

static mmd_status_t fn_bool(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_give(mmd_py_bool(ctx, call->count && mmd_py_truth(call->args[0])), out);
}

static mmd_status_t make_text(mmd_pyctx_t *ctx, mmd_status_t status, mmd_str_t *text,
                              mmd_pyobj_t **out) {
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(text), text->size), out);
  mmd_str_deinit(text);
  return status;
}

static mmd_status_t fn_str(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  return make_text(ctx, call->count ? mmd_py_write_str(ctx, call->args[0], &text) : NULL, &text,
                   out);
}

static mmd_status_t fn_repr(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  return make_text(ctx, mmd_py_write_repr(ctx, call->args[0], &text), &text, out);
}

static mmd_status_t fn_format(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  if (call->count == 2 && call->args[1]->kind != MMD_PY_STR)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "format() needs a string");
  const char *spec = call->count == 2 ? call->args[1]->u.str.data : "";
  return make_text(ctx, mmd_py_format(ctx, call->args[0], spec, strlen(spec), &text), &text, out);
}

static mmd_status_t fn_abs(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *o = call->args[0];
  if (o->kind == MMD_PY_FLOAT) return mmd_py_give(mmd_py_float(ctx, fabs(o->u.number)), out);
  if (!mmd_py_is_int(o))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "abs() does not take '%s'", mmd_py_kind_name(o));
  return mmd_py_unary(ctx, o->u.integer < 0 ? '-' : '+', o, out);
}

static mmd_status_t key_of(mmd_pyctx_t *ctx, mmd_pyobj_t *key, mmd_pyobj_t *item,
                           mmd_pyobj_t **out) {
  *out = item;
  if (!key || key->kind == MMD_PY_NONE) return NULL;
  const mmd_pycall_t call = {NULL, &item, 1, NULL};
  return mmd_py_call(ctx, key, &call, out);
}

mmd_status_t mmd_py_check_keywords(mmd_pyctx_t *ctx, const mmd_pycall_t *call,
                                   const char *const *known, size_t count) {
  size_t index = 0;
  for (mmd_pyentry_t *e; call->keywords && (e = mmd_pydict_next(call->keywords, &index));) {
    bool found = false;
    for (size_t i = 0; i < count; ++i) found |= strcmp(e->key->u.str.data, known[i]) == 0;
    if (!found)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "unknown argument '%s'", e->key->u.str.data);
  }
  return NULL;
}

static mmd_pyobj_t *keyword(call_t *call, const char *name) {
  return call->keywords ? mmd_pydict_get_text(call->keywords, name) : NULL;
}

static mmd_status_t extreme(mmd_pyctx_t *ctx, call_t *call, bool max, mmd_pyobj_t **out) {
  static const char *const known[] = {"key", "default"};
  mmd_pyobj_t *items, *key = keyword(call, "key"), *best = NULL, *candidate;
  MMD_TRY(mmd_py_check_keywords(ctx, call, known, 2));
  if (call->count == 1) {
    MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  } else {
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, call->count), &items));
    MMD_TRY(mmd_pylist_extend(ctx, items, call->args, call->count));
  }
  *out = keyword(call, "default");
  for (size_t i = 0; i < items->u.list.count; ++i) {
    bool less = true;
    MMD_TRY(key_of(ctx, key, items->u.list.items[i], &candidate));
    if (best)
      MMD_TRY(max ? mmd_py_less(ctx, best, candidate, &less)
                  : mmd_py_less(ctx, candidate, best, &less));
    if (!less) continue;
    best = candidate;
    *out = items->u.list.items[i];
  }
  return *out ? NULL : mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "min() or max() of nothing");
}

static mmd_status_t fn_min(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return extreme(ctx, call, false, out);
}
static mmd_status_t fn_max(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return extreme(ctx, call, true, out);
}

static mmd_status_t fn_sum(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items, *start = keyword(call, "start");
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  *out = call->count == 2 ? call->args[1] : start ? start : mmd_py_int(ctx, 0);
  MMD_TRY_ALLOC(*out);
  for (size_t i = 0; i < items->u.list.count; ++i)
    MMD_TRY(mmd_py_binary(ctx, '+', *out, items->u.list.items[i], out));
  return NULL;
}

// Stable merge sort of |items| by |keys|.
static mmd_status_t merge_sort(mmd_pyctx_t *ctx, mmd_pyobj_t **items, mmd_pyobj_t **keys,
                               mmd_pyobj_t **spare, size_t count, bool reverse) {
  if (count < 2) return NULL;
  const size_t half = count / 2;
  MMD_TRY(mmd_pyctx_step(ctx, count));
  MMD_TRY(merge_sort(ctx, items, keys, spare, half, reverse));
  MMD_TRY(merge_sort(ctx, items + half, keys + half, spare, count - half, reverse));
  for (size_t i = 0, a = 0, b = half; i < count; ++i) {
    bool second = a == half;
    if (a < half && b < count)
      MMD_TRY(reverse ? mmd_py_less(ctx, keys[a], keys[b], &second)
                      : mmd_py_less(ctx, keys[b], keys[a], &second));
    const size_t from = second ? b++ : a++;
    spare[2 * i] = items[from];
    spare[2 * i + 1] = keys[from];
  }
  for (size_t i = 0; i < count; ++i) {
    items[i] = spare[2 * i];
    keys[i] = spare[2 * i + 1];
  }
  return NULL;
}

static mmd_status_t fn_sorted(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  static const char *const known[] = {"key", "reverse"};
  mmd_pyobj_t *keys, *reverse = keyword(call, "reverse");
  MMD_TRY(mmd_py_check_keywords(ctx, call, known, 2));
  MMD_TRY(mmd_py_items(ctx, call->args[0], out));
  const size_t count = (*out)->u.list.count;
  mmd_pyobj_t **spare = mmd_arena_alloc_array(&ctx->arena, count * 2, sizeof *spare);
  MMD_TRY_ALLOC(spare);
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, count), &keys));
  for (size_t i = 0; i < count; ++i) {
    mmd_pyobj_t *key;
    MMD_TRY(key_of(ctx, keyword(call, "key"), (*out)->u.list.items[i], &key));
    MMD_TRY(mmd_pylist_append(ctx, keys, key));
  }
  return merge_sort(ctx, (*out)->u.list.items, keys->u.list.items, spare, count,
                    reverse && mmd_py_truth(reverse));
}

static mmd_status_t fn_reversed(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_items(ctx, call->args[0], out));
  mmd_pyobj_t **items = (*out)->u.list.items;
  for (size_t i = 0, j = (*out)->u.list.count; i + 1 < j; ++i) {
    mmd_pyobj_t *swap = items[i];
    items[i] = items[--j];
    items[j] = swap;
  }
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t make_pair(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, mmd_pyobj_t *list) {
  mmd_pyobj_t *pair = mmd_pylist_make(ctx, MMD_PY_TUPLE, 2);
  MMD_TRY_ALLOC(pair);
  MMD_TRY(mmd_pylist_append(ctx, pair, a));
  MMD_TRY(mmd_pylist_append(ctx, pair, b));
  return mmd_pylist_append(ctx, list, pair);
}

static mmd_status_t fn_enumerate(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items, *start = call->count == 2 ? call->args[1] : keyword(call, "start");
  if (start && !mmd_py_is_int(start))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "enumerate() needs an int to start");
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, items->u.list.count), out));
  const uint64_t first = start ? (uint64_t)start->u.integer : 0;
  for (size_t i = 0; i < items->u.list.count; ++i)
    MMD_TRY(make_pair(ctx, mmd_py_int(ctx, (int64_t)(first + i)), items->u.list.items[i], *out));
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t fn_zip(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *columns, *column, *row;
  size_t shortest = SIZE_MAX;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, call->count), &columns));
  for (size_t i = 0; i < call->count; ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (call->args[k] == call->args[i] && call->args[i]->is_iterator)
        return mmd_py_error(ctx, MMD_NOT_SUPPORTED, "zip() of one iterator with itself");
    }
    MMD_TRY(mmd_py_items(ctx, call->args[i], &column));
    MMD_TRY(mmd_pylist_append(ctx, columns, column));
    if (column->u.list.count < shortest) shortest = column->u.list.count;
  }
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out));
  for (size_t r = 0; call->count && r < shortest; ++r) {
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, call->count), &row));
    for (size_t i = 0; i < call->count; ++i)
      MMD_TRY(mmd_pylist_append(ctx, row, columns->u.list.items[i]->u.list.items[r]));
    MMD_TRY(mmd_pylist_append(ctx, *out, row));
  }
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t fn_map(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *rows, *item;
  const mmd_pycall_t rest = {NULL, call->args + 1, call->count - 1, NULL};
  MMD_TRY(fn_zip(ctx, &rest, &rows));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, rows->u.list.count), out));
  for (size_t i = 0; i < rows->u.list.count; ++i) {
    const mmd_pyobj_t *row = rows->u.list.items[i];
    const mmd_pycall_t inner = {NULL, row->u.list.items, row->u.list.count, NULL};
    MMD_TRY(mmd_py_call(ctx, call->args[0], &inner, &item));
    MMD_TRY(mmd_pylist_append(ctx, *out, item));
  }
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t fn_filter(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items, *keep;
  MMD_TRY(mmd_py_items(ctx, call->args[1], &items));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 0), out));
  for (size_t i = 0; i < items->u.list.count; ++i) {
    MMD_TRY(key_of(ctx, call->args[0], items->u.list.items[i], &keep));
    if (mmd_py_truth(keep)) MMD_TRY(mmd_pylist_append(ctx, *out, items->u.list.items[i]));
  }
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t any_or_all(mmd_pyctx_t *ctx, call_t *call, bool any, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  bool result = !any;
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  for (size_t i = 0; i < items->u.list.count; ++i) {
    if (mmd_py_truth(items->u.list.items[i]) == any) result = any;
  }
  return mmd_py_give(mmd_py_bool(ctx, result), out);
}
static mmd_status_t fn_any(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return any_or_all(ctx, call, true, out);
}
static mmd_status_t fn_all(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return any_or_all(ctx, call, false, out);
}

static mmd_status_t fn_pow(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_binary(ctx, MMD_OP2('*', '*'), call->args[0], call->args[1], out);
}

static mmd_status_t fn_divmod(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *quotient, *rest, *list;
  MMD_TRY(mmd_py_binary(ctx, MMD_OP2('/', '/'), call->args[0], call->args[1], &quotient));
  MMD_TRY(mmd_py_binary(ctx, '%', call->args[0], call->args[1], &rest));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, 1), &list));
  MMD_TRY(make_pair(ctx, quotient, rest, list));
  *out = list->u.list.items[0];
  return NULL;
}

static mmd_status_t fn_print(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  (void)call;  // a config that prints is read, and says nothing
  return mmd_py_give(ctx->none, out);
}

static bool kind_matches(const mmd_pyobj_t *object, const mmd_pyobj_t *type) {
  if (type->kind != MMD_PY_BUILTIN) return false;
  const char *name = type->u.builtin.def->name;
  return strcmp(mmd_py_kind_name(object), name) == 0 ||
         (strcmp(name, "int") == 0 && object->kind == MMD_PY_BOOL);
}

static mmd_status_t fn_isinstance(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const mmd_pyobj_t *types = call->args[1];
  bool result = kind_matches(call->args[0], types);
  for (size_t i = 0; types->kind == MMD_PY_TUPLE && i < types->u.list.count; ++i)
    result |= kind_matches(call->args[0], types->u.list.items[i]);
  return mmd_py_give(mmd_py_bool(ctx, result), out);
}

// Iterators are lists whose first item is the next one.
static mmd_status_t fn_iter(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  if (call->args[0]->is_iterator) return mmd_py_give(call->args[0], out);
  MMD_TRY(mmd_py_items(ctx, call->args[0], out));
  (*out)->is_iterator = true;
  return NULL;
}

static mmd_status_t fn_next(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *iterator = call->args[0];
  if (!iterator->is_iterator)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "next() needs an iterator, not '%s'",
                        mmd_py_kind_name(iterator));
  MMD_TRY(mmd_pyctx_step(ctx, iterator->u.list.count / 64));
  if (iterator->u.list.count == 0) {
    if (call->count == 2) return mmd_py_give(call->args[1], out);
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "next() behind the last item");
  }
  *out = iterator->u.list.items[0];
  mmd_pylist_remove(iterator, 0);
  return NULL;
}

// A class of Python's own is the builtin that makes it; of others only the name is known.
static mmd_status_t fn_type(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  const char *name = mmd_py_kind_name(call->args[0]);
  const mmd_pybuiltin_t *builtin = mmd_py_find_builtin(name);
  return mmd_py_give(builtin ? mmd_py_builtin(ctx, builtin, NULL) : mmd_py_symbol(ctx, name), out);
}

static mmd_status_t dict_fromkeys(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *keys;
  MMD_TRY(mmd_py_items(ctx, call->args[0], &keys));
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  for (size_t i = 0; i < keys->u.list.count; ++i)
    MMD_TRY(mmd_pydict_set(ctx, *out, keys->u.list.items[i],
                           call->count == 2 ? call->args[1] : ctx->none));
  return NULL;
}

const mmd_pybuiltin_t *mmd_py_find_class_method(const mmd_pybuiltin_t *owner, const char *name) {
  static const mmd_pybuiltin_t fromkeys = {"fromkeys", dict_fromkeys, 1, 2, false};
  if (owner != mmd_py_find_builtin("dict") || strcmp(name, "fromkeys") != 0) return NULL;
  return &fromkeys;
}

static const mmd_pybuiltin_t builtins[] = {
    {"abs", fn_abs, 1, 1, false},
    {"all", fn_all, 1, 1, false},
    {"any", fn_any, 1, 1, false},
    {"bool", fn_bool, 0, 1, false},
    {"dict", fn_dict, 0, 1, true},
    {"divmod", fn_divmod, 2, 2, false},
    {"enumerate", fn_enumerate, 1, 2, true},
    {"filter", fn_filter, 2, 2, false},
    {"float", mmd_py_fn_float, 0, 1, false},
    {"format", fn_format, 1, 2, false},
    {"frozenset", fn_set, 0, 1, false},
    {"int", mmd_py_fn_int, 0, 2, true},
    {"isinstance", fn_isinstance, 2, 2, false},
    {"iter", fn_iter, 1, 1, false},
    {"len", fn_len, 1, 1, false},
    {"list", fn_list, 0, 1, false},
    {"map", fn_map, 2, ANY, false},
    {"max", fn_max, 1, ANY, true},
    {"min", fn_min, 1, ANY, true},
    {"next", fn_next, 1, 2, false},
    {"pow", fn_pow, 2, 2, false},
    {"print", fn_print, 0, ANY, true},
    {"range", fn_range, 1, 3, false},
    {"repr", fn_repr, 1, 1, false},
    {"reversed", fn_reversed, 1, 1, false},
    {"round", mmd_py_fn_round, 1, 2, false},
    {"set", fn_set, 0, 1, false},
    {"sorted", fn_sorted, 1, 1, true},
    {"str", fn_str, 0, 1, false},
    {"sum", fn_sum, 1, 2, true},
    {"tuple", fn_tuple, 0, 1, false},
    {"type", fn_type, 1, 1, false},
    {"zip", fn_zip, 0, ANY, false},
};
#define BUILTIN_COUNT (sizeof builtins / sizeof *builtins)

const mmd_pybuiltin_t *mmd_py_find_builtin(const char *name) {
  for (size_t i = 0; i < BUILTIN_COUNT; ++i) {
    if (strcmp(builtins[i].name, name) == 0) return &builtins[i];
  }
  return NULL;
}

const char *mmd_py_nearest_builtin(const char *name) {
  const char *names[BUILTIN_COUNT];
  for (size_t i = 0; i < BUILTIN_COUNT; ++i) names[i] = builtins[i].name;
  return mmd_nearest_name(name, names, BUILTIN_COUNT);
}
