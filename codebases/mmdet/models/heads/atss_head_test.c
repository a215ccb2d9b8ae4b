// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/atss");
  golden_check("1.x/atss");
}

static void test_ddod(void **state) {
  (void)state;
  golden_check("0.x/ddod");
  golden_check("1.x/ddod");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_ddod),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
