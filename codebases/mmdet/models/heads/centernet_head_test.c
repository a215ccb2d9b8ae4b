// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/centernet");
  golden_check("1.x/centernet");
  golden_check("0.x/centernet_dcn");
  golden_check("1.x/centernet_dcn");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/centernet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.in_channel=32", MMD_INVALID_ARGUMENT,
         "model.neck.in_channel: 32, but the module before gives 16 channels");
  expect("model.neck.num_deconv_kernels=[4, 4]", MMD_INVALID_ARGUMENT,
         "model.neck.num_deconv_kernels: 2 items, but num_deconv_filters has 3");
  expect("model.bbox_head.in_channel=16", MMD_INVALID_ARGUMENT,
         "model.bbox_head.in_channel: 16, but the module before gives 8 channels");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.heatmap_head.2.weight");
  expect("model.test_cfg.topk=0", MMD_OUT_OF_RANGE, "model.test_cfg.topk: 0");
  expect("model.test_cfg.local_maximum_kernel=2", MMD_OUT_OF_RANGE,
         "model.test_cfg.local_maximum_kernel: 2");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
