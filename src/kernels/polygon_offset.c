// SPDX-License-Identifier: Apache-2.0
#include "kernels/polygon_offset.h"

#include <math.h>

#include "base/alloc.h"

#define PI 3.141592653589793238
#define TOLERANCE 0.25

// Keeps all sums of coordinates far from overflow.
enum { MAX_COORDINATE = 1 << 26 };

enum { STACK_CORNERS = 64 };

typedef struct vector_t {
  double x, y;
} vector_t;

typedef struct corner_t {
  mmd_ipoint_t point;
  vector_t normal;  // of the edge behind it
} corner_t;

typedef struct offset_t {
  corner_t *corners;
  size_t count;
  double distance, steps_per_radian, sine, cosine;  // of a step
  mmd_polygon_growth_t *growth;
} offset_t;

static int32_t round_half_away(double value) {
  return value < 0 ? (int32_t)(value - 0.5) : (int32_t)(value + 0.5);
}

static mmd_status_t add(offset_t *offset, double x, double y) {
  const mmd_ipoint_t point = {round_half_away(x), round_half_away(y)};
  mmd_polygon_growth_t *growth = offset->growth;
  MMD_TRY(MMD_GROW(growth->path, growth->path_capacity, growth->path_count + 1));
  growth->path[growth->path_count++] = point;
  return NULL;
}

// The point moved along a normal.
static mmd_status_t add_moved(offset_t *offset, mmd_ipoint_t point, vector_t normal) {
  return add(offset, point.x + normal.x * offset->distance, point.y + normal.y * offset->distance);
}

static double signed_area(const offset_t *offset) {
  double sum = 0;
  for (size_t i = 0; i < offset->count; ++i) {
    const mmd_ipoint_t a = offset->corners[i ? i - 1 : offset->count - 1].point;
    const mmd_ipoint_t b = offset->corners[i].point;
    sum += ((double)a.x + b.x) * ((double)b.y - a.y);
  }
  return sum / 2;
}

static bool is_same(mmd_ipoint_t a, mmd_ipoint_t b) {
  return a.x == b.x && a.y == b.y;
}

// Without points that repeat the one before.
static void copy_points(offset_t *offset, const mmd_ipoint_t *points, size_t count) {
  while (count > 1 && is_same(points[0], points[count - 1])) --count;
  for (size_t i = 0; i < count; ++i) {
    if (i && is_same(points[i], offset->corners[offset->count - 1].point)) continue;
    offset->corners[offset->count++].point = points[i];
  }
}

static void turn_positive(offset_t *offset) {
  if (signed_area(offset) >= 0) return;
  for (size_t i = 0, j = offset->count; i + 1 < j; ++i) {
    const mmd_ipoint_t point = offset->corners[i].point;
    offset->corners[i].point = offset->corners[--j].point;
    offset->corners[j].point = point;
  }
}

static void find_normals(offset_t *offset) {
  for (size_t i = 0; i < offset->count; ++i) {
    const mmd_ipoint_t a = offset->corners[i].point;
    const mmd_ipoint_t b = offset->corners[(i + 1) % offset->count].point;
    const double dx = (double)b.x - a.x, dy = (double)b.y - a.y;
    const double scale = 1 / sqrt(dx * dx + dy * dy);
    offset->corners[i].normal = (vector_t){dy * scale, -(dx * scale)};
  }
}

static void plan_arcs(offset_t *offset) {
  const double distance = offset->distance;
  const double tolerance = TOLERANCE > distance * TOLERANCE ? distance * TOLERANCE : TOLERANCE;
  double steps = PI / acos(1 - tolerance / distance);
  if (steps > distance * PI) steps = distance * PI;
  offset->sine = sin(2 * PI / steps);
  offset->cosine = cos(2 * PI / steps);
  offset->steps_per_radian = steps / (2 * PI);
}

static mmd_status_t add_arc(offset_t *offset, mmd_ipoint_t point, vector_t from, vector_t to,
                            double sine) {
  const double angle = atan2(sine, from.x * to.x + from.y * to.y);
  const int32_t steps = round_half_away(offset->steps_per_radian * fabs(angle));
  vector_t at = from;
  for (int32_t i = 0; i < (steps > 1 ? steps : 1); ++i) {
    MMD_TRY(add_moved(offset, point, at));
    at = (vector_t){at.x * offset->cosine - offset->sine * at.y,
                    at.x * offset->sine + at.y * offset->cosine};
  }
  return add_moved(offset, point, to);
}

// The joint at a corner. |*before| is the edge whose normal the joint begins with; it stays behind
// where two edges are almost in line, as in Clipper.
static mmd_status_t add_joint(offset_t *offset, size_t corner, size_t *before) {
  const mmd_ipoint_t point = offset->corners[corner].point;
  const vector_t from = offset->corners[*before].normal, to = offset->corners[corner].normal;
  double sine = from.x * to.y - to.x * from.y;
  if (fabs(sine * offset->distance) < 1) {
    if (from.x * to.x + from.y * to.y > 0) return add_moved(offset, point, from);
  } else {
    sine = sine > 1 ? 1 : sine < -1 ? -1 : sine;
  }
  *before = corner;
  if (sine * offset->distance >= 0) return add_arc(offset, point, from, to, sine);
  MMD_TRY(add_moved(offset, point, from));
  MMD_TRY(add(offset, point.x, point.y));
  return add_moved(offset, point, to);
}

static mmd_status_t make_path(offset_t *offset) {
  size_t before = offset->count - 1;
  find_normals(offset);
  plan_arcs(offset);
  for (size_t i = 0; i < offset->count; ++i) MMD_TRY(add_joint(offset, i, &before));
  return NULL;
}

static mmd_status_t check(const mmd_ipoint_t *points, size_t count, double distance) {
  bool is_good = distance >= 0 && distance <= MAX_COORDINATE;
  for (size_t i = 0; is_good && i < count; ++i) {
    is_good = points[i].x >= -MAX_COORDINATE && points[i].x <= MAX_COORDINATE &&
              points[i].y >= -MAX_COORDINATE && points[i].y <= MAX_COORDINATE;
  }
  if (is_good) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "polygon_offset: coordinates or a distance (%g) beyond %d",
                   distance, MAX_COORDINATE);
}

static mmd_status_t offset_polygon(offset_t *offset, const mmd_ipoint_t *points, size_t count) {
  copy_points(offset, points, count);
  turn_positive(offset);
  return offset->count >= 3 ? make_path(offset) : NULL;
}

mmd_status_t mmd_polygon_offset(mmd_polygon_growth_t *growth, const mmd_ipoint_t *points,
                                size_t count, double distance) {
  corner_t buffer[STACK_CORNERS];
  offset_t offset = {.distance = distance, .growth = growth, .corners = buffer};
  growth->path_count = 0;
  MMD_TRY(check(points, count, distance));
  if (count < 3 || distance < 1e-20) return NULL;
  if (count <= STACK_CORNERS) return offset_polygon(&offset, points, count);
  offset.corners = mmd_alloc_array(count, sizeof *offset.corners);
  MMD_TRY_ALLOC(offset.corners);
  mmd_status_t status = offset_polygon(&offset, points, count);
  mmd_free(offset.corners);
  return status;
}

void mmd_polygon_growth_deinit(mmd_polygon_growth_t *growth) {
  mmd_free(growth->path);
  mmd_free(growth->hull);
  *growth = (mmd_polygon_growth_t){0};
}
