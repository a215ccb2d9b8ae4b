// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_WARP_BBOX_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_WARP_BBOX_H_

#include "value/component.h"

// Module of a pipeline: ({"ori_img"}, {"bbox": [x0, y0, …, x3, y3]} or null) -> {"ori_img"}.
extern const mmd_component_t mmd_warp_bbox;

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_WARP_BBOX_H_
