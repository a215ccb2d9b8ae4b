// SPDX-License-Identifier: Apache-2.0
//
// YOLOXPAFPN, and CSPNeXtPAFPN of RTMDet: a path down with enlarged maps, a path up with strided
// convolutions, CSP layers at each join.
#include <string.h>

#include "codebases/mmdet/models/input_check.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/csp_layer.h"
#include "nn/tensor_ops.h"
#include "nn/upsample.h"

typedef struct yolox_pafpn_t {
  mmd_ints_t in_channels;
  int64_t out_channels, num_csp_blocks;
  double expand_ratio;  // CSPNeXtPAFPN
  bool use_depthwise;
  const mmd_value_t *upsample_cfg, *conv_cfg, *norm_cfg, *act_cfg;
} yolox_pafpn_t;

#define PAFPN_OPTIONS                                                              \
  {.name = "in_channels",                                                          \
   .type = MMD_OPTION_INTS,                                                        \
   .offset = offsetof(yolox_pafpn_t, in_channels),                                 \
   .min = 1,                                                                       \
   .max = 65536,                                                                   \
   .flags = MMD_OPTION_REQUIRED,                                                   \
   .help = "Channels of each input."},                                             \
      MMD_OPT_COUNT_REQUIRED("out_channels", yolox_pafpn_t, out_channels,          \
                             "Channels of each output."),                          \
      MMD_OPT_COUNT("num_csp_blocks", yolox_pafpn_t, num_csp_blocks, "3",          \
                    "Blocks of a CSP layer."),                                     \
      MMD_OPT_BOOL("use_depthwise", yolox_pafpn_t, use_depthwise, "false",         \
                   "Depthwise separable convolutions."),                           \
      MMD_OPT_DICT("upsample_cfg", yolox_pafpn_t, upsample_cfg,                    \
                   "dict(scale_factor=2, mode='nearest') by default."),            \
      MMD_OPT_DICT("conv_cfg", yolox_pafpn_t, conv_cfg, "Kind of convolution."),   \
      MMD_OPT_DICT("norm_cfg", yolox_pafpn_t, norm_cfg, "Kind of normalisation."), \
      MMD_OPT_DICT("act_cfg", yolox_pafpn_t, act_cfg, "Kind of activation."),      \
      MMD_OPT_TRAINING("init_cfg")
static const mmd_option_t g_options[] = {PAFPN_OPTIONS};
static const mmd_option_t g_cspnext_options[] = {
    PAFPN_OPTIONS,
    {.name = "expand_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(yolox_pafpn_t, expand_ratio),
     .default_text = "0.5",
     .min = 1e-6,
     .max = 64,
     .help = "Channels inside a CSP layer, by its output's."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("YOLOXPAFPN", yolox_pafpn_t, g_options);
static const mmd_option_table_t g_cspnext_table =
    MMD_OPTION_TABLE("CSPNeXtPAFPN", yolox_pafpn_t, g_cspnext_options);

static bool check(mmd_builder_t *b, const yolox_pafpn_t *self, const mmd_features_t *inputs) {
  const char *mode = mmd_value_get_string(mmd_object_get(self->upsample_cfg, "mode"), "nearest");
  mmd_conv_check_cfg(b, self->conv_cfg);
  if (strcmp(mode, "nearest") != 0) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.upsample_cfg.mode: '%s' is not supported; known: nearest",
                                  b->config_path, mode));
  }
  return mmd_check_in_channels(b, inputs, &self->in_channels, false);
}

// YOLOXPAFPN has no ratio to choose.
static bool is_cspnext(const yolox_pafpn_t *self) {
  return self->expand_ratio > 0;
}

// 1x1 convolutions are plain, wider ones as the style has them.
static mmd_edge_t *conv(mmd_builder_t *b, const mmd_csp_style_t *style, const char *list, int index,
                        int64_t in, int64_t out, int64_t kernel, int64_t stride, mmd_edge_t *x) {
  const size_t mark = mmd_scope_enter(b, "%s.%d", list, index);
  x = (kernel == 1 ? mmd_nn_csp_conv : mmd_nn_csp_wide_conv)(b, "", style, in, out, kernel, stride,
                                                             x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *join(mmd_builder_t *b, const yolox_pafpn_t *self, const mmd_csp_style_t *style,
                        const char *list, int index, int64_t in, int64_t out, mmd_edge_t *first,
                        mmd_edge_t *second) {
  mmd_edge_t *const parts[] = {first, second};
  const mmd_csp_layer_t layer = {.in_channels = 2 * in,
                                 .out_channels = out,
                                 .blocks = self->num_csp_blocks,
                                 .expand_ratio = self->expand_ratio,
                                 .is_cspnext = is_cspnext(self)};
  const size_t mark = mmd_scope_enter(b, "%s.%d", list, index);
  mmd_edge_t *x = mmd_nn_csp_layer(b, "", style, &layer, mmd_nn_concat(b, 1, 2, parts));
  mmd_scope_leave(b, mark);
  return x;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const yolox_pafpn_t *self = options;
  mmd_csp_style_t style = mmd_csp_style_read(b, self->norm_cfg, self->act_cfg);
  const int64_t *channels = self->in_channels.items;
  const int count = self->in_channels.count;
  const double scale = mmd_value_get_float(mmd_object_get(self->upsample_cfg, "scale_factor"), 2);
  mmd_edge_t *inner[MMD_OPTION_MAX_ITEMS];
  if (!check(b, self, inputs)) return;
  style.use_depthwise = self->use_depthwise;
  inner[count - 1] = inputs->items[count - 1];
  for (int i = count - 1; i > 0; --i) {
    const int index = count - 1 - i;
    inner[i] =
        conv(b, &style, "reduce_layers", index, channels[i], channels[i - 1], 1, 1, inner[i]);
    mmd_edge_t *larger = mmd_nn_upsample(b, MMD_UPSAMPLE_NEAREST, scale, inner[i]);
    inner[i - 1] = join(b, self, &style, "top_down_blocks", index, channels[i - 1], channels[i - 1],
                        larger, inputs->items[i - 1]);
  }
  for (int i = 0; i + 1 < count; ++i) {
    mmd_edge_t *smaller =
        conv(b, &style, "downsamples", i, channels[i], channels[i], 3, 2, inner[i]);
    inner[i + 1] = join(b, self, &style, "bottom_up_blocks", i, channels[i], channels[i + 1],
                        smaller, inner[i + 1]);
  }
  for (int i = 0; i < count; ++i)
    out_outputs->items[out_outputs->count++] =
        conv(b, &style, "out_convs", i, channels[i], self->out_channels, is_cspnext(self) ? 3 : 1,
             1, inner[i]);
}

const mmd_module_t mmd_mmdet_yolox_pafpn = {
    .codebase = "mmdet", .kind = "neck", .type = "YOLOXPAFPN", .options = &g_table, .build = build};
const mmd_module_t mmd_mmdet_cspnext_pafpn = {.codebase = "mmdet",
                                              .kind = "neck",
                                              .type = "CSPNeXtPAFPN",
                                              .options = &g_cspnext_table,
                                              .build = build};
