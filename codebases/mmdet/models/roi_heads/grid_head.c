// SPDX-License-Identifier: Apache-2.0
//
// GridHead: a map of where each of the points of a grid over the box lies; neighbours in the grid
// help each other twice. Its norm is as in Grid R-CNN Plus.
#include <math.h>
#include <stdio.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/conv_transpose.h"
#include "nn/tensor_ops.h"

enum { MAX_POINTS = 25 };

typedef struct grid_t {
  int64_t grid_points, num_convs, roi_feat_size, in_channels, conv_kernel_size;
  int64_t point_feat_channels, deconv_kernel_size;
  const mmd_value_t *conv_cfg, *norm_cfg;
} grid_t;

static const mmd_option_t g_options[] = {
    {.name = "grid_points",
     .type = MMD_OPTION_INT,
     .offset = offsetof(grid_t, grid_points),
     .default_text = "9",
     .min = 4,
     .max = MAX_POINTS,
     .help = "Points of the grid: a square number."},
    MMD_OPT_COUNT("num_convs", grid_t, num_convs, "8", "Convolutions; the first halves the size."),
    MMD_OPT_COUNT("roi_feat_size", grid_t, roi_feat_size, "14", "Height and width of features."),
    MMD_OPT_COUNT("in_channels", grid_t, in_channels, "256", "Channels of the features."),
    MMD_OPT_COUNT("conv_kernel_size", grid_t, conv_kernel_size, "3", "Kernels."),
    MMD_OPT_COUNT("point_feat_channels", grid_t, point_feat_channels, "64",
                  "Channels of each point."),
    {.name = "deconv_kernel_size",
     .type = MMD_OPTION_INT,
     .offset = offsetof(grid_t, deconv_kernel_size),
     .default_text = "4",
     .min = 2,
     .max = 64,
     .help = "Kernels of the transposed convolutions."},
    MMD_OPT_DICT("conv_cfg", grid_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", grid_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_TRAINING("class_agnostic"),
    MMD_OPT_TRAINING("loss_grid"),
    MMD_OPT_TRAINING("init_cfg"),
    MMD_OPT_TRAINING("train_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("GridHead", grid_t, g_options);

static int64_t side_of(const grid_t *self) {
  return (int64_t)lround(sqrt((double)self->grid_points));
}

static bool check(mmd_builder_t *b, const grid_t *self, mmd_edge_t *x) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  const int64_t channels = mmd_nn_size(x, 1), size = mmd_nn_size(x, 2);
  if (side_of(self) * side_of(self) != self->grid_points) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.grid_points: %lld; a square number is expected",
                     b->config_path, (long long)self->grid_points));
  } else if ((channels >= 0 && channels != self->in_channels) ||
             (size >= 0 && size != self->roi_feat_size)) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: in_channels %lld and roi_feat_size %lld, but the RoI "
                     "extractor gives %lld channels of size %lld",
                     b->config_path, (long long)self->in_channels, (long long)self->roi_feat_size,
                     (long long)channels, (long long)size));
  }
  return mmd_builder_ok(b);
}

static mmd_edge_t *convs(mmd_builder_t *b, const grid_t *self, mmd_edge_t *x) {
  static const mmd_activation_t relu = {.type = "ReLU"};
  const int64_t out = self->point_feat_channels * self->grid_points;
  mmd_norm_t norm = {
      .kind = MMD_NORM_GROUP, .eps = 1e-5, .affine = true, .groups = 36, .abbr = "gn"};
  if (self->norm_cfg) norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv = mmd_conv_square(i ? out : self->in_channels, out, self->conv_kernel_size,
                                      i ? 1 : 2, (self->conv_kernel_size - 1) / 2);
    char name[48];
    conv.bias = true;
    conv.cfg = self->conv_cfg;
    snprintf(name, sizeof name, "convs.%lld", (long long)i);
    x = mmd_nn_conv_module(b, name, &conv, &norm, &relu, x);
  }
  return x;
}

