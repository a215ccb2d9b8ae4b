// SPDX-License-Identifier: Apache-2.0
//
// ToTensorOCR and NormalizeOCR of mmocr 0.x, which the original SDK does not know: the image as
// planes of 0 to 1, then normalised.
#include <stddef.h>

#include "pipeline/transforms/sample.h"

typedef struct normalize_ocr_t {
  mmd_floats_t mean, std;
} normalize_ocr_t;

static const mmd_option_t g_normalize_options[] = {
    {.name = "mean",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(normalize_ocr_t, mean),
     .flags = MMD_OPTION_REQUIRED,
     .help = "One a channel, or one for all."},
    {.name = "std",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(normalize_ocr_t, std),
     .flags = MMD_OPTION_REQUIRED,
     .help = "One a channel, or one for all."},
};
static const mmd_option_table_t g_to_tensor_table = {"ToTensorOCR", NULL, 0, sizeof(char)};
static const mmd_option_table_t g_normalize_table =
    MMD_OPTION_TABLE("NormalizeOCR", normalize_ocr_t, g_normalize_options);

//===--- ToTensorOCR ---===//

static mmd_status_t to_floats(mmd_value_t *sample, const char *key, const mmd_tensor_t *image,
                              const mmd_frame_t *from) {
  mmd_frame_t to = *from;
  mmd_tensor_t result = {0};
  to.dtype = MMD_F32;
  MMD_TRY(mmd_frame_create(&to, &result));
  const uint8_t *src = mmd_tensor_data(image);
  float *dst = mmd_tensor_mutable_data(&result);
  const int64_t count = to.height * to.width * to.channels;
  for (int64_t i = 0; i < count; ++i) dst[i] = (float)src[i] / 255.0F;
  return mmd_sample_set_tensor(sample, key, &result);
}

// Floats keep their values, as in torchvision.
static mmd_status_t to_tensor(const void *options, mmd_value_t *sample, const char *key,
                              const mmd_tensor_t *image, const mmd_frame_t *frame) {
  (void)options;
  if (frame->dtype == MMD_U8) {
    MMD_TRY(to_floats(sample, key, image, frame));
  } else if (frame->dtype != MMD_F32) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "ToTensorOCR: images of type %s",
                     mmd_dtype_name(frame->dtype));
  }
  return mmd_sample_to_planes(sample, key, "ToTensorOCR");
}

static mmd_status_t apply_to_tensor(const void *options, const mmd_component_context_t *context,
                                    mmd_value_t *const *inputs, size_t input_count,
                                    mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, "ToTensorOCR", inputs[0], to_tensor, out_result);
}

//===--- NormalizeOCR ---===//

static mmd_status_t check_normalize(const void *options, const char *where) {
  const normalize_ocr_t *step = options;
  bool is_good = step->mean.count > 0 && step->std.count > 0;
  for (int i = 0; i < step->std.count; ++i) is_good = is_good && step->std.items[i] != 0;
  if (is_good) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: 'mean' and 'std' need numbers, 'std' none that is 0",
                   where);
}

// The step works on planes: what the frame calls height are the channels.
static mmd_status_t normalize(const void *options, mmd_value_t *sample, const char *key,
                              const mmd_tensor_t *image, const mmd_frame_t *planes) {
  const normalize_ocr_t *step = options;
  const int64_t channels = planes->height, size = planes->width * planes->channels;
  const bool fits = (step->mean.count == 1 || step->mean.count == channels) &&
                    (step->std.count == 1 || step->std.count == channels);
  mmd_tensor_t result = {0};
  if (planes->dtype != MMD_F32 || !fits) {
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT, "NormalizeOCR: %d means and %d deviations for %lld planes of type %s",
        step->mean.count, step->std.count, (long long)channels, mmd_dtype_name(planes->dtype));
  }
  MMD_TRY(mmd_frame_create(planes, &result));
  const float *src = mmd_tensor_data(image);
  float *dst = mmd_tensor_mutable_data(&result);
  for (int64_t c = 0; c < channels; ++c) {
    const float mean = (float)step->mean.items[step->mean.count > 1 ? c : 0];
    const float deviation = (float)step->std.items[step->std.count > 1 ? c : 0];
    for (int64_t i = c * size; i < (c + 1) * size; ++i) dst[i] = (src[i] - mean) / deviation;
  }
  return mmd_sample_set_tensor(sample, key, &result);
}

static mmd_status_t apply_normalize(const void *options, const mmd_component_context_t *context,
                                    mmd_value_t *const *inputs, size_t input_count,
                                    mmd_value_t **out_result) {
  (void)context;
  (void)input_count;
  return mmd_sample_apply(options, "NormalizeOCR", inputs[0], normalize, out_result);
}

const mmd_component_t mmd_transform_to_tensor_ocr = {
    .module = "Transform",
    .name = "ToTensorOCR",
    .help = "The image as planes, bytes divided by 255.",
    .options = &g_to_tensor_table,
    .apply = apply_to_tensor,
};

const mmd_component_t mmd_transform_normalize_ocr = {
    .module = "Transform",
    .name = "NormalizeOCR",
    .help = "Subtracts means from planes and divides by deviations.",
    .options = &g_normalize_table,
    .check = check_normalize,
    .apply = apply_normalize,
};
