// SPDX-License-Identifier: Apache-2.0
//
// HTCMaskHead: FCNMaskHead that adds the features of the stage before (the second input) and gives
// its own on.
#include "codebases/mmdet/models/roi_heads/mask_head.h"

typedef struct htc_t {
  mmd_mask_head_t base;
  bool with_conv_res;
} htc_t;

static const mmd_option_t g_options[] = {
    MMD_MASK_HEAD_OPTIONS(htc_t),
    MMD_OPT_BOOL("with_conv_res", htc_t, with_conv_res, "true",
                 "Has the convolution for the features of the stage before."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("HTCMaskHead", htc_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const htc_t *self = options;
  const mmd_mask_head_t *base = &self->base;
  mmd_edge_t *x = inputs->items[0];
  if (!mmd_mask_head_check(b, base, x)) return;
  if (inputs->count > 1) {
    const int64_t channels = base->conv_out_channels;
    mmd_edge_t *before =
        mmd_mask_head_conv(b, base, "conv_res", channels, channels, 1, inputs->items[1]);
    x = mmd_nn_binary(b, "Add", x, before);
  }
  x = mmd_mask_head_convs(b, base, x);
  out_outputs->items[0] = mmd_mask_head_logits(b, base, x);
  out_outputs->items[1] = x;
  out_outputs->count = 2;
}

const mmd_module_t mmd_mmdet_htc_mask_head = {.codebase = "mmdet",
                                              .kind = "mask_head",
                                              .type = "HTCMaskHead",
                                              .options = &g_table,
                                              .build = build};
