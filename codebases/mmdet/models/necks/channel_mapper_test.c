// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/channel_mapper");  // norm, no activation
  golden_check("1.x/channel_mapper");  // bias=False without norm
}

static void expect(const char *change, const char *message) {
  golden_expect_failure("0.x/channel_mapper", change, MMD_INVALID_ARGUMENT, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.in_channels=[4,8]", "model.neck.in_channels: 2 inputs");
  expect("model.neck.in_channels=[4,8,12]",
         "model.neck.in_channels[2]: 12, but the module before gives 16 channels");
  expect("model.neck.num_outs=4", "model.bbox_head: it expects 5 levels");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
