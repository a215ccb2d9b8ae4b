// SPDX-License-Identifier: Apache-2.0
//
// Expressions and calls.
#include "formats/pyconfig/eval.h"

#include <string.h>

static mmd_status_t eval_inner(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                               mmd_pyobj_t **out);

mmd_status_t mmd_py_eval(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                         mmd_pyobj_t **out) {
  ctx->at = node;
  if (node->type == MMD_PYNODE_CONSTANT) {
    *out = node->object;
    return NULL;
  }
  MMD_TRY(mmd_pyctx_step(ctx, 1));
  if (ctx->depth >= MMD_PY_MAX_DEPTH)
    return mmd_py_error(ctx, MMD_OUT_OF_RANGE, "evaluation nested more than %d deep",
                        MMD_PY_MAX_DEPTH);
  ++ctx->depth;
  mmd_status_t status = eval_inner(ctx, frame, node, out);
  --ctx->depth;
  return status;
}

// --- names ---------------------------------------------------------------------------------------

static mmd_status_t unknown_name(mmd_pyctx_t *ctx, const mmd_pyframe_t *frame, const char *name) {
  const char *near = NULL;
  for (const mmd_pyframe_t *f = frame; f && !near; f = f->outer)
    near = mmd_py_nearest_key(ctx, f->names, name);
  if (!near) near = mmd_py_nearest_builtin(name);
  if (near)
    return mmd_py_error(ctx, MMD_NOT_FOUND, "unknown name '%s'; did you mean '%s'?", name, near);
  return mmd_py_error(ctx, MMD_NOT_FOUND, "unknown name '%s'", name);
}

static mmd_status_t eval_name(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                              mmd_pyobj_t **out) {
  for (const mmd_pyframe_t *f = frame; f; f = f->outer) {
    MMD_TRY(mmd_pydict_find(ctx, f->names, node->object, out));
    if (*out) return NULL;
  }
  const mmd_pybuiltin_t *builtin = mmd_py_find_builtin(node->object->u.str.data);
  return builtin ? mmd_py_give(mmd_py_builtin(ctx, builtin, NULL), out)
                 : unknown_name(ctx, frame, node->object->u.str.data);
}

// --- displays ------------------------------------------------------------------------------------

static mmd_status_t eval_into_list(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                   mmd_pyobj_t *list) {
  mmd_pyobj_t *item, *items;
  if (node->type != MMD_PYNODE_STAR) {
    MMD_TRY(mmd_py_eval(ctx, frame, node, &item));
    return mmd_pylist_append(ctx, list, item);
  }
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &item));
  ctx->at = node;
  MMD_TRY(mmd_py_items(ctx, item, &items));
  return mmd_pylist_extend(ctx, list, items->u.list.items, items->u.list.count);
}

static mmd_status_t eval_sequence(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                  mmd_pykind_t kind, mmd_pyobj_t **out) {
  mmd_pyobj_t *list;
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, kind, node->count), &list));
  for (size_t i = 0; i < node->count; ++i)
    MMD_TRY(eval_into_list(ctx, frame, node->items[i], list));
  *out = list;
  return NULL;
}

static mmd_status_t eval_set(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                             mmd_pyobj_t **out) {
  mmd_pyobj_t *list, *set;
  MMD_TRY(eval_sequence(ctx, frame, node, MMD_PY_LIST, &list));
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_SET), &set));
  ctx->at = node;
  for (size_t i = 0; i < list->u.list.count; ++i)
    MMD_TRY(mmd_pydict_set(ctx, set, list->u.list.items[i], ctx->none));
  *out = set;
  return NULL;
}

static mmd_status_t spread_into_dict(mmd_pyctx_t *ctx, mmd_pyobj_t *source, mmd_pyobj_t *dict,
                                     bool as_keywords) {
  size_t index = 0;
  mmd_pyobj_t *old = NULL;
  if (source->kind != MMD_PY_DICT)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "** needs a dict, not '%s'",
                        mmd_py_kind_name(source));
  for (mmd_pyentry_t *e; (e = mmd_pydict_next(source, &index));) {
    if (as_keywords && e->key->kind != MMD_PY_STR)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "keyword names must be strings");
    if (as_keywords) MMD_TRY(mmd_pydict_find(ctx, dict, e->key, &old));
    if (old)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "keyword '%s' is given twice",
                          e->key->u.str.data);
    MMD_TRY(mmd_pydict_set(ctx, dict, e->key, e->value));
  }
  return NULL;
}

