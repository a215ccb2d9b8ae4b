// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_MEDIA_DRAW_CLASSIFICATION_H_
#define MMD_MEDIA_DRAW_CLASSIFICATION_H_

#include "media/bitmap.h"
#include "mmdeploy/media.h"

// Draws the answers over the top left; the bitmap may get another size. It stays as it is on
// failure.
mmd_status_t mmd_draw_classification(mmd_bitmap_t *bitmap, const mmdeploy_draw_label_t *labels,
                                     int count) MMD_MUST_USE;

#endif  // MMD_MEDIA_DRAW_CLASSIFICATION_H_
