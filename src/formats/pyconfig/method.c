// SPDX-License-Identifier: Apache-2.0
//
// Methods of dicts, lists, sets and tuples.
#include <string.h>

#include "formats/pyconfig/eval.h"
#include "formats/pyconfig/method.h"

#define ANY 100000u
typedef const mmd_pycall_t call_t;

static mmd_status_t pairs(mmd_pyctx_t *ctx, const mmd_pyobj_t *dict, bool keys, bool values,
                          mmd_pyobj_t **out) {
  size_t index = 0;
  MMD_TRY(mmd_pyctx_step(ctx, dict->u.dict.count));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, dict->u.dict.count), out));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(dict, &index));) {
    mmd_pyobj_t *item = keys ? e->key : e->value;
    if (keys && values) {
      MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 2), &item));
      MMD_TRY(mmd_pylist_append(ctx, item, e->key));
      MMD_TRY(mmd_pylist_append(ctx, item, e->value));
    }
    MMD_TRY(mmd_pylist_append(ctx, *out, item));
  }
  return NULL;
}

static mmd_status_t dict_items(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return pairs(ctx, call->self, true, true, out);
}
static mmd_status_t dict_keys(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return pairs(ctx, call->self, true, false, out);
}
static mmd_status_t dict_values(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return pairs(ctx, call->self, false, true, out);
}

static mmd_status_t any_copy(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return mmd_py_copy(ctx, call->self, out);
}

static mmd_status_t dict_get(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(mmd_pydict_find(ctx, call->self, call->args[0], out));
  if (!*out) *out = call->count == 2 ? call->args[1] : ctx->none;
  return NULL;
}

static mmd_status_t dict_pop(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(mmd_pydict_remove(ctx, call->self, call->args[0], out));
  if (!*out && call->count == 1 && !call->self->is_config)
    return mmd_py_get_index(ctx, call->self, call->args[0], out);
  if (!*out) *out = call->count == 2 ? call->args[1] : ctx->none;
  return NULL;
}

static mmd_status_t dict_setdefault(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  MMD_TRY(mmd_pydict_find(ctx, call->self, call->args[0], out));
  if (*out) return NULL;
  *out = call->count == 2 ? call->args[1] : ctx->none;
  return mmd_py_set_item(ctx, call->self, call->args[0], *out);
}

// Config dicts merge dicts into dicts.
static mmd_status_t update_from(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, const mmd_pyobj_t *source) {
  size_t index = 0;
  MMD_TRY(mmd_pyctx_step(ctx, source->u.dict.count));
  MMD_TRY(mmd_py_enter(ctx));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(source, &index));) {
    mmd_pyobj_t *old = NULL;
    if (dict->is_config && e->value->kind == MMD_PY_DICT)
      MMD_TRY(mmd_pydict_find(ctx, dict, e->key, &old));
    if (old && old->kind == MMD_PY_DICT)
      MMD_TRY(update_from(ctx, old, e->value));
    else
      MMD_TRY(mmd_py_set_item(ctx, dict, e->key, e->value));
  }
  mmd_py_leave(ctx);
  return NULL;
}

static mmd_status_t merge_over(mmd_pyctx_t *ctx, mmd_pyobj_t *child, mmd_pyobj_t *base,
                               mmd_pyobj_t **out);

// |child| over |base|, both dicts: what ConfigDict.merge of mmengine makes of them.
static mmd_status_t merge_dicts(mmd_pyctx_t *ctx, mmd_pyobj_t *child, mmd_pyobj_t *base,
                                mmd_pyobj_t **out) {
  mmd_pyobj_t *flag = mmd_pydict_get_text(child, "_delete_"), *old = NULL, *value;
  size_t index = 0;
  MMD_TRY(mmd_pyctx_step(ctx, 1 + child->u.dict.count));
  if (flag && mmd_py_truth(flag))
    MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  else
    MMD_TRY(mmd_py_copy(ctx, base, out));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(child, &index));) {
    if (mmd_py_is_text(e->key, "_delete_")) continue;
    MMD_TRY(mmd_pydict_find(ctx, *out, e->key, &old));
    MMD_TRY(merge_over(ctx, e->value, old, &value));
    MMD_TRY(mmd_pydict_set(ctx, *out, e->key, value));
  }
  return NULL;
}

