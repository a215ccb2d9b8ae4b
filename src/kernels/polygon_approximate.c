// SPDX-License-Identifier: Apache-2.0
//
// Ramer, Douglas and Peucker's way on a closed polygon, in OpenCV's order: two far points split it,
// each part is split at its farthest point until it is flat, and a last round drops points on
// almost straight lines.
#include <math.h>

#include "base/alloc.h"
#include "kernels/polygon.h"

enum { SEARCHES = 3 };

// From |begin| to |end| along the polygon, both included; wraps round.
typedef struct part_t {
  size_t begin, end;
} part_t;

typedef struct split_t {
  const mmd_ipoint_t *points;
  size_t count;
  double epsilon;  // squared
  part_t *stack;
  size_t depth, capacity;
  mmd_ipoint_t *out;
  size_t out_count;
} split_t;

static size_t next_of(const split_t *split, size_t i) {
  return i + 1 < split->count ? i + 1 : 0;
}

static mmd_status_t push(split_t *split, size_t begin, size_t end) {
  MMD_TRY(MMD_GROW(split->stack, split->capacity, split->depth + 1));
  split->stack[split->depth++] = (part_t){begin, end};
  return NULL;
}

// Hops to the farthest point some times. Gives the last two; false when all points lie within
// epsilon, |out_from| being the one to keep.
static bool find_far_points(const split_t *split, size_t *out_from, size_t *out_to) {
  size_t from = 0, to = 0, step = 0;
  double farthest = 0;
  for (int k = 0; k < SEARCHES; ++k) {
    from = (from + step) % split->count;
    farthest = 0;
    for (size_t j = 1; j < split->count; ++j) {
      to = (from + j) % split->count;
      const double dx = (double)split->points[to].x - split->points[from].x;
      const double dy = (double)split->points[to].y - split->points[from].y;
      const double distance = dx * dx + dy * dy;
      if (distance > farthest) {
        farthest = distance;
        step = j;
      }
    }
  }
  *out_from = from;
  *out_to = (from + step) % split->count;
  return farthest > split->epsilon;
}

// The point of a part that is farthest from its chord; false when the part is flat.
static bool find_corner(const split_t *split, part_t part, size_t *out_corner) {
  const mmd_ipoint_t a = split->points[part.begin], b = split->points[part.end];
  const double dx = (double)b.x - a.x, dy = (double)b.y - a.y;
  double farthest = 0;
  for (size_t i = next_of(split, part.begin); i != part.end; i = next_of(split, i)) {
    const mmd_ipoint_t p = split->points[i];
    const double distance = fabs(((double)p.y - a.y) * dx - ((double)p.x - a.x) * dy);
    if (distance > farthest) {
      farthest = distance;
      *out_corner = i;
    }
  }
  return farthest * farthest > split->epsilon * (dx * dx + dy * dy);
}

static mmd_status_t split_all(split_t *split) {
  while (split->depth) {
    const part_t part = split->stack[--split->depth];
    size_t corner = 0;
    if (find_corner(split, part, &corner)) {
      MMD_TRY(push(split, corner, part.end));
      MMD_TRY(push(split, part.begin, corner));
    } else {
      split->out[split->out_count++] = split->points[part.begin];
    }
  }
  return NULL;
}

// Whether |b| lies near the line from |a| to |c| and between them. Lines along an axis are left.
static bool is_straight(mmd_ipoint_t a, mmd_ipoint_t b, mmd_ipoint_t c, double epsilon) {
  const double dx = (double)c.x - a.x, dy = (double)c.y - a.y;
  const double bx = (double)b.x - a.x, by = (double)b.y - a.y;
  const double distance = fabs(bx * dy - by * dx);
  const double forward = bx * ((double)c.x - b.x) + by * ((double)c.y - b.y);
  return distance * distance <= 0.5 * epsilon * (dx * dx + dy * dy) && dx != 0 && dy != 0 &&
         forward >= 0;
}

// Writes behind the place where it reads, as OpenCV does, and so reads some points that it wrote.
static size_t drop_straight(mmd_ipoint_t *points, size_t count, double epsilon) {
  size_t read = 0, write = count - 1, left = count;
  mmd_ipoint_t a = points[count - 1], b = points[0];
  write = 0;
  read = count > 1 ? 1 : 0;
  for (size_t i = 0; i < count && left > 2; ++i) {
    const mmd_ipoint_t c = points[read];
    read = read + 1 < count ? read + 1 : 0;
    if (is_straight(a, b, c, epsilon)) {
      --left;
      points[write] = a = c;
      b = points[read];
      read = read + 1 < count ? read + 1 : 0;
      ++i;
    } else {
      points[write] = a = b;
      b = c;
    }
    write = write + 1 < count ? write + 1 : 0;
  }
  return left;
}

mmd_status_t mmd_polygon_approximate(const mmd_ipoint_t *points, size_t count, double epsilon,
                                     mmd_ipoint_t *out_points, size_t *out_count) {
  split_t split = {
      .points = points, .count = count, .epsilon = epsilon * epsilon, .out = out_points};
  size_t from = 0, to = 0;
  *out_count = 0;
  if (!count) return NULL;
  mmd_status_t status = NULL;
  if (find_far_points(&split, &from, &to)) {
    status = push(&split, to, from);
    if (!status) status = push(&split, from, to);
    if (!status) status = split_all(&split);
  } else {
    out_points[split.out_count++] = points[from];
  }
  mmd_free(split.stack);
  if (!status) *out_count = drop_straight(out_points, split.out_count, split.epsilon);
  return status;
}
