// SPDX-License-Identifier: Apache-2.0
#include "nn/hrnet.h"

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"

typedef struct hrnet_t {
  int64_t in_channels;
  bool multiscale_output;
  const mmd_value_t *extra, *conv_cfg, *norm_cfg;
} hrnet_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("extra", hrnet_t, extra, "What the four stages are made of."),
    MMD_OPT_COUNT("in_channels", hrnet_t, in_channels, "3", "Channels of the image."),
    MMD_OPT_DICT("conv_cfg", hrnet_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", hrnet_t, norm_cfg,
                 "Kind of normalisation, dict(type='BN') by default."),
    MMD_OPT_BOOL("multiscale_output", hrnet_t, multiscale_output, "true",
                 "Give all branches out, not the finest alone."),
    MMD_OPT_TRAINING("norm_eval"),
    MMD_OPT_TRAINING("with_cp"),
    MMD_OPT_TRAINING("zero_init_residual"),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("HRNet", hrnet_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const hrnet_t *self = options;
  const mmd_hrnet_t hrnet = {.in_channels = self->in_channels,
                             .extra = self->extra,
                             .conv_cfg = self->conv_cfg,
                             .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5),
                             .multiscale_output = self->multiscale_output};
  if (!mmd_builder_ok(b)) return;
  mmd_nn_hrnet(b, &hrnet, inputs->items[0], out_outputs->items, &out_outputs->count);
}

const mmd_module_t mmd_mmdet_hrnet = {
    .codebase = "mmdet", .kind = "backbone", .type = "HRNet", .options = &g_table, .build = build};
