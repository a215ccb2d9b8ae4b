// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/regnet");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/regnet", "model.backbone.arch.w0=9", MMD_INVALID_ARGUMENT,
                        "model.backbone.arch: w0 9 (a multiple of 8)");
  golden_expect_failure("0.x/regnet", "model.backbone.arch=regnetx_1gf", MMD_INVALID_ARGUMENT,
                        "model.backbone.arch: 'regnetx_1gf'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
