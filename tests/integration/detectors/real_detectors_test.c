// SPDX-License-Identifier: Apache-2.0
// Real networks in real photos, both from the assets; README.md says how.
#include <math.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/detectors/detector_boxes.h"
#include "tests/support/mmd_test_engine.h"
#include "tests/support/mmd_test_skip.h"
#include "value/json.h"

#define CONFIGS MMD_SOURCE_DIR "/configs/mmdet/detection/detection_onnxruntime_"
#define NCNN_CONFIG MMD_SOURCE_DIR "/configs/mmdet/detection/single-stage_ncnn_dynamic.py"
#define DEMO MMD_SOURCE_DIR "/demo/"
#define SHOWN_SCORE 0.3  // the table of the demo has no boxes below it

static char g_assets[DETECTOR_MAX_PATH];

static void need_assets(void) {
  mmd_test_need_engine("onnxruntime");
  detector_path(g_assets, "%s", mmd_test_assets());
}

static const char *asset(char path[DETECTOR_MAX_PATH], const char *folder, const char *name) {
  return detector_path(path, "%s/%s/%s", g_assets, folder, name);
}

static const char *photo(char path[DETECTOR_MAX_PATH], const char *name) {
  const bool is_old = strcmp(name, "coffee.png") == 0 || strcmp(name, "chelsea.png") == 0;
  return asset(path, is_old ? "images" : "photos", name);
}

//===--- YOLOX-nano --------------------------------------------------------===//

static const char *const g_photos[] = {"bus.jpg",       "zidane.jpg", "motorcycle_left.png",
                                       "astronaut.png", "coffee.png", "chelsea.png"};

// The rows of one photo in the demo's table.
static void read_table(const char *text, const char *name, detector_boxes_t *out_boxes) {
  const size_t size = strlen(name);
  out_boxes->count = 0;
  for (const char *line = text; line && *line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (strncmp(line, name, size) != 0 || line[size] != '\t') continue;
    detector_box_t *box = &out_boxes->items[out_boxes->count++];
    memset(box, 0, sizeof *box);
    assert_int_equal(sscanf(line + size, "%d %lf %lf %lf %lf %lf", &box->label, &box->score,
                            &box->corners[0], &box->corners[1], &box->corners[2], &box->corners[3]),
                     6);
  }
}

static void drop_faint(detector_boxes_t *boxes) {
  int kept = 0;
  for (int i = 0; i < boxes->count; ++i) {
    if (boxes->items[i].score > SHOWN_SCORE) boxes->items[kept++] = boxes->items[i];
  }
  boxes->count = kept;
}

// Of so few boxes all must be there.
static void check_photo(const char *package, const char *text, const char *name) {
  static detector_boxes_t expected, found;
  char path[DETECTOR_MAX_PATH], where[2 * DETECTOR_MAX_PATH];
  snprintf(where, sizeof where, "%s: %s", package, name);
  if (!detector_find(package, photo(path, name), 1, &found)) return;
  read_table(text, name, &expected);
  drop_faint(&found);
  if (found.count != expected.count)
    detector_note(where, "%d boxes, expected %d", found.count, expected.count);
  detector_compare(where, &expected, &found);
}

static void check_photos(const char *package) {
  const int before = detector_failures();
  char *text = NULL;
  size_t size = 0;
  assert_null(mmd_file_read(DEMO "expected/yolox_nano.tsv", (size_t)1 << 20, &text, &size));
  for (size_t i = 0; i < sizeof g_photos / sizeof *g_photos; ++i)
    check_photo(package, text, g_photos[i]);
  mmd_free(text);
  assert_int_equal(detector_failures() - before, 0);
}

// The file's weights under mmdet's names.
static void make_checkpoint(void) {
  char network[DETECTOR_MAX_PATH];
  assert_null(mmd_path_make_directories(MMD_WORK_DIR));
  const char *const rename[] = {"--rules", DEMO "yolox_nano_onnx.rules",
                                asset(network, "networks", "yolox_nano.onnx"),
                                MMD_WORK_DIR "/yolox_nano.pth", NULL};
  assert_true(detector_command("yolox_nano.pth", "checkpoint rename", rename));
}

