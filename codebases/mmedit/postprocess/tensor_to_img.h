// SPDX-License-Identifier: Apache-2.0
//
// Post-processing of restoration.
#ifndef MMD_CODEBASES_MMEDIT_POSTPROCESS_TENSOR_TO_IMG_H_
#define MMD_CODEBASES_MMEDIT_POSTPROCESS_TENSOR_TO_IMG_H_

#include "value/component.h"

// A picture of bytes, RGB or gray, from a network's f32 [1, 3 or 1, height, width] of 0..1.
extern const mmd_component_t mmd_tensor_to_img;

#endif  // MMD_CODEBASES_MMEDIT_POSTPROCESS_TENSOR_TO_IMG_H_
