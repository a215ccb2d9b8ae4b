// SPDX-License-Identifier: Apache-2.0
//
// FPN with other options than the detectors' goldens have, and the necks that grow from it.
#include "codebases/mmdet/models/golden_support.h"

static void test_fpn(void **state) {
  (void)state;
  golden_check("0.x/fpn");
}

static void test_pafpn(void **state) {
  (void)state;
  golden_check("0.x/pafpn");
  golden_check("1.x/pafpn");
}

static void test_bfp(void **state) {
  (void)state;
  golden_check("0.x/bfp");
  golden_check("1.x/bfp");
}

static void test_nasfpn(void **state) {
  (void)state;
  golden_check("0.x/nasfpn");
  golden_check("1.x/nasfpn");
}

static void expect(const char *name, const char *change, const char *message) {
  golden_expect_failure(name, change, MMD_INVALID_ARGUMENT, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("0.x/fpn", "model.neck.num_outs=2",
         "model.neck: start_level 0, end_level -1 and num_outs 2");
  expect("0.x/fpn", "model.neck.add_extra_convs=on_top", "model.neck.add_extra_convs: 'on_top'");
  expect("0.x/pafpn", "model.neck.end_level=1", "model.neck: start_level 0, end_level 1");
  expect("0.x/pafpn", "model.neck.in_channels=[4, 8]",
         "model.neck.in_channels: 2 inputs, but the module before gives 3");
  expect("0.x/bfp", "model.neck.1.num_levels=4", "model.neck[1].num_levels: 4");
  expect("0.x/bfp", "model.neck.1.in_channels=4", "model.neck[1].in_channels: 4");
  expect("0.x/bfp", "model.neck.1.refine_level=5", "model.neck[1].refine_level: 5 is no level");
  expect("0.x/bfp", "model.neck.1.refine_type=sharp", "model.neck[1].refine_type: 'sharp'");
  expect("0.x/nasfpn", "model.neck.num_outs=6", "model.neck.num_outs: 6; 5 is expected");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fpn),    cmocka_unit_test(test_pafpn),       cmocka_unit_test(test_bfp),
      cmocka_unit_test(test_nasfpn), cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
