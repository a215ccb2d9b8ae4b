// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_CODEBASES_MMCLS_POSTPROCESS_CROP_BOX_H_
#define MMD_CODEBASES_MMCLS_POSTPROCESS_CROP_BOX_H_

#include "value/component.h"

extern const mmd_component_t mmd_crop_box;

#endif  // MMD_CODEBASES_MMCLS_POSTPROCESS_CROP_BOX_H_
