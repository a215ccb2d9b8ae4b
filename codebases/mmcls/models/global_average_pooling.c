// SPDX-License-Identifier: Apache-2.0
//
// GlobalAveragePooling: every feature map becomes a vector.
#include <stddef.h>

#include "codebases/mmcls/models/modules.h"
#include "nn/pool.h"

typedef struct global_average_pooling_t {
  int64_t dim;
} global_average_pooling_t;

static const mmd_option_t global_average_pooling_options[] = {
    {.name = "dim",
     .type = MMD_OPTION_INT,
     .offset = offsetof(global_average_pooling_t, dim),
     .default_text = "2",
     .min = 1,
     .max = 3,
     .help = "Number of axes that are averaged: all but batch and channels."},
};

static const mmd_option_table_t global_average_pooling_table = MMD_OPTION_TABLE(
    "GlobalAveragePooling", global_average_pooling_t, global_average_pooling_options);

static void build_global_average_pooling(mmd_builder_t *builder, const void *options,
                                         const mmd_features_t *inputs,
                                         mmd_features_t *out_outputs) {
  (void)options;  // the operator averages all axes behind the channels
  out_outputs->count = inputs->count;
  for (size_t i = 0; i < inputs->count; ++i) {
    mmd_edge_t *pooled = mmd_nn_global_average_pool(builder, inputs->items[i]);
    out_outputs->items[i] = mmd_nn_flatten(builder, 1, pooled);
  }
}

const mmd_module_t mmd_mmcls_global_average_pooling = {
    .codebase = "mmcls",
    .kind = "neck",
    .type = "GlobalAveragePooling",
    .options = &global_average_pooling_table,
    .build = build_global_average_pooling,
};
