// SPDX-License-Identifier: Apache-2.0
#include "kernels/grid_priors.h"

// The product of integers is rounded once; unsigned, because it may overflow.
static float distance(size_t cell, int64_t stride) {
  return (float)(int64_t)((uint64_t)cell * (uint64_t)stride);
}

void mmd_grid_priors_run(const float *anchors, size_t count, size_t height, size_t width,
                         int64_t stride_h, int64_t stride_w, float *out) {
  for (size_t h = 0; h < height; ++h) {
    float y = distance(h, stride_h);
    for (size_t w = 0; w < width; ++w) {
      float x = distance(w, stride_w);
      for (size_t a = 0; a < count; ++a, out += 4) {
        const float *anchor = anchors + 4 * a;
        out[0] = anchor[0] + x;
        out[1] = anchor[1] + y;
        out[2] = anchor[2] + x;
        out[3] = anchor[3] + y;
      }
    }
  }
}
