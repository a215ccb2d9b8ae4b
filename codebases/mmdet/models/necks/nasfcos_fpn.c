// SPDX-License-Identifier: Apache-2.0
//
// NASFCOS_FPN: the last three of four inputs are joined pairwise by a searched plan; two maps are
// always brought to the size of the larger one.
#include <stdio.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct nasfcos_fpn_t {
  mmd_ints_t in_channels;
  int64_t out_channels, num_outs, start_level, end_level;
  const mmd_value_t *conv_cfg, *norm_cfg;
} nasfcos_fpn_t;

static const mmd_option_t g_options[] = {
    {.name = "in_channels",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(nasfcos_fpn_t, in_channels),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Channels of each input."},
    MMD_OPT_COUNT_REQUIRED("out_channels", nasfcos_fpn_t, out_channels, "Channels of each output."),
    {.name = "num_outs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(nasfcos_fpn_t, num_outs),
     .min = 3,
     .max = MMD_MAX_FEATURES,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of outputs."},
    MMD_OPT_INT("start_level", nasfcos_fpn_t, start_level, "1", "First input that is used."),
    MMD_OPT_INT("end_level", nasfcos_fpn_t, end_level, "-1", "Last input that is used."),
    MMD_OPT_DICT("conv_cfg", nasfcos_fpn_t, conv_cfg, "Kind of convolution in front of a merge."),
    MMD_OPT_DICT("norm_cfg", nasfcos_fpn_t, norm_cfg, "Normalisation in front of a merge."),
    MMD_OPT_TRAINING("add_extra_convs"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("NASFCOS_FPN", nasfcos_fpn_t, g_options);

enum { INPUTS = 4, USED = 3, MERGED = 7 };

// Of two maps that lie before it in the list one new map is made; |level| 0 is the largest.
static const struct {
  const char *name;
  int first, second;
  bool is_second_convolved;
} g_cells[MERGED] = {
    {"c22_1", 2, 2, true}, {"c22_2", 2, 2, true}, {"c32", 3, 2, false}, {"c02", 0, 2, false},
    {"c42", 4, 2, true},   {"c36", 3, 6, true},   {"c61", 6, 1, true},
};

typedef struct map_t {
  mmd_edge_t *edge;
  int level;
} map_t;

typedef struct plan_t {
  const nasfcos_fpn_t *self;
  mmd_norm_t norm, batch_norm;
  mmd_activation_t relu;
} plan_t;

// |x| at the size of |level|. Sizes are those of the first maps: engines may not know what comes
// out of a deformable convolution.
static mmd_edge_t *resized(mmd_builder_t *b, mmd_upsample_mode_t mode, const map_t *x,
                           const map_t *maps, int level) {
  return x->level == level ? x->edge : mmd_nn_upsample_like(b, mode, x->edge, maps[level].edge);
}

static mmd_edge_t *input_conv(mmd_builder_t *b, const plan_t *plan, const char *name,
                              mmd_edge_t *x) {
  const int64_t channels = plan->self->out_channels;
  mmd_conv_t conv = mmd_conv_square(channels, channels, 3, 1, 1);
  conv.bias = true;
  conv.cfg = plan->self->conv_cfg;
  return mmd_nn_conv_module(b, name, &conv, &plan->norm, &plan->relu, x);
}

// Norm, ReLU and a 1x1 convolution of two channels each, in that order.
static mmd_edge_t *out_conv(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *x) {
  const int64_t channels = plan->self->out_channels;
  mmd_conv_t conv = mmd_conv_square(2 * channels, channels, 1, 1, 0);
  conv.groups = channels;
  const size_t mark = mmd_scope_enter(b, "out_conv");
  x = mmd_nn_norm_numbered(b, 0, &plan->batch_norm, 2 * channels, x);
  x = mmd_nn_conv(b, "conv", &conv, mmd_nn_relu(b, x));
  mmd_scope_leave(b, mark);
  return x;
}

static map_t merge(mmd_builder_t *b, const plan_t *plan, int cell, const map_t *maps) {
  map_t first = maps[g_cells[cell].first], second = maps[g_cells[cell].second];
  const size_t mark = mmd_scope_enter(b, "fpn.%s", g_cells[cell].name);
  first.edge = input_conv(b, plan, "input1_conv", first.edge);
  if (g_cells[cell].is_second_convolved)
    second.edge = input_conv(b, plan, "input2_conv", second.edge);
  const int level = first.level <= second.level ? first.level : second.level;
  mmd_edge_t *const parts[] = {resized(b, MMD_UPSAMPLE_NEAREST, &first, maps, level),
                               resized(b, MMD_UPSAMPLE_NEAREST, &second, maps, level)};
  const map_t out = {out_conv(b, plan, mmd_nn_concat(b, 1, 2, parts)), level};
  mmd_scope_leave(b, mark);
  return out;
}

// Each output is a merged map and the third merged one, at the size of its input.
static void join(mmd_builder_t *b, const map_t *maps, mmd_features_t *outs) {
  for (int i = 0; i < USED; ++i) {
    const map_t *x = &maps[USED + MERGED - 1 - i];
    mmd_edge_t *other = resized(b, MMD_UPSAMPLE_BILINEAR, &maps[USED + 2], maps, x->level);
    const map_t sum = {mmd_nn_binary(b, "Add", x->edge, other), x->level};
    outs->items[outs->count++] = resized(b, MMD_UPSAMPLE_BILINEAR, &sum, maps, i);
  }
}

static void add_levels(mmd_builder_t *b, const nasfcos_fpn_t *self, mmd_features_t *outs) {
  mmd_conv_t conv = mmd_conv_square(self->out_channels, self->out_channels, 3, 2, 1);
  conv.bias = true;
  for (int i = 0; (int64_t)outs->count < self->num_outs; ++i) {
    char name[48];
    mmd_edge_t *x = outs->items[outs->count - 1];
    snprintf(name, sizeof name, "extra_downsamples.%d.conv", i);
    outs->items[outs->count++] = mmd_nn_conv(b, name, &conv, i ? mmd_nn_relu(b, x) : x);
  }
}

static bool check(mmd_builder_t *b, const nasfcos_fpn_t *self, const mmd_features_t *inputs) {
  if (inputs->count != INPUTS || self->in_channels.count != INPUTS || self->start_level != 1 ||
      (self->end_level != -1 && self->end_level != INPUTS - 1)) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: in_channels has %d numbers, start_level %lld, end_level "
                     "%lld, and the module before gives %zu maps; four maps from "
                     "level 1 on are expected",
                     b->config_path, self->in_channels.count, (long long)self->start_level,
                     (long long)self->end_level, inputs->count));
    return false;
  }
  mmd_nn_infer(b);
  for (int i = 1; i < INPUTS && mmd_builder_ok(b); ++i) {
    const int64_t found = mmd_nn_size(inputs->items[i], 1), wanted = self->in_channels.items[i];
    if (found < 0 || found == wanted) continue;
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.in_channels[%d]: %lld, but the module before gives %lld channels",
                     b->config_path, i, (long long)wanted, (long long)found));
  }
  return mmd_builder_ok(b);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const nasfcos_fpn_t *self = options;
  plan_t plan = {.self = self,
                 .norm = {.kind = MMD_NORM_NONE, .abbr = ""},
                 .batch_norm = mmd_norm_read(b, "norm_cfg", NULL, "BN", 1e-5),
                 .relu = {.type = "ReLU"}};
  map_t maps[USED + MERGED];
  if (!check(b, self, inputs)) return;
  if (self->norm_cfg) plan.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  for (int i = 0; i < USED; ++i) {
    const mmd_conv_t conv =
        mmd_conv_square(self->in_channels.items[i + 1], self->out_channels, 1, 1, 0);
    char name[32];
    snprintf(name, sizeof name, "adapt_convs.%d", i);
    maps[i] = (map_t){
        mmd_nn_conv_module(b, name, &conv, &plan.batch_norm, &plan.relu, inputs->items[i + 1]), i};
  }
  for (int i = 0; i < MERGED; ++i) maps[USED + i] = merge(b, &plan, i, maps);
  join(b, maps, out_outputs);
  add_levels(b, self, out_outputs);
}

const mmd_module_t mmd_mmdet_nasfcos_fpn = {.codebase = "mmdet",
                                            .kind = "neck",
                                            .type = "NASFCOS_FPN",
                                            .options = &g_table,
                                            .build = build};
