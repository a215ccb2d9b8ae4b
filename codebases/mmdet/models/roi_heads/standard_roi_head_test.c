// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_boxes(void **state) {
  (void)state;
  golden_check("0.x/faster_rcnn");
  golden_check("1.x/faster_rcnn");
  golden_check("0.x/dynamic_rcnn");
  golden_check("1.x/dynamic_rcnn");
}

static void test_generic_extractor(void **state) {
  (void)state;
  golden_check("0.x/groie");
  golden_check("1.x/groie");
}

static void test_double_head(void **state) {
  (void)state;
  golden_check("0.x/double_head_rcnn");
  golden_check("1.x/double_head_rcnn");
}

static void test_masks(void **state) {
  (void)state;
  golden_check("0.x/mask_rcnn");
  golden_check("1.x/mask_rcnn");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/mask_rcnn", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/groie", "model.roi_head.bbox_roi_extractor.pre_cfg.in_channels=4",
                        MMD_INVALID_ARGUMENT,
                        "model.roi_head.bbox_roi_extractor.pre_cfg.in_channels: 4, but the maps");
  expect("model.roi_head.bbox_roi_extractor.out_channels=8", MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_roi_extractor.out_channels: 8, but the module before gives 12");
  expect("model.roi_head.bbox_roi_extractor.featmap_strides=[4, 8, 16, 32, 64, 128]",
         MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_roi_extractor.featmap_strides: 6 levels, but there are 5 maps");
  expect("model.roi_head.bbox_roi_extractor.roi_layer.type=RoIPool", MMD_NOT_SUPPORTED,
         "model.roi_head.bbox_roi_extractor.roi_layer: 'RoIPool' is not supported");
  expect("model.roi_head.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_head.in_channels: 8, but the RoI extractor gives 12 channels");
  expect("model.roi_head.bbox_head.roi_feat_size=14", MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_head.roi_feat_size: 14x14, but the RoI extractor gives 7x7");
  golden_expect_failure("0.x/faster_rcnn", "model.roi_head.bbox_head.num_classes=6",
                        MMD_INVALID_ARGUMENT, "roi_head.bbox_head.fc_cls.weight");
  expect("model.roi_head.mask_head.num_classes=6", MMD_INVALID_ARGUMENT,
         "model.roi_head.mask_head: num_classes is 6, but the bbox_head has 5");
  expect("model.roi_head.mask_head.in_channels=6", MMD_INVALID_ARGUMENT,
         "model.roi_head.mask_head.in_channels: 6");
  expect("model.test_cfg.rcnn.score_thr=1.5", MMD_OUT_OF_RANGE,
         "model.test_cfg.rcnn.score_thr: 1.5");
  expect("model.test_cfg.rcnn.max_per_img=0", MMD_OUT_OF_RANGE,
         "model.test_cfg.rcnn.max_per_img: 0");
  expect("model.roi_head.type=StandardRoIHeed", MMD_NOT_SUPPORTED, "StandardRoIHead");
  expect("model.roi_head.bbox_head.type=Shared3FCBBoxHead", MMD_NOT_SUPPORTED, "Shared2FCBBoxHead");
  expect("model.roi_head.mask_head.upsample_cfg.type=carafe", MMD_NOT_SUPPORTED,
         "model.roi_head.mask_head.upsample_cfg.type: 'carafe'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_boxes),       cmocka_unit_test(test_generic_extractor),
      cmocka_unit_test(test_double_head), cmocka_unit_test(test_masks),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
