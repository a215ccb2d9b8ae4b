// SPDX-License-Identifier: Apache-2.0
//
// Context, constructors and lists.
#include "formats/pyconfig/object.h"

#include <string.h>

#include "base/checked.h"
#include "formats/pyconfig/syntax.h"

#define DEFAULT_BYTES ((size_t)256 << 20)
#define DEFAULT_STEPS 20000000u

mmd_status_t mmd_pyctx_init(mmd_pyctx_t *ctx, const mmd_pyconfig_options_t *options) {
  memset(ctx, 0, sizeof *ctx);
  mmd_arena_init(&ctx->arena);
  ctx->options = options;
  ctx->arena.limit_bytes = options->max_bytes ? options->max_bytes : DEFAULT_BYTES;
  ctx->max_steps = options->max_steps ? options->max_steps : DEFAULT_STEPS;
  ctx->none = mmd_py_make(ctx, MMD_PY_NONE);
  ctx->true_object = mmd_py_make(ctx, MMD_PY_BOOL);
  ctx->false_object = mmd_py_make(ctx, MMD_PY_BOOL);
  if (ctx->none && ctx->true_object && ctx->false_object) {
    ctx->true_object->u.integer = 1;
    return NULL;
  }
  mmd_pyctx_deinit(ctx);
  return mmd_status_no_memory();
}

void mmd_pyctx_deinit(mmd_pyctx_t *ctx) {
  mmd_arena_deinit(&ctx->arena);
}

mmd_status_t mmd_pyctx_step(mmd_pyctx_t *ctx, size_t count) {
  ctx->steps += count;
  if (ctx->steps <= ctx->max_steps) return NULL;
  return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "the config takes more than %llu evaluation steps",
                      (unsigned long long)ctx->max_steps);
}

mmd_status_t mmd_py_error_at(const char *file, uint32_t line, uint32_t column, const char *fmt,
                             ...) {
  va_list args;
  va_start(args, fmt);
  mmd_status_t status = mmd_status_make_v(MMD_INVALID_ARGUMENT, __FILE__, __LINE__, fmt, args);
  va_end(args);
  return mmd_status_annotate(status, "%s:%u:%u", file, line, column);
}

mmd_status_t mmd_py_error(mmd_pyctx_t *ctx, mmd_code_t code, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  mmd_status_t status = mmd_status_make_v(code, __FILE__, __LINE__, fmt, args);
  va_end(args);
  const mmd_pynode_t *at = ctx->at;
  return at ? mmd_status_annotate(status, "%s:%u:%u", at->file, at->line, at->column) : status;
}

mmd_status_t mmd_py_enter(mmd_pyctx_t *ctx) {
  if (ctx->data_depth >= MMD_PY_MAX_DATA_DEPTH) {
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "values nested more than %d deep",
                        MMD_PY_MAX_DATA_DEPTH);
  }
  ++ctx->data_depth;
  return NULL;
}

mmd_status_t mmd_py_give(mmd_pyobj_t *object, mmd_pyobj_t **out) {
  *out = object;
  return object ? NULL : mmd_status_no_memory();
}

mmd_pyobj_t *mmd_py_make(mmd_pyctx_t *ctx, mmd_pykind_t kind) {
  mmd_pyobj_t *object = mmd_arena_alloc(&ctx->arena, sizeof *object);
  if (object) object->kind = kind;
  return object;
}

mmd_pyobj_t *mmd_py_bool(mmd_pyctx_t *ctx, bool flag) {
  return flag ? ctx->true_object : ctx->false_object;
}

mmd_pyobj_t *mmd_py_int(mmd_pyctx_t *ctx, int64_t number) {
  const bool small =
      number >= 0 && number < (int64_t)(sizeof ctx->small_ints / sizeof *ctx->small_ints);
  if (small && ctx->small_ints[number]) return ctx->small_ints[number];
  mmd_pyobj_t *object = mmd_py_make(ctx, MMD_PY_INT);
  if (!object) return NULL;
  object->u.integer = number;
  if (small) ctx->small_ints[number] = object;
  return object;
}

