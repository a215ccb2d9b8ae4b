// SPDX-License-Identifier: Apache-2.0
//
// Sizes that were computed become constants where the operator can tell the dynamic ones itself:
//   Reshape to [n, 64, h * w] of x [n, 64, h, w]  ->  [0, 0, -1]
//   Expand to [n, 4, h] of x [n, 1, h]            ->  [1, 4, 1]
// What the shape arithmetic of the inference knows is used; the nodes that computed the sizes then
// have no use.
#include "ops/infer.h"
#include "passes/pass_util.h"

typedef struct {
  size_t count;
  int64_t numbers[MMD_MAX_RANK];
} shape_t;

static const mmd_type_t *ranked(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank ? &edge->type : NULL;
}

// Elements of the computed input |index|.
static const mmd_edge_t *known_shape(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *shape = mmd_node_input(node, index);
  bool is_known = shape && !shape->is_constant && shape->elements &&
                  shape->element_count <= MMD_MAX_RANK && ranked(shape) && shape->type.rank == 1 &&
                  shape->type.dtype == MMD_I64;
  return is_known ? shape : NULL;
}

// 0 copies the input's dimension, -1 stands for one that follows from the others.
static bool reshape_numbers(const mmd_node_t *node, const mmd_type_t *input,
                            const mmd_edge_t *shape, shape_t *out_shape) {
  size_t inferred = 0;
  if (mmd_node_attr_int(node, "allowzero", 0) != 0) return false;
  for (size_t i = 0; i < shape->element_count; ++i) {
    const mmd_dim_t *size = shape->elements[i];
    bool is_same = (int)i < input->rank && input->dims[i] == size;
    if (is_same) {
      out_shape->numbers[i] = 0;
      continue;
    }
    int64_t number = mmd_dim_number(size);
    if (mmd_dim_is_const(size) && (number < -1 || number == 0)) return false;
    if (number == -1 && ++inferred > 1) return false;
    out_shape->numbers[i] = number;
  }
  return true;
}

static bool expand_numbers(const mmd_type_t *input, const mmd_edge_t *shape, shape_t *out_shape) {
  int offset = input->rank - (int)shape->element_count;
  for (size_t i = 0; i < shape->element_count; ++i) {
    const mmd_dim_t *size = shape->elements[i];
    int axis = (int)i + offset;
    bool is_same = axis >= 0 && input->dims[axis] == size;
    if (!is_same && (!mmd_dim_is_const(size) || size->number < 0)) return false;
    out_shape->numbers[i] = is_same ? 1 : size->number;
  }
  return true;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  bool is_reshape = mmd_pass_is(node, "Reshape") && node->version >= 5;
  if (!is_reshape && !mmd_pass_is(node, "Expand")) return NULL;
  const mmd_type_t *input = ranked(mmd_node_input(node, 0));
  const mmd_edge_t *shape = known_shape(node, 1);
  if (!input || !shape) return NULL;
  shape_t numbers = {.count = shape->element_count};
  bool found = is_reshape ? reshape_numbers(node, input, shape, &numbers)
                          : expand_numbers(input, shape, &numbers);
  if (!found) return NULL;
  mmd_tensor_t tensor = {0};
  mmd_edge_t *constant = NULL;
  MMD_TRY(mmd_tensor_from_i64(numbers.numbers, numbers.count, &tensor));
  MMD_TRY(mmd_pass_add_constant(node, shape->name, &tensor, &constant));
  *(bool *)context = true;
  return mmd_node_set_input(node, 1, constant);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fold_shapes = {
    .name = "fold_shapes",
    .help = "give Reshape and Expand constant shapes where 0, -1 and 1 say the rest",
    .run = run,
};
