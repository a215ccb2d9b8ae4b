// SPDX-License-Identifier: Apache-2.0
//
// BlackmanWindow, HammingWindow, HannWindow: sums of two cosines over |size| places.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  const char *name;
  double constant, first, second;
} window_t;

static const window_t windows[] = {
    {"BlackmanWindow", 0.42, -0.5, 0.08},
    {"HammingWindow", 25.0 / 46.0, -21.0 / 46.0, 0},
    {"HannWindow", 0.5, -0.5, 0},
};

static mmd_dtype_t result_dtype(const mmd_node_t *node) {
  int64_t dtype = mmd_node_attr_int(node, "output_datatype", MMD_F32);
  return dtype > 0 && dtype < MMD_DTYPE_COUNT ? (mmd_dtype_t)dtype : MMD_DTYPE_UNDEFINED;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const window_t *window = windows;
  const double pi = 3.14159265358979323846;
  mmd_dtype_t dtype = result_dtype(c->node);
  int64_t size;
  double *y;
  while (strcmp(window->name, c->node->op) != 0) ++window;  // each operator below has one
  MMD_TRY(mmd_eval_scalar_i64(c, 0, 0, &size));
  if (size < 0 || (!mmd_dtype_is_float(dtype) && !mmd_dtype_is_integer(dtype))) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "size or output_datatype");
  }
  MMD_TRY(mmd_eval_scratch(c, (size_t)size, sizeof *y, &y));
  double period = (double)size - (mmd_node_attr_int(c->node, "periodic", 1) ? 0 : 1);
  for (int64_t i = 0; i < size; ++i) {
    double turn = 2 * pi * (double)i / period;
    y[i] = window->constant + window->first * cos(turn) + window->second * cos(2 * turn);
  }
  mmd_shape_t shape = {.rank = 1, .dims = {size}};
  return mmd_eval_store_f64(c, 0, dtype, &shape, y);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_dim_t *const *size, *dims[] = {NULL};
  size_t count;
  if (mmd_infer_elements(c, 0, &size, &count) && count == 1) dims[0] = size[0];
  return mmd_infer_output(c, 0, result_dtype(c->node), 1, dims);
}

static const mmd_op_t ops[] = {
    {"", "BlackmanWindow", 17, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "HammingWindow", 17, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "HannWindow", 17, 1, 1, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_window = MMD_OP_FAMILY(ops);
