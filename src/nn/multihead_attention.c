// SPDX-License-Identifier: Apache-2.0
#include "nn/multihead_attention.h"

#include <math.h>

#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/tensor_ops.h"

enum { QUERY, KEY, VALUE, PARTS };

static bool check(mmd_builder_t *b, const mmd_multihead_attention_t *attention) {
  const int64_t channels = attention->channels, heads = attention->heads;
  if (!mmd_builder_ok(b)) return false;
  if (channels > 0 && channels <= INT32_MAX / PARTS && heads > 0 && channels % heads == 0)
    return true;
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s: %lld channels cannot be split into %lld attention heads",
                                b->config_path, (long long)channels, (long long)heads));
  return false;
}

// One of the three projections, by heads, in the order |axes|. Queries are scaled; what is done to
// the weights is folded when the graph is converted.
static mmd_edge_t *project(mmd_builder_t *b, const mmd_multihead_attention_t *attention, int part,
                           const int64_t *axes, mmd_edge_t *x) {
  static const int64_t swap[] = {1, 0};
  const int64_t channels = attention->channels, size = channels / attention->heads;
  const int64_t dims[] = {PARTS * channels, channels}, heads[] = {0, -1, attention->heads, size};
  const int64_t begin = part * channels, end = begin + channels;
  const float scale = part == QUERY ? (float)(1 / sqrt((double)size)) : 1;
  mmd_edge_t *weight = mmd_nn_weight(b, "in_proj_weight", 2, dims);
  weight = mmd_nn_transpose(b, 2, swap, mmd_nn_slice(b, 0, begin, end, weight));
  x = mmd_nn_binary(b, "MatMul", x, mmd_nn_scale(b, scale, weight));
  if (attention->bias) {
    mmd_edge_t *bias = mmd_nn_weight(b, "in_proj_bias", 1, dims);
    bias = mmd_nn_slice(b, 0, begin, end, bias);
    x = mmd_nn_binary(b, "Add", x, mmd_nn_scale(b, scale, bias));
  }
  return mmd_nn_transpose(b, 4, axes, mmd_nn_reshape(b, 4, heads, x));
}

mmd_edge_t *mmd_nn_multihead_attention(mmd_builder_t *b, const char *name,
                                       const mmd_multihead_attention_t *attention,
                                       mmd_edge_t *queries, mmd_edge_t *keys, mmd_edge_t *values) {
  static const int64_t by_heads[] = {0, 2, 1, 3}, swapped[] = {0, 2, 3, 1};
  if (!check(b, attention)) return NULL;
  const int64_t channels = attention->channels, merged[] = {0, -1, channels};
  const mmd_linear_t out = {channels, channels, attention->bias};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *query = project(b, attention, QUERY, by_heads, queries);
  mmd_edge_t *key = project(b, attention, KEY, swapped, keys);
  mmd_edge_t *value = project(b, attention, VALUE, by_heads, values);
  mmd_edge_t *x = mmd_nn_softmax(b, -1, mmd_nn_binary(b, "MatMul", query, key));
  x = mmd_nn_transpose(b, 4, by_heads, mmd_nn_binary(b, "MatMul", x, value));
  x = mmd_nn_linear(b, "out_proj", &out, 3, mmd_nn_reshape(b, 3, merged, x));
  mmd_scope_leave(b, mark);
  return x;
}
