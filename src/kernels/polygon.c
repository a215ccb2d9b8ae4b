// SPDX-License-Identifier: Apache-2.0
#include "kernels/polygon.h"

#include <math.h>

double mmd_polygon_area(const mmd_ipoint_t *points, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const mmd_ipoint_t a = points[i ? i - 1 : count - 1], b = points[i];
    sum += (double)a.x * b.y - (double)a.y * b.x;
  }
  return fabs(sum) * 0.5;
}

double mmd_polygon_length(const mmd_ipoint_t *points, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const mmd_ipoint_t a = points[i ? i - 1 : count - 1], b = points[i];
    const double dx = (double)b.x - a.x, dy = (double)b.y - a.y;
    sum += sqrt(dx * dx + dy * dy);
  }
  return sum;
}

double mmd_polygon_arc_length(const mmd_ipoint_t *points, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const mmd_ipoint_t a = points[i ? i - 1 : count - 1], b = points[i];
    const float dx = (float)b.x - (float)a.x, dy = (float)b.y - (float)a.y;
    sum += (double)sqrtf(dx * dx + dy * dy);
  }
  return sum;
}
