// SPDX-License-Identifier: Apache-2.0
//
// Makes a picture fit for drawing text on it.
#ifndef MMD_MEDIA_DRAW_PREPARE_H_
#define MMD_MEDIA_DRAW_PREPARE_H_

#include "media/bitmap.h"

// A BGR copy of |bitmap|, enlarged when it is too narrow for text. Very long pictures are enlarged
// less.
mmd_status_t mmd_draw_prepare(const mmd_bitmap_t *bitmap, mmd_bitmap_t *out_bitmap) MMD_MUST_USE;

// Adds dark space at the right and at the bottom up to the given size.
mmd_status_t mmd_draw_extend(mmd_bitmap_t *bitmap, int min_width, int min_height) MMD_MUST_USE;

#endif  // MMD_MEDIA_DRAW_PREPARE_H_
