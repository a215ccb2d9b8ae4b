// SPDX-License-Identifier: Apache-2.0
//
// CSPDarknet of YOLOX: a focus stem, then stages of a strided convolution and a CSP layer; spatial
// pyramid pooling in the last.
#include "codebases/mmdet/models/backbones/csp_stages.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct csp_darknet_t {
  int arch;
  mmd_csp_backbone_t base;
  bool use_depthwise;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} csp_darknet_t;

static const char *const archs[] = {"P5", "P6", NULL};

static const mmd_option_t g_options[] = {
    {.name = "arch",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(csp_darknet_t, arch),
     .choices = archs,
     .default_text = "P5",
     .help = "Number of stages and their widths."},
    MMD_OPT_FLOAT("deepen_factor", csp_darknet_t, base.deepen_factor, "1.0",
                  "Scales numbers of blocks."),
    MMD_OPT_FLOAT("widen_factor", csp_darknet_t, base.widen_factor, "1.0", "Scales channels."),
    MMD_OPT_INTS("out_indices", csp_darknet_t, base.out_indices, "[2, 3, 4]",
                 "Stages whose features are given out; 0 is the stem."),
    MMD_OPT_BOOL("use_depthwise", csp_darknet_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_DICT("arch_ovewrite", csp_darknet_t, base.arch_ovewrite, "Another list of stages."),
    MMD_OPT_INTS("spp_kernal_sizes", csp_darknet_t, base.spp_kernels, "[5, 9, 13]",
                 "Windows of the pyramid pooling."),
    MMD_OPT_DICT("conv_cfg", csp_darknet_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", csp_darknet_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", csp_darknet_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("CSPDarknet", csp_darknet_t, g_options);

static const mmd_csp_stage_t g_p5[] = {{64, 128, 3, true, false},
                                       {128, 256, 9, true, false},
                                       {256, 512, 9, true, false},
                                       {512, 1024, 3, false, true}};
static const mmd_csp_stage_t g_p6[] = {{64, 128, 3, true, false},
                                       {128, 256, 9, true, false},
                                       {256, 512, 9, true, false},
                                       {512, 768, 3, true, false},
                                       {768, 1024, 3, false, true}};

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const csp_darknet_t *self = options;
  mmd_csp_backbone_t backbone = self->base;
  mmd_csp_style_t style = mmd_csp_style_read(b, self->norm_cfg, self->act_cfg);
  style.use_depthwise = self->use_depthwise;
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (!mmd_csp_backbone_read(b, self->arch ? 5 : 4, self->arch ? g_p6 : g_p5, &backbone)) return;
  const size_t mark = mmd_scope_enter(b, "stem");
  mmd_edge_t *x = mmd_nn_focus(b, inputs->items[0]);
  x = mmd_nn_csp_conv(b, "conv", &style, 12, backbone.stages[0].in_channels, 3, 1, x);
  mmd_scope_leave(b, mark);
  mmd_csp_backbone_build(b, &backbone, &style, x, out_outputs);
}

const mmd_module_t mmd_mmdet_csp_darknet = {.codebase = "mmdet",
                                            .kind = "backbone",
                                            .type = "CSPDarknet",
                                            .options = &g_table,
                                            .build = build};
