// SPDX-License-Identifier: Apache-2.0
#include "kernels/box_iou.h"

#include <math.h>

static float min_f(float a, float b) {
  return a < b ? a : b;
}

static float max_f(float a, float b) {
  return a > b ? a : b;
}

double mmd_box_iou(const float *a, const float *b) {
  float width = min_f(a[2], b[2]) - max_f(a[0], b[0]);
  float height = min_f(a[3], b[3]) - max_f(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  float overlap = width * height;
  float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  float iou = overlap / (area_a + area_b - overlap);
  return iou > 0 ? (double)iou : 0;
}

double mmd_box_iou_match(const float *a, const float *b) {
  float width = max_f(min_f(a[2], b[2]) - max_f(a[0], b[0]), 0);
  float height = max_f(min_f(a[3], b[3]) - max_f(a[1], b[1]), 0);
  float overlap = width * height;
  float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  float iou = (float)((double)overlap / ((double)(area_a + area_b - overlap) + 1e-10));
  return isnan(iou) ? 0 : (double)iou;
}

//===--- rotated boxes -----------------------------------------------------===//

enum { MAX_POINTS = 24 };  // 16 crossings of edges, 8 corners

typedef struct {
  float x, y;
} point_t;

typedef struct {
  point_t corners[4], edges[4];  // edge i goes from corner i to the next
} rectangle_t;

typedef struct {
  int count;
  point_t items[MAX_POINTS];
} points_t;

static point_t subtract(point_t a, point_t b) {
  return (point_t){a.x - b.x, a.y - b.y};
}

static float dot(point_t a, point_t b) {
  return a.x * b.x + a.y * b.y;
}

static float cross(point_t a, point_t b) {
  return a.x * b.y - b.x * a.y;
}

// |cx| and |cy| are relative to the middle between both boxes, where floats are dense.
static rectangle_t make_rectangle(float cx, float cy, const mmd_rotated_box_t *box) {
  rectangle_t r;
  float w = box->w, h = box->h, c = box->half_cos, s = box->half_sin;
  r.corners[0] = (point_t){cx - s * h - c * w, cy + c * h - s * w};
  r.corners[1] = (point_t){cx + s * h - c * w, cy - c * h - s * w};
  for (int i = 0; i < 2; ++i) {
    r.corners[i + 2] = (point_t){2 * cx - r.corners[i].x, 2 * cy - r.corners[i].y};
  }
  for (int i = 0; i < 4; ++i) r.edges[i] = subtract(r.corners[(i + 1) % 4], r.corners[i]);
  return r;
}

static void add_crossings(const rectangle_t *a, const rectangle_t *b, points_t *points) {
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      float det = cross(b->edges[j], a->edges[i]);
      if (fabs((double)det) <= 1e-14) continue;
      point_t d = subtract(b->corners[j], a->corners[i]);
      float t1 = cross(b->edges[j], d) / det, t2 = cross(a->edges[i], d) / det;
      if (!(t1 >= 0 && t1 <= 1 && t2 >= 0 && t2 <= 1)) continue;
      points->items[points->count++] =
          (point_t){a->corners[i].x + a->edges[i].x * t1, a->corners[i].y + a->edges[i].y * t1};
    }
  }
}

// The corners of |a| that lie in |b|.
static void add_corners(const rectangle_t *a, const rectangle_t *b, points_t *points) {
  point_t ab = b->edges[0], da = b->edges[3];
  float ab_ab = dot(ab, ab), da_da = dot(da, da);
  for (int i = 0; i < 4; ++i) {
    point_t d = subtract(a->corners[i], b->corners[0]);
    float u = dot(d, ab), v = -dot(d, da);
    if (u >= 0 && v >= 0 && u <= ab_ab && v <= da_da) {
      points->items[points->count++] = a->corners[i];
    }
  }
}

