// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/res2net");
  golden_check("1.x/res2net");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/res2net", "model.backbone.depth=18", MMD_INVALID_ARGUMENT,
                        "model.backbone.depth: 18 is none of 50, 101, 152");
  golden_expect_failure("0.x/res2net", "model.backbone.scales=1", MMD_INVALID_ARGUMENT,
                        "model.backbone.scales: expected an integer of 2..16");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
