// SPDX-License-Identifier: Apache-2.0
//
// CSPNeXt of RTMDet (1.x): a stem of three convolutions, then stages as CSPDarknet's, with large
// separable kernels and channel attention.
#include "codebases/mmdet/models/backbones/csp_stages.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct cspnext_t {
  int arch;
  mmd_csp_backbone_t base;
  double expand_ratio;
  bool use_depthwise, channel_attention;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} cspnext_t;

static const char *const archs[] = {"P5", "P6", NULL};

static const mmd_option_t g_options[] = {
    {.name = "arch",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(cspnext_t, arch),
     .choices = archs,
     .default_text = "P5",
     .help = "Number of stages and their widths."},
    MMD_OPT_FLOAT("deepen_factor", cspnext_t, base.deepen_factor, "1.0",
                  "Scales numbers of blocks."),
    MMD_OPT_FLOAT("widen_factor", cspnext_t, base.widen_factor, "1.0", "Scales channels."),
    {.name = "expand_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(cspnext_t, expand_ratio),
     .default_text = "0.5",
     .min = 1e-6,
     .max = 64,
     .help = "Channels inside a CSP layer, by its output's."},
    MMD_OPT_INTS("out_indices", cspnext_t, base.out_indices, "[2, 3, 4]",
                 "Stages whose features are given out; 0 is the stem."),
    MMD_OPT_BOOL("use_depthwise", cspnext_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_DICT("arch_ovewrite", cspnext_t, base.arch_ovewrite, "Another list of stages."),
    MMD_OPT_INTS("spp_kernel_sizes", cspnext_t, base.spp_kernels, "[5, 9, 13]",
                 "Windows of the pyramid pooling."),
    MMD_OPT_BOOL("channel_attention", cspnext_t, channel_attention, "true",
                 "Channel attention in each CSP layer."),
    MMD_OPT_DICT("conv_cfg", cspnext_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", cspnext_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", cspnext_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("CSPNeXt", cspnext_t, g_options);

static const mmd_csp_stage_t g_p5[] = {{64, 128, 3, true, false},
                                       {128, 256, 6, true, false},
                                       {256, 512, 6, true, false},
                                       {512, 1024, 3, false, true}};
static const mmd_csp_stage_t g_p6[] = {{64, 128, 3, true, false},
                                       {128, 256, 6, true, false},
                                       {256, 512, 6, true, false},
                                       {512, 768, 3, true, false},
                                       {768, 1024, 3, false, true}};

// |stem| has the width of the first stage, and half of it inside.
static mmd_edge_t *build_stem(mmd_builder_t *b, const mmd_csp_style_t *style, int64_t half,
                              int64_t stem, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(b, "stem");
  x = mmd_nn_csp_conv(b, "0", style, 3, half, 3, 2, x);
  x = mmd_nn_csp_conv(b, "1", style, half, half, 3, 1, x);
  x = mmd_nn_csp_conv(b, "2", style, half, stem, 3, 1, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const cspnext_t *self = options;
  mmd_csp_backbone_t backbone = self->base;
  mmd_csp_style_t style = mmd_csp_style_read(b, self->norm_cfg, self->act_cfg);
  style.use_depthwise = self->use_depthwise;
  backbone.layer = (mmd_csp_layer_t){.expand_ratio = self->expand_ratio,
                                     .is_cspnext = true,
                                     .has_attention = self->channel_attention};
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (!mmd_csp_backbone_read(b, self->arch ? 5 : 4, self->arch ? g_p6 : g_p5, &backbone)) return;
  const int64_t stem = backbone.stages[0].in_channels;
  mmd_edge_t *x = build_stem(b, &style, stem / 2, stem, inputs->items[0]);
  mmd_csp_backbone_build(b, &backbone, &style, x, out_outputs);
}

const mmd_module_t mmd_mmdet_cspnext = {.codebase = "mmdet",
                                        .kind = "backbone",
                                        .type = "CSPNeXt",
                                        .options = &g_table,
                                        .build = build};
