// SPDX-License-Identifier: Apache-2.0
//
// Bicubic resizing of float planes as PyTorch's interpolate does it (cubic convolution with a =
// -0.75, borders repeated, no antialiasing).
#ifndef MMD_KERNELS_BICUBIC_H_
#define MMD_KERNELS_BICUBIC_H_

#include <stdbool.h>

#include "base/thread.h"

typedef struct mmd_bicubic_t {
  size_t planes, height, width, out_height, out_width;
  // Input pixels for a step in the result; with |align_corners| not used.
  double step_h, step_w;
  bool align_corners;
} mmd_bicubic_t;

// The first of the four neighbours of position |i| of the result, which may lie outside, and how
// far behind the second the position is.
int64_t mmd_bicubic_position(size_t size, size_t out_size, double step, bool align_corners,
                             size_t i, double *out_part);
// Weights of the four neighbours.
void mmd_bicubic_weights(double part, double out_weights[4]);

// Bytes that mmd_bicubic_run takes besides its arguments; SIZE_MAX where that does not fit.
size_t mmd_bicubic_scratch(const mmd_bicubic_t *bicubic);

// Fails when memory is short or planes that are not empty are made from empty ones. |pool| may be
// NULL.
mmd_status_t mmd_bicubic_run(const mmd_bicubic_t *bicubic, const float *x, float *y,
                             mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_BICUBIC_H_
