// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/yolov3_style.h"

mmd_csp_style_t mmd_yolov3_style_read(mmd_builder_t *b, const mmd_value_t *norm_cfg,
                                      const mmd_value_t *act_cfg) {
  mmd_csp_style_t style = {
      .norm = mmd_norm_read(b, "norm_cfg", norm_cfg, "BN", 1e-5),
      .activation = mmd_activation_read(b, "act_cfg", act_cfg, "LeakyReLU"),
  };
  if (!act_cfg) style.activation.slope = 0.1;
  return style;
}
