// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { CONSTANT, REFLECT, EDGE, WRAP, UNKNOWN } pad_mode_t;

static pad_mode_t read_mode(const mmd_node_t *node) {
  const char *mode = mmd_node_attr_string(node, "mode", "constant");
  if (strcmp(mode, "constant") == 0) return CONSTANT;
  if (strcmp(mode, "reflect") == 0) return REFLECT;
  if (strcmp(mode, "edge") == 0) return EDGE;
  return strcmp(mode, "wrap") == 0 ? WRAP : UNKNOWN;
}

// Elements in front of and behind each axis; negative ones cut.
static mmd_status_t read_pads(mmd_eval_context_t *c, int rank, int64_t *before, int64_t *after) {
  int64_t pads[2 * MMD_MAX_RANK];
  size_t count;
  int axes[MMD_MAX_RANK], axis_count = 0;
  if (c->node->version >= 11) {
    MMD_TRY(mmd_eval_ints(c, 1, 2 * MMD_MAX_RANK, pads, &count));
  } else {
    const int64_t *list = mmd_node_attr_ints(c->node, "pads", &count);
    if (count > 2 * MMD_MAX_RANK) count = 1;  // refused below
    if (list) memcpy(pads, list, count * sizeof *pads);
  }
  MMD_TRY(mmd_eval_axes(c, 3, "no axes", rank, axes, &axis_count));
  if (!mmd_eval_input(c, 3)) {
    for (axis_count = 0; axis_count < rank; ++axis_count) axes[axis_count] = axis_count;
  }
  if (count != 2 * (size_t)axis_count) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu pads for %d axes", count, axis_count);
  }
  for (int i = 0; i < rank; ++i) before[i] = after[i] = 0;
  for (int i = 0; i < axis_count; ++i) {
    before[axes[i]] = pads[i];
    after[axes[i]] = pads[axis_count + i];
  }
  return NULL;
}

static mmd_status_t padded_shape(const mmd_node_t *node, const mmd_shape_t *in,
                                 const int64_t *before, const int64_t *after, mmd_shape_t *out) {
  const int64_t limit = INT64_MAX / 8;
  *out = *in;
  for (int i = 0; i < in->rank; ++i) {
    bool sane = before[i] > -limit && before[i] < limit && after[i] > -limit && after[i] < limit &&
                in->dims[i] < limit;
    if (sane) out->dims[i] += before[i] + after[i];
    if (sane && out->dims[i] >= 0) continue;
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "pads of %lld and %lld on axis %d of %lld",
                          (long long)before[i], (long long)after[i], i, (long long)in->dims[i]);
  }
  return NULL;
}

// The input's index for position |x| (in its coordinates), which lies outside.
static int64_t source_index(pad_mode_t mode, int64_t x, int64_t dim) {
  if (x >= 0 && x < dim) return x;
  if (mode == EDGE) return x < 0 ? 0 : dim - 1;
  if (mode == WRAP) return ((x % dim) + dim) % dim;
  if (dim == 1) return 0;
  int64_t period = 2 * (dim - 1);
  x = ((x % period) + period) % period;
  return x < dim ? x : period - x;
}

// Every axis has a table from output to input positions.
static mmd_status_t copy_by_tables(mmd_eval_context_t *c, pad_mode_t mode,
                                   const mmd_tensor_t *input, const int64_t *before) {
  mmd_tensor_t *out = &c->outputs[0].tensor;
  int64_t *tables[MMD_MAX_RANK], strides[MMD_MAX_RANK], index[MMD_MAX_RANK] = {0};
  int rank = input->shape.rank;
  mmd_shape_strides(&input->shape, strides);
  for (int i = 0; i < rank; ++i) {
    MMD_TRY(mmd_eval_scratch(c, (size_t)out->shape.dims[i], sizeof **tables, &tables[i]));
    for (int64_t k = 0; k < out->shape.dims[i]; ++k) {
      tables[i][k] = source_index(mode, k - before[i], input->shape.dims[i]) * strides[i];
    }
  }
  size_t at = 0;
  do {
    int64_t from = 0;
    for (int i = 0; i < rank; ++i) from += tables[i][index[i]];
    MMD_TRY(mmd_eval_copy(out, at++, input, (size_t)from, 1));
  } while (mmd_index_next(rank, out->shape.dims, index));
  return NULL;
}

