// SPDX-License-Identifier: Apache-2.0
//
// A value between the pixels of an image that goes on with zeros, in double: the plain mode of
// deformable operators. Their fast mode has kernels/corners.h.
#ifndef MMD_OPS_BILINEAR_H_
#define MMD_OPS_BILINEAR_H_

#include <math.h>
#include <stdint.h>

typedef struct mmd_plane_t {
  const double *data;
  int64_t height, width;
  int64_t step;  // elements from one pixel to the next
} mmd_plane_t;

static inline double mmd_plane_pixel(const mmd_plane_t *p, double y, double x) {
  if (y < 0 || x < 0 || y >= (double)p->height || x >= (double)p->width) return 0;
  return p->data[((int64_t)y * p->width + (int64_t)x) * p->step];
}

static inline double mmd_plane_bilinear(const mmd_plane_t *p, double y, double x) {
  double y0 = floor(y), x0 = floor(x), ly = y - y0, lx = x - x0;
  if (!(y > -1 && x > -1 && y < (double)p->height && x < (double)p->width)) return 0;
  return (1 - ly) * ((1 - lx) * mmd_plane_pixel(p, y0, x0) + lx * mmd_plane_pixel(p, y0, x0 + 1)) +
         ly * ((1 - lx) * mmd_plane_pixel(p, y0 + 1, x0) + lx * mmd_plane_pixel(p, y0 + 1, x0 + 1));
}

#endif  // MMD_OPS_BILINEAR_H_