static mmd_status_t eval_dict(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                              mmd_pyobj_t **out) {
  mmd_pyobj_t *dict, *key = NULL, *value;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &dict));
  for (size_t i = 0; i < node->count; i += 2) {
    if (node->items[i]) MMD_TRY(mmd_py_eval(ctx, frame, node->items[i], &key));
    MMD_TRY(mmd_py_eval(ctx, frame, node->items[i + 1], &value));
    if (node->items[i]) ctx->at = node->items[i];
    MMD_TRY(node->items[i] ? mmd_pydict_set(ctx, dict, key, value)
                           : spread_into_dict(ctx, value, dict, false));
  }
  *out = dict;
  return NULL;
}

// --- comprehensions ------------------------------------------------------------------------------

static mmd_status_t assign(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                           mmd_pyobj_t *value);

static mmd_status_t emit_element(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                 mmd_pyobj_t *result) {
  mmd_pyobj_t *element, *value = ctx->none;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &element));
  if (node->op == ':') MMD_TRY(mmd_py_eval(ctx, frame, node->b, &value));
  if (node->op == ':' || node->op == '{') return mmd_pydict_set(ctx, result, element, value);
  return mmd_pylist_append(ctx, result, element);
}

static mmd_status_t run_clauses(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                size_t clause, mmd_pyobj_t *result) {
  if (clause == node->count) return emit_element(ctx, frame, node, result);
  const mmd_pynode_t *this = node->items[clause];
  mmd_pyobj_t *value, *items;
  // The first iterable belongs to the surrounding scope.
  MMD_TRY(mmd_py_eval(ctx, clause == 0 ? frame->outer : frame,
                      this->type == MMD_PYNODE_CLAUSE_IF ? this->a : this->b, &value));
  if (this->type == MMD_PYNODE_CLAUSE_IF)
    return mmd_py_truth(value) ? run_clauses(ctx, frame, node, clause + 1, result) : NULL;
  ctx->at = this->b;
  MMD_TRY(mmd_py_items(ctx, value, &items));
  for (size_t i = 0; i < items->u.list.count; ++i) {
    MMD_TRY(mmd_pyctx_step(ctx, 1));
    MMD_TRY(assign(ctx, frame, this->a, items->u.list.items[i]));
    MMD_TRY(run_clauses(ctx, frame, node, clause + 1, result));
  }
  return NULL;
}

static mmd_status_t eval_comprehension(mmd_pyctx_t *ctx, mmd_pyframe_t *frame,
                                       const mmd_pynode_t *node, mmd_pyobj_t **out) {
  mmd_pyobj_t *result;
  // The frame lives in the arena: a lambda may keep it.
  mmd_pyframe_t *inner = mmd_arena_alloc(&ctx->arena, sizeof *inner);
  MMD_TRY_ALLOC(inner);
  inner->outer = frame;
  inner->comprehension = true;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &inner->names));
  const bool list = node->op == '[' || node->op == '(';
  MMD_TRY(mmd_py_give(list ? mmd_pylist_make(ctx, MMD_PY_LIST, 0)
                           : mmd_pydict_make(ctx, node->op == ':' ? MMD_PY_DICT : MMD_PY_SET),
                      &result));
  MMD_TRY(run_clauses(ctx, inner, node, 0, result));
  result->is_iterator = node->op == '(';
  *out = result;
  return NULL;
}

// --- calls ---------------------------------------------------------------------------------------

static mmd_status_t bind_extra(mmd_pyctx_t *ctx, const mmd_pynode_t *parameter,
                               const mmd_pycall_t *call, size_t next, mmd_pyobj_t *names,
                               mmd_pyobj_t *rest) {
  mmd_pyobj_t *extra;
  if (!parameter->object) return NULL;  // a bare '*'
  if (parameter->op != '*') return mmd_pydict_set(ctx, names, parameter->object, rest);
  MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_TUPLE, 0), &extra));
  for (; next < call->count; ++next) MMD_TRY(mmd_pylist_append(ctx, extra, call->args[next]));
  return mmd_pydict_set(ctx, names, parameter->object, extra);
}

