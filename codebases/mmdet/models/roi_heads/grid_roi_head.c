// SPDX-License-Identifier: Apache-2.0
//
// GridRoIHead: classes of the proposals as they are; then the grid_head finds points of a grid in
// each detection, and the points on a side of the box vote where that side is. As in mmdet, the
// result is not clipped to the image.
#include <math.h>

#include "codebases/mmdet/models/roi_heads/standard_roi_head.h"
#include "nn/roi_align.h"
#include "nn/tensor_ops.h"

enum { MAX_POINTS = 25 };

typedef struct grid_roi_t {
  mmd_roi_head_t base;
  const mmd_value_t *grid_roi_extractor, *grid_head;
} grid_roi_t;

static const mmd_option_t g_options[] = {
    MMD_ROI_HEAD_OPTIONS(grid_roi_t),
    MMD_OPT_DICT_REQUIRED("grid_roi_extractor", grid_roi_t, grid_roi_extractor,
                          "Cuts features for the grid."),
    MMD_OPT_DICT_REQUIRED("grid_head", grid_roi_t, grid_head, "Finds the points of the grid."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("GridRoIHead", grid_roi_t, g_options);

// What is known of the maps [m, points, size, size].
typedef struct grid_plan_t {
  int64_t points, side, size;
} grid_plan_t;

static mmd_edge_t *make_maps(mmd_builder_t *b, mmd_roi_net_t *net, const grid_roi_t *self,
                             mmd_edge_t *dets, grid_plan_t *out_plan) {
  mmd_features_t features = {.count = 1}, maps;
  features.items[0] =
      mmd_roi_extract(b, net, "grid_roi_extractor", self->grid_roi_extractor,
                      mmd_roi_path(b, net, "grid_roi_extractor", -1), mmd_nn_rois(b, dets));
  mmd_roi_module(b, "grid_head", "grid_head", self->grid_head,
                 mmd_roi_path(b, net, "grid_head", -1), &features, &maps);
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  out_plan->points = mmd_nn_size(maps.items[0], 1);
  out_plan->size = mmd_nn_size(maps.items[0], 2);
  if (out_plan->points < 4 || out_plan->points > MAX_POINTS || out_plan->size < 1) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.grid_head: %lld maps of size %lld", net->path,
                     (long long)out_plan->points, (long long)out_plan->size));
    return NULL;
  }
  out_plan->side = (int64_t)lround(sqrt((double)out_plan->points));
  return maps.items[0];
}

// Where the map of a point begins, in pixels of the maps: all of them cover half the width of a
// larger one around the box.
static int64_t region_of(const grid_plan_t *plan, int64_t index) {
  const int64_t whole = plan->size * 2;
  if (index == 0) return 0;
  if (index == plan->side - 1) return plan->size;
  const double ratio = (double)index / (double)(plan->side - 1) - 0.25;
  return ratio > 0 ? (int64_t)(ratio * (double)whole) : 0;
}

// [points]: what the column (|is_x|) or row of the best pixel of each map is counted from, of the
// width or height of the box, less half a box to the left or top.
static mmd_edge_t *origins(mmd_builder_t *b, const grid_plan_t *plan, bool is_x) {
  float numbers[MAX_POINTS];
  for (int64_t i = 0; i < plan->points; ++i) {
    const int64_t index = is_x ? i / plan->side : i % plan->side;
    numbers[i] = (float)region_of(plan, index) + 0.5F;
  }
  return mmd_nn_constant_f32s(b, 1, &plan->points, numbers);
}

// [points, 2]: 1 where a point lies on the first or the second side.
static mmd_edge_t *votes(mmd_builder_t *b, const grid_plan_t *plan, bool is_x) {
  const int64_t dims[] = {plan->points, 2};
  float numbers[MAX_POINTS * 2];
  for (int64_t i = 0; i < plan->points; ++i) {
    const int64_t index = is_x ? i / plan->side : i % plan->side;
    numbers[2 * i] = index == 0;
    numbers[2 * i + 1] = index == plan->side - 1;
  }
  return mmd_nn_constant_f32s(b, 2, dims, numbers);
}

