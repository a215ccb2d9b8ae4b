// SPDX-License-Identifier: Apache-2.0
//
// One-stage detectors: backbone, neck (or several) and a head that ends with boxes. mmdet has a
// class for each paper; they differ in what training does.
#include "base/alloc.h"
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "frontends/openmmlab/config.h"
#include "nn/mark.h"

typedef struct single_stage_t {
  const mmd_value_t *backbone, *neck, *bbox_head, *test_cfg;
} single_stage_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_DICT_REQUIRED("backbone", single_stage_t, backbone, "Module that makes the features."),
    MMD_OPT_DICT("neck", single_stage_t, neck, "Module, or a list of them, behind it."),
    MMD_OPT_DICT_REQUIRED("bbox_head", single_stage_t, bbox_head, "Module that makes the boxes."),
    MMD_OPT_DICT("test_cfg", single_stage_t, test_cfg, "Thresholds and limits of inference."),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
    MMD_OPT_TRAINING("use_syncbn"),
    MMD_OPT_TRAINING("input_size"),
    MMD_OPT_TRAINING("size_multiplier"),
    MMD_OPT_TRAINING("random_size_range"),
    MMD_OPT_TRAINING("random_size_interval"),
    {.name = "data_preprocessor",
     .type = MMD_OPTION_VALUE,
     .flags = MMD_OPTION_IGNORED,
     .help = "Becomes steps of the package's pipeline."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("single-stage detector", single_stage_t, g_options);

// "model.neck", or "model.neck[1]" of a list.
static const char *path_of(mmd_builder_t *b, const char *slot, bool is_item, size_t index) {
  mmd_arena_t *arena = &b->graph->arena;
  const char *path = is_item ? mmd_arena_printf(arena, "%s.%s[%zu]", b->config_path, slot, index)
                             : mmd_arena_printf(arena, "%s.%s", b->config_path, slot);
  if (!path) mmd_builder_fail(b, mmd_status_no_memory());
  return path;
}

static void build_child(mmd_builder_t *b, const char *slot, const char *scope,
                        const mmd_value_t *dict, const char *where, mmd_features_t *features) {
  const mmd_features_t inputs = *features;
  if (!mmd_builder_ok(b)) return;
  const size_t mark = mmd_scope_enter(b, "%s", scope);
  mmd_module_build(b, b->modules, "mmdet", slot, dict, where, &inputs, features);
  mmd_scope_leave(b, mark);
}

// One neck, or several as a sequence: checkpoint names neck.0, neck.1.
static void build_neck(mmd_builder_t *b, const mmd_value_t *neck, mmd_features_t *features) {
  if (mmd_value_is_null(neck)) return;
  if (mmd_value_kind(neck) != MMD_VALUE_ARRAY) {
    build_child(b, "neck", "neck", neck, path_of(b, "neck", false, 0), features);
    return;
  }
  for (size_t i = 0; i < mmd_array_size(neck) && mmd_builder_ok(b); ++i) {
    const char *scope = mmd_arena_printf(&b->graph->arena, "neck.%zu", i);
    build_child(b, "neck", scope ? scope : "", mmd_array_at(neck, i), path_of(b, "neck", true, i),
                features);
  }
}

// The head's dict with the detector's test_cfg, as mmdet hands it on.
static mmd_status_t head_dict(const single_stage_t *self, mmd_value_t **out_dict) {
  static const char *const training[] = {"train_cfg", "test_cfg", NULL};
  MMD_TRY(mmd_object_without(self->bbox_head, training, out_dict));
  if (mmd_value_is_null(self->test_cfg)) return NULL;
  mmd_value_t *test_cfg = NULL;
  mmd_status_t status = mmd_value_copy(self->test_cfg, &test_cfg);
  if (!status) status = mmd_object_take(*out_dict, "test_cfg", test_cfg);
  if (!status) return NULL;
  mmd_value_release(*out_dict);
  *out_dict = NULL;
  return status;
}

static void mark_outputs(mmd_builder_t *b, mmd_features_t *outputs) {
  static const char *const names[] = {"dets", "labels", "masks"};
  for (size_t i = 0; i < outputs->count && i < 3; ++i)
    outputs->items[i] =
        mmd_nn_mark(b, "detector_forward", 0, "output", names[i], outputs->items[i]);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const single_stage_t *self = options;
  mmd_features_t features = *inputs;
  mmd_value_t *head = NULL;
  features.items[0] = b->image =
      mmd_nn_mark(b, "detector_forward", 0, "input", "input", features.items[0]);
  build_child(b, "backbone", "backbone", self->backbone, path_of(b, "backbone", false, 0),
              &features);
  build_neck(b, self->neck, &features);
  mmd_status_t status = head_dict(self, &head);
  if (status) mmd_builder_fail(b, status);
  build_child(b, "bbox_head", "bbox_head", head, path_of(b, "bbox_head", false, 0), &features);
  mmd_value_release(head);
  if (mmd_builder_ok(b)) mark_outputs(b, &features);
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
};
