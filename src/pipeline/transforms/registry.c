// SPDX-License-Identifier: Apache-2.0
//
// All transforms of this build.
#include <stddef.h>

#include "pipeline/preprocess.h"
#include "pipeline/transforms/steps.h"

const mmd_component_t *const mmd_transform_registry[] = {
    &mmd_transform_load,
    &mmd_transform_resize,
    &mmd_transform_center_crop,
    &mmd_transform_pad,
    &mmd_transform_normalize,
    &mmd_transform_image_to_tensor,
    &mmd_transform_default_format_bundle,
    &mmd_transform_collect,
    &mmd_transform_compose,
    NULL,
};