static mmd_status_t merge_over(mmd_pyctx_t *ctx, mmd_pyobj_t *child, mmd_pyobj_t *base,
                               mmd_pyobj_t **out) {
  mmd_pyobj_t *name, *old;
  *out = child;
  if (child->kind != MMD_PY_DICT) return NULL;
  if (base && base->kind == MMD_PY_DICT) {
    MMD_TRY(mmd_py_enter(ctx));
    MMD_TRY(merge_dicts(ctx, child, base, out));
    mmd_py_leave(ctx);
    return NULL;
  }
  if (!mmd_pydict_get_text(child, "_delete_")) return NULL;
  MMD_TRY(mmd_py_copy(ctx, child, out));
  MMD_TRY(mmd_py_give(mmd_py_str(ctx, "_delete_"), &name));
  return mmd_pydict_remove(ctx, *out, name, &old);
}

static mmd_status_t config_merge(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *other, *merged;
  size_t index = 0;
  if (call->args[0]->kind != MMD_PY_DICT)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "merge() does not take '%s'",
                        mmd_py_kind_name(call->args[0]));
  MMD_TRY(mmd_py_deepcopy(ctx, call->args[0], &other));
  MMD_TRY(merge_dicts(ctx, other, call->self, &merged));
  mmd_pyobj_t *fresh;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &fresh));
  fresh->is_config = true;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(merged, &index));)
    MMD_TRY(mmd_py_set_item(ctx, fresh, e->key, e->value));
  call->self->u.dict = fresh->u.dict;
  *out = ctx->none;
  return NULL;
}

static mmd_status_t dict_update(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  *out = ctx->none;
  if (call->count) {
    mmd_pyobj_t *source;
    const mmd_pycall_t convert = {NULL, call->args, 1, NULL};
    MMD_TRY(mmd_py_find_builtin("dict")->call(ctx, &convert, &source));
    MMD_TRY(update_from(ctx, call->self, source));
  }
  return call->keywords ? update_from(ctx, call->self, call->keywords) : NULL;
}

static mmd_status_t dict_clear(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  memset(&call->self->u, 0, sizeof call->self->u);
  *out = ctx->none;
  return NULL;
}

static mmd_status_t list_append(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  *out = ctx->none;
  return mmd_pylist_append(ctx, call->self, call->args[0]);
}

static mmd_status_t list_extend(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  *out = ctx->none;
  MMD_TRY(mmd_py_items(ctx, call->args[0], &items));
  return mmd_pylist_extend(ctx, call->self, items->u.list.items, items->u.list.count);
}

static mmd_status_t list_insert(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  *out = ctx->none;
  if (!mmd_py_is_int(call->args[0]))
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "insert() needs an int");
  const int64_t count = (int64_t)call->self->u.list.count;
  int64_t at = call->args[0]->u.integer;
  if (at < 0) at = at < -count ? 0 : at + count;
  MMD_TRY(mmd_pyctx_step(ctx, call->self->u.list.count / 16));
  return mmd_pylist_insert(ctx, call->self, (size_t)(at > count ? count : at), call->args[1]);
}

static mmd_status_t list_pop(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *index = call->count ? call->args[0] : mmd_py_int(ctx, -1);
  MMD_TRY_ALLOC(index);
  MMD_TRY(mmd_pyctx_step(ctx, call->self->u.list.count / 16));
  MMD_TRY(mmd_py_get_index(ctx, call->self, index, out));
  return mmd_py_set_index(ctx, call->self, index, NULL);
}

