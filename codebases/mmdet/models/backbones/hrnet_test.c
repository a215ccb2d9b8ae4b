// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/hrnet");
  golden_check("1.x/hrnet");
}

static void expect(const char *change, const char *message) {
  golden_expect_failure("0.x/hrnet", change, MMD_INVALID_ARGUMENT, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.backbone.extra.stage3.num_branches=4",
         "model.backbone.extra.stage3.num_blocks: one number for each of num_branches");
  expect("model.backbone.extra.stage2.block=WIDE", "model.backbone.extra.stage2.block: BASIC");
  expect("model.backbone.extra.stage4.num_modules=0", "model.backbone.extra.stage4.num_modules");
  expect("model.neck.in_channels=[4, 6, 8]",
         "model.neck.in_channels: 3 inputs, but the module before gives 4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