// |positional|: how many of the call's arguments this parameter may take by place.
static mmd_status_t bind_parameter(mmd_pyctx_t *ctx, const mmd_pyobj_t *function, size_t i,
                                   const mmd_pycall_t *call, size_t positional, size_t *next,
                                   mmd_pyobj_t *names, mmd_pyobj_t *rest) {
  const mmd_pynode_t *parameter = function->u.function.node->items[i];
  mmd_pyobj_t *value = NULL, *named = NULL;
  MMD_TRY(mmd_pydict_remove(ctx, rest, parameter->object, &named));
  if (*next < positional && named)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "argument '%s' is given twice",
                        parameter->object->u.str.data);
  if (*next < positional)
    value = call->args[(*next)++];
  else
    value = named ? named : function->u.function.defaults[i];
  if (!value)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "argument '%s' is missing",
                        parameter->object->u.str.data);
  return mmd_pydict_set(ctx, names, parameter->object, value);
}

static mmd_status_t bind(mmd_pyctx_t *ctx, const mmd_pyobj_t *function, const mmd_pycall_t *call,
                         mmd_pyobj_t *names) {
  const mmd_pynode_t *node = function->u.function.node;
  mmd_pyobj_t *rest;
  size_t next = 0;
  bool takes_positional = false, takes_named = false, by_name = false;
  if (call->keywords)
    MMD_TRY(mmd_py_copy(ctx, call->keywords, &rest));
  else
    MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &rest));
  for (size_t i = 0; i < node->count; ++i) {
    const uint32_t op = node->items[i]->op;
    by_name |= op == '*';
    takes_positional |= op == '*' && node->items[i]->object;
    takes_named |= op == MMD_OP2('*', '*');
    if (!op)
      MMD_TRY(
          bind_parameter(ctx, function, i, call, by_name ? 0 : call->count, &next, names, rest));
  }
  for (size_t i = 0; i < node->count; ++i) {
    if (node->items[i]->op) MMD_TRY(bind_extra(ctx, node->items[i], call, next, names, rest));
  }
  if (next < call->count && !takes_positional)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "too many arguments: %zu given", call->count);
  size_t index = 0;
  const mmd_pyentry_t *left = takes_named ? NULL : mmd_pydict_next(rest, &index);
  return left ? mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "unknown argument '%s'",
                             left->key->u.str.data)
              : NULL;
}

static mmd_status_t call_function(mmd_pyctx_t *ctx, const mmd_pyobj_t *function,
                                  const mmd_pycall_t *call, mmd_pyobj_t **out) {
  const mmd_pynode_t *node = function->u.function.node, *at = ctx->at;
  mmd_pyframe_t *frame = mmd_arena_alloc(&ctx->arena, sizeof *frame);
  MMD_TRY_ALLOC(frame);
  frame->outer = function->u.function.closure;
  MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), &frame->names));
  MMD_TRY(bind(ctx, function, call, frame->names));
  *out = ctx->none;
  if (node->type == MMD_PYNODE_LAMBDA) {
    MMD_TRY(mmd_py_eval(ctx, frame, node->a, out));
  } else {
    mmd_pyflow_t flow;
    MMD_TRY(mmd_py_run(ctx, frame, node->a, &flow, out));
    if (flow != MMD_PY_RETURN) *out = ctx->none;
  }
  ctx->at = at;
  return NULL;
}

mmd_status_t mmd_py_call(mmd_pyctx_t *ctx, mmd_pyobj_t *function, const mmd_pycall_t *call,
                         mmd_pyobj_t **out) {
  if (function->kind == MMD_PY_FUNCTION) return call_function(ctx, function, call, out);
  if (function->kind == MMD_PY_BUILTIN) {
    const mmd_pybuiltin_t *def = function->u.builtin.def;
    mmd_pycall_t bound = *call;
    bound.self = function->u.builtin.self;
    if (call->keywords && !def->keywords)
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "%s() takes no keyword arguments", def->name);
    if (call->count >= def->min_args && call->count <= def->max_args)
      return def->call(ctx, &bound, out);
    if (call->count < def->min_args) {
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "%s() needs at least %u argument%s", def->name,
                          def->min_args, def->min_args == 1 ? "" : "s");
    }
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "%s() takes at most %u argument%s, not %zu",
                        def->name, def->max_args, def->max_args == 1 ? "" : "s", call->count);
  }
  if (function->kind == MMD_PY_SYMBOL) {
    return mmd_py_error(
        ctx, MMD_NOT_SUPPORTED,
        "'%s' cannot be called: a config is read, never executed; functions of %s may be called",
        function->u.str.data, mmd_py_module_names());
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "'%s' cannot be called",
                      mmd_py_kind_name(function));
}

