// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("mmcls/mobilenet_v2");
  golden_check("mmpretrain/mobilenet_v2");
}

static void test_keys(void **state) {
  (void)state;
  golden_check_keys("mobilenet_v2",
                    "model = dict(type='ImageClassifier', "
                    "backbone=dict(type='MobileNetV2', widen_factor=1.0), "
                    "neck=dict(type='GlobalAveragePooling'), "
                    "head=dict(type='LinearClsHead', num_classes=1000, in_channels=1280))");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
