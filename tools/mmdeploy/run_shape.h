// SPDX-License-Identifier: Apache-2.0
//
// Outlines of answers: boxes, rotated boxes, polygons.
#ifndef MMDEPLOY_TOOLS_RUN_SHAPE_H_
#define MMDEPLOY_TOOLS_RUN_SHAPE_H_

#include "tools/mmdeploy/run.h"

enum { RUN_SHAPE_CORNERS = 32 };

// Convex; its corners counted so that its area is positive.
typedef struct run_shape_t {
  double x[RUN_SHAPE_CORNERS], y[RUN_SHAPE_CORNERS];
  int count;
} run_shape_t;

typedef struct run_extent_t {
  double left, top, right, bottom;
} run_extent_t;

run_shape_t run_shape_of(const run_item_t *item);
run_shape_t run_shape_of_extent(const run_extent_t *extent);
double run_shape_area(const run_shape_t *shape);
run_extent_t run_shape_extent(const run_shape_t *shape);
run_shape_t run_shape_intersect(const run_shape_t *a, const run_shape_t *b);

// Makes the outline of |item| as large as needed for |shapes|; its direction stays.
void run_shape_enclose(run_item_t *item, const run_shape_t *shapes, int count);

#endif  // MMDEPLOY_TOOLS_RUN_SHAPE_H_
