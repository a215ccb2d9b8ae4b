// SPDX-License-Identifier: Apache-2.0
//
// Float images read at positions of a grid, as PyTorch's grid_sample does it, for images of two or
// three spatial axes.
#ifndef MMD_KERNELS_GRID_SAMPLE_H_
#define MMD_KERNELS_GRID_SAMPLE_H_

#include <stdbool.h>

#include "base/thread.h"

// The numbers are those of the attributes of mmdeploy's grid_sampler.
typedef enum mmd_grid_mode_t {
  MMD_GRID_LINEAR = 0,
  MMD_GRID_NEAREST = 1,  // halves go to the even pixel
  MMD_GRID_CUBIC = 2,    // two axes only
} mmd_grid_mode_t;
typedef enum mmd_grid_padding_t {
  MMD_GRID_ZEROS = 0,
  MMD_GRID_BORDER = 1,
  MMD_GRID_REFLECTION = 2,
} mmd_grid_padding_t;

typedef struct mmd_grid_sample_t {
  mmd_grid_mode_t mode;
  mmd_grid_padding_t padding;
  bool align_corners;  // -1 and 1 are the centres of the outermost pixels, not their edges
  int axes;            // 2 or 3
  size_t batch, channels;
  size_t size[3];  // of the image: (depth,) height, width
  size_t points;   // positions an image
} mmd_grid_sample_t;

// |x| is batch x channels x size, |grid| batch x points x axes with (x, y (, z)) of [-1, 1], |y|
// batch x channels x points. A position that is not finite gives 0. Fails when a parameter makes no
// sense. |pool| may be NULL.
mmd_status_t mmd_grid_sample_run(const mmd_grid_sample_t *sample, const float *x, const float *grid,
                                 float *y, mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_GRID_SAMPLE_H_
