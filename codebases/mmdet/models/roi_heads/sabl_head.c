// SPDX-License-Identifier: Apache-2.0
//
// SABLHead: fully connected layers give the classes; the sides of a box are looked for in buckets,
// by features along x and along y that attention pools from the map. Its second output is what the
// bucketing coder takes: logits and offsets of the sides left, right, top, bottom.
#include <stdio.h>

#include "codebases/mmdet/models/roi_heads/bbox_head.h"
#include "nn/conv_module.h"
#include "nn/linear.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

enum { X, Y, MAX_BUCKETS = 1024 };

typedef struct sabl_t {
  int64_t num_classes, cls_in_channels, reg_in_channels, roi_feat_size, reg_feat_up_ratio;
  int64_t reg_pre_kernel, reg_post_kernel, reg_pre_num, reg_post_num;
  int64_t cls_out_channels, reg_offset_out_channels, reg_cls_out_channels;
  int64_t num_cls_fcs, num_reg_fcs;
  bool reg_class_agnostic;
  const mmd_value_t *norm_cfg, *bbox_coder, *loss_cls;
} sabl_t;

// A number that may be 0.
#define OPT_NUMBER(label, field, fallback, text)                                \
  {                                                                             \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(sabl_t, field), \
    .default_text = (fallback), .min = 0, .max = 1024, .help = (text)           \
  }

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_classes", sabl_t, num_classes, "Classes, without background."),
    MMD_OPT_COUNT("cls_in_channels", sabl_t, cls_in_channels, "256", "Channels for the classes."),
    MMD_OPT_COUNT("reg_in_channels", sabl_t, reg_in_channels, "256", "Channels for the boxes."),
    MMD_OPT_COUNT("roi_feat_size", sabl_t, roi_feat_size, "7", "Height and width of features."),
    MMD_OPT_COUNT("reg_feat_up_ratio", sabl_t, reg_feat_up_ratio, "2", "Buckets of one cell."),
    MMD_OPT_COUNT("reg_pre_kernel", sabl_t, reg_pre_kernel, "3", "Kernel before the pooling."),
    MMD_OPT_COUNT("reg_post_kernel", sabl_t, reg_post_kernel, "3", "Kernel behind the pooling."),
    OPT_NUMBER("reg_pre_num", reg_pre_num, "2", "Convolutions before the pooling."),
    OPT_NUMBER("reg_post_num", reg_post_num, "1", "Convolutions behind the pooling."),
    MMD_OPT_COUNT("cls_out_channels", sabl_t, cls_out_channels, "1024", "Features of classes."),
    MMD_OPT_COUNT("reg_offset_out_channels", sabl_t, reg_offset_out_channels, "256",
                  "Features of offsets."),
    MMD_OPT_COUNT("reg_cls_out_channels", sabl_t, reg_cls_out_channels, "256",
                  "Features of buckets."),
    OPT_NUMBER("num_cls_fcs", num_cls_fcs, "1", "Layers before the classes."),
    OPT_NUMBER("num_reg_fcs", num_reg_fcs, "0", "Layers before the buckets."),
    MMD_OPT_BOOL("reg_class_agnostic", sabl_t, reg_class_agnostic, "true", "One box a RoI."),
    MMD_OPT_DICT("norm_cfg", sabl_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_DICT("bbox_coder", sabl_t, bbox_coder, "How boxes are predicted."),
    MMD_OPT_DICT("loss_cls", sabl_t, loss_cls, "Only its type counts."),
    MMD_OPT_TRAINING("loss_bbox_cls"),
    MMD_OPT_TRAINING("loss_bbox_reg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SABLHead", sabl_t, g_options);

//===--- checks ------------------------------------------------------------===//

static int64_t buckets_of(const sabl_t *self) {
  return self->roi_feat_size * self->reg_feat_up_ratio;
}

static mmd_status_t check_options(const mmd_builder_t *b, const sabl_t *self) {
  const int64_t buckets = mmd_value_get_int(mmd_object_get(self->bbox_coder, "num_buckets"), 14);
  if (self->cls_in_channels != self->reg_in_channels) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.reg_in_channels: %lld, but cls_in_channels is %lld: both see the same "
                     "features",
                     b->config_path, (long long)self->reg_in_channels,
                     (long long)self->cls_in_channels);
  }
  if (self->reg_feat_up_ratio < 2 || buckets != buckets_of(self) || buckets > MAX_BUCKETS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.reg_feat_up_ratio: %lld; at least 2 is expected, and %lld times "
                     "roi_feat_size must be num_buckets (%lld), at most %d",
                     b->config_path, (long long)self->reg_feat_up_ratio,
                     (long long)self->reg_feat_up_ratio, (long long)buckets, MAX_BUCKETS);
  }
  if (self->reg_class_agnostic) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.reg_class_agnostic: only True is supported",
                   b->config_path);
}

