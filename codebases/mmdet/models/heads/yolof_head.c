// SPDX-License-Identifier: Apache-2.0
//
// YOLOFHead: one level; an objectness of each anchor takes part in the scores of its classes.
#include <stdio.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/tensor_ops.h"

typedef struct yolof_head_t {
  mmd_anchor_head_t base;
  int64_t num_cls_convs, num_reg_convs;
} yolof_head_t;

#define CONVS(label, field, fallback, text)                                           \
  {                                                                                   \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(yolof_head_t, field), \
    .default_text = (fallback), .min = 0, .max = 64, .help = (text)                   \
  }
static const mmd_option_t g_options[] = {
    MMD_ANCHOR_HEAD_OPTIONS(yolof_head_t),
    CONVS("num_cls_convs", num_cls_convs, "2", "Convolutions of the tower of the classes."),
    CONVS("num_reg_convs", num_reg_convs, "4", "Convolutions of the tower of the boxes."),
    MMD_OPT_DICT("norm_cfg", yolof_head_t, base.norm_cfg, "Kind of normalisation."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("YOLOFHead", yolof_head_t, g_options);

static mmd_edge_t *tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                         int64_t count, mmd_edge_t *x) {
  const int64_t channels = plan->self->in_channels;
  const mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  for (int64_t i = 0; i < count; ++i) {
    char module[64];
    snprintf(module, sizeof module, "%s.%lld", name, (long long)i);
    x = mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, x);
  }
  return x;
}

// exp(|x|), of which the code base takes no more than this.
static mmd_edge_t *limited_exp(mmd_builder_t *b, mmd_edge_t *x) {
  return mmd_nn_binary(b, "Min", mmd_nn_unary(b, "Exp", x), mmd_nn_constant_f32(b, 1e8F));
}

// The logit of both at once: classes + objectness - log(1 + exp(classes) + exp(objectness)). The
// objectness of an anchor stands beside each of its classes.
static mmd_edge_t *normalise(mmd_builder_t *b, const mmd_anchor_plan_t *plan, mmd_edge_t *classes,
                             mmd_edge_t *objectness) {
  const int64_t per_anchor = plan->dense.score_channels;
  const int64_t count = plan->priors.levels[0].count * per_anchor;
  int64_t *places = mmd_arena_alloc_array(&b->graph->arena, (size_t)count, sizeof *places);
  if (!places) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < count; ++i) places[i] = i / per_anchor;
  objectness = mmd_nn_gather(b, 1, objectness, mmd_nn_constant_i64(b, (size_t)count, places));
  mmd_edge_t *sum = mmd_nn_binary(b, "Add", limited_exp(b, classes), limited_exp(b, objectness));
  mmd_edge_t *both = mmd_nn_binary(b, "Add", classes, objectness);
  return mmd_nn_binary(b, "Sub", both, mmd_nn_unary(b, "Log", mmd_nn_shift(b, 1, sum)));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const yolof_head_t *self = options;
  mmd_anchor_plan_t plan;
  if (!mmd_anchor_head_plan(b, &self->base, mmd_anchor_head_generator, "BN", true, inputs, &plan))
    return;
  if (plan.priors.count != 1) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.anchor_generator.strides: %d items; one is expected",
                     b->config_path, plan.priors.count));
    return;
  }
  const mmd_level_priors_t *priors = &plan.priors.levels[0];
  const int64_t channels = self->base.in_channels;
  mmd_edge_t *x = inputs->items[0];
  mmd_edge_t *classes = tower(b, &plan, "cls_subnet", self->num_cls_convs, x);
  mmd_edge_t *boxes = tower(b, &plan, "bbox_subnet", self->num_reg_convs, x);
  mmd_edge_t *objectness = mmd_head_conv(b, "object_pred", channels, priors->count, boxes);
  classes =
      mmd_head_conv(b, "cls_score", channels, priors->count * plan.dense.score_channels, classes);
  const mmd_dense_level_t level = {
      .scores = normalise(b, &plan, classes, objectness),
      .boxes = mmd_head_conv(b, "bbox_pred", channels, (int64_t)priors->count * 4, boxes),
      .priors = mmd_nn_priors(b, priors, x),
  };
  mmd_head_finish(b, &plan.dense, 1, &level, out_outputs);
}

const mmd_module_t mmd_mmdet_yolof_head = {.codebase = "mmdet",
                                           .kind = "bbox_head",
                                           .type = "YOLOFHead",
                                           .options = &g_table,
                                           .build = build};
