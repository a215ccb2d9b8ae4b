// SPDX-License-Identifier: Apache-2.0
//
// Equality, order and copies.
#include <string.h>

#include "formats/pyconfig/object.h"

static int compare_text(const mmd_pyobj_t *a, const mmd_pyobj_t *b) {
  const size_t size = a->u.str.size < b->u.str.size ? a->u.str.size : b->u.str.size;
  const int order = memcmp(a->u.str.data, b->u.str.data, size);
  if (order) return order;
  return a->u.str.size < b->u.str.size ? -1 : a->u.str.size > b->u.str.size;
}

static mmd_status_t lists_equal(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  *out = a->u.list.count == b->u.list.count;
  for (size_t i = 0; *out && i < a->u.list.count; ++i)
    MMD_TRY(mmd_py_equal(ctx, a->u.list.items[i], b->u.list.items[i], out));
  return NULL;
}

static mmd_status_t dicts_equal(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  size_t index = 0;
  *out = a->u.dict.count == b->u.dict.count;
  for (mmd_pyentry_t *e; *out && (e = mmd_pydict_next(a, &index));) {
    mmd_pyobj_t *other;
    MMD_TRY(mmd_pydict_find(ctx, b, e->key, &other));
    *out = other != NULL;
    if (other && a->kind == MMD_PY_DICT) MMD_TRY(mmd_py_equal(ctx, e->value, other, out));
  }
  return NULL;
}

static mmd_status_t containers_equal(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  MMD_TRY(mmd_py_is_sequence(a) ? lists_equal(ctx, a, b, out) : dicts_equal(ctx, a, b, out));
  mmd_py_leave(ctx);
  return NULL;
}

mmd_status_t mmd_py_equal(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  *out = a == b;
  if (a == b) {
    if (a->kind == MMD_PY_FLOAT) *out = a->u.number == b->u.number;
    return NULL;
  }
  if (mmd_py_is_int(a) && mmd_py_is_int(b)) {
    *out = a->u.integer == b->u.integer;
    return NULL;
  }
  if (mmd_py_is_number(a) && mmd_py_is_number(b)) {
    *out = mmd_py_number(a) == mmd_py_number(b);
    return NULL;
  }
  if (a->kind != b->kind) return NULL;
  switch (a->kind) {
    case MMD_PY_STR:
    case MMD_PY_BYTES:
    case MMD_PY_SYMBOL:
      *out = compare_text(a, b) == 0;
      return NULL;
    case MMD_PY_LIST:
    case MMD_PY_TUPLE:
    case MMD_PY_SET:
    case MMD_PY_DICT:
      return containers_equal(ctx, a, b, out);
    case MMD_PY_RANGE:
      *out = a->u.range.count == b->u.range.count &&
             (a->u.range.count == 0 ||
              (a->u.range.start == b->u.range.start && a->u.range.step == b->u.range.step));
      return NULL;
    case MMD_PY_NONE:
    case MMD_PY_ELLIPSIS:
      *out = true;
      return NULL;
    case MMD_PY_BUILTIN:
      *out = a->u.builtin.def == b->u.builtin.def && a->u.builtin.self == b->u.builtin.self;
      return NULL;
    default:
      return NULL;
  }
}

static mmd_status_t list_less(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  size_t i = 0;
  for (; i < a->u.list.count && i < b->u.list.count; ++i) {
    bool equal;
    MMD_TRY(mmd_py_equal(ctx, a->u.list.items[i], b->u.list.items[i], &equal));
    if (!equal) break;
  }
  if (i < a->u.list.count && i < b->u.list.count)
    MMD_TRY(mmd_py_less(ctx, a->u.list.items[i], b->u.list.items[i], out));
  else
    *out = a->u.list.count < b->u.list.count;
  mmd_py_leave(ctx);
  return NULL;
}

mmd_status_t mmd_py_less(mmd_pyctx_t *ctx, mmd_pyobj_t *a, mmd_pyobj_t *b, bool *out) {
  *out = false;
  if (mmd_py_is_int(a) && mmd_py_is_int(b)) {
    *out = a->u.integer < b->u.integer;
    return NULL;
  }
  if (mmd_py_is_number(a) && mmd_py_is_number(b)) {
    *out = mmd_py_number(a) < mmd_py_number(b);
    return NULL;
  }
  if (a->kind == b->kind && (a->kind == MMD_PY_STR || a->kind == MMD_PY_BYTES)) {
    *out = compare_text(a, b) < 0;
    return NULL;
  }
  if (a->kind == b->kind && mmd_py_is_sequence(a)) return list_less(ctx, a, b, out);
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' and '%s' have no order", mmd_py_kind_name(a),
                      mmd_py_kind_name(b));
}

// --- copies --------------------------------------------------------------------------------------

