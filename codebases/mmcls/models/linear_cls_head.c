// SPDX-License-Identifier: Apache-2.0
//
// LinearClsHead: one fully connected layer.
#include <stddef.h>

#include "codebases/mmcls/models/heads.h"
#include "codebases/mmcls/models/modules.h"
#include "nn/linear.h"

typedef struct linear_cls_head_t {
  int64_t num_classes, in_channels;
} linear_cls_head_t;

static const mmd_option_t linear_cls_head_options[] = {
    {.name = "num_classes",
     .type = MMD_OPTION_INT,
     .offset = offsetof(linear_cls_head_t, num_classes),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of classes."},
    {.name = "in_channels",
     .type = MMD_OPTION_INT,
     .offset = offsetof(linear_cls_head_t, in_channels),
     .min = 1,
     .max = INT32_MAX,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Length of the feature vector."},
    MMD_CLS_HEAD_OPTIONS,
};

static const mmd_option_table_t linear_cls_head_table =
    MMD_OPTION_TABLE("LinearClsHead", linear_cls_head_t, linear_cls_head_options);

static void build_linear_cls_head(mmd_builder_t *builder, const void *options,
                                  const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  const linear_cls_head_t *self = options;
  const mmd_linear_t fc = {self->in_channels, self->num_classes, true};
  mmd_edge_t *x = mmd_cls_head_input(builder, inputs);
  mmd_cls_head_finish(builder, mmd_nn_linear(builder, "fc", &fc, 2, x), out_outputs);
}

const mmd_module_t mmd_mmcls_linear_cls_head = {
    .codebase = "mmcls",
    .kind = "head",
    .type = "LinearClsHead",
    .options = &linear_cls_head_table,
    .build = build_linear_cls_head,
};
