// SPDX-License-Identifier: Apache-2.0
//
// One-stage detectors: backbone, neck (or several) and a head that ends with boxes. mmdet has a
// class for each paper; they differ in what training does.
#include "codebases/mmdet/models/detectors/detector.h"

typedef struct single_stage_t {
  const mmd_value_t *backbone, *neck, *bbox_head, *test_cfg;
} single_stage_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("backbone", single_stage_t, backbone, "Module that makes the features."),
    MMD_OPT_DICT("neck", single_stage_t, neck, "Module, or a list of them, behind it."),
    MMD_OPT_DICT_REQUIRED("bbox_head", single_stage_t, bbox_head, "Module that makes the boxes."),
    MMD_OPT_DICT("test_cfg", single_stage_t, test_cfg, "Thresholds and limits of inference."),
    MMD_OPT_TRAINING("use_syncbn"),
    MMD_OPT_TRAINING("input_size"),
    MMD_OPT_TRAINING("size_multiplier"),
    MMD_OPT_TRAINING("random_size_range"),
    MMD_OPT_TRAINING("random_size_interval"),
    MMD_OPT_TRAINING("teacher_config"),
    MMD_OPT_TRAINING("teacher_ckpt"),
    MMD_OPT_TRAINING("eval_teacher"),
    MMD_DETECTOR_OPTIONS,
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("single-stage detector", single_stage_t, g_options);

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const single_stage_t *self = options;
  mmd_features_t features = mmd_detector_begin(b, inputs);
  mmd_detector_features(b, self->backbone, self->neck, &features);
  mmd_detector_head(b, "bbox_head", self->bbox_head, self->test_cfg, &features);
  if (mmd_builder_ok(b)) mmd_detector_end(b, &features);
  *out_outputs = features;
}

#define DETECTOR(name) \
  { .codebase = "mmdet", .kind = "detector", .type = (name), .options = &g_table, .build = build }

const mmd_module_t mmd_mmdet_single_stage[MMD_MMDET_SINGLE_STAGE_COUNT] = {
    DETECTOR("SingleStageDetector"),
    DETECTOR("RetinaNet"),
    DETECTOR("FCOS"),
    DETECTOR("FSAF"),
    DETECTOR("ATSS"),
    DETECTOR("PAA"),
    DETECTOR("GFL"),
    DETECTOR("FOVEA"),
    DETECTOR("VFNet"),
    DETECTOR("YOLOF"),
    DETECTOR("YOLOV3"),
    DETECTOR("YOLOX"),
    DETECTOR("TOOD"),
    DETECTOR("RTMDet"),
    DETECTOR("DDOD"),
    DETECTOR("AutoAssign"),
    DETECTOR("CenterNet"),
    DETECTOR("RepPointsDetector"),
    DETECTOR("KnowledgeDistillationSingleStageDetector"),
    DETECTOR("NASFCOS"),
};