static mmd_status_t find(mmd_pyctx_t *ctx, call_t *call, size_t *out_at) {
  bool same = false;
  mmd_pyobj_t *list = call->self;
  for (*out_at = 0; *out_at < list->u.list.count; ++*out_at) {
    MMD_TRY(mmd_pyctx_step(ctx, 1));
    MMD_TRY(mmd_py_equal(ctx, list->u.list.items[*out_at], call->args[0], &same));
    if (same) return NULL;
  }
  return mmd_py_error(ctx, MMD_NOT_FOUND, "the value is not in the list");
}

static mmd_status_t list_remove(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  size_t at;
  *out = ctx->none;
  MMD_TRY(find(ctx, call, &at));
  mmd_pylist_remove(call->self, at);
  return NULL;
}

static mmd_status_t list_index(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  size_t at;
  MMD_TRY(find(ctx, call, &at));
  return mmd_py_give(mmd_py_int(ctx, (int64_t)at), out);
}

static mmd_status_t list_count(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  int64_t count = 0;
  bool same;
  MMD_TRY(mmd_pyctx_step(ctx, call->self->u.list.count));
  for (size_t i = 0; i < call->self->u.list.count; ++i) {
    MMD_TRY(mmd_py_equal(ctx, call->self->u.list.items[i], call->args[0], &same));
    count += same;
  }
  return mmd_py_give(mmd_py_int(ctx, count), out);
}

static mmd_status_t list_clear(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  call->self->u.list.count = 0;
  *out = ctx->none;
  return NULL;
}

static mmd_status_t list_reorder(mmd_pyctx_t *ctx, call_t *call, const char *how,
                                 mmd_pyobj_t **out) {
  mmd_pyobj_t *result;
  const mmd_pycall_t inner = {NULL, (mmd_pyobj_t **)&call->self, 1, call->keywords};
  MMD_TRY(mmd_py_find_builtin(how)->call(ctx, &inner, &result));
  call->self->u.list = result->u.list;
  *out = ctx->none;
  return NULL;
}
static mmd_status_t list_reverse(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return list_reorder(ctx, call, "reversed", out);
}
static mmd_status_t list_sort(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return list_reorder(ctx, call, "sorted", out);
}

static mmd_status_t set_add(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  *out = ctx->none;
  return mmd_pydict_set(ctx, call->self, call->args[0], ctx->none);
}

static mmd_status_t set_discard(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *old;
  *out = ctx->none;
  return mmd_pydict_remove(ctx, call->self, call->args[0], &old);
}

static mmd_status_t set_combine(mmd_pyctx_t *ctx, call_t *call, uint32_t op, mmd_pyobj_t **out) {
  mmd_pyobj_t *other;
  const mmd_pycall_t convert = {NULL, call->args, 1, NULL};
  MMD_TRY(mmd_py_find_builtin("set")->call(ctx, &convert, &other));
  return mmd_py_binary(ctx, op, call->self, other, out);
}
static mmd_status_t set_union(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_combine(ctx, call, '|', out);
}
static mmd_status_t set_intersection(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_combine(ctx, call, '&', out);
}
static mmd_status_t set_difference(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_combine(ctx, call, '-', out);
}
static mmd_status_t set_symmetric(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_combine(ctx, call, '^', out);
}

// Whether one is inside the other: the set in the argument, or with |smaller| 1 the reverse.
static mmd_status_t set_contains(mmd_pyctx_t *ctx, call_t *call, int smaller, mmd_pyobj_t **out) {
  mmd_pyobj_t *other, *missing;
  const mmd_pycall_t convert = {NULL, call->args, 1, NULL};
  MMD_TRY(mmd_py_find_builtin("set")->call(ctx, &convert, &other));
  MMD_TRY(mmd_py_binary(ctx, '-', smaller ? other : call->self, smaller ? call->self : other,
                        &missing));
  return mmd_py_give(mmd_py_bool(ctx, missing->u.dict.count == 0), out);
}
static mmd_status_t set_issubset(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_contains(ctx, call, 0, out);
}
static mmd_status_t set_issuperset(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  return set_contains(ctx, call, 1, out);
}
static mmd_status_t set_isdisjoint(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *common;
  MMD_TRY(set_combine(ctx, call, '&', &common));
  return mmd_py_give(mmd_py_bool(ctx, common->u.dict.count == 0), out);
}

