// SPDX-License-Identifier: Apache-2.0
//
// ImageClassifier: backbone, neck, head. The head ends with the scores' softmax.
#include <stddef.h>
#include <string.h>

#include "codebases/mmcls/models/modules.h"

typedef struct image_classifier_t {
  const mmd_value_t *backbone, *neck, *head;
} image_classifier_t;

static const mmd_option_t image_classifier_options[] = {
    {.name = "backbone",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(image_classifier_t, backbone),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Module that makes the features."},
    {.name = "neck",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(image_classifier_t, neck),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Module between backbone and head."},
    {.name = "head",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(image_classifier_t, head),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Module that makes the scores."},
    {.name = "pretrained",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Training only."},
    {.name = "train_cfg",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Training only."},
    {.name = "test_cfg",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Has no options here."},
    {.name = "init_cfg",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Training only."},
    {.name = "data_preprocessor",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Becomes the Normalize step of the package's pipeline."},
};

static const mmd_option_table_t image_classifier_table =
    MMD_OPTION_TABLE("ImageClassifier", image_classifier_t, image_classifier_options);

static void build_child(mmd_builder_t *builder, const char *slot, const mmd_value_t *dict,
                        mmd_features_t *features) {
  const mmd_features_t inputs = *features;
  if (mmd_value_is_null(dict) || !mmd_builder_ok(builder)) return;
  const char *where = mmd_arena_printf(&builder->graph->arena, "%s.%s", builder->config_path, slot);
  if (!where) {
    mmd_builder_fail(builder, mmd_status_no_memory());
    return;
  }
  const size_t mark = mmd_scope_enter(builder, "%s", slot);
  mmd_module_build(builder, builder->modules, "mmcls", slot, dict, where, &inputs, features);
  mmd_scope_leave(builder, mark);
}

static void build_image_classifier(mmd_builder_t *builder, const void *options,
                                   const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  const image_classifier_t *self = options;
  mmd_features_t features = *inputs;
  build_child(builder, "backbone", self->backbone, &features);
  build_child(builder, "neck", self->neck, &features);
  build_child(builder, "head", self->head, &features);
  *out_outputs = features;
}

const mmd_module_t mmd_mmcls_image_classifier = {
    .codebase = "mmcls",
    .kind = "classifier",
    .type = "ImageClassifier",
    .options = &image_classifier_table,
    .build = build_image_classifier,
};
