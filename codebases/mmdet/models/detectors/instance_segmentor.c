// SPDX-License-Identifier: Apache-2.0
//
// One-stage instance segmentation: backbone, neck and a head that ends with masks. Boxes say no
// more than the masks do.
#include "codebases/mmdet/models/detectors/detector.h"

typedef struct instance_segmentor_t {
  const mmd_value_t *backbone, *neck, *mask_head, *test_cfg;
} instance_segmentor_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("backbone", instance_segmentor_t, backbone,
                          "Module that makes the features."),
    MMD_OPT_DICT("neck", instance_segmentor_t, neck, "Module, or a list of them, behind it."),
    MMD_OPT_DICT_REQUIRED("mask_head", instance_segmentor_t, mask_head,
                          "Module that makes the masks."),
    MMD_OPT_DICT("test_cfg", instance_segmentor_t, test_cfg, "Thresholds and limits of inference."),
    MMD_DETECTOR_OPTIONS,
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("instance segmentor", instance_segmentor_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const instance_segmentor_t *self = options;
  mmd_features_t features = mmd_detector_begin(b, inputs);
  mmd_detector_features(b, self->backbone, self->neck, &features);
  mmd_detector_head(b, "mask_head", self->mask_head, self->test_cfg, &features);
  mmd_detector_end(b, &features);
  *out_outputs = features;
}

#define DETECTOR(name) \
  { .codebase = "mmdet", .kind = "detector", .type = (name), .options = &g_table, .build = build }

const mmd_module_t mmd_mmdet_instance_segmentor[MMD_MMDET_INSTANCE_SEGMENTOR_COUNT] = {
    DETECTOR("SOLO"),
    DETECTOR("SOLOv2"),
};
