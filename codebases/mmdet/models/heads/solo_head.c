// SPDX-License-Identifier: Apache-2.0
//
// SOLOHead: a map for each cell of a level's grid. DecoupledSOLOHead and its light form: a map for
// each column and one for each row of the grid; a cell's mask is the product of its two.
//
// Only the maps of cells that pass the score threshold are brought to full size.
#include "codebases/mmdet/models/heads/solo_head.h"

#include <stdio.h>

#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct solo_head_t {
  mmd_solo_head_t base;
} solo_head_t;

static const mmd_option_t g_options[] = {MMD_SOLO_HEAD_OPTIONS(solo_head_t)};
static const mmd_option_t g_light_options[] = {
    MMD_SOLO_HEAD_OPTIONS(solo_head_t),
    MMD_OPT_DICT("dcn_cfg", solo_head_t, base.dcn_cfg, "Kind of the towers' last convolution.")};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SOLOHead", solo_head_t, g_options);
static const mmd_option_table_t g_decoupled_table =
    MMD_OPTION_TABLE("DecoupledSOLOHead", solo_head_t, g_options);
static const mmd_option_table_t g_light_table =
    MMD_OPTION_TABLE("DecoupledSOLOLightHead", solo_head_t, g_light_options);

// Masks are found at twice the size of the first level as resized: a quarter of the input's.
enum { MASK_SCALE = 4 };

// The masks of the cells |index| of a level, [batch, k, height, width].
typedef mmd_edge_t *(*build_masks_fn)(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                                      mmd_edge_t *index);

//===--- pieces of a level -------------------------------------------------===//

static mmd_edge_t *mask_tower(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                              int64_t extra, mmd_edge_t *x) {
  for (int64_t i = 0; i < plan->self->stacked_convs && mmd_builder_ok(b); ++i)
    x = mmd_solo_tower_conv(b, plan, name, i, extra, x);
  return mmd_nn_upsample(b, MMD_UPSAMPLE_BILINEAR, 2, x);
}

static mmd_edge_t *predict(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                           int level, int64_t channels, int64_t kernel, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(plan->self->feat_channels, channels, kernel, 1, kernel / 2);
  char module[48];
  conv.bias = true;
  snprintf(module, sizeof module, "%s.%d", name, level);
  return mmd_nn_conv(b, module, &conv, x);
}

// Probabilities at the masks' size. The first level has it, and the second one, unless that is the
// last one and was resized.
static mmd_edge_t *finish_maps(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                               mmd_edge_t *maps) {
  static const int64_t two = 2;
  maps = mmd_nn_unary(b, "Sigmoid", maps);
  if (level == 0 || (level == 1 && plan->self->strides.count > 2)) return maps;
  mmd_edge_t *size = mmd_nn_slice(b, 0, 2, 4, mmd_nn_unary(b, "Shape", plan->inputs[0]));
  return mmd_solo_resize(b, mmd_nn_binary(b, "Mul", size, mmd_nn_constant_i64(b, 1, &two)), maps);
}

static mmd_edge_t *build_scores(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level) {
  const mmd_solo_head_t *self = plan->self;
  mmd_edge_t *x = plan->inputs[level];
  for (int64_t i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    if (i == self->cls_down_index) x = mmd_solo_to_grid(b, self->num_grids.items[level], x);
    x = mmd_solo_tower_conv(b, plan, "cls_convs", i, 0, x);
  }
  mmd_conv_t conv = mmd_conv_square(self->feat_channels, self->num_classes, 3, 1, 1);
  conv.bias = true;
  return mmd_solo_scores(b, plan, mmd_nn_conv(b, "conv_cls", &conv, x));
}

//===--- masks -------------------------------------------------------------===//

static mmd_edge_t *build_masks(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                               mmd_edge_t *index) {
  const int64_t grid = plan->self->num_grids.items[level];
  mmd_edge_t *x = mmd_solo_with_coordinates(b, plan->inputs[level]);
  x = mask_tower(b, plan, "mask_convs", 2, x);
  x = predict(b, plan, "conv_mask_list", level, grid * grid, 1, x);
  return finish_maps(b, plan, level, mmd_nn_pick_rows(b, x, index));
}

