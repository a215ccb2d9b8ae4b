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

#endif  // MMD_MEDIA_IMAGE_H_
