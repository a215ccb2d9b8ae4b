// SPDX-License-Identifier: Apache-2.0
//
// DyHead: blocks that mix each level with its neighbours. Deformable convolutions read where the
// level itself says, every map is weighed as a whole, and a ReLU of learned slopes ends the block.
#include "base/alloc.h"
#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/deform_conv.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct dyhead_t {
  int64_t in_channels, out_channels, num_blocks;
} dyhead_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("in_channels", dyhead_t, in_channels, "Channels of the inputs."),
    MMD_OPT_COUNT_REQUIRED("out_channels", dyhead_t, out_channels, "Channels of the outputs."),
    {.name = "num_blocks",
     .type = MMD_OPTION_INT,
     .offset = offsetof(dyhead_t, num_blocks),
     .default_text = "6",
     .min = 1,
     .max = 256,
     .help = "Blocks."},
    MMD_OPT_TRAINING("zero_init_offset"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("DyHead", dyhead_t, g_options);

enum { KERNEL = 3, OFFSETS = 2 * KERNEL * KERNEL, MASKS = KERNEL * KERNEL };

// Where the convolutions of a level read.
typedef struct reading_t {
  mmd_edge_t *offset, *mask;
} reading_t;

static reading_t read_at(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  static const int64_t sizes[] = {OFFSETS, MASKS};
  mmd_conv_t conv = mmd_conv_square(channels, OFFSETS + MASKS, KERNEL, 1, KERNEL / 2);
  mmd_edge_t *parts[2];
  conv.bias = true;
  mmd_nn_split(b, 1, 2, sizes, mmd_nn_conv(b, "spatial_conv_offset", &conv, x), parts);
  return (reading_t){parts[0], mmd_nn_unary(b, "Sigmoid", parts[1])};
}

// The first numbers of each image of |x| as if it had the height and width of |like|, which is
// smaller: mmcv's operator reads them so for the coarser level.
static mmd_edge_t *reread(mmd_builder_t *b, int64_t channels, mmd_edge_t *x, mmd_edge_t *like) {
  static const int64_t flat[] = {0, -1}, zero[] = {0}, axis[] = {1}, last_axis[] = {0};
  const int64_t height = mmd_nn_size(like, 2), width = mmd_nn_size(like, 3);
  x = mmd_nn_reshape(b, 2, flat, x);
  if (height >= 0 && width >= 0 && height <= INT32_MAX && width <= INT32_MAX / channels) {
    const int64_t dims[] = {0, channels, height, width};
    return mmd_nn_reshape(b, 4, dims, mmd_nn_slice(b, 1, 0, channels * height * width, x));
  }
  mmd_edge_t *const parts[] = {mmd_nn_constant_i64(b, 1, &channels),
                               mmd_nn_slice(b, 0, 2, INT64_MAX, mmd_nn_unary(b, "Shape", like))};
  mmd_edge_t *size = mmd_nn_concat(b, 0, 2, parts);
  mmd_edge_t *const reduced[] = {size, mmd_nn_constant_i64(b, 1, last_axis)};
  mmd_edge_t *const bounds[] = {x, mmd_nn_constant_i64(b, 1, zero),
                                mmd_nn_op(b, "ReduceProd", 2, reduced, NULL),
                                mmd_nn_constant_i64(b, 1, axis)};
  mmd_edge_t *const shape[] = {mmd_nn_constant_i64(b, 1, zero), size};
  return mmd_nn_binary(b, "Reshape", mmd_nn_op(b, "Slice", 4, bounds, NULL),
                       mmd_nn_concat(b, 0, 2, shape));
}

// DyDCNv2.
static mmd_edge_t *convolve(mmd_builder_t *b, const char *name, int64_t in_channels,
                            int64_t out_channels, int64_t stride, const reading_t *reading,
                            mmd_edge_t *x) {
  const mmd_norm_t norm = {
      .kind = MMD_NORM_GROUP, .eps = 1e-5, .affine = true, .groups = 16, .abbr = "gn"};
  const mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, KERNEL, stride, KERNEL / 2);
  const size_t mark = mmd_scope_enter(b, "%s", name);
  x = mmd_nn_deform_conv(b, "conv", &conv, 1, x, reading->offset, reading->mask);
  x = mmd_nn_norm(b, "norm", &norm, out_channels, x);
  mmd_scope_leave(b, mark);
  return x;
}

// min(max(x / 6 + 0.5, 0), 1).
static mmd_edge_t *hard_sigmoid(mmd_builder_t *b, mmd_edge_t *x) {
  mmd_node_t *node;
  x = mmd_nn_op(b, "HardSigmoid", 1, &x, &node);
  mmd_nn_set_float(b, node, "alpha", 1. / 6);
  return x;
}

