// SPDX-License-Identifier: Apache-2.0
//
// The interpolation is separable: a row of the mask is blended once for each row of pixels, then
// sampled by a table that is the same for all rows.
#include "kernels/paste_mask.h"

#include <math.h>

#include "base/alloc.h"

// Two neighbours of a sampling position. They index a row that has one zero before and one after
// the mask's own elements, so that the border needs no test.
typedef struct tap_t {
  int32_t first;
  float weight;  // of the second one
} tap_t;

static float clamp(float value, float low, float high) {
  return value > low ? (value < high ? value : high) : low;  // NaN gives |low|
}

mmd_paste_region_t mmd_paste_region(const float box[4], int64_t image_width, int64_t image_height) {
  const float width = (float)image_width, height = (float)image_height;
  const int64_t left = (int64_t)clamp(floorf(box[0]) - 1, 0, width);
  const int64_t top = (int64_t)clamp(floorf(box[1]) - 1, 0, height);
  const int64_t right = (int64_t)clamp(ceilf(box[2]) + 1, 0, width);
  const int64_t bottom = (int64_t)clamp(ceilf(box[3]) + 1, 0, height);
  return (mmd_paste_region_t){
      .x = left,
      .y = top,
      .width = right > left ? right - left : 0,
      .height = bottom > top ? bottom - top : 0,
  };
}

static void make_taps(float begin, float end, int64_t size, int64_t first_pixel, int64_t count,
                      tap_t *taps) {
  const float scale = (float)size / (end - begin);
  for (int64_t i = 0; i < count; ++i) {
    const float pixel = (float)(first_pixel + i) + 0.5F;
    // From -1 to |size|, where all that is sampled is zero.
    const float at = clamp((pixel - begin) * scale - 0.5F, -1.0F, (float)size);
    const float low = clamp(floorf(at), -1.0F, (float)size - 1);
    taps[i] = (tap_t){.first = (int32_t)low + 1, .weight = at - low};
  }
}

// The mask's row |y| + |weight| with a zero before and after; rows -1 and |mask_height| are zeros.
static void blend_rows(const mmd_paste_mask_t *paste, const tap_t *tap, float *row) {
  const int64_t y = tap->first - 1, width = paste->mask_width;
  const float *upper = y >= 0 ? paste->mask + y * width : NULL;
  const float *lower = y + 1 < paste->mask_height ? paste->mask + (y + 1) * width : NULL;
  for (int64_t x = 0; x < width; ++x) {
    const float a = upper ? upper[x] : 0, b = lower ? lower[x] : 0;
    row[x + 1] = a * (1 - tap->weight) + b * tap->weight;
  }
}

static void paste_row(const float *row, const tap_t *taps, int64_t count, float threshold,
                      uint8_t *out) {
  for (int64_t i = 0; i < count; ++i) {
    const float a = row[taps[i].first], b = row[taps[i].first + 1];
    out[i] = a * (1 - taps[i].weight) + b * taps[i].weight >= threshold ? 255 : 0;
  }
}

mmd_status_t mmd_paste_mask(const mmd_paste_mask_t *paste, uint8_t *out, size_t stride) {
  const mmd_paste_region_t *region = &paste->region;
  if (paste->mask_width < 1 || paste->mask_height < 1 || paste->mask_width > INT16_MAX ||
      paste->mask_height > INT16_MAX) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a mask of %lldx%lld cannot be pasted",
                     (long long)paste->mask_height, (long long)paste->mask_width);
  }
  const size_t tap_count = (size_t)(region->width + region->height);
  tap_t *taps = mmd_alloc_array(tap_count + 1, sizeof *taps);
  float *row = mmd_alloc_array((size_t)paste->mask_width + 2, sizeof *row);
  mmd_status_t status = taps && row ? NULL : mmd_status_no_memory();
  if (!status) {
    const tap_t *columns = taps;
    tap_t *rows = taps + region->width;
    make_taps(paste->box[0], paste->box[2], paste->mask_width, region->x, region->width, taps);
    make_taps(paste->box[1], paste->box[3], paste->mask_height, region->y, region->height, rows);
    row[0] = row[paste->mask_width + 1] = 0;
    for (int64_t y = 0; y < region->height; ++y) {
      blend_rows(paste, &rows[y], row);
      paste_row(row, columns, region->width, paste->threshold, out + (size_t)y * stride);
    }
  }
  mmd_free(taps);
  mmd_free(row);
  return status;
}