static bool check(mmd_builder_t *b, const sabl_t *self, const mmd_features_t *inputs) {
  mmd_bbox_head_t base = {.in_channels = self->cls_in_channels,
                          .num_classes = self->num_classes,
                          .with_cls = true,
                          .loss_cls = self->loss_cls};
  base.roi_feat_size.items[0] = self->roi_feat_size;
  base.roi_feat_size.count = 1;
  mmd_status_t status = check_options(b, self);
  if (status) mmd_builder_fail(b, status);
  return mmd_builder_ok(b) && mmd_bbox_head_check(b, &base, inputs);
}

//===--- layers ------------------------------------------------------------===//

static mmd_edge_t *fcs(mmd_builder_t *b, const char *name, int64_t count, const int64_t sizes[2],
                       int rank, mmd_edge_t *x) {
  for (int64_t i = 0; i < count && mmd_builder_ok(b); ++i) {
    const mmd_linear_t linear = {i ? sizes[1] : sizes[0], sizes[1], true};
    char module[64];
    snprintf(module, sizeof module, "%s.%lld", name, (long long)i);
    x = mmd_nn_relu(b, mmd_nn_linear(b, module, &linear, rank, x));
  }
  return x;
}

// |count| modules "<name>.0" … with a kernel of height and width.
static mmd_edge_t *convs(mmd_builder_t *b, const sabl_t *self, const char *name, int64_t count,
                         int64_t height, int64_t width, mmd_edge_t *x) {
  const mmd_activation_t relu = {.type = "ReLU"};
  mmd_norm_t norm = {.kind = MMD_NORM_NONE, .abbr = ""};
  if (self->norm_cfg) norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, NULL, 1e-5);
  for (int64_t i = 0; i < count && mmd_builder_ok(b); ++i) {
    mmd_conv_t conv = mmd_conv_square(self->reg_in_channels, self->reg_in_channels, 1, 1, 0);
    char module[64];
    conv.kernel[0] = height;
    conv.kernel[1] = width;
    conv.padding[0] = height / 2;
    conv.padding[1] = width / 2;
    snprintf(module, sizeof module, "%s.%lld", name, (long long)i);
    x = mmd_nn_conv_module(b, module, &conv, &norm, &relu, x);
  }
  return x;
}

static mmd_edge_t *sum(mmd_builder_t *b, int64_t axis, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &axis)};
  return mmd_nn_op(b, "ReduceSum", 2, inputs, NULL);
}

// The sum over |axis|, which keeps a size of 1, weighted by attention.
static mmd_edge_t *attend(mmd_builder_t *b, const sabl_t *self, const char *name, int64_t axis,
                          mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(self->reg_in_channels, 1, 1, 1, 0);
  conv.bias = true;
  mmd_edge_t *weight = mmd_nn_unary(b, "Sigmoid", mmd_nn_conv(b, name, &conv, x));
  weight = mmd_nn_binary(b, "Div", weight, sum(b, axis, weight));
  return sum(b, axis, mmd_nn_binary(b, "Mul", x, weight));
}

