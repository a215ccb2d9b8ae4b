// SPDX-License-Identifier: Apache-2.0
//
// What the resizing steps of text recognition and detection share.
#ifndef MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_
#define MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_

#include "kernels/pad.h"
#include "pipeline/transforms/sample.h"

// How, zeros for the usual: as cv2.resize does it, and zeros on the right.
typedef struct mmd_text_resize_t {
  bool is_pillow;      // as Pillow does it; bytes only
  mmd_pad_mode_t pad;  // of what is added on the right
  double value[4];     // of the first channels, for MMD_PAD_CONSTANT
} mmd_text_resize_t;

// sample[key] = |image| resized to |to|, then made |full_width| wide.
mmd_status_t mmd_text_resize(const char *step, mmd_value_t *sample, const char *key,
                             const mmd_tensor_t *image, const mmd_frame_t *from,
                             const mmd_frame_t *to, int64_t full_width,
                             const mmd_text_resize_t *how) MMD_MUST_USE;

// Height |height|, the width in proportion and rounded up, as Python computes it; 0 when it is
// beyond what a picture may have.
int64_t mmd_text_width(const mmd_frame_t *frame, int64_t height);
// The nearest multiple, of two the even one.
int64_t mmd_text_round_to(int64_t width, int64_t divisor);

#endif  // MMD_PIPELINE_TRANSFORMS_TEXT_RESIZE_H_