// The lowest point becomes the origin and the first; the others are ordered by their angle.
static void order_points(points_t *p) {
  int first = 0;
  point_t *q = p->items;
  for (int i = 1; i < p->count; ++i) {
    if (q[i].y < q[first].y || (q[i].y == q[first].y && q[i].x < q[first].x)) first = i;
  }
  point_t origin = q[first];
  for (int i = 0; i < p->count; ++i) q[i] = subtract(q[i], origin);
  point_t swap = q[0];
  q[0] = q[first];
  q[first] = swap;
  for (int i = 1; i < p->count - 1; ++i) {
    for (int j = i + 1; j < p->count; ++j) {
      float side = cross(q[i], q[j]);
      bool farther = fabs((double)side) < 1e-6 && dot(q[i], q[i]) > dot(q[j], q[j]);
      if (!((double)side < -1e-6 || farther)) continue;
      swap = q[i];
      q[i] = q[j];
      q[j] = swap;
    }
  }
}

// Keeps the corners of the hull of ordered points, in place.
static void make_hull(points_t *p) {
  point_t *q = p->items;
  int next = 1, kept = 2;
  while (next < p->count && !((double)dot(q[next], q[next]) > 1e-8)) ++next;
  if (next >= p->count) {
    p->count = 1;
    return;
  }
  q[1] = q[next];
  for (int i = next + 1; i < p->count; ++i) {
    while (kept > 1 && cross(subtract(q[i], q[kept - 2]), subtract(q[kept - 1], q[kept - 2])) >= 0)
      --kept;
    q[kept++] = q[i];
  }
  p->count = kept;
}

static float hull_area(const points_t *p) {
  float area = 0;
  const point_t *q = p->items;
  for (int i = 1; i + 1 < p->count; ++i) {
    area += fabsf(cross(subtract(q[i], q[0]), subtract(q[i + 1], q[0])));
  }
  return area / 2;
}

mmd_rotated_box_t mmd_rotated_box_make(const float *box) {
  double width = (double)box[2], height = (double)box[3];
  return (mmd_rotated_box_t){.cx = box[0],
                             .cy = box[1],
                             .w = box[2],
                             .h = box[3],
                             .half_cos = (float)cos((double)box[4]) * 0.5f,
                             .half_sin = (float)sin((double)box[4]) * 0.5f,
                             .reach = 0.5001 * sqrt(width * width + height * height)};
}

static float overlap_area(const mmd_rotated_box_t *a, const mmd_rotated_box_t *b) {
  if (mmd_rotated_box_is_far(a, b)) return 0;
  double middle_x = (double)(a->cx + b->cx) / 2, middle_y = (double)(a->cy + b->cy) / 2;
  rectangle_t r1 = make_rectangle((float)(a->cx - middle_x), (float)(a->cy - middle_y), a);
  rectangle_t r2 = make_rectangle((float)(b->cx - middle_x), (float)(b->cy - middle_y), b);
  points_t points = {.count = 0};
  add_crossings(&r1, &r2, &points);
  add_corners(&r1, &r2, &points);
  add_corners(&r2, &r1, &points);
  if (points.count <= 2) return 0;
  order_points(&points);
  make_hull(&points);
  return hull_area(&points);
}

static double iou_rotated(const mmd_rotated_box_t *a, const mmd_rotated_box_t *b,
                          double degenerate) {
  float area_a = a->w * a->h, area_b = b->w * b->h;
  if ((double)area_a < 1e-14 || (double)area_b < 1e-14) return degenerate;
  float overlap = overlap_area(a, b);
  float iou = overlap / (area_a + area_b - overlap);
  return iou > 0 ? (double)iou : 0;
}

double mmd_rotated_box_iou(const mmd_rotated_box_t *a, const mmd_rotated_box_t *b) {
  return iou_rotated(a, b, 0);
}

double mmd_box_iou_rotated(const float *a, const float *b) {
  mmd_rotated_box_t first = mmd_rotated_box_make(a), second = mmd_rotated_box_make(b);
  return iou_rotated(&first, &second, 0);
}

double mmd_box_iou_rotated_or_one(const float *a, const float *b) {
  mmd_rotated_box_t first = mmd_rotated_box_make(a), second = mmd_rotated_box_make(b);
  return iou_rotated(&first, &second, 1);
}
