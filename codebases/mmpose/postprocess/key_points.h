// SPDX-License-Identifier: Apache-2.0
//
// Key points: from the crop of a person to the picture, and as an answer.
#ifndef MMD_CODEBASES_MMPOSE_POSTPROCESS_KEY_POINTS_H_
#define MMD_CODEBASES_MMPOSE_POSTPROCESS_KEY_POINTS_H_

#include "value/component.h"
#include "value/net_output.h"

typedef struct mmd_key_point_t {
  float x, y, score;
} mmd_key_point_t;

// The box of the picture that the network saw.
typedef struct mmd_crop_t {
  float center[2];  // pixels
  float scale[2];   // size, in units of 200 pixels
} mmd_crop_t;

// From img_metas of |prep_output|: "center" and "scale". |head| begins
// messages.
mmd_status_t mmd_crop_read(const mmd_value_t *prep_output, const char *head,
                           mmd_crop_t *out_crop) MMD_MUST_USE;
// |point| was found on a plane on which the crop is |width| by |height|.
void mmd_crop_map(const mmd_crop_t *crop, double width, double height, mmd_key_point_t *point);

// {"key_points": [{"bbox": [x, y], "score"}, …]}
mmd_status_t mmd_key_points_to_value(const mmd_key_point_t *points, size_t count,
                                     mmd_value_t **out_result) MMD_MUST_USE;

#endif  // MMD_CODEBASES_MMPOSE_POSTPROCESS_KEY_POINTS_H_
