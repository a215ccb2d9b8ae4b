// SPDX-License-Identifier: Apache-2.0
//
// Departure from the original: it drops "backend" and "interpolation" of a 1.x ResizeEdge, here
// they are kept, for Pillow's bicubic is another picture than OpenCV's bilinear.
#include "codebases/mmcls/preprocess.h"

#include <string.h>

#include "frontends/openmmlab/config.h"
#include "frontends/openmmlab/steps.h"

// The pipeline as an own copy with scopes off its types, without random steps and with a loader in
// front.
static mmd_status_t copy_steps(const mmd_value_t *pipeline, const char *path, mmd_value_t *steps) {
  mmd_value_t *item = NULL;
  const char *const loader = "LoadImageFromFile";
  if (!mmd_step_is(mmd_array_at(pipeline, 0), loader)) {
    MMD_TRY(mmd_step_create(loader, &item));
    MMD_TRY(mmd_array_take(steps, item));
  }
  for (size_t i = 0; i < mmd_array_size(pipeline); ++i) {
    const char *type = mmd_step_type(mmd_array_at(pipeline, i));
    if (strstr(type, "Random") || strstr(type, "RescaleToZeroOne")) continue;
    MMD_TRY(mmd_steps_append_copy(steps, mmd_array_at(pipeline, i), path, i));
  }
  return NULL;
}

static bool is_pack(const char *type) {
  return mmd_str_starts_with(type, "Pack") && mmd_str_ends_with(type, "Inputs");
}

// 0.x: the steps as they are.
static mmd_status_t finish_0x(mmd_value_t *steps) {
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_value_t *item = mmd_array_at(steps, i);
    if (mmd_step_is(item, "Collect")) MMD_TRY(mmd_step_set_meta_keys(item, false));
  }
  return NULL;
}

// ResizeEdge(scale=256, edge='short') -> Resize(keep_ratio=True, size=[256, -1]). Another edge goes
// into adaptive_side, which the original's SDK does not read.
static mmd_status_t convert_resize_edge(mmd_value_t *item) {
  mmd_value_t *edge = mmd_value_retain(mmd_object_get(item, "edge"));
  mmd_value_t *scale = mmd_value_retain(mmd_object_get(item, "scale"));
  mmd_value_t *size = mmd_value_array();
  mmd_status_t status = NULL;
  if (!size) {
    status = mmd_status_no_memory();
  } else if (mmd_value_kind(scale) != MMD_VALUE_INT) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "test pipeline: ResizeEdge needs a number as scale");
  }
  if (!status) status = mmd_array_take(size, mmd_value_retain(scale));
  if (!status) status = mmd_array_take(size, mmd_value_int(-1));
  if (!status && !mmd_str_equal(mmd_value_get_string(edge, "short"), "short")) {
    status = mmd_object_take(item, "adaptive_side", mmd_value_retain(edge));
  }
  mmd_value_release(edge);
  mmd_value_release(scale);
  if (status) {
    mmd_value_release(size);
    return status;
  }
  mmd_object_remove(item, "edge");
  mmd_object_remove(item, "scale");
  MMD_TRY(mmd_object_take(item, "size", size));
  MMD_TRY(mmd_object_take(item, "keep_ratio", mmd_value_bool(true)));
  return mmd_object_take(item, "type", mmd_value_string("Resize"));
}

// EfficientNetCenterCrop -> CenterCrop(efficientnet_style=True), whose interpolation has another
// default.
static mmd_status_t convert_efficientnet_crop(mmd_value_t *item) {
  if (!mmd_object_get(item, "interpolation")) {
    MMD_TRY(mmd_object_take(item, "interpolation", mmd_value_string("bicubic")));
  }
  MMD_TRY(mmd_object_take(item, "efficientnet_style", mmd_value_bool(true)));
  return mmd_object_take(item, "type", mmd_value_string("CenterCrop"));
}

static mmd_status_t convert_step_1x(mmd_value_t *item) {
  const char *type = mmd_step_type(item);
  if (mmd_str_equal(type, "Resize")) return mmd_step_rename(item, "scale", "size");
  if (mmd_str_equal(type, "ResizeEdge")) return convert_resize_edge(item);
  if (mmd_str_equal(type, "EfficientNetCenterCrop")) return convert_efficientnet_crop(item);
  if (!is_pack(type)) return NULL;
  MMD_TRY(mmd_step_set_meta_keys(item, false));
  MMD_TRY(mmd_step_set_image_key(item));
  return mmd_object_take(item, "type", mmd_value_string("Collect"));
}

// The data preprocessor of the config, which stands outside or inside the model.
static const mmd_value_t *data_preprocessor(const mmd_value_t *model_cfg) {
  const mmd_value_t *outer = mmd_object_get(model_cfg, "data_preprocessor");
  return mmd_value_is_null(outer) ? mmd_object_get_path(model_cfg, "model.data_preprocessor")
                                  : outer;
}

