// SPDX-License-Identifier: Apache-2.0
#include "nn/csp_layer.h"

#include "nn/pool.h"
#include "nn/tensor_ops.h"

enum { MAX_POOLS = 16 };

mmd_csp_style_t mmd_csp_style_read(mmd_builder_t *builder, const mmd_value_t *norm_cfg,
                                   const mmd_value_t *act_cfg) {
  return (mmd_csp_style_t){
      .norm = mmd_norm_read(builder, "norm_cfg", norm_cfg, "BN", 1e-3),
      .activation = mmd_activation_read(builder, "act_cfg", act_cfg, "Swish"),
  };
}

mmd_edge_t *mmd_nn_csp_conv(mmd_builder_t *builder, const char *name, const mmd_csp_style_t *style,
                            int64_t in_channels, int64_t out_channels, int64_t kernel,
                            int64_t stride, mmd_edge_t *x) {
  const mmd_conv_t conv =
      mmd_conv_square(in_channels, out_channels, kernel, stride, (kernel - 1) / 2);
  return mmd_nn_conv_module(builder, name, &conv, &style->norm, &style->activation, x);
}

mmd_edge_t *mmd_nn_separable_conv(mmd_builder_t *builder, const char *name,
                                  const mmd_csp_style_t *style, int64_t in_channels,
                                  int64_t out_channels, int64_t kernel, int64_t stride,
                                  mmd_edge_t *x) {
  const mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, kernel, stride, kernel / 2);
  return mmd_nn_conv_module_separable(builder, name, &conv, &style->norm, &style->activation, x);
}

mmd_edge_t *mmd_nn_csp_wide_conv(mmd_builder_t *builder, const char *name,
                                 const mmd_csp_style_t *style, int64_t in_channels,
                                 int64_t out_channels, int64_t kernel, int64_t stride,
                                 mmd_edge_t *x) {
  return (style->use_depthwise ? mmd_nn_separable_conv : mmd_nn_csp_conv)(
      builder, name, style, in_channels, out_channels, kernel, stride, x);
}

// DarknetBottleneck, or CSPNeXtBlock with its large separable kernel.
static mmd_edge_t *bottleneck(mmd_builder_t *builder, int64_t index, const mmd_csp_style_t *style,
                              const mmd_csp_layer_t *layer, int64_t channels, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(builder, "blocks.%lld", (long long)index);
  mmd_edge_t *out;
  if (layer->is_cspnext) {
    out = mmd_nn_csp_wide_conv(builder, "conv1", style, channels, channels, 3, 1, x);
    out = mmd_nn_separable_conv(builder, "conv2", style, channels, channels, 5, 1, out);
  } else {
    out = mmd_nn_csp_conv(builder, "conv1", style, channels, channels, 1, 1, x);
    out = mmd_nn_csp_wide_conv(builder, "conv2", style, channels, channels, 3, 1, out);
  }
  mmd_scope_leave(builder, mark);
  return layer->add_identity ? mmd_nn_binary(builder, "Add", out, x) : out;
}

// ChannelAttention: channels scaled by what all averages say.
static mmd_edge_t *attend(mmd_builder_t *builder, int64_t channels, mmd_edge_t *x) {
  mmd_conv_t fc = mmd_conv_square(channels, channels, 1, 1, 0);
  mmd_node_t *node;
  fc.bias = true;
  const size_t mark = mmd_scope_enter(builder, "attention");
  mmd_edge_t *scale = mmd_nn_global_average_pool(builder, x);
  scale = mmd_nn_conv(builder, "fc", &fc, scale);
  scale = mmd_nn_op(builder, "HardSigmoid", 1, &scale, &node);
  mmd_nn_set_float(builder, node, "alpha", 1. / 6);  // as PyTorch's Hardsigmoid
  x = mmd_nn_binary(builder, "Mul", x, scale);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_csp_layer(mmd_builder_t *builder, const char *name, const mmd_csp_style_t *style,
                             const mmd_csp_layer_t *layer, mmd_edge_t *x) {
  const double ratio = layer->expand_ratio > 0 ? layer->expand_ratio : 0.5;
  const int64_t in = layer->in_channels, middle = (int64_t)((double)layer->out_channels * ratio);
  mmd_edge_t *parts[2];
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  parts[1] = mmd_nn_csp_conv(builder, "short_conv", style, in, middle, 1, 1, x);
  parts[0] = mmd_nn_csp_conv(builder, "main_conv", style, in, middle, 1, 1, x);
  for (int64_t i = 0; i < layer->blocks && mmd_builder_ok(builder); ++i)
    parts[0] = bottleneck(builder, i, style, layer, middle, parts[0]);
  x = mmd_nn_concat(builder, 1, 2, parts);
  if (layer->has_attention) x = attend(builder, 2 * middle, x);
  x = mmd_nn_csp_conv(builder, "final_conv", style, 2 * middle, layer->out_channels, 1, 1, x);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_spp_bottleneck(mmd_builder_t *builder, const char *name,
                                  const mmd_csp_style_t *style, int64_t in_channels,
                                  int64_t out_channels, int count, const int64_t *kernels,
                                  mmd_edge_t *x) {
  mmd_edge_t *parts[MAX_POOLS + 1];
  const int64_t middle = in_channels / 2;
  if (count > MAX_POOLS) count = MAX_POOLS;
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  parts[0] = mmd_nn_csp_conv(builder, "conv1", style, in_channels, middle, 1, 1, x);
  for (int i = 0; i < count; ++i) {
    const mmd_pool2d_t pool = {.kernel = kernels[i], .stride = 1, .padding = kernels[i] / 2};
    parts[i + 1] = mmd_nn_max_pool(builder, &pool, parts[0]);
  }
  x = mmd_nn_concat(builder, 1, (size_t)count + 1, parts);
  x = mmd_nn_csp_conv(builder, "conv2", style, middle * (count + 1), out_channels, 1, 1, x);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_focus(mmd_builder_t *builder, mmd_edge_t *x) {
  static const int64_t ends[] = {INT64_MAX, INT64_MAX}, axes[] = {2, 3}, steps[] = {2, 2};
  static const int64_t starts[4][2] = {{0, 0}, {1, 0}, {0, 1}, {1, 1}};
  mmd_edge_t *parts[4];
  for (int i = 0; i < 4; ++i) {
    mmd_edge_t *const inputs[] = {
        x, mmd_nn_constant_i64(builder, 2, starts[i]), mmd_nn_constant_i64(builder, 2, ends),
        mmd_nn_constant_i64(builder, 2, axes), mmd_nn_constant_i64(builder, 2, steps)};
    parts[i] = mmd_nn_op(builder, "Slice", 5, inputs, NULL);
  }
  return mmd_nn_concat(builder, 1, 4, parts);
}
