// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/paa");
  golden_check("1.x/paa");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/paa", "model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT,
                        "model.bbox_head.in_channels: 8, but the module before gives 16 channels");
  golden_expect_failure("0.x/paa", "model.bbox_head.loss_cls.use_sigmoid=False", MMD_NOT_SUPPORTED,
                        "model.bbox_head.loss_cls.use_sigmoid");
  golden_expect_failure("0.x/paa", "model.neck.num_outs=4", MMD_INVALID_ARGUMENT,
                        "model.bbox_head: it expects 5 levels");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