mmd_pyobj_t *mmd_py_float(mmd_pyctx_t *ctx, double number) {
  mmd_pyobj_t *object = mmd_py_make(ctx, MMD_PY_FLOAT);
  if (object) object->u.number = number;
  return object;
}

mmd_pyobj_t *mmd_py_str_n(mmd_pyctx_t *ctx, const char *text, size_t size) {
  mmd_pyobj_t *object = mmd_py_make(ctx, MMD_PY_STR);
  if (!object) return NULL;
  object->u.str.data = mmd_arena_strndup(&ctx->arena, text, size);
  object->u.str.size = size;
  return object->u.str.data ? object : NULL;
}

mmd_pyobj_t *mmd_py_str(mmd_pyctx_t *ctx, const char *text) {
  return mmd_py_str_n(ctx, text, strlen(text));
}

mmd_pyobj_t *mmd_py_symbol(mmd_pyctx_t *ctx, const char *path) {
  mmd_pyobj_t *object = mmd_py_str(ctx, path);
  if (object) object->kind = MMD_PY_SYMBOL;
  return object;
}

mmd_pyobj_t *mmd_py_builtin(mmd_pyctx_t *ctx, const mmd_pybuiltin_t *def, mmd_pyobj_t *self) {
  mmd_pyobj_t *object = mmd_py_make(ctx, MMD_PY_BUILTIN);
  if (!object) return NULL;
  object->u.builtin.def = def;
  object->u.builtin.self = self;
  return object;
}

const char *mmd_py_kind_name(const mmd_pyobj_t *object) {
  static const char *const names[] = {
      "NoneType", "bool", "int",   "float",    "str",      "bytes",  "list",          "tuple",
      "set",      "dict", "range", "function", "function", "module", "imported name", "ellipsis"};
  return names[object->kind];
}

bool mmd_py_is_text(const mmd_pyobj_t *object, const char *text) {
  return object->kind == MMD_PY_STR && strcmp(object->u.str.data, text) == 0;
}

bool mmd_py_truth(const mmd_pyobj_t *object) {
  switch (object->kind) {
    case MMD_PY_NONE:
      return false;
    case MMD_PY_BOOL:
    case MMD_PY_INT:
      return object->u.integer != 0;
    case MMD_PY_FLOAT:
      return object->u.number != 0;
    case MMD_PY_STR:
    case MMD_PY_BYTES:
      return object->u.str.size != 0;
    case MMD_PY_LIST:
    case MMD_PY_TUPLE:
      return object->u.list.count != 0;
    case MMD_PY_SET:
    case MMD_PY_DICT:
      return object->u.dict.count != 0;
    case MMD_PY_RANGE:
      return object->u.range.count != 0;
    default:
      return true;
  }
}

// --- lists ---------------------------------------------------------------------------------------

mmd_pyobj_t *mmd_pylist_make(mmd_pyctx_t *ctx, mmd_pykind_t kind, size_t capacity) {
  mmd_pyobj_t *list = mmd_py_make(ctx, kind);
  if (!list) return NULL;
  if (capacity == 0) capacity = 1;  // |items| is never NULL, so callers may add 0 to it
  list->u.list.items = mmd_arena_alloc_array(&ctx->arena, capacity, sizeof *list->u.list.items);
  list->u.list.capacity = capacity;
  return list->u.list.items ? list : NULL;
}

static mmd_status_t reserve(mmd_pyctx_t *ctx, mmd_pyobj_t *list, size_t more) {
  size_t needed;
  if (!mmd_checked_add(list->u.list.count, more, &needed)) return mmd_status_no_memory();
  if (needed <= list->u.list.capacity) return NULL;
  size_t capacity = needed < 4 ? 4 : needed;
  if (capacity < list->u.list.capacity * 2) capacity = list->u.list.capacity * 2;
  mmd_pyobj_t **items = mmd_arena_alloc_array(&ctx->arena, capacity, sizeof *items);
  MMD_TRY_ALLOC(items);
  if (list->u.list.count) memcpy(items, list->u.list.items, list->u.list.count * sizeof *items);
  list->u.list.items = items;
  list->u.list.capacity = capacity;
  return NULL;
}

