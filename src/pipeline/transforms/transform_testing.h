// SPDX-License-Identifier: Apache-2.0
//
// For tests: steps run one after the other on a sample, and the arrays of a golden.
#ifndef MMD_PIPELINE_TRANSFORMS_TRANSFORM_TESTING_H_
#define MMD_PIPELINE_TRANSFORMS_TRANSFORM_TESTING_H_

#include <stdio.h>
#include <string.h>

#include "pipeline/preprocess.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

static inline mmd_value_t *test_parse(const char *text) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "test", &value));
  return value;
}

// Runs |steps| on |sample| with |image| as its "ori_img"; releases both values.
static inline mmd_status_t test_run_steps(mmd_value_t *steps, int release, const mmd_image_t *image,
                                          mmd_value_t *sample, mmd_value_t **out_result) {
  const mmd_component_context_t context = {.device = "cpu", .release = release};
  mmd_preprocess_t *preprocess = NULL;
  mmd_assert_ok(mmd_object_take(sample, "ori_img", mmd_value_image(image)));
  *out_result = NULL;
  mmd_status_t status = mmd_preprocess_create(steps, release, "steps", true, NULL, &preprocess);
  if (!status) status = mmd_preprocess_run(preprocess, &context, sample, out_result);
  mmd_preprocess_destroy(preprocess);
  mmd_value_release(sample);
  mmd_value_release(steps);
  return status;
}

// The array "<name>_<k>" of a golden; NULL when there is none.
static inline const mmd_tensor_t *test_array(const mmd_value_t *arrays, const char *name,
                                             size_t k) {
  char key[32];
  snprintf(key, sizeof key, "%s_%zu", name, k);
  return mmd_value_get_tensor(mmd_object_get(arrays, key));
}

#endif  // MMD_PIPELINE_TRANSFORMS_TRANSFORM_TESTING_H_
