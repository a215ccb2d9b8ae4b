// SPDX-License-Identifier: Apache-2.0
//
// What the resizing steps of text recognition and detection share.
#ifndef MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_
#define MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_

#include "pipeline/transforms/sample.h"

// sample[key] = |image| resized to |to| as cv2.resize does it, then made |full_width| wide; what is
// added on the right shows |pad| (of the four first channels).
mmd_status_t mmd_text_resize(const char *step, mmd_value_t *sample, const char *key,
                             const mmd_tensor_t *image, const mmd_frame_t *from,
                             const mmd_frame_t *to, int64_t full_width,
                             const double pad[4]) MMD_MUST_USE;

// Height |height|, the width in proportion and rounded up, as Python computes it; 0 when it is
// beyond what a picture may have.
int64_t mmd_text_width(const mmd_frame_t *frame, int64_t height);
// The nearest multiple, of two the even one.
int64_t mmd_text_round_to(int64_t width, int64_t divisor);

#endif  // MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_