mmd_status_t mmd_py_copy(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) {
  size_t index = 0;
  switch (object->kind) {
    case MMD_PY_LIST:
      return mmd_py_items(ctx, object, out);
    case MMD_PY_SET:
    case MMD_PY_DICT:
      MMD_TRY(mmd_pyctx_step(ctx, object->u.dict.count));
      MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, object->kind), out));
      (*out)->is_config = object->is_config;
      for (mmd_pyentry_t *e; (e = mmd_pydict_next(object, &index));)
        MMD_TRY(mmd_pydict_set(ctx, *out, e->key, e->value));
      return NULL;
    default:
      *out = object;
      return NULL;
  }
}

// Copies already made in one deep copy.
typedef struct memo_t {
  mmd_pyobj_t **from, **to;
  size_t size, count;  // open addressing by address
} memo_t;

static size_t memo_slot(const memo_t *memo, const mmd_pyobj_t *object) {
  size_t slot = ((size_t)(uintptr_t)object >> 4) * 0x9e3779b1u & (memo->size - 1);
  while (memo->from[slot] && memo->from[slot] != object) slot = (slot + 1) & (memo->size - 1);
  return slot;
}

static mmd_status_t memo_add(mmd_pyctx_t *ctx, memo_t *memo, mmd_pyobj_t *from, mmd_pyobj_t *to) {
  if (memo->count * 2 >= memo->size) {
    memo_t bigger = {.size = memo->size ? memo->size * 2 : 64};
    bigger.from = mmd_arena_alloc_array(&ctx->arena, bigger.size, sizeof *bigger.from);
    bigger.to = mmd_arena_alloc_array(&ctx->arena, bigger.size, sizeof *bigger.to);
    if (!bigger.from || !bigger.to) return mmd_status_no_memory();
    for (size_t i = 0; i < memo->size; ++i) {
      if (!memo->from[i]) continue;
      const size_t slot = memo_slot(&bigger, memo->from[i]);
      bigger.from[slot] = memo->from[i];
      bigger.to[slot] = memo->to[i];
    }
    bigger.count = memo->count;
    *memo = bigger;
  }
  const size_t slot = memo_slot(memo, from);
  memo->from[slot] = from;
  memo->to[slot] = to;
  ++memo->count;
  return NULL;
}

typedef struct copy_t {
  memo_t *memo;  // NULL: every reference gets its own copy
  bool as_config;
} copy_t;

static mmd_status_t copy_deep(mmd_pyctx_t *ctx, const copy_t *how, mmd_pyobj_t *object,
                              mmd_pyobj_t **out);

static mmd_status_t copy_items(mmd_pyctx_t *ctx, const copy_t *how, mmd_pyobj_t *object,
                               mmd_pyobj_t *copy) {
  mmd_pyobj_t *item;
  if (mmd_py_is_sequence(object)) {
    for (size_t i = 0; i < object->u.list.count; ++i) {
      MMD_TRY(copy_deep(ctx, how, object->u.list.items[i], &item));
      MMD_TRY(mmd_pylist_append(ctx, copy, item));
    }
    return NULL;
  }
  size_t index = 0;
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(object, &index));) {
    MMD_TRY(copy_deep(ctx, how, e->value, &item));
    MMD_TRY(mmd_pydict_set(ctx, copy, e->key, item));
  }
  return NULL;
}

static mmd_status_t copy_deep(mmd_pyctx_t *ctx, const copy_t *how, mmd_pyobj_t *object,
                              mmd_pyobj_t **out) {
  *out = object;
  const bool dict = object->kind == MMD_PY_DICT || object->kind == MMD_PY_SET;
  if (!dict && !mmd_py_is_sequence(object)) return NULL;
  if (how->memo && how->memo->size) {
    const size_t slot = memo_slot(how->memo, object);
    if (how->memo->from[slot]) *out = how->memo->to[slot];
    if (how->memo->from[slot]) return NULL;
  }
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  MMD_TRY(mmd_py_enter(ctx));
  MMD_TRY(mmd_py_give(dict ? mmd_pydict_make(ctx, object->kind)
                           : mmd_pylist_make(ctx, object->kind, object->u.list.count),
                      out));
  (*out)->is_config = object->kind == MMD_PY_DICT && (object->is_config || how->as_config);
  if (how->memo) MMD_TRY(memo_add(ctx, how->memo, object, *out));
  MMD_TRY(copy_items(ctx, how, object, *out));
  mmd_py_leave(ctx);
  return NULL;
}

mmd_status_t mmd_py_deepcopy(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) {
  memo_t memo = {0};
  const copy_t how = {&memo, false};
  return copy_deep(ctx, &how, object, out);
}

mmd_status_t mmd_py_split(mmd_pyctx_t *ctx, mmd_pyobj_t *object, mmd_pyobj_t **out) {
  const copy_t how = {NULL, true};
  return copy_deep(ctx, &how, object, out);
}
