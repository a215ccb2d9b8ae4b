// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/classes.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "frontends/openmmlab/config.h"

enum { MAX_NAMES_FILE = 16 << 20 };

static const mmd_value_t *from_checkpoint(const mmd_value_t *meta) {
  static const char *const places[] = {"CLASSES", "dataset_meta.classes", "dataset_meta.CLASSES"};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; ++i) {
    const mmd_value_t *classes = mmd_object_get_path(meta, places[i]);
    if (mmd_array_size(classes)) return classes;
  }
  return NULL;
}

static mmd_status_t copy_names(const mmd_value_t *names, mmd_value_t **out_classes) {
  mmd_value_t *classes = mmd_value_array();
  MMD_TRY_ALLOC(classes);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_array_size(names) && !status; ++i) {
    const char *name = mmd_value_get_string(mmd_array_at(names, i), NULL);
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

static mmd_status_t table_names(const mmd_mmcls_dataset_t *dataset, mmd_value_t **out_classes) {
  mmd_value_t *classes = mmd_value_array();
  MMD_TRY_ALLOC(classes);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < dataset->count && !status; ++i) {
    status = mmd_array_take(classes, mmd_value_string(dataset->classes[i]));
  }
  if (status) {
    mmd_value_release(classes);
    return status;
  }
  *out_classes = classes;
  return NULL;
}

// One name a line; an empty last line does not count.
static mmd_status_t split_lines(const char *text, size_t size, mmd_value_t *classes) {
  while (size) {
    const char *end = memchr(text, '\n', size);
    size_t length = end ? (size_t)(end - text) : size;
    const size_t step = end ? length + 1 : length;
    if (length && text[length - 1] == '\r') --length;
    MMD_TRY(mmd_array_take(classes, mmd_value_string_n(text, length)));
    text += step;
    size -= step;
  }
  return NULL;
}

static mmd_status_t file_names(const char *path, mmd_value_t **out_classes) {
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read(path, MAX_NAMES_FILE, &text, &size));
  mmd_value_t *classes = mmd_value_array();
  mmd_status_t status = classes ? split_lines(text, size, classes) : mmd_status_no_memory();
  mmd_free(text);
  if (status) {
    mmd_value_release(classes);
    return status;
  }
  *out_classes = classes;
  return NULL;
}

static const mmd_mmcls_dataset_t *find_dataset(const char *type) {
  for (const mmd_mmcls_dataset_t *dataset = mmd_mmcls_datasets; dataset->type; ++dataset) {
    if (mmd_str_equal(dataset->type, type)) return dataset;
  }
  return NULL;
}

// Wrappers such as RepeatDataset hold the data set proper in "dataset".
static const mmd_value_t *unwrap(const mmd_value_t *dataset) {
  enum { MAX_DEPTH = 8 };
  for (int i = 0; i < MAX_DEPTH && mmd_object_get(dataset, "dataset"); ++i) {
    dataset = mmd_object_get(dataset, "dataset");
  }
  return dataset;
}

// A stock config may name ImageNet where the model has other classes: names that cannot fit are
// none.
static bool fits(const mmd_task_context_t *context, const mmd_mmcls_dataset_t *dataset) {
  const mmd_value_t *number = mmd_object_get_path(context->model_cfg, "model.head.num_classes");
  const int64_t wanted = mmd_value_get_int(number, (int64_t)dataset->count);
  if (wanted == (int64_t)dataset->count) return true;
  MMD_LOGW("model.head has %lld classes but data set %s has %zu: no class names are known",
           (long long)wanted, dataset->type, dataset->count);
  return false;
}

// |*out_classes| stays NULL when the data set tells nothing.
static mmd_status_t from_dataset(const mmd_task_context_t *context, const mmd_value_t *dataset,
                                 mmd_value_t **out_classes) {
  static const char *const places[] = {"classes", "metainfo.classes", "metainfo.CLASSES"};
  dataset = unwrap(dataset);
  for (size_t i = 0; i < sizeof places / sizeof places[0]; ++i) {
    const mmd_value_t *names = mmd_object_get_path(dataset, places[i]);
    const char *path = mmd_value_get_string(names, NULL);
    if (path && mmd_path_exists(path)) return file_names(path, out_classes);
    if (mmd_array_size(names)) return copy_names(names, out_classes);
    if (path) MMD_LOGW("class names: file '%s' does not exist", path);
  }
  const char *type = mmd_value_get_string(mmd_object_get(dataset, "type"), "");
  const mmd_mmcls_dataset_t *known = find_dataset(mmd_type_without_scope(type));
  return known && fits(context, known) ? table_names(known, out_classes) : NULL;
}

mmd_status_t mmd_mmcls_classes(const mmd_task_context_t *context, mmd_value_t **out_classes) {
  static const char *const places[] = {
      "data.test",
      "data.val",
      "data.train",
      "test_dataloader.dataset",
      "val_dataloader.dataset",
      "train_dataloader.dataset",
  };
  const mmd_value_t *stored = from_checkpoint(context->checkpoint_meta);
  *out_classes = NULL;
  if (stored) return copy_names(stored, out_classes);
  for (size_t i = 0; i < sizeof places / sizeof places[0] && !*out_classes; ++i) {
    const mmd_value_t *dataset = mmd_object_get_path(context->model_cfg, places[i]);
    if (dataset) MMD_TRY(from_dataset(context, dataset, out_classes));
  }
  if (!*out_classes) *out_classes = mmd_value_null();
  MMD_TRY_ALLOC(*out_classes);
  return NULL;
}