static mmd_status_t make_normalize(const mmd_value_t *model_cfg, mmd_value_t **out_item) {
  const mmd_value_t *cfg = data_preprocessor(model_cfg);
  const bool to_rgb = mmd_value_get_bool(mmd_object_get(cfg, "to_rgb"), false);
  MMD_TRY(mmd_step_create("Normalize", out_item));
  mmd_status_t status = mmd_object_take(*out_item, "to_rgb", mmd_value_bool(to_rgb));
  if (!status) status = mmd_step_set_numbers(*out_item, "mean", mmd_object_get(cfg, "mean"), 0);
  if (!status) status = mmd_step_set_numbers(*out_item, "std", mmd_object_get(cfg, "std"), 1);
  if (!status) return NULL;
  mmd_value_release(*out_item);
  *out_item = NULL;
  return status;
}

// The Pack step, or one past the end.
static size_t find_pack(const mmd_value_t *steps) {
  size_t i = 0;
  while (i < mmd_array_size(steps) && !is_pack(mmd_step_type(mmd_array_at(steps, i)))) ++i;
  return i;
}

static mmd_status_t move_to_end(mmd_value_t *steps, size_t index) {
  mmd_value_t *item = mmd_value_retain(mmd_array_at(steps, index));
  mmd_array_remove(steps, index);
  return mmd_array_take(steps, item);
}

// 1.x: normalisation stands in the data preprocessor, packing replaces Collect.
static mmd_status_t finish_1x(const mmd_task_context_t *context, mmd_value_t *steps) {
  const size_t pack = find_pack(steps);
  if (pack == mmd_array_size(steps)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "test_pipeline: there is no PackInputs");
  }
  MMD_TRY(move_to_end(steps, pack));
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    MMD_TRY(convert_step_1x(mmd_array_at(steps, i)));
  }
  const size_t last = mmd_array_size(steps) - 1;
  mmd_value_t *item = NULL;
  MMD_TRY(make_normalize(context->model_cfg, &item));
  MMD_TRY(mmd_array_insert(steps, last, item));
  MMD_TRY(mmd_step_create("ImageToTensor", &item));
  mmd_status_t status = mmd_step_set_image_key(item);
  if (!status) return mmd_array_insert(steps, last + 1, item);
  mmd_value_release(item);
  return status;
}

static mmd_status_t find_pipeline(const mmd_task_context_t *context,
                                  const mmd_value_t **out_pipeline, const char **out_path) {
  const bool old = context->dialect == MMD_DIALECT_0X;
  *out_path = old ? "data.test.pipeline" : "test_pipeline";
  *out_pipeline = mmd_object_get_path(context->model_cfg, *out_path);
  if (!old && !*out_pipeline) {
    *out_path = "test_dataloader.dataset.pipeline";
    *out_pipeline = mmd_object_get_path(context->model_cfg, *out_path);
  }
  if (mmd_array_size(*out_pipeline)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: %s is missing or empty",
                   old ? *out_path : "test_pipeline");
}

static mmd_status_t fill_steps(const mmd_task_context_t *context, mmd_value_t *steps) {
  const mmd_value_t *pipeline;
  const char *path;
  MMD_TRY(find_pipeline(context, &pipeline, &path));
  MMD_TRY(copy_steps(pipeline, path, steps));
  MMD_TRY(context->dialect == MMD_DIALECT_0X ? finish_0x(steps) : finish_1x(context, steps));
  return mmd_str_equal(context->backend, "rknn") ? mmd_steps_adapt_to_rknn(steps) : NULL;
}

mmd_status_t mmd_mmcls_preprocess(const mmd_task_context_t *context, mmd_value_t **out_transforms) {
  mmd_value_t *steps = mmd_value_array();
  MMD_TRY_ALLOC(steps);
  mmd_status_t status = fill_steps(context, steps);
  if (status) {
    mmd_value_release(steps);
    return status;
  }
  *out_transforms = steps;
  return NULL;
}

// A number for both sides, or a pair in the order of the dialect: 0.x [height, width], 1.x [width,
// height].
static void read_size(const mmd_task_context_t *context, const mmd_value_t *value,
                      int64_t out_size[2]) {
  const bool list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  const bool swapped = context->dialect == MMD_DIALECT_1X;
  const int64_t first = mmd_value_get_int(list ? mmd_array_at(value, 0) : value, 0);
  const int64_t second = list ? mmd_value_get_int(mmd_array_at(value, 1), 0) : first;
  const bool known = first > 0 && second > 0;
  out_size[0] = !known ? 0 : swapped ? second : first;
  out_size[1] = !known ? 0 : swapped ? first : second;
}

mmd_status_t mmd_mmcls_input_size(const mmd_task_context_t *context, int64_t out_size[2]) {
  mmd_value_t *steps = NULL;
  out_size[0] = out_size[1] = 0;
  MMD_TRY(mmd_mmcls_preprocess(context, &steps));
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    const mmd_value_t *item = mmd_array_at(steps, i);
    if (mmd_step_is(item, "Resize")) {
      const bool keep_ratio = mmd_value_get_bool(mmd_object_get(item, "keep_ratio"), false);
      read_size(context, keep_ratio ? NULL : mmd_object_get(item, "size"), out_size);
    } else if (mmd_step_is(item, "CenterCrop")) {
      int64_t crop[2];
      read_size(context, mmd_object_get(item, "crop_size"), crop);
      for (int axis = 0; axis < 2; ++axis) {  // a smaller picture stays as it is
        if (!out_size[axis] || crop[axis] < out_size[axis]) out_size[axis] = crop[axis];
      }
    }
  }
  mmd_value_release(steps);
  return NULL;
}