static mmd_status_t eval_keyword(mmd_pyctx_t *ctx, mmd_pyframe_t *frame,
                                 const mmd_pynode_t *argument, mmd_pyobj_t **keywords) {
  mmd_pyobj_t *value, *old;
  if (!*keywords) MMD_TRY(mmd_py_give(mmd_pydict_make(ctx, MMD_PY_DICT), keywords));
  MMD_TRY(mmd_py_eval(ctx, frame, argument->a, &value));
  ctx->at = argument;
  if (!argument->object) return spread_into_dict(ctx, value, *keywords, true);
  MMD_TRY(mmd_pydict_find(ctx, *keywords, argument->object, &old));
  if (old)
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "keyword '%s' is given twice",
                        argument->object->u.str.data);
  return mmd_pydict_set(ctx, *keywords, argument->object, value);
}

static mmd_status_t eval_call(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                              mmd_pyobj_t **out) {
  mmd_pyobj_t *function, *args = NULL, *keywords = NULL;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &function));
  for (size_t i = 0; i < node->count; ++i) {
    if (node->items[i]->type == MMD_PYNODE_KEYWORD) {
      MMD_TRY(eval_keyword(ctx, frame, node->items[i], &keywords));
      continue;
    }
    if (!args) MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, node->count), &args));
    MMD_TRY(eval_into_list(ctx, frame, node->items[i], args));
  }
  ctx->at = node;
  const mmd_pycall_t call = {NULL, args ? args->u.list.items : NULL, args ? args->u.list.count : 0,
                             keywords};
  return mmd_py_call(ctx, function, &call, out);
}

mmd_status_t mmd_py_make_function(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                  mmd_pyobj_t **out) {
  mmd_pyobj_t *function;
  MMD_TRY(mmd_py_give(mmd_py_make(ctx, MMD_PY_FUNCTION), &function));
  function->u.function.node = node;
  function->u.function.closure = frame;
  function->u.function.defaults =
      mmd_arena_alloc_array(&ctx->arena, node->count, sizeof(mmd_pyobj_t *));
  MMD_TRY_ALLOC(function->u.function.defaults);
  for (size_t i = 0; i < node->count; ++i) {
    if (node->items[i]->a)
      MMD_TRY(mmd_py_eval(ctx, frame, node->items[i]->a, &function->u.function.defaults[i]));
  }
  *out = function;
  return NULL;
}

// --- the rest ------------------------------------------------------------------------------------

static mmd_status_t append_format(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                  mmd_str_t *out) {
  mmd_pyobj_t *value, *spec = NULL;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
  if (node->b) MMD_TRY(mmd_py_eval(ctx, frame, node->b, &spec));
  ctx->at = node;
  if (!node->op)
    return mmd_py_format(ctx, value, spec ? spec->u.str.data : "", spec ? spec->u.str.size : 0,
                         out);
  mmd_str_t repr = {0};
  mmd_pyobj_t *text = NULL;
  mmd_status_t status =
      node->op == 's' ? mmd_py_write_str(ctx, value, &repr) : mmd_py_write_repr(ctx, value, &repr);
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(&repr), repr.size), &text);
  if (!status)
    status =
        mmd_py_format(ctx, text, spec ? spec->u.str.data : "", spec ? spec->u.str.size : 0, out);
  mmd_str_deinit(&repr);
  return status;
}

