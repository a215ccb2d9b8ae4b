// SPDX-License-Identifier: Apache-2.0
//
// Softmax, LogSoftmax, Hardmax.
#include "kernels/softmax.h"

#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { SOFT, LOG, HARD } softmax_kind_t;

// One axis since opset 13; before, the input counts as a matrix cut in front of the axis.
static mmd_status_t read_axes(const mmd_node_t *node, const mmd_shape_t *shape,
                              mmd_softmax_t *out_axes) {
  int axis, rank = shape->rank;
  bool matrix = node->version < 13;
  if (rank == 0) {
    *out_axes = (mmd_softmax_t){1, 1, 1};
    return NULL;
  }
  MMD_TRY(mmd_node_axis(node, mmd_node_attr_int(node, "axis", matrix ? 1 : -1), rank, &axis));
  out_axes->outer = mmd_shape_range(shape, 0, axis);
  out_axes->count = mmd_shape_range(shape, axis, matrix ? rank : axis + 1);
  out_axes->inner = matrix ? 1 : mmd_shape_range(shape, axis + 1, rank);
  return NULL;
}

static void soft_line(softmax_kind_t kind, const double *x, double *y, size_t count, size_t step) {
  double largest = -(double)INFINITY, sum = 0;
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    if (x[i * step] > largest) {
      largest = x[i * step];
      at = i;
    }
  }
  if (kind == HARD) {
    for (size_t i = 0; i < count; ++i) y[i * step] = i == at;
    return;
  }
  for (size_t i = 0; i < count; ++i) sum += exp(x[i * step] - largest);
  for (size_t i = 0; i < count; ++i) {
    double d = x[i * step] - largest;
    y[i * step] = kind == LOG ? d - log(sum) : exp(d) / sum;
  }
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  softmax_kind_t kind = strcmp(c->node->op, "Softmax") == 0   ? SOFT
                        : strcmp(c->node->op, "Hardmax") == 0 ? HARD
                                                              : LOG;
  mmd_softmax_t axes;
  const double *x;
  double *y;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(read_axes(c->node, &input->shape, &axes));
  if (mmd_eval_fast_f32(c, 0, 0) && kind != HARD && count > 0) {
    float *out;
    MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &input->shape, &out));
    if (kind == SOFT) mmd_softmax_run(&axes, mmd_tensor_data(input), out, c->pool);
    if (kind == LOG) mmd_softmax_run_log(&axes, mmd_tensor_data(input), out, c->pool);
    return NULL;
  }
  MMD_TRY(mmd_eval_load_f64(c, input, &x));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t o = 0; count > 0 && o < axes.outer; ++o) {
    for (size_t i = 0; i < axes.inner; ++i) {
      size_t at = o * axes.count * axes.inner + i;
      soft_line(kind, x + at, y + at, axes.count, axes.inner);
    }
  }
  return mmd_eval_store_f64(c, 0, input->dtype, &input->shape, y);
}

static const mmd_op_t ops[] = {
    {"", "Hardmax", 1, 1, 1, 1, 1, mmd_infer_same, evaluate, 0},
    {"", "LogSoftmax", 1, 1, 1, 1, 1, mmd_infer_same, evaluate, 0},
    {"", "Softmax", 1, 1, 1, 1, 1, mmd_infer_same, evaluate, 0},
};
const mmd_op_family_t mmd_ops_softmax = MMD_OP_FAMILY(ops);
