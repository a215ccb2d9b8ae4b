// SPDX-License-Identifier: Apache-2.0
//
// 0.x keeps the steps in a MultiScaleFlipAug, normalisation among them; 1.x has a plain list and
// normalises and pads in the model's data preprocessor. onnx_config.input_shape makes the size
// fixed.
#include "codebases/mmdet/preprocess.h"

#include <string.h>

#include "frontends/openmmlab/config.h"
#include "frontends/openmmlab/steps.h"

// The wanted size of a static network, read from the deploy config.
typedef struct fixed_size_t {
  bool is_set;
  int64_t width, height;
} fixed_size_t;

static mmd_status_t read_size(const mmd_task_context_t *context, fixed_size_t *out_size) {
  mmd_deploy_view_t view;
  memset(out_size, 0, sizeof *out_size);
  if (!context->deploy_cfg) return NULL;
  MMD_TRY(mmd_deploy_view_read(context->deploy_cfg, &view));
  *out_size = (fixed_size_t){view.has_input_shape, view.input_width, view.input_height};
  return NULL;
}

static bool is_left_out(const char *type) {
  return strstr(type, "Random") || strstr(type, "RescaleToZeroOne") || strstr(type, "Annotation");
}

// CenterNet's border on all sides, to (size | value) + rest, black as its stock configs have it.
static mmd_status_t append_border(const mmd_value_t *crop, mmd_value_t *steps) {
  const mmd_value_t *value = mmd_array_at(mmd_object_get(crop, "test_pad_mode"), 1);
  const mmd_value_t *rest = mmd_object_get(crop, "test_pad_add_pix");
  size_t at = mmd_array_size(steps);
  mmd_value_t *item = NULL;
  MMD_TRY(mmd_steps_insert(steps, &at, "Pad", &item));
  MMD_TRY(mmd_object_take(item, "logical_or_val", mmd_value_int(mmd_value_get_int(value, 127))));
  return mmd_object_take(item, "add_pix_val", mmd_value_int(mmd_value_get_int(rest, 0)));
}

static bool is_border(const mmd_value_t *item) {
  const mmd_value_t *mode = mmd_array_at(mmd_object_get(item, "test_pad_mode"), 0);
  return mmd_step_is(item, "RandomCenterCropPad") &&
         mmd_str_equal(mmd_value_get_string(mode, NULL), "logical_or");
}

// Own copies of the steps that inference has.
static mmd_status_t copy_steps(const mmd_value_t *list, const char *path, mmd_value_t *steps) {
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    if (is_border(mmd_array_at(list, i))) MMD_TRY(append_border(mmd_array_at(list, i), steps));
    if (is_left_out(mmd_step_type(mmd_array_at(list, i)))) continue;
    MMD_TRY(mmd_steps_append_copy(steps, mmd_array_at(list, i), path, i));
  }
  return NULL;
}

//===--- 0.x ---------------------------------------------------------------===//

// Resize's size is [height, width]; img_scale is (width, height).
static mmd_status_t set_resize_0x(mmd_value_t *item, const mmd_value_t *scale,
                                  const fixed_size_t *fixed) {
  int64_t width = mmd_value_get_int(mmd_array_at(scale, 0), 0);
  int64_t height = mmd_value_get_int(mmd_array_at(scale, 1), 0);
  if (fixed->is_set) {
    width = fixed->width;
    height = fixed->height;
    MMD_TRY(mmd_object_take(item, "keep_ratio", mmd_value_bool(false)));
  }
  mmd_object_remove(item, "img_scale");
  if (width < 1 || height < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "model config: data.test.pipeline: img_scale: (width, height) is expected");
  }
  return mmd_step_set_pair(item, "size", height, width);
}

static mmd_status_t set_pad_0x(mmd_value_t *item, const fixed_size_t *fixed) {
  if (!fixed->is_set || mmd_value_get_bool(mmd_object_get(item, "pad_to_square"), false))
    return NULL;
  if (mmd_object_get(item, "size_divisor"))
    return mmd_object_take(item, "size_divisor", mmd_value_int(1));
  return mmd_step_set_pair(item, "size", fixed->width, fixed->height);
}

