// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/detectors/detector.h"

#include "base/alloc.h"
#include "frontends/openmmlab/config.h"
#include "nn/mark.h"

static const char g_func[] = "detector_forward";

mmd_features_t mmd_detector_begin(mmd_builder_t *b, const mmd_features_t *inputs) {
  mmd_features_t features = *inputs;
  features.items[0] = b->image = mmd_nn_mark(b, g_func, 0, "input", "input", features.items[0]);
  return features;
}

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

void mmd_detector_features(mmd_builder_t *b, const mmd_value_t *backbone, const mmd_value_t *neck,
                           mmd_features_t *features) {
  build_child(b, "backbone", "backbone", backbone, path_of(b, "backbone", false, 0), features);
  build_neck(b, neck, features);
}

// The head's dict with the detector's test_cfg, as mmdet hands it on.
static mmd_status_t head_dict(const mmd_value_t *dict, const mmd_value_t *test_cfg,
                              mmd_value_t **out_dict) {
  static const char *const training[] = {"train_cfg", "test_cfg", NULL};
  MMD_TRY(mmd_object_without(dict, training, out_dict));
  if (mmd_value_is_null(test_cfg)) return NULL;
  mmd_value_t *copy = NULL;
  mmd_status_t status = mmd_value_copy(test_cfg, &copy);
  if (!status) status = mmd_object_take(*out_dict, "test_cfg", copy);
  if (!status) return NULL;
  mmd_value_release(*out_dict);
  *out_dict = NULL;
  return status;
}

void mmd_detector_head(mmd_builder_t *b, const char *slot, const mmd_value_t *dict,
                       const mmd_value_t *test_cfg, mmd_features_t *features) {
  mmd_detector_head_in(b, slot, slot, dict, test_cfg, features);
}

void mmd_detector_head_in(mmd_builder_t *b, const char *slot, const char *scope,
                          const mmd_value_t *dict, const mmd_value_t *test_cfg,
                          mmd_features_t *features) {
  mmd_value_t *head = NULL;
  mmd_status_t status = head_dict(dict, test_cfg, &head);
  if (status) mmd_builder_fail(b, status);
  build_child(b, slot, scope, head, path_of(b, slot, false, 0), features);
  mmd_value_release(head);
}

void mmd_detector_end(mmd_builder_t *b, mmd_features_t *outputs) {
  static const char *const names[] = {"dets", "labels", "masks"};
  for (size_t i = 0; i < outputs->count && i < 3 && mmd_builder_ok(b); ++i)
    outputs->items[i] = mmd_nn_mark(b, g_func, 0, "output", names[i], outputs->items[i]);
}
