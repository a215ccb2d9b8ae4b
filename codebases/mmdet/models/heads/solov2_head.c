// SPDX-License-Identifier: Apache-2.0
//
// SOLOV2Head: each cell predicts the weights of a 1x1 convolution; over one map of features, made
// of several levels (MaskFeatModule), it gives the cell's mask.
#include <stdio.h>

#include "base/alloc.h"
#include "codebases/mmdet/models/heads/solo_head.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct solov2_head_t {
  mmd_solo_head_t base;
  const mmd_value_t *mask_feature_head;
  int64_t dynamic_conv_size;
} solov2_head_t;

static const mmd_option_t g_options[] = {
    MMD_SOLO_HEAD_OPTIONS(solov2_head_t),
    MMD_OPT_DICT_REQUIRED("mask_feature_head", solov2_head_t, mask_feature_head,
                          "Features that masks are made of."),
    MMD_OPT_COUNT("dynamic_conv_size", solov2_head_t, dynamic_conv_size, "1",
                  "Side of the predicted kernels."),
    MMD_OPT_DICT("dcn_cfg", solov2_head_t, base.dcn_cfg, "Kind of the towers' convolutions."),
    MMD_OPT_BOOL("dcn_apply_to_all_conv", solov2_head_t, base.dcn_apply_to_all_conv, "true",
                 "dcn_cfg is for all of them, not for the last one alone."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SOLOV2Head", solov2_head_t, g_options);

typedef struct mask_feature_t {
  int64_t in_channels, feat_channels, out_channels, start_level, end_level, mask_stride;
  const mmd_value_t *conv_cfg, *norm_cfg;
} mask_feature_t;

static const mmd_option_t g_feature_options[] = {
    MMD_OPT_COUNT("in_channels", mask_feature_t, in_channels, "1", "Set by the head."),
    MMD_OPT_COUNT_REQUIRED("feat_channels", mask_feature_t, feat_channels, "Channels inside."),
    MMD_OPT_COUNT_REQUIRED("out_channels", mask_feature_t, out_channels, "Channels of the map."),
    MMD_OPT_INT("start_level", mask_feature_t, start_level, "0", "First input that is used."),
    MMD_OPT_INT("end_level", mask_feature_t, end_level, "0", "Last input that is used."),
    MMD_OPT_COUNT("mask_stride", mask_feature_t, mask_stride, "4", "Stride of the map."),
    MMD_OPT_DICT("conv_cfg", mask_feature_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", mask_feature_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_feature_table =
    MMD_OPTION_TABLE("MaskFeatModule", mask_feature_t, g_feature_options);

//===--- mask features -----------------------------------------------------===//

typedef struct feature_plan_t {
  const mask_feature_t *self;
  int64_t in_channels;
  mmd_norm_t norm;
  mmd_activation_t relu;
} feature_plan_t;

static mmd_edge_t *feature_conv(mmd_builder_t *b, const feature_plan_t *plan, const char *name,
                                int64_t in_channels, int64_t out_channels, int64_t kernel,
                                mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, kernel, 1, kernel / 2);
  conv.cfg = plan->self->conv_cfg;
  return mmd_nn_conv_module(b, name, &conv, &plan->norm, &plan->relu, x);
}

// Input |level|, doubled |level| times. The last one knows where it is.
static mmd_edge_t *feature_level(mmd_builder_t *b, const feature_plan_t *plan, int64_t level,
                                 mmd_edge_t *x) {
  const mask_feature_t *self = plan->self;
  const bool has_coordinates = level == self->end_level && level > self->start_level;
  int64_t channels = plan->in_channels + (has_coordinates ? 2 : 0);
  if (has_coordinates) x = mmd_solo_with_coordinates(b, x);
  const size_t mark =
      mmd_scope_enter(b, "convs_all_levels.%lld", (long long)(level - self->start_level));
  for (int64_t i = 0; i < (level ? level : 1) && mmd_builder_ok(b); ++i) {
    char name[32];
    snprintf(name, sizeof name, "conv%lld", (long long)i);
    x = feature_conv(b, plan, name, channels, self->feat_channels, 3, x);
    if (level) x = mmd_nn_upsample(b, MMD_UPSAMPLE_BILINEAR, 2, x);
    channels = self->feat_channels;
  }
  mmd_scope_leave(b, mark);
  return x;
}

static bool check_levels(mmd_builder_t *b, const mask_feature_t *self, size_t count) {
  // A single level above the first would get coordinates that it has no weights for.
  const bool is_good = self->start_level >= 0 && self->end_level < (int64_t)count &&
                       (self->start_level < self->end_level || self->end_level == 0);
  if (is_good) return true;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_OUT_OF_RANGE,
                   "%s.mask_feature_head: start_level %lld and end_level %lld; levels 0 to %zu in "
                   "this order are possible",
                   b->config_path, (long long)self->start_level, (long long)self->end_level,
                   count - 1));
  return false;
}

static mmd_edge_t *build_features(mmd_builder_t *b, const mask_feature_t *self, int64_t in_channels,
                                  const mmd_features_t *inputs) {
  feature_plan_t plan = {.self = self, .in_channels = in_channels, .relu = {.type = "ReLU"}};
  mmd_edge_t *sum = NULL;
  plan.norm = (mmd_norm_t){.kind = MMD_NORM_NONE, .abbr = ""};
  if (self->norm_cfg)
    plan.norm = mmd_norm_read(b, "mask_feature_head.norm_cfg", self->norm_cfg, "GN", 1e-5);
  if (!mmd_builder_ok(b) || !check_levels(b, self, inputs->count)) return NULL;
  const size_t mark = mmd_scope_enter(b, "mask_feature_head");
  for (int64_t i = self->start_level; i <= self->end_level && mmd_builder_ok(b); ++i) {
    mmd_edge_t *x = feature_level(b, &plan, i, inputs->items[i]);
    sum = sum ? mmd_nn_binary(b, "Add", sum, x) : x;
  }
  sum = feature_conv(b, &plan, "conv_pred", self->feat_channels, self->out_channels, 1, sum);
  mmd_scope_leave(b, mark);
  return sum;
}

//===--- cells -------------------------------------------------------------===//

static mmd_edge_t *predict(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                           int64_t channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(plan->self->feat_channels, channels, 3, 1, 1);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

static mmd_edge_t *tower(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                         int64_t extra, mmd_edge_t *x) {
  for (int64_t i = 0; i < plan->self->stacked_convs && mmd_builder_ok(b); ++i)
    x = mmd_solo_tower_conv(b, plan, name, i, extra, x);
  return x;
}

// Scores and kernels of a level's cells, [batch, cells, ...].
static void build_level(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level, int64_t channels,
                        mmd_edge_t **out_scores, mmd_edge_t **out_kernels) {
  const int64_t grid = plan->self->num_grids.items[level];
  mmd_edge_t *x = plan->inputs[level], *parts[3];
  parts[0] = mmd_solo_to_grid(b, grid, x);
  parts[1] = mmd_solo_to_grid(b, grid, mmd_solo_coordinate(b, 3, x));
  parts[2] = mmd_solo_to_grid(b, grid, mmd_solo_coordinate(b, 2, x));
  mmd_edge_t *kernels = tower(b, plan, "kernel_convs", 2, mmd_nn_concat(b, 1, 3, parts));
  mmd_edge_t *scores = tower(b, plan, "cls_convs", 0, parts[0]);
  scores = predict(b, plan, "conv_cls", plan->self->num_classes, scores);
  *out_kernels =
      mmd_nn_flatten_map(b, channels, predict(b, plan, "conv_kernel", channels, kernels));
  *out_scores = mmd_solo_scores(b, plan, scores);
}

// The stride of each cell's level.
static mmd_edge_t *cell_strides(mmd_builder_t *b, const mmd_solo_head_t *self) {
  int64_t count = 0, k = 0;
  for (int i = 0; i < self->num_grids.count; ++i)
    count += self->num_grids.items[i] * self->num_grids.items[i];
  float *numbers = mmd_alloc_array((size_t)count, sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int i = 0; i < self->num_grids.count; ++i) {
    const int64_t cells = self->num_grids.items[i] * self->num_grids.items[i];
    for (int64_t n = 0; n < cells; ++n) numbers[k++] = (float)self->strides.items[i];
  }
  mmd_edge_t *edge = mmd_nn_constant_f32s(b, 1, &count, numbers);
  mmd_free(numbers);
  return edge;
}

// Each kernel [batch, k, channels] over |features|: [batch, k, height, width].
static mmd_edge_t *apply_kernels(mmd_builder_t *b, mmd_edge_t *kernels, mmd_edge_t *features) {
  static const int64_t flat[] = {0, 0, -1};
  mmd_edge_t *masks = mmd_nn_binary(b, "MatMul", kernels, mmd_nn_reshape(b, 3, flat, features));
  masks = mmd_nn_unary(b, "Sigmoid", masks);
  mmd_edge_t *const sizes[] = {mmd_nn_slice(b, 0, 0, 2, mmd_nn_unary(b, "Shape", masks)),
                               mmd_nn_slice(b, 0, 2, 4, mmd_nn_unary(b, "Shape", features))};
  return mmd_nn_binary(b, "Reshape", masks, mmd_nn_concat(b, 0, 2, sizes));
}

//===--- head --------------------------------------------------------------===//

static void build_head(mmd_builder_t *b, const solov2_head_t *self, const mask_feature_t *feature,
                       const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  mmd_solo_plan_t plan;
  mmd_edge_t *scores[MMD_MAX_FEATURES], *kernels[MMD_MAX_FEATURES];
  const size_t count = inputs->count;
  if (!mmd_solo_plan(b, &self->base, inputs, &plan)) return;
  mmd_edge_t *features = build_features(b, feature, self->base.in_channels, inputs);
  for (int i = 0; i < self->base.strides.count; ++i)
    build_level(b, &plan, i, feature->out_channels, &scores[i], &kernels[i]);
  mmd_edge_t *all = mmd_nn_concat(b, 1, count, scores);
  mmd_edge_t *index = mmd_nn_choose_cells(b, plan.nms.score_thr, all);
  mmd_edge_t *chosen = mmd_nn_pick_rows(b, mmd_nn_concat(b, 1, count, kernels), index);
  const mmd_mask_candidates_t candidates = {
      .scores = mmd_solo_passing(b, &plan, all, index),
      .masks = apply_kernels(b, chosen, features),
      .areas = mmd_nn_gather(b, 0, cell_strides(b, &self->base), index),
  };
  mmd_solo_finish(b, &plan, &candidates, (double)feature->mask_stride, out_outputs);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const solov2_head_t *self = options;
  mask_feature_t feature = {0};
  const char *where = mmd_arena_printf(&b->graph->arena, "%s.mask_feature_head", b->config_path);
  mmd_status_t status = mmd_status_no_memory();
  if (where)
    status = mmd_options_read(&g_feature_table, self->mask_feature_head, where, true, &feature);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  if (self->dynamic_conv_size == 1) {
    build_head(b, self, &feature, inputs, out_outputs);
  } else {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.dynamic_conv_size: %lld; only 1 is known",
                                  b->config_path, (long long)self->dynamic_conv_size));
  }
}

const mmd_module_t mmd_mmdet_solov2_head = {.codebase = "mmdet",
                                            .kind = "mask_head",
                                            .type = "SOLOV2Head",
                                            .options = &g_table,
                                            .build = build};
