// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/detectors/detector_masks.h"

#include <math.h>

#include "formats/npy/npy.h"
#include "tests/integration/detectors/detector_boxes.h"

// PyTorch's: rows of x1, y1, x2, y2, score, class, and bits of the whole picture.
typedef struct golden_masks_t {
  mmd_value_t *arrays;
  const mmd_tensor_t *boxes, *bits;
} golden_masks_t;

static bool is_row(const mmd_tensor_t *boxes, size_t row, const mmdeploy_detection_t *found) {
  const float *box = &found->bbox.left;  // left, top, right, bottom
  bool is_near = mmd_tensor_get_f64(boxes, row * 6 + 5) == found->label_id &&
                 fabs(mmd_tensor_get_f64(boxes, row * 6 + 4) - (double)found->score) <= 1e-3;
  for (size_t k = 0; k < 4; ++k)
    is_near = is_near && fabs(mmd_tensor_get_f64(boxes, row * 6 + k) - (double)box[k]) <= 0.1;
  return is_near;
}

static bool has_pixel(const mmdeploy_instance_mask_t *mask, int x, int y) {
  return x >= 0 && y >= 0 && x < mask->width && y < mask->height &&
         mask->data[(size_t)y * (size_t)mask->width + (size_t)x] != 0;
}

// Pixels of both masks by those of either.
static double compare_mask(const golden_masks_t *golden, size_t row,
                           const mmdeploy_detection_t *found, const mmdeploy_mat_t *mat) {
  const uint8_t *bits =
      (const uint8_t *)mmd_tensor_data(golden->bits) + row * (size_t)golden->bits->shape.dims[1];
  size_t both = 0, either = 0;
  int left = 0, top = 0;
  assert_success(mmdeploy_detection_mask_origin(found, &left, &top));
  for (int y = 0; y < mat->height; ++y) {
    for (int x = 0; x < mat->width; ++x) {
      const size_t i = (size_t)y * (size_t)mat->width + (size_t)x;
      const bool wanted = bits[i / 8] >> (7 - i % 8) & 1;
      const bool is_set = has_pixel(found->mask, x - left, y - top);
      both += wanted && is_set;
      either += wanted || is_set;
    }
  }
  return either ? (double)both / (double)either : 1;
}

static void compare(const char *package, const golden_masks_t *golden,
                    const mmdeploy_detection_t *found, int count, const mmdeploy_mat_t *mat) {
  const size_t rows = (size_t)golden->boxes->shape.dims[0], best = (rows * 9 + 9) / 10;
  size_t matched = 0;
  for (size_t row = 0; row < best; ++row) {
    int k = 0;
    while (k < count && !is_row(golden->boxes, row, &found[k])) ++k;
    if (k == count) continue;
    ++matched;
    if (!found[k].mask) {
      detector_note(package, "box %zu has no mask", row);
      continue;
    }
    const double iou = compare_mask(golden, row, &found[k], mat);
    if (iou < 0.99) detector_note(package, "mask %zu: IoU %.4f", row, iou);
  }
  if ((double)matched < 0.98 * (double)best)
    detector_note(package, "%zu of %zu boxes with masks are found", matched, best);
}

static bool open_golden(const char *path, const char *name, golden_masks_t *out_golden) {
  char key[128];
  assert_null(mmd_npz_read_file(path, &out_golden->arrays));
  snprintf(key, sizeof key, "%s_boxes", name);
  out_golden->boxes = mmd_value_get_tensor(mmd_object_get(out_golden->arrays, key));
  snprintf(key, sizeof key, "%s_masks", name);
  out_golden->bits = mmd_value_get_tensor(mmd_object_get(out_golden->arrays, key));
  return out_golden->boxes && out_golden->bits;
}

static void check(const char *package, const golden_masks_t *golden, const mmdeploy_mat_t *mat) {
  mmdeploy_detector_t detector = NULL;
  mmdeploy_detection_t *results = NULL;
  int *counts = NULL;
  assert_int_equal(golden->bits->shape.dims[1], (mat->width * mat->height + 7) / 8);
  if (mmdeploy_detector_create_by_path(package, "cpu", 0, &detector) ||
      mmdeploy_detector_apply(detector, mat, 1, &results, &counts)) {
    detector_note(package, "%s", mmdeploy_last_error_message());
  } else {
    compare(package, golden, results, counts[0], mat);
  }
  mmdeploy_detector_release_result(results, counts, 1);
  mmdeploy_detector_destroy(detector);
}

void detector_compare_masks(const char *package, const char *picture, const char *goldens,
                            const char *name) {
  golden_masks_t golden = {0};
  mmdeploy_image_t image = NULL;
  assert_success(mmdeploy_image_read(picture, MMDEPLOY_IMAGE_COLOR, &image));
  if (open_golden(goldens, name, &golden)) check(package, &golden, mmdeploy_image_mat(image));
  mmd_value_release(golden.arrays);
  mmdeploy_image_destroy(image);
}