static mmd_status_t set_update(mmd_pyctx_t *ctx, call_t *call, mmd_pyobj_t **out) {
  mmd_pyobj_t *both;
  MMD_TRY(set_combine(ctx, call, '|', &both));
  call->self->u.dict = both->u.dict;
  *out = ctx->none;
  return NULL;
}

static const mmd_pybuiltin_t dict_methods[] = {
    {"items", dict_items, 0, 0, false},   {"keys", dict_keys, 0, 0, false},
    {"values", dict_values, 0, 0, false}, {"copy", any_copy, 0, 0, false},
    {"get", dict_get, 1, 2, false},       {"pop", dict_pop, 1, 2, false},
    {"update", dict_update, 0, 1, true},  {"setdefault", dict_setdefault, 1, 2, false},
    {"clear", dict_clear, 0, 0, false},
};
// Of dicts that a base made.
static const mmd_pybuiltin_t config_methods[] = {{"merge", config_merge, 1, 1, false}};
static const mmd_pybuiltin_t list_methods[] = {
    {"append", list_append, 1, 1, false},   {"extend", list_extend, 1, 1, false},
    {"insert", list_insert, 2, 2, false},   {"pop", list_pop, 0, 1, false},
    {"copy", any_copy, 0, 0, false},        {"index", list_index, 1, 1, false},
    {"count", list_count, 1, 1, false},     {"remove", list_remove, 1, 1, false},
    {"reverse", list_reverse, 0, 0, false}, {"sort", list_sort, 0, 0, true},
    {"clear", list_clear, 0, 0, false},
};
static const mmd_pybuiltin_t tuple_methods[] = {{"index", list_index, 1, 1, false},
                                                {"count", list_count, 1, 1, false}};
static const mmd_pybuiltin_t set_methods[] = {
    {"add", set_add, 1, 1, false},
    {"discard", set_discard, 1, 1, false},
    {"copy", any_copy, 0, 0, false},
    {"update", set_update, 1, 1, false},
    {"union", set_union, 1, 1, false},
    {"intersection", set_intersection, 1, 1, false},
    {"difference", set_difference, 1, 1, false},
    {"symmetric_difference", set_symmetric, 1, 1, false},
    {"issubset", set_issubset, 1, 1, false},
    {"issuperset", set_issuperset, 1, 1, false},
    {"isdisjoint", set_isdisjoint, 1, 1, false},
    {"clear", dict_clear, 0, 0, false},
};

static const mmd_pybuiltin_t *find_in(const mmd_pybuiltin_t *methods, size_t count,
                                      const char *name) {
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(methods[i].name, name) == 0) return &methods[i];
  }
  return NULL;
}
#define FIND_IN(table, name) find_in(table, sizeof(table) / sizeof *(table), name)

const mmd_pybuiltin_t *mmd_py_find_method(const mmd_pyobj_t *owner, const char *name) {
  const mmd_pybuiltin_t *method;
  switch (owner->kind) {
    case MMD_PY_DICT:
      method = owner->is_config ? FIND_IN(config_methods, name) : NULL;
      return method ? method : FIND_IN(dict_methods, name);
    case MMD_PY_LIST:
      return FIND_IN(list_methods, name);
    case MMD_PY_TUPLE:
      return FIND_IN(tuple_methods, name);
    case MMD_PY_SET:
      return FIND_IN(set_methods, name);
    case MMD_PY_STR:
      return mmd_py_find_text_method(name);
    case MMD_PY_BUILTIN:
      return mmd_py_find_class_method(owner->u.builtin.def, name);
    default:
      return NULL;
  }
}
