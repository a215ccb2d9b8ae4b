// SPDX-License-Identifier: Apache-2.0
//
// Two nodes in a row that move or retype elements and make one:
//   Transpose, Transpose        ->  Transpose by both orders, or nothing
//   Reshape and the like, Reshape  ->  the last Reshape
//   Squeeze, Unsqueeze          ->  nothing, when the shapes are equal
//   Cast, Cast                  ->  the last, when the first loses nothing
//   Concat in Concat            ->  one Concat along the same axis
#include <string.h>

#include "ops/infer.h"
#include "passes/pass_util.h"

static mmd_node_t *before(const mmd_node_t *node, size_t index) {
  mmd_edge_t *edge = mmd_node_input(node, index);
  mmd_node_t *producer = edge ? edge->producer : NULL;
  return producer && producer->region == node->region && producer->output_count == 1 ? producer
                                                                                     : NULL;
}

static const mmd_type_t *ranked(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank ? &edge->type : NULL;
}

// |node| reads what |first| reads; |first| goes when nobody else wants it.
static mmd_status_t bypass(mmd_node_t *node, size_t index, mmd_node_t *first) {
  MMD_TRY(mmd_node_set_input(node, index, first->inputs[0]));
  return first->outputs[0]->uses ? NULL : mmd_node_erase(first);
}

// |node| gives what |edge| is.
static mmd_status_t drop(mmd_node_t *node, mmd_edge_t *edge, bool *out_changed) {
  if (!mmd_edge_can_forward(node->outputs[0], edge)) return NULL;
  MMD_TRY(mmd_edge_forward(node->outputs[0], edge));
  *out_changed = true;
  return mmd_node_erase(node);
}

//===--- Transpose ---------------------------------------------------------===//

static mmd_status_t visit_transpose(mmd_node_t *node, mmd_node_t *first, bool *out_changed) {
  size_t count = 0, first_count = 0;
  const int64_t *perm = mmd_node_attr_ints(node, "perm", &count);
  const int64_t *first_perm = mmd_node_attr_ints(first, "perm", &first_count);
  if (!mmd_pass_is(first, "Transpose") || !perm || !first_perm || count != first_count ||
      count > MMD_MAX_RANK)
    return NULL;
  int64_t both[MMD_MAX_RANK];
  for (size_t i = 0; i < count; ++i) {
    if (perm[i] < 0 || perm[i] >= (int64_t)count) return NULL;
    both[i] = first_perm[perm[i]];
  }
  MMD_TRY(mmd_node_set_ints(node, "perm", count, both));
  *out_changed = true;
  return bypass(node, 0, first);
}

//===--- Reshape, Squeeze, Unsqueeze, Flatten ------------------------------===//

static bool keeps_order(const mmd_node_t *node) {
  static const char *const ops[] = {"Reshape", "Squeeze", "Unsqueeze", "Flatten", NULL};
  for (size_t i = 0; ops[i]; ++i)
    if (mmd_pass_is(node, ops[i])) return true;
  return false;
}

// The numbers of the shape mean the same before another input: no 0 copies a dimension that moved.
static bool is_shape_free(const mmd_node_t *node, const mmd_node_t *first) {
  int64_t shape[MMD_MAX_RANK];
  size_t count = 0;
  const mmd_type_t *from = ranked(first->inputs[0]), *to = ranked(node->inputs[0]);
  if (!mmd_pass_ints(node, 1, MMD_MAX_RANK, shape, &count)) return false;
  if (mmd_node_attr_int(node, "allowzero", 0) != 0) return true;
  for (size_t i = 0; i < count; ++i) {
    if (shape[i] != 0) continue;
    if (!from || !to || (int)i >= from->rank || (int)i >= to->rank || from->dims[i] != to->dims[i])
      return false;
  }
  return true;
}

static mmd_status_t visit_reshape(mmd_node_t *node, mmd_node_t *first, bool *out_changed) {
  if (!keeps_order(first) || !mmd_node_input(first, 0)) return NULL;
  const mmd_type_t *from = ranked(first->inputs[0]), *to = ranked(node->outputs[0]);
  if (from && to && from->dtype != MMD_DTYPE_UNDEFINED && mmd_type_equal(from, to))
    return drop(node, first->inputs[0], out_changed);
  if (!mmd_pass_is(node, "Reshape") || node->version < 5 || !is_shape_free(node, first))
    return NULL;
  *out_changed = true;
  return bypass(node, 0, first);
}

