// SPDX-License-Identifier: Apache-2.0
//
// The picture behind the public handle.
#ifndef MMD_MEDIA_IMAGE_H_
#define MMD_MEDIA_IMAGE_H_

#include "media/bitmap.h"
#include "mmdeploy/media.h"

struct mmdeploy_image {
  mmdeploy_mat_t mat;  // a view of |bitmap|
  mmd_bitmap_t bitmap;
};

// Puts |bitmap| in place of the image's own and takes it over.
void mmd_image_replace(mmdeploy_image_t image, mmd_bitmap_t *bitmap);

// A handle that takes |bitmap| over, also when it fails.
mmd_status_t mmd_image_wrap(mmd_bitmap_t *bitmap, mmdeploy_image_t *out_image) MMD_MUST_USE;

// Gives a gray picture three channels.
mmd_status_t mmd_image_make_bgr(mmdeploy_image_t image) MMD_MUST_USE;

#endif  // MMD_MEDIA_IMAGE_H_
