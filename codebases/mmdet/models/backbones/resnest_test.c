// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/resnest");
  golden_check("1.x/resnest");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/resnest", "model.backbone.depth=34", MMD_INVALID_ARGUMENT,
                        "model.backbone.depth: 34 is none of 50, 101, 152, 200");
  golden_expect_failure("0.x/resnest", "model.backbone.radix=0", MMD_INVALID_ARGUMENT,
                        "model.backbone.radix: expected an integer of 1..64");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
