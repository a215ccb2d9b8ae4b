// SPDX-License-Identifier: Apache-2.0
//
// The four pixels around a position of an image and their bilinear weights, by the two rules that
// deformable convolutions and RoI poolings have for the border. Positions may be any float.
#ifndef MMD_KERNELS_CORNERS_H_
#define MMD_KERNELS_CORNERS_H_

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef struct mmd_corners_t {
  int64_t at[4];    // pixel y * width + x; -1 = a zero
  float weight[4];  // top left, top right, bottom left, bottom right
} mmd_corners_t;

#define MMD_CORNERS_OUTSIDE \
  (mmd_corners_t) {         \
    {-1, -1, -1, -1}, {     \
      0, 0, 0, 0            \
    }                       \
  }

// The image goes on with zeros: corners outside are zeros, and so is all from a pixel away.
static inline mmd_corners_t mmd_corners_zero(int64_t height, int64_t width, float y, float x) {
  mmd_corners_t c = MMD_CORNERS_OUTSIDE;
  if (!(y > -1.f && x > -1.f && y < (float)height && x < (float)width)) return c;
  int64_t y0 = (int64_t)floorf(y), x0 = (int64_t)floorf(x), at = y0 * width + x0;
  float ly = y - (float)y0, lx = x - (float)x0;
  c.weight[0] = (1 - ly) * (1 - lx);
  c.weight[1] = (1 - ly) * lx;
  c.weight[2] = ly * (1 - lx);
  c.weight[3] = ly * lx;
  if (y0 >= 0 && x0 >= 0) c.at[0] = at;
  if (y0 >= 0 && x0 + 1 < width) c.at[1] = at + 1;
  if (y0 + 1 < height && x0 >= 0) c.at[2] = at + width;
  if (y0 + 1 < height && x0 + 1 < width) c.at[3] = at + width + 1;
  return c;
}

// The image goes on with its border, up to one pixel before it and |height| and |width| behind;
// zero beyond. For images that are not empty.
static inline mmd_corners_t mmd_corners_clamp(int64_t height, int64_t width, float y, float x) {
  if (!(y >= -1.f && x >= -1.f && y <= (float)height && x <= (float)width)) {
    return MMD_CORNERS_OUTSIDE;
  }
  y = y > 0 ? y : 0;
  x = x > 0 ? x : 0;
  int64_t y0 = (int64_t)y, x0 = (int64_t)x, y1 = y0 + 1, x1 = x0 + 1;
  if (y0 >= height - 1) y = (float)(y0 = y1 = height - 1);
  if (x0 >= width - 1) x = (float)(x0 = x1 = width - 1);
  float ly = y - (float)y0, lx = x - (float)x0;
  return (mmd_corners_t){{y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1},
                         {(1 - ly) * (1 - lx), (1 - ly) * lx, ly * (1 - lx), ly * lx}};
}

static inline float mmd_corners_take(const mmd_corners_t *c, const float *plane) {
  float sum = 0;
  for (int i = 0; i < 4; ++i) sum += c->at[i] < 0 ? 0.f : c->weight[i] * plane[c->at[i]];
  return sum;
}

#endif  // MMD_KERNELS_CORNERS_H_
