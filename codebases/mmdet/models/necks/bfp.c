// SPDX-License-Identifier: Apache-2.0
//
// BFP: the mean of all levels, refined, is added to each.
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/adaptive_pool.h"
#include "nn/conv_module.h"
#include "nn/non_local.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct bfp_t {
  int64_t in_channels, num_levels, refine_level;
  const mmd_value_t *refine_type, *conv_cfg, *norm_cfg;
} bfp_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("in_channels", bfp_t, in_channels, "Channels of every level."),
    {.name = "num_levels",
     .type = MMD_OPTION_INT,
     .offset = offsetof(bfp_t, num_levels),
     .min = 1,
     .max = MMD_MAX_FEATURES,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of levels."},
    MMD_OPT_INT("refine_level", bfp_t, refine_level, "2", "The level whose size the mean has."),
    MMD_OPT_DICT("refine_type", bfp_t, refine_type, "None, 'conv' or 'non_local'."),
    MMD_OPT_DICT("conv_cfg", bfp_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", bfp_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("BFP", bfp_t, g_options);

static mmd_status_t check(const mmd_builder_t *b, const bfp_t *self, const mmd_features_t *inputs) {
  if (inputs->count != (size_t)self->num_levels) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.num_levels: %lld, but the module before gives %zu",
                     b->config_path, (long long)self->num_levels, inputs->count);
  }
  if (self->refine_level < 0 || self->refine_level >= self->num_levels) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.refine_level: %lld is no level, there are %lld",
                     b->config_path, (long long)self->refine_level, (long long)self->num_levels);
  }
  for (size_t i = 0; i < inputs->count; ++i) {
    const int64_t channels = mmd_nn_size(inputs->items[i], 1);
    if (channels < 0 || channels == self->in_channels) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.in_channels: %lld, but the module before gives %lld channels",
                     b->config_path, (long long)self->in_channels, (long long)channels);
  }
  return NULL;
}

// |x| of level |from| at the size of level |to|, a map like |like|.
static mmd_edge_t *resize(mmd_builder_t *b, int64_t from, int64_t to, mmd_edge_t *x,
                          mmd_edge_t *like) {
  if (from == to) return x;
  if (from > to) return mmd_nn_upsample_like(b, MMD_UPSAMPLE_NEAREST, x, like);
  return mmd_nn_adaptive_max_pool_like(b, (int64_t)2 << (to - from), x, like);
}

static mmd_edge_t *refine(mmd_builder_t *b, const bfp_t *self, mmd_edge_t *x) {
  const char *type = mmd_value_get_string(self->refine_type, NULL);
  const mmd_activation_t relu = {.type = "ReLU"};
  mmd_norm_t norm = {.kind = MMD_NORM_NONE, .abbr = ""};
  if (mmd_value_is_null(self->refine_type)) return x;
  if (self->norm_cfg) norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5);
  if (type && mmd_str_equal(type, "conv")) {
    mmd_conv_t conv = mmd_conv_square(self->in_channels, self->in_channels, 3, 1, 1);
    conv.cfg = self->conv_cfg;
    return mmd_nn_conv_module(b, "refine", &conv, &norm, &relu, x);
  }
  if (type && mmd_str_equal(type, "non_local")) {
    const mmd_non_local_t block = {
        .channels = self->in_channels, .reduction = 1, .conv_cfg = self->conv_cfg, .norm = norm};
    return mmd_nn_non_local(b, "refine", &block, x);
  }
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s.refine_type: '%s'; None, 'conv' or 'non_local' is expected",
                                b->config_path, type ? type : ""));
  return NULL;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const bfp_t *self = options;
  mmd_edge_t *sum = NULL;
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return;
  mmd_status_t status = check(b, self, inputs);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  mmd_edge_t *middle = inputs->items[self->refine_level];
  for (int64_t i = 0; i < self->num_levels; ++i) {
    mmd_edge_t *x = resize(b, i, self->refine_level, inputs->items[i], middle);
    sum = i ? mmd_nn_binary(b, "Add", sum, x) : x;
  }
  sum = refine(b, self, mmd_nn_scale(b, 1.0F / (float)self->num_levels, sum));
  for (int64_t i = 0; i < self->num_levels; ++i) {
    mmd_edge_t *x = resize(b, self->refine_level, i, sum, inputs->items[i]);
    out_outputs->items[out_outputs->count++] = mmd_nn_binary(b, "Add", x, inputs->items[i]);
  }
}

const mmd_module_t mmd_mmdet_bfp = {
    .codebase = "mmdet", .kind = "neck", .type = "BFP", .options = &g_table, .build = build};
