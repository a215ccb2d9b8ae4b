// SPDX-License-Identifier: Apache-2.0
//
// PAFPN: an FPN with a path from the finest level up behind it.
#include "codebases/mmdet/models/necks/fpn.h"

static const mmd_option_t g_options[] = {MMD_FPN_OPTIONS};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("PAFPN", mmd_fpn_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_fpn_t *self = options;
  const int64_t channels = self->out_channels;
  mmd_fpn_plan_t plan;
  mmd_edge_t *maps[MMD_MAX_FEATURES];
  if (!mmd_fpn_plan(b, self, inputs, &plan)) return;
  mmd_fpn_laterals(b, &plan, inputs, maps);
  mmd_fpn_top_down(b, &plan, maps);
  mmd_edge_t *finer = NULL;
  for (int i = 0; i < plan.end - plan.first; ++i) {
    mmd_edge_t *x = mmd_fpn_conv(b, &plan, "fpn_convs", i, channels, 1, maps[i]);
    if (i > 0) {
      finer = mmd_fpn_conv(b, &plan, "downsample_convs", i - 1, channels, 2, finer);
      x = mmd_nn_binary(b, "Add", x, finer);
    }
    finer = x;
    if (i > 0) x = mmd_fpn_conv(b, &plan, "pafpn_convs", i - 1, channels, 1, x);
    out_outputs->items[out_outputs->count++] = x;
  }
  mmd_fpn_add_levels(b, &plan, inputs, maps, out_outputs);
}

const mmd_module_t mmd_mmdet_pafpn = {
    .codebase = "mmdet", .kind = "neck", .type = "PAFPN", .options = &g_table, .build = build};
