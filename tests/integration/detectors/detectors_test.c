// SPDX-License-Identifier: Apache-2.0
// Every golden detector from config, checkpoint and photo file to boxes; README.md says how.
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/detectors/detector_boxes.h"
#include "tests/integration/detectors/detector_golden.h"
#include "tests/support/mmd_test_engine.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/"

enum { LEAST_GOLDENS = 10 };

// The stock deploy config, but with the limits that PyTorch has: none.
static void write_deploy_config(const char *kind, const char *backend, const char *shape,
                                const char *path) {
  char text[2048];
  const char *name = strcmp(backend, "ncnn") == 0 ? "single-stage" : kind;
  snprintf(text, sizeof text,
           "_base_ = ['%s/configs/mmdet/%s/%s_%s%s%s.py']\n"
           "codebase_config = dict(post_processing=dict(\n"
           "    max_output_boxes_per_class=1000, keep_top_k=1000))\n",
           MMD_SOURCE_DIR, kind, name, backend, *shape ? "_" : "", shape);
  assert_null(mmd_file_write(path, text, strlen(text)));
}

static void check(const char *golden, const char *backend, const char *shape, int count) {
  char deploy[DETECTOR_MAX_PATH], work[DETECTOR_MAX_PATH];
  const char *kind = detector_golden_says(golden, "mask_head") ? "instance-seg" : "detection";
  detector_path(work, MMD_WORK_DIR "/%s-%s-%s", golden, backend, shape);
  assert_null(mmd_path_make_directories(work));
  detector_path(deploy, "%s/deploy_config.py", work);
  write_deploy_config(kind, backend, shape, deploy);
  if (detector_golden_convert(golden, deploy, work)) detector_golden_check(golden, work, count);
}

// A network is static only where the pipeline tells its size.
static bool has_size(const char *golden) {
  return detector_golden_says(golden, "pad_to_square=True");
}

// |fixed| is the static deploy config of the backend; NULL: it has none.
static int check_stack(const char *stack, const char *backend, const char *dynamic,
                       const char *fixed) {
  char folder[DETECTOR_MAX_PATH], golden[DETECTOR_MAX_PATH], results[DETECTOR_MAX_PATH];
  char **names = NULL;
  size_t count = 0;
  int checked = 0;
  detector_path(folder, GOLDENS "%s", stack);
  assert_null(mmd_path_list(folder, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    detector_path(golden, "%s/%s", stack, names[i]);
    detector_path(results, GOLDENS "%s/results.json", golden);
    mmd_free(names[i]);
    if (access(results, R_OK) != 0) continue;
    check(golden, backend, dynamic, 2);
    if (fixed && has_size(golden)) check(golden, backend, fixed, 1);
    ++checked;
  }
  mmd_free(names);
  return checked;
}

static void onnxruntime_backend(void **state) {
  (void)state;
  const int before = detector_failures();
  mmd_test_need_engine("onnxruntime");
  const int count = check_stack("0.x", "onnxruntime", "dynamic", "static") +
                    check_stack("1.x", "onnxruntime", "dynamic", "static");
  assert_in_range(count, LEAST_GOLDENS, 1000);
  assert_int_equal(detector_failures() - before, 0);
}

static void openvino_backend(void **state) {
  (void)state;
  const int before = detector_failures();
  mmd_test_need_engine("openvino");
  const int count = check_stack("0.x", "openvino", "dynamic-800x1344", NULL) +
                    check_stack("1.x", "openvino", "dynamic-800x1344", NULL);
  assert_in_range(count, LEAST_GOLDENS, 1000);
  assert_int_equal(detector_failures() - before, 0);
}

static void torchscript_backend(void **state) {
  (void)state;
  const int before = detector_failures();
  mmd_test_need_engine("torchscript");
  const int count =
      check_stack("0.x", "torchscript", "", NULL) + check_stack("1.x", "torchscript", "", NULL);
  assert_in_range(count, LEAST_GOLDENS, 1000);
  assert_int_equal(detector_failures() - before, 0);
}

// Heads in ncnn's form; the table of tests/matrix has the others.
static void ncnn_backend(void **state) {
  static const char *const goldens[] = {
      "0.x/retinanet", "1.x/retinanet", "0.x/fsaf",   "0.x/ssd",   "1.x/ssd",
      "0.x/fcos",      "1.x/fcos",      "0.x/yolov3", "0.x/yolox", "1.x/yolox",
      "0.x/atss",      "0.x/centernet", "1.x/rtmdet"};
  (void)state;
  const int before = detector_failures();
  mmd_test_need_engine("ncnn");
  for (size_t i = 0; i < sizeof goldens / sizeof *goldens; ++i)
    check(goldens[i], "ncnn", "dynamic", 2);
  assert_int_equal(detector_failures() - before, 0);
}

// A few: the tests beside the builders run all on it.
static void reference_backend(void **state) {
  static const char *const goldens[] = {"0.x/retinanet", "1.x/retinanet", "0.x/yolox", "1.x/yolox",
                                        "0.x/mask_rcnn"};
  (void)state;
  const int before = detector_failures();
  for (size_t i = 0; i < sizeof goldens / sizeof *goldens; ++i)
    check(goldens[i], "reference", "dynamic", 2);
  assert_int_equal(detector_failures() - before, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reference_backend), cmocka_unit_test(onnxruntime_backend),
      cmocka_unit_test(openvino_backend),  cmocka_unit_test(torchscript_backend),
      cmocka_unit_test(ncnn_backend),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
