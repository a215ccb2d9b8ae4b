// SPDX-License-Identifier: Apache-2.0
//
// Sizes of one tensor that were taken one by one are taken at once:
//   Concat(Unsqueeze(Gather(Shape(x), 2)), Gather(Shape(x), [3]))  ->  Gather(Shape(x), [2, 3])
#include "passes/pass_util.h"

typedef struct {
  mmd_edge_t *shape;  // of all Gathers so far, or NULL
  size_t count;
  int64_t indices[MMD_MAX_RANK];
} sizes_t;

static bool is_whole_shape(const mmd_edge_t *edge) {
  return edge && edge->producer && edge->producer->attr_count == 0 &&
         mmd_pass_is(edge->producer, "Shape") && mmd_node_input(edge->producer, 0);
}

// Shapes of one tensor are the same, whichever node took them.
static bool add_shape(sizes_t *sizes, mmd_edge_t *shape) {
  if (!is_whole_shape(shape)) return false;
  if (!sizes->shape) sizes->shape = shape;
  return sizes->shape->producer->inputs[0] == shape->producer->inputs[0];
}

// A Gather of one rank less behind an Unsqueeze, else one of rank 1.
static bool add_gather(sizes_t *sizes, const mmd_node_t *gather, int index_rank) {
  const mmd_tensor_t *index = mmd_pass_constant(gather, 1);
  size_t count = 0;
  if (!mmd_pass_is(gather, "Gather") || mmd_node_attr_int(gather, "axis", 0) != 0) return false;
  if (!index || index->shape.rank != index_rank ||
      !mmd_pass_ints(gather, 1, MMD_MAX_RANK - sizes->count, sizes->indices + sizes->count, &count))
    return false;
  sizes->count += count;
  return add_shape(sizes, mmd_node_input(gather, 0));
}

static bool add_input(sizes_t *sizes, const mmd_edge_t *edge) {
  const mmd_node_t *node = edge ? edge->producer : NULL;
  if (!node) return false;
  if (!mmd_pass_is(node, "Unsqueeze")) return add_gather(sizes, node, 1);
  // Of a scalar, Unsqueeze can only make one axis; more would not fit into the Concat.
  const mmd_edge_t *inner = mmd_node_input(node, 0);
  return inner && inner->producer && add_gather(sizes, inner->producer, 0);
}

static bool read_concat(const mmd_node_t *node, sizes_t *out_sizes) {
  if (!mmd_pass_is(node, "Concat") || node->input_count < 2) return false;
  const int64_t axis = mmd_node_attr_int(node, "axis", 1);
  if (axis != 0 && axis != -1) return false;
  for (size_t i = 0; i < node->input_count; ++i)
    if (!add_input(out_sizes, node->inputs[i])) return false;
  return true;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  sizes_t sizes = {0};
  if (!mmd_pass_output_used(node, 0) || !read_concat(node, &sizes)) return NULL;
  mmd_tensor_t tensor = {0};
  mmd_edge_t *indices = NULL;
  mmd_node_t *gather = NULL;
  MMD_TRY(mmd_tensor_from_i64(sizes.indices, sizes.count, &tensor));
  MMD_TRY(mmd_pass_add_constant(node, "indices", &tensor, &indices));
  mmd_edge_t *inputs[] = {sizes.shape, indices};
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Gather", node->name, 2, inputs, 1,
                          &gather));
  MMD_TRY(mmd_node_set_int(gather, "axis", 0));
  MMD_TRY(mmd_edge_set_type(gather->outputs[0], &node->outputs[0]->type));
  MMD_TRY(mmd_edge_forward(node->outputs[0], gather->outputs[0]));
  *(bool *)context = true;
  return mmd_node_erase(node);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_shape_concat = {
    .name = "fuse_shape_concat",
    .help = "take several sizes of one tensor by one Gather",
    .run = run,
};
