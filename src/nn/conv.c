// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"

mmd_conv_t mmd_conv_square(int64_t in_channels, int64_t out_channels, int64_t kernel,
                           int64_t stride, int64_t padding) {
  return (mmd_conv_t){.in_channels = in_channels,
                      .out_channels = out_channels,
                      .kernel = {kernel, kernel},
                      .stride = {stride, stride},
                      .padding = {padding, padding},
                      .dilation = {1, 1},
                      .groups = 1};
}

void mmd_conv_check_cfg(mmd_builder_t *builder, const mmd_value_t *cfg) {
  static const char *const plain[] = {"Conv2d", "Conv"};
  if (mmd_value_is_null(cfg)) return;
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  for (size_t i = 0; i < sizeof plain / sizeof plain[0]; ++i) {
    if (mmd_str_equal(type, plain[i]) && mmd_object_size(cfg) == 1) return;
  }
  mmd_builder_fail(builder, MMD_ERROR(MMD_NOT_SUPPORTED,
                                      "%s.conv_cfg: type '%s' with %zu options is not supported, "
                                      "only Conv2d without any",
                                      builder->config_path, type, mmd_object_size(cfg)));
}

static int64_t at_least_one(int64_t number) {
  return number ? number : 1;
}

static void set_attributes(mmd_builder_t *builder, mmd_node_t *node, const mmd_conv_t *conv) {
  const int64_t kernel[] = {at_least_one(conv->kernel[0]), at_least_one(conv->kernel[1])};
  const int64_t stride[] = {at_least_one(conv->stride[0]), at_least_one(conv->stride[1])};
  const int64_t dilation[] = {at_least_one(conv->dilation[0]), at_least_one(conv->dilation[1])};
  const int64_t pads[] = {conv->padding[0], conv->padding[1], conv->padding[0], conv->padding[1]};
  mmd_nn_set_ints(builder, node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(builder, node, "strides", 2, stride);
  mmd_nn_set_ints(builder, node, "pads", 4, pads);
  mmd_nn_set_ints(builder, node, "dilations", 2, dilation);
  mmd_nn_set_int(builder, node, "group", at_least_one(conv->groups));
}

// What would otherwise end in a negative weight shape or a division by zero.
static bool check(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv) {
  const int64_t groups = at_least_one(conv->groups);
  if (conv->in_channels > 0 && conv->out_channels > 0 && groups > 0 &&
      conv->in_channels % groups == 0 && conv->out_channels % groups == 0 && conv->kernel[0] >= 0 &&
      conv->kernel[1] >= 0 && conv->stride[0] >= 0 && conv->stride[1] >= 0 &&
      conv->padding[0] >= 0 && conv->padding[1] >= 0 && conv->dilation[0] >= 0 &&
      conv->dilation[1] >= 0) {
    return true;
  }
  mmd_builder_fail(builder,
                   MMD_ERROR(MMD_INVALID_ARGUMENT,
                             "%s: convolution '%s' of %lld to %lld channels in %lld groups, stride "
                             "%lld, dilation %lld is impossible",
                             builder->config_path, name, (long long)conv->in_channels,
                             (long long)conv->out_channels, (long long)groups,
                             (long long)conv->stride[0], (long long)conv->dilation[0]));
  return false;
}

mmd_edge_t *mmd_nn_conv(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                        mmd_edge_t *x) {
  if (!mmd_builder_ok(builder) || !check(builder, name, conv)) return NULL;
  const int64_t dims[] = {conv->out_channels, conv->in_channels / at_least_one(conv->groups),
                          at_least_one(conv->kernel[0]), at_least_one(conv->kernel[1])};
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *inputs[3] = {x, mmd_nn_weight(builder, "weight", 4, dims), NULL};
  if (conv->bias) inputs[2] = mmd_nn_weight(builder, "bias", 1, dims);
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Conv", conv->bias ? 3 : 2, inputs, &node);
  set_attributes(builder, node, conv);
  mmd_scope_leave(builder, mark);
  return out;
}