// |x| times one number an image, which its averages say.
static mmd_edge_t *weigh(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(channels, 1, 1, 1, 0);
  conv.bias = true;
  mmd_edge_t *weight =
      mmd_nn_conv(b, "scale_attn_module.1", &conv, mmd_nn_global_average_pool(b, x));
  return mmd_nn_binary(b, "Mul", x, hard_sigmoid(b, mmd_nn_relu(b, weight)));
}

// |numbers|, each for |channels| channels in turn.
static mmd_edge_t *by_kind(mmd_builder_t *b, int64_t channels, const float numbers[4]) {
  const int64_t dims[] = {1, 4 * channels, 1, 1};
  float *all = mmd_alloc_array((size_t)dims[1], sizeof *all);
  if (!all) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < dims[1]; ++i) all[i] = numbers[i / channels];
  mmd_edge_t *edge = mmd_nn_constant_f32s(b, 4, dims, all);
  mmd_free(all);
  return edge;
}

// DyReLU: the larger of two lines a channel. Of the four numbers h between 0 and 1 the slopes are
// 2h and 2h - 1, the intercepts h - 0.5.
static mmd_edge_t *task_relu(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  static const float factor[] = {2, 1, 2, 1}, shift[] = {0, -0.5F, -1, -0.5F};
  const int64_t sizes[] = {channels, channels, channels, channels};
  const mmd_norm_t none = {.kind = MMD_NORM_NONE, .abbr = ""};
  const mmd_activation_t relu = {.type = "ReLU"}, linear = {0};
  const mmd_conv_t squeeze = mmd_conv_square(channels, channels / 4, 1, 1, 0);
  const mmd_conv_t expand = mmd_conv_square(channels / 4, 4 * channels, 1, 1, 0);
  mmd_edge_t *part[4];
  const size_t mark = mmd_scope_enter(b, "task_attn_module");
  mmd_edge_t *h = mmd_nn_global_average_pool(b, x);
  h = mmd_nn_conv_module(b, "conv1", &squeeze, &none, &relu, h);
  h = hard_sigmoid(b, mmd_nn_conv_module(b, "conv2", &expand, &none, &linear, h));
  h = mmd_nn_binary(b, "Mul", h, by_kind(b, channels, factor));
  h = mmd_nn_binary(b, "Add", h, by_kind(b, channels, shift));
  mmd_nn_split(b, 1, 4, sizes, h, part);
  for (int i = 0; i < 4; i += 2)
    part[i] = mmd_nn_binary(b, "Add", mmd_nn_binary(b, "Mul", x, part[i]), part[i + 1]);
  mmd_scope_leave(b, mark);
  return mmd_nn_binary(b, "Max", part[0], part[2]);
}

static mmd_edge_t *build_level(mmd_builder_t *b, int64_t in, int64_t out,
                               const mmd_features_t *inputs, size_t level) {
  mmd_edge_t *x = inputs->items[level];
  const reading_t own = read_at(b, in, x);
  int count = 1;
  mmd_edge_t *middle = convolve(b, "spatial_conv_mid", in, out, 1, &own, x);
  mmd_edge_t *sum = weigh(b, out, middle);
  if (level > 0) {
    mmd_edge_t *finer = convolve(b, "spatial_conv_low", in, out, 2, &own, inputs->items[level - 1]);
    sum = mmd_nn_binary(b, "Add", sum, weigh(b, out, finer));
    ++count;
  }
  if (level + 1 < inputs->count) {
    mmd_edge_t *coarser = inputs->items[level + 1];
    const reading_t other = {reread(b, OFFSETS, own.offset, coarser),
                             reread(b, MASKS, own.mask, coarser)};
    coarser = convolve(b, "spatial_conv_high", in, out, 1, &other, coarser);
    coarser = mmd_nn_upsample_like(b, MMD_UPSAMPLE_BILINEAR_CORNERS, coarser, middle);
    sum = mmd_nn_binary(b, "Add", sum, weigh(b, out, coarser));
    ++count;
  }
  return task_relu(b, out, mmd_nn_scale(b, 1.0F / (float)count, sum));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const dyhead_t *self = options;
  mmd_features_t features = *inputs;
  if (!mmd_head_check_inputs(b, inputs, 0, self->in_channels)) return;
  for (int64_t i = 0; i < self->num_blocks && mmd_builder_ok(b); ++i) {
    const mmd_features_t before = features;
    const int64_t in = i ? self->out_channels : self->in_channels;
    const size_t mark = mmd_scope_enter(b, "dyhead_blocks.%lld", (long long)i);
    for (size_t level = 0; level < before.count; ++level)
      features.items[level] = build_level(b, in, self->out_channels, &before, level);
    mmd_scope_leave(b, mark);
    mmd_nn_infer(b);  // sizes of maps of static networks, for the next block
  }
  *out_outputs = features;
}

const mmd_module_t mmd_mmdet_dyhead = {
    .codebase = "mmdet", .kind = "neck", .type = "DyHead", .options = &g_table, .build = build};
