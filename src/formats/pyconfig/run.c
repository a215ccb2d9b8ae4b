// SPDX-License-Identifier: Apache-2.0
//
// Statements.
#include <string.h>

#include "formats/pyconfig/eval.h"

static mmd_status_t run_block(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *block,
                              mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  *flow = MMD_PY_NEXT;
  for (size_t i = 0; i < block->count && *flow == MMD_PY_NEXT; ++i)
    MMD_TRY(mmd_py_run(ctx, frame, block->items[i], flow, result));
  return NULL;
}

static mmd_status_t run_for(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                            mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  mmd_pyobj_t *iterable, *items;
  MMD_TRY(mmd_py_eval(ctx, frame, node->b, &iterable));
  ctx->at = node->b;
  MMD_TRY(mmd_py_items(ctx, iterable, &items));
  for (size_t i = 0; i < items->u.list.count; ++i) {
    MMD_TRY(mmd_pyctx_step(ctx, 1));
    MMD_TRY(mmd_py_assign(ctx, frame, node->a, items->u.list.items[i]));
    MMD_TRY(run_block(ctx, frame, node->c, flow, result));
    if (*flow == MMD_PY_RETURN) return NULL;
    if (*flow == MMD_PY_BREAK) {
      *flow = MMD_PY_NEXT;
      return NULL;
    }
  }
  *flow = MMD_PY_NEXT;
  return node->count ? run_block(ctx, frame, node->items[0], flow, result) : NULL;
}

static mmd_status_t run_while(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                              mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  mmd_pyobj_t *condition;
  for (;;) {
    MMD_TRY(mmd_py_eval(ctx, frame, node->a, &condition));
    if (!mmd_py_truth(condition)) break;
    MMD_TRY(mmd_pyctx_step(ctx, 1));
    MMD_TRY(run_block(ctx, frame, node->b, flow, result));
    if (*flow == MMD_PY_RETURN) return NULL;
    if (*flow == MMD_PY_BREAK) {
      *flow = MMD_PY_NEXT;
      return NULL;
    }
  }
  *flow = MMD_PY_NEXT;
  return node->c ? run_block(ctx, frame, node->c, flow, result) : NULL;
}

static mmd_status_t run_if(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                           mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  mmd_pyobj_t *condition;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &condition));
  const mmd_pynode_t *branch = mmd_py_truth(condition) ? node->b : node->c;
  return branch ? mmd_py_run(ctx, frame, branch, flow, result) : NULL;
}

static mmd_status_t run_assign(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  mmd_pyobj_t *value;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
  for (size_t i = 0; i < node->count; ++i)
    MMD_TRY(mmd_py_assign(ctx, frame, node->items[i], value));
  return NULL;
}

// Lists grow in place, dicts and sets take the other's entries in place.
static mmd_status_t augment(mmd_pyctx_t *ctx, uint32_t op, mmd_pyobj_t *left, mmd_pyobj_t *right,
                            mmd_pyobj_t **out) {
  mmd_pyobj_t *items;
  size_t index = 0;
  *out = left;
  if (op == '+' && left->kind == MMD_PY_LIST) {
    MMD_TRY(mmd_py_items(ctx, right, &items));
    return mmd_pylist_extend(ctx, left, items->u.list.items, items->u.list.count);
  }
  if (op == '|' && left->kind == right->kind &&
      (left->kind == MMD_PY_DICT || left->kind == MMD_PY_SET)) {
    for (mmd_pyentry_t *e; (e = mmd_pydict_next(right, &index));)
      MMD_TRY(mmd_py_set_item(ctx, left, e->key, e->value));
    return NULL;
  }
  return mmd_py_binary(ctx, op, left, right, out);
}

static mmd_status_t run_augmented(mmd_pyctx_t *ctx, mmd_pyframe_t *frame,
                                  const mmd_pynode_t *node) {
  mmd_pyobj_t *left, *right, *result;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &left));
  MMD_TRY(mmd_py_eval(ctx, frame, node->b, &right));
  ctx->at = node;
  MMD_TRY(augment(ctx, node->op, left, right, &result));
  return mmd_py_assign(ctx, frame, node->a, result);
}

static mmd_status_t run_def(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  mmd_pyobj_t *function;
  MMD_TRY(mmd_py_make_function(ctx, frame, node, &function));
  return mmd_pydict_set(ctx, frame->names, node->object, function);
}

static mmd_status_t run_global(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  if (!frame->outer) return NULL;
  if (!frame->globals) MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), &frame->globals));
  for (size_t i = 0; i < node->count; ++i)
    MMD_TRY(mmd_pydict_set(ctx, frame->globals, node->items[i]->object, ctx->none));
  return NULL;
}

// --- imports -------------------------------------------------------------------------------------

static mmd_status_t bind_import(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, mmd_pyobj_t *name,
                                mmd_pyobj_t *value) {
  if (frame->imported) MMD_TRY(mmd_pydict_set(ctx, frame->imported, name, ctx->none));
  return mmd_pydict_set(ctx, frame->names, name, value);
}

static mmd_status_t module_or_symbol(mmd_pyctx_t *ctx, const char *path, mmd_pyobj_t **out) {
  const mmd_pymodule_t *module = mmd_py_find_module(path);
  return module ? mmd_py_make_module(ctx, module, out) : mmd_py_give(mmd_py_symbol(ctx, path), out);
}