// A scale factor of 1 leaves pictures as they are.
static void drop_resize(const mmd_value_t *aug, const fixed_size_t *fixed, mmd_value_t *steps) {
  const mmd_value_t *factor = mmd_object_get(aug, "scale_factor");
  if (fixed->is_set || mmd_object_get(aug, "img_scale") || mmd_value_get_float(factor, 0) != 1)
    return;
  for (size_t i = mmd_array_size(steps); i-- > 0;) {
    if (mmd_step_is(mmd_array_at(steps, i), "Resize")) mmd_array_remove(steps, i);
  }
}

static mmd_status_t finish_0x(mmd_value_t *steps, const mmd_value_t *scale,
                              const fixed_size_t *fixed) {
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_value_t *item = mmd_array_at(steps, i);
    if (mmd_step_is(item, "Resize")) {
      const mmd_value_t *own = mmd_object_get(item, "img_scale");
      MMD_TRY(set_resize_0x(item, mmd_value_is_null(scale) ? own : scale, fixed));
    } else if (mmd_step_is(item, "Pad")) {
      MMD_TRY(set_pad_0x(item, fixed));
    } else if (mmd_step_is(item, "ImageToTensor")) {
      mmd_value_t *made = NULL;
      MMD_TRY(mmd_step_create("DefaultFormatBundle", &made));
      MMD_TRY(mmd_array_set(steps, i, made));
    } else if (mmd_step_is(item, "Collect")) {
      MMD_TRY(mmd_step_set_meta_keys(item, false));
    }
  }
  return NULL;
}

static mmd_status_t fill_0x(const mmd_task_context_t *context, mmd_value_t *steps) {
  const char *const path = "data.test.pipeline";
  const mmd_value_t *pipeline = mmd_object_get_path(context->model_cfg, path);
  const size_t count = mmd_array_size(pipeline);
  fixed_size_t fixed;
  if (!count) return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: %s is missing or empty", path);
  MMD_TRY(read_size(context, &fixed));
  const mmd_value_t *last = mmd_array_at(pipeline, count - 1);
  const mmd_value_t *inner = mmd_object_get(last, "transforms");
  if (!inner) {
    MMD_TRY(copy_steps(pipeline, path, steps));
    return finish_0x(steps, NULL, &fixed);
  }
  mmd_value_t *loader = NULL;
  MMD_TRY(mmd_value_copy(mmd_array_at(pipeline, 0), &loader));
  MMD_TRY(mmd_array_take(steps, loader));
  MMD_TRY(copy_steps(inner, "data.test.pipeline[-1].transforms", steps));
  drop_resize(last, &fixed, steps);
  return finish_0x(steps, mmd_object_get(last, "img_scale"), &fixed);
}

//===--- 1.x ---------------------------------------------------------------===//

static mmd_status_t set_size_1x(mmd_value_t *item, const fixed_size_t *fixed) {
  const bool is_resize = mmd_step_is(item, "Resize");
  if (fixed->is_set && is_resize) {
    MMD_TRY(mmd_object_take(item, "keep_ratio", mmd_value_bool(false)));
    MMD_TRY(mmd_step_set_pair(item, "scale", fixed->width, fixed->height));
  } else if (fixed->is_set && mmd_step_is(item, "Pad") && mmd_object_get(item, "size")) {
    MMD_TRY(mmd_step_set_pair(item, "size", fixed->width, fixed->height));
  }
  if (!is_resize) return NULL;
  return mmd_step_rename(item, "scale", "size");
}

static mmd_status_t convert_pack(mmd_value_t *item) {
  MMD_TRY(mmd_step_set_meta_keys(item, true));
  MMD_TRY(mmd_step_set_image_key(item));
  return mmd_object_take(item, "type", mmd_value_string("Collect"));
}

// What the data preprocessor does stands in front of the last step.
static mmd_status_t insert_preprocessor(const mmd_value_t *cfg, mmd_value_t *steps) {
  size_t at = mmd_array_size(steps) - 1;
  mmd_value_t *item = NULL;
  MMD_TRY(mmd_steps_insert(steps, &at, "Normalize", &item));
  const bool to_rgb = mmd_value_get_bool(mmd_object_get(cfg, "bgr_to_rgb"), false);
  MMD_TRY(mmd_object_take(item, "to_rgb", mmd_value_bool(to_rgb)));
  MMD_TRY(mmd_step_set_numbers(item, "mean", mmd_object_get(cfg, "mean"), 0));
  MMD_TRY(mmd_step_set_numbers(item, "std", mmd_object_get(cfg, "std"), 1));
  MMD_TRY(mmd_steps_insert(steps, &at, "Pad", &item));
  const mmd_value_t *divisor = mmd_object_get(cfg, "pad_size_divisor");
  MMD_TRY(mmd_object_take(item, "size_divisor", mmd_value_int(mmd_value_get_int(divisor, 1))));
  return mmd_steps_insert(steps, &at, "DefaultFormatBundle", &item);
}

