// SPDX-License-Identifier: Apache-2.0
//
// y[mask] = z[mask], which exporters spell by indices, becomes Where:
//   at = Transpose(NonZero(mask))                     [count, rank]
//   y' = ScatterND(y, at, GatherND(z, at))        ->  y' = Where(mask, z, y)
// Between the two may stand a Reshape to one axis and a Slice from the first element on: ScatterND
// takes as many updates as it has indices, so these drop nothing.
#include <string.h>

#include "ops/infer.h"
#include "passes/pass_util.h"

static mmd_node_t *producer(const mmd_node_t *node, size_t index, const char *op) {
  mmd_edge_t *edge = node ? mmd_node_input(node, index) : NULL;
  return edge && edge->producer && mmd_pass_is(edge->producer, op) ? edge->producer : NULL;
}

//===--- masks -------------------------------------------------------------===//

static bool has_type(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank;
}

static bool same_shape(const mmd_edge_t *a, const mmd_edge_t *b) {
  if (!has_type(a) || !has_type(b) || a->type.rank != b->type.rank) return false;
  for (int i = 0; i < a->type.rank; ++i)
    if (a->type.dims[i] != b->type.dims[i]) return false;
  return true;
}

// The mask whose true places |edge| lists, or NULL.
static mmd_edge_t *find_mask(const mmd_node_t *user) {
  const mmd_node_t *transpose = producer(user, 1, "Transpose");
  const mmd_node_t *places = producer(transpose, 0, "NonZero");
  size_t count = 0;
  const int64_t *perm = transpose ? mmd_node_attr_ints(transpose, "perm", &count) : NULL;
  if (!places || (perm && (count != 2 || perm[0] != 1 || perm[1] != 0))) return NULL;
  mmd_edge_t *mask = mmd_node_input(places, 0);
  // An Expand that changes nothing.
  const mmd_node_t *expand = producer(places, 0, "Expand");
  if (expand && same_shape(mmd_node_input(expand, 0), mask)) mask = expand->inputs[0];
  return mask && mask->type.dtype == MMD_BOOL ? mask : NULL;
}

static bool same_number(const mmd_tensor_t *a, const mmd_tensor_t *b) {
  return a && b && a->dtype == b->dtype && mmd_dtype_is_float(a->dtype) &&
         mmd_tensor_count(a) == 1 && mmd_tensor_count(b) == 1 &&
         mmd_tensor_get_f64(a, 0) == mmd_tensor_get_f64(b, 0);
}

// The same edge, or both the same comparison of one tensor with equal numbers.
static bool same_mask(const mmd_edge_t *a, const mmd_edge_t *b) {
  if (a == b) return true;
  const mmd_node_t *x = a->producer, *y = b->producer;
  if (!x || !y || strcmp(x->op, y->op) != 0) return false;
  if (!mmd_pass_is(x, "Greater") && !mmd_pass_is(x, "Less")) return false;
  return mmd_pass_is(y, x->op) && mmd_node_input(x, 0) == mmd_node_input(y, 0) &&
         same_number(mmd_pass_constant(x, 1), mmd_pass_constant(y, 1));
}

//===--- pattern -----------------------------------------------------------===//

static bool are_all(const mmd_node_t *node, size_t index, int64_t wanted) {
  int64_t number = 0;
  size_t count = 0;
  return mmd_pass_ints(node, index, 1, &number, &count) && count == 1 && number == wanted;
}

// From element 0 with step 1 along the only axis.
static bool is_head(const mmd_node_t *slice) {
  if (slice->version < 10) {
    size_t count = 0;
    const int64_t *starts = mmd_node_attr_ints(slice, "starts", &count);
    return count == 1 && starts[0] == 0;
  }
  return are_all(slice, 1, 0) && (!mmd_node_input(slice, 4) || are_all(slice, 4, 1));
}

static bool is_flat(const mmd_node_t *reshape) {
  return reshape->version >= 5 && are_all(reshape, 1, -1);
}

// The GatherND that made the updates of |scatter|.
static mmd_node_t *find_gather(const mmd_node_t *scatter) {
  const mmd_node_t *at = scatter;
  size_t index = 2;
  const mmd_node_t *slice = producer(at, index, "Slice");
  if (slice && is_head(slice)) at = slice, index = 0;
  const mmd_node_t *reshape = producer(at, index, "Reshape");
  if (reshape && is_flat(reshape)) at = reshape, index = 0;
  mmd_node_t *gather = producer(at, index, "GatherND");
  return gather && mmd_node_attr_int(gather, "batch_dims", 0) == 0 ? gather : NULL;
}

static bool is_plain(const mmd_node_t *scatter) {
  return strcmp(mmd_node_attr_string(scatter, "reduction", "none"), "none") == 0;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (!mmd_pass_is(node, "ScatterND") || !is_plain(node) || !mmd_pass_output_used(node, 0))
    return NULL;
  const mmd_node_t *gather = find_gather(node);
  mmd_edge_t *mask = gather ? find_mask(gather) : NULL, *other = gather ? find_mask(node) : NULL;
  if (!mask || !other || !same_mask(mask, other)) return NULL;
  mmd_edge_t *z = mmd_node_input(gather, 0), *y = mmd_node_input(node, 0);
  if (!same_shape(mask, y) || !same_shape(z, y) || mmd_graph_opset(node->region->graph, "") < 9)
    return NULL;
  mmd_edge_t *inputs[] = {mask, z, y};
  mmd_node_t *where = NULL;
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, "Where", node->name, 3, inputs, 1,
                          &where));
  MMD_TRY(mmd_edge_set_type(where->outputs[0], &node->outputs[0]->type));
  MMD_TRY(mmd_edge_forward(node->outputs[0], where->outputs[0]));
  *(bool *)context = true;
  return mmd_node_erase(node);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_select_assign = {
    .name = "fuse_select_assign",
    .help = "let y[mask] = z[mask] be Where",
    .run = run,
};
