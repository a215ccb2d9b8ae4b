// SPDX-License-Identifier: Apache-2.0
//
// TOODHead: one tower, whose layers are weighed for each task by what the whole map looks like. A
// score is the geometric mean of the class's and the cell's; each side of a box is read at a place
// of its own in the map of boxes.
#include <stdio.h>

#include "codebases/mmdet/models/heads/atss_head.h"
#include "nn/deform_conv.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

enum { MAX_LAYERS = 64 };

typedef enum anchor_type_t { ANCHOR_FREE, ANCHOR_BASED } anchor_type_t;

typedef struct tood_head_t {
  mmd_atss_head_t atss;
  int64_t num_dcn;
  int anchor_type;
} tood_head_t;

static const char *const g_anchor_types[] = {"anchor_free", "anchor_based", NULL};
static const mmd_option_t g_options[] = {
    MMD_ATSS_HEAD_OPTIONS,
    {.name = "num_dcn",
     .type = MMD_OPTION_INT,
     .offset = offsetof(tood_head_t, num_dcn),
     .default_text = "0",
     .min = 0,
     .max = MAX_LAYERS,
     .help = "Layers of the tower, from the first, that are deformable."},
    {.name = "anchor_type",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(tood_head_t, anchor_type),
     .default_text = "anchor_free",
     .choices = g_anchor_types,
     .help = "Boxes are distances from the middle of an anchor, or its deltas."},
    MMD_OPT_TRAINING("initial_loss_cls"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("TOODHead", tood_head_t, g_options);

static const char g_deformable[] = "{\"type\": \"DCNv2\", \"deform_groups\": 4}";

//===--- tower -------------------------------------------------------------===//

typedef struct features_t {
  mmd_edge_t *all;      // the outputs of all layers: [batch, layers x channels, height, width]
  mmd_edge_t *average;  // of each map
  mmd_edge_t *shape;    // of one layer's output
} features_t;

static features_t tower(mmd_builder_t *b, const tood_head_t *self, const mmd_anchor_plan_t *plan,
                        mmd_edge_t *x) {
  const mmd_anchor_head_t *base = plan->self;
  mmd_value_t *deformable = self->num_dcn ? mmd_head_conv_cfg(b, g_deformable) : NULL;
  mmd_edge_t *layers[MAX_LAYERS];
  for (int64_t i = 0; i < base->stacked_convs; ++i) {
    mmd_conv_t conv =
        mmd_conv_square(i ? base->feat_channels : base->in_channels, base->feat_channels, 3, 1, 1);
    char name[40];
    conv.cfg = i < self->num_dcn ? deformable : base->conv_cfg;
    snprintf(name, sizeof name, "inter_convs.%lld", (long long)i);
    layers[i] = x = mmd_nn_conv_module(b, name, &conv, &plan->norm, &plan->relu, x);
  }
  mmd_value_release(deformable);
  mmd_edge_t *all = mmd_nn_concat(b, 1, (size_t)base->stacked_convs, layers);
  return (features_t){all, mmd_nn_global_average_pool(b, all), mmd_nn_unary(b, "Shape", x)};
}

// Two convolutions with a ReLU between, modules "0" and "2" of |name|.
static mmd_edge_t *two_convs(mmd_builder_t *b, const char *name, const int64_t channels[3],
                             int64_t kernel, mmd_edge_t *x) {
  mmd_conv_t first = mmd_conv_square(channels[0], channels[1], 1, 1, 0);
  mmd_conv_t second = mmd_conv_square(channels[1], channels[2], kernel, 1, kernel / 2);
  first.bias = second.bias = true;
  const size_t mark = mmd_scope_enter(b, "%s", name);
  x = mmd_nn_conv(b, "2", &second, mmd_nn_relu(b, mmd_nn_conv(b, "0", &first, x)));
  mmd_scope_leave(b, mark);
  return x;
}

//===--- task decomposition ------------------------------------------------===//

// Weights [batch, channels, layers x channels] of the 1x1 convolution, each layer's times its
// attention: as PyTorch has it, small tensors are multiplied and not the map.
static mmd_edge_t *attended_weight(mmd_builder_t *b, const mmd_anchor_head_t *self,
                                   mmd_edge_t *average) {
  const int64_t layers = self->stacked_convs, channels = self->feat_channels;
  const int64_t all = layers * channels, sizes[] = {all, channels / 8, layers};
  const int64_t dims[] = {channels, all, 1, 1}, split[] = {1, channels, layers, channels};
  const int64_t column[] = {0, 1, layers, 1}, merged[] = {0, channels, all};
  mmd_edge_t *attention = two_convs(b, "layer_attention", sizes, 1, average);
  attention = mmd_nn_reshape(b, 4, column, mmd_nn_unary(b, "Sigmoid", attention));
  mmd_edge_t *weight = mmd_nn_weight(b, "reduction_conv.conv.weight", 4, dims);
  weight = mmd_nn_binary(b, "Mul", attention, mmd_nn_reshape(b, 4, split, weight));
  return mmd_nn_reshape(b, 3, merged, weight);
}

static mmd_edge_t *decompose(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                             const features_t *features) {
  const mmd_anchor_head_t *self = plan->self;
  const int64_t channels = self->feat_channels;
  const int64_t rows[] = {0, self->stacked_convs * channels, -1};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *weight = attended_weight(b, self, features->average);
  mmd_edge_t *x = mmd_nn_binary(b, "MatMul", weight, mmd_nn_reshape(b, 3, rows, features->all));
  x = mmd_nn_binary(b, "Reshape", x, features->shape);
  const size_t inner = mmd_scope_enter(b, "reduction_conv");
  if (plan->norm.kind == MMD_NORM_NONE) mmd_nn_weight(b, "conv.bias", 1, &channels);  // not added
  x = mmd_nn_norm_numbered(b, 0, &plan->norm, channels, x);
  mmd_scope_leave(b, inner);
  mmd_scope_leave(b, mark);
  return mmd_nn_relu(b, x);
}

//===--- boxes -------------------------------------------------------------===//

// What the maps predict, as corners in pixels: [batch, 4, height, width].
static mmd_edge_t *decode(mmd_builder_t *b, const tood_head_t *self, const mmd_anchor_plan_t *plan,
                          int level, mmd_edge_t *input, mmd_edge_t *map) {
  static const int64_t swapped[] = {0, 2, 1};
  const mmd_level_priors_t *priors = &plan->priors.levels[level];
  mmd_box_coder_t coder = plan->dense.coder;
  mmd_edge_t *shape = mmd_nn_unary(b, "Shape", map);
  if (self->anchor_type == ANCHOR_FREE) {
    coder.kind = MMD_BOX_DISTANCE;
    map = mmd_head_scaled(b, level, mmd_nn_unary(b, "Exp", map));
    map = mmd_nn_scale(b, priors->step_x[0], map);
  } else {
    map = mmd_head_scaled(b, level, map);
  }
  mmd_edge_t *boxes =
      mmd_nn_decode_boxes(b, &coder, mmd_nn_unsqueeze(b, 0, mmd_nn_priors(b, priors, input)),
                          mmd_nn_flatten_map(b, 4, map), NULL);
  return mmd_nn_binary(b, "Reshape", mmd_nn_transpose(b, 3, swapped, boxes), shape);
}

// Each channel of |boxes| read at a place of its own: a deformable convolution that adds nothing.
static mmd_edge_t *sample(mmd_builder_t *b, mmd_edge_t *boxes, mmd_edge_t *offsets) {
  static const float ones[] = {1, 1, 1, 1};
  static const int64_t dims[] = {4, 1, 1, 1};
  mmd_conv_t conv = mmd_conv_square(4, 4, 1, 1, 0);
  mmd_edge_t *const inputs[] = {boxes, mmd_nn_constant_f32s(b, 4, dims, ones), offsets};
  mmd_node_t *node;
  conv.groups = 4;
  mmd_edge_t *out = mmd_nn_op(b, "DeformConv", 3, inputs, &node);
  mmd_conv_set_attributes(b, node, &conv);
  mmd_nn_set_int(b, node, "offset_group", 4);
  return out;
}

// |boxes|, but |fallback| where an end lies before its beginning.
static mmd_edge_t *valid_or(mmd_builder_t *b, mmd_edge_t *boxes, mmd_edge_t *fallback) {
  static const int64_t halves[] = {2, 2}, channel = 1;
  mmd_edge_t *corner[2];
  mmd_nn_split(b, 1, 2, halves, boxes, corner);
  mmd_edge_t *const sides[] = {mmd_nn_binary(b, "Sub", corner[1], corner[0]),
                               mmd_nn_constant_i64(b, 1, &channel)};
  mmd_edge_t *shortest = mmd_nn_op(b, "ReduceMin", 2, sides, NULL);  // keeps the axis
  mmd_edge_t *const inputs[] = {mmd_nn_binary(b, "Less", shortest, mmd_nn_constant_f32(b, 0)),
                                fallback, boxes};
  return mmd_nn_op(b, "Where", 3, inputs, NULL);
}

//===--- head --------------------------------------------------------------===//

static mmd_dense_level_t build_level(mmd_builder_t *b, const tood_head_t *self,
                                     const mmd_anchor_plan_t *plan, int level, mmd_edge_t *input) {
  const int64_t channels = plan->self->feat_channels, all = plan->self->stacked_convs * channels;
  const int64_t to_one[] = {all, channels / 4, 1}, to_offsets[] = {all, channels / 4, 8};
  const features_t features = tower(b, self, plan, input);
  mmd_edge_t *scores = decompose(b, plan, "cls_decomp", &features);
  mmd_edge_t *boxes = decompose(b, plan, "reg_decomp", &features);
  boxes = decode(b, self, plan, level, input, mmd_head_conv(b, "tood_reg", channels, 4, boxes));
  mmd_edge_t *offsets = two_convs(b, "reg_offset_module", to_offsets, 3, features.all);
  return (mmd_dense_level_t){
      .scores = mmd_head_conv(b, "tood_cls", channels, plan->dense.score_channels, scores),
      .boxes = valid_or(b, sample(b, boxes, offsets), boxes),
      .factor = two_convs(b, "cls_prob_module", to_one, 3, features.all)};
}

static bool check(mmd_builder_t *b, const mmd_anchor_plan_t *plan) {
  const mmd_anchor_head_t *base = plan->self;
  if (base->stacked_convs > MAX_LAYERS) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.stacked_convs: %lld; at most %d",
                                  b->config_path, (long long)base->stacked_convs, MAX_LAYERS));
  }
  if (base->feat_channels < 8) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.feat_channels: %lld; at least 8",
                                  b->config_path, (long long)base->feat_channels));
  }
  if (plan->dense.use_softmax) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.loss_cls.use_sigmoid: it must be true",
                                  b->config_path));
  }
  return mmd_head_check_one_anchor(b, "anchor_generator", &plan->priors);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const tood_head_t *self = options;
  mmd_anchor_plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!mmd_anchor_head_plan(b, &self->atss.base, mmd_anchor_head_generator, "GN", true, inputs,
                            &plan) ||
      !check(b, &plan))
    return;
  for (int i = 0; i < plan.priors.count; ++i) {
    if (self->anchor_type == ANCHOR_FREE) mmd_head_use_center(&plan.priors.levels[i]);
    levels[i] = build_level(b, self, &plan, i, inputs->items[i]);
  }
  plan.dense.is_factor_mean = true;
  plan.dense.coder = (mmd_box_coder_t){.kind = MMD_BOX_CORNERS};
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
}

const mmd_module_t mmd_mmdet_tood_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "TOODHead",
                                          .options = &g_table,
                                          .build = build};
