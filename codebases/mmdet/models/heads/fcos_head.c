// SPDX-License-Identifier: Apache-2.0
//
// FCOSHead: a point in the middle of each cell, the distances of its box's sides, and a centerness
// that scales the scores.
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/tensor_ops.h"

typedef struct fcos_head_t {
  mmd_anchor_head_t base;
  const mmd_value_t *strides, *conv_bias;
  bool norm_on_bbox, centerness_on_reg, dcn_on_last_conv;
} fcos_head_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_classes", fcos_head_t, base.num_classes, "Classes."),
    MMD_OPT_COUNT_REQUIRED("in_channels", fcos_head_t, base.in_channels, "Channels of the inputs."),
    MMD_OPT_COUNT("feat_channels", fcos_head_t, base.feat_channels, "256",
                  "Channels in the towers."),
    MMD_ANCHOR_TOWER_OPTIONS(fcos_head_t),
    MMD_OPT_DICT("strides", fcos_head_t, strides, "Stride of each level, (4, 8, 16, 32, 64)."),
    MMD_OPT_DICT("bbox_coder", fcos_head_t, base.bbox_coder, "How boxes are predicted."),
    MMD_OPT_DICT("loss_cls", fcos_head_t, base.loss_cls, "Only use_sigmoid counts."),
    MMD_OPT_DICT("test_cfg", fcos_head_t, base.test_cfg, "Set by the detector."),
    MMD_OPT_DICT("conv_bias", fcos_head_t, conv_bias,
                 "Whether towers have a bias; 'auto': where they have no norm."),
    MMD_OPT_BOOL("norm_on_bbox", fcos_head_t, norm_on_bbox, "false",
                 "Distances are in strides, not exponents."),
    MMD_OPT_BOOL("centerness_on_reg", fcos_head_t, centerness_on_reg, "false",
                 "The centerness comes from the tower of the boxes."),
    MMD_OPT_BOOL("dcn_on_last_conv", fcos_head_t, dcn_on_last_conv, "false",
                 "The last convolution of a tower is deformable."),
    MMD_OPT_TRAINING("regress_ranges"),
    MMD_OPT_TRAINING("center_sampling"),
    MMD_OPT_TRAINING("center_sample_radius"),
    MMD_OPT_TRAINING("loss_bbox"),
    MMD_OPT_TRAINING("loss_centerness"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("FCOSHead", fcos_head_t, g_options);

static const char g_generator[] =
    "{\"type\": \"MlvlPointGenerator\", \"strides\": [4, 8, 16, 32, 64]}";

// The strides as the dict of a point generator.
static mmd_status_t make_generator(const mmd_value_t *strides, mmd_value_t **out_cfg) {
  mmd_value_t *copy = NULL;
  if (mmd_value_is_null(strides)) return NULL;
  MMD_TRY(mmd_value_copy(strides, &copy));
  mmd_value_t *cfg = mmd_value_object();
  if (!cfg) {
    mmd_value_release(copy);
    return mmd_status_no_memory();
  }
  mmd_status_t status = mmd_object_take(cfg, "strides", copy);
  if (!status) status = mmd_object_take(cfg, "type", mmd_value_string("MlvlPointGenerator"));
  if (status) {
    mmd_value_release(cfg);
    return status;
  }
  *out_cfg = cfg;
  return NULL;
}

static bool make_plan(mmd_builder_t *b, const fcos_head_t *self, mmd_anchor_head_t *base,
                      const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan) {
  mmd_value_t *generator = NULL;
  mmd_status_t status = make_generator(self->strides, &generator);
  if (!status && self->dcn_on_last_conv) {
    status = MMD_ERROR(MMD_NOT_SUPPORTED, "%s.dcn_on_last_conv is not supported", b->config_path);
  }
  if (status) mmd_builder_fail(b, status);
  base->anchor_generator = generator;
  const bool ok = mmd_anchor_head_plan(b, base, g_generator, "GN", true, inputs, out_plan);
  mmd_value_release(generator);
  base->anchor_generator = NULL;
  if (!self->base.bbox_coder) out_plan->dense.coder.kind = MMD_BOX_DISTANCE;
  out_plan->conv_bias = mmd_value_get_bool(self->conv_bias, false);  // 'auto' is no bool
  return ok;
}

static mmd_edge_t *distances(mmd_builder_t *b, const fcos_head_t *self,
                             const mmd_level_priors_t *priors, int level, mmd_edge_t *tower) {
  const int64_t channels = mmd_head_tower_channels(&self->base);
  mmd_edge_t *x = mmd_head_scaled(b, level, mmd_head_conv(b, "conv_reg", channels, 4, tower));
  if (!self->norm_on_bbox) return mmd_nn_unary(b, "Exp", x);
  return mmd_nn_scale(b, priors->step_x[0], mmd_nn_relu(b, x));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const fcos_head_t *self = options;
  mmd_anchor_head_t base = self->base;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  const int64_t channels = mmd_head_tower_channels(&base);
  if (!make_plan(b, self, &base, inputs, &plan)) return;
  for (int i = 0; i < plan.priors.count; ++i) {
    const mmd_level_priors_t *priors = &plan.priors.levels[i];
    mmd_edge_t *scores = mmd_head_tower(b, &plan, "cls_convs", inputs->items[i]);
    mmd_edge_t *boxes = mmd_head_tower(b, &plan, "reg_convs", inputs->items[i]);
    levels[i] = (mmd_dense_level_t){
        .scores = mmd_head_conv(b, "conv_cls", channels, plan.dense.score_channels, scores),
        .boxes = distances(b, self, priors, i, boxes),
        .factor = mmd_head_conv(b, "conv_centerness", channels, 1,
                                self->centerness_on_reg ? boxes : scores),
        .priors = mmd_nn_priors(b, priors, inputs->items[i]),
    };
  }
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_fcos_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "FCOSHead",
                                          .options = &g_table,
                                          .build = build};
