// SPDX-License-Identifier: Apache-2.0
#include "nn/generalized_attention.h"

#include <math.h>

#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/linear.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

enum { MAX_FREQUENCIES = 4096 };

typedef struct plan_t {
  const mmd_generalized_attention_t *self;
  int64_t size;        // channels of a head
  mmd_edge_t *q, *kv;  // maps of the cells that ask and that are asked
} plan_t;

static mmd_edge_t *stride(mmd_builder_t *b, int64_t number, mmd_edge_t *x) {
  const mmd_pool2d_t pool = {.kernel = 1, .stride = number};
  return number > 1 ? mmd_nn_average_pool(b, &pool, x) : x;
}

// 1x1 convolution of |x|, as [batch, heads, size, cells].
static mmd_edge_t *project(mmd_builder_t *b, const plan_t *plan, const char *name, mmd_edge_t *x) {
  const int64_t heads = plan->self->heads, dims[] = {0, heads, plan->size, -1};
  const mmd_conv_t conv = mmd_conv_square(plan->self->channels, heads * plan->size, 1, 1, 0);
  return mmd_nn_reshape(b, 4, dims, mmd_nn_conv(b, name, &conv, x));
}

static mmd_edge_t *swap_last(mmd_builder_t *b, mmd_edge_t *x) {
  static const int64_t perm[] = {0, 1, 3, 2};
  return mmd_nn_transpose(b, 4, perm, x);
}

// A vector a head: [1, heads, 1, size], and |rank| 5 with one more 1.
static mmd_edge_t *bias(mmd_builder_t *b, const plan_t *plan, const char *name, size_t rank) {
  const int64_t count = plan->self->heads * plan->size;
  const int64_t four[] = {1, plan->self->heads, 1, plan->size};
  const int64_t five[] = {1, plan->self->heads, 1, 1, plan->size};
  return mmd_nn_reshape(b, rank, rank == 5 ? five : four, mmd_nn_weight(b, name, 1, &count));
}

static mmd_edge_t *sum(mmd_builder_t *b, mmd_edge_t *a, mmd_edge_t *c) {
  return a && c ? mmd_nn_binary(b, "Add", a, c) : a ? a : c;
}

//===--- places ------------------------------------------------------------===//

static mmd_edge_t *size_of(mmd_builder_t *b, int64_t axis, mmd_edge_t *x) {
  return mmd_nn_slice(b, 0, axis, axis + 1, mmd_nn_unary(b, "Shape", x));
}

// Places of the cells of an axis, in the pixels of the input.
static mmd_edge_t *places(mmd_builder_t *b, int64_t axis, double step, mmd_edge_t *x) {
  static const int64_t zero = 0, one = 1;
  mmd_edge_t *const range[] = {mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &zero)),
                               mmd_nn_squeeze(b, 0, size_of(b, axis, x)),
                               mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &one))};
  return mmd_nn_scale(b, (float)step,
                      mmd_nn_cast(b, MMD_F32, mmd_nn_op(b, "Range", 3, range, NULL)));
}

// 1 over the wave lengths.
static mmd_edge_t *frequencies(mmd_builder_t *b, int64_t embedding) {
  const int64_t count = embedding / 4;
  float numbers[MAX_FREQUENCIES];
  for (int64_t i = 0; i < count && i < MAX_FREQUENCIES; ++i)
    numbers[i] = (float)(1 / pow(1000, 4.0 / (double)embedding * (double)i));
  return mmd_nn_constant_f32s(b, 1, &count, numbers);
}

// How the cells of an axis lie to each other: [heads, cells that ask, size, cells asked].
static mmd_edge_t *distances(mmd_builder_t *b, const plan_t *plan, const char *name, int64_t axis) {
  static const int64_t perm[] = {2, 0, 3, 1};
  const mmd_generalized_attention_t *self = plan->self;
  const int64_t heads[] = {0, 0, self->heads, plan->size};
  const mmd_linear_t linear = {.in_features = self->embedding / 2,
                               .out_features = self->heads * plan->size};
  mmd_edge_t *from = places(b, axis, (double)self->q_stride * self->magnitude, plan->q);
  mmd_edge_t *to = places(b, axis, (double)self->kv_stride * self->magnitude, plan->kv);
  mmd_edge_t *x = mmd_nn_binary(b, "Sub", mmd_nn_unsqueeze(b, 1, from), mmd_nn_unsqueeze(b, 0, to));
  x = mmd_nn_binary(b, "Mul", mmd_nn_unsqueeze(b, 2, x), frequencies(b, self->embedding));
  mmd_edge_t *const waves[] = {mmd_nn_unary(b, "Sin", x), mmd_nn_unary(b, "Cos", x)};
  x = mmd_nn_linear(b, name, &linear, 3, mmd_nn_concat(b, 2, 2, waves));
  x = mmd_nn_scale(b, (float)(1 / sqrt(2)), x);
  return mmd_nn_transpose(b, 4, perm, mmd_nn_reshape(b, 4, heads, x));
}

// [batch, heads, size, cells] as [batch, heads, height, width, size].
static mmd_edge_t *query_map(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *query) {
  static const int64_t perm[] = {0, 1, 3, 4, 2};
  const int64_t front[] = {0, plan->self->heads, plan->size};
  mmd_edge_t *const dims[] = {mmd_nn_constant_i64(b, 3, front),
                              mmd_nn_slice(b, 0, 2, 4, mmd_nn_unary(b, "Shape", plan->q))};
  return mmd_nn_transpose(b, 5, perm,
                          mmd_nn_binary(b, "Reshape", query, mmd_nn_concat(b, 0, 2, dims)));
}