// The first and the second side [m, 2] of boxes that begin at |start| and are |length| long [m, 1].
static mmd_edge_t *find_sides(mmd_builder_t *b, const grid_plan_t *plan, bool is_x,
                              mmd_edge_t *place, mmd_edge_t *scores, mmd_edge_t *start,
                              mmd_edge_t *length) {
  mmd_edge_t *size = mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &plan->size));
  mmd_edge_t *at = mmd_nn_binary(b, is_x ? "Mod" : "Div", place, size);
  at = mmd_nn_binary(b, "Add", mmd_nn_cast(b, MMD_F32, at), origins(b, plan, is_x));
  at = mmd_nn_binary(b, "Mul", mmd_nn_scale(b, 1.F / (float)plan->size, at), length);
  mmd_edge_t *begin = mmd_nn_binary(b, "Sub", start, mmd_nn_scale(b, 0.5F, length));
  at = mmd_nn_binary(b, "Mul", mmd_nn_binary(b, "Add", at, begin), scores);
  mmd_edge_t *vote = votes(b, plan, is_x);
  return mmd_nn_binary(b, "Div", mmd_nn_binary(b, "MatMul", at, vote),
                       mmd_nn_binary(b, "MatMul", scores, vote));
}

// [m, 4] from the maps and what was found before, |rows| [m, 5].
static mmd_edge_t *find_boxes(mmd_builder_t *b, const grid_plan_t *plan, mmd_edge_t *maps,
                              mmd_edge_t *rows) {
  static const int64_t order[] = {0, 2, 1, 3};
  const int64_t dims[] = {-1, plan->points, plan->size * plan->size};
  mmd_edge_t *side[2];
  mmd_node_t *node;
  maps = mmd_nn_reshape(b, 3, dims, mmd_nn_unary(b, "Sigmoid", maps));
  mmd_edge_t *scores = mmd_nn_reduce_max(b, 2, maps);
  mmd_edge_t *place = mmd_nn_op(b, "ArgMax", 1, &maps, &node);
  mmd_nn_set_int(b, node, "axis", 2);
  mmd_nn_set_int(b, node, "keepdims", 0);
  for (int k = 0; k < 2; ++k) {
    mmd_edge_t *start = mmd_nn_slice(b, 1, k, k + 1, rows);
    mmd_edge_t *length = mmd_nn_binary(b, "Sub", mmd_nn_slice(b, 1, k + 2, k + 3, rows), start);
    side[k] = find_sides(b, plan, k == 0, place, scores, start, length);
  }
  return mmd_nn_gather(b, 1, mmd_nn_join(b, side[0], side[1]), mmd_nn_constant_i64(b, 4, order));
}

static void refine(mmd_builder_t *b, mmd_roi_net_t *net, const grid_roi_t *self,
                   mmd_features_t *outputs) {
  static const int64_t row[] = {-1, 5}, four = 4;
  grid_plan_t plan;
  mmd_edge_t *dets = outputs->items[0], *maps = make_maps(b, net, self, dets, &plan);
  if (!mmd_builder_ok(b)) return;
  mmd_edge_t *boxes = find_boxes(b, &plan, maps, mmd_nn_reshape(b, 2, row, dets));
  outputs->items[0] = mmd_nn_join(b, mmd_nn_unflatten_rois(b, dets, 1, &four, boxes),
                                  mmd_nn_slice(b, 2, 4, 5, dets));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const grid_roi_t *self = options;
  mmd_roi_net_t net;
  if (!mmd_roi_net_init(b, &self->base, inputs, &net)) return;
  if (!mmd_value_is_null(self->base.mask_head)) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.mask_head: only None is supported", b->config_path));
    return;
  }
  mmd_standard_roi_detect(b, &net, 0, out_outputs);
  refine(b, &net, self, out_outputs);
}

const mmd_module_t mmd_mmdet_grid_roi_head = {.codebase = "mmdet",
                                              .kind = "roi_head",
                                              .type = "GridRoIHead",
                                              .options = &g_table,
                                              .build = build};
