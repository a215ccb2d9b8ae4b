// SPDX-License-Identifier: Apache-2.0
#include "nn/attention.h"

#include <math.h>
#include <stdio.h>

#include "nn/linear.h"

static mmd_edge_t *transpose(mmd_builder_t *builder, size_t rank, const int64_t *axes,
                             mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Transpose", 1, &x, &node);
  mmd_nn_set_ints(builder, node, "perm", rank, axes);
  return out;
}

static mmd_edge_t *reshape(mmd_builder_t *builder, size_t rank, const int64_t *dims,
                           mmd_edge_t *x) {
  return mmd_nn_binary(builder, "Reshape", x, mmd_nn_constant_i64(builder, rank, dims));
}

// Item |index| of the first axis, which goes.
static mmd_edge_t *pick(mmd_builder_t *builder, int64_t index, mmd_edge_t *x) {
  mmd_tensor_t scalar = {0};
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_status_t status = mmd_tensor_scalar_i64(index, &scalar);
  if (status) mmd_builder_fail(builder, status);
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant(builder, &scalar)};
  mmd_tensor_deinit(&scalar);
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Gather", 2, inputs, &node);
  mmd_nn_set_int(builder, node, "axis", 0);
  return out;
}

// softmax(q k^T / sqrt(size)) v over [batch, heads, tokens, size]; |key| is transposed already.
static mmd_edge_t *attend(mmd_builder_t *builder, int64_t size, mmd_edge_t *query, mmd_edge_t *key,
                          mmd_edge_t *value) {
  mmd_edge_t *scale = mmd_nn_constant_f32(builder, (float)(1 / sqrt((double)size)));
  mmd_edge_t *scores = mmd_nn_binary(builder, "MatMul", query, key);
  scores = mmd_nn_binary(builder, "Mul", scores, scale);
  return mmd_nn_binary(builder, "MatMul", mmd_nn_softmax(builder, -1, scores), value);
}

static mmd_edge_t *scaled(mmd_builder_t *builder, const char *name, int64_t channels,
                          mmd_edge_t *x) {
  return name ? mmd_nn_binary(builder, "Mul", x, mmd_nn_weight(builder, name, 1, &channels)) : x;
}

static bool check(mmd_builder_t *builder, const mmd_attention_t *attention) {
  if (!mmd_builder_ok(builder)) return false;
  if (attention->channels > 0 && attention->channels <= INT32_MAX && attention->heads > 0 &&
      attention->channels % attention->heads == 0) {
    return true;
  }
  mmd_builder_fail(
      builder,
      MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %lld channels cannot be split into %lld attention heads",
                builder->config_path, (long long)attention->channels, (long long)attention->heads));
  return false;
}

mmd_edge_t *mmd_nn_self_attention(mmd_builder_t *builder, const char *name,
                                  const mmd_attention_t *attention, mmd_edge_t *x) {
  static const int64_t to_heads[] = {2, 0, 3, 1, 4}, swap_last[] = {0, 1, 3, 2},
                       to_tokens[] = {0, 2, 1, 3};
  if (!check(builder, attention)) return NULL;
  const int64_t channels = attention->channels, size = channels / attention->heads;
  const int64_t split[] = {0, 0, 3, attention->heads, size}, merged[] = {0, 0, channels};
  const mmd_linear_t in = {channels, 3 * channels, attention->qkv_bias};
  const mmd_linear_t out = {channels, channels, attention->proj_bias};

  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *qkv = mmd_nn_linear(builder, "qkv", &in, 3, x);
  qkv = transpose(builder, 5, to_heads, reshape(builder, 5, split, qkv));
  mmd_edge_t *query = pick(builder, 0, qkv);
  mmd_edge_t *key = transpose(builder, 4, swap_last, pick(builder, 1, qkv));
  mmd_edge_t *value = pick(builder, 2, qkv);
  x = attend(builder, size, query, key, value);
  x = reshape(builder, 3, merged, transpose(builder, 4, to_tokens, x));
  x = mmd_nn_linear(builder, "proj", &out, 3, x);
  x = scaled(builder, attention->scale_name, channels, x);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_ffn(mmd_builder_t *builder, const char *name, const mmd_ffn_t *ffn,
                       mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_linear_t linear = {ffn->channels, ffn->hidden_channels, true};
  char module[32];
  for (int i = 0; i + 1 < ffn->layers && mmd_builder_ok(builder); ++i) {
    snprintf(module, sizeof module, "layers.%d.0", i);
    x = mmd_nn_linear(builder, module, &linear, 3, x);
    x = mmd_nn_activation(builder, &ffn->activation, x);
    linear.in_features = ffn->hidden_channels;
  }
  linear.out_features = ffn->channels;
  snprintf(module, sizeof module, "layers.%d", ffn->layers - 1);
  x = mmd_nn_linear(builder, module, &linear, 3, x);
  x = scaled(builder, ffn->scale_name, ffn->channels, x);
  mmd_scope_leave(builder, mark);
  return x;
}