mmd_status_t mmd_pylist_append(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_pyobj_t *item) {
  MMD_TRY_ALLOC(item);
  if (list->u.list.count == list->u.list.capacity) MMD_TRY(reserve(ctx, list, 1));
  list->u.list.items[list->u.list.count++] = item;
  return NULL;
}

mmd_status_t mmd_pylist_insert(mmd_pyctx_t *ctx, mmd_pyobj_t *list, size_t at, mmd_pyobj_t *item) {
  MMD_TRY(mmd_pylist_append(ctx, list, item));
  mmd_pyobj_t **items = list->u.list.items;
  memmove(items + at + 1, items + at, (list->u.list.count - 1 - at) * sizeof *items);
  items[at] = item;
  return NULL;
}

void mmd_pylist_remove(mmd_pyobj_t *list, size_t at) {
  mmd_pyobj_t **items = list->u.list.items;
  memmove(items + at, items + at + 1, (--list->u.list.count - at) * sizeof *items);
}

mmd_status_t mmd_pylist_extend(mmd_pyctx_t *ctx, mmd_pyobj_t *list, mmd_pyobj_t *const *items,
                               size_t count) {
  MMD_TRY(reserve(ctx, list, count));
  for (size_t i = 0; i < count; ++i) list->u.list.items[list->u.list.count + i] = items[i];
  list->u.list.count += count;
  return NULL;
}

static mmd_status_t range_items(mmd_pyctx_t *ctx, const mmd_pyobj_t *range,
                                mmd_pyobj_t **out_list) {
  const size_t count = range->u.range.count;
  MMD_TRY(mmd_pyctx_step(ctx, count));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, count), out_list));
  for (size_t i = 0; i < count; ++i) {
    MMD_TRY(mmd_pylist_append(
        ctx, *out_list, mmd_py_int(ctx, range->u.range.start + (int64_t)i * range->u.range.step)));
  }
  return NULL;
}

static mmd_status_t text_items(mmd_pyctx_t *ctx, const mmd_pyobj_t *text, mmd_pyobj_t *list) {
  for (size_t at = 0; at < text->u.str.size;) {
    size_t n = text->kind == MMD_PY_STR
                   ? mmd_utf8_sequence(text->u.str.data + at, text->u.str.size - at)
                   : 1;
    if (n == 0) n = 1;
    MMD_TRY(mmd_pylist_append(ctx, list,
                              text->kind == MMD_PY_STR
                                  ? mmd_py_str_n(ctx, text->u.str.data + at, n)
                                  : mmd_py_int(ctx, (unsigned char)text->u.str.data[at])));
    at += n;
  }
  return NULL;
}

mmd_status_t mmd_py_items(mmd_pyctx_t *ctx, mmd_pyobj_t *iterable, mmd_pyobj_t **out_list) {
  if (iterable->kind == MMD_PY_RANGE) return range_items(ctx, iterable, out_list);
  const size_t size = mmd_py_is_sequence(iterable) ? iterable->u.list.count : 0;
  MMD_TRY(mmd_pyctx_step(ctx, size));
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, size), out_list));
  switch (iterable->kind) {
    case MMD_PY_LIST:
    case MMD_PY_TUPLE:
      if (iterable->is_iterator) iterable->u.list.count = 0;  // it is used up
      return mmd_pylist_extend(ctx, *out_list, iterable->u.list.items, size);
    case MMD_PY_SET:
    case MMD_PY_DICT: {
      size_t index = 0;
      for (mmd_pyentry_t *e; (e = mmd_pydict_next(iterable, &index));)
        MMD_TRY(mmd_pylist_append(ctx, *out_list, e->key));
      return NULL;
    }
    case MMD_PY_STR:
    case MMD_PY_BYTES:
      return text_items(ctx, iterable, *out_list);
    default:
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' cannot be iterated over",
                          mmd_py_kind_name(iterable));
  }
}