//===--- Cast --------------------------------------------------------------===//

// Whether every value of |from| is one of |to|.
static bool holds(mmd_dtype_t to, mmd_dtype_t from) {
  static const mmd_dtype_t wider[][2] = {
      {MMD_F32, MMD_F16},  {MMD_F64, MMD_F32},  {MMD_F64, MMD_F16},  {MMD_I64, MMD_I32},
      {MMD_I64, MMD_BOOL}, {MMD_I32, MMD_BOOL}, {MMD_F32, MMD_BOOL}, {MMD_F64, MMD_I32},
      {MMD_I64, MMD_U8},   {MMD_I32, MMD_U8},   {MMD_F32, MMD_U8},   {MMD_F32, MMD_I8},
      {MMD_I64, MMD_I8},   {MMD_I32, MMD_I8}};
  if (to == from) return true;
  for (size_t i = 0; i < sizeof wider / sizeof *wider; ++i)
    if (wider[i][0] == to && wider[i][1] == from) return true;
  return false;
}

static mmd_status_t visit_cast(mmd_node_t *node, mmd_node_t *first, bool *out_changed) {
  if (!mmd_pass_is(first, "Cast") || !mmd_node_input(first, 0)) return NULL;
  const mmd_type_t *type = &first->inputs[0]->type;
  mmd_dtype_t between = (mmd_dtype_t)mmd_node_attr_int(first, "to", 0);
  mmd_dtype_t to = (mmd_dtype_t)mmd_node_attr_int(node, "to", 0);
  if (to == between) return drop(node, first->outputs[0], out_changed);
  if (type->kind != MMD_TYPE_TENSOR || !holds(between, type->dtype)) return NULL;
  if (to == type->dtype) return drop(node, first->inputs[0], out_changed);
  *out_changed = true;
  return bypass(node, 0, first);
}

//===--- Concat ------------------------------------------------------------===//

static bool same_axis(const mmd_node_t *a, const mmd_node_t *b) {
  const mmd_type_t *type = ranked(a->outputs[0]);
  int64_t x = mmd_node_attr_int(a, "axis", 1), y = mmd_node_attr_int(b, "axis", 1);
  if (type && x < 0) x += type->rank;
  if (type && y < 0) y += type->rank;
  return x == y;
}

// The inputs of the inner Concat in place of input |index|.
static mmd_status_t splice(mmd_node_t *node, size_t index, mmd_node_t *inner) {
  size_t extra = inner->input_count - 1;
  for (size_t i = node->input_count; i-- > index + 1;)
    MMD_TRY(mmd_node_set_input(node, i + extra, node->inputs[i]));
  for (size_t i = 0; i < inner->input_count; ++i)
    MMD_TRY(mmd_node_set_input(node, index + i, inner->inputs[i]));
  return mmd_node_erase(inner);
}

static mmd_status_t visit_concat(mmd_node_t *node, bool *out_changed) {
  for (size_t i = 0; i < node->input_count; ++i) {
    mmd_node_t *inner = before(node, i);
    if (!inner || !mmd_pass_is(inner, "Concat") || inner->input_count == 0) continue;
    if (mmd_edge_use_count(inner->outputs[0]) != 1 || !same_axis(node, inner)) continue;
    if (mmd_node_input(node, 0) == NULL) return NULL;
    *out_changed = true;
    return splice(node, i, inner);
  }
  return NULL;
}

//===--- walk --------------------------------------------------------------===//

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (node->output_count != 1 || !node->outputs[0]) return NULL;
  if (mmd_pass_is(node, "Concat")) return visit_concat(node, context);
  mmd_node_t *first = before(node, 0);
  if (!first || !first->outputs[0] || !mmd_node_input(first, 0)) return NULL;
  if (mmd_pass_is(node, "Transpose")) return visit_transpose(node, first, context);
  if (mmd_pass_is(node, "Cast")) return visit_cast(node, first, context);
  return keeps_order(node) ? visit_reshape(node, first, context) : NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_eliminate_pairs = {
    .name = "eliminate_pairs",
    .help = "let two Transpose, Reshape, Squeeze, Cast or Concat in a row be one or none",
    .run = run,
};