// A transposed convolution along one axis; the other has size 1. Weights have three axes.
static mmd_edge_t *upsample(mmd_builder_t *b, const sabl_t *self, int direction, mmd_edge_t *x) {
  const int64_t ratio = self->reg_feat_up_ratio, channels = self->reg_in_channels;
  const int64_t dims[] = {channels, channels, ratio};
  const int64_t kernel[] = {direction == X ? 1 : ratio, direction == X ? ratio : 1};
  mmd_node_t *node = NULL;
  const size_t mark = mmd_scope_enter(b, "upsample_%c", direction == X ? 'x' : 'y');
  mmd_edge_t *weight = mmd_nn_weight(b, "weight", 3, dims);
  mmd_edge_t *const inputs[] = {x, mmd_nn_unsqueeze(b, direction == X ? 2 : 3, weight),
                                mmd_nn_weight(b, "bias", 1, &channels)};
  x = mmd_nn_op(b, "ConvTranspose", 3, inputs, &node);
  mmd_nn_set_ints(b, node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(b, node, "strides", 2, kernel);
  mmd_scope_leave(b, mark);
  return mmd_nn_relu(b, x);
}

// [m, buckets, channels] along x or y.
static mmd_edge_t *side_features(mmd_builder_t *b, const sabl_t *self, int direction,
                                 mmd_edge_t *x) {
  static const int64_t perm[] = {0, 2, 1};
  const int64_t flat = direction == X ? 2 : 3, kernel = self->reg_post_kernel;
  x = attend(b, self, direction == X ? "reg_conv_att_x" : "reg_conv_att_y", flat, x);
  x = convs(b, self, direction == X ? "reg_post_conv_xs" : "reg_post_conv_ys", self->reg_post_num,
            direction == X ? 1 : kernel, direction == X ? kernel : 1, x);
  x = mmd_nn_squeeze(b, flat, upsample(b, self, direction, x));
  return mmd_nn_transpose(b, 3, perm, x);
}

// [m, 2 x side's buckets]: those of the first side from its border on, then those of the second.
static mmd_edge_t *predict(mmd_builder_t *b, const sabl_t *self, bool is_offset, mmd_edge_t *x) {
  const int64_t count = buckets_of(self), side = (count + 1) / 2;
  const int64_t width = is_offset ? self->reg_offset_out_channels : self->reg_cls_out_channels;
  const int64_t sizes[] = {self->reg_in_channels, width};
  const mmd_linear_t last = {self->num_reg_fcs ? width : sizes[0], 1, true};
  int64_t order[2 * MAX_BUCKETS];
  for (int64_t i = 0; i < side; ++i) {
    order[i] = i;
    order[side + i] = count - 1 - i;
  }
  x = fcs(b, is_offset ? "reg_offset_fcs" : "reg_cls_fcs", self->num_reg_fcs, sizes, 3, x);
  x = mmd_nn_linear(b, is_offset ? "fc_reg_offset" : "fc_reg_cls", &last, 3, x);
  return mmd_nn_gather(b, 1, mmd_nn_squeeze(b, 2, x),
                       mmd_nn_constant_i64(b, (size_t)(2 * side), order));
}

static mmd_edge_t *boxes(mmd_builder_t *b, const sabl_t *self, mmd_edge_t *x) {
  const int64_t kernel = self->reg_pre_kernel;
  x = convs(b, self, "reg_pre_convs", self->reg_pre_num, kernel, kernel, x);
  mmd_edge_t *along[] = {side_features(b, self, X, x), side_features(b, self, Y, x)};
  mmd_edge_t *const parts[] = {predict(b, self, false, along[X]), predict(b, self, false, along[Y]),
                               predict(b, self, true, along[X]), predict(b, self, true, along[Y])};
  return mmd_nn_concat(b, 1, 4, parts);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const sabl_t *self = options;
  if (!check(b, self, inputs)) return;
  const int64_t area = self->roi_feat_size * self->roi_feat_size;
  const int64_t sizes[] = {self->cls_in_channels * area, self->cls_out_channels};
  mmd_edge_t *x = mmd_nn_flatten(b, 1, inputs->items[0]);
  x = fcs(b, "cls_fcs", self->num_cls_fcs, sizes, 2, x);
  mmd_bbox_head_end(b, "fc_cls", self->num_classes + 1,
                    self->num_cls_fcs ? self->cls_out_channels : sizes[0], x, out_outputs);
  out_outputs->items[out_outputs->count++] = boxes(b, self, inputs->items[0]);
}

const mmd_module_t mmd_mmdet_sabl_head = {.codebase = "mmdet",
                                          .kind = "bbox_head",
                                          .type = "SABLHead",
                                          .options = &g_table,
                                          .build = build};