static mmd_status_t fill(mmd_eval_context_t *c, mmd_tensor_t *out) {
  const mmd_tensor_t *value = mmd_eval_input(c, 2);
  size_t count = mmd_tensor_count(out), size = mmd_dtype_size(out->dtype);
  if (out->dtype == MMD_STRING && !value) return NULL;
  uint8_t *data = mmd_tensor_mutable_data(out);
  if (value) {
    if (mmd_tensor_count(value) != 1 || value->dtype != out->dtype) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the value is not one %s",
                            mmd_dtype_name(out->dtype));
    }
    for (size_t i = 0; i < count; ++i) MMD_TRY(mmd_eval_copy(out, i, value, 0, 1));
    return NULL;
  }
  double number = mmd_node_attr_float(c->node, "value", 0);
  if (number == 0 && size > 0) {
    memset(data, 0, count * size);
    return NULL;
  }
  for (size_t i = 0; i < count; ++i) mmd_dtype_store_f64(out->dtype, data, i, number);
  return NULL;
}

static mmd_status_t copy_inside(mmd_eval_context_t *c, const mmd_tensor_t *input,
                                const int64_t *before, const int64_t *after) {
  mmd_tensor_t *out = &c->outputs[0].tensor;
  mmd_box_t box = {.rank = input->shape.rank};
  mmd_shape_strides(&input->shape, box.in_strides);
  mmd_shape_strides(&out->shape, box.out_strides);
  for (int i = 0; i < box.rank; ++i) {
    int64_t cut = before[i] < 0 ? -before[i] : 0, cut_behind = after[i] < 0 ? -after[i] : 0;
    box.dims[i] = input->shape.dims[i] - cut - cut_behind;
    if (box.dims[i] <= 0) return NULL;
    box.in_offset += cut * box.in_strides[i];
    box.out_offset += (before[i] > 0 ? before[i] : 0) * box.out_strides[i];
  }
  return mmd_eval_copy_box(&box, out, input);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  int64_t before[MMD_MAX_RANK], after[MMD_MAX_RANK];
  pad_mode_t mode = read_mode(c->node);
  mmd_shape_t shape;
  if (mode == UNKNOWN) return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "unknown mode");
  MMD_TRY(read_pads(c, input->shape.rank, before, after));
  MMD_TRY(padded_shape(c->node, &input->shape, before, after, &shape));
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  if (mmd_tensor_count(&c->outputs[0].tensor) == 0) return NULL;
  if (mode != CONSTANT) {
    if (mmd_tensor_count(input) == 0) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "an empty input has no edge");
    }
    return copy_by_tables(c, mode, input, before);
  }
  MMD_TRY(fill(c, &c->outputs[0].tensor));
  return copy_inside(c, input, before, after);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK], *const *pads = NULL;
  int64_t numbers[MMD_MAX_RANK];
  size_t count, axis_count = 0;
  if (!type) return mmd_infer_dtype_only(c);
  axis_count = (size_t)type->rank;
  for (int i = 0; i < type->rank; ++i) {
    dims[i] = type->dims[i];
    numbers[i] = i;
  }
  const int64_t *list = mmd_node_attr_ints(c->node, "pads", &count);
  bool known = list != NULL;
  if (c->node->version >= 11) {
    list = NULL;
    known = mmd_infer_elements(c, 1, &pads, &count);
    if (mmd_node_input(c->node, 3)) {
      known = known && mmd_infer_numbers(c, 3, (size_t)type->rank, numbers, &axis_count);
    }
  }
  if (!known || count != 2 * axis_count) {
    return mmd_infer_output(c, 0, type->dtype, type->rank, NULL);
  }
  for (size_t i = 0; i < axis_count; ++i) {
    int axis;
    MMD_TRY(mmd_node_axis(c->node, numbers[i], type->rank, &axis));
    const mmd_dim_t *before = list ? mmd_infer_const(c, list[i]) : pads[i];
    const mmd_dim_t *after = list ? mmd_infer_const(c, list[axis_count + i]) : pads[axis_count + i];
    dims[axis] = mmd_dim_add(c->graph, mmd_dim_add(c->graph, dims[axis], before), after);
    MMD_TRY_ALLOC(dims[axis]);
  }
  return mmd_infer_output(c, 0, type->dtype, type->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "Pad", 2, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "Pad", 11, 2, 4, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_pad = MMD_OP_FAMILY(ops);
