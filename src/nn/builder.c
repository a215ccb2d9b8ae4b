// SPDX-License-Identifier: Apache-2.0
#include "nn/builder.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ops/infer.h"

mmd_status_t mmd_builder_init(mmd_builder_t *builder, mmd_graph_t *graph,
                              mmd_weight_source_t *weights) {
  memset(builder, 0, sizeof *builder);
  builder->graph = graph;
  builder->region = graph->root;
  builder->weights = weights;
  builder->config_path = "model";
  builder->backend = "onnxruntime";
  return NULL;
}

mmd_status_t mmd_builder_finish(mmd_builder_t *builder) {
  mmd_status_t status = builder->status;
  builder->status = NULL;
  mmd_str_deinit(&builder->scope);
  return status;
}

void mmd_builder_fail(mmd_builder_t *builder, mmd_status_t status) {
  builder->status = mmd_status_join(builder->status, status);
}

bool mmd_builder_ok(const mmd_builder_t *builder) {
  return !builder->status;
}

size_t mmd_scope_enter(mmd_builder_t *builder, const char *fmt, ...) {
  const size_t mark = builder->scope.size;
  char name[256];
  va_list args;
  va_start(args, fmt);
  const int size = vsnprintf(name, sizeof name, fmt, args);
  va_end(args);
  if (size <= 0) return mark;
  if ((size_t)size >= sizeof name) {
    mmd_builder_fail(builder, MMD_ERROR(MMD_OUT_OF_RANGE, "module name '%s' is too long", name));
    return mark;
  }
  mmd_status_t status = mark ? mmd_str_append_char(&builder->scope, '.') : NULL;
  if (!status) status = mmd_str_append(&builder->scope, name);
  if (status) mmd_builder_fail(builder, status);
  return mark;
}

void mmd_scope_leave(mmd_builder_t *builder, size_t mark) {
  if (mark >= builder->scope.size) return;
  builder->scope.size = mark;
  builder->scope.data[mark] = '\0';
}

// Appends "scope.name" to |out|.
static mmd_status_t full_name(const mmd_builder_t *builder, const char *name, mmd_str_t *out) {
  const char *scope = mmd_str_text(&builder->scope);
  return mmd_str_printf(out, "%s%s%s", scope, *scope && *name ? "." : "", name);
}

// The constant of a weight that was asked for before: heads use theirs at each level.
static mmd_edge_t *find_weight(const mmd_builder_t *builder, const char *key,
                               const mmd_shape_t *shape) {
  mmd_edge_t *edge = mmd_graph_find_edge(builder->graph, key);
  if (!edge || !edge->is_constant || edge->region != builder->region) return NULL;
  return mmd_shape_equal(&edge->constant.shape, shape) ? edge : NULL;
}

static mmd_status_t add_weight(mmd_builder_t *builder, const char *name, const mmd_shape_t *shape,
                               mmd_edge_t **out_edge) {
  mmd_str_t key = {0};
  mmd_tensor_t tensor = {0};
  mmd_status_t status = full_name(builder, name, &key);
  if (!status) *out_edge = find_weight(builder, mmd_str_text(&key), shape);
  if (!status && *out_edge) {
    mmd_str_deinit(&key);
    return NULL;
  }
  if (!status) {
    status = builder->weights->get(builder->weights->self, mmd_str_text(&key), MMD_F32, shape,
                                   builder->config_path, &tensor);
  }
  if (!status) {
    status = mmd_region_add_constant(builder->region, mmd_str_text(&key), &tensor, out_edge);
  }
  mmd_tensor_deinit(&tensor);
  mmd_str_deinit(&key);
  return status;
}

mmd_edge_t *mmd_nn_weight(mmd_builder_t *builder, const char *name, int rank, const int64_t *dims) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_shape_t shape;
  mmd_edge_t *edge = NULL;
  mmd_status_t status = mmd_shape_make(rank, dims, &shape);
  if (!status) status = add_weight(builder, name, &shape, &edge);
  if (!status) return edge;
  mmd_builder_fail(builder, mmd_status_annotate(status, "%s", builder->config_path));
  return NULL;
}

bool mmd_nn_has_weight(mmd_builder_t *builder, const char *name, mmd_shape_t *out_shape) {
  if (!mmd_builder_ok(builder) || !builder->weights->peek) return false;
  mmd_str_t key = {0};
  mmd_shape_t shape;
  bool found = false;
  mmd_status_t status = full_name(builder, name, &key);
  if (status) {
    mmd_builder_fail(builder, status);
  } else {
    found = builder->weights->peek(builder->weights->self, mmd_str_text(&key), &shape);
  }
  mmd_str_deinit(&key);
  if (found && out_shape) *out_shape = shape;
  return found;
}

// Names are made from the scope and |op|; composite operators need no import of their domain.
static mmd_status_t add_node(mmd_builder_t *builder, const char *domain, const char *op,
                             size_t input_count, mmd_edge_t *const *inputs, size_t output_count,
                             mmd_node_t **out_node) {
  mmd_str_t base = {0};
  if (!mmd_graph_opset(builder->graph, domain)) {
    MMD_TRY(mmd_graph_set_opset(builder->graph, domain, 1));
  }
  mmd_status_t status = full_name(builder, op, &base);
  if (!status) {
    const char *name = mmd_graph_fresh_node_name(builder->graph, mmd_str_text(&base));
    status = name ? mmd_node_create(builder->region, NULL, domain, op, name, input_count, inputs,
                                    output_count, out_node)
                  : mmd_status_no_memory();
  }
  mmd_str_deinit(&base);
  if (!status) status = mmd_node_set_scope(*out_node, mmd_str_text(&builder->scope));
  return status;
}

