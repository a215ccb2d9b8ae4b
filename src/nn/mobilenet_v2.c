// SPDX-License-Identifier: Apache-2.0
#include "nn/mobilenet_v2.h"

#include "nn/se_layer.h"

typedef struct layer_t {
  int64_t expansion, channels;
  int blocks;
  int64_t stride;
} layer_t;

static const layer_t layers[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};
enum { LAYER_COUNT = sizeof layers / sizeof layers[0] };

// The part for the expansion is missing where there is none; numbers count what is there.
static mmd_edge_t *inverted_residual(mmd_builder_t *b, const mmd_mobilenet_v2_t *net,
                                     int64_t in_channels, int64_t out_channels, int64_t stride,
                                     int64_t expansion, mmd_edge_t *x) {
  static const char *const parts[] = {"expand_conv", "depthwise_conv", "linear_conv"};
  static const char *const numbers[] = {"conv.0", "conv.1", "conv.2"};
  const char *const *names = net->has_named_parts ? parts : numbers;
  const mmd_activation_t linear = {0};
  const int64_t hidden = in_channels * expansion;
  const mmd_conv_t expand = mmd_conv_square(in_channels, hidden, 1, 1, 0);
  mmd_conv_t depthwise = mmd_conv_square(hidden, hidden, 3, stride, 1);
  depthwise.groups = hidden;
  const mmd_conv_t project = mmd_conv_square(hidden, out_channels, 1, 1, 0);
  mmd_edge_t *out = x;
  int n = expansion == 1 && net->has_named_parts;
  if (expansion != 1)
    out = mmd_nn_conv_module(b, names[n++], &expand, &net->norm, &net->activation, out);
  out = mmd_nn_conv_module(b, names[n++], &depthwise, &net->norm, &net->activation, out);
  out = mmd_nn_conv_module(b, names[n], &project, &net->norm, &linear, out);
  const bool has_shortcut = stride == 1 && in_channels == out_channels;
  return has_shortcut ? mmd_nn_binary(b, "Add", x, out) : out;
}

static mmd_edge_t *build_layer(mmd_builder_t *b, const mmd_mobilenet_v2_t *net, int index,
                               int64_t in_channels, int64_t out_channels, mmd_edge_t *x) {
  const layer_t *layer = &layers[index];
  for (int i = 0; i < layer->blocks; ++i) {
    const size_t mark = mmd_scope_enter(b, "layer%d.%d", index + 1, i);
    x = inverted_residual(b, net, in_channels, out_channels, i ? 1 : layer->stride,
                          layer->expansion, x);
    mmd_scope_leave(b, mark);
    in_channels = out_channels;
  }
  return x;
}

static bool is_wanted(const mmd_ints_t *indices, int index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

void mmd_nn_mobilenet_v2(mmd_builder_t *b, const mmd_mobilenet_v2_t *net, mmd_edge_t *x,
                         mmd_edge_t **out_items, size_t *out_count) {
  const double widen = net->widen_factor;
  int64_t channels = mmd_make_divisible(32 * widen, 8, 0.9);
  const mmd_conv_t first = mmd_conv_square(3, channels, 3, 2, 1);
  *out_count = 0;
  x = mmd_nn_conv_module(b, "conv1", &first, &net->norm, &net->activation, x);
  for (int i = 0; i < LAYER_COUNT; ++i) {
    const int64_t out_channels = mmd_make_divisible((double)layers[i].channels * widen, 8, 0.9);
    x = build_layer(b, net, i, channels, out_channels, x);
    if (is_wanted(&net->out_indices, i)) out_items[(*out_count)++] = x;
    channels = out_channels;
  }
  const int64_t last_channels = widen > 1 ? (int64_t)(1280 * widen) : 1280;
  const mmd_conv_t last = mmd_conv_square(channels, last_channels, 1, 1, 0);
  x = mmd_nn_conv_module(b, "conv2", &last, &net->norm, &net->activation, x);
  if (is_wanted(&net->out_indices, LAYER_COUNT)) out_items[(*out_count)++] = x;
}
