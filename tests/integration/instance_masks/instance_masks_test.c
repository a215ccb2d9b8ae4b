// SPDX-License-Identifier: Apache-2.0
//
// Every golden of SOLO from config, checkpoint and photo file to masks; README.md says how.
#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/detectors/detector_boxes.h"
#include "tests/integration/instance_masks/instance_golden.h"
#include "tests/support/mmd_test_engine.h"

#define GOLDENS MMD_SOURCE_DIR "/codebases/mmdet/models/testdata/solo/"

static void check(const char *golden, const char *backend, bool pasted) {
  char deploy[DETECTOR_MAX_PATH], work[DETECTOR_MAX_PATH], text[DETECTOR_MAX_PATH + 256];
  detector_path(work, MMD_WORK_DIR "/%s-%s-%d", golden, backend, pasted);
  assert_null(mmd_path_make_directories(work));
  detector_path(deploy, "%s/deploy_config.py", work);
  snprintf(text, sizeof text,
           "_base_ = '%s/configs/mmdet/instance-seg/instance-seg_%s_dynamic.py'\n"
           "codebase_config = dict(post_processing=dict(export_postprocess_mask=%s))\n",
           MMD_SOURCE_DIR, backend, pasted ? "True" : "False");
  assert_null(mmd_file_write(deploy, text, strlen(text)));
  if (instance_golden_convert(golden, deploy, work)) instance_golden_check(golden, work);
}

static void check_backend(const char *backend) {
  static const char *const stacks[] = {"0.x", "1.x"};
  const int before = detector_failures();
  int checked = 0;
  for (int s = 0; s < 2; ++s) {
    char folder[DETECTOR_MAX_PATH], golden[DETECTOR_MAX_PATH];
    char **names = NULL;
    size_t count = 0;
    snprintf(folder, sizeof folder, GOLDENS "%s", stacks[s]);
    assert_null(mmd_path_list(folder, &names, &count));
    for (size_t i = 0; i < count; ++i) {
      snprintf(golden, sizeof golden, "%s/%s", stacks[s], names[i]);
      mmd_free(names[i]);
      check(golden, backend, false);
      if (i == 0) check(golden, backend, true);
      ++checked;
    }
    mmd_free(names);
  }
  assert_in_range(checked, 8, 1000);
  assert_int_equal(detector_failures() - before, 0);
}

static void reference_backend(void **state) {
  (void)state;
  check_backend("reference");
}

static void onnxruntime_backend(void **state) {
  (void)state;
  mmd_test_need_engine("onnxruntime");
  check_backend("onnxruntime");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reference_backend),
      cmocka_unit_test(onnxruntime_backend),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
