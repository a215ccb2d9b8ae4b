// SPDX-License-Identifier: Apache-2.0
//
// ScatterElements (and Scatter, its old name) and ScatterND.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { SET, ADD, MUL, MAX, MIN } scatter_t;

static mmd_status_t read_reduction(const mmd_node_t *node, scatter_t *out_reduction) {
  static const char *const names[] = {"none", "add", "mul", "max", "min"};
  const char *text = mmd_node_attr_string(node, "reduction", "none");
  for (int i = 0; i < 5; ++i) {
    *out_reduction = (scatter_t)i;
    if (strcmp(text, names[i]) == 0) return NULL;
  }
  return mmd_node_error(node, MMD_NOT_SUPPORTED, "reduction '%s'", text);
}

static double combine_real(scatter_t reduction, double a, double b) {
  if (reduction == ADD) return a + b;
  if (reduction == MUL) return a * b;
  bool second = isnan(b) || (reduction == MAX ? b > a : b < a);
  return second && !isnan(a) ? b : a;
}

static int64_t combine_integer(scatter_t reduction, int64_t a, int64_t b) {
  if (reduction == ADD) return (int64_t)((uint64_t)a + (uint64_t)b);
  if (reduction == MUL) return (int64_t)((uint64_t)a * (uint64_t)b);
  return (reduction == MAX ? b > a : b < a) ? b : a;
}

static mmd_status_t put(scatter_t reduction, mmd_tensor_t *out, size_t to,
                        const mmd_tensor_t *updates, size_t from, size_t count) {
  void *data = mmd_tensor_mutable_data(out);
  const void *source = mmd_tensor_data(updates);
  if (reduction == SET) return mmd_eval_copy(out, to, updates, from, count);
  for (size_t i = 0; i < count; ++i) {
    if (mmd_dtype_is_float(out->dtype)) {
      double a = mmd_dtype_load_f64(out->dtype, data, to + i);
      double b = mmd_dtype_load_f64(out->dtype, source, from + i);
      mmd_dtype_store_f64(out->dtype, data, to + i, combine_real(reduction, a, b));
    } else {
      int64_t a = mmd_dtype_load_i64(out->dtype, data, to + i);
      int64_t b = mmd_dtype_load_i64(out->dtype, source, from + i);
      mmd_dtype_store_i64(out->dtype, data, to + i, combine_integer(reduction, a, b));
    }
  }
  return NULL;
}

static mmd_status_t check_index(const mmd_node_t *node, int64_t *index, int64_t dim) {
  if (*index < -dim || *index >= dim) {
    return mmd_node_error(node, MMD_OUT_OF_RANGE, "index %lld on an axis of %lld",
                          (long long)*index, (long long)dim);
  }
  if (*index < 0) *index += dim;
  return NULL;
}

// Output 0 becomes a copy of the data.
static mmd_status_t copy_data(mmd_eval_context_t *c, scatter_t reduction) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *updates = mmd_eval_input(c, 2);
  if (data->dtype != updates->dtype) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types differ: %s and %s",
                          mmd_dtype_name(data->dtype), mmd_dtype_name(updates->dtype));
  }
  if (reduction != SET) MMD_TRY(mmd_eval_check_number(c, data));
  MMD_TRY(mmd_eval_output_create(c, 0, data->dtype, &data->shape, NULL));
  return mmd_eval_copy(&c->outputs[0].tensor, 0, data, 0, mmd_tensor_count(data));
}

static mmd_status_t evaluate_elements(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  const mmd_tensor_t *updates = mmd_eval_input(c, 2);
  const int64_t *indices;
  int64_t strides[MMD_MAX_RANK], index[MMD_MAX_RANK] = {0};
  int axis, rank = data->shape.rank;
  scatter_t reduction;
  MMD_TRY(read_reduction(c->node, &reduction));
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", 0), rank, &axis));
  bool fits = where->shape.rank == rank && mmd_shape_equal(&where->shape, &updates->shape);
  for (int i = 0; fits && i < rank; ++i) {
    fits = i == axis || where->shape.dims[i] <= data->shape.dims[i];
  }
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "indices do not fit the data");
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  MMD_TRY(copy_data(c, reduction));
  mmd_shape_strides(&data->shape, strides);
  size_t count = mmd_tensor_count(where);
  for (size_t k = 0; k < count; ++k, mmd_index_next(rank, where->shape.dims, index)) {
    int64_t at = indices[k], to = 0;
    MMD_TRY(check_index(c->node, &at, data->shape.dims[axis]));
    for (int i = 0; i < rank; ++i) to += (i == axis ? at : index[i]) * strides[i];
    MMD_TRY(put(reduction, &c->outputs[0].tensor, (size_t)to, updates, k, 1));
  }
  return NULL;
}

static mmd_status_t evaluate_nd(mmd_eval_context_t *c) {
  const mmd_tensor_t *data = mmd_eval_input(c, 0), *where = mmd_eval_input(c, 1);
  const mmd_tensor_t *updates = mmd_eval_input(c, 2);
  const int64_t *indices;
  scatter_t reduction;
  MMD_TRY(read_reduction(c->node, &reduction));
  int q = where->shape.rank, r = data->shape.rank;
  int64_t depth = q > 0 ? where->shape.dims[q - 1] : -1;
  bool fits = depth >= 0 && depth <= r && updates->shape.rank == q - 1 + r - (int)depth;
  for (int i = 0; fits && i < updates->shape.rank; ++i) {
    int64_t want = i < q - 1 ? where->shape.dims[i] : data->shape.dims[i - (q - 1) + (int)depth];
    fits = updates->shape.dims[i] == want;
  }
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "indices do not fit the data");
  MMD_TRY(mmd_eval_load_i64(c, where, &indices));
  MMD_TRY(copy_data(c, reduction));
  int n = (int)depth;
  size_t tuples = mmd_shape_range(&where->shape, 0, q - 1);
  size_t slice = mmd_shape_range(&data->shape, n, r);
  for (size_t t = 0; t < tuples; ++t) {
    size_t to = 0;
    for (int i = 0; i < n; ++i) {
      int64_t index = indices[t * (size_t)n + (size_t)i];
      MMD_TRY(check_index(c->node, &index, data->shape.dims[i]));
      to = to * (size_t)data->shape.dims[i] + (size_t)index;
    }
    MMD_TRY(put(reduction, &c->outputs[0].tensor, to * slice, updates, t * slice, slice));
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "Scatter", 9, 3, 3, 1, 1, mmd_infer_same, evaluate_elements, 0},
    {"", "ScatterElements", 11, 3, 3, 1, 1, mmd_infer_same, evaluate_elements, 0},
    {"", "ScatterND", 11, 3, 3, 1, 1, mmd_infer_same, evaluate_nd, 0},
};
const mmd_op_family_t mmd_ops_scatter = MMD_OP_FAMILY(ops);
