// SPDX-License-Identifier: Apache-2.0
//
// What all convolutions of YOLOv3's modules have in common.
#ifndef MMD_CODEBASES_MMDET_MODELS_YOLOV3_STYLE_H_
#define MMD_CODEBASES_MMDET_MODELS_YOLOV3_STYLE_H_

#include "nn/csp_layer.h"

// Reads norm_cfg and act_cfg: BN and LeakyReLU with a slope of 0.1 where they are left out.
mmd_csp_style_t mmd_yolov3_style_read(mmd_builder_t *b, const mmd_value_t *norm_cfg,
                                      const mmd_value_t *act_cfg);

#endif  // MMD_CODEBASES_MMDET_MODELS_YOLOV3_STYLE_H_
