// SPDX-License-Identifier: Apache-2.0
//
// CTResNetNeck of CenterNet: the last map, doubled by transposed convolutions.
#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/activation.h"
#include "nn/conv_transpose.h"
#include "nn/deform_conv.h"
#include "nn/norm.h"

typedef struct ct_resnet_neck_t {
  int64_t in_channel, in_channels;  // the names of 0.x and 1.x
  mmd_ints_t num_deconv_filters, num_deconv_kernels;
  bool use_dcn;
} ct_resnet_neck_t;

#define CHANNELS(label, field)                                                             \
  {                                                                                        \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(ct_resnet_neck_t, field),  \
    .min = 1, .max = 65536, .flags = MMD_OPTION_NULLABLE, .help = "Channels of the input." \
  }
#define REQUIRED_INTS(label, field, text)                                                  \
  {                                                                                        \
    .name = (label), .type = MMD_OPTION_INTS, .offset = offsetof(ct_resnet_neck_t, field), \
    .min = 1, .max = 65536, .flags = MMD_OPTION_REQUIRED, .help = (text)                   \
  }
static const mmd_option_t g_options[] = {
    CHANNELS("in_channel", in_channel),
    CHANNELS("in_channels", in_channels),
    REQUIRED_INTS("num_deconv_filters", num_deconv_filters, "Channels of each step."),
    REQUIRED_INTS("num_deconv_kernels", num_deconv_kernels,
                  "Kernel of each transposed convolution."),
    MMD_OPT_BOOL("use_dcn", ct_resnet_neck_t, use_dcn, "true",
                 "The other convolutions are deformable (DCNv2)."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("CTResNetNeck", ct_resnet_neck_t, g_options);

static const mmd_norm_t g_norm = {
    .kind = MMD_NORM_BATCH, .eps = 1e-5, .affine = true, .abbr = "bn"};

static mmd_edge_t *build_step(mmd_builder_t *b, const ct_resnet_neck_t *self, int index, int64_t in,
                              mmd_edge_t *x) {
  const int64_t out = self->num_deconv_filters.items[index];
  const mmd_conv_t conv = mmd_conv_square(in, out, 3, 1, 1);
  const mmd_conv_t doubling =
      mmd_conv_square(out, out, self->num_deconv_kernels.items[index], 2, 1);
  size_t mark = mmd_scope_enter(b, "deconv_layers.%d", 2 * index);
  x = self->use_dcn ? mmd_nn_deform_conv_pack(b, "conv", &conv, true, 1, x)
                    : mmd_nn_conv(b, "conv", &conv, x);
  x = mmd_nn_relu(b, mmd_nn_norm(b, "bn", &g_norm, out, x));
  mmd_scope_leave(b, mark);
  mark = mmd_scope_enter(b, "deconv_layers.%d", 2 * index + 1);
  x = mmd_nn_conv_transpose(b, "conv", &doubling, x);
  x = mmd_nn_relu(b, mmd_nn_norm(b, "bn", &g_norm, out, x));
  mmd_scope_leave(b, mark);
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const ct_resnet_neck_t *self = options;
  const char *key = b->is_1x ? "in_channels" : "in_channel";
  int64_t channels = b->is_1x ? self->in_channels : self->in_channel;
  if (!mmd_check_last_channels(b, inputs, key, channels) ||
      !mmd_check_same_length(b, "num_deconv_kernels", self->num_deconv_kernels.count,
                             "num_deconv_filters", self->num_deconv_filters.count))
    return;
  mmd_edge_t *x = inputs->items[inputs->count - 1];
  for (int i = 0; i < self->num_deconv_filters.count && mmd_builder_ok(b); ++i) {
    x = build_step(b, self, i, channels, x);
    channels = self->num_deconv_filters.items[i];
  }
  out_outputs->items[out_outputs->count++] = x;
}

const mmd_module_t mmd_mmdet_ct_resnet_neck = {.codebase = "mmdet",
                                               .kind = "neck",
                                               .type = "CTResNetNeck",
                                               .options = &g_table,
                                               .build = build};
