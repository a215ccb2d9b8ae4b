// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/classes.h"

#include "base/log.h"
#include "frontends/openmmlab/config.h"

// The first list of |places| below |value|, or NULL.
static const mmd_value_t *find_list(const mmd_value_t *value, const char *const *places) {
  for (; *places; ++places) {
    const mmd_value_t *list = mmd_object_get_path(value, *places);
    if (mmd_array_size(list)) return list;
  }
  return NULL;
}

static mmd_status_t copy_names(const mmd_value_t *names, const mmd_mmdet_dataset_t *dataset,
                               mmd_value_t **out_classes) {
  const size_t count = names ? mmd_array_size(names) : dataset->count;
  mmd_value_t *classes = mmd_value_array();
  MMD_TRY_ALLOC(classes);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; ++i) {
    const char *name =
        names ? mmd_value_get_string(mmd_array_at(names, i), NULL) : dataset->classes[i];
    status = name ? mmd_array_take(classes, mmd_value_string(name))
                  : MMD_ERROR(MMD_INVALID_ARGUMENT, "class name %zu is not a string", i);
  }
  if (status) {
    mmd_value_release(classes);
    return status;
  }
  *out_classes = classes;
  return NULL;
}

// num_classes of the model's head; of several the first.
static int64_t class_count(const mmd_task_context_t *context) {
  static const char *const places[] = {
      "model.bbox_head.num_classes",          "model.bbox_head.0.num_classes",
      "model.roi_head.bbox_head.num_classes", "model.roi_head.bbox_head.0.num_classes",
      "model.mask_head.num_classes",
  };
  for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
    const mmd_value_t *count = mmd_object_get_path(context->model_cfg, places[i]);
    if (!mmd_value_is_null(count)) return mmd_value_get_int(count, -1);
  }
  return -1;
}

// A stock config may name COCO where the model has other classes: names that cannot fit are none.
static mmd_status_t from_table(const mmd_task_context_t *context, const char *type,
                               mmd_value_t **out_classes) {
  const mmd_mmdet_dataset_t *known = mmd_mmdet_datasets;
  const int64_t wanted = class_count(context);
  while (known->type && !mmd_str_equal(known->type, type)) ++known;
  if (!known->type) return NULL;
  if (wanted < 0 || wanted == (int64_t)known->count) return copy_names(NULL, known, out_classes);
  MMD_LOGW("the model has %lld classes but data set %s has %zu: no class names are known",
           (long long)wanted, type, known->count);
  return NULL;
}

// Wrappers such as RepeatDataset hold the data set proper in "dataset".
static mmd_status_t from_dataset(const mmd_task_context_t *context, const mmd_value_t *dataset,
                                 mmd_value_t **out_classes) {
  static const char *const places[] = {"classes", "metainfo.classes", "metainfo.CLASSES", NULL};
  enum { MAX_DEPTH = 8 };
  for (int i = 0; i < MAX_DEPTH && mmd_object_get(dataset, "dataset"); ++i)
    dataset = mmd_object_get(dataset, "dataset");
  const mmd_value_t *names = find_list(dataset, places);
  if (names) return copy_names(names, NULL, out_classes);
  const char *type = mmd_value_get_string(mmd_object_get(dataset, "type"), "");
  return from_table(context, mmd_type_without_scope(type), out_classes);
}

mmd_status_t mmd_mmdet_classes(const mmd_task_context_t *context, mmd_value_t **out_classes) {
  static const char *const stored[] = {"CLASSES", "dataset_meta.classes", "dataset_meta.CLASSES",
                                       NULL};
  static const char *const places[] = {"data.test",
                                       "data.val",
                                       "data.train",
                                       "test_dataloader.dataset",
                                       "val_dataloader.dataset",
                                       "train_dataloader.dataset"};
  const mmd_value_t *names = find_list(context->checkpoint_meta, stored);
  *out_classes = NULL;
  if (names) return copy_names(names, NULL, out_classes);
  for (size_t i = 0; i < sizeof places / sizeof *places && !*out_classes; ++i) {
    const mmd_value_t *dataset = mmd_object_get_path(context->model_cfg, places[i]);
    if (dataset) MMD_TRY(from_dataset(context, dataset, out_classes));
  }
  if (!*out_classes) *out_classes = mmd_value_null();
  MMD_TRY_ALLOC(*out_classes);
  return NULL;
}
