// SPDX-License-Identifier: Apache-2.0
//
// MaskScoringRoIHead: StandardRoIHead whose mask_iou_head tells how good a mask is. 1.x multiplies
// the scores of the detections by it (and leaves their order); 0.x keeps scores of masks beside
// those of boxes, and only these are given.
#include <stdio.h>

#include "codebases/mmdet/models/roi_heads/standard_roi_head.h"
#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/linear.h"
#include "nn/pool.h"
#include "nn/roi_align.h"
#include "nn/tensor_ops.h"

//===--- MaskIoUHead -------------------------------------------------------===//

typedef struct iou_head_t {
  int64_t num_convs, num_fcs, in_channels, conv_out_channels, fc_out_channels, num_classes;
  mmd_ints_t roi_feat_size;
} iou_head_t;

static const mmd_option_t g_iou_options[] = {
    MMD_OPT_COUNT("num_convs", iou_head_t, num_convs, "4", "Convolutions."),
    MMD_OPT_COUNT("num_fcs", iou_head_t, num_fcs, "2", "Fully connected layers behind."),
    MMD_OPT_COUNT("in_channels", iou_head_t, in_channels, "256", "Channels of the features."),
    MMD_OPT_COUNT("conv_out_channels", iou_head_t, conv_out_channels, "256",
                  "Channels of the convolutions."),
    MMD_OPT_COUNT("fc_out_channels", iou_head_t, fc_out_channels, "1024",
                  "Features of fully connected layers."),
    MMD_OPT_COUNT("num_classes", iou_head_t, num_classes, "80", "Classes."),
    {.name = "roi_feat_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(iou_head_t, roi_feat_size),
     .default_text = "[14]",
     .min = 2,
     .max = 1024,
     .help = "Height and width of the features, or one number."},
    MMD_OPT_TRAINING("loss_iou"),
    MMD_OPT_TRAINING("init_cfg"),
    MMD_OPT_TRAINING("train_cfg"),
};
static const mmd_option_table_t g_iou_table =
    MMD_OPTION_TABLE("MaskIoUHead", iou_head_t, g_iou_options);

// Features and the mask at their size; the last convolution halves it.
static mmd_edge_t *iou_convs(mmd_builder_t *b, const iou_head_t *self,
                             const mmd_features_t *inputs) {
  const mmd_pool2d_t pool = {.kernel = 2, .stride = 2};
  mmd_edge_t *const parts[] = {inputs->items[0], mmd_nn_max_pool(b, &pool, inputs->items[1])};
  mmd_edge_t *x = mmd_nn_concat(b, 1, 2, parts);
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv =
        mmd_conv_square(i ? self->conv_out_channels : self->in_channels + 1,
                        self->conv_out_channels, 3, i + 1 < self->num_convs ? 1 : 2, 1);
    char name[48];
    conv.bias = true;
    snprintf(name, sizeof name, "convs.%lld", (long long)i);
    x = mmd_nn_relu(b, mmd_nn_conv(b, name, &conv, x));
  }
  return x;
}

static void build_iou(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  const iou_head_t *self = options;
  const mmd_ints_t *size = &self->roi_feat_size;
  int64_t features = (size->items[0] / 2) * (size->items[size->count - 1] / 2);
  mmd_edge_t *x = mmd_nn_flatten(b, 1, iou_convs(b, self, inputs));
  features *= self->conv_out_channels;
  for (int64_t i = 0; i < self->num_fcs && mmd_builder_ok(b); ++i) {
    const mmd_linear_t linear = {features, self->fc_out_channels, true};
    char name[48];
    snprintf(name, sizeof name, "fcs.%lld", (long long)i);
    x = mmd_nn_relu(b, mmd_nn_linear(b, name, &linear, 2, x));
    features = self->fc_out_channels;
  }
  const mmd_linear_t end = {features, self->num_classes, true};
  out_outputs->items[0] = mmd_nn_linear(b, "fc_mask_iou", &end, 2, x);
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_mask_iou_head = {.codebase = "mmdet",
                                              .kind = "mask_iou_head",
                                              .type = "MaskIoUHead",
                                              .options = &g_iou_table,
                                              .build = build_iou};

//===--- MaskScoringRoIHead ------------------------------------------------===//

typedef struct scoring_t {
  mmd_roi_head_t base;
  const mmd_value_t *mask_iou_head;
} scoring_t;

static const mmd_option_t g_options[] = {
    MMD_ROI_HEAD_OPTIONS(scoring_t),
    MMD_OPT_DICT_REQUIRED("mask_iou_head", scoring_t, mask_iou_head, "How good masks are."),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("MaskScoringRoIHead", scoring_t, g_options);

static void score_masks(mmd_builder_t *b, mmd_roi_net_t *net, const scoring_t *self,
                        const mmd_features_t *inputs, mmd_features_t *outputs) {
  static const int64_t maps[] = {0, -1, 1, 1}, one = 1;
  mmd_features_t iou;
  mmd_roi_module(b, "mask_iou_head", "mask_iou_head", self->mask_iou_head,
                 mmd_roi_path(b, net, "mask_iou_head", -1), inputs, &iou);
  mmd_edge_t *dets = outputs->items[0];
  mmd_edge_t *factor = mmd_nn_reshape(b, 4, maps, iou.items[0]);
  factor = mmd_roi_pick_class(b, outputs->items[1], factor);
  factor = mmd_nn_unflatten_rois(b, dets, 1, &one, factor);
  mmd_edge_t *const parts[] = {mmd_nn_slice(b, 2, 0, 4, dets),
                               mmd_nn_binary(b, "Mul", factor, mmd_nn_slice(b, 2, 4, 5, dets))};
  outputs->items[0] = mmd_nn_concat(b, 2, 2, parts);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const scoring_t *self = options;
  mmd_roi_net_t net;
  mmd_features_t mask = {.count = 2};
  if (!mmd_roi_net_init(b, &self->base, inputs, &net)) return;
  mmd_standard_roi_detect(b, &net, 0, out_outputs);
  mmd_standard_roi_masks(b, &net, out_outputs, &mask.items[0], &mask.items[1]);
  mmd_roi_put_masks(b, mask.items[1], out_outputs);
  if (b->is_1x) score_masks(b, &net, self, &mask, out_outputs);
}

const mmd_module_t mmd_mmdet_mask_scoring_roi_head = {.codebase = "mmdet",
                                                      .kind = "roi_head",
                                                      .type = "MaskScoringRoIHead",
                                                      .options = &g_table,
                                                      .build = build};