static mmd_status_t eval_fstring(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                 mmd_pyobj_t **out) {
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (size_t i = 0; i < node->count && !status; ++i) {
    const mmd_pynode_t *piece = node->items[i];
    status = piece->type == MMD_PYNODE_FORMAT
                 ? append_format(ctx, frame, piece, &text)
                 : mmd_str_append_n(&text, piece->object->u.str.data, piece->object->u.str.size);
  }
  if (!status) status = mmd_py_give(mmd_py_str_n(ctx, mmd_str_text(&text), text.size), out);
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t eval_bounds(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *slice,
                                mmd_pyobj_t *bounds[3]) {
  const mmd_pynode_t *const parts[3] = {slice->a, slice->b, slice->c};
  for (int i = 0; i < 3; ++i) {
    bounds[i] = ctx->none;
    if (parts[i]) MMD_TRY(mmd_py_eval(ctx, frame, parts[i], &bounds[i]));
  }
  return NULL;
}

static mmd_status_t eval_index(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                               mmd_pyobj_t **out) {
  mmd_pyobj_t *owner, *index, *bounds[3];
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &owner));
  if (node->b->type == MMD_PYNODE_SLICE) {
    MMD_TRY(eval_bounds(ctx, frame, node->b, bounds));
    ctx->at = node;
    return mmd_py_get_slice(ctx, owner, bounds, out);
  }
  MMD_TRY(mmd_py_eval(ctx, frame, node->b, &index));
  ctx->at = node;
  return mmd_py_get_index(ctx, owner, index, out);
}

static mmd_status_t eval_compare(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                 mmd_pyobj_t **out) {
  mmd_pyobj_t *left, *right;
  bool result = true;
  MMD_TRY(mmd_py_eval(ctx, frame, node->items[0], &left));
  for (size_t i = 1; i < node->count && result; ++i, left = right) {
    MMD_TRY(mmd_py_eval(ctx, frame, node->items[i]->a, &right));
    ctx->at = node->items[i];
    MMD_TRY(mmd_py_compare(ctx, node->items[i]->op, left, right, &result));
  }
  return mmd_py_give(mmd_py_bool(ctx, result), out);
}

static mmd_status_t eval_two(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                             mmd_pyobj_t **out) {
  mmd_pyobj_t *left, *right;
  MMD_TRY(mmd_py_eval(ctx, frame, node->a, &left));
  if (node->type == MMD_PYNODE_AND || node->type == MMD_PYNODE_OR) {
    if (mmd_py_truth(left) == (node->type == MMD_PYNODE_AND))
      return mmd_py_eval(ctx, frame, node->b, out);
    *out = left;
    return NULL;
  }
  MMD_TRY(mmd_py_eval(ctx, frame, node->b, &right));
  ctx->at = node;
  return mmd_py_binary(ctx, node->op, left, right, out);
}

static mmd_status_t eval_walrus(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                                mmd_pyobj_t **out) {
  mmd_pyframe_t *target = frame;
  while (target->comprehension) target = target->outer;
  MMD_TRY(mmd_py_eval(ctx, frame, node->b, out));
  return assign(ctx, target, node->a, *out);
}

static mmd_status_t eval_inner(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *node,
                               mmd_pyobj_t **out) {
  mmd_pyobj_t *value;
  switch (node->type) {
    case MMD_PYNODE_NAME:
      return eval_name(ctx, frame, node, out);
    case MMD_PYNODE_TUPLE:
      return eval_sequence(ctx, frame, node, MMD_PY_TUPLE, out);
    case MMD_PYNODE_LIST:
      return eval_sequence(ctx, frame, node, MMD_PY_LIST, out);
    case MMD_PYNODE_SET:
      return eval_set(ctx, frame, node, out);
    case MMD_PYNODE_DICT:
      return eval_dict(ctx, frame, node, out);
    case MMD_PYNODE_CALL:
      return eval_call(ctx, frame, node, out);
    case MMD_PYNODE_INDEX:
      return eval_index(ctx, frame, node, out);
    case MMD_PYNODE_COMPARE:
      return eval_compare(ctx, frame, node, out);
    case MMD_PYNODE_BINARY:
    case MMD_PYNODE_AND:
    case MMD_PYNODE_OR:
      return eval_two(ctx, frame, node, out);
    case MMD_PYNODE_LAMBDA:
      return mmd_py_make_function(ctx, frame, node, out);
    case MMD_PYNODE_COMPREHENSION:
      return eval_comprehension(ctx, frame, node, out);
    case MMD_PYNODE_FSTRING:
      return eval_fstring(ctx, frame, node, out);
    case MMD_PYNODE_WALRUS:
      return eval_walrus(ctx, frame, node, out);
    case MMD_PYNODE_ATTRIBUTE:
      MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
      ctx->at = node;
      return mmd_py_get_attribute(ctx, value, node->object, out);
    case MMD_PYNODE_UNARY:
      MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
      ctx->at = node;
      return mmd_py_unary(ctx, node->op, value, out);
    case MMD_PYNODE_CHOICE:
      MMD_TRY(mmd_py_eval(ctx, frame, node->a, &value));
      return mmd_py_eval(ctx, frame, mmd_py_truth(value) ? node->b : node->c, out);
    default:
      return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "syntax error: this cannot stand here");
  }
}

