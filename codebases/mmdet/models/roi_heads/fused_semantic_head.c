// SPDX-License-Identifier: Apache-2.0
//
// FusedSemanticHead: all maps at the size of one, added, and convolutions behind; its features, not
// its classes, are what other heads use.
#include <stdio.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/upsample.h"

typedef struct semantic_t {
  int64_t num_ins, fusion_level, num_convs, in_channels, conv_out_channels;
  const mmd_value_t *conv_cfg, *norm_cfg;
} semantic_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_ins", semantic_t, num_ins, "Number of maps."),
    {.name = "fusion_level",
     .type = MMD_OPTION_INT,
     .offset = offsetof(semantic_t, fusion_level),
     .max = MMD_MAX_FEATURES - 1,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Map whose size all get."},
    {.name = "num_convs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(semantic_t, num_convs),
     .default_text = "4",
     .max = 64,
     .help = "Convolutions behind."},
    MMD_OPT_COUNT("in_channels", semantic_t, in_channels, "256", "Channels of the maps."),
    MMD_OPT_COUNT("conv_out_channels", semantic_t, conv_out_channels, "256",
                  "Channels of the convolutions."),
    MMD_OPT_DICT("conv_cfg", semantic_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", semantic_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_TRAINING("num_classes"),
    MMD_OPT_TRAINING("ignore_label"),
    MMD_OPT_TRAINING("loss_weight"),
    MMD_OPT_TRAINING("loss_seg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("FusedSemanticHead", semantic_t, g_options);

static bool check(mmd_builder_t *b, const semantic_t *self, const mmd_features_t *inputs) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  const int64_t found = mmd_nn_size(inputs->items[0], 1);
  if (self->num_ins != (int64_t)inputs->count || self->fusion_level >= self->num_ins) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s: num_ins %lld and fusion_level %lld do not go with %zu maps",
                                  b->config_path, (long long)self->num_ins,
                                  (long long)self->fusion_level, inputs->count));
  } else if (found >= 0 && found != self->in_channels) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.in_channels: %lld, but the module before gives %lld channels",
                                  b->config_path, (long long)self->in_channels, (long long)found));
  }
  return mmd_builder_ok(b);
}

typedef struct plan_t {
  const semantic_t *self;
  mmd_norm_t norm;
  mmd_activation_t relu;
} plan_t;

static mmd_edge_t *module(mmd_builder_t *b, const plan_t *plan, const char *name,
                          int64_t in_channels, int64_t out_channels, int64_t kernel,
                          mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, kernel, 1, kernel / 2);
  conv.cfg = plan->self->conv_cfg;
  return mmd_nn_conv_module(b, name, &conv, &plan->norm, &plan->relu, x);
}

// The maps in the size of the fusion level; that one stands first in the sum.
static mmd_edge_t *fuse(mmd_builder_t *b, const plan_t *plan, const mmd_features_t *inputs) {
  const int64_t channels = plan->self->in_channels, level = plan->self->fusion_level;
  mmd_edge_t *sum = NULL, *like = inputs->items[level];
  for (int64_t i = -1; i < plan->self->num_ins && mmd_builder_ok(b); ++i) {
    const int64_t index = i < 0 ? level : i;
    mmd_edge_t *x = inputs->items[index];
    char name[48];
    if (i == level) continue;
    if (i >= 0) x = mmd_nn_upsample_like(b, MMD_UPSAMPLE_BILINEAR_CORNERS, x, like);
    snprintf(name, sizeof name, "lateral_convs.%lld", (long long)index);
    x = module(b, plan, name, channels, channels, 1, x);
    sum = sum ? mmd_nn_binary(b, "Add", sum, x) : x;
  }
  return sum;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const semantic_t *self = options;
  plan_t plan = {
      .self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}, .relu = {.type = "ReLU"}};
  if (!check(b, self, inputs)) return;
  if (self->norm_cfg) plan.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  mmd_edge_t *x = fuse(b, &plan, inputs);
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    char name[48];
    snprintf(name, sizeof name, "convs.%lld", (long long)i);
    x = module(b, &plan, name, i ? self->conv_out_channels : self->in_channels,
               self->conv_out_channels, 3, x);
  }
  out_outputs->items[0] =
      module(b, &plan, "conv_embedding", self->conv_out_channels, self->conv_out_channels, 1, x);
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_fused_semantic_head = {.codebase = "mmdet",
                                                    .kind = "semantic_head",
                                                    .type = "FusedSemanticHead",
                                                    .options = &g_table,
                                                    .build = build};