// Energy by place: [batch, heads, cells that ask, cells asked]. The two axes add up. Without the
// term of the place alone mmcv has rows and columns of the query exchanged for both axes, which
// goes for square maps only.
static mmd_edge_t *place_energy(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *query) {
  static const int64_t swapped[] = {0, 1, 3, 2, 4};
  const int64_t front[] = {0, plan->self->heads}, rest = -1;
  mmd_edge_t *vector = plan->self->has_query_place ? query_map(b, plan, query) : NULL;
  if (plan->self->has_place) vector = sum(b, vector, bias(b, plan, "geom_bias", 5));
  mmd_edge_t *turned = mmd_nn_transpose(b, 5, swapped, vector);
  mmd_edge_t *x = mmd_nn_binary(b, "MatMul", turned, distances(b, plan, "appr_geom_fc_x", 3));
  x = mmd_nn_unsqueeze(b, 4, mmd_nn_transpose(b, 5, swapped, x));
  mmd_edge_t *y = mmd_nn_binary(b, "MatMul", plan->self->has_place ? vector : turned,
                                distances(b, plan, "appr_geom_fc_y", 2));
  x = mmd_nn_binary(b, "Add", x, mmd_nn_unsqueeze(b, 5, y));
  mmd_edge_t *cells = mmd_nn_binary(b, "Mul", size_of(b, 2, plan->q), size_of(b, 3, plan->q));
  mmd_edge_t *const dims[] = {mmd_nn_constant_i64(b, 2, front), cells,
                              mmd_nn_constant_i64(b, 1, &rest)};
  return mmd_nn_binary(b, "Reshape", x, mmd_nn_concat(b, 0, 3, dims));
}

//===--- attention ---------------------------------------------------------===//

static mmd_edge_t *energy(mmd_builder_t *b, const plan_t *plan) {
  const mmd_generalized_attention_t *self = plan->self;
  mmd_edge_t *query = NULL, *vector = NULL, *out = NULL;
  if (self->has_query_key || self->has_query_place) query = project(b, plan, "query_conv", plan->q);
  if (self->has_query_key) vector = swap_last(b, query);
  if (self->has_key) vector = sum(b, vector, bias(b, plan, "appr_bias", 4));
  if (self->has_query_key || self->has_key)
    out = mmd_nn_binary(b, "MatMul", vector, project(b, plan, "key_conv", plan->kv));
  if (self->has_query_place || self->has_place) out = sum(b, out, place_energy(b, plan, query));
  return out;
}

// [batch, channels, height, width] of what the cells took; one cell when all took the same.
static mmd_edge_t *gather(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *taken) {
  const mmd_generalized_attention_t *self = plan->self;
  const int64_t front[] = {0, self->heads * plan->size}, one[] = {1, 1};
  const bool is_one = !self->has_query_key && !self->has_query_place && !self->has_place;
  mmd_edge_t *const dims[] = {mmd_nn_constant_i64(b, 2, front),
                              is_one ? mmd_nn_constant_i64(b, 2, one)
                                     : mmd_nn_slice(b, 0, 2, 4, mmd_nn_unary(b, "Shape", plan->q))};
  return mmd_nn_binary(b, "Reshape", swap_last(b, taken), mmd_nn_concat(b, 0, 2, dims));
}

mmd_edge_t *mmd_nn_generalized_attention(mmd_builder_t *b, const char *name,
                                         const mmd_generalized_attention_t *self, mmd_edge_t *x) {
  static const int64_t one = 1;
  plan_t plan = {.self = self, .size = self->channels / self->heads};
  if (!mmd_builder_ok(b)) return NULL;
  if (plan.size < 1 || self->embedding % 4 || self->embedding / 4 > MAX_FREQUENCIES ||
      !(self->has_query_key || self->has_query_place || self->has_key || self->has_place)) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.plugins: a GeneralizedAttention of %lld channels, %lld heads "
                                  "and position_embedding_dim %lld with these terms is impossible",
                                  b->config_path, (long long)self->channels, (long long)self->heads,
                                  (long long)self->embedding));
    return NULL;
  }
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_conv_t conv = mmd_conv_square(self->heads * plan.size, self->channels, 1, 1, 0);
  conv.bias = true;
  plan.q = stride(b, self->q_stride, x);
  plan.kv = stride(b, self->kv_stride, x);
  mmd_edge_t *value = swap_last(b, project(b, &plan, "value_conv", plan.kv));
  mmd_edge_t *weights = mmd_nn_softmax(b, -1, energy(b, &plan));
  mmd_edge_t *out = gather(b, &plan, mmd_nn_binary(b, "MatMul", weights, value));
  out = mmd_nn_conv(b, "proj_conv", &conv, out);
  if (self->q_stride > 1) out = mmd_nn_upsample_like(b, MMD_UPSAMPLE_BILINEAR, out, x);
  out = mmd_nn_binary(b, "Mul", out, mmd_nn_weight(b, "gamma", 1, &one));
  mmd_scope_leave(b, mark);
  return mmd_nn_binary(b, "Add", out, x);
}