static void check_checkpoint(const char *deploy, const char *work) {
  char picture[DETECTOR_MAX_PATH];
  const char *const convert[] = {deploy,
                                 DEMO "yolox_nano_8x8_300e_coco.py",
                                 MMD_WORK_DIR "/yolox_nano.pth",
                                 photo(picture, "bus.jpg"),
                                 "--work-dir",
                                 work,
                                 "--dump-info",
                                 NULL};
  assert_true(detector_command(work, "convert", convert));
  check_photos(work);
}

static void yolox_checkpoint(void **state) {
  (void)state;
  need_assets();
  make_checkpoint();
  check_checkpoint(CONFIGS "dynamic.py", MMD_WORK_DIR "/yolox_dynamic");
  check_checkpoint(CONFIGS "static.py", MMD_WORK_DIR "/yolox_static");
}

static void yolox_ncnn(void **state) {
  (void)state;
  need_assets();
  mmd_test_need_engine("ncnn");
  make_checkpoint();
  check_checkpoint(NCNN_CONFIG, MMD_WORK_DIR "/yolox_ncnn");
}

static void yolox_network(void **state) {
  static const char *const work = MMD_WORK_DIR "/yolox_network";
  char network[DETECTOR_MAX_PATH], picture[DETECTOR_MAX_PATH];
  (void)state;
  need_assets();
  const char *const convert[] = {"yolox",
                                 CONFIGS "static.py",
                                 asset(network, "networks", "yolox_nano.onnx"),
                                 photo(picture, "bus.jpg"),
                                 "--dataset",
                                 "CocoDataset",
                                 "--work-dir",
                                 work,
                                 "--dump-info",
                                 NULL};
  assert_true(detector_command(work, "convert --head", convert));
  check_photos(work);
}

//===--- YOLOv8 ------------------------------------------------------------===//

static void read_rows(const mmd_value_t *rows, detector_boxes_t *out_boxes) {
  out_boxes->count = (int)mmd_array_size(rows);
  for (int i = 0; i < out_boxes->count; ++i) {
    const mmd_value_t *row = mmd_array_at(rows, (size_t)i);
    detector_box_t *box = &out_boxes->items[i];
    memset(box, 0, sizeof *box);
    for (size_t k = 0; k < 4; ++k) box->corners[k] = mmd_value_get_float(mmd_array_at(row, k), NAN);
    box->score = mmd_value_get_float(mmd_array_at(row, 4), NAN);
    box->label = (int)mmd_value_get_int(mmd_array_at(row, 5), -1);
  }
}

static void check_yolov8(const char *package, const mmd_value_t *answers) {
  static detector_boxes_t expected, found;
  char path[DETECTOR_MAX_PATH];
  assert_int_equal(mmd_object_size(answers), 2);
  for (size_t i = 0; i < mmd_object_size(answers); ++i) {
    const char *name = mmd_object_key_at(answers, i);
    read_rows(mmd_object_get(answers, name), &expected);
    if (!detector_find(package, photo(path, name), 1, &found)) continue;
    if (found.count != expected.count)
      detector_note(name, "%d boxes, expected %d", found.count, expected.count);
    detector_compare(name, &expected, &found);
  }
}

static void yolov8_network(void **state) {
  const int before = detector_failures();
  char network[DETECTOR_MAX_PATH], picture[DETECTOR_MAX_PATH];
  mmd_value_t *answers = NULL;
  (void)state;
  need_assets();
  assert_null(mmd_json_read_file(
      MMD_SOURCE_DIR "/tests/integration/detectors/testdata/yolov8n.json", &answers));
  for (int is_static = 0; is_static < 2; ++is_static) {
    const char *work = is_static ? MMD_WORK_DIR "/yolov8_static" : MMD_WORK_DIR "/yolov8_dynamic";
    const char *const convert[] = {"yolov8",
                                   is_static ? CONFIGS "static.py" : CONFIGS "dynamic.py",
                                   asset(network, "networks", "yolov8n_320n.onnx"),
                                   photo(picture, "astronaut.png"),
                                   "--work-dir",
                                   work,
                                   "--dump-info",
                                   NULL};
    assert_true(detector_command(work, "convert --head", convert));
    check_yolov8(work, answers);
  }
  mmd_value_release(answers);
  assert_int_equal(detector_failures() - before, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(yolox_checkpoint),
      cmocka_unit_test(yolox_ncnn),
      cmocka_unit_test(yolox_network),
      cmocka_unit_test(yolov8_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
