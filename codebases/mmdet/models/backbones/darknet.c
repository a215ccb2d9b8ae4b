// SPDX-License-Identifier: Apache-2.0
//
// Darknet-53: stages of a strided convolution and residual blocks.
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "codebases/mmdet/models/yolov3_style.h"

typedef struct darknet_t {
  int64_t depth;
  mmd_ints_t out_indices;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} darknet_t;

static const mmd_option_t g_options[] = {
    {.name = "depth",
     .type = MMD_OPTION_INT,
     .offset = offsetof(darknet_t, depth),
     .default_text = "53",
     .min = 53,
     .max = 53,
     .help = "Number of layers."},
    MMD_OPT_INTS("out_indices", darknet_t, out_indices, "[3, 4, 5]",
                 "Stages whose features are given out; 0 is the first convolution."),
    MMD_OPT_DICT("conv_cfg", darknet_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", darknet_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", darknet_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("Darknet", darknet_t, g_options);

static const int g_blocks[] = {1, 2, 8, 8, 4};
enum { STAGES = sizeof g_blocks / sizeof *g_blocks, STEM_CHANNELS = 32 };

static mmd_edge_t *build_block(mmd_builder_t *b, const mmd_csp_style_t *style, int index,
                               int64_t channels, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(b, "res%d", index);
  mmd_edge_t *out = mmd_nn_csp_conv(b, "conv1", style, channels, channels / 2, 1, 1, x);
  out = mmd_nn_csp_conv(b, "conv2", style, channels / 2, channels, 3, 1, out);
  mmd_scope_leave(b, mark);
  return mmd_nn_binary(b, "Add", out, x);
}

static mmd_edge_t *build_stage(mmd_builder_t *b, const mmd_csp_style_t *style, int index,
                               mmd_edge_t *x) {
  const int64_t in = (int64_t)STEM_CHANNELS << index, out = 2 * in;
  const size_t mark = mmd_scope_enter(b, "conv_res_block%d", index + 1);
  x = mmd_nn_csp_conv(b, "conv", style, in, out, 3, 2, x);
  for (int i = 0; i < g_blocks[index]; ++i) x = build_block(b, style, i, out, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void give_out(const darknet_t *self, int index, mmd_edge_t *x, mmd_features_t *out_outputs) {
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] != index) continue;
    out_outputs->items[out_outputs->count++] = x;
    return;
  }
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const darknet_t *self = options;
  const mmd_csp_style_t style = mmd_yolov3_style_read(b, self->norm_cfg, self->act_cfg);
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_edge_t *x = mmd_nn_csp_conv(b, "conv1", &style, 3, STEM_CHANNELS, 3, 1, inputs->items[0]);
  give_out(self, 0, x, out_outputs);
  for (int i = 0; i < STAGES; ++i) {
    x = build_stage(b, &style, i, x);
    give_out(self, i + 1, x, out_outputs);
  }
}

const mmd_module_t mmd_mmdet_darknet = {.codebase = "mmdet",
                                        .kind = "backbone",
                                        .type = "Darknet",
                                        .options = &g_table,
                                        .build = build};
