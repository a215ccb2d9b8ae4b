// SPDX-License-Identifier: Apache-2.0
//
// StandardRoIHead: one bbox_head over the proposals, one mask_head over the detections.
// DynamicRoIHead differs in training alone. DoubleHeadRoIHead: boxes are predicted from features of
// their own, of larger RoIs.
#include "codebases/mmdet/models/roi_heads/standard_roi_head.h"

#include <string.h>

#include "base/alloc.h"
#include "nn/roi_align.h"
#include "nn/tensor_ops.h"

typedef struct standard_t {
  mmd_roi_head_t base;
  double reg_roi_scale_factor;  // 0: none
} standard_t;

static const mmd_option_t g_options[] = {MMD_ROI_HEAD_OPTIONS(standard_t)};
static const mmd_option_t g_double_options[] = {
    MMD_ROI_HEAD_OPTIONS(standard_t),
    {.name = "reg_roi_scale_factor",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(standard_t, reg_roi_scale_factor),
     .min = 1e-3,
     .max = 1e3,
     .flags = MMD_OPTION_REQUIRED,
     .help = "RoIs are so much larger for boxes."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("StandardRoIHead", standard_t, g_options);
static const mmd_option_table_t g_double_table =
    MMD_OPTION_TABLE("DoubleHeadRoIHead", standard_t, g_double_options);

// The same extractor with larger RoIs.
static mmd_edge_t *extract_larger(mmd_builder_t *b, mmd_roi_net_t *net, double factor,
                                  const char *where, mmd_edge_t *rois) {
  mmd_value_t *cfg = NULL;
  mmd_status_t status = mmd_value_copy(net->self->bbox_roi_extractor, &cfg);
  if (!status) status = mmd_object_take(cfg, "roi_scale_factor", mmd_value_float(factor));
  if (status) mmd_builder_fail(b, status);
  mmd_edge_t *features = mmd_roi_extract(b, net, "bbox_roi_extractor", cfg, where, rois);
  mmd_value_release(cfg);
  return features;
}

// Heads that predict none leave the proposals as they are. |*out_factor| of the scores: NULL for
// none.
static mmd_edge_t *find_boxes(mmd_builder_t *b, const mmd_roi_net_t *net,
                              const mmd_bbox_plan_t *plan, mmd_edge_t *deltas,
                              mmd_edge_t **out_factor) {
  mmd_edge_t *boxes = NULL;
  *out_factor = NULL;
  if (!mmd_builder_ok(b)) return NULL;
  if (plan->has_boxes && plan->coder.kind == MMD_BOX_BUCKETS) {
    mmd_roi_decode_buckets(b, plan, net->proposals, deltas, &boxes, out_factor);
    return boxes;
  }
  if (plan->has_boxes) return mmd_roi_decode(b, plan, net->proposals, deltas);
  return mmd_nn_clip_boxes(b, mmd_nn_image_limits(b, 0), mmd_nn_slice(b, 2, 0, 4, net->proposals));
}

void mmd_standard_roi_detect(mmd_builder_t *b, mmd_roi_net_t *net, double factor,
                             mmd_features_t *out_outputs) {
  const mmd_roi_head_t *self = net->self;
  const char *where = mmd_roi_path(b, net, "bbox_head", -1);
  mmd_features_t features = {.count = 1};
  mmd_edge_t *logits, *deltas, *confidence;
  mmd_bbox_plan_t plan;
  mmd_bbox_plan_read(b, self->bbox_head, where, &plan);
  const char *extractor = mmd_roi_path(b, net, "bbox_roi_extractor", -1);
  mmd_edge_t *rois = mmd_nn_rois(b, net->proposals);
  features.items[0] =
      mmd_roi_extract(b, net, "bbox_roi_extractor", self->bbox_roi_extractor, extractor, rois);
  if (factor > 0)
    features.items[features.count++] = extract_larger(b, net, factor, extractor, rois);
  mmd_roi_bbox_forward(b, net, "bbox_head", self->bbox_head, where, &features, &logits, &deltas);
  mmd_edge_t *boxes = find_boxes(b, net, &plan, deltas, &confidence);
  mmd_roi_suppress(b, net, boxes, mmd_roi_scores(b, net, &plan, logits), confidence, out_outputs);
}

void mmd_standard_roi_masks(mmd_builder_t *b, mmd_roi_net_t *net, const mmd_features_t *outputs,
                            mmd_edge_t **out_features, mmd_edge_t **out_masks) {
  const mmd_roi_head_t *self = net->self;
  const char *where;
  mmd_features_t features = {.count = 1}, maps;
  const mmd_value_t *extractor = mmd_roi_mask_extractor(b, net, &where);
  *out_features = *out_masks = NULL;
  if (!mmd_builder_ok(b)) return;
  features.items[0] = mmd_roi_extract(b, net, strrchr(where, '.') + 1, extractor, where,
                                      mmd_nn_rois(b, outputs->items[0]));
  mmd_roi_module(b, "mask_head", "mask_head", self->mask_head,
                 mmd_roi_path(b, net, "mask_head", -1), &features, &maps);
  *out_features = features.items[0];
  *out_masks = mmd_roi_mask_of(b, self->mask_head, outputs->items[1], maps.items[0]);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const standard_t *self = options;
  mmd_roi_net_t net;
  if (!mmd_roi_net_init(b, &self->base, inputs, &net)) return;
  mmd_standard_roi_detect(b, &net, self->reg_roi_scale_factor, out_outputs);
  if (mmd_value_is_null(self->base.mask_head)) return;
  mmd_edge_t *features, *masks;
  mmd_standard_roi_masks(b, &net, out_outputs, &features, &masks);
  mmd_roi_put_masks(b, masks, out_outputs);
}

#define HEAD(name, table_) \
  { .codebase = "mmdet", .kind = "roi_head", .type = (name), .options = &(table_), .build = build }
const mmd_module_t mmd_mmdet_standard_roi_head = HEAD("StandardRoIHead", g_table);
const mmd_module_t mmd_mmdet_dynamic_roi_head = HEAD("DynamicRoIHead", g_table);
const mmd_module_t mmd_mmdet_double_roi_head = HEAD("DoubleHeadRoIHead", g_double_table);
