// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/roi_heads/roi_layer.h"

#include <string.h>

#include "base/alloc.h"
#include "frontends/openmmlab/config.h"

typedef struct layer_t {
  mmd_ints_t output_size;
  int64_t sampling_ratio;
  int pool_mode;
  bool aligned;
} layer_t;

// mmcv also has 'max', which is not what ONNX calls so.
static const char *const modes[] = {"avg", NULL};

static const mmd_option_t g_options[] = {
    {.name = "output_size",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(layer_t, output_size),
     .min = 1,
     .max = 1024,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Height and width, or one number for both."},
    {.name = "sampling_ratio",
     .type = MMD_OPTION_INT,
     .offset = offsetof(layer_t, sampling_ratio),
     .default_text = "0",
     .min = 0,
     .max = 1024,
     .help = "Samples along a side of a bin; 0: as many as it has pixels."},
    {.name = "pool_mode",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(layer_t, pool_mode),
     .choices = modes,
     .default_text = "avg",
     .help = "How samples become one number."},
    MMD_OPT_BOOL("aligned", layer_t, aligned, "true", "Pixels have their centre at a half."),
    MMD_OPT_TRAINING("use_torchvision"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("RoIAlign", layer_t, g_options);

static mmd_status_t read(const mmd_value_t *cfg, const char *where,
                         mmd_roi_extract_t *out_extract) {
  const char *type = mmd_type_without_scope(mmd_value_get_string(mmd_object_get(cfg, "type"), ""));
  layer_t layer;
  if (strcmp(type, "RoIAlign") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: '%s' is not supported, only 'RoIAlign'", where, type);
  }
  MMD_TRY(mmd_options_read(&g_table, cfg, where, true, &layer));
  if (layer.output_size.count < 1 || layer.output_size.count > 2) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.output_size: one or two numbers are expected",
                     where);
  }
  *out_extract = (mmd_roi_extract_t){
      .height = layer.output_size.items[0],
      .width = layer.output_size.items[layer.output_size.count - 1],
      .sampling_ratio = layer.sampling_ratio,
      .aligned = layer.aligned,
  };
  return NULL;
}

void mmd_roi_layer_read(mmd_builder_t *b, const mmd_value_t *cfg, mmd_roi_extract_t *out_extract) {
  *out_extract = (mmd_roi_extract_t){0};
  const char *where = mmd_arena_printf(&b->graph->arena, "%s.roi_layer", b->config_path);
  mmd_status_t status = where ? read(cfg, where, out_extract) : mmd_status_no_memory();
  if (status) mmd_builder_fail(b, status);
}

bool mmd_roi_maps_check(mmd_builder_t *b, const mmd_ints_t *strides, int64_t channels,
                        const mmd_features_t *inputs) {
  const size_t levels = (size_t)strides->count, maps = inputs->count - 1;
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  if (levels < 1 || levels > maps || levels > MMD_ROI_MAX_LEVELS) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.featmap_strides: %zu levels, but there are %zu maps and at "
                                  "most %d can be used",
                                  b->config_path, levels, maps, MMD_ROI_MAX_LEVELS));
  }
  for (size_t i = 0; i < levels && mmd_builder_ok(b); ++i) {
    const int64_t found = mmd_nn_size(inputs->items[i], 1);
    if (found < 0 || found == channels) continue;
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.out_channels: %lld, but the module before gives %lld "
                                  "channels",
                                  b->config_path, (long long)channels, (long long)found));
  }
  return mmd_builder_ok(b);
}
