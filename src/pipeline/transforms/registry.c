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
    &mmd_transform_lift,
    &mmd_transform_top_down_get_bbox_center_scale,
    &mmd_transform_top_down_affine,
    &mmd_transform_ten_crop,
    &mmd_transform_three_crop,
    &mmd_transform_format_shape,
    &mmd_transform_letter_resize,
    &mmd_transform_resize_ocr,
    &mmd_transform_rescale_to_height,
    &mmd_transform_short_scale_aspect_jitter,
    &mmd_transform_pad_to_width,
    &mmd_transform_to_tensor_ocr,
    &mmd_transform_normalize_ocr,
    NULL,
};
