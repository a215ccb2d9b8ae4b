// SPDX-License-Identifier: Apache-2.0
//
// cv2.GaussianBlur of one float plane with sigma 0 (so that it follows from the size) and the
// border mirrored about the outermost pixels (BORDER_REFLECT_101).
#ifndef MMD_KERNELS_GAUSSIAN_BLUR_H_
#define MMD_KERNELS_GAUSSIAN_BLUR_H_

#include <stddef.h>

#include "base/status.h"

enum { MMD_GAUSSIAN_MAX_SIZE = 255 };

// |plane| is packed and changed in place. |size| is odd and at most MMD_GAUSSIAN_MAX_SIZE.
mmd_status_t mmd_gaussian_blur_f32(float *plane, size_t width, size_t height,
                                   size_t size) MMD_MUST_USE;

#endif  // MMD_KERNELS_GAUSSIAN_BLUR_H_
