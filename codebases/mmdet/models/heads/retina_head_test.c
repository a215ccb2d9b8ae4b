// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/retinanet");
  golden_check("1.x/retinanet");
  golden_check("0.x/fsaf");
  golden_check("1.x/fsaf");
  golden_check("0.x/free_anchor");
  golden_check("1.x/free_anchor");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/retinanet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT,
         "model.bbox_head.in_channels: 8, but the module before gives 16 channels");
  expect("model.neck.num_outs=4", MMD_INVALID_ARGUMENT, "model.bbox_head: it expects 5 levels");
  expect("model.neck.in_channels=[4, 8, 16, 64]", MMD_INVALID_ARGUMENT,
         "model.neck.in_channels[3]: 64, but the module before gives 32 channels");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.retina_cls.weight");
  expect("model.test_cfg.score_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.score_thr: 1.5");
  expect("model.test_cfg.max_per_img=0", MMD_OUT_OF_RANGE, "model.test_cfg.max_per_img: 0");
  expect("model.test_cfg.nms.type=soft_nms", MMD_NOT_SUPPORTED, "model.test_cfg.nms.type");
  expect("model.bbox_head.type=RetinoHead", MMD_NOT_SUPPORTED, "RetinaHead");
  expect("model.bbox_head.anchor_generator.scales=[8]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.anchor_generator.scales");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
