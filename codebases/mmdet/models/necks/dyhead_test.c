// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/atss_dyhead");
  golden_check("1.x/atss_dyhead");
}

static void expect(const char *change, const char *message) {
  golden_expect_failure("0.x/atss_dyhead", change, MMD_INVALID_ARGUMENT, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.1.in_channels=16",
         "model.neck[1].in_channels: 16, but the module before gives 12 channels");
  expect("model.neck.1.out_channels=24", "24 channels cannot be normalised in 16 groups");
  expect("model.neck.1.num_blocks=3", "neck.1.dyhead_blocks.2.spatial_conv");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
