// SPDX-License-Identifier: Apache-2.0
//
// Tensors of more axes than a mat has lie flat. What needs their axes is a custom layer, or looks
// at one axis with all in front of it and all behind it as one each.
#include "backends/ncnn/target/lower.h"

static const mmd_dim_t *const g_any = NULL;

nc_blob_t *nc_rearrange(nc_lower_t *l, nc_blob_t *x, const nc_form_t *form, int count,
                        const mmd_dim_t *const *from, const mmd_dim_t *const *to,
                        const int64_t *order) {
  nc_blob_t *const inputs[] = {form->is_flat ? x : nc_reshape(l, x, form, 1, &g_any),
                               nc_sizes(l, (size_t)count, from), nc_sizes(l, (size_t)count, to)};
  nc_blob_t *out = nc_emit(l, "Rearrange", 3, inputs);
  nc_set_ints(l, out, 0, (size_t)count, order);
  return out;
}

// The sizes of |type| at the axes of a tensor of |rank| axes, without the batch.
static void align(nc_lower_t *l, const mmd_type_t *type, const mmd_type_t *like,
                  const mmd_dim_t **out_dims, int *out_count) {
  *out_count = 0;
  for (int i = 0; i < like->rank; ++i) {
    const int axis = i - (like->rank - type->rank);
    if (like->dims[i] == l->batch) continue;
    out_dims[(*out_count)++] = axis < 0 ? mmd_dim_const(l->graph, 1) : type->dims[axis];
  }
}

nc_blob_t *nc_flat_like(nc_lower_t *l, size_t i, const mmd_type_t *like) {
  static const int64_t order[MMD_MAX_RANK] = {0, 1, 2, 3, 4, 5, 6, 7};
  const mmd_dim_t *from[MMD_MAX_RANK], *to[MMD_MAX_RANK];
  const nc_form_t form = nc_input_form(l, i);
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  int count = 0;
  bool is_same = true;
  if (!nc_ok(l)) return NULL;
  align(l, like, like, to, &count);
  align(l, &edge->type, like, from, &count);
  for (int k = 0; k < count; ++k) is_same &= from[k] == to[k];
  nc_blob_t *x = nc_input(l, i);
  if (is_same) return form.is_flat ? x : nc_reshape(l, x, &form, 1, &g_any);
  return nc_rearrange(l, x, &form, count, from, to, order);
}

bool nc_unfold(nc_lower_t *l, const mmd_type_t *type, int64_t axis, nc_form_t *out_form) {
  const mmd_dim_t *dims[] = {mmd_dim_const(l->graph, 1), NULL, mmd_dim_const(l->graph, 1)};
  if (axis < 0) axis += type->rank;
  if (axis < 0 || axis >= type->rank || type->dims[axis] == l->batch) {
    nc_refuse(l, "along the batch");
    return false;
  }
  dims[1] = type->dims[axis];
  for (int i = 0; i < type->rank; ++i) {
    if (i == axis || type->dims[i] == l->batch) continue;
    dims[i < axis ? 0 : 2] = mmd_dim_mul(l->graph, dims[i < axis ? 0 : 2], type->dims[i]);
  }
  *out_form = (nc_form_t){.rank = 3, .count = 3, .axes = {0, 1, 2}};
  for (int i = 0; i < 3; ++i) out_form->dims[i] = dims[i];
  return nc_ok(l);
}
