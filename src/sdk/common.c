// SPDX-License-Identifier: Apache-2.0
//
// common.h: values, devices, profilers, contexts, inputs.
#include "mmdeploy/common.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "sdk/handle.h"

mmd_status_t mmd_null_argument(const char *what) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "'%s' is NULL", what);
}

//===--- values ------------------------------------------------------------===//

bool mmd_handle_is_value(mmdeploy_value_t value) {
  const uint32_t first =
      atomic_load_explicit((const _Atomic uint32_t *)(const void *)value, memory_order_relaxed);
  return first < MMD_TAG_DEVICE || first >= MMD_TAG_END;
}

static mmd_status_t copy_value(mmdeploy_value_t value, mmd_value_t **out_copy) {
  MMD_CHECK_VALUE(value);
  return mmd_value_copy((const mmd_value_t *)value, out_copy);
}

mmdeploy_value_t mmdeploy_value_copy(mmdeploy_value_t value) {
  mmd_value_t *copy = NULL;
  if (!value) return NULL;
  mmd_last_error_keep("mmdeploy_value_copy", copy_value(value, &copy));
  return (mmdeploy_value_t)copy;
}

void mmdeploy_value_destroy(mmdeploy_value_t value) {
  if (value && mmd_handle_is_value(value)) mmd_value_release((mmd_value_t *)value);
}

//===--- devices -----------------------------------------------------------===//

mmd_status_t mmd_device_parse(const char *name, int id, struct mmdeploy_device *out_device) {
  const char *colon = strchr(name, ':');
  const size_t size = colon ? (size_t)(colon - name) : strlen(name);
  int64_t index = id;
  if (colon && (id != 0 || !mmd_parse_i64(colon + 1, strlen(colon + 1), &index))) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "device '%s' with index %d: 'name:index' goes with index 0 only", name, id);
  }
  if (size != 3 || strncmp(name, "cpu", 3) != 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "unknown device '%s'; this build knows: cpu", name);
  }
  if (index < 0 || index > 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "device cpu has no index %lld; 0 is accepted",
                     (long long)index);
  }
  memset(out_device, 0, sizeof *out_device);
  out_device->tag = MMD_TAG_DEVICE;
  memcpy(out_device->name, name, size);
  out_device->id = (int)index;
  return NULL;
}

static mmd_status_t device_create(const char *device_name, int device_id,
                                  mmdeploy_device_t *device) {
  MMD_CHECK_POINTER(device);
  *device = NULL;
  MMD_CHECK_POINTER(device_name);
  struct mmdeploy_device parsed;
  MMD_TRY(mmd_device_parse(device_name, device_id, &parsed));
  mmdeploy_device_t made = mmd_alloc(sizeof *made);
  MMD_TRY_ALLOC(made);
  *made = parsed;
  *device = made;
  return NULL;
}

int mmdeploy_device_create(const char *device_name, int device_id, mmdeploy_device_t *device) {
  return mmd_last_error_set(__func__, device_create(device_name, device_id, device));
}

void mmdeploy_device_destroy(mmdeploy_device_t device) {
  if (!device || device->tag != MMD_TAG_DEVICE) return;
  device->tag = 0;
  mmd_free(device);
}

//===--- profilers ---------------------------------------------------------===//

static mmd_status_t profiler_create(const char *path, mmdeploy_profiler_t *profiler) {
  MMD_CHECK_POINTER(profiler);
  *profiler = NULL;
  MMD_CHECK_POINTER(path);
  mmdeploy_profiler_t made = mmd_alloc(sizeof *made);
  MMD_TRY_ALLOC(made);
  made->tag = MMD_TAG_PROFILER;
  mmd_status_t status = mmd_profiler_create(path, &made->profiler);
  if (status) {
    mmd_free(made);
    return status;
  }
  *profiler = made;
  return NULL;
}

int mmdeploy_profiler_create(const char *path, mmdeploy_profiler_t *profiler) {
  return mmd_last_error_set(__func__, profiler_create(path, profiler));
}

void mmdeploy_profiler_destroy(mmdeploy_profiler_t profiler) {
  if (!profiler || profiler->tag != MMD_TAG_PROFILER) return;
  mmd_last_error_keep(__func__, mmd_profiler_finish(profiler->profiler));
  mmd_profiler_release(profiler->profiler);
  profiler->tag = 0;
  mmd_free(profiler);
}

//===--- contexts ----------------------------------------------------------===//

static mmd_status_t context_create(mmdeploy_context_t *context) {
  MMD_CHECK_POINTER(context);
  *context = mmd_alloc(sizeof **context);
  MMD_TRY_ALLOC(*context);
  (*context)->tag = MMD_TAG_CONTEXT;
  return NULL;
}

