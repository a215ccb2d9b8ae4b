// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/min_area_rect.h"

typedef struct item_t {
  mmd_point_t point;
  size_t index;
} item_t;

static int compare(const void *left, const void *right) {
  const item_t *a = left, *b = right;
  if (a->point.x != b->point.x) return a->point.x < b->point.x ? -1 : 1;
  if (a->point.y != b->point.y) return a->point.y < b->point.y ? -1 : 1;
  return a->index < b->index ? -1 : a->index > b->index;
}

static double cross(mmd_point_t a, mmd_point_t b, mmd_point_t c) {
  return ((double)b.x - a.x) * ((double)c.y - b.y) - ((double)b.y - a.y) * ((double)c.x - b.x);
}

static bool is_same(const item_t *a, const item_t *b) {
  return a->point.x == b->point.x && a->point.y == b->point.y;
}

// The chain from items[0] to items[count - 1] that lies on one side: corners only. Items are
// places in |items|; the first of equal points stays.
static size_t make_chain(const item_t *items, size_t count, double side, size_t *out) {
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    if (size && is_same(&items[out[size - 1]], &items[i])) continue;
    while (size >= 2 &&
           cross(items[out[size - 2]].point, items[out[size - 1]].point, items[i].point) * side <=
               0) {
      --size;
    }
    out[size++] = i;
  }
  return size;
}

// Where points follow their own order round the hull, or the reverse of it, cv2.convexHull lets the
// hull begin where that order does.
static void shift(size_t *hull, size_t count, size_t *room) {
  size_t low = 0, high = 0, rises = 0;
  for (size_t i = 0; i < count; ++i) {
    rises += hull[i] < hull[(i + 1) % count];
    if (hull[i] < hull[low]) low = i;
    if (hull[i] > hull[high]) high = i;
  }
  if (rises != 1 && rises != count - 1) return;
  // A triangle has one rise or two: both orders are one of the two.
  const size_t first = (high + 1) % count == low ? low : high;
  for (size_t i = 0; i < count; ++i) room[i] = hull[(first + i) % count];
  memcpy(hull, room, count * sizeof *hull);
}

// |lower| and |upper| are chains from the leftmost to the rightmost point, of small and large y.
// From the rightmost point over the largest y to the leftmost and back.
static size_t join(const item_t *items, const size_t *lower, size_t lower_count,
                   const size_t *upper, size_t upper_count, size_t *out_hull) {
  size_t count = 0;
  for (size_t i = upper_count; i-- > 1;) out_hull[count++] = items[upper[i]].index;
  for (size_t i = 0; i + 1 < lower_count; ++i) out_hull[count++] = items[lower[i]].index;
  return count;
}

// Whole numbers of which |cross| is exact.
static bool is_exact(mmd_point_t p) {
  const float limit = 1 << 24;
  return fabsf(p.x) <= limit && fabsf(p.y) <= limit && truncf(p.x) == p.x && truncf(p.y) == p.y;
}

// Whether the points go round their hull, all of them corners, as those do that were taken from
// one: they turn to one side only, and go down and up once.
static bool is_hull(const mmd_point_t *points, size_t count, bool *out_is_reversed) {
  size_t turns = 0;
  bool was_up = false, is_reversed = false;
  for (size_t i = 0; i < count; ++i) {
    const mmd_point_t a = points[i ? i - 1 : count - 1];
    if (!is_exact(points[i])) return false;
    if (points[i].y != a.y) was_up = points[i].y < a.y;
  }
  for (size_t i = 0; i < count; ++i) {
    const mmd_point_t a = points[i ? i - 1 : count - 1], b = points[i];
    const mmd_point_t c = points[i + 1 < count ? i + 1 : 0];
    const double turn = cross(a, b, c);
    if (i == 0) is_reversed = turn < 0;
    if (is_reversed ? !(turn < 0) : !(turn > 0)) return false;
    if (b.y == a.y) continue;
    turns += (b.y < a.y) != was_up;
    was_up = b.y < a.y;
  }
  *out_is_reversed = is_reversed;
  return turns == 2;
}

mmd_status_t mmd_convex_hull(const mmd_point_t *points, size_t count, size_t *out_hull,
                             size_t *out_count) {
  bool is_reversed;
  *out_count = 0;
  if (!count) return NULL;
  if (is_hull(points, count, &is_reversed)) {
    for (size_t i = 0; i < count; ++i) out_hull[i] = is_reversed ? count - 1 - i : i;
    *out_count = count;
    return NULL;
  }
  item_t *items = mmd_alloc_array(count, sizeof *items);
  size_t *chains = mmd_alloc_array(count, 2 * sizeof *chains);
  mmd_status_t status = items && chains ? NULL : mmd_status_no_memory();
  if (!status) {
    for (size_t i = 0; i < count; ++i) items[i] = (item_t){points[i], i};
    qsort(items, count, sizeof *items, compare);
    if (is_same(&items[0], &items[count - 1])) {
      out_hull[(*out_count)++] = 0;
    } else {
      size_t *lower = chains, *upper = chains + count;
      const size_t lower_count = make_chain(items, count, 1, lower);
      const size_t upper_count = make_chain(items, count, -1, upper);
      *out_count = join(items, lower, lower_count, upper, upper_count, out_hull);
      if (*out_count >= 3) shift(out_hull, *out_count, chains);
    }
  }
  mmd_free(items);
  mmd_free(chains);
  return status;
}