// Cell y * grid + x has the maps x and y.
static mmd_edge_t *multiply(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                            mmd_edge_t *index, mmd_edge_t *x, mmd_edge_t *y) {
  const int64_t grid = plan->self->num_grids.items[level];
  mmd_edge_t *count = mmd_nn_constant_i64(b, 1, &grid);
  mmd_edge_t *row = mmd_nn_binary(b, "Div", index, count);
  mmd_edge_t *column = mmd_nn_binary(b, "Sub", index, mmd_nn_binary(b, "Mul", row, count));
  x = finish_maps(b, plan, level, predict(b, plan, "conv_mask_list_x", level, grid, 3, x));
  y = finish_maps(b, plan, level, predict(b, plan, "conv_mask_list_y", level, grid, 3, y));
  return mmd_nn_binary(b, "Mul", mmd_nn_pick_rows(b, x, column), mmd_nn_pick_rows(b, y, row));
}

static mmd_edge_t *build_decoupled_masks(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                                         mmd_edge_t *index) {
  mmd_edge_t *x = plan->inputs[level];
  mmd_edge_t *const with_x[] = {x, mmd_solo_coordinate(b, 3, x)};
  mmd_edge_t *const with_y[] = {x, mmd_solo_coordinate(b, 2, x)};
  return multiply(b, plan, level, index,
                  mask_tower(b, plan, "mask_convs_x", 1, mmd_nn_concat(b, 1, 2, with_x)),
                  mask_tower(b, plan, "mask_convs_y", 1, mmd_nn_concat(b, 1, 2, with_y)));
}

static mmd_edge_t *build_light_masks(mmd_builder_t *b, const mmd_solo_plan_t *plan, int level,
                                     mmd_edge_t *index) {
  mmd_edge_t *x = mmd_solo_with_coordinates(b, plan->inputs[level]);
  x = mask_tower(b, plan, "mask_convs", 2, x);
  return multiply(b, plan, level, index, x, x);
}

//===--- head --------------------------------------------------------------===//

static void build_head(mmd_builder_t *b, const mmd_solo_head_t *self, const mmd_features_t *inputs,
                       build_masks_fn build_masks_of, mmd_features_t *out_outputs) {
  mmd_solo_plan_t plan;
  mmd_edge_t *items[3][MMD_MAX_FEATURES];
  if (!mmd_solo_plan(b, self, inputs, &plan)) return;
  for (int i = 0; i < self->strides.count; ++i) {
    mmd_edge_t *scores = build_scores(b, &plan, i);
    mmd_edge_t *index = mmd_nn_choose_cells(b, plan.nms.score_thr, scores);
    mmd_edge_t *stride = mmd_nn_constant_f32(b, (float)self->strides.items[i]);
    items[0][i] = mmd_solo_passing(b, &plan, scores, index);
    items[1][i] = build_masks_of(b, &plan, i, index);
    items[2][i] = mmd_nn_binary(b, "Expand", stride, mmd_nn_unary(b, "Shape", index));
  }
  const mmd_mask_candidates_t candidates = {
      .scores = mmd_nn_concat(b, 1, inputs->count, items[0]),
      .masks = mmd_nn_concat(b, 1, inputs->count, items[1]),
      .areas = mmd_nn_concat(b, 1, inputs->count, items[2]),
  };
  mmd_solo_finish(b, &plan, &candidates, MASK_SCALE, out_outputs);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  build_head(b, options, inputs, build_masks, out_outputs);
}

static void build_decoupled(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                            mmd_features_t *out_outputs) {
  build_head(b, options, inputs, build_decoupled_masks, out_outputs);
}

static void build_light(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                        mmd_features_t *out_outputs) {
  build_head(b, options, inputs, build_light_masks, out_outputs);
}

const mmd_module_t mmd_mmdet_solo_head = {.codebase = "mmdet",
                                          .kind = "mask_head",
                                          .type = "SOLOHead",
                                          .options = &g_table,
                                          .build = build};
const mmd_module_t mmd_mmdet_decoupled_solo_head = {.codebase = "mmdet",
                                                    .kind = "mask_head",
                                                    .type = "DecoupledSOLOHead",
                                                    .options = &g_decoupled_table,
                                                    .build = build_decoupled};
const mmd_module_t mmd_mmdet_decoupled_solo_light_head = {.codebase = "mmdet",
                                                          .kind = "mask_head",
                                                          .type = "DecoupledSOLOLightHead",
                                                          .options = &g_light_table,
                                                          .build = build_light};
