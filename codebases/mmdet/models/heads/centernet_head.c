// SPDX-License-Identifier: Apache-2.0
//
// CenterNetHead: a map of scores for each class, whose peaks are the middles of boxes, with sizes
// and fractions of a cell beside it. Nothing is suppressed: the best peaks are the answer.
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "codebases/mmdet/models/input_check.h"
#include "nn/detection_output.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"

typedef struct centernet_head_t {
  int64_t in_channel, feat_channel, in_channels, feat_channels;  // the names of 0.x and 1.x
  int64_t num_classes;
  const mmd_value_t *test_cfg;
} centernet_head_t;

#define CHANNELS(label, field, text)                                                      \
  {                                                                                       \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(centernet_head_t, field), \
    .min = 1, .max = 65536, .flags = MMD_OPTION_NULLABLE, .help = (text)                  \
  }
static const mmd_option_t g_options[] = {
    CHANNELS("in_channel", in_channel, "Channels of the input."),
    CHANNELS("in_channels", in_channels, "Channels of the input."),
    CHANNELS("feat_channel", feat_channel, "Channels in front of what predicts."),
    CHANNELS("feat_channels", feat_channels, "Channels in front of what predicts."),
    MMD_OPT_COUNT_REQUIRED("num_classes", centernet_head_t, num_classes, "Classes."),
    MMD_OPT_DICT("test_cfg", centernet_head_t, test_cfg, "Set by the detector."),
    MMD_OPT_TRAINING("loss_center_heatmap"),
    MMD_OPT_TRAINING("loss_wh"),
    MMD_OPT_TRAINING("loss_offset"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("CenterNetHead", centernet_head_t, g_options);

typedef struct plan_t {
  int64_t in_channels, feat_channels, num_classes;
  int64_t top_k, kernel;  // boxes of an image; cells on a side of which a peak is the largest
} plan_t;

static int64_t read_test_cfg(mmd_builder_t *b, const mmd_value_t *test_cfg, const char *key,
                             int64_t fallback, bool is_odd) {
  const mmd_value_t *value = mmd_object_get(test_cfg, key);
  const int64_t number = mmd_value_is_null(value) ? fallback : mmd_value_get_int(value, -1);
  if (number >= 1 && number <= 65536 && (!is_odd || number % 2 == 1)) return number;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.%s: %lld; a positive%s number is expected",
                   mmd_head_test_cfg_path(b), key, (long long)number, is_odd ? " odd" : ""));
  return fallback;
}

static bool make_plan(mmd_builder_t *b, const centernet_head_t *self, const mmd_features_t *inputs,
                      plan_t *plan) {
  *plan = (plan_t){
      .in_channels = b->is_1x ? self->in_channels : self->in_channel,
      .feat_channels = b->is_1x ? self->feat_channels : self->feat_channel,
      .num_classes = self->num_classes,
      .top_k = read_test_cfg(b, self->test_cfg, "topk", 100, false),
      .kernel = read_test_cfg(b, self->test_cfg, "local_maximum_kernel", 3, true),
  };
  if (inputs->count != 1) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s: it expects one level, but the module before gives %zu",
                                  b->config_path, inputs->count));
  }
  return mmd_check_last_channels(b, inputs, b->is_1x ? "in_channels" : "in_channel",
                                 plan->in_channels);
}

static mmd_edge_t *branch(mmd_builder_t *b, const plan_t *plan, const char *name,
                          int64_t out_channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(plan->feat_channels, out_channels, 1, 1, 0);
  conv.bias = true;
  const size_t mark = mmd_scope_enter(b, "%s", name);
  x = mmd_nn_relu(b, mmd_head_conv(b, "0", plan->in_channels, plan->feat_channels, x));
  x = mmd_nn_conv(b, "2", &conv, x);
  mmd_scope_leave(b, mark);
  return x;
}

// Scores of all classes, 0 where a cell is not the largest about it.
static mmd_edge_t *peaks(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *scores) {
  const mmd_pool2d_t pool = {.kernel = plan->kernel, .stride = 1, .padding = plan->kernel / 2};
  mmd_edge_t *largest = mmd_nn_max_pool(b, &pool, scores);
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "Equal", largest, scores), false, scores);
}

