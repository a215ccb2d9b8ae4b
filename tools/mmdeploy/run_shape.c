// SPDX-License-Identifier: Apache-2.0
#include "tools/mmdeploy/run_shape.h"

#include <math.h>

enum { MAX_POLYGON = 8 };

static void add_corner(run_shape_t *shape, double x, double y) {
  if (shape->count == RUN_SHAPE_CORNERS) return;
  shape->x[shape->count] = x;
  shape->y[shape->count++] = y;
}

double run_shape_area(const run_shape_t *s) {
  double sum = 0;
  for (int i = 0; i < s->count; ++i) {
    const int k = (i + 1) % s->count;
    sum += s->x[i] * s->y[k] - s->x[k] * s->y[i];
  }
  return sum / 2;
}

static void turn_positive(run_shape_t *shape) {
  if (run_shape_area(shape) >= 0) return;
  for (int i = 0, k = shape->count - 1; i < k; ++i, --k) {
    const double x = shape->x[i], y = shape->y[i];
    shape->x[i] = shape->x[k];
    shape->y[i] = shape->y[k];
    shape->x[k] = x;
    shape->y[k] = y;
  }
}

run_shape_t run_shape_of_extent(const run_extent_t *e) {
  run_shape_t shape = {.count = 0};
  add_corner(&shape, e->left, e->top);
  add_corner(&shape, e->right, e->top);
  add_corner(&shape, e->right, e->bottom);
  add_corner(&shape, e->left, e->bottom);
  return shape;
}

static run_shape_t shape_of_rbox(const float rbox[5]) {
  run_shape_t shape = {.count = 0};
  const double c = cos((double)rbox[4]), s = sin((double)rbox[4]);
  for (int i = 0; i < 4; ++i) {
    const double u = (i == 1 || i == 2 ? 0.5 : -0.5) * (double)rbox[2];
    const double v = (i >= 2 ? 0.5 : -0.5) * (double)rbox[3];
    add_corner(&shape, (double)rbox[0] + u * c - v * s, (double)rbox[1] + u * s + v * c);
  }
  return shape;
}

static run_shape_t shape_of_polygon(const run_item_t *item) {
  run_shape_t shape = {.count = 0};
  for (int i = 0; i < item->polygon_size && i < MAX_POLYGON; ++i)
    add_corner(&shape, (double)item->polygon[i].x, (double)item->polygon[i].y);
  return shape;
}

run_shape_t run_shape_of(const run_item_t *item) {
  const run_extent_t box = {(double)item->bbox.left, (double)item->bbox.top,
                            (double)item->bbox.right, (double)item->bbox.bottom};
  run_shape_t shape = item->fields & RUN_RBOX ? shape_of_rbox(item->rbox)
                      : item->polygon         ? shape_of_polygon(item)
                                              : run_shape_of_extent(&box);
  turn_positive(&shape);
  return shape;
}

run_extent_t run_shape_extent(const run_shape_t *shape) {
  run_extent_t e = {shape->x[0], shape->y[0], shape->x[0], shape->y[0]};
  for (int i = 1; i < shape->count; ++i) {
    e.left = fmin(e.left, shape->x[i]);
    e.top = fmin(e.top, shape->y[i]);
    e.right = fmax(e.right, shape->x[i]);
    e.bottom = fmax(e.bottom, shape->y[i]);
  }
  return e;
}

// Keeps what lies left of the line from corner |i| of |by| to the next.
static run_shape_t cut(const run_shape_t *shape, const run_shape_t *by, int i) {
  const int k = (i + 1) % by->count;
  const double ax = by->x[i], ay = by->y[i], dx = by->x[k] - ax, dy = by->y[k] - ay;
  run_shape_t result = {.count = 0};
  for (int p = 0; p < shape->count; ++p) {
    const int q = (p + 1) % shape->count;
    const double side_p = dx * (shape->y[p] - ay) - dy * (shape->x[p] - ax);
    const double side_q = dx * (shape->y[q] - ay) - dy * (shape->x[q] - ax);
    if (side_p >= 0) add_corner(&result, shape->x[p], shape->y[p]);
    if ((side_p >= 0) == (side_q >= 0)) continue;
    const double t = side_p / (side_p - side_q);
    add_corner(&result, shape->x[p] + t * (shape->x[q] - shape->x[p]),
               shape->y[p] + t * (shape->y[q] - shape->y[p]));
  }
  return result;
}