int mmdeploy_context_create(mmdeploy_context_t *context) {
  return mmd_last_error_set(__func__, context_create(context));
}

static mmd_status_t context_create_by_device(const char *device_name, int device_id,
                                             mmdeploy_context_t *context) {
  MMD_CHECK_POINTER(context);
  *context = NULL;
  MMD_CHECK_POINTER(device_name);
  struct mmdeploy_device device;
  MMD_TRY(mmd_device_parse(device_name, device_id, &device));
  MMD_TRY(context_create(context));
  (*context)->device = device;
  (*context)->has_device = true;
  return NULL;
}

int mmdeploy_context_create_by_device(const char *device_name, int device_id,
                                      mmdeploy_context_t *context) {
  return mmd_last_error_set(__func__, context_create_by_device(device_name, device_id, context));
}

void mmdeploy_context_destroy(mmdeploy_context_t context) {
  if (!context || context->tag != MMD_TAG_CONTEXT) return;
  for (size_t i = 0; i < context->model_count; ++i) {
    mmd_free((void *)(uintptr_t)context->models[i].name);
    mmd_package_release(context->models[i].package);
  }
  for (size_t i = 0; i < context->scheduler_count; ++i) {
    mmd_free((void *)(uintptr_t)context->schedulers[i].name);
    mmd_scheduler_release(context->schedulers[i].scheduler);
  }
  mmd_free(context->models);
  mmd_free(context->schedulers);
  mmd_profiler_release(context->profiler);
  context->tag = 0;
  mmd_free(context);
}

static mmd_status_t add_device(mmdeploy_context_t context, const struct mmdeploy_device *device) {
  MMD_CHECK_HANDLE(device, MMD_TAG_DEVICE);
  context->device = *device;
  context->has_device = true;
  return NULL;
}

static mmd_status_t add_profiler(mmdeploy_context_t context,
                                 const struct mmdeploy_profiler *profiler) {
  MMD_CHECK_HANDLE(profiler, MMD_TAG_PROFILER);
  mmd_profiler_t *old = context->profiler;
  context->profiler = mmd_profiler_retain(profiler->profiler);
  mmd_profiler_release(old);
  return NULL;
}

// Where |name| is in an array of items that begin with their name: at the end, in a new one, when
// none has it yet. |items| is the address of the array's pointer.
static mmd_status_t find_named(void *items, size_t *count, size_t *capacity, size_t item_size,
                               const char *name, void *out_item) {
  char *item, *own;
  memcpy(&item, items, sizeof item);
  for (size_t i = 0; i < *count; ++i, item += item_size) {
    memcpy(&own, item, sizeof own);
    if (strcmp(own, name) != 0) continue;
    memcpy(out_item, &item, sizeof item);
    return NULL;
  }
  MMD_TRY(mmd_array_grow(items, capacity, *count + 1, item_size));
  own = mmd_strdup(name);
  MMD_TRY_ALLOC(own);
  memcpy(&item, items, sizeof item);
  item += (*count)++ * item_size;
  memset(item, 0, item_size);
  memcpy(item, &own, sizeof own);
  memcpy(out_item, &item, sizeof item);
  return NULL;
}

// The same name replaces.
static mmd_status_t add_model(mmdeploy_context_t context, const char *name,
                              const struct mmdeploy_model *model) {
  mmd_named_package_t *item;
  MMD_CHECK_POINTER(name);
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_TRY(find_named(&context->models, &context->model_count, &context->model_capacity,
                     sizeof *item, name, &item));
  mmd_package_release(item->package);
  item->package = mmd_package_retain(model->package);
  return NULL;
}

static mmd_status_t add_scheduler(mmdeploy_context_t context, const char *name,
                                  const struct mmdeploy_scheduler *scheduler) {
  mmd_named_scheduler_t *item;
  MMD_CHECK_POINTER(name);
  MMD_CHECK_HANDLE(scheduler, MMD_TAG_SCHEDULER);
  MMD_TRY(find_named(&context->schedulers, &context->scheduler_count, &context->scheduler_capacity,
                     sizeof *item, name, &item));
  mmd_scheduler_release(item->scheduler);
  item->scheduler = mmd_scheduler_retain(scheduler->scheduler);
  return NULL;
}

