// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "codebases/mmdet/models/heads/solo_head.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

enum { MAX_GRID = 256 };

//===--- checks and inputs -------------------------------------------------===//

static mmd_status_t check(const mmd_builder_t *b, const mmd_solo_head_t *self) {
  if (self->strides.count < 2 || self->num_grids.count != self->strides.count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: strides has %d items and num_grids %d; as many are expected, at least 2",
                     b->config_path, self->strides.count, self->num_grids.count);
  }
  for (int i = 0; i < self->num_grids.count; ++i) {
    if (self->num_grids.items[i] >= 1 && self->num_grids.items[i] <= MAX_GRID) continue;
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.num_grids[%d]: %lld; 1 to %d is expected",
                     b->config_path, i, (long long)self->num_grids.items[i], MAX_GRID);
  }
  if (self->cls_down_index >= 0 && self->cls_down_index < self->stacked_convs) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.cls_down_index: %lld; 0 to stacked_convs - 1 is expected",
                   b->config_path, (long long)self->cls_down_index);
}

bool mmd_solo_plan(mmd_builder_t *b, const mmd_solo_head_t *self, const mmd_features_t *inputs,
                   mmd_solo_plan_t *out_plan) {
  const size_t last = inputs->count - 1;
  *out_plan = (mmd_solo_plan_t){.self = self, .relu = {.type = "ReLU"}};
  out_plan->norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "GN", 1e-5);
  out_plan->nms = mmd_matrix_nms_read(b, self->test_cfg, mmd_head_test_cfg_path(b));
  mmd_status_t status = check(b, self);
  if (status) mmd_builder_fail(b, status);
  if (!mmd_head_check_inputs(b, inputs, self->strides.count, self->in_channels)) return false;
  for (size_t i = 0; i <= last; ++i) out_plan->inputs[i] = inputs->items[i];
  out_plan->inputs[0] =
      mmd_nn_upsample_like(b, MMD_UPSAMPLE_BILINEAR, inputs->items[0], inputs->items[1]);
  // With two levels the last one keeps to the first as it came.
  out_plan->inputs[last] =
      mmd_nn_upsample_like(b, MMD_UPSAMPLE_BILINEAR, inputs->items[last], inputs->items[last - 1]);
  return mmd_builder_ok(b);
}

//===--- coordinates -------------------------------------------------------===//

// torch.linspace(-1, 1, count): from both ends to the middle.
static float linspace(int64_t i, int64_t count) {
  const float step = count > 1 ? 2.0F / (float)(count - 1) : 0;
  return i < count / 2 || count == 1 ? -1 + step * (float)i : 1 - step * (float)(count - 1 - i);
}

static mmd_edge_t *known_line(mmd_builder_t *b, int64_t count) {
  float *numbers = mmd_alloc_array((size_t)count, sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < count; ++i) numbers[i] = linspace(i, count);
  mmd_edge_t *line = mmd_nn_constant_f32s(b, 1, &count, numbers);
  mmd_free(numbers);
  return line;
}

static mmd_edge_t *line(mmd_builder_t *b, int axis, mmd_edge_t *x) {
  static const int64_t zero = 0, one = 1;
  const int64_t count = mmd_nn_size(x, axis), index = axis;
  if (count > 0) return known_line(b, count);
  mmd_edge_t *const size = mmd_nn_gather(b, 0, mmd_nn_unary(b, "Shape", x),
                                         mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &index)));
  mmd_edge_t *const range[] = {mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &zero)), size,
                               mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &one))};
  mmd_edge_t *places = mmd_nn_cast(b, MMD_F32, mmd_nn_op(b, "Range", 3, range, NULL));
  mmd_edge_t *steps =
      mmd_nn_clip(b, 1, INFINITY, mmd_nn_shift(b, -1, mmd_nn_cast(b, MMD_F32, size)));
  return mmd_nn_shift(b, -1, mmd_nn_scale(b, 2, mmd_nn_binary(b, "Div", places, steps)));
}

mmd_edge_t *mmd_solo_coordinate(mmd_builder_t *b, int axis, mmd_edge_t *x) {
  static const int64_t parts[] = {0, 2, 3}, one = 1;
  int64_t dims[] = {1, 1, 1, 1};
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  dims[axis] = -1;
  mmd_edge_t *plane = mmd_nn_reshape(b, 4, dims, line(b, axis, x));
  mmd_edge_t *shape = mmd_nn_unary(b, "Shape", x);
  mmd_edge_t *const sizes[] = {mmd_nn_gather(b, 0, shape, mmd_nn_constant_i64(b, 1, &parts[0])),
                               mmd_nn_constant_i64(b, 1, &one),
                               mmd_nn_gather(b, 0, shape, mmd_nn_constant_i64(b, 2, &parts[1]))};
  return mmd_nn_binary(b, "Expand", plane, mmd_nn_concat(b, 0, 3, sizes));
}

