// SPDX-License-Identifier: Apache-2.0
#include <float.h>
#include <math.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  const float *in;
  float *out;
  float low, high;
} fast_t;

static void clip_range(void *context, size_t begin, size_t end) {
  const fast_t *f = context;
  const float low = f->low, high = f->high;
  for (size_t i = begin; i < end; ++i) {
    float x = f->in[i];
    x = x < low ? low : x;
    f->out[i] = x > high ? high : x;
  }
}

static mmd_status_t clip_floats(mmd_eval_context_t *c, const mmd_tensor_t *input, double low,
                                double high) {
  enum { GRAIN = 16384 };
  const void *in = mmd_tensor_data(input);
  void *out;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_output_reuse(c, 0, 0, &input->shape, &out));
  if (c->mode == MMD_EVAL_FAST && input->dtype == MMD_F32) {
    fast_t fast = {in, out, (float)low, (float)high};
    mmd_parallel_for(c->pool, count, GRAIN, clip_range, &fast);
    return NULL;
  }
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_dtype_load_f64(input->dtype, in, i);
    x = x < low ? low : x;
    mmd_dtype_store_f64(input->dtype, out, i, x > high ? high : x);
  }
  return NULL;
}

static mmd_status_t clip_integers(mmd_eval_context_t *c, const mmd_tensor_t *input) {
  const mmd_tensor_t *min = mmd_eval_input(c, 1), *max = mmd_eval_input(c, 2);
  const void *in = mmd_tensor_data(input);
  void *out;
  size_t count = mmd_tensor_count(input);
  // uint64 is compared by shifting both sides so that the order of int64 is right.
  uint64_t bias = input->dtype == MMD_U64 ? (uint64_t)1 << 63 : 0;
  int64_t low = min ? (int64_t)((uint64_t)mmd_tensor_get_i64(min, 0) ^ bias) : INT64_MIN;
  int64_t high = max ? (int64_t)((uint64_t)mmd_tensor_get_i64(max, 0) ^ bias) : INT64_MAX;
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, &out));
  for (size_t i = 0; i < count; ++i) {
    int64_t x = (int64_t)((uint64_t)mmd_dtype_load_i64(input->dtype, in, i) ^ bias);
    x = x < low ? low : x;
    x = x > high ? high : x;
    mmd_dtype_store_i64(input->dtype, out, i, (int64_t)((uint64_t)x ^ bias));
  }
  return NULL;
}

// Limits are attributes before opset 11 and inputs since.
static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  double low = -(double)INFINITY, high = (double)INFINITY;
  MMD_TRY(mmd_eval_check_number(c, input));
  if (c->node->version < 11) {
    low = mmd_node_attr_float(c->node, "min", low);
    high = mmd_node_attr_float(c->node, "max", high);
  } else {
    MMD_TRY(mmd_eval_scalar_f64(c, 1, low, &low));
    MMD_TRY(mmd_eval_scalar_f64(c, 2, high, &high));
    if (!mmd_dtype_is_float(input->dtype)) return clip_integers(c, input);
  }
  return clip_floats(c, input, low, high);
}

static const mmd_op_t ops[] = {
    {"", "Clip", 6, 1, 1, 1, 1, mmd_infer_same, evaluate, 0},
    {"", "Clip", 11, 1, 3, 1, 1, mmd_infer_same, evaluate, 0},
};
const mmd_op_family_t mmd_ops_clip = MMD_OP_FAMILY(ops);
