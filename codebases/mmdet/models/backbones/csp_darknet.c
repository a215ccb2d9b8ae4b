// SPDX-License-Identifier: Apache-2.0
//
// CSPDarknet of YOLOX: a focus stem, then stages of a strided convolution and a CSP layer; spatial
// pyramid pooling in the last.
#include <math.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/csp_layer.h"

typedef struct csp_darknet_t {
  int arch;
  double deepen_factor, widen_factor;
  mmd_ints_t out_indices, spp_kernels;
  bool use_depthwise;
  const mmd_value_t *arch_ovewrite, *conv_cfg, *norm_cfg, *act_cfg;
} csp_darknet_t;

static const char *const archs[] = {"P5", "P6", NULL};

static const mmd_option_t g_options[] = {
    {.name = "arch",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(csp_darknet_t, arch),
     .choices = archs,
     .default_text = "P5",
     .help = "Number of stages and their widths."},
    MMD_OPT_FLOAT("deepen_factor", csp_darknet_t, deepen_factor, "1.0",
                  "Scales numbers of blocks."),
    MMD_OPT_FLOAT("widen_factor", csp_darknet_t, widen_factor, "1.0", "Scales channels."),
    MMD_OPT_INTS("out_indices", csp_darknet_t, out_indices, "[2, 3, 4]",
                 "Stages whose features are given out; 0 is the stem."),
    MMD_OPT_BOOL("use_depthwise", csp_darknet_t, use_depthwise, "false",
                 "Depthwise separable convolutions."),
    MMD_OPT_DICT("arch_ovewrite", csp_darknet_t, arch_ovewrite, "Another list of stages."),
    MMD_OPT_INTS("spp_kernal_sizes", csp_darknet_t, spp_kernels, "[5, 9, 13]",
                 "Windows of the pyramid pooling."),
    MMD_OPT_DICT("conv_cfg", csp_darknet_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", csp_darknet_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", csp_darknet_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("CSPDarknet", csp_darknet_t, g_options);

typedef struct stage_t {
  int in_channels, out_channels, blocks;
  bool add_identity, use_spp;
} stage_t;

enum { MAX_STAGES = 5 };
static const stage_t g_stages[][MAX_STAGES] = {
    {{64, 128, 3, true, false},
     {128, 256, 9, true, false},
     {256, 512, 9, true, false},
     {512, 1024, 3, false, true}},
    {{64, 128, 3, true, false},
     {128, 256, 9, true, false},
     {256, 512, 9, true, false},
     {512, 768, 3, true, false},
     {768, 1024, 3, false, true}},
};

static int64_t widened(const csp_darknet_t *self, int channels) {
  return (int64_t)(channels * self->widen_factor);
}

static mmd_edge_t *build_stage(mmd_builder_t *b, const csp_darknet_t *self,
                               const mmd_csp_style_t *style, const stage_t *stage, mmd_edge_t *x) {
  const int64_t in = widened(self, stage->in_channels), out = widened(self, stage->out_channels);
  const double blocks = rint(stage->blocks * self->deepen_factor);  // half to even, as Python
  const mmd_csp_layer_t layer = {out, out, blocks < 1 ? 1 : (int64_t)blocks, stage->add_identity};
  x = mmd_nn_csp_conv(b, "0", style, in, out, 3, 2, x);
  if (stage->use_spp) {
    x = mmd_nn_spp_bottleneck(b, "1", style, out, out, self->spp_kernels.count,
                              self->spp_kernels.items, x);
  }
  return mmd_nn_csp_layer(b, stage->use_spp ? "2" : "1", style, &layer, x);
}

static bool is_wanted(const mmd_ints_t *indices, int64_t index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

static bool check(mmd_builder_t *b, const csp_darknet_t *self) {
  const bool is_odd = self->use_depthwise || !mmd_value_is_null(self->arch_ovewrite);
  const bool fits = self->widen_factor > 0 && self->widen_factor < 64 && self->deepen_factor > 0 &&
                    self->deepen_factor < 64 && widened(self, 64) > 0;
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (is_odd) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s is not supported", b->config_path,
                                  self->use_depthwise ? "use_depthwise" : "arch_ovewrite"));
  } else if (!fits) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: widen_factor %g and deepen_factor %g are impossible",
                     b->config_path, self->widen_factor, self->deepen_factor));
  }
  return mmd_builder_ok(b);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const csp_darknet_t *self = options;
  const mmd_csp_style_t style = mmd_csp_style_read(b, self->norm_cfg, self->act_cfg);
  if (!check(b, self)) return;
  size_t mark = mmd_scope_enter(b, "stem");
  mmd_edge_t *x = mmd_nn_focus(b, inputs->items[0]);
  x = mmd_nn_csp_conv(b, "conv", &style, 12, widened(self, 64), 3, 1, x);
  mmd_scope_leave(b, mark);
  if (is_wanted(&self->out_indices, 0)) out_outputs->items[out_outputs->count++] = x;
  for (int i = 0; i < MAX_STAGES && g_stages[self->arch][i].blocks; ++i) {
    mark = mmd_scope_enter(b, "stage%d", i + 1);
    x = build_stage(b, self, &style, &g_stages[self->arch][i], x);
    mmd_scope_leave(b, mark);
    if (is_wanted(&self->out_indices, i + 1)) out_outputs->items[out_outputs->count++] = x;
  }
}

const mmd_module_t mmd_mmdet_csp_darknet = {.codebase = "mmdet",
                                            .kind = "backbone",
                                            .type = "CSPDarknet",
                                            .options = &g_table,
                                            .build = build};
