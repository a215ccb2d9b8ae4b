// SPDX-License-Identifier: Apache-2.0
//
// What the text detection heads share: the network's maps, the way back to the picture, and the
// result [{"bbox": [x0, y0, …, x3, y3], "score"}, …].
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_BOXES_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_BOXES_H_

#include "kernels/min_area_rect.h"
#include "value/component.h"
#include "value/net_output.h"

// Tensor "output" of one picture: [channels, height, width] floats.
typedef struct mmd_text_maps_t {
  mmd_tensor_t tensor;
  const float *data;
  size_t channels, height, width;
} mmd_text_maps_t;
// Takes [1, h, w] too where |min_channels| is 1. Fails below |min_channels|.
mmd_status_t mmd_text_maps_get(const mmd_value_t *infer_output, const char *head,
                               size_t min_channels, mmd_text_maps_t *out_maps) MMD_MUST_USE;
void mmd_text_maps_deinit(mmd_text_maps_t *maps);

// Pixels of the maps for a pixel of the picture.
typedef struct mmd_text_scale_t {
  float x, y;
} mmd_text_scale_t;
mmd_status_t mmd_text_scale_make(const mmd_value_t *prep_output, const char *head, bool rescale,
                                 double downsample_ratio, mmd_text_scale_t *out_scale) MMD_MUST_USE;

// The rectangle's corners, in the picture's pixels, and its score.
mmd_status_t mmd_text_box_make(const mmd_rotated_rect_t *rect, const mmd_text_scale_t *scale,
                               float score, mmd_value_t **out_box) MMD_MUST_USE;
// Appends them.
mmd_status_t mmd_text_box_append(mmd_value_t *array, const mmd_rotated_rect_t *rect,
                                 const mmd_text_scale_t *scale, float score) MMD_MUST_USE;

// Packages of 0.x keep a head's thresholds in params.postprocessor, where the original SDK does not
// look but the code base does: |*number| is replaced by postprocessor[key] where that is a number.
void mmd_text_override(const mmd_value_t *postprocessor, const char *key, double *number);

extern const mmd_component_t mmd_db_head, mmd_pan_head, mmd_pse_head;

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_BOXES_H_