static mmd_status_t context_add(mmdeploy_context_t context, mmdeploy_context_type_t type,
                                const char *name, const void *object) {
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  MMD_CHECK_POINTER(object);
  if (type == MMDEPLOY_TYPE_DEVICE) return add_device(context, object);
  if (type == MMDEPLOY_TYPE_MODEL) return add_model(context, name, object);
  if (type == MMDEPLOY_TYPE_SCHEDULER) return add_scheduler(context, name, object);
  if (type == MMDEPLOY_TYPE_PROFILER) return add_profiler(context, object);
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "context type %d is not supported; devices (%d), models (%d), schedulers (%d) "
                   "and profilers (%d) are",
                   (int)type, (int)MMDEPLOY_TYPE_DEVICE, (int)MMDEPLOY_TYPE_MODEL,
                   (int)MMDEPLOY_TYPE_SCHEDULER, (int)MMDEPLOY_TYPE_PROFILER);
}

mmd_pipeline_options_t mmd_context_options(const struct mmdeploy_context *context) {
  return (mmd_pipeline_options_t){
      .device_name = context->has_device ? context->device.name : NULL,
      .device_id = context->device.id,
      .threads = context->threads,
      .profiler = context->profiler,
      .models = context->models,
      .model_count = context->model_count,
      .schedulers = context->schedulers,
      .scheduler_count = context->scheduler_count,
  };
}

int mmdeploy_context_add(mmdeploy_context_t context, mmdeploy_context_type_t type, const char *name,
                         const void *object) {
  return mmd_last_error_set(__func__, context_add(context, type, name, object));
}

//===--- inputs ------------------------------------------------------------===//

mmd_status_t mmd_mat_wrap_strided(const mmdeploy_mat_t *mat, int index, size_t row_stride,
                                  mmd_storage_t *storage, mmd_value_t **out_image) {
  static const mmd_dtype_t dtypes[] = {MMD_F32, MMD_F16, MMD_U8, MMD_I32};
  if (!mat->data) return MMD_ERROR(MMD_INVALID_ARGUMENT, "picture %d: data is NULL", index);
  if ((unsigned)mat->format >= MMDEPLOY_PIXEL_FORMAT_COUNT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "picture %d: pixel format %d; 0 to %d are accepted",
                     index, (int)mat->format, MMDEPLOY_PIXEL_FORMAT_COUNT - 1);
  }
  if ((unsigned)mat->type >= MMDEPLOY_DATA_TYPE_COUNT) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "picture %d: data type %d; 0 to %d are accepted", index,
                     (int)mat->type, MMDEPLOY_DATA_TYPE_COUNT - 1);
  }
  const bool has_chroma_plane =
      mat->format == MMDEPLOY_PIXEL_FORMAT_NV12 || mat->format == MMDEPLOY_PIXEL_FORMAT_NV21;
  if (has_chroma_plane && mat->type != MMDEPLOY_DATA_TYPE_UINT8) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "picture %d: NV12 and NV21 need data type %d, %d found",
                     index, (int)MMDEPLOY_DATA_TYPE_UINT8, (int)mat->type);
  }
  if (mat->device) MMD_CHECK_HANDLE(mat->device, MMD_TAG_DEVICE);
  mmd_image_t image;
  mmd_status_t status =
      mmd_image_borrow(mat->data, mat->height, mat->width, row_stride,
                       (mmd_pixel_format_t)mat->format, dtypes[mat->type], &image);
  if (status) return mmd_status_annotate(status, "picture %d", index);
  image.storage = storage;
  *out_image = mmd_value_image(&image);
  MMD_TRY_ALLOC(*out_image);
  return NULL;
}

static mmd_status_t fill_input(const mmdeploy_mat_t *mats, int count, mmd_value_t *value) {
  mmd_value_t *samples = mmd_value_array();
  MMD_TRY(mmd_array_take(value, samples));
  for (int i = 0; i < count; ++i) {
    mmd_value_t *image = NULL;
    MMD_TRY(mmd_mat_wrap_strided(&mats[i], i, 0, NULL, &image));
    mmd_value_t *sample = mmd_value_object();
    mmd_status_t status = mmd_array_take(samples, sample);
    if (status) {
      mmd_value_release(image);
      return status;
    }
    MMD_TRY(mmd_object_take(sample, "ori_img", image));
  }
  return NULL;
}

mmd_status_t mmd_input_create(const mmdeploy_mat_t *mats, int count, mmd_value_t **out_value) {
  MMD_CHECK_POINTER(out_value);
  *out_value = NULL;
  if (count < 0)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d pictures; the count must not be negative", count);
  if (count) MMD_CHECK_POINTER(mats);
  mmd_value_t *value = mmd_value_array();
  MMD_TRY_ALLOC(value);
  mmd_status_t status = fill_input(mats, count, value);
  if (status) {
    mmd_value_release(value);
    return status;
  }
  *out_value = value;
  return NULL;
}

int mmdeploy_common_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                 mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, mmd_input_create(mats, mat_count, (mmd_value_t **)value));
}
