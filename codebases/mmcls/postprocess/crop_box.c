// SPDX-License-Identifier: Apache-2.0
//
// CropBox: a detection's box out of a picture, for a classifier. The patch is a view of the
// picture. A box outside, or thinner than a pixel, gives the nearest pixels, where the original
// fails.
#include "codebases/mmcls/postprocess/crop_box.h"

#include <math.h>

#define MODULE "CropBox"

typedef struct no_options_t {
  char none;
} no_options_t;

static const mmd_option_table_t g_table = {MODULE, NULL, 0, sizeof(no_options_t)};

// [begin, begin + count) of the whole pixels from |a| to |b| that lie within |size|.
static void whole_pixels(float a, float b, int size, int *out_begin, int *out_count) {
  const double low = rint((double)fminf(a, b)), length = rint((double)fabsf(b - a));
  const double begin = fmin(fmax(low, 0), size - 1);
  const double end = fmin(fmax(low + length, begin + 1), size);
  *out_begin = (int)begin;
  *out_count = (int)(end - begin);
}

static mmd_status_t crop(const mmd_image_t *image, const mmd_value_t *box, mmd_image_t *out_patch) {
  float sides[4];
  int x, y;
  if (image->format == MMD_PIXEL_NV12 || image->format == MMD_PIXEL_NV21) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, MODULE ": images of format %s are not supported",
                     mmd_pixel_format_name(image->format));
  }
  for (size_t i = 0; i < 4; ++i) {
    const double side = mmd_value_get_float(mmd_array_at(box, i), (double)NAN);
    if (!isfinite(side) || mmd_array_size(box) != 4) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, MODULE ": 'bbox' must be four finite numbers");
    }
    sides[i] = (float)side;
  }
  *out_patch = mmd_image_retain(image);
  whole_pixels(sides[0], sides[2], image->width, &x, &out_patch->width);
  whole_pixels(sides[1], sides[3], image->height, &y, &out_patch->height);
  const size_t pixel = (size_t)mmd_pixel_channels(image->format) * mmd_dtype_size(image->dtype);
  out_patch->data += (size_t)y * image->row_stride + (size_t)x * pixel;
  return NULL;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const mmd_value_t *box = mmd_object_get(inputs[1], "bbox");
  mmd_value_t *given = mmd_object_get(inputs[0], "ori_img");
  const mmd_image_t *image = mmd_value_get_image(given);
  mmd_image_t patch = {0};
  (void)options;
  (void)context;
  (void)input_count;
  if (!image) return MMD_ERROR(MMD_INVALID_ARGUMENT, MODULE ": 'ori_img' must be an image");
  if (!mmd_value_is_null(box)) MMD_TRY(crop(image, box, &patch));
  mmd_value_t *result = mmd_value_object();
  mmd_status_t status = result ? NULL : mmd_status_no_memory();
  if (!status) {
    status =
        mmd_object_take(result, "ori_img",
                        mmd_value_is_null(box) ? mmd_value_retain(given) : mmd_value_image(&patch));
  }
  mmd_image_deinit(&patch);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

const mmd_component_t mmd_crop_box = {
    .module = "Task",
    .name = MODULE,
    .help = "Cuts the box of a detection out of a picture.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
};
