// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/roi_heads/bbox_head.h"

#include <string.h>

#include "nn/linear.h"

static int64_t side(const mmd_bbox_head_t *base, int axis) {
  const mmd_ints_t *sizes = &base->roi_feat_size;
  return sizes->items[axis < sizes->count ? axis : 0];
}

int64_t mmd_bbox_head_area(const mmd_bbox_head_t *base) {
  return side(base, 0) * side(base, 1);
}

int64_t mmd_bbox_head_box_size(const mmd_bbox_head_t *base) {
  return base->reg_class_agnostic ? 4 : 4 * base->num_classes;
}

static void check_predictor(mmd_builder_t *b, const mmd_value_t *cfg, const char *key) {
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "Linear");
  if (strcmp(type, "Linear") == 0) return;
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s: '%s' is not supported, only 'Linear'",
                                b->config_path, key, type));
}

static void check_loss(mmd_builder_t *b, const mmd_value_t *cfg) {
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  if (!strstr(type, "Seesaw")) return;
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                "%s.loss_cls: '%s' changes how scores are made and is not "
                                "supported",
                                b->config_path, type));
}

static void check_size(mmd_builder_t *b, const mmd_bbox_head_t *base, const mmd_edge_t *features) {
  const int64_t channels = mmd_nn_size(features, 1);
  const int64_t height = mmd_nn_size(features, 2), width = mmd_nn_size(features, 3);
  if (channels >= 0 && channels != base->in_channels) {
    mmd_builder_fail(b,
                     MMD_ERROR(MMD_INVALID_ARGUMENT,
                               "%s.in_channels: %lld, but the RoI extractor gives %lld channels",
                               b->config_path, (long long)base->in_channels, (long long)channels));
  } else if ((height >= 0 && height != side(base, 0)) || (width >= 0 && width != side(base, 1))) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.roi_feat_size: %lldx%lld, but the RoI extractor gives "
                                  "%lldx%lld",
                                  b->config_path, (long long)side(base, 0),
                                  (long long)side(base, 1), (long long)height, (long long)width));
  }
}

bool mmd_bbox_head_check(mmd_builder_t *b, const mmd_bbox_head_t *base,
                         const mmd_features_t *inputs) {
  check_predictor(b, base->reg_predictor_cfg, "reg_predictor_cfg");
  check_predictor(b, base->cls_predictor_cfg, "cls_predictor_cfg");
  check_loss(b, base->loss_cls);
  if (mmd_builder_ok(b) && !base->with_cls) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.with_cls: only True is supported", b->config_path));
  }
  mmd_nn_infer(b);
  if (mmd_builder_ok(b)) check_size(b, base, inputs->items[0]);
  return mmd_builder_ok(b);
}

void mmd_bbox_head_end(mmd_builder_t *b, const char *name, int64_t channels, int64_t size,
                       mmd_edge_t *x, mmd_features_t *outputs) {
  const mmd_linear_t linear = {size, channels, true};
  outputs->items[outputs->count++] = mmd_nn_linear(b, name, &linear, 2, x);
}
