// SPDX-License-Identifier: Apache-2.0
//
// What the heads over anchors and points share: their options, the check of their inputs, and the
// end of the network.
#ifndef MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_HEAD_H_
#define MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_HEAD_H_

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/dense_head.h"
#include "nn/priors.h"

typedef struct mmd_anchor_head_t {
  int64_t num_classes, in_channels, feat_channels, stacked_convs;
  const mmd_value_t *anchor_generator, *bbox_coder, *loss_cls, *conv_cfg, *norm_cfg, *test_cfg;
} mmd_anchor_head_t;

// Rows of AnchorHead's own options; the first field of a head's struct is |base|.
#define MMD_ANCHOR_HEAD_OPTIONS(type_)                                                             \
  MMD_OPT_COUNT_REQUIRED("num_classes", type_, base.num_classes, "Classes, without background."),  \
      MMD_OPT_COUNT_REQUIRED("in_channels", type_, base.in_channels, "Channels of the inputs."),   \
      MMD_OPT_COUNT("feat_channels", type_, base.feat_channels, "256", "Channels in the towers."), \
      MMD_OPT_DICT("anchor_generator", type_, base.anchor_generator, "Where anchors lie."),        \
      MMD_OPT_DICT("bbox_coder", type_, base.bbox_coder, "How boxes are predicted."),              \
      MMD_OPT_DICT("loss_cls", type_, base.loss_cls, "Only use_sigmoid counts."),                  \
      MMD_OPT_DICT("test_cfg", type_, base.test_cfg, "Set by the detector."),                      \
      MMD_OPT_TRAINING("reg_decoded_bbox"), MMD_OPT_TRAINING("loss_bbox"),                         \
      MMD_OPT_TRAINING("train_cfg"), MMD_OPT_TRAINING("init_cfg")
// Those of heads with towers of at least |least| convolutions.
#define MMD_ANCHOR_TOWER_OPTIONS_FROM(type_, least)                           \
  {.name = "stacked_convs",                                                   \
   .type = MMD_OPTION_INT,                                                    \
   .offset = offsetof(type_, base.stacked_convs),                             \
   .default_text = "4",                                                       \
   .min = (least),                                                            \
   .max = 65536,                                                              \
   .help = "Convolutions of a tower."},                                       \
      MMD_OPT_DICT("conv_cfg", type_, base.conv_cfg, "Kind of convolution."), \
      MMD_OPT_DICT("norm_cfg", type_, base.norm_cfg, "Kind of normalisation; None: none.")
#define MMD_ANCHOR_TOWER_OPTIONS(type_) MMD_ANCHOR_TOWER_OPTIONS_FROM(type_, 1)

// What a head's reading gives.
typedef struct mmd_anchor_plan_t {
  const mmd_anchor_head_t *self;
  mmd_priors_t priors;
  mmd_dense_head_t dense;
  mmd_norm_t norm;
  mmd_activation_t relu;
  bool conv_bias;          // convolutions of towers have a bias beside their norm
  const char *deformable;  // conv_cfg (JSON) of a tower's one deformable layer; NULL: none
  int64_t deformable_layer;
} mmd_anchor_plan_t;

// Reads everything and checks it against |inputs|. |default_generator| (JSON) and
// |sigmoid_by_default| hold where the config has no anchor_generator and no loss_cls. False after a
// failure.
bool mmd_anchor_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                          const char *default_generator, const char *default_norm,
                          bool sigmoid_by_default, const mmd_features_t *inputs,
                          mmd_anchor_plan_t *out_plan);

// The same for sides in buckets.
bool mmd_bucket_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                          const char *default_generator, const mmd_features_t *inputs,
                          mmd_anchor_plan_t *out_plan);

// The same with |priors|, by default for distances from points and sigmoids.
bool mmd_point_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                         const mmd_priors_t *priors, const char *default_norm,
                         const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan);

// AnchorHead's own default of anchor_generator.
extern const char mmd_anchor_head_generator[];

// mmd_priors_read with the JSON text |fallback| where |cfg| is missing.
mmd_status_t mmd_head_read_priors(const mmd_value_t *cfg, const char *where, const char *fallback,
                                  mmd_priors_t *out_priors) MMD_MUST_USE;

// Config path of the head's option |key|.
const char *mmd_head_path(mmd_builder_t *b, const char *key);
// Config path of the detector's test_cfg, beside the head's.
const char *mmd_head_test_cfg_path(mmd_builder_t *b);

// Levels and channels of |inputs| are those that the head expects; |levels| 0: any number.
bool mmd_head_check_inputs(mmd_builder_t *b, const mmd_features_t *inputs, int levels,
                           int64_t channels);

// False after the failure where a level has not one anchor a cell; |key| is the generator's option.
bool mmd_head_check_one_anchor(mmd_builder_t *b, const char *key, const mmd_priors_t *priors);
// The middle of a level's only anchor in its place.
void mmd_head_use_center(mmd_level_priors_t *level);

// A conv_cfg of JSON |text|; NULL gives NULL, and so does a failure. The caller releases it.
mmd_value_t *mmd_head_conv_cfg(mmd_builder_t *b, const char *text);
// "<name>.0" … of a plan: 3x3 convolutions with norm and ReLU.
mmd_edge_t *mmd_head_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                           mmd_edge_t *x);
// Channels behind a tower.
int64_t mmd_head_tower_channels(const mmd_anchor_head_t *self);
// |x| times the learned number "scales.<level>.scale".
mmd_edge_t *mmd_head_scaled(mmd_builder_t *b, int level, mmd_edge_t *x);
// A 3x3 convolution with a bias.
mmd_edge_t *mmd_head_conv(mmd_builder_t *b, const char *name, int64_t in_channels,
                          int64_t out_channels, mmd_edge_t *x);

// dets and labels as the head's outputs, or in ncnn's form the one that it has.
void mmd_head_finish(mmd_builder_t *b, const mmd_dense_head_t *head, size_t count,
                     const mmd_dense_level_t *levels, mmd_features_t *out_outputs);

#endif  // MMD_CODEBASES_MMDET_MODELS_HEADS_ANCHOR_HEAD_H_
