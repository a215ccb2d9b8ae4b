// SPDX-License-Identifier: Apache-2.0
//
// DilatedEncoder of YOLOF: the last map alone, through residual blocks with growing dilation.
#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"

typedef struct dilated_encoder_t {
  int64_t in_channels, out_channels, block_mid_channels, num_residual_blocks;
  mmd_ints_t block_dilations;
} dilated_encoder_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("in_channels", dilated_encoder_t, in_channels, "Channels of the input."),
    MMD_OPT_COUNT_REQUIRED("out_channels", dilated_encoder_t, out_channels,
                           "Channels of the output."),
    MMD_OPT_COUNT_REQUIRED("block_mid_channels", dilated_encoder_t, block_mid_channels,
                           "Channels within a block."),
    MMD_OPT_COUNT_REQUIRED("num_residual_blocks", dilated_encoder_t, num_residual_blocks,
                           "Number of blocks."),
    {.name = "block_dilations",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(dilated_encoder_t, block_dilations),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Dilation of each block."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("DilatedEncoder", dilated_encoder_t, g_options);

static const mmd_norm_t g_norm = {
    .kind = MMD_NORM_BATCH, .eps = 1e-5, .affine = true, .abbr = "bn"};

static mmd_edge_t *conv_and_norm(mmd_builder_t *b, const char *conv_name, const char *norm_name,
                                 int64_t in, int64_t out, int64_t kernel, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in, out, kernel, 1, kernel / 2);
  conv.bias = true;
  return mmd_nn_norm(b, norm_name, &g_norm, out, mmd_nn_conv(b, conv_name, &conv, x));
}

static mmd_edge_t *build_block(mmd_builder_t *b, const dilated_encoder_t *self, int64_t index,
                               mmd_edge_t *x) {
  const int64_t dilation = self->block_dilations.items[index], middle = self->block_mid_channels;
  const mmd_activation_t relu = {.type = "ReLU"};
  const mmd_conv_t narrow = mmd_conv_square(self->out_channels, middle, 1, 1, 0);
  const mmd_conv_t wide = mmd_conv_square(middle, self->out_channels, 1, 1, 0);
  mmd_conv_t dilated = mmd_conv_square(middle, middle, 3, 1, dilation);
  dilated.dilation[0] = dilated.dilation[1] = dilation;
  const size_t mark = mmd_scope_enter(b, "dilated_encoder_blocks.%lld", (long long)index);
  mmd_edge_t *out = mmd_nn_conv_module(b, "conv1", &narrow, &g_norm, &relu, x);
  out = mmd_nn_conv_module(b, "conv2", &dilated, &g_norm, &relu, out);
  out = mmd_nn_conv_module(b, "conv3", &wide, &g_norm, &relu, out);
  mmd_scope_leave(b, mark);
  return mmd_nn_binary(b, "Add", out, x);
}

static bool check(mmd_builder_t *b, const dilated_encoder_t *self, const mmd_features_t *inputs) {
  if (self->num_residual_blocks > self->block_dilations.count) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.block_dilations: %d items, but num_residual_blocks is %lld",
                                  b->config_path, self->block_dilations.count,
                                  (long long)self->num_residual_blocks));
  }
  return mmd_check_last_channels(b, inputs, "in_channels", self->in_channels);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const dilated_encoder_t *self = options;
  if (!check(b, self, inputs)) return;
  mmd_edge_t *x = inputs->items[inputs->count - 1];
  x = conv_and_norm(b, "lateral_conv", "lateral_norm", self->in_channels, self->out_channels, 1, x);
  x = conv_and_norm(b, "fpn_conv", "fpn_norm", self->out_channels, self->out_channels, 3, x);
  for (int64_t i = 0; i < self->num_residual_blocks; ++i) x = build_block(b, self, i, x);
  out_outputs->items[out_outputs->count++] = x;
}

const mmd_module_t mmd_mmdet_dilated_encoder = {.codebase = "mmdet",
                                                .kind = "neck",
                                                .type = "DilatedEncoder",
                                                .options = &g_table,
                                                .build = build};
