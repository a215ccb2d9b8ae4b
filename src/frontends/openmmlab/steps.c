// SPDX-License-Identifier: Apache-2.0
#include "frontends/openmmlab/steps.h"

#include "frontends/openmmlab/config.h"

const char *mmd_step_type(const mmd_value_t *step) {
  return mmd_type_without_scope(mmd_value_get_string(mmd_object_get(step, "type"), ""));
}

bool mmd_step_is(const mmd_value_t *step, const char *type) {
  return mmd_str_equal(mmd_step_type(step), type);
}

mmd_status_t mmd_step_create(const char *type, mmd_value_t **out_step) {
  mmd_value_t *step = mmd_value_object();
  MMD_TRY_ALLOC(step);
  mmd_status_t status = mmd_object_take(step, "type", mmd_value_string(type));
  if (status) {
    mmd_value_release(step);
    return status;
  }
  *out_step = step;
  return NULL;
}

mmd_status_t mmd_steps_append_copy(mmd_value_t *steps, const mmd_value_t *source, const char *where,
                                   size_t index) {
  const char *type = mmd_step_type(source);
  mmd_value_t *step = NULL;
  if (!*type)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "model config: %s[%zu] has no 'type'", where, index);
  MMD_TRY(mmd_value_copy(source, &step));
  mmd_status_t status = mmd_object_take(step, "type", mmd_value_string(type));
  if (!status) return mmd_array_take(steps, step);
  mmd_value_release(step);
  return status;
}

mmd_status_t mmd_steps_insert(mmd_value_t *steps, size_t *index, const char *type,
                              mmd_value_t **out_step) {
  MMD_TRY(mmd_step_create(type, out_step));
  return mmd_array_insert(steps, (*index)++, *out_step);
}

// step[key] = |list|, which is released on failure too.
static mmd_status_t set_list(mmd_value_t *step, const char *key, mmd_value_t *list,
                             mmd_status_t status) {
  if (!status) return mmd_object_take(step, key, list);
  mmd_value_release(list);
  return status;
}

mmd_status_t mmd_step_set_pair(mmd_value_t *step, const char *key, int64_t a, int64_t b) {
  mmd_value_t *pair = mmd_value_array();
  MMD_TRY_ALLOC(pair);
  mmd_status_t status = mmd_array_take(pair, mmd_value_int(a));
  if (!status) status = mmd_array_take(pair, mmd_value_int(b));
  return set_list(step, key, pair, status);
}

mmd_status_t mmd_step_set_numbers(mmd_value_t *step, const char *key, const mmd_value_t *numbers,
                                  int64_t fallback) {
  mmd_value_t *list = NULL;
  mmd_status_t status = NULL;
  if (!mmd_value_is_null(numbers)) {
    MMD_TRY(mmd_value_copy(numbers, &list));
    return mmd_object_take(step, key, list);
  }
  list = mmd_value_array();
  MMD_TRY_ALLOC(list);
  for (int c = 0; c < 3 && !status; ++c) status = mmd_array_take(list, mmd_value_int(fallback));
  return set_list(step, key, list, status);
}

mmd_status_t mmd_step_rename(mmd_value_t *step, const char *from, const char *to) {
  mmd_value_t *value = mmd_value_retain(mmd_object_get(step, from));
  if (!value) return NULL;
  mmd_object_remove(step, from);
  return mmd_object_take(step, to, value);
}

mmd_status_t mmd_step_set_image_key(mmd_value_t *step) {
  mmd_value_t *keys = mmd_value_array();
  MMD_TRY_ALLOC(keys);
  return set_list(step, "keys", keys, mmd_array_take(keys, mmd_value_string("img")));
}

static bool holds_text(const mmd_value_t *array, const char *text) {
  for (size_t i = 0; i < mmd_array_size(array); ++i) {
    if (mmd_str_equal(mmd_value_get_string(mmd_array_at(array, i), NULL), text)) return true;
  }
  return false;
}

mmd_status_t mmd_step_set_meta_keys(mmd_value_t *step, bool has_pad_param) {
  static const char *const names[] = {
      "filename", "ori_filename",   "ori_shape",    "img_shape",   "pad_shape", "scale_factor",
      "flip",     "flip_direction", "img_norm_cfg", "valid_ratio", "pad_param",
  };
  const size_t count = sizeof names / sizeof *names - (has_pad_param ? 0 : 1);
  const mmd_value_t *own = mmd_object_get(step, "meta_keys");
  mmd_value_t *keys = mmd_value_array();
  MMD_TRY_ALLOC(keys);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count && !status; ++i)
    status = mmd_array_take(keys, mmd_value_string(names[i]));
  for (size_t i = 0; i < mmd_array_size(own) && !status; ++i) {
    const char *key = mmd_value_get_string(mmd_array_at(own, i), NULL);
    if (key && !holds_text(keys, key)) status = mmd_array_take(keys, mmd_value_string(key));
  }
  return set_list(step, "meta_keys", keys, status);
}

mmd_status_t mmd_steps_adapt_to_rknn(mmd_value_t *steps) {
  const size_t count = mmd_array_size(steps);
  if (count >= 2) mmd_array_remove(steps, count - 2);
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    mmd_value_t *step = mmd_array_at(steps, i);
    if (!mmd_step_is(step, "Normalize")) continue;
    MMD_TRY(mmd_object_take(step, "to_float", mmd_value_bool(false)));
    MMD_TRY(mmd_step_set_numbers(step, "mean", NULL, 0));
    MMD_TRY(mmd_step_set_numbers(step, "std", NULL, 1));
  }
  return NULL;
}

static mmd_value_t *find_step(const mmd_value_t *steps, const char *type) {
  for (size_t i = 0; i < mmd_array_size(steps); ++i) {
    if (mmd_step_is(mmd_array_at(steps, i), type)) return mmd_array_at(steps, i);
  }
  return NULL;
}

mmd_status_t mmd_steps_adapt_to_ascend(mmd_value_t *steps) {
  const mmd_value_t *resize = find_step(steps, "Resize");
  mmd_value_t *pad = find_step(steps, "Pad");
  const mmd_value_t *size = mmd_object_get(resize, "size");
  const int64_t divisor = mmd_value_get_int(mmd_object_get(pad, "size_divisor"), 0);
  if (!mmd_value_get_bool(mmd_object_get(resize, "keep_ratio"), false) || divisor <= 0 ||
      mmd_array_size(size) != 2)
    return NULL;
  int64_t padded[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t side = mmd_value_get_int(mmd_array_at(size, i), 0);
    if (side <= 0 || side > INT32_MAX || divisor > INT32_MAX) return NULL;
    padded[i] = (side + divisor - 1) / divisor * divisor;
  }
  MMD_TRY(mmd_step_set_pair(pad, "size", padded[0], padded[1]));
  MMD_TRY(mmd_object_take(pad, "orientation_agnostic", mmd_value_bool(true)));
  mmd_object_remove(pad, "size_divisor");
  return NULL;
}