mmd_edge_t *mmd_solo_with_coordinates(mmd_builder_t *b, mmd_edge_t *x) {
  mmd_edge_t *const items[] = {x, mmd_solo_coordinate(b, 3, x), mmd_solo_coordinate(b, 2, x)};
  return mmd_nn_concat(b, 1, 3, items);
}

mmd_edge_t *mmd_solo_resize(mmd_builder_t *b, mmd_edge_t *size, mmd_edge_t *x) {
  mmd_edge_t *const sizes[] = {mmd_nn_slice(b, 0, 0, 2, mmd_nn_unary(b, "Shape", x)), size};
  mmd_edge_t *const inputs[] = {x, NULL, NULL, mmd_nn_concat(b, 0, 2, sizes)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "Resize", 4, inputs, &node);
  mmd_nn_set_string(b, node, "mode", "linear");
  mmd_nn_set_string(b, node, "coordinate_transformation_mode", "half_pixel");
  return out;
}

mmd_edge_t *mmd_solo_to_grid(mmd_builder_t *b, int64_t size, mmd_edge_t *x) {
  const int64_t grid[] = {size, size};
  return mmd_solo_resize(b, mmd_nn_constant_i64(b, 2, grid), x);
}

//===--- towers and scores -------------------------------------------------===//

mmd_edge_t *mmd_solo_tower_conv(mmd_builder_t *b, const mmd_solo_plan_t *plan, const char *name,
                                int64_t index, int64_t extra, mmd_edge_t *x) {
  const mmd_solo_head_t *self = plan->self;
  const int64_t channels = index ? self->feat_channels : self->in_channels + extra;
  mmd_conv_t conv = mmd_conv_square(channels, self->feat_channels, 3, 1, 1);
  char module[64];
  if (self->dcn_apply_to_all_conv || index == self->stacked_convs - 1) conv.cfg = self->dcn_cfg;
  snprintf(module, sizeof module, "%s.%lld", name, (long long)index);
  return mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, x);
}

static mmd_edge_t *zero_unless(mmd_builder_t *b, mmd_edge_t *keep, mmd_edge_t *scores) {
  mmd_edge_t *const inputs[] = {keep, scores, mmd_nn_constant_f32(b, 0)};
  return mmd_nn_op(b, "Where", 3, inputs, NULL);
}

mmd_edge_t *mmd_solo_scores(mmd_builder_t *b, const mmd_solo_plan_t *plan, mmd_edge_t *logits) {
  static const int64_t kernel[] = {2, 2}, pads[] = {1, 1, 0, 0};
  mmd_node_t *node;
  mmd_edge_t *scores = mmd_nn_unary(b, "Sigmoid", logits);
  mmd_edge_t *best = mmd_nn_op(b, "MaxPool", 1, &scores, &node);
  mmd_nn_set_ints(b, node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(b, node, "pads", 4, pads);
  scores = zero_unless(b, mmd_nn_binary(b, "Equal", scores, best), scores);
  return mmd_nn_flatten_map(b, plan->self->num_classes, scores);
}

mmd_edge_t *mmd_solo_passing(mmd_builder_t *b, const mmd_solo_plan_t *plan, mmd_edge_t *scores,
                             mmd_edge_t *index) {
  mmd_edge_t *rows = mmd_nn_pick_rows(b, scores, index);
  mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)plan->nms.score_thr);
  return zero_unless(b, mmd_nn_binary(b, "Greater", rows, limit), rows);
}

//===--- outputs -----------------------------------------------------------===//

void mmd_solo_finish(mmd_builder_t *b, const mmd_solo_plan_t *plan,
                     const mmd_mask_candidates_t *candidates, double scale,
                     mmd_features_t *out_outputs) {
  static const int64_t four = 4;
  static const float none[] = {0, 0, 0, 0}, corner[] = {0, 0, 1, 1};
  const bool is_pasted =
      mmd_value_get_bool(mmd_object_get(b->post_processing, "export_postprocess_mask"), true);
  mmd_edge_t *scores, *labels, *masks;
  mmd_nn_matrix_nms(b, &plan->nms, candidates, &scores, &labels, &masks);
  scores = mmd_nn_unsqueeze(b, 2, scores);
  mmd_edge_t *box = mmd_nn_constant_f32s(b, 1, &four, is_pasted ? none : corner);
  if (!is_pasted) box = mmd_nn_binary(b, "Mul", mmd_nn_image_limits(b, 0), box);
  mmd_edge_t *const dets[] = {mmd_nn_binary(b, "Expand", box, mmd_nn_unary(b, "Shape", scores)),
                              scores};
  out_outputs->count = 3;
  out_outputs->items[0] = mmd_nn_concat(b, 2, 2, dets);
  out_outputs->items[1] = labels;
  out_outputs->items[2] =
      is_pasted ? mmd_nn_upsample(b, MMD_UPSAMPLE_BILINEAR, scale, masks) : masks;
}
