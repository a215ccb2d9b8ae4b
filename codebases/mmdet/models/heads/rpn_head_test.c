// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/rpn");
  golden_check("1.x/rpn");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/rpn", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.rpn_head.in_channels=8", MMD_INVALID_ARGUMENT,
         "model.rpn_head.in_channels: 8, but the module before gives 12 channels");
  expect("model.neck.num_outs=4", MMD_INVALID_ARGUMENT, "model.rpn_head: it expects 5 levels");
  expect("model.rpn_head.feat_channels=6", MMD_INVALID_ARGUMENT, "rpn_head.rpn_conv.weight");
  expect("model.test_cfg.rpn.score_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.rpn.score_thr: 1.5");
  expect("model.test_cfg.rpn.max_per_img=0", MMD_OUT_OF_RANGE, "model.test_cfg.rpn.max_per_img: 0");
  expect("model.test_cfg.rpn.nms.type=soft_nms", MMD_NOT_SUPPORTED, "model.test_cfg.rpn.nms.type");
  expect("model.rpn_head.type=RPNHeed", MMD_NOT_SUPPORTED, "RPNHead");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