static mmd_status_t run_import(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  for (size_t i = 0; i < node->count; ++i) {
    mmd_pyobj_t *name = node->items[i]->object, *value;
    const char *path = name->u.str.data;
    const bool renamed = node->items[i]->a != NULL;
    if (!renamed) {  // "import a.b" binds a
      MMD_TRY(mmd_py_give(mmd_py_str_n(ctx, path, strcspn(path, ".")), &name));
      path = name->u.str.data;
    } else {
      name = node->items[i]->a->object;
    }
    MMD_TRY(module_or_symbol(ctx, path, &value));
    // "import math" is a key like any other to mmengine.
    MMD_TRY(!renamed && value->kind == MMD_PY_MODULE
                ? mmd_pydict_set(ctx, frame->names, name, value)
                : bind_import(ctx, frame, name, value));
  }
  return NULL;
}

static mmd_status_t run_from(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  static const char dots[] = "................";
  const char *path = node->object ? node->object->u.str.data : "";
  const mmd_pymodule_t *module = node->op ? NULL : mmd_py_find_module(path);
  const int level = node->op < sizeof dots ? (int)node->op : 0;
  for (size_t i = 0; i < node->count; ++i) {
    mmd_pyobj_t *name = node->items[i]->object, *value = NULL;
    if (mmd_py_is_text(name, "*")) {
      return mmd_py_error(
          ctx, MMD_NOT_SUPPORTED,
          "'import *' reads a config file and stands inside 'with read_base():' at the top level");
    }
    if (module) MMD_TRY(mmd_py_module_attribute(ctx, module, name->u.str.data, &value));
    if (!value) {
      const char *full = mmd_arena_printf(&ctx->arena, "%.*s%s%s%s", level, dots, path,
                                          *path ? "." : "", name->u.str.data);
      MMD_TRY_ALLOC(full);
      MMD_TRY(module_or_symbol(ctx, full, &value));
    }
    MMD_TRY(bind_import(ctx, frame, node->items[i]->a ? node->items[i]->a->object : name, value));
  }
  return NULL;
}

// --- dispatch ------------------------------------------------------------------------------------

static mmd_status_t run_simple(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node) {
  mmd_pyobj_t *value;
  switch (node->type) {
    case MMD_PYNODE_EXPRESSION:
      return mmd_py_eval(ctx, frame, node->a, &value);
    case MMD_PYNODE_ASSIGN:
      return run_assign(ctx, frame, node);
    case MMD_PYNODE_AUGMENTED:
      return run_augmented(ctx, frame, node);
    case MMD_PYNODE_DEF:
      return run_def(ctx, frame, node);
    case MMD_PYNODE_GLOBAL:
      return run_global(ctx, frame, node);
    case MMD_PYNODE_IMPORT:
      return run_import(ctx, frame, node);
    case MMD_PYNODE_FROM:
      return run_from(ctx, frame, node);
    case MMD_PYNODE_PASS:
      return NULL;
    case MMD_PYNODE_DELETE:
      for (size_t i = 0; i < node->count; ++i)
        MMD_TRY(mmd_py_assign(ctx, frame, node->items[i], NULL));
      return NULL;
    case MMD_PYNODE_ASSERT:
      MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
      ctx->at = node;
      return mmd_py_truth(value) ? NULL
                                 : mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "assertion failed");
    case MMD_PYNODE_RAISE:
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "the config raises an error here");
    case MMD_PYNODE_WITH:
      return mmd_py_error(ctx, MMD_NOT_SUPPORTED,
                          "only 'with read_base():' at the top level is supported");
    default:
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "syntax error: this cannot stand here");
  }
}

static mmd_status_t run_inner(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                              mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  switch (node->type) {
    case MMD_PYNODE_BLOCK:
      return run_block(ctx, frame, node, flow, result);
    case MMD_PYNODE_FOR:
      return run_for(ctx, frame, node, flow, result);
    case MMD_PYNODE_WHILE:
      return run_while(ctx, frame, node, flow, result);
    case MMD_PYNODE_IF:
      return run_if(ctx, frame, node, flow, result);
    case MMD_PYNODE_BREAK:
      *flow = MMD_PY_BREAK;
      return NULL;
    case MMD_PYNODE_CONTINUE:
      *flow = MMD_PY_CONTINUE;
      return NULL;
    case MMD_PYNODE_RETURN:
      *flow = MMD_PY_RETURN;
      *result = ctx->none;
      return node->a ? mmd_py_eval(ctx, frame, node->a, result) : NULL;
    default:
      return run_simple(ctx, frame, node);
  }
}

mmd_status_t mmd_py_run(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                        mmd_pyflow_t *flow, mmd_pyobj_t **result) {
  ctx->at = node;
  *flow = MMD_PY_NEXT;
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  if (ctx->depth >= MMD_PY_MAX_DEPTH)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "evaluation nested more than %d deep",
                        MMD_PY_MAX_DEPTH);
  ++ctx->depth;
  mmd_status_t status = run_inner(ctx, frame, node, flow, result);
  --ctx->depth;
  return status;
}
