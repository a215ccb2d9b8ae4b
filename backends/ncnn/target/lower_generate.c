// SPDX-License-Identifier: Apache-2.0
//
// What makes tensors of numbers: NonZero, Range, OneHot. Custom layers.
#include "backends/ncnn/target/lower_table.h"

// A row for each axis of the tensor. The engine has no results without elements: there a run fails.
void nc_lower_non_zero(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0), to = nc_output_form(l, 0);
  int64_t axes[MMD_MAX_RANK];
  if (form.is_flat) nc_refuse(l, "tensors of more than %d sizes", (int)MMD_NCNN_MAX_AXES);
  if (form.rank < 1) nc_refuse(l, "of a scalar");
  for (int i = 0; i < form.rank; ++i) {
    axes[i] = nc_form_axis(&form, i);
    if (axes[i] < 0 && nc_input_size(l, 0, i) != 1) nc_refuse(l, "over the batch");
  }
  if (!nc_ok(l)) return;
  nc_blob_t *out = nc_emit_one(l, "NonZero", nc_input(l, 0));
  nc_set_ints(l, out, 0, (size_t)form.rank, axes);
  const mmd_type_t *type = &l->node->outputs[0]->type;
  const nc_form_t middle = {
      .rank = 2, .count = 2, .axes = {0, 1}, .dims = {type->dims[0], type->dims[1]}};
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}

// A number as it is computed, or from sizes.
static nc_blob_t *bound(nc_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const bool is_size = edge && !edge->is_constant && edge->element_count == 1;
  return is_size ? nc_sizes(l, 1, (const mmd_dim_t *const *)edge->elements) : nc_input(l, i);
}

void nc_lower_range(nc_lower_t *l) {
  nc_blob_t *const inputs[] = {bound(l, 0), bound(l, 1), bound(l, 2)};
  nc_output(l, 0, nc_emit(l, "Range", 3, inputs));
}

// As [outer, inner] -> [outer, depth, inner].
void nc_lower_one_hot(nc_lower_t *l) {
  const nc_form_t from = nc_input_form(l, 0), to = nc_output_form(l, 0);
  const mmd_tensor_t *values = nc_need_constant(l, 2);
  double depth = 0;
  if (!nc_input_number(l, 1, &depth)) nc_refuse(l, "the depth must be constant");
  if (!nc_ok(l)) return;
  const mmd_type_t *type = &mmd_node_input(l->node, 0)->type;
  int64_t axis = nc_attr_int(l, "axis", -1);
  if (axis < 0) axis += type->rank + 1;
  const mmd_dim_t *dims[] = {mmd_dim_const(l->graph, 1), mmd_dim_const(l->graph, 1)};
  for (int i = 0; i < type->rank; ++i) {
    if (type->dims[i] == l->batch && i != 0) nc_refuse(l, "over the batch");
    if (type->dims[i] == l->batch) continue;
    dims[i >= axis] = mmd_dim_mul(l->graph, dims[i >= axis], type->dims[i]);
  }
  if (mmd_tensor_count(values) != 2) nc_refuse(l, "the values");
  if (l->batch && axis == 0 && type->rank && type->dims[0] == l->batch)
    nc_refuse(l, "over the batch");
  if (!nc_ok(l)) return;
  nc_blob_t *out = nc_emit_one(l, "OneHot", nc_reshape(l, nc_input(l, 0), &from, 2, dims));
  nc_set_int(l, out, 0, (int64_t)depth);
  nc_set_float(l, out, 1, mmd_tensor_get_f64(values, 0));
  nc_set_float(l, out, 2, mmd_tensor_get_f64(values, 1));
  const nc_form_t middle = {.rank = 3,
                            .count = 3,
                            .axes = {0, 1, 2},
                            .dims = {dims[0], mmd_dim_const(l->graph, (int64_t)depth), dims[1]}};
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}