// The points beside |point|, in the order of the checkpoint's modules.
static int neighbours(const grid_t *self, int64_t point, int64_t out_points[4]) {
  const int64_t side = side_of(self), i = point / side, k = point % side;
  int count = 0;
  if (i > 0) out_points[count++] = point - side;
  if (k > 0) out_points[count++] = point - 1;
  if (k < side - 1) out_points[count++] = point + 1;
  if (i < side - 1) out_points[count++] = point + side;
  return count;
}

static mmd_edge_t *transition(mmd_builder_t *b, const grid_t *self, const char *name, int64_t point,
                              int neighbour, mmd_edge_t *x) {
  const int64_t channels = self->point_feat_channels;
  mmd_conv_t depthwise = mmd_conv_square(channels, channels, 5, 1, 2);
  mmd_conv_t pointwise = mmd_conv_square(channels, channels, 1, 1, 0);
  depthwise.groups = channels;
  depthwise.bias = pointwise.bias = true;
  const size_t mark = mmd_scope_enter(b, "%s.%lld.%d", name, (long long)point, neighbour);
  x = mmd_nn_conv(b, "1", &pointwise, mmd_nn_conv(b, "0", &depthwise, x));
  mmd_scope_leave(b, mark);
  return x;
}

// Each of |points| and what the |others| beside it tell.
static void fuse(mmd_builder_t *b, const grid_t *self, const char *name, mmd_edge_t *const *points,
                 mmd_edge_t *const *others, mmd_edge_t **out_points) {
  for (int64_t i = 0; i < self->grid_points && mmd_builder_ok(b); ++i) {
    int64_t beside[4];
    const int count = neighbours(self, i, beside);
    out_points[i] = points[i];
    for (int k = 0; k < count; ++k) {
      mmd_edge_t *told = transition(b, self, name, i, k, others[beside[k]]);
      out_points[i] = mmd_nn_binary(b, "Add", out_points[i], told);
    }
  }
}

static mmd_edge_t *enlarge(mmd_builder_t *b, const grid_t *self, const char *name,
                           int64_t out_channels, mmd_edge_t *x) {
  mmd_conv_t conv =
      mmd_conv_square(self->point_feat_channels * self->grid_points, out_channels,
                      self->deconv_kernel_size, 2, (self->deconv_kernel_size - 2) / 2);
  conv.groups = self->grid_points;
  conv.bias = true;
  return mmd_nn_conv_transpose(b, name, &conv, x);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const grid_t *self = options;
  const int64_t channels = self->point_feat_channels * self->grid_points;
  int64_t sizes[MAX_POINTS];
  mmd_edge_t *points[MAX_POINTS], *first[MAX_POINTS], *second[MAX_POINTS];
  if (!check(b, self, inputs->items[0])) return;
  for (int64_t i = 0; i < self->grid_points; ++i) sizes[i] = self->point_feat_channels;
  mmd_nn_split(b, 1, (size_t)self->grid_points, sizes, convs(b, self, inputs->items[0]), points);
  fuse(b, self, "forder_trans", points, points, first);
  fuse(b, self, "sorder_trans", points, first, second);
  if (!mmd_builder_ok(b)) return;
  mmd_edge_t *x = mmd_nn_concat(b, 1, (size_t)self->grid_points, second);
  const mmd_norm_t norm = {.kind = MMD_NORM_GROUP,
                           .eps = 1e-5,
                           .affine = true,
                           .groups = self->grid_points,
                           .abbr = "norm"};
  x = mmd_nn_norm(b, "norm1", &norm, channels, enlarge(b, self, "deconv1", channels, x));
  x = mmd_nn_relu(b, x);
  out_outputs->items[0] = enlarge(b, self, "deconv2", self->grid_points, x);
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_grid_head = {.codebase = "mmdet",
                                          .kind = "grid_head",
                                          .type = "GridHead",
                                          .options = &g_table,
                                          .build = build};
