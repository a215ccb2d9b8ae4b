// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/dataset.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "frontends/openmmlab/config.h"

enum { MAX_NAMES_FILE = 16 << 20 };

// Names as they are found: a list of the config, a known data set, or lines of a file.
static mmd_status_t take_list(const mmd_value_t *names, mmd_value_t *classes) {
  for (size_t i = 0; i < mmd_array_size(names); ++i) {
    const char *name = mmd_value_get_string(mmd_array_at(names, i), NULL);
    if (!name) return MMD_ERROR(MMD_INVALID_ARGUMENT, "class name %zu is not a string", i);
    MMD_TRY(mmd_array_take(classes, mmd_value_string(name)));
  }
  return NULL;
}

static mmd_status_t take_table(const mmd_dataset_t *dataset, mmd_value_t *classes) {
  for (size_t i = 0; i < dataset->count; ++i)
    MMD_TRY(mmd_array_take(classes, mmd_value_string(dataset->classes[i])));
  return NULL;
}

// One name a line; an empty last line does not count.
static mmd_status_t take_lines(const char *text, size_t size, mmd_value_t *classes) {
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

static mmd_status_t take_file(const char *path, mmd_value_t *classes) {
  char *text = NULL;
  size_t size = 0;
  MMD_TRY(mmd_file_read_regular(path, MAX_NAMES_FILE, &text, &size));
  mmd_status_t status = take_lines(text, size, classes);
  mmd_free(text);
  return status;
}

// The first value of |places|, up to NULL, below |value|.
static const mmd_value_t *find_first(const mmd_value_t *value, const char *const *places) {
  for (; *places; ++places) {
    const mmd_value_t *found = mmd_object_get_path(value, *places);
    if (mmd_array_size(found) || mmd_value_get_string(found, NULL)) return found;
  }
  return NULL;
}

static int64_t class_count(const mmd_task_context_t *context, const char *const *places) {
  for (; *places; ++places) {
    const mmd_value_t *count = mmd_object_get_path(context->model_cfg, *places);
    if (!mmd_value_is_null(count)) return mmd_value_get_int(count, -1);
  }
  return -1;
}

// A stock config may name ImageNet or COCO where the model has other classes.
static bool fits(int64_t wanted, const mmd_dataset_t *dataset) {
  if (wanted < 0 || wanted == (int64_t)dataset->count) return true;
  MMD_LOGW("the model has %lld classes but data set %s has %zu: no class names are known",
           (long long)wanted, dataset->type, dataset->count);
  return false;
}

static mmd_status_t take_known(const char *type, int64_t wanted, const mmd_dataset_t *known,
                               mmd_value_t *classes) {
  while (known->type && !mmd_str_equal(known->type, type)) ++known;
  return known->type && fits(wanted, known) ? take_table(known, classes) : NULL;
}

// Wrappers such as RepeatDataset hold the data set proper in "dataset".
static const mmd_value_t *unwrap(const mmd_value_t *dataset) {
  enum { MAX_DEPTH = 8 };
  for (int i = 0; i < MAX_DEPTH && mmd_object_get(dataset, "dataset"); ++i)
    dataset = mmd_object_get(dataset, "dataset");
  return dataset;
}

// Own names of the data set, a list or a file of lines; else those of its type.
static mmd_status_t take_dataset(const mmd_value_t *dataset, int64_t wanted,
                                 const mmd_dataset_t *known, mmd_value_t *classes) {
  static const char *const places[] = {"classes", "metainfo.classes", "metainfo.CLASSES", NULL};
  const mmd_value_t *names = find_first(dataset, places);
  const char *path = mmd_value_get_string(names, NULL);
  if (mmd_array_size(names)) return take_list(names, classes);
  if (path && mmd_path_exists(path)) return take_file(path, classes);
  if (path) MMD_LOGW("class names: file '%s' does not exist", path);
  const char *type = mmd_value_get_string(mmd_object_get(dataset, "type"), "");
  return take_known(mmd_type_without_scope(type), wanted, known, classes);
}

static mmd_status_t take_names(const mmd_task_context_t *context, const mmd_dataset_t *known,
                               const char *const *class_counts, mmd_value_t *classes) {
  static const char *const stored[] = {"CLASSES", "dataset_meta.classes", "dataset_meta.CLASSES",
                                       NULL};
  static const char *const places[] = {"data.test",
                                       "data.val",
                                       "data.train",
                                       "test_dataloader.dataset",
                                       "val_dataloader.dataset",
                                       "train_dataloader.dataset"};
  const mmd_value_t *names = find_first(context->checkpoint_meta, stored);
  const int64_t wanted = class_count(context, class_counts);
  if (mmd_array_size(names)) return take_list(names, classes);
  for (size_t i = 0; i < sizeof places / sizeof *places && !mmd_array_size(classes); ++i) {
    const mmd_value_t *dataset = mmd_object_get_path(context->model_cfg, places[i]);
    if (dataset) MMD_TRY(take_dataset(unwrap(dataset), wanted, known, classes));
  }
  return NULL;
}

mmd_status_t mmd_dataset_classes(const mmd_task_context_t *context, const mmd_dataset_t *known,
                                 const char *const *class_counts, mmd_value_t **out_classes) {
  mmd_value_t *classes = mmd_value_array();
  MMD_TRY_ALLOC(classes);
  mmd_status_t status = take_names(context, known, class_counts, classes);
  if (!status && mmd_array_size(classes)) {
    *out_classes = classes;
    return NULL;
  }
  mmd_value_release(classes);
  MMD_TRY(status);
  *out_classes = mmd_value_null();
  MMD_TRY_ALLOC(*out_classes);
  return NULL;
}
