// SPDX-License-Identifier: Apache-2.0
//
// Reductions, choosing, running sums.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "backends/ncnn/target/ops.h"

//===--- reductions --------------------------------------------------------===//

static int reduce_number(const char *op) {
  static const char *const names[] = {
      "ReduceSum",  "",         "ReduceSumSquare", "ReduceMean",   "ReduceMax",      "ReduceMin",
      "ReduceProd", "ReduceL1", "ReduceL2",        "ReduceLogSum", "ReduceLogSumExp"};
  int number = 0;
  while (strcmp(names[number], op) != 0) ++number;
  return number;
}

// What a reduction over one element does: nothing, mostly.
static nc_blob_t *reduce_nothing(nc_lower_t *l, nc_blob_t *x) {
  const char *op = l->node->op;
  if (strcmp(op, "ReduceSumSquare") == 0) return nc_unary(l, NC_SQUARE, x);
  if (strcmp(op, "ReduceL1") == 0 || strcmp(op, "ReduceL2") == 0) return nc_unary(l, NC_ABS, x);
  return strcmp(op, "ReduceLogSum") == 0 ? nc_unary(l, NC_LOG, x) : x;
}

// The mat's axes; those that are left out have one element. False where the batch is among them.
static bool find_axes(nc_lower_t *l, const nc_form_t *form, int64_t *out_axes, size_t *out_count) {
  int64_t axes[MMD_MAX_RANK];
  size_t count = 0;
  const mmd_type_t *type = &mmd_node_input(l->node, 0)->type;
  bool is_chosen[MMD_NCNN_MAX_AXES] = {false};
  nc_read_ints(l, "axes", 1, MMD_MAX_RANK, axes, &count);
  if (!count && !nc_attr_int(l, "noop_with_empty_axes", 0)) {
    for (; (int)count < form->rank; ++count) axes[count] = (int64_t)count;
  }
  for (size_t i = 0; i < count && nc_ok(l); ++i) {
    if (axes[i] < 0) axes[i] += form->rank;
    const int axis = nc_form_axis(form, axes[i]);
    if (axis >= 0) is_chosen[axis] = true;
    if (axis < 0 && nc_dim_size(type->dims[axes[i]]) != 1)
      nc_refuse(l, "over the batch, or a tensor of too many sizes");
  }
  *out_count = 0;
  for (int i = 0; i < form->count; ++i) {
    if (is_chosen[i]) out_axes[(*out_count)++] = i;
  }
  return nc_ok(l);
}

void nc_lower_reduce(nc_lower_t *l) {
  nc_form_t form = nc_input_form(l, 0);
  const nc_form_t to = nc_output_form(l, 0);
  int64_t axes[MMD_NCNN_MAX_AXES];
  size_t count = 0;
  if (!nc_ok(l) || !find_axes(l, &form, axes, &count)) return;
  nc_blob_t *out = nc_input(l, 0);
  if (count) {
    out = nc_emit_one(l, "Reduction", out);
    nc_set_int(l, out, 0, reduce_number(l->node->op));
    nc_set_int(l, out, 1, 0);
    nc_set_ints(l, out, 3, count, axes);
    nc_set_int(l, out, 4, 1);
    nc_set_int(l, out, 5, 1);  // axes count without the batch
  } else {
    out = reduce_nothing(l, out);
  }
  for (size_t i = 0; i < count; ++i) form.dims[axes[i]] = mmd_dim_const(l->graph, 1);
  nc_output(l, 0, nc_reshape_form(l, out, &form, &to));
}

//===--- choosing ----------------------------------------------------------===//

static nc_blob_t *top_k(nc_lower_t *l, nc_blob_t *k, int axis, bool is_max, bool is_sorted,
                        size_t output_count) {
  nc_blob_t *const inputs[] = {nc_input(l, 0), k};
  nc_blob_t *out = nc_emit_many(l, "TopK", 2, inputs, output_count);
  nc_set_int(l, out, 0, axis);
  nc_set_int(l, out, 1, is_max);
  nc_set_int(l, out, 2, is_sorted);
  return out;
}

void nc_lower_arg(nc_lower_t *l) {
  nc_form_t form = nc_input_form(l, 0);
  const nc_form_t to = nc_output_form(l, 0);
  const int axis = nc_input_axis(l, 0, nc_attr_int(l, "axis", 0));
  const mmd_dim_t *const one = mmd_dim_const(l->graph, 1);
  if (nc_attr_int(l, "select_last_index", 0)) nc_refuse(l, "select_last_index 1");
  if (!nc_ok(l)) return;
  nc_blob_t *out =
      top_k(l, nc_sizes(l, 1, &one), axis, strcmp(l->node->op, "ArgMax") == 0, true, 1);
  form.dims[axis] = one;
  nc_output(l, 0, nc_reshape_form(l, out, &form, &to));
}

// A number, a size, or what is computed. Of the smaller of a number and the size of the axis the
// number alone: the layer takes what there is.
static nc_blob_t *k_of(nc_lower_t *l) {
  const mmd_edge_t *edge = mmd_node_input(l->node, 1);
  const mmd_dim_t *dim = edge && edge->element_count == 1 ? edge->elements[0] : NULL;
  int64_t k = 0;
  size_t count = 0;
  if (edge && !edge->is_constant && !dim) return nc_input(l, 1);
  if (dim && dim->kind == MMD_DIM_MIN && nc_dim_size(dim->b) > 0) dim = dim->b;
  if (dim && dim->kind == MMD_DIM_MIN && nc_dim_size(dim->a) > 0) dim = dim->a;
  if (!dim && nc_read_ints(l, "k", 1, 1, &k, &count)) dim = mmd_dim_const(l->graph, k);
  if (!dim || nc_dim_size(dim) == 0) nc_refuse(l, "k must be positive");
  return nc_ok(l) ? nc_sizes(l, 1, &dim) : NULL;
}

void nc_lower_top_k(nc_lower_t *l) {
  nc_form_t form = nc_input_form(l, 0);
  const nc_form_t to = nc_output_form(l, 0);
  const int64_t onnx_axis = nc_attr_int(l, "axis", -1);
  const int axis = nc_input_axis(l, 0, onnx_axis);
  nc_blob_t *k = k_of(l);
  if (!nc_ok(l)) return;
  nc_blob_t *out =
      top_k(l, k, axis, nc_attr_int(l, "largest", 1) != 0, nc_attr_int(l, "sorted", 1) != 0, 2);
  const mmd_type_t *type = &l->node->outputs[1]->type;
  form.dims[axis] = type->dims[onnx_axis < 0 ? onnx_axis + type->rank : onnx_axis];
  nc_output(l, 0, nc_reshape_form(l, out, &form, &to));
  nc_output(l, 1, nc_reshape_form(l, nc_result(out, 1), &form, &to));
}

void nc_lower_cum_sum(nc_lower_t *l) {
  double axis = 0;
  if (!nc_input_number(l, 1, &axis)) nc_refuse(l, "the axis must be constant");
  if (nc_attr_int(l, "exclusive", 0) || nc_attr_int(l, "reverse", 0))
    nc_refuse(l, "exclusive or reverse");
  if (!nc_ok(l)) return;
  const int found = nc_input_axis(l, 0, (int64_t)axis);
  nc_blob_t *out = nc_emit_one(l, "CumulativeSum", nc_input(l, 0));
  nc_set_int(l, out, 0, found);
  nc_output(l, 0, out);
}
