// SPDX-License-Identifier: Apache-2.0
//
// HRFPN: all inputs at the finest one's size, reduced to one map, and its averages.
#include <string.h>

#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct hrfpn_t {
  mmd_ints_t in_channels;
  int64_t out_channels, num_outs, stride;
  const char *pooling_type;
  const mmd_value_t *conv_cfg;
} hrfpn_t;

static const mmd_option_t g_options[] = {
    {.name = "in_channels",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(hrfpn_t, in_channels),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Channels of each input."},
    MMD_OPT_COUNT_REQUIRED("out_channels", hrfpn_t, out_channels, "Channels of each output."),
    {.name = "num_outs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(hrfpn_t, num_outs),
     .default_text = "5",
     .min = 1,
     .max = MMD_MAX_FEATURES,
     .help = "Number of outputs."},
    {.name = "pooling_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(hrfpn_t, pooling_type),
     .default_text = "AVG",
     .help = "MAX, or averages."},
    {.name = "stride",
     .type = MMD_OPTION_INT,
     .offset = offsetof(hrfpn_t, stride),
     .default_text = "1",
     .min = 1,
     .max = 64,
     .help = "Stride of the 3x3 convolutions."},
    MMD_OPT_DICT("conv_cfg", hrfpn_t, conv_cfg, "Kind of convolution."),
    {.name = "norm_cfg",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Without effect."},
    MMD_OPT_TRAINING("with_cp"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("HRFPN", hrfpn_t, g_options);

static const mmd_norm_t g_no_norm = {.kind = MMD_NORM_NONE, .abbr = ""};
static const mmd_activation_t g_no_activation = {0};

static mmd_edge_t *reduce(mmd_builder_t *b, const hrfpn_t *self, const mmd_features_t *inputs) {
  mmd_edge_t *maps[MMD_MAX_FEATURES];
  mmd_conv_t conv = mmd_conv_square(0, self->out_channels, 1, 1, 0);
  conv.cfg = self->conv_cfg;
  for (size_t i = 0; i < inputs->count; ++i) {
    conv.in_channels += self->in_channels.items[i];
    maps[i] = i ? mmd_nn_upsample(b, MMD_UPSAMPLE_BILINEAR, (double)(1 << i), inputs->items[i])
                : inputs->items[0];
  }
  return mmd_nn_conv_module(b, "reduction_conv", &conv, &g_no_norm, &g_no_activation,
                            mmd_nn_concat(b, 1, inputs->count, maps));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const hrfpn_t *self = options;
  if (!mmd_check_in_channels(b, inputs, &self->in_channels, false)) return;
  const bool is_max = strcmp(self->pooling_type, "MAX") == 0;
  mmd_conv_t conv = mmd_conv_square(self->out_channels, self->out_channels, 3, self->stride, 1);
  conv.cfg = self->conv_cfg;
  mmd_edge_t *finest = reduce(b, self, inputs);
  for (int i = 0; i < (int)self->num_outs; ++i) {
    const mmd_pool2d_t pool = {.kernel = 1 << i, .stride = 1 << i};
    mmd_edge_t *x = finest;
    if (i > 0) x = (is_max ? mmd_nn_max_pool : mmd_nn_average_pool)(b, &pool, x);
    const size_t mark = mmd_scope_enter(b, "fpn_convs.%d", i);
    x = mmd_nn_conv_module(b, "", &conv, &g_no_norm, &g_no_activation, x);
    mmd_scope_leave(b, mark);
    out_outputs->items[out_outputs->count++] = x;
  }
}

const mmd_module_t mmd_mmdet_hrfpn = {
    .codebase = "mmdet", .kind = "neck", .type = "HRFPN", .options = &g_table, .build = build};
