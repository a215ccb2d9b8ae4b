// SPDX-License-Identifier: Apache-2.0
//
// Objects to values and back.
#include <string.h>

#include "formats/pyconfig/syntax.h"

#define VALUE_BYTES 48  // of one value, about

static mmd_status_t key_text(mmd_pyctx_t *ctx, mmd_pyobj_t *key, mmd_str_t *out) {
  mmd_str_clear(out);
  MMD_TRY(mmd_py_write_str(ctx, key, out));
  if (strlen(mmd_str_text(out)) == out->size) return NULL;
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "a dict key holds a NUL character");
}

static mmd_status_t fill_object(mmd_pyctx_t *ctx, mmd_pyobj_t *dict, mmd_value_t *value) {
  size_t index = 0;
  mmd_str_t key = {0};
  mmd_status_t status = NULL;
  for (mmd_pyentry_t *e; !status && (e = mmd_pydict_next(dict, &index));) {
    mmd_value_t *item = NULL;
    status = key_text(ctx, e->key, &key);
    if (!status) status = mmd_py_to_value(ctx, e->value, &item);
    if (!status) status = mmd_object_take(value, mmd_str_text(&key), item);
  }
  mmd_str_deinit(&key);
  return status;
}

static mmd_status_t fill_array(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_value_t *value) {
  mmd_pyobj_t *items = list;  // iterators are not used up
  if (!mmd_py_is_sequence(list)) MMD_TRY(mmd_py_items(ctx, list, &items));
  for (size_t i = 0; i < items->u.list.count; ++i) {
    mmd_value_t *item;
    MMD_TRY(mmd_py_to_value(ctx, items->u.list.items[i], &item));
    MMD_TRY(mmd_array_take(value, item));
  }
  return NULL;
}

static mmd_status_t container_to_value(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_value_t **out) {
  *out = NULL;
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  const bool dict = object->kind == MMD_PY_DICT;
  mmd_value_t *value = dict ? mmd_value_object() : mmd_value_array();
  MMD_TRY_ALLOC(value);
  if (object->kind == MMD_PY_TUPLE) mmd_array_set_flavour(value, MMD_ARRAY_TUPLE);
  if (object->kind == MMD_PY_SET) mmd_array_set_flavour(value, MMD_ARRAY_SET);
  mmd_status_t status = dict ? fill_object(ctx, object, value) : fill_array(ctx, object, value);
  mmd_py_leave(ctx);
  if (status)
    mmd_value_release(value);
  else
    *out = value;
  return status;
}

static mmd_value_t *name_value(const mmd_pyobj_t *object) {
  switch (object->kind) {
    case MMD_PY_BUILTIN:
      return mmd_value_string(object->u.builtin.def->name);
    case MMD_PY_MODULE:
      return mmd_value_string(object->u.module->name);
    case MMD_PY_ELLIPSIS:
      return mmd_value_string("...");
    default: {
      const mmd_pyobj_t *name = object->u.function.node->object;
      return mmd_value_string(name ? name->u.str.data : "<lambda>");
    }
  }
}

// Shared objects become separate values, so a few lines can stand for very many.
static mmd_status_t charge(mmd_pyctx_t *ctx, const mmd_pyobj_t *object) {
  const bool text = object->kind == MMD_PY_STR || object->kind == MMD_PY_BYTES;
  ctx->value_bytes += VALUE_BYTES + (text ? object->u.str.size : 0);
  if (ctx->value_bytes <= ctx->arena.limit_bytes) return NULL;
  return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "the values of the config take more than %zu MiB",
                      ctx->arena.limit_bytes >> 20);
}

mmd_status_t mmd_py_to_value(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_value_t **out) {
  *out = NULL;
  MMD_TRY(charge(ctx, object));
  switch (object->kind) {
    case MMD_PY_NONE:
      *out = mmd_value_null();
      break;
    case MMD_PY_BOOL:
      *out = mmd_value_bool(object->u.integer != 0);
      break;
    case MMD_PY_INT:
      *out = mmd_value_int(object->u.integer);
      break;
    case MMD_PY_FLOAT:
      *out = mmd_value_float(object->u.number);
      break;
    case MMD_PY_STR:
    case MMD_PY_SYMBOL:
      *out = mmd_value_string_n(object->u.str.data, object->u.str.size);
      break;
    case MMD_PY_BYTES:
      *out = mmd_value_bytes(object->u.str.data, object->u.str.size);
      break;
    case MMD_PY_LIST:
    case MMD_PY_TUPLE:
    case MMD_PY_SET:
    case MMD_PY_RANGE:
    case MMD_PY_DICT:
      return container_to_value(ctx, object, out);
    default:
      *out = name_value(object);
      break;
  }
  return *out ? NULL : mmd_status_no_memory();
}

static mmd_status_t array_from_value(mmd_pyctx_t *ctx, const mmd_value_t *value,
                                     mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, mmd_array_size(value)), out));
  for (size_t i = 0; i < mmd_array_size(value); ++i) {
    mmd_pyobj_t *item;
    MMD_TRY(mmd_py_from_value(ctx, mmd_array_at(value, i), &item));
    MMD_TRY(mmd_pylist_append(ctx, *out, item));
  }
  return NULL;
}

static mmd_status_t dict_from_value(mmd_pyctx_t *ctx, const mmd_value_t *value, mmd_pyobj_t **out) {
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), out));
  for (size_t i = 0; i < mmd_object_size(value); ++i) {
    mmd_pyobj_t *item;
    MMD_TRY(mmd_py_from_value(ctx, mmd_object_value_at(value, i), &item));
    MMD_TRY(mmd_pydict_set_text(ctx, *out, mmd_object_key_at(value, i), item));
  }
  return NULL;
}

mmd_status_t mmd_py_from_value(mmd_pyctx_t *ctx, const mmd_value_t *value, mmd_pyobj_t **out) {
  size_t size = 0;
  const char *text = mmd_value_get_string_n(value, &size);
  switch (mmd_value_kind(value)) {
    case MMD_VALUE_NULL:
      return mmd_py_give(ctx->none, out);
    case MMD_VALUE_BOOL:
      return mmd_py_give(mmd_py_bool(ctx, mmd_value_get_bool(value, false)), out);
    case MMD_VALUE_INT:
      return mmd_py_give(mmd_py_int(ctx, mmd_value_get_int(value, 0)), out);
    case MMD_VALUE_FLOAT:
      return mmd_py_give(mmd_py_float(ctx, mmd_value_get_float(value, 0)), out);
    case MMD_VALUE_STRING:
      return mmd_py_give(mmd_py_str_n(ctx, text, size), out);
    case MMD_VALUE_ARRAY:
      return array_from_value(ctx, value, out);
    case MMD_VALUE_OBJECT:
      return dict_from_value(ctx, value, out);
    default:
      return MMD_ERROR(MMD_NOT_SUPPORTED, "%s values have no place in a config",
                       mmd_value_kind_name(mmd_value_kind(value)));
  }
}
