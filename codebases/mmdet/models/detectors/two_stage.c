// SPDX-License-Identifier: Apache-2.0
//
// Two-stage detectors: backbone, neck, an rpn_head that proposes regions, a roi_head that looks at
// them. mmdet has a class for each paper; they differ in what training does. RPN is the first stage
// alone.
#include "codebases/mmdet/models/detectors/detector.h"
#include "nn/mark.h"

typedef struct two_stage_t {
  const mmd_value_t *backbone, *neck, *rpn_head, *roi_head, *test_cfg;
} two_stage_t;

#define COMMON_OPTIONS                                                                           \
  MMD_OPT_DICT_REQUIRED("backbone", two_stage_t, backbone, "Module that makes the features."),   \
      MMD_OPT_DICT("neck", two_stage_t, neck, "Module, or a list of them, behind it."),          \
      MMD_OPT_DICT_REQUIRED("rpn_head", two_stage_t, rpn_head, "Module that proposes regions."), \
      MMD_OPT_DICT("test_cfg", two_stage_t, test_cfg, "Thresholds and limits of both stages."),  \
      MMD_DETECTOR_OPTIONS

static const mmd_option_t g_rpn_options[] = {COMMON_OPTIONS};
static const mmd_option_t g_options[] = {
    COMMON_OPTIONS,
    MMD_OPT_DICT_REQUIRED("roi_head", two_stage_t, roi_head, "Module that looks at regions."),
};
static const mmd_option_table_t g_rpn_table = MMD_OPTION_TABLE("RPN", two_stage_t, g_rpn_options);
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("two-stage detector", two_stage_t, g_options);

static void mark_features(mmd_builder_t *b, mmd_features_t *features) {
  if (!b->has_marks) return;
  for (size_t i = 0; i < features->count && mmd_builder_ok(b); ++i) {
    const char *name = mmd_arena_printf(&b->graph->arena, "feat.%zu", i);
    if (!name) mmd_builder_fail(b, mmd_status_no_memory());
    features->items[i] =
        mmd_nn_mark(b, "extract_feat", 0, "output", name ? name : "", features->items[i]);
  }
}

static mmd_features_t extract(mmd_builder_t *b, const two_stage_t *self,
                              const mmd_features_t *inputs) {
  mmd_features_t features = mmd_detector_begin(b, inputs);
  features.items[0] = mmd_nn_mark(b, "extract_feat", 0, "input", "img", features.items[0]);
  mmd_detector_features(b, self->backbone, self->neck, &features);
  mark_features(b, &features);
  return features;
}

static void build_rpn(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  const two_stage_t *self = options;
  mmd_features_t features = extract(b, self, inputs);
  // 1.x keeps it as any one-stage head.
  mmd_detector_head_in(b, "rpn_head", b->is_1x ? "bbox_head" : "rpn_head", self->rpn_head,
                       self->test_cfg, &features);
  mmd_detector_end(b, &features);
  *out_outputs = features;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const two_stage_t *self = options;
  mmd_features_t features = extract(b, self, inputs), proposals = features;
  mmd_detector_head(b, "rpn_head", self->rpn_head, self->test_cfg, &proposals);
  if (mmd_builder_ok(b) && features.count == MMD_MAX_FEATURES) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s.neck: %zu outputs; at most %d are possible",
                                  b->config_path, features.count, MMD_MAX_FEATURES - 1));
  }
  if (!mmd_builder_ok(b)) return;
  features.items[features.count++] = proposals.items[0];
  mmd_detector_head(b, "roi_head", self->roi_head, self->test_cfg, &features);
  mmd_detector_end(b, &features);
  *out_outputs = features;
}

#define DETECTOR(name) \
  { .codebase = "mmdet", .kind = "detector", .type = (name), .options = &g_table, .build = build }

const mmd_module_t mmd_mmdet_two_stage[MMD_MMDET_TWO_STAGE_COUNT] = {
    DETECTOR("TwoStageDetector"),
    DETECTOR("FasterRCNN"),
    DETECTOR("MaskRCNN"),
    DETECTOR("CascadeRCNN"),
    DETECTOR("MaskScoringRCNN"),
    DETECTOR("GridRCNN"),
    DETECTOR("HybridTaskCascade"),
    {.codebase = "mmdet",
     .kind = "detector",
     .type = "RPN",
     .options = &g_rpn_table,
     .build = build_rpn},
};