mmd_node_t *mmd_nn_node(mmd_builder_t *builder, const char *domain, const char *op,
                        size_t input_count, mmd_edge_t *const *inputs, size_t output_count) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_node_t *node = NULL;
  mmd_status_t status = add_node(builder, domain, op, input_count, inputs, output_count, &node);
  if (!status) return node;
  mmd_builder_fail(builder, mmd_status_annotate(status, "%s", builder->config_path));
  return NULL;
}

mmd_edge_t *mmd_nn_op(mmd_builder_t *builder, const char *op, size_t input_count,
                      mmd_edge_t *const *inputs, mmd_node_t **out_node) {
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_ONNX, op, input_count, inputs, 1);
  if (out_node) *out_node = node;
  return node ? node->outputs[0] : NULL;
}

// Adds |tensor|, which is released, as a constant named after the scope.
static mmd_edge_t *add_constant(mmd_builder_t *builder, mmd_tensor_t *tensor) {
  mmd_str_t base = {0};
  mmd_edge_t *edge = NULL;
  mmd_status_t status = full_name(builder, "constant", &base);
  if (!status) {
    status = mmd_region_add_constant(builder->region, mmd_str_text(&base), tensor, &edge);
  }
  mmd_str_deinit(&base);
  mmd_tensor_deinit(tensor);
  if (!status) return edge;
  mmd_builder_fail(builder, status);
  return NULL;
}

mmd_edge_t *mmd_nn_constant_i64(mmd_builder_t *builder, size_t count, const int64_t *numbers) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_tensor_t tensor = {0};
  mmd_status_t status = mmd_tensor_from_i64(numbers, count, &tensor);
  if (!status) return add_constant(builder, &tensor);
  mmd_builder_fail(builder, status);
  return NULL;
}

mmd_edge_t *mmd_nn_constant_f32(mmd_builder_t *builder, float number) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_tensor_t tensor = {0};
  mmd_status_t status = mmd_tensor_scalar_f32(number, &tensor);
  if (!status) return add_constant(builder, &tensor);
  mmd_builder_fail(builder, status);
  return NULL;
}

mmd_edge_t *mmd_nn_constant(mmd_builder_t *builder, const mmd_tensor_t *tensor) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_tensor_t copy = mmd_tensor_retain(tensor);
  return add_constant(builder, &copy);
}

mmd_edge_t *mmd_nn_constant_f32s(mmd_builder_t *builder, int rank, const int64_t *dims,
                                 const float *numbers) {
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_shape_t shape;
  mmd_tensor_t tensor = {0};
  mmd_status_t status = mmd_shape_make(rank, dims, &shape);
  if (!status) status = mmd_tensor_create(MMD_F32, &shape, false, &tensor);
  if (!status) {
    const size_t size = mmd_tensor_byte_size(&tensor);
    if (size) memcpy(mmd_tensor_mutable_data(&tensor), numbers, size);
    return add_constant(builder, &tensor);
  }
  mmd_builder_fail(builder, status);
  return NULL;
}

void mmd_nn_infer(mmd_builder_t *builder) {
  if (!mmd_builder_ok(builder)) return;
  mmd_status_t status = mmd_graph_infer(builder->graph);
  if (status) mmd_builder_fail(builder, status);
}

int64_t mmd_nn_size(const mmd_edge_t *edge, int axis) {
  if (!edge || edge->type.kind != MMD_TYPE_TENSOR || !edge->type.has_rank) return -1;
  if (axis < 0) axis += edge->type.rank;
  if (axis < 0 || axis >= edge->type.rank) return -1;
  return mmd_dim_is_const(edge->type.dims[axis]) ? mmd_dim_number(edge->type.dims[axis]) : -1;
}

// Attributes of a node that |mmd_nn_op| made; a NULL node (after a failure) is skipped.
void mmd_nn_set_int(mmd_builder_t *builder, mmd_node_t *node, const char *name, int64_t number) {
  if (!node || !mmd_builder_ok(builder)) return;
  mmd_status_t status = mmd_node_set_int(node, name, number);
  if (status) mmd_builder_fail(builder, status);
}

void mmd_nn_set_float(mmd_builder_t *builder, mmd_node_t *node, const char *name, double number) {
  if (!node || !mmd_builder_ok(builder)) return;
  mmd_status_t status = mmd_node_set_float(node, name, number);
  if (status) mmd_builder_fail(builder, status);
}

void mmd_nn_set_string(mmd_builder_t *builder, mmd_node_t *node, const char *name,
                       const char *text) {
  if (!node || !mmd_builder_ok(builder)) return;
  mmd_status_t status = mmd_node_set_string(node, name, text);
  if (status) mmd_builder_fail(builder, status);
}

void mmd_nn_set_ints(mmd_builder_t *builder, mmd_node_t *node, const char *name, size_t count,
                     const int64_t *numbers) {
  if (!node || !mmd_builder_ok(builder)) return;
  mmd_status_t status = mmd_node_set_ints(node, name, count, numbers);
  if (status) mmd_builder_fail(builder, status);
}

mmd_edge_t *mmd_nn_unary(mmd_builder_t *builder, const char *op, mmd_edge_t *x) {
  return mmd_nn_op(builder, op, 1, &x, NULL);
}

mmd_edge_t *mmd_nn_binary(mmd_builder_t *builder, const char *op, mmd_edge_t *a, mmd_edge_t *b) {
  mmd_edge_t *const inputs[] = {a, b};
  return mmd_nn_op(builder, op, 2, inputs, NULL);
}
