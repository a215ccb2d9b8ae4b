// SPDX-License-Identifier: Apache-2.0
#include "kernels/affine.h"

#include <math.h>
#include <string.h>

#define UNKNOWNS 6

// Rows of the equations: six coefficients and the right side.
typedef double row_t[UNKNOWNS + 1];

static int pivot_of(row_t *rows, int column) {
  int best = column;
  for (int i = column + 1; i < UNKNOWNS; ++i) {
    if (fabs(rows[i][column]) > fabs(rows[best][column])) best = i;
  }
  return best;
}

static void swap_rows(row_t *rows, int a, int b) {
  row_t row;
  memcpy(row, rows[a], sizeof row);
  memcpy(rows[a], rows[b], sizeof row);
  memcpy(rows[b], row, sizeof row);
}

// Gaussian elimination with partial pivots, in OpenCV's order of operations. False when singular.
static int solve(row_t *rows, double out[UNKNOWNS]) {
  for (int i = 0; i < UNKNOWNS; ++i) {
    const int pivot = pivot_of(rows, i);
    // cv::solve takes a pivot below a hundred epsilons for zero; so does NaN fail.
    if (!(fabs(rows[pivot][i]) >= 2.220446049250313e-14)) return 0;
    if (pivot != i) swap_rows(rows, pivot, i);
    const double d = -1 / rows[i][i];
    for (int j = i + 1; j < UNKNOWNS; ++j) {
      const double alpha = rows[j][i] * d;
      for (int k = i + 1; k <= UNKNOWNS; ++k) rows[j][k] += alpha * rows[i][k];
    }
  }
  for (int i = UNKNOWNS - 1; i >= 0; --i) {
    double sum = rows[i][UNKNOWNS];
    for (int k = i + 1; k < UNKNOWNS; ++k) sum -= rows[i][k] * out[k];
    out[i] = sum / rows[i][i];
  }
  return 1;
}

mmd_affine_t mmd_affine_from_points(const float from[6], const float to[6]) {
  mmd_affine_t map = {{0}};
  row_t rows[UNKNOWNS] = {{0}};
  for (int i = 0; i < 3; ++i) {
    for (int axis = 0; axis < 2; ++axis) {
      double *row = rows[2 * i + axis];
      row[3 * axis] = (double)from[2 * i];
      row[3 * axis + 1] = (double)from[2 * i + 1];
      row[3 * axis + 2] = 1;
      row[UNKNOWNS] = (double)to[2 * i + axis];
    }
  }
  if (!solve(rows, map.m)) memset(&map, 0, sizeof map);
  return map;
}

mmd_affine_t mmd_affine_invert(const mmd_affine_t *map) {
  const double *m = map->m;
  const double determinant = m[0] * m[4] - m[1] * m[3];
  const double d = determinant != 0 ? 1 / determinant : 0;
  const double a = m[4] * d, b = m[1] * -d, c = m[3] * -d, e = m[0] * d;
  return (mmd_affine_t){{a, b, -a * m[2] - b * m[5], c, e, -c * m[2] - e * m[5]}};
}

void mmd_affine_apply(const mmd_affine_t *map, double x, double y, double out_point[2]) {
  out_point[0] = map->m[0] * x + map->m[1] * y + map->m[2];
  out_point[1] = map->m[3] * x + map->m[4] * y + map->m[5];
}