static mmd_status_t fill_1x(const mmd_task_context_t *context, mmd_value_t *steps) {
  const char *path = "test_pipeline";
  const mmd_value_t *pipeline = mmd_object_get(context->model_cfg, path);
  fixed_size_t fixed;
  if (!mmd_array_size(pipeline)) {
    path = "test_dataloader.dataset.pipeline";
    pipeline = mmd_object_get_path(context->model_cfg, path);
  }
  if (!mmd_array_size(pipeline)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: test_pipeline is missing or empty");
  }
  MMD_TRY(read_size(context, &fixed));
  MMD_TRY(copy_steps(pipeline, path, steps));
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_value_t *item = mmd_array_at(steps, i);
    MMD_TRY(set_size_1x(item, &fixed));
    if (mmd_step_is(item, "PackDetInputs")) MMD_TRY(convert_pack(item));
  }
  if (!mmd_array_size(steps)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: %s has no step for inference", path);
  }
  const mmd_value_t *preprocessor =
      mmd_object_get_path(context->model_cfg, "model.data_preprocessor");
  return insert_preprocessor(preprocessor, steps);
}

//===--- both --------------------------------------------------------------===//

mmd_status_t mmd_mmdet_preprocess(const mmd_task_context_t *context, mmd_value_t **out_transforms) {
  mmd_value_t *steps = mmd_value_array();
  MMD_TRY_ALLOC(steps);
  mmd_status_t status =
      context->dialect == MMD_DIALECT_0X ? fill_0x(context, steps) : fill_1x(context, steps);
  if (!status && mmd_str_equal(context->backend, "rknn")) status = mmd_steps_adapt_to_rknn(steps);
  if (!status && mmd_str_equal(context->backend, "ascend"))
    status = mmd_steps_adapt_to_ascend(steps);
  if (status) {
    mmd_value_release(steps);
    return status;
  }
  *out_transforms = steps;
  return NULL;
}

// A pair in the order of the dialect: 0.x [height, width], 1.x [width, height].
static void read_pair(bool is_swapped, const mmd_value_t *pair, int64_t out_size[2]) {
  const int64_t first = mmd_value_get_int(mmd_array_at(pair, 0), 0);
  const int64_t second = mmd_value_get_int(mmd_array_at(pair, 1), 0);
  out_size[0] = is_swapped ? second : first;
  out_size[1] = is_swapped ? first : second;
}

static void apply_pad(const mmd_task_context_t *context, const mmd_value_t *item, int64_t longest,
                      int64_t size[2]) {
  const int64_t divisor = mmd_value_get_int(mmd_object_get(item, "size_divisor"), 1);
  if (mmd_object_get(item, "size")) {
    read_pair(context->dialect == MMD_DIALECT_1X, mmd_object_get(item, "size"), size);
  } else if (mmd_value_get_bool(mmd_object_get(item, "pad_to_square"), false)) {
    size[0] = size[1] = size[0] ? (size[0] > size[1] ? size[0] : size[1]) : longest;
  }
  for (int i = 0; i < 2 && divisor > 1; ++i) size[i] = (size[i] + divisor - 1) / divisor * divisor;
}

mmd_status_t mmd_mmdet_input_size(const mmd_task_context_t *context, int64_t out_size[2]) {
  mmd_value_t *steps = NULL;
  int64_t longest = 0;  // side of a square that the picture fits in, where its shape is kept
  out_size[0] = out_size[1] = 0;
  MMD_TRY(mmd_mmdet_preprocess(context, &steps));
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    const mmd_value_t *item = mmd_array_at(steps, i);
    if (mmd_step_is(item, "Resize")) {
      read_pair(context->dialect == MMD_DIALECT_1X, mmd_object_get(item, "size"), out_size);
      if (!mmd_value_get_bool(mmd_object_get(item, "keep_ratio"),
                              context->dialect == MMD_DIALECT_0X))
        continue;
      longest = out_size[0] == out_size[1] ? out_size[0] : 0;
      out_size[0] = out_size[1] = 0;
    } else if (mmd_step_is(item, "Pad")) {
      apply_pad(context, item, longest, out_size);
    }
  }
  mmd_value_release(steps);
  return NULL;
}
