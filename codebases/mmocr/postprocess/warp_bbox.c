// SPDX-License-Identifier: Apache-2.0
//
// WarpBbox: the box of a line of text as an upright picture. The longer side becomes the width, so
// a tall box is squeezed, not turned, as the original does. A box thinner than a pixel gives a
// patch of one pixel, where the original fails.
#include "codebases/mmocr/postprocess/warp_bbox.h"

#include <math.h>

#include "kernels/warp_affine.h"

#define HEAD "WarpBbox"
#define MAX_COORDINATE 1e6
#define MAX_PIXELS ((int64_t)1 << 28)

typedef struct corner_t {
  int64_t x, y;
} corner_t;

typedef struct no_options_t {
  char none;
} no_options_t;

static const mmd_option_table_t g_table = {HEAD, NULL, 0, sizeof(no_options_t)};

static mmd_status_t read_corners(const mmd_value_t *box, corner_t out_corners[4]) {
  if (mmd_array_size(box) != 8) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": 'bbox' has %zu numbers; 8 are expected",
                     mmd_array_size(box));
  }
  for (size_t i = 0; i < 8; ++i) {
    const double value = mmd_value_get_float(mmd_array_at(box, i), NAN);
    if (!(fabs(value) <= MAX_COORDINATE)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": bbox[%zu] is %g; at most %g is accepted", i,
                       value, MAX_COORDINATE);
    }
    *(i % 2 ? &out_corners[i / 2].y : &out_corners[i / 2].x) = (int64_t)rint(value);
  }
  return NULL;
}

static bool is_above(corner_t a, corner_t b) {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// Whether |a| comes before |b| going clockwise round |pivot|, which is above both.
static bool is_before(corner_t pivot, corner_t a, corner_t b) {
  return (a.x - pivot.x) * (b.y - pivot.y) - (a.y - pivot.y) * (b.x - pivot.x) > 0;
}

static void swap(corner_t *a, corner_t *b) {
  const corner_t c = *a;
  *a = *b;
  *b = c;
}

static void sort_clockwise(corner_t *corners) {
  for (int i = 1; i < 4; ++i) {
    if (is_above(corners[i], corners[0])) swap(&corners[i], &corners[0]);
  }
  for (int i = 2; i < 4; ++i) {
    for (int j = i; j > 1 && is_before(corners[0], corners[j], corners[j - 1]); --j) {
      swap(&corners[j], &corners[j - 1]);
    }
  }
}

// The corner nearest to the upper left of all.
static int find_first(const corner_t *corners) {
  corner_t low = corners[0];
  int first = 0;
  int64_t nearest = INT64_MAX;
  for (int i = 1; i < 4; ++i) {
    if (corners[i].x < low.x) low.x = corners[i].x;
    if (corners[i].y < low.y) low.y = corners[i].y;
  }
  for (int i = 0; i < 4; ++i) {
    const int64_t dx = corners[i].x - low.x, dy = corners[i].y - low.y;
    if (dx * dx + dy * dy >= nearest) continue;
    nearest = dx * dx + dy * dy;
    first = i;
  }
  return first;
}

static double distance(corner_t a, corner_t b) {
  const double dx = (double)(a.x - b.x), dy = (double)(a.y - b.y);
  return sqrt(dx * dx + dy * dy);
}

// The map from the picture to the patch, and the patch's size.
static mmd_affine_t plan(corner_t *corners, float *out_width, float *out_height) {
  sort_clockwise(corners);
  const int first = find_first(corners);
  float from[6];
  for (int i = 0; i < 3; ++i) {
    from[2 * i] = (float)corners[(first + i) % 4].x;
    from[2 * i + 1] = (float)corners[(first + i) % 4].y;
  }
  const double a = distance(corners[first], corners[(first + 1) % 4]);
  const double b = distance(corners[(first + 1) % 4], corners[(first + 2) % 4]);
  const float width = (float)(a > b ? a : b), height = (float)(a > b ? b : a);
  const float to[6] = {0, 0, width, 0, width, height};
  *out_width = width;
  *out_height = height;
  return mmd_affine_from_points(from, to);
}

static mmd_status_t make_patch(const mmd_image_t *image, int width, int height,
                               const mmd_affine_t *map, mmd_image_t *out_patch) {
  const mmd_warp_affine_t warp =
      mmd_warp_affine_make((size_t)mmd_pixel_channels(image->format), (size_t)image->width,
                           (size_t)image->height, (size_t)width, (size_t)height, map);
  MMD_TRY(mmd_image_create(height, width, image->format, image->dtype, out_patch));
  uint8_t *dst = mmd_image_mutable_data(out_patch);
  mmd_status_t status;
  if (image->dtype == MMD_U8) {
    status = mmd_warp_affine_u8(&warp, image->data, image->row_stride, dst, out_patch->row_stride);
  } else {
    status = mmd_warp_affine_f32(&warp, (const float *)(const void *)image->data, image->row_stride,
                                 (float *)(void *)dst, out_patch->row_stride);
  }
  if (status) mmd_image_deinit(out_patch);
  return status;
}

static mmd_status_t warp_box(const mmd_image_t *image, const mmd_value_t *box,
                             mmd_image_t *out_patch) {
  corner_t corners[4];
  float width, height;
  if (image->format == MMD_PIXEL_NV12 || image->format == MMD_PIXEL_NV21 ||
      (image->dtype != MMD_U8 && image->dtype != MMD_F32)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, HEAD ": boxes of images of format %s and type %s",
                     mmd_pixel_format_name(image->format), mmd_dtype_name(image->dtype));
  }
  MMD_TRY(read_corners(box, corners));
  const mmd_affine_t map = plan(corners, &width, &height);
  width = width < 1 ? 1 : width;
  height = height < 1 ? 1 : height;
  if (width > MMD_IMAGE_MAX_SIDE || (int64_t)width * (int64_t)height > MAX_PIXELS) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, HEAD ": a box of %gx%g pixels is too large", (double)width,
                     (double)height);
  }
  return make_patch(image, (int)width, (int)height, &map, out_patch);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const mmd_value_t *box = mmd_object_get(inputs[1], "bbox");
  mmd_value_t *given = mmd_object_get(inputs[0], "ori_img");
  const mmd_image_t *image = mmd_value_get_image(given);
  (void)options;
  (void)context;
  (void)input_count;
  if (!image) return MMD_ERROR(MMD_INVALID_ARGUMENT, HEAD ": 'ori_img' must be an image");
  mmd_value_t *result = mmd_value_object();
  MMD_TRY_ALLOC(result);
  mmd_status_t status = NULL;
  if (mmd_value_is_null(box)) {
    status = mmd_object_take(result, "ori_img", mmd_value_retain(given));
  } else {
    mmd_image_t patch = {0};
    status = warp_box(image, box, &patch);
    if (!status) status = mmd_object_take(result, "ori_img", mmd_value_image(&patch));
    mmd_image_deinit(&patch);
  }
  if (status) {
    mmd_value_release(result);
  } else {
    *out_result = result;
  }
  return status;
}

const mmd_component_t mmd_warp_bbox = {
    .module = "Task",
    .name = HEAD,
    .help = "Cuts out the box of a line of text and sets it upright.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
};
