// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/detectors/detector_golden.h"

#include <math.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/detectors/detector_boxes.h"
#include "tests/integration/detectors/detector_masks.h"
#include "value/json.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/"
#define PHOTO MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/photos/chelsea.jpg"

static char *read_config(const char *golden) {
  char path[DETECTOR_MAX_PATH];
  char *text = NULL;
  size_t size = 0;
  detector_path(path, GOLDENS "%s/config.py", golden);
  assert_null(mmd_file_read(path, (size_t)1 << 20, &text, &size));
  return text;
}

bool detector_golden_says(const char *golden, const char *word) {
  char *text = read_config(golden);
  const bool is_there = strstr(text, word) != NULL;
  mmd_free(text);
  return is_there;
}

// mmdet 1.x drops small boxes by pixels of the picture, 0.x does not at all, the network by its own
// and the SDK again by the picture's: boxes near the limit prove nothing.
static double least_size(const char *golden) {
  static const char key[] = "min_bbox_size=";
  char *text = read_config(golden);
  const char *found = strstr(text, key);
  const double least = found ? strtod(found + strlen(key), NULL) : 0;
  mmd_free(text);
  return 2 * least;
}

bool detector_golden_convert(const char *golden, const char *deploy, const char *work) {
  char config[DETECTOR_MAX_PATH], checkpoint[DETECTOR_MAX_PATH];
  detector_path(config, GOLDENS "%s/config.py", golden);
  detector_path(checkpoint, GOLDENS "%s/checkpoint.pth", golden);
  const char *const words[] = {deploy, config,        checkpoint, PHOTO,  "--work-dir",
                               work,   "--dump-info", "--verify", "none", NULL};
  return detector_command(work, "convert", words);
}

static void read_golden(const char *golden, detector_boxes_t *out_boxes) {
  char path[DETECTOR_MAX_PATH];
  mmd_value_t *rows = NULL;
  detector_path(path, GOLDENS "%s/results.json", golden);
  assert_null(mmd_json_read_file(path, &rows));
  assert_in_range(mmd_array_size(rows), 1, DETECTOR_MAX_BOXES);
  out_boxes->count = (int)mmd_array_size(rows);
  for (int i = 0; i < out_boxes->count; ++i) {
    const mmd_value_t *row = mmd_array_at(rows, (size_t)i);
    detector_box_t *box = &out_boxes->items[i];
    for (size_t k = 0; k < 4; ++k) box->corners[k] = mmd_value_get_float(mmd_array_at(row, k), NAN);
    box->score = mmd_value_get_float(mmd_array_at(row, 4), NAN);
    box->label = (int)mmd_value_get_int(mmd_array_at(row, 5), -1);
    box->is_matched = false;
  }
  mmd_value_release(rows);
}

void detector_golden_check(const char *golden, const char *package, int count) {
  static detector_boxes_t expected, found;
  const double least = least_size(golden);
  char masks[DETECTOR_MAX_PATH];
  if (!detector_find(package, PHOTO, count, &found)) return;
  read_golden(golden, &expected);
  detector_clip(&expected, found.width, found.height);
  detector_clip(&found, found.width, found.height);
  if (least > 0) {
    detector_drop_small(&expected, least);
    detector_drop_small(&found, least);
  }
  detector_compare(package, &expected, &found);
  detector_path(masks, MMD_SOURCE_DIR "/tests/integration/detectors/testdata/masks-%.3s.npz",
                golden);
  detector_compare_masks(package, PHOTO, masks, golden + 4);  // behind "0.x/"
}
