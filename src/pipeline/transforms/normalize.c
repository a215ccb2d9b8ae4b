// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "kernels/color.h"
#include "pipeline/transforms/sample.h"

#define STEP "Normalize"
#define MAX_CHANNELS 4

static const mmd_option_t g_options[] = {
    {.name = "mean",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(mmd_normalize_step_t, mean),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number to subtract, one a result channel."},
    {.name = "std",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(mmd_normalize_step_t, std),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number to divide by, one a result channel."},
    {.name = "to_rgb",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_normalize_step_t, to_rgb),
     .default_text = "true",
     .help = "Turn the order of three channels round first."},
    {.name = "to_float",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_normalize_step_t, to_float),
     .default_text = "true",
     .help = "Give floats; false goes with mean 0 and std 1 only."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(STEP, mmd_normalize_step_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  const mmd_normalize_step_t *step = options;
  if (step->mean.count < 1 || step->mean.count > MAX_CHANNELS ||
      step->mean.count != step->std.count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: %d numbers in 'mean' and %d in 'std'; as many as channels are expected, "
                     "at most %d",
                     where, step->mean.count, step->std.count, MAX_CHANNELS);
  }
  for (int i = 0; i < step->std.count; ++i) {
    if (!(step->std.items[i] != 0)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.std: item %d must not be 0", where, i);
    }
    if (step->to_float || (step->mean.items[i] == 0 && step->std.items[i] == 1)) continue;
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: to_float=false goes with mean 0 and std 1 only",
                     where);
  }
  return NULL;
}

mmd_status_t mmd_normalize_step_make(const mmd_normalize_step_t *step, const mmd_frame_t *frame,
                                     mmd_normalize_t *out_normalize) {
  if (frame->channels != step->mean.count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     STEP ": an image of %lld channels, but %d numbers in 'mean' and 'std'",
                     (long long)frame->channels, step->mean.count);
  }
  if (frame->dtype != MMD_U8 && frame->dtype != MMD_F32) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, STEP ": images of type %s; u8 and f32 are supported",
                     mmd_dtype_name(frame->dtype));
  }
  const int channels = step->mean.count;
  *out_normalize = (mmd_normalize_t){.channels = (size_t)channels};
  for (int c = 0; c < channels; ++c) {
    out_normalize->order[c] = (uint8_t)(channels == 3 && step->to_rgb ? 2 - c : c);
    out_normalize->mean[c] = (float)step->mean.items[c];
    out_normalize->scale[c] = 1.f / (float)step->std.items[c];
  }
  return NULL;
}

//===--- metadata ---===//

// The old members with more numbers behind them.
static mmd_status_t fill_note(const mmd_normalize_step_t *step, const mmd_value_t *old,
                              mmd_value_t *cfg) {
  static const char *const lists[] = {"mean", "std"};
  const mmd_floats_t *const numbers[] = {&step->mean, &step->std};
  for (int i = 0; i < 2; ++i) {
    mmd_value_t *before = mmd_value_retain(mmd_object_get(old, lists[i]));
    if (before) MMD_TRY(mmd_object_take(cfg, lists[i], before));
    MMD_TRY(
        mmd_sample_note_floats(cfg, lists[i], true, numbers[i]->items, (size_t)numbers[i]->count));
  }
  return mmd_object_take(cfg, "to_rgb", mmd_value_bool(step->to_rgb));
}

mmd_status_t mmd_normalize_step_note(const mmd_normalize_step_t *step, mmd_value_t *sample) {
  mmd_value_t *cfg = mmd_value_object();
  MMD_TRY_ALLOC(cfg);
  mmd_status_t status = fill_note(step, mmd_object_get(sample, "img_norm_cfg"), cfg);
  if (!status) return mmd_object_take(sample, "img_norm_cfg", cfg);
  mmd_value_release(cfg);
  return status;
}

//===--- step ---===//

static mmd_status_t normalize(const mmd_normalize_step_t *step, const mmd_tensor_t *image,
                              const mmd_frame_t *from, mmd_tensor_t *out_image) {
  mmd_normalize_t n;
  mmd_frame_t to = *from;
  const size_t width = (size_t)from->width, height = (size_t)from->height;
  MMD_TRY(mmd_normalize_step_make(step, from, &n));
  to.dtype = MMD_F32;
  MMD_TRY(mmd_frame_create(&to, out_image));
  void *dst = mmd_tensor_mutable_data(out_image);
  const size_t src_stride = mmd_frame_row_bytes(from), dst_stride = mmd_frame_row_bytes(&to);
  if (from->dtype == MMD_U8) {
    mmd_normalize_u8(&n, mmd_tensor_data(image), src_stride, width, height, dst, dst_stride);
  } else {
    mmd_normalize_f32(&n, mmd_tensor_data(image), src_stride, width, height, dst, dst_stride);
  }
  return NULL;
}

// to_float=false: the bytes stay, only their order may change.
static mmd_status_t swap_channels(const mmd_tensor_t *image, const mmd_frame_t *frame,
                                  mmd_tensor_t *out_image) {
  static const uint8_t order[3] = {2, 1, 0};
  const size_t stride = mmd_frame_row_bytes(frame);
  const size_t width = (size_t)frame->width, height = (size_t)frame->height;
  MMD_TRY(mmd_frame_create(frame, out_image));
  void *dst = mmd_tensor_mutable_data(out_image);
  if (frame->dtype == MMD_U8) {
    mmd_color_shuffle_u8(mmd_tensor_data(image), stride, 3, width, height, dst, stride, 3, order);
  } else {
    mmd_color_shuffle_f32(mmd_tensor_data(image), stride, 3, width, height, dst, stride, 3, order);
  }
  return NULL;
}

static mmd_status_t normalize_image(const void *options, mmd_value_t *sample, const char *key,
                                    const mmd_tensor_t *image, const mmd_frame_t *frame) {
  const mmd_normalize_step_t *step = options;
  mmd_tensor_t result = {0};
  mmd_normalize_t n;
  MMD_TRY(mmd_normalize_step_make(step, frame, &n));
  const bool swaps = step->to_rgb && frame->channels == 3;
  if (step->to_float) {
    MMD_TRY(normalize(step, image, frame, &result));
  } else if (swaps) {
    MMD_TRY(swap_channels(image, frame, &result));
  }
  if (mmd_tensor_is_set(&result)) MMD_TRY(mmd_sample_set_tensor(sample, key, &result));
  return mmd_normalize_step_note(step, sample);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, STEP, inputs[0], normalize_image, out_result);
}

const mmd_component_t mmd_transform_normalize = {
    .module = "Transform",
    .name = STEP,
    .help = "Subtracts the mean and divides by the standard deviation of each channel.",
    .options = &g_table,
    .check = check,
    .apply = apply,
};
