// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/gfl");
  golden_check("1.x/gfl");
}

// The student of a distilled detector.
static void test_ld(void **state) {
  (void)state;
  golden_check("0.x/ld");
  golden_check("1.x/ld");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_ld),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
