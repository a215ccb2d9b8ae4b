// SPDX-License-Identifier: Apache-2.0
//
// Rotating calipers: four sides of a rectangle turn round the hull, from one of its edges to the
// next. In single precision and in OpenCV's order, so that ties fall as they do there.
#include "kernels/min_area_rect.h"

#include <float.h>
#include <math.h>

#include "base/alloc.h"

#define PI 3.1415926535897932384626433832795

// The sides, each at a point of the hull: least y, greatest x, greatest y, least x.
enum { BOTTOM, RIGHT, TOP, LEFT, SIDES };

enum { STACK_POINTS = 64 };

typedef struct corner_t {
  mmd_point_t point, edge;  // the edge to the next one
  float inverse_length;     // of the edge
} corner_t;

typedef struct calipers_t {
  corner_t *corners;
  size_t count;
  size_t at[SIDES];
} calipers_t;

// The best rectangle so far: direction (a, b) of its width, and points on two sides.
typedef struct best_t {
  float area, a, b, width, height;
  size_t left, bottom;
} best_t;

static mmd_point_t point_at(const calipers_t *calipers, int side) {
  return calipers->corners[calipers->at[side]].point;
}

static void place(calipers_t *calipers) {
  size_t *at = calipers->at;
  for (size_t i = 0; i < calipers->count; ++i) {
    corner_t *corner = &calipers->corners[i];
    const mmd_point_t p = corner->point;
    const mmd_point_t next = calipers->corners[i + 1 < calipers->count ? i + 1 : 0].point;
    const double dx = (double)(next.x - p.x), dy = (double)(next.y - p.y);
    corner->edge = (mmd_point_t){(float)dx, (float)dy};
    corner->inverse_length = (float)(1.0 / sqrt(dx * dx + dy * dy));
    if (p.x < point_at(calipers, LEFT).x) at[LEFT] = i;
    if (p.x > point_at(calipers, RIGHT).x) at[RIGHT] = i;
    if (p.y > point_at(calipers, TOP).y) at[TOP] = i;
    if (p.y < point_at(calipers, BOTTOM).y) at[BOTTOM] = i;
  }
}

// The edge behind a side's point, turned back to where the bottom side lies.
static mmd_point_t turned_edge(const calipers_t *calipers, int side) {
  const mmd_point_t e = calipers->corners[calipers->at[side]].edge;
  switch (side) {
    case BOTTOM:
      return e;
    case RIGHT:
      return (mmd_point_t){e.y, -e.x};
    case TOP:
      return (mmd_point_t){-e.x, -e.y};
    default:
      return (mmd_point_t){-e.y, e.x};
  }
}

// The side that meets its next edge first; |edges| are theirs, turned.
static int next_side(const mmd_point_t edges[SIDES]) {
  int best = BOTTOM;
  for (int side = RIGHT; side < SIDES; ++side) {
    if (edges[side].y * edges[best].x - edges[side].x * edges[best].y < 0) best = side;
  }
  return best;
}

static void measure(const calipers_t *calipers, float a, float b, best_t *best) {
  const mmd_point_t left = point_at(calipers, LEFT), right = point_at(calipers, RIGHT);
  const mmd_point_t top = point_at(calipers, TOP), bottom = point_at(calipers, BOTTOM);
  const float across_x = right.x - left.x, across_y = right.y - left.y;
  const float up_x = top.x - bottom.x, up_y = top.y - bottom.y;
  const float width = across_x * a + across_y * b, height = -up_x * b + up_y * a;
  const float area = width * height;
  if (!(area <= best->area)) return;
  *best = (best_t){area, a, b, width, height, calipers->at[LEFT], calipers->at[BOTTOM]};
}

static best_t turn(calipers_t *calipers) {
  best_t best = {.area = FLT_MAX, .a = 1};
  mmd_point_t edges[SIDES];
  for (int side = 0; side < SIDES; ++side) edges[side] = turned_edge(calipers, side);
  for (size_t i = 0; i < calipers->count; ++i) {
    const int side = next_side(edges);
    const size_t at = calipers->at[side];
    const mmd_point_t e = edges[side];
    const float scale = calipers->corners[at].inverse_length;
    calipers->at[side] = at + 1 < calipers->count ? at + 1 : 0;
    edges[side] = turned_edge(calipers, side);
    measure(calipers, e.x * scale, e.y * scale, &best);
  }
  return best;
}

static float degrees(double x, double y) {
  return (float)((double)((float)atan2(y, x) * 180.0F) / PI);
}

