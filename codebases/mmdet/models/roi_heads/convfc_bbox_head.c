// SPDX-License-Identifier: Apache-2.0
//
// BBoxHead, ConvFCBBoxHead and its two short forms: convolutions and fully connected layers over
// the features of RoIs, shared and then of each end alone.
//
//                              /-> cls convs -> cls fcs -> fc_cls
//  shared convs -> shared fcs
//                              \-> reg convs -> reg fcs -> fc_reg
#include <stdio.h>

#include "codebases/mmdet/models/roi_heads/bbox_head.h"
#include "nn/conv_module.h"
#include "nn/linear.h"
#include "nn/pool.h"

typedef struct branch_t {
  int64_t convs, fcs;
} branch_t;

typedef struct convfc_t {
  mmd_bbox_head_t base;
  branch_t shared, cls, reg;
  int64_t conv_out_channels, fc_out_channels;
  const mmd_value_t *conv_cfg, *norm_cfg;
} convfc_t;

#define COUNT(label, field, text)                                                 \
  {                                                                               \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(convfc_t, field), \
    .default_text = "0", .max = 64, .help = (text)                                \
  }
#define WIDTH_OPTIONS                                                       \
  MMD_OPT_COUNT("conv_out_channels", convfc_t, conv_out_channels, "256",    \
                "Channels of convolutions."),                               \
      MMD_OPT_COUNT("fc_out_channels", convfc_t, fc_out_channels, "1024",   \
                    "Features of fully connected layers."),                 \
      MMD_OPT_DICT("conv_cfg", convfc_t, conv_cfg, "Kind of convolution."), \
      MMD_OPT_DICT("norm_cfg", convfc_t, norm_cfg, "Kind of normalisation; None: none.")

static const mmd_option_t g_plain_options[] = {MMD_BBOX_HEAD_OPTIONS(convfc_t)};
static const mmd_option_t g_short_options[] = {MMD_BBOX_HEAD_OPTIONS(convfc_t), WIDTH_OPTIONS};
static const mmd_option_t g_options[] = {
    MMD_BBOX_HEAD_OPTIONS(convfc_t),
    WIDTH_OPTIONS,
    COUNT("num_shared_convs", shared.convs, "Convolutions of both ends."),
    COUNT("num_shared_fcs", shared.fcs, "Fully connected layers of both ends."),
    COUNT("num_cls_convs", cls.convs, "Convolutions before the classes."),
    COUNT("num_cls_fcs", cls.fcs, "Fully connected layers before the classes."),
    COUNT("num_reg_convs", reg.convs, "Convolutions before the boxes."),
    COUNT("num_reg_fcs", reg.fcs, "Fully connected layers before the boxes."),
};
static const mmd_option_table_t g_plain_table =
    MMD_OPTION_TABLE("BBoxHead", convfc_t, g_plain_options);
static const mmd_option_table_t g_2fc_table =
    MMD_OPTION_TABLE("Shared2FCBBoxHead", convfc_t, g_short_options);
static const mmd_option_table_t g_4conv1fc_table =
    MMD_OPTION_TABLE("Shared4Conv1FCBBoxHead", convfc_t, g_short_options);
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("ConvFCBBoxHead", convfc_t, g_options);

typedef struct features_t {
  mmd_edge_t *x;
  int64_t size;  // channels of a map, or numbers of a row
  bool is_map;
} features_t;

typedef struct plan_t {
  const convfc_t *self;
  mmd_norm_t norm;
  mmd_activation_t relu;
} plan_t;

static features_t conv_layers(mmd_builder_t *b, const plan_t *plan, const char *name, int64_t count,
                              features_t f) {
  for (int64_t i = 0; i < count && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv = mmd_conv_square(f.size, plan->self->conv_out_channels, 3, 1, 1);
    char module[48];
    conv.cfg = plan->self->conv_cfg;
    snprintf(module, sizeof module, "%s_convs.%lld", name, (long long)i);
    f.x = mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, f.x);
    f.size = conv.out_channels;
  }
  return f;
}

// A map as rows: its pixels, or their average.
static features_t flatten(mmd_builder_t *b, const plan_t *plan, features_t f) {
  const mmd_bbox_head_t *base = &plan->self->base;
  if (!f.is_map) return f;
  if (base->with_avg_pool) {
    f.x = mmd_nn_global_average_pool(b, f.x);
  } else {
    f.size *= mmd_bbox_head_area(base);
  }
  f.x = mmd_nn_flatten(b, 1, f.x);
  f.is_map = false;
  return f;
}

static features_t fc_layers(mmd_builder_t *b, const plan_t *plan, const char *name, int64_t count,
                            features_t f) {
  for (int64_t i = 0; i < count && mmd_builder_ok(b); ++i) {
    const mmd_linear_t linear = {f.size, plan->self->fc_out_channels, true};
    char module[48];
    snprintf(module, sizeof module, "%s_fcs.%lld", name, (long long)i);
    f.x = mmd_nn_relu(b, mmd_nn_linear(b, module, &linear, 2, f.x));
    f.size = linear.out_features;
  }
  return f;
}

static features_t end_branch(mmd_builder_t *b, const plan_t *plan, const char *name,
                             const branch_t *branch, features_t f) {
  f = conv_layers(b, plan, name, branch->convs, f);
  return fc_layers(b, plan, name, branch->fcs, flatten(b, plan, f));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const convfc_t *self = options;
  plan_t plan = {
      .self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}, .relu = {.type = "ReLU"}};
  if (!mmd_bbox_head_check(b, &self->base, inputs)) return;
  if (self->norm_cfg) plan.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  features_t f = {inputs->items[0], self->base.in_channels, true};
  f = conv_layers(b, &plan, "shared", self->shared.convs, f);
  if (self->shared.fcs) f = fc_layers(b, &plan, "shared", self->shared.fcs, flatten(b, &plan, f));
  if (self->base.with_cls) {
    const features_t end = end_branch(b, &plan, "cls", &self->cls, f);
    mmd_bbox_head_end(b, "fc_cls", self->base.num_classes + 1, end.size, end.x, out_outputs);
  }
  if (self->base.with_reg) {
    const features_t end = end_branch(b, &plan, "reg", &self->reg, f);
    mmd_bbox_head_end(b, "fc_reg", mmd_bbox_head_box_size(&self->base), end.size, end.x,
                      out_outputs);
  }
}

static void build_short(mmd_builder_t *b, const void *options, branch_t shared,
                        const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  convfc_t self = *(const convfc_t *)options;
  self.shared = shared;
  build(b, &self, inputs, out_outputs);
}

static void build_2fc(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  build_short(b, options, (branch_t){0, 2}, inputs, out_outputs);
}

static void build_4conv1fc(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                           mmd_features_t *out_outputs) {
  build_short(b, options, (branch_t){4, 1}, inputs, out_outputs);
}

#define HEAD(name, table_, build_)                                                  \
  {                                                                                 \
    .codebase = "mmdet", .kind = "bbox_head", .type = (name), .options = &(table_), \
    .build = (build_)                                                               \
  }
const mmd_module_t mmd_mmdet_roi_bbox_head = HEAD("BBoxHead", g_plain_table, build);
const mmd_module_t mmd_mmdet_convfc_bbox_head = HEAD("ConvFCBBoxHead", g_table, build);
const mmd_module_t mmd_mmdet_shared_2fc_bbox_head =
    HEAD("Shared2FCBBoxHead", g_2fc_table, build_2fc);
const mmd_module_t mmd_mmdet_shared_4conv1fc_bbox_head =
    HEAD("Shared4Conv1FCBBoxHead", g_4conv1fc_table, build_4conv1fc);
