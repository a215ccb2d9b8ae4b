// SPDX-License-Identifier: Apache-2.0
//
// For tests: what mmocr's own post-processing makes of the outputs in a golden's head.json.
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_GOLDEN_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_GOLDEN_H_

#include <math.h>
#include <stdio.h>

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

// The list of a case: for photos it is a file of its own. The caller releases it.
static inline mmd_value_t *text_golden_wanted(const mmd_head_case_t *head_case) {
  char path[600];
  mmd_value_t *wanted = mmd_value_retain((mmd_value_t *)(uintptr_t)head_case->codebase);
  if (wanted) return wanted;
  snprintf(path, sizeof path, MMD_TEST_FILE("tests/tasks/goldens/%s/exported.json"),
           head_case->golden);
  mmd_assert_ok(mmd_json_read_file(path, &wanted));
  return wanted;
}

// Boxes in their order and corner by corner.
static inline void text_golden_boxes(const mmd_head_case_t *head_case) {
  mmd_value_t *wanted = text_golden_wanted(head_case);
  const size_t count = mmd_array_size(wanted);
  if (count != mmd_array_size(head_case->result)) {
    fail_msg("%s %s: %zu boxes wanted, %zu found", head_case->golden, head_case->name, count,
             mmd_array_size(head_case->result));
  }
  for (size_t i = 0; i < count; ++i) {
    char path[200];
    const mmd_value_t *a = mmd_array_at(wanted, i), *b = mmd_array_at(head_case->result, i);
    snprintf(path, sizeof path, "%s %s [%zu]", head_case->golden, head_case->name, i);
    mmd_test_assert_near(mmd_object_get(a, "score"), mmd_object_get(b, "score"), 1e-5, path);
    mmd_test_assert_near(mmd_object_get(a, "polygon"), mmd_object_get(b, "bbox"), 1e-3, path);
  }
  mmd_value_release(wanted);
}

static inline void text_golden_text(const mmd_head_case_t *head_case) {
  mmd_value_t *list = text_golden_wanted(head_case);
  const mmd_value_t *wanted = mmd_array_at(list, 0), *found = head_case->result;
  assert_string_equal(mmd_value_get_string(mmd_object_get(wanted, "text"), "?"),
                      mmd_value_get_string(mmd_object_get(found, "text"), ""));
  mmd_test_assert_near(mmd_object_get(wanted, "scores"), mmd_object_get(found, "score"), 1e-5,
                       head_case->golden);
  mmd_value_release(list);
}

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_GOLDEN_H_
