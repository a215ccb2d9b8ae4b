// SPDX-License-Identifier: Apache-2.0
//
// YOLOV3Neck: from the smallest map to the largest, five convolutions a level; what they give goes
// enlarged to the next. The outputs begin with the smallest map.
#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "codebases/mmdet/models/yolov3_style.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct yolov3_neck_t {
  int64_t num_scales;
  mmd_ints_t in_channels, out_channels;
  const mmd_value_t *conv_cfg, *norm_cfg, *act_cfg;
} yolov3_neck_t;

#define REQUIRED_INTS(label, field, text)                                                         \
  {                                                                                               \
    .name = (label), .type = MMD_OPTION_INTS, .offset = offsetof(yolov3_neck_t, field), .min = 1, \
    .max = 65536, .flags = MMD_OPTION_REQUIRED, .help = (text)                                    \
  }
static const mmd_option_t g_options[] = {
    MMD_OPT_COUNT_REQUIRED("num_scales", yolov3_neck_t, num_scales, "Number of levels."),
    REQUIRED_INTS("in_channels", in_channels, "Channels of each input, the last one first."),
    REQUIRED_INTS("out_channels", out_channels, "Channels of each output."),
    MMD_OPT_DICT("conv_cfg", yolov3_neck_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", yolov3_neck_t, norm_cfg, "Kind of normalisation."),
    MMD_OPT_DICT("act_cfg", yolov3_neck_t, act_cfg, "Kind of activation."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("YOLOV3Neck", yolov3_neck_t, g_options);

static mmd_edge_t *detect(mmd_builder_t *b, const mmd_csp_style_t *style, int number, int64_t in,
                          int64_t out, mmd_edge_t *x) {
  static const char *const names[] = {"conv1", "conv2", "conv3", "conv4", "conv5"};
  const size_t mark = mmd_scope_enter(b, "detect%d", number);
  for (int i = 0; i < 5; ++i) {
    const bool is_wide = i % 2 == 1;
    x = mmd_nn_csp_conv(b, names[i], style,
                        i == 0    ? in
                        : is_wide ? out
                                  : 2 * out,
                        is_wide ? 2 * out : out, is_wide ? 3 : 1, 1, x);
  }
  mmd_scope_leave(b, mark);
  return x;
}

// The enlarged |x| of the level before, beside this level's |input|.
static mmd_edge_t *join(mmd_builder_t *b, const mmd_csp_style_t *style, int index, int64_t in,
                        int64_t out, mmd_edge_t *x, mmd_edge_t *input) {
  const size_t mark = mmd_scope_enter(b, "conv%d", index);
  x = mmd_nn_csp_conv(b, "", style, in, out, 1, 1, x);
  mmd_scope_leave(b, mark);
  mmd_edge_t *const parts[] = {mmd_nn_upsample(b, MMD_UPSAMPLE_NEAREST, 2, x), input};
  return mmd_nn_concat(b, 1, 2, parts);
}

static bool check(mmd_builder_t *b, const yolov3_neck_t *self, const mmd_features_t *inputs) {
  mmd_conv_check_cfg(b, self->conv_cfg);
  return mmd_check_in_channels(b, inputs, &self->in_channels, true) &&
         mmd_check_same_length(b, "out_channels", self->out_channels.count, "in_channels",
                               self->in_channels.count) &&
         mmd_check_same_length(b, "num_scales", (int)self->num_scales, "in_channels",
                               self->in_channels.count);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const yolov3_neck_t *self = options;
  const mmd_csp_style_t style = mmd_yolov3_style_read(b, self->norm_cfg, self->act_cfg);
  const int64_t *in = self->in_channels.items, *out = self->out_channels.items;
  const int count = self->in_channels.count;
  if (!check(b, self, inputs)) return;
  mmd_edge_t *x = detect(b, &style, 1, in[0], out[0], inputs->items[count - 1]);
  out_outputs->items[out_outputs->count++] = x;
  for (int i = 1; i < count; ++i) {
    x = join(b, &style, i, out[i - 1], out[i], x, inputs->items[count - 1 - i]);
    x = detect(b, &style, i + 1, in[i] + out[i], out[i], x);
    out_outputs->items[out_outputs->count++] = x;
  }
}

const mmd_module_t mmd_mmdet_yolov3_neck = {
    .codebase = "mmdet", .kind = "neck", .type = "YOLOV3Neck", .options = &g_table, .build = build};
