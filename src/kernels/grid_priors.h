// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_KERNELS_GRID_PRIORS_H_
#define MMD_KERNELS_GRID_PRIORS_H_

#include <stddef.h>
#include <stdint.h>

// |out| (height x width x count x 4): the |anchors| (count x 4) moved to every cell of a grid.
void mmd_grid_priors_run(const float *anchors, size_t count, size_t height, size_t width,
                         int64_t stride_h, int64_t stride_w, float *out);

#endif  // MMD_KERNELS_GRID_PRIORS_H_
