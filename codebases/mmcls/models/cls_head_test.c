// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("mmcls/clshead");
  golden_check("mmpretrain/clshead");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
