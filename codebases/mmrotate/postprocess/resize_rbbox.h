// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of rotated detection.
#ifndef MMD_CODEBASES_MMROTATE_POSTPROCESS_RESIZE_RBBOX_H_
#define MMD_CODEBASES_MMROTATE_POSTPROCESS_RESIZE_RBBOX_H_

#include "value/component.h"

// {"detections": [{"label_id", "score", "rbbox": [center x, center y, width, height, radians]}]}
extern const mmd_component_t mmd_resize_rbbox;

#endif  // MMD_CODEBASES_MMROTATE_POSTPROCESS_RESIZE_RBBOX_H_
