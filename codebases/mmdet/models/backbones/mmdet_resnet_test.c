// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/resnet_dcn");
  golden_check("1.x/resnet_dcn");
  golden_check("0.x/resnext_dcnv2");
  golden_check("0.x/resnet_plugins");
  golden_check("0.x/resnet_gn_ws");
  golden_check("0.x/resnet_attention");
  golden_check("0.x/resnet_attention_place");
}

static void test_bad_dcn(void **state) {
  (void)state;
  const char *name = "0.x/resnet_dcn";
  golden_expect_failure(name, "model.backbone.stage_with_dcn=[True]", MMD_INVALID_ARGUMENT,
                        "model.backbone.stage_with_dcn: 1 items, 2 stages are expected");
  golden_expect_failure(name, "model.backbone.conv_cfg.type=ConvWS", MMD_INVALID_ARGUMENT,
                        "model.backbone.conv_cfg: must be None where dcn is set");
  golden_expect_failure(name, "model.backbone.dcn.deform_groups=3", MMD_INVALID_ARGUMENT,
                        "has no 3 deform_groups");
  golden_expect_failure(name, "model.backbone.dcn.type=DCNv3", MMD_NOT_SUPPORTED,
                        "convolution type 'DCNv3' is not supported");
  golden_expect_failure(name, "model.backbone.dcn.fallback_on_stride=True", MMD_NOT_SUPPORTED,
                        "fallback_on_stride: True");
  golden_expect_failure(name, "model.backbone.dcn.groups=2", MMD_INVALID_ARGUMENT, "DCN.groups");
  golden_expect_failure(name, "model.backbone.dcn.type=DCNv2", MMD_INVALID_ARGUMENT,
                        "backbone.layer2.0.conv2.conv_offset.weight");
  golden_expect_failure(name, "model.backbone.depth=18", MMD_NOT_SUPPORTED,
                        "model.backbone.dcn: blocks of depth 18 have none");
}

static void test_bad_plugins(void **state) {
  (void)state;
  const char *name = "0.x/resnet_plugins";
  golden_expect_failure(name, "model.backbone.plugins.0.position=after_conv4", MMD_INVALID_ARGUMENT,
                        "model.backbone.plugins[0].position: 'after_conv4'");
  golden_expect_failure(name, "model.backbone.plugins.1.stages=[True]", MMD_INVALID_ARGUMENT,
                        "model.backbone.plugins[1].stages: 1 items");
  golden_expect_failure(name, "model.backbone.plugins.0.cfg.type=SEBlock", MMD_NOT_SUPPORTED,
                        "'SEBlock' is not supported; known: ContextBlock");
  golden_expect_failure(name, "model.backbone.plugins.4.cfg.out_channels=8", MMD_INVALID_ARGUMENT,
                        "out_channels of a ConvModule is 8");
  golden_expect_failure(name, "model.backbone.plugins.0.cfg.ratios=2", MMD_INVALID_ARGUMENT,
                        "model.backbone.plugins.cfg.ratios");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_dcn),
      cmocka_unit_test(test_bad_plugins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
