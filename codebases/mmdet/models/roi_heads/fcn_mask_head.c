// SPDX-License-Identifier: Apache-2.0
//
// FCNMaskHead: convolutions over the features of a RoI, enlarged, and a map of logits for each
// class.
#include <stdio.h>
#include <string.h>

#include "codebases/mmdet/models/roi_heads/mask_head.h"
#include "nn/conv_module.h"
#include "nn/conv_transpose.h"
#include "nn/upsample.h"

typedef struct fcn_t {
  mmd_mask_head_t base;
} fcn_t;

static const mmd_option_t g_options[] = {MMD_MASK_HEAD_OPTIONS(fcn_t)};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("FCNMaskHead", fcn_t, g_options);

bool mmd_mask_head_check(mmd_builder_t *b, const mmd_mask_head_t *self, mmd_edge_t *x) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  const int64_t found = mmd_nn_size(x, 1);
  if (found < 0 || found == self->in_channels) return true;
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s.in_channels: %lld, but the RoI extractor gives %lld channels",
                                b->config_path, (long long)self->in_channels, (long long)found));
  return false;
}

mmd_edge_t *mmd_mask_head_conv(mmd_builder_t *b, const mmd_mask_head_t *self, const char *name,
                               int64_t in_channels, int64_t out_channels, int64_t kernel,
                               mmd_edge_t *x) {
  const mmd_activation_t relu = {.type = "ReLU"};
  mmd_norm_t norm = {.kind = MMD_NORM_NONE, .abbr = ""};
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, kernel, 1, (kernel - 1) / 2);
  conv.cfg = self->conv_cfg;
  if (self->norm_cfg) norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  return mmd_nn_conv_module(b, name, &conv, &norm, &relu, x);
}

mmd_edge_t *mmd_mask_head_convs(mmd_builder_t *b, const mmd_mask_head_t *self, mmd_edge_t *x) {
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    char name[48];
    snprintf(name, sizeof name, "convs.%lld", (long long)i);
    x = mmd_mask_head_conv(b, self, name, i ? self->conv_out_channels : self->in_channels,
                           self->conv_out_channels, self->conv_kernel_size, x);
  }
  return x;
}

static mmd_edge_t *enlarge(mmd_builder_t *b, const mmd_mask_head_t *self, int64_t channels,
                           mmd_edge_t *x) {
  const mmd_value_t *cfg = self->upsample_cfg, *type_value = mmd_object_get(cfg, "type");
  const char *type = mmd_value_get_string(type_value, cfg ? "" : "deconv");
  const int64_t scale = mmd_value_get_int(mmd_object_get(cfg, "scale_factor"), 2);
  if (cfg && mmd_value_is_null(type_value)) return x;
  if (scale < 1 || scale > 64) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.upsample_cfg.scale_factor: %lld; 1 to 64 is expected",
                     b->config_path, (long long)scale));
  } else if (strcmp(type, "deconv") == 0) {
    mmd_conv_t conv = mmd_conv_square(channels, self->conv_out_channels, scale, scale, 0);
    conv.bias = true;
    return mmd_nn_relu(b, mmd_nn_conv_transpose(b, "upsample", &conv, x));
  } else if (strcmp(type, "nearest") == 0) {
    return mmd_nn_upsample(b, MMD_UPSAMPLE_NEAREST, (double)scale, x);
  } else if (strcmp(type, "bilinear") == 0) {
    return mmd_nn_upsample(b, MMD_UPSAMPLE_BILINEAR, (double)scale, x);
  } else {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.upsample_cfg.type: '%s' is not supported; known: deconv, "
                                  "nearest, bilinear, None",
                                  b->config_path, type));
  }
  return NULL;
}

mmd_edge_t *mmd_mask_head_logits(mmd_builder_t *b, const mmd_mask_head_t *self, mmd_edge_t *x) {
  const int64_t channels = self->num_convs ? self->conv_out_channels : self->in_channels;
  const char *type = mmd_value_get_string(mmd_object_get(self->predictor_cfg, "type"), "Conv");
  x = enlarge(b, self, channels, x);
  if (strcmp(type, "Conv") != 0 && strcmp(type, "Conv2d") != 0) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.predictor_cfg.type: '%s' is not supported, only 'Conv'",
                     b->config_path, type));
  }
  mmd_conv_t conv =
      mmd_conv_square(channels, self->class_agnostic ? 1 : self->num_classes, 1, 1, 0);
  conv.bias = true;
  return mmd_nn_conv(b, "conv_logits", &conv, x);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_mask_head_t *self = &((const fcn_t *)options)->base;
  if (!mmd_mask_head_check(b, self, inputs->items[0])) return;
  out_outputs->items[0] =
      mmd_mask_head_logits(b, self, mmd_mask_head_convs(b, self, inputs->items[0]));
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_fcn_mask_head = {.codebase = "mmdet",
                                              .kind = "mask_head",
                                              .type = "FCNMaskHead",
                                              .options = &g_table,
                                              .build = build};