// --- assignment ----------------------------------------------------------------------------------

static mmd_status_t unpack(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                           mmd_pyobj_t *value) {
  mmd_pyobj_t *items, *middle;
  size_t star = target->count;
  MMD_TRY(mmd_py_items(ctx, value, &items));
  for (size_t i = 0; i < target->count; ++i) {
    if (target->items[i]->type == MMD_PYNODE_STAR) star = i;
  }
  const size_t have = items->u.list.count,
               need = star < target->count ? target->count - 1 : target->count;
  if (have < need || (have > need && star == target->count)) {
    return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "%zu values cannot be unpacked to %zu names",
                        have, target->count);
  }
  for (size_t i = 0, next = 0; i < target->count; ++i) {
    if (i != star) {
      MMD_TRY(assign(ctx, frame, target->items[i], items->u.list.items[next++]));
      continue;
    }
    MMD_TRY(mmd_py_give(mmd_pylist_make(ctx, MMD_PY_LIST, have - need), &middle));
    MMD_TRY(mmd_pylist_extend(ctx, middle, items->u.list.items + next, have - need));
    next += have - need;
    MMD_TRY(assign(ctx, frame, target->items[i]->a, middle));
  }
  return NULL;
}

static mmd_status_t assign_index(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                                 mmd_pyobj_t *value) {
  mmd_pyobj_t *owner, *index, *bounds[3];
  MMD_TRY(mmd_py_eval(ctx, frame, target->a, &owner));
  if (target->b->type == MMD_PYNODE_SLICE) {
    MMD_TRY(eval_bounds(ctx, frame, target->b, bounds));
    ctx->at = target;
    return mmd_py_set_slice(ctx, owner, bounds, value);
  }
  MMD_TRY(mmd_py_eval(ctx, frame, target->b, &index));
  ctx->at = target;
  return mmd_py_set_index(ctx, owner, index, value);
}

static mmd_status_t assign_name(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, mmd_pyobj_t *name,
                                mmd_pyobj_t *value) {
  mmd_pyobj_t *found = NULL;
  if (frame->globals) MMD_TRY(mmd_pydict_find(ctx, frame->globals, name, &found));
  while (found && frame->outer) frame = frame->outer;
  if (value) return mmd_pydict_set(ctx, frame->names, name, value);
  MMD_TRY(mmd_pydict_remove(ctx, frame->names, name, &found));
  return found ? NULL : unknown_name(ctx, frame, name->u.str.data);
}

// A NULL |value| deletes.
static mmd_status_t assign(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                           mmd_pyobj_t *value) {
  mmd_pyobj_t *owner;
  ctx->at = target;
  switch (target->type) {
    case MMD_PYNODE_NAME:
      return assign_name(ctx, frame, target->object, value);
    case MMD_PYNODE_INDEX:
      return assign_index(ctx, frame, target, value);
    case MMD_PYNODE_ATTRIBUTE:
      MMD_TRY(mmd_py_eval(ctx, frame, target->a, &owner));
      ctx->at = target;
      return mmd_py_set_attribute(ctx, owner, target->object, value);
    case MMD_PYNODE_TUPLE:
    case MMD_PYNODE_LIST:
      if (value) return unpack(ctx, frame, target, value);
      break;
    default:
      break;
  }
  return mmd_py_error(ctx, MMD_INVALID_ARGUMENT, "syntax error: this cannot be assigned to");
}

mmd_status_t mmd_py_assign(mmd_pyctx_t *ctx, mmd_pyframe_t *frame, const mmd_pynode_t *target,
                           mmd_pyobj_t *value) {
  return assign(ctx, frame, target, value);
}