static mmd_rotated_rect_t rect_of(const calipers_t *calipers, const best_t *best) {
  const mmd_point_t left = calipers->corners[best->left].point;
  const mmd_point_t bottom = calipers->corners[best->bottom].point;
  const float a1 = best->a, b1 = best->b, a2 = -best->b, b2 = best->a;
  const float c1 = a1 * left.x + left.y * b1, c2 = a2 * bottom.x + bottom.y * b2;
  const float inverse = 1.0F / (a1 * b2 - a2 * b1);
  const mmd_point_t corner = {(c1 * b2 - c2 * b1) * inverse, (a1 * c2 - a2 * c1) * inverse};
  const mmd_point_t w = {a1 * best->width, b1 * best->width};
  const mmd_point_t h = {a2 * best->height, b2 * best->height};
  return (mmd_rotated_rect_t){
      .x = corner.x + (w.x + h.x) * 0.5F,
      .y = corner.y + (w.y + h.y) * 0.5F,
      .width = (float)sqrt((double)w.x * w.x + (double)w.y * w.y),
      .height = (float)sqrt((double)h.x * h.x + (double)h.y * h.y),
      .angle = degrees((double)w.x, (double)w.y),
  };
}

static mmd_rotated_rect_t rect_of_line(mmd_point_t a, mmd_point_t b) {
  const double dx = (double)(b.x - a.x), dy = (double)(b.y - a.y);
  return (mmd_rotated_rect_t){
      .x = (a.x + b.x) * 0.5F,
      .y = (a.y + b.y) * 0.5F,
      .width = (float)sqrt(dx * dx + dy * dy),
      .angle = degrees(dx, dy),
  };
}

static mmd_rotated_rect_t find_rect(corner_t *corners, size_t count) {
  calipers_t calipers = {.corners = corners, .count = count};
  if (count <= 2) return rect_of_line(corners[0].point, corners[count - 1].point);
  place(&calipers);
  const best_t best = turn(&calipers);
  return rect_of(&calipers, &best);
}

static mmd_status_t check_points(const mmd_point_t *points, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (isfinite(points[i].x) && isfinite(points[i].y)) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "min_area_rect: point %zu is not finite", i);
  }
  return NULL;
}

mmd_status_t mmd_min_area_rect(const mmd_point_t *points, size_t count,
                               mmd_rotated_rect_t *out_rect) {
  size_t hull_buffer[STACK_POINTS], hull_count = 0;
  corner_t corner_buffer[STACK_POINTS];
  const bool is_small = count <= STACK_POINTS;
  *out_rect = (mmd_rotated_rect_t){0};
  if (!count) return NULL;
  MMD_TRY(check_points(points, count));
  size_t *hull = is_small ? hull_buffer : mmd_alloc_array(count, sizeof *hull);
  corner_t *corners = is_small ? corner_buffer : mmd_alloc_array(count, sizeof *corners);
  mmd_status_t status = hull && corners ? NULL : mmd_status_no_memory();
  if (!status) status = mmd_convex_hull(points, count, hull, &hull_count);
  for (size_t i = 0; i < hull_count; ++i) corners[i].point = points[hull[i]];
  if (!status) *out_rect = find_rect(corners, hull_count);
  if (!is_small) {
    mmd_free(hull);
    mmd_free(corners);
  }
  return status;
}

mmd_status_t mmd_min_area_rect_of_hull(const mmd_point_t *hull, size_t count,
                                       mmd_rotated_rect_t *out_rect) {
  corner_t corner_buffer[STACK_POINTS];
  const bool is_small = count <= STACK_POINTS;
  *out_rect = (mmd_rotated_rect_t){0};
  if (!count) return NULL;
  MMD_TRY(check_points(hull, count));
  corner_t *corners = is_small ? corner_buffer : mmd_alloc_array(count, sizeof *corners);
  MMD_TRY_ALLOC(corners);
  for (size_t i = 0; i < count; ++i) corners[i].point = hull[i];
  *out_rect = find_rect(corners, count);
  if (!is_small) mmd_free(corners);
  return NULL;
}

void mmd_rotated_rect_corners(const mmd_rotated_rect_t *rect, mmd_point_t out_corners[4]) {
  const double angle = (double)rect->angle * PI / 180;
  const float b = (float)cos(angle) * 0.5F, a = (float)sin(angle) * 0.5F;
  mmd_point_t *p = out_corners;
  p[0].x = rect->x - a * rect->height - b * rect->width;
  p[0].y = rect->y + b * rect->height - a * rect->width;
  p[1].x = rect->x + a * rect->height - b * rect->width;
  p[1].y = rect->y - b * rect->height - a * rect->width;
  p[2] = (mmd_point_t){2 * rect->x - p[0].x, 2 * rect->y - p[0].y};
  p[3] = (mmd_point_t){2 * rect->x - p[1].x, 2 * rect->y - p[1].y};
}
