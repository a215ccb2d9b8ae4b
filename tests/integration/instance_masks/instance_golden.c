// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/instance_masks/instance_golden.h"

#include <math.h>

#include "base/file.h"
#include "formats/npy/npy.h"
#include "tests/integration/detectors/detector_boxes.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/solo/"
#define PHOTO MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/photos/chelsea.jpg"

enum { PICTURES = 2, MAX_ROWS = 256 };

bool instance_golden_convert(const char *golden, const char *deploy, const char *work) {
  char config[DETECTOR_MAX_PATH], checkpoint[DETECTOR_MAX_PATH];
  detector_path(config, GOLDENS "%s/config.py", golden);
  detector_path(checkpoint, GOLDENS "%s/checkpoint.pth", golden);
  const char *const words[] = {deploy, config,        checkpoint, PHOTO,  "--work-dir",
                               work,   "--dump-info", "--verify", "none", NULL};
  return detector_command(work, "convert", words);
}

//===--- comparison --------------------------------------------------------===//

// Intersection over union of our mask and the golden's |row|, whose lines are whole bytes.
static double overlap(const mmdeploy_instance_mask_t *ours, const mmd_tensor_t *masks, int row) {
  const int64_t height = masks->shape.dims[1], bytes = masks->shape.dims[2];
  const uint8_t *bits = (const uint8_t *)mmd_tensor_data(masks) + row * height * bytes;
  long both = 0, any = 0;
  if (!ours || ours->height != height || (ours->width + 7) / 8 != bytes) return 0;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < ours->width; ++x) {
      const bool a = ours->data[y * ours->width + x] != 0;
      const bool b = bits[y * bytes + x / 8] >> (7 - x % 8) & 1;
      both += a && b;
      any += a || b;
    }
  }
  return any ? (double)both / (double)any : 1;
}

// The box touches the mask's outermost pixels. A mask that lies in the padding alone is empty.
static bool is_box_of_mask(const mmdeploy_detection_t *item) {
  const mmdeploy_instance_mask_t *mask = item->mask;
  int bounds[4] = {mask->width, mask->height, 0, 0};
  for (int i = 0; i < mask->width * mask->height; ++i) {
    if (!mask->data[i]) continue;
    const int x = i % mask->width, y = i / mask->width;
    if (x < bounds[0]) bounds[0] = x;
    if (y < bounds[1]) bounds[1] = y;
    if (x + 1 > bounds[2]) bounds[2] = x + 1;
    if (y + 1 > bounds[3]) bounds[3] = y + 1;
  }
  const mmdeploy_rect_t *box = &item->bbox;
  if (!bounds[3]) return true;
  return box->left == (float)bounds[0] && box->top == (float)bounds[1] &&
         box->right == (float)bounds[2] && box->bottom == (float)bounds[3];
}

static void compare(const char *where, const mmd_value_t *arrays, const mmdeploy_detection_t *found,
                    int count) {
  const mmd_tensor_t *rows = mmd_value_get_tensor(mmd_object_get(arrays, "found_photo"));
  const mmd_tensor_t *masks = mmd_value_get_tensor(mmd_object_get(arrays, "masks_photo"));
  const int best = ((int)rows->shape.dims[0] * 9 + 9) / 10;
  bool is_matched[MAX_ROWS] = {false};
  int matched = 0;
  double lowest = 2;
  assert_in_range(best, 10, MAX_ROWS);
  assert_in_range(count, 0, MAX_ROWS);
  for (int i = 0; i < best; ++i) {
    lowest = mmd_tensor_get_f64(rows, (size_t)i * 2);
    const int label = (int)mmd_tensor_get_f64(rows, (size_t)i * 2 + 1);
    for (int k = 0; k < count; ++k) {
      if (is_matched[k] || found[k].label_id != label ||
          fabs((double)found[k].score - lowest) > 1e-3 || overlap(found[k].mask, masks, i) < 0.99) {
        continue;
      }
      is_matched[k] = true;
      ++matched;
      if (!is_box_of_mask(&found[k])) detector_note(where, "box %d is not around its mask", k);
      break;
    }
  }
  if (matched < 0.98 * best) detector_note(where, "%d of %d masks are found", matched, best);
  for (int k = 0; k < count; ++k) {
    if (!is_matched[k] && (double)found[k].score > lowest + 1e-3)
      detector_note(where, "a mask of score %.4f is not PyTorch's", (double)found[k].score);
  }
}

//===--- runs --------------------------------------------------------------===//

static void find(const char *golden, const char *package, const mmdeploy_mat_t *mats) {
  char path[DETECTOR_MAX_PATH];
  mmd_value_t *arrays = NULL;
  mmdeploy_detector_t detector = NULL;
  mmdeploy_detection_t *results = NULL;
  int *counts = NULL;
  snprintf(path, sizeof path, GOLDENS "%s/arrays.npz", golden);
  assert_null(mmd_npz_read_file(path, &arrays));
  int code = mmdeploy_detector_create_by_path(package, "cpu", 0, &detector);
  if (!code) code = mmdeploy_detector_apply(detector, mats, PICTURES, &results, &counts);
  if (code) detector_note(package, "%s", mmdeploy_last_error_message());
  const mmdeploy_detection_t *next = results;
  for (int i = 0; !code && i < PICTURES; next += counts[i++])
    compare(package, arrays, next, counts[i]);
  if (!code) mmdeploy_detector_release_result(results, counts, PICTURES);
  mmdeploy_detector_destroy(detector);
  mmd_value_release(arrays);
}

void instance_golden_check(const char *golden, const char *package) {
  mmdeploy_image_t image = NULL;
  mmdeploy_mat_t mats[PICTURES];
  assert_success(mmdeploy_image_read(PHOTO, MMDEPLOY_IMAGE_COLOR, &image));
  for (int i = 0; i < PICTURES; ++i) mats[i] = *mmdeploy_image_mat(image);
  find(golden, package, mats);
  mmdeploy_image_destroy(image);
}