run_shape_t run_shape_intersect(const run_shape_t *a, const run_shape_t *b) {
  run_shape_t common = *a;
  for (int i = 0; i < b->count && common.count; ++i) common = cut(&common, b, i);
  return common;
}

//===--- enclosing ---------------------------------------------------------===//

// A rectangle with the sides |u| and |v|, at right angles and of length 1, from |low| to |high|.
typedef struct frame_t {
  double ux, uy, vx, vy;
  double low_u, high_u, low_v, high_v;
} frame_t;

static void enclose(frame_t *frame, const run_shape_t *shapes, int count) {
  frame->low_u = frame->low_v = HUGE_VAL;
  frame->high_u = frame->high_v = -HUGE_VAL;
  for (int s = 0; s < count; ++s) {
    for (int i = 0; i < shapes[s].count; ++i) {
      const double u = shapes[s].x[i] * frame->ux + shapes[s].y[i] * frame->uy;
      const double v = shapes[s].x[i] * frame->vx + shapes[s].y[i] * frame->vy;
      frame->low_u = fmin(frame->low_u, u);
      frame->high_u = fmax(frame->high_u, u);
      frame->low_v = fmin(frame->low_v, v);
      frame->high_v = fmax(frame->high_v, v);
    }
  }
}

static mmdeploy_point_t point_at(const frame_t *f, double u, double v) {
  return (mmdeploy_point_t){(float)(u * f->ux + v * f->vx), (float)(u * f->uy + v * f->vy)};
}

static void enclose_rbox(run_item_t *item, const run_shape_t *shapes, int count) {
  const double c = cos((double)item->rbox[4]), s = sin((double)item->rbox[4]);
  frame_t f = {.ux = c, .uy = s, .vx = -s, .vy = c};
  enclose(&f, shapes, count);
  const mmdeploy_point_t centre = point_at(&f, (f.low_u + f.high_u) / 2, (f.low_v + f.high_v) / 2);
  item->rbox[0] = centre.x;
  item->rbox[1] = centre.y;
  item->rbox[2] = (float)(f.high_u - f.low_u);
  item->rbox[3] = (float)(f.high_v - f.low_v);
}

// The corners keep their order. Only for polygons of four corners.
static void enclose_polygon(run_item_t *item, const run_shape_t *shapes, int count) {
  mmdeploy_point_t *p = item->polygon;
  const run_shape_t own = shape_of_polygon(item);
  const double turn = run_shape_area(&own) < 0 ? -1 : 1;
  double dx = (double)(p[1].x - p[0].x), dy = (double)(p[1].y - p[0].y);
  const double length = hypot(dx, dy);
  dx = length > 0 ? dx / length : 1;
  dy = length > 0 ? dy / length : 0;
  frame_t f = {.ux = dx, .uy = dy, .vx = -dy * turn, .vy = dx * turn};
  enclose(&f, shapes, count);
  p[0] = point_at(&f, f.low_u, f.low_v);
  p[1] = point_at(&f, f.high_u, f.low_v);
  p[2] = point_at(&f, f.high_u, f.high_v);
  p[3] = point_at(&f, f.low_u, f.high_v);
}

void run_shape_enclose(run_item_t *item, const run_shape_t *shapes, int count) {
  if (item->fields & RUN_RBOX) {
    enclose_rbox(item, shapes, count);
  } else if (item->polygon_size == 4) {
    enclose_polygon(item, shapes, count);
  } else if (item->fields & RUN_BBOX) {
    frame_t f = {.ux = 1, .vy = 1};
    enclose(&f, shapes, count);
    item->bbox =
        (mmdeploy_rect_t){(float)f.low_u, (float)f.low_v, (float)f.high_u, (float)f.high_v};
  }
}
