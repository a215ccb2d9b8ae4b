// SPDX-License-Identifier: Apache-2.0
//
// SingleRoIExtractor: each RoI from the one map that fits its size. Inputs: maps, of which as many
// as there are strides are used, and the RoIs [m, 5].
#include "codebases/mmdet/models/roi_heads/roi_layer.h"

typedef struct extractor_t {
  const mmd_value_t *roi_layer;
  int64_t out_channels, finest_scale;
  mmd_ints_t featmap_strides;
  double roi_scale_factor;
} extractor_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("roi_layer", extractor_t, roi_layer, "How a RoI is pooled: RoIAlign."),
    MMD_OPT_COUNT_REQUIRED("out_channels", extractor_t, out_channels, "Channels of the maps."),
    {.name = "featmap_strides",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(extractor_t, featmap_strides),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Pixels of the image for one of each map."},
    MMD_OPT_COUNT("finest_scale", extractor_t, finest_scale, "56",
                  "RoIs with sides below twice that size are of the first map."),
    MMD_OPT_FLOAT("roi_scale_factor", extractor_t, roi_scale_factor, "0", "Set by the RoI head."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("SingleRoIExtractor", extractor_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const extractor_t *self = options;
  mmd_roi_extract_t extract;
  mmd_roi_layer_read(b, self->roi_layer, &extract);
  if (!mmd_roi_maps_check(b, &self->featmap_strides, self->out_channels, inputs)) return;
  extract.finest_scale = self->finest_scale;
  // mmdet lets RoIs of a single map as they are.
  extract.scale_factor = self->featmap_strides.count > 1 ? self->roi_scale_factor : 0;
  extract.level_count = (size_t)self->featmap_strides.count;
  for (size_t i = 0; i < extract.level_count; ++i)
    extract.strides[i] = (double)self->featmap_strides.items[i];
  out_outputs->items[0] =
      mmd_nn_roi_align(b, &extract, inputs->items, inputs->items[inputs->count - 1]);
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_single_roi_extractor = {.codebase = "mmdet",
                                                     .kind = "roi_extractor",
                                                     .type = "SingleRoIExtractor",
                                                     .options = &g_table,
                                                     .build = build};