// The best of each row of |x| [batch, n], the largest first, and their places.
static void best(mmd_builder_t *b, int64_t k, mmd_edge_t *x, mmd_edge_t **out_values,
                 mmd_edge_t **out_index) {
  mmd_node_t *shape = NULL;
  mmd_edge_t *part = mmd_nn_slice(b, 1, 0, k, x);  // ends where |x| does
  mmd_edge_t *const inputs[] = {x, mmd_nn_op(b, "Shape", 1, &part, &shape)};
  mmd_nn_set_int(b, shape, "start", 1);
  mmd_node_t *node = mmd_nn_node(b, MMD_DOMAIN_ONNX, "TopK", 2, inputs, 2);
  mmd_nn_set_int(b, node, "axis", 1);
  *out_values = node ? node->outputs[0] : NULL;
  *out_index = node ? node->outputs[1] : NULL;
}

// Boxes about the middles of |cells| [batch, k] (NULL: of all), in pixels of the image.
static mmd_edge_t *decode(mmd_builder_t *b, mmd_edge_t *sizes_and_offsets, mmd_edge_t *cells) {
  static const double stride[] = {1, 1};
  mmd_level_priors_t points;
  mmd_edge_t *part[2];
  mmd_priors_points(0, false, stride, &points);
  mmd_edge_t *corner = mmd_nn_priors(b, &points, sizes_and_offsets);
  mmd_edge_t *rows = mmd_nn_flatten_map(b, 4, sizes_and_offsets);
  corner = cells ? mmd_nn_gather(b, 0, corner, cells) : mmd_nn_unsqueeze(b, 0, corner);
  if (cells) rows = mmd_nn_gather_rows(b, rows, cells);
  mmd_nn_halves(b, rows, part);
  mmd_edge_t *center = mmd_nn_binary(b, "Add", corner, part[1]);
  mmd_edge_t *half = mmd_nn_scale(b, 0.5F, part[0]);
  mmd_edge_t *boxes =
      mmd_nn_join(b, mmd_nn_binary(b, "Sub", center, half), mmd_nn_binary(b, "Add", center, half));
  mmd_edge_t *scale = mmd_nn_binary(b, "Div", mmd_nn_image_limits(b, 0),
                                    mmd_nn_map_limits(b, sizes_and_offsets, 0));
  return mmd_nn_binary(b, "Mul", boxes, scale);
}

// The best peaks as dets and labels.
static void choose(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *heat,
                   mmd_edge_t *sizes_and_offsets, mmd_features_t *out_outputs) {
  static const int64_t flat[] = {0, -1};
  mmd_edge_t *scores, *places;
  best(b, plan->top_k, mmd_nn_reshape(b, 2, flat, heat), &scores, &places);
  mmd_edge_t *count = mmd_nn_constant_i64(b, 1, &plan->num_classes);
  mmd_edge_t *boxes = decode(b, sizes_and_offsets, mmd_nn_binary(b, "Div", places, count));
  mmd_edge_t *const columns[] = {boxes, mmd_nn_unsqueeze(b, 2, scores)};
  out_outputs->items[0] = mmd_nn_concat(b, 2, 2, columns);
  out_outputs->items[1] = mmd_nn_binary(b, "Mod", places, count);
  out_outputs->count = 2;
}

// In ncnn's form: a suppression that leaves all boxes, as none overlaps another by more than 1.
static void choose_by_layer(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *heat,
                            mmd_edge_t *sizes_and_offsets, mmd_features_t *out_outputs) {
  const mmd_multiclass_nms_t nms = {
      .iou_threshold = 1, .pre_top_k = plan->top_k, .keep_top_k = plan->top_k};
  out_outputs->items[0] =
      mmd_nn_detection_output(b, &nms, decode(b, sizes_and_offsets, NULL), heat);
  out_outputs->count = 1;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  plan_t plan;
  if (!make_plan(b, options, inputs, &plan)) return;
  mmd_edge_t *x = inputs->items[0];
  mmd_edge_t *heat =
      mmd_nn_unary(b, "Sigmoid", branch(b, &plan, "heatmap_head", plan.num_classes, x));
  mmd_edge_t *const maps[] = {branch(b, &plan, "wh_head", 2, x),
                              branch(b, &plan, "offset_head", 2, x)};
  heat = mmd_nn_flatten_map(b, plan.num_classes, peaks(b, &plan, heat));
  (b->has_detection_output ? choose_by_layer : choose)(b, &plan, heat, mmd_nn_concat(b, 1, 2, maps),
                                                       out_outputs);
}

const mmd_module_t mmd_mmdet_centernet_head = {.codebase = "mmdet",
                                               .kind = "bbox_head",
                                               .type = "CenterNetHead",
                                               .options = &g_table,
                                               .build = build};
