// SPDX-License-Identifier: Apache-2.0
//
// GenericRoIExtractor: each RoI from all maps, the results added or put side by side; modules
// before and behind.
#include "codebases/mmdet/models/roi_heads/roi_layer.h"
#include "frontends/openmmlab/config.h"
#include "nn/plugin_layer.h"
#include "nn/tensor_ops.h"

typedef struct extractor_t {
  const mmd_value_t *roi_layer, *pre_cfg, *post_cfg;
  int64_t out_channels;
  mmd_ints_t featmap_strides;
  int aggregation;
  double roi_scale_factor;
} extractor_t;

enum { AGGREGATE_SUM, AGGREGATE_CONCAT };
static const char *const aggregations[] = {"sum", "concat", NULL};

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("roi_layer", extractor_t, roi_layer, "How a RoI is pooled: RoIAlign."),
    MMD_OPT_COUNT_REQUIRED("out_channels", extractor_t, out_channels, "Channels of the result."),
    {.name = "featmap_strides",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(extractor_t, featmap_strides),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Pixels of the image for one of each map."},
    {.name = "aggregation",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(extractor_t, aggregation),
     .choices = aggregations,
     .default_text = "sum",
     .help = "How the maps' results become one."},
    MMD_OPT_DICT("pre_cfg", extractor_t, pre_cfg, "Module for the result of each map."),
    MMD_OPT_DICT("post_cfg", extractor_t, post_cfg, "Module behind."),
    MMD_OPT_FLOAT("roi_scale_factor", extractor_t, roi_scale_factor, "0", "Set by the RoI head."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("GenericRoIExtractor", extractor_t, g_options);

// |cfg| tells its own in_channels, which such modules are told by others elsewhere.
static mmd_edge_t *build_module(mmd_builder_t *b, const char *name, const char *where,
                                const mmd_value_t *cfg, mmd_edge_t *x) {
  static const char *const known[] = {"in_channels", NULL};
  const int64_t channels = mmd_nn_size(x, 1);
  const int64_t expected = mmd_value_get_int(mmd_object_get(cfg, "in_channels"), channels);
  mmd_value_t *rest = NULL;
  mmd_status_t status = NULL;
  if (expected != channels) {
    status =
        MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.in_channels: %lld, but the maps have %lld channels",
                  where, (long long)expected, (long long)channels);
  } else {
    status = mmd_object_without(cfg, known, &rest);
  }
  if (status) mmd_builder_fail(b, status);
  x = mmd_nn_plugin_layer_named(b, name, where, rest, channels, x);
  mmd_value_release(rest);
  return x;
}

static mmd_edge_t *module(mmd_builder_t *b, const char *name, const char *key,
                          const mmd_value_t *cfg, mmd_edge_t *x) {
  if (mmd_value_is_null(cfg)) return x;
  const char *where = mmd_arena_printf(&b->graph->arena, "%s.%s", b->config_path, key);
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  return build_module(b, name, where ? where : key, cfg, x);
}

// Channels of a map.
static int64_t map_channels(const extractor_t *self) {
  const int64_t maps = self->featmap_strides.count;
  return self->aggregation == AGGREGATE_CONCAT && maps ? self->out_channels / maps
                                                       : self->out_channels;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const extractor_t *self = options;
  const mmd_ints_t *strides = &self->featmap_strides;
  const bool is_one = strides->count == 1;  // mmdet takes it as it is
  mmd_edge_t *parts[MMD_ROI_MAX_LEVELS], *x = NULL;
  mmd_roi_extract_t extract;
  mmd_roi_layer_read(b, self->roi_layer, &extract);
  if (!mmd_roi_maps_check(b, strides, map_channels(self), inputs)) return;
  extract.finest_scale = 56;  // without meaning for one level
  extract.scale_factor = is_one ? 0 : self->roi_scale_factor;
  extract.level_count = 1;
  for (int i = 0; i < strides->count; ++i) {
    extract.strides[0] = (double)strides->items[i];
    x = mmd_nn_roi_align(b, &extract, &inputs->items[i], inputs->items[inputs->count - 1]);
    if (!is_one) x = module(b, "pre_module", "pre_cfg", self->pre_cfg, x);
    const bool is_sum = i && self->aggregation == AGGREGATE_SUM;
    parts[i] = is_sum ? mmd_nn_binary(b, "Add", parts[i - 1], x) : x;
    x = parts[i];
  }
  if (self->aggregation == AGGREGATE_CONCAT) x = mmd_nn_concat(b, 1, (size_t)strides->count, parts);
  out_outputs->items[0] = is_one ? x : module(b, "post_module", "post_cfg", self->post_cfg, x);
  out_outputs->count = 1;
}

const mmd_module_t mmd_mmdet_generic_roi_extractor = {.codebase = "mmdet",
                                                      .kind = "roi_extractor",
                                                      .type = "GenericRoIExtractor",
                                                      .options = &g_table,
                                                      .build = build};
