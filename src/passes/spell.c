// SPDX-License-Identifier: Apache-2.0
#include "passes/spell.h"

#include <stdio.h>
#include <string.h>

static mmd_status_t add_node(mmd_spell_t *s, const char *op, size_t input_count,
                             mmd_edge_t *const *inputs, size_t output_count,
                             mmd_node_t **out_node) {
  const mmd_node_t *from = s->node;
  mmd_graph_t *graph = from->region->graph;
  const char *base =
      mmd_arena_printf(&graph->arena, "%s%s%s", from->scope, *from->scope ? "." : "", op);
  const char *name = base ? mmd_graph_fresh_node_name(graph, base) : NULL;
  MMD_TRY_ALLOC(name);
  MMD_TRY(mmd_node_create(from->region, s->node, MMD_DOMAIN_ONNX, op, name, input_count, inputs,
                          output_count, out_node));
  return mmd_node_set_scope(*out_node, from->scope);
}

mmd_node_t *mmd_spell_node(mmd_spell_t *s, const char *op, size_t input_count,
                           mmd_edge_t *const *inputs, size_t output_count) {
  mmd_node_t *node = NULL;
  if (s->status) return NULL;
  s->status = add_node(s, op, input_count, inputs, output_count, &node);
  return s->status ? NULL : node;
}

mmd_edge_t *mmd_spell(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b) {
  return mmd_spell_int(s, op, a, b, NULL, 0);
}

mmd_edge_t *mmd_spell_int(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                          const char *name, int64_t number) {
  mmd_edge_t *const inputs[] = {a, b};
  mmd_node_t *node = mmd_spell_node(s, op, b ? 2 : 1, inputs, 1);
  if (name) mmd_spell_set_int(s, node, name, number);
  return node ? node->outputs[0] : NULL;
}

mmd_edge_t *mmd_spell_three(mmd_spell_t *s, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                            mmd_edge_t *c) {
  mmd_edge_t *const inputs[] = {a, b, c};
  mmd_node_t *node = mmd_spell_node(s, op, 3, inputs, 1);
  return node ? node->outputs[0] : NULL;
}

void mmd_spell_set_int(mmd_spell_t *s, mmd_node_t *node, const char *name, int64_t number) {
  if (!s->status && node) s->status = mmd_node_set_int(node, name, number);
}

void mmd_spell_set_ints(mmd_spell_t *s, mmd_node_t *node, const char *name, size_t count,
                        const int64_t *numbers) {
  if (!s->status && node) s->status = mmd_node_set_ints(node, name, count, numbers);
}

//===--- constants ---------------------------------------------------------===//

// |tensor| is released.
static mmd_edge_t *add_constant(mmd_spell_t *s, mmd_tensor_t *tensor) {
  mmd_edge_t *edge = NULL;
  char name[160];
  snprintf(name, sizeof name, "%.120s%sconstant", s->node->scope, *s->node->scope ? "." : "");
  if (s->status) {
    mmd_tensor_deinit(tensor);
  } else {
    s->status = mmd_pass_add_constant(s->node, name, tensor, &edge);
  }
  return s->status ? NULL : edge;
}

mmd_edge_t *mmd_spell_scalar_i64(mmd_spell_t *s, int64_t number) {
  mmd_tensor_t tensor = {0};
  if (!s->status) s->status = mmd_tensor_scalar_i64(number, &tensor);
  return add_constant(s, &tensor);
}

mmd_edge_t *mmd_spell_i64(mmd_spell_t *s, size_t count, const int64_t *numbers) {
  mmd_tensor_t tensor = {0};
  if (!s->status) s->status = mmd_tensor_from_i64(numbers, count, &tensor);
  return add_constant(s, &tensor);
}

mmd_edge_t *mmd_spell_f32s(mmd_spell_t *s, int rank, const int64_t *dims, const float *numbers) {
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  if (!s->status) s->status = mmd_shape_make(rank, dims, &shape);
  if (!s->status) s->status = mmd_tensor_from_data(MMD_F32, &shape, numbers, &tensor);
  return add_constant(s, &tensor);
}

mmd_edge_t *mmd_spell_f32(mmd_spell_t *s, int rank, const int64_t *dims, float number) {
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  if (!s->status) s->status = mmd_shape_make(rank, dims, &shape);
  if (!s->status) s->status = mmd_tensor_create(MMD_F32, &shape, true, &tensor);
  if (!s->status) {
    float *data = mmd_tensor_mutable_data(&tensor);
    for (size_t i = 0; i < mmd_tensor_count(&tensor); ++i) data[i] = number;
  }
  return add_constant(s, &tensor);
}

//===--- phrases -----------------------------------------------------------===//

mmd_edge_t *mmd_spell_unsqueeze(mmd_spell_t *s, int64_t axis, mmd_edge_t *x) {
  return mmd_spell(s, "Unsqueeze", x, mmd_spell_i64(s, 1, &axis));
}

mmd_edge_t *mmd_spell_concat(mmd_spell_t *s, int64_t axis, mmd_edge_t *a, mmd_edge_t *b) {
  return mmd_spell_int(s, "Concat", a, b, "axis", axis);
}

// A slice ends where its data does.
mmd_edge_t *mmd_spell_limited_size(mmd_spell_t *s, mmd_edge_t *x, int64_t limit) {
  static const int64_t zero = 0, one = 1;
  if (limit > 0) {
    mmd_edge_t *const inputs[] = {x, mmd_spell_i64(s, 1, &zero), mmd_spell_i64(s, 1, &limit),
                                  mmd_spell_i64(s, 1, &one)};
    mmd_node_t *slice = mmd_spell_node(s, "Slice", 4, inputs, 1);
    x = slice ? slice->outputs[0] : NULL;
  }
  return mmd_spell_int(s, "Shape", x, NULL, "start", 1);
}

mmd_edge_t *mmd_spell_top_k(mmd_spell_t *s, mmd_edge_t *x, mmd_edge_t *count) {
  mmd_edge_t *const inputs[] = {x, count};
  mmd_node_t *node = mmd_spell_node(s, "TopK", 2, inputs, 2);
  mmd_spell_set_int(s, node, "axis", 1);
  return node ? node->outputs[1] : NULL;
}

void mmd_spell_replace(mmd_spell_t *s, size_t i, mmd_edge_t *edge) {
  if (s->status || i >= s->node->output_count || !s->node->outputs[i]) return;
  s->status = mmd_edge_forward(s->node->outputs[i], edge);
}

mmd_status_t mmd_spell_finish(mmd_spell_t *s) {
  if (s->status) return mmd_status_annotate(s->status, "%s '%s'", s->node->op, s->node->name);
  return mmd_node_erase(s->node);
}

bool mmd_spell_is(const mmd_node_t *node, const char *op) {
  return mmd_node_is(node, MMD_DOMAIN_MMDEPLOY, op) && !mmd_pass_is_opaque(node);
}

int64_t mmd_spell_size(const mmd_edge_t *edge, int axis) {
  const mmd_type_t *type = edge ? &edge->type : NULL;
  if (!type || type->kind != MMD_TYPE_TENSOR || !type->has_rank || axis >= type->rank) return -1;
  return mmd_dim_number(type->dims[axis]);
}
