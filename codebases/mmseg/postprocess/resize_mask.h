// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of semantic segmentation.
#ifndef MMD_CODEBASES_MMSEG_POSTPROCESS_RESIZE_MASK_H_
#define MMD_CODEBASES_MMSEG_POSTPROCESS_RESIZE_MASK_H_

#include "value/component.h"

// {"mask": i32 [1, height, width, 1] or null, "score": f32 [1, classes, height, width] or null,
//  "height", "width", "classes"} of the picture's size.
extern const mmd_component_t mmd_resize_mask;

#endif  // MMD_CODEBASES_MMSEG_POSTPROCESS_RESIZE_MASK_H_
