// SPDX-License-Identifier: Apache-2.0
//
// The pixels that cv2.fillPoly sets: on each row the spans between edges by the even-odd rule, in
// 16.16 fixed point, and the 8-connected lines of the border.
#include <string.h>

#include "base/alloc.h"
#include "kernels/polygon.h"
#include "kernels/rows.h"

#define ONE ((int64_t)1 << 16)

enum { STACK_EDGES = 64, PREFETCH_ROWS = 32 };

typedef struct edge_t {
  int32_t top, bottom;  // rows [top, bottom)
  int64_t x, step;      // at |top|, in 1/65536
} edge_t;

typedef struct canvas_t {
  uint8_t *pixels;
  int32_t x, y, width, height;  // where it lies in the map
} canvas_t;

static void set_span(const canvas_t *canvas, int32_t y, int64_t from, int64_t to) {
  if (from < 0) from = 0;
  if (to >= canvas->width) to = canvas->width - 1;
  if (from > to) return;
  memset(canvas->pixels + (size_t)y * (size_t)canvas->width + from, 1, (size_t)(to - from + 1));
}

// Bresenham's line from the left end.
static void draw_line(const canvas_t *canvas, mmd_ipoint_t a, mmd_ipoint_t b) {
  const mmd_ipoint_t from = a.x <= b.x ? a : b, to = a.x <= b.x ? b : a;
  const int64_t width = canvas->width, down = to.y < from.y ? -width : width;
  const int64_t dx = to.x - from.x;
  const int64_t dy = to.y < from.y ? from.y - to.y : to.y - from.y;
  const bool is_steep = dy > dx;
  const int64_t count = is_steep ? dy : dx, minor = is_steep ? dx : dy;
  const int64_t major_step = is_steep ? down : 1, minor_step = is_steep ? 1 : down;
  int64_t error = count - 2 * minor;
  uint8_t *pixel = canvas->pixels + (from.y - canvas->y) * width + (from.x - canvas->x);
  if (!dy) {
    memset(pixel, 1, (size_t)dx + 1);
    return;
  }
  for (int64_t i = 0; i <= count; ++i) {
    *pixel = 1;
    if (i == count) break;
    if (error < 0) {
      pixel += minor_step;
      error += 2 * count;
    }
    error -= 2 * minor;
    pixel += major_step;
  }
}

static edge_t make_edge(const canvas_t *canvas, mmd_ipoint_t a, mmd_ipoint_t b) {
  const mmd_ipoint_t upper = a.y < b.y ? a : b, lower = a.y < b.y ? b : a;
  return (edge_t){
      .top = upper.y - canvas->y,
      .bottom = lower.y - canvas->y,
      .x = (upper.x - canvas->x) * ONE,
      .step = (lower.x - upper.x) * ONE / (lower.y - upper.y),
  };
}

static void fill_row(const canvas_t *canvas, const edge_t *edges, size_t count, int64_t *cuts,
                     int32_t y) {
  size_t cut_count = 0;
  for (size_t i = 0; i < count; ++i) {
    if (y < edges[i].top || y >= edges[i].bottom) continue;
    const int64_t x = edges[i].x + (y - edges[i].top) * edges[i].step;
    size_t at = cut_count++;
    for (; at > 0 && cuts[at - 1] > x; --at) cuts[at] = cuts[at - 1];
    cuts[at] = x;
  }
  for (size_t i = 0; i + 1 < cut_count; i += 2) {
    set_span(canvas, y, (cuts[i] + ONE - 1) >> 16, cuts[i + 1] >> 16);
  }
}

static mmd_status_t fill(const canvas_t *canvas, const mmd_ipoint_t *points, size_t count) {
  edge_t edge_buffer[STACK_EDGES];
  int64_t cut_buffer[STACK_EDGES];
  const bool is_small = count <= STACK_EDGES;
  edge_t *edges = is_small ? edge_buffer : mmd_alloc_array(count, sizeof *edges);
  int64_t *cuts = is_small ? cut_buffer : mmd_alloc_array(count, sizeof *cuts);
  size_t edge_count = 0;
  if (edges && cuts) {
    for (size_t i = 0; i < count; ++i) {
      const mmd_ipoint_t a = points[i ? i - 1 : count - 1], b = points[i];
      draw_line(canvas, a, b);
      if (a.y != b.y) edges[edge_count++] = make_edge(canvas, a, b);
    }
    for (int32_t y = 0; y < canvas->height; ++y) fill_row(canvas, edges, edge_count, cuts, y);
  }
  mmd_status_t status = edges && cuts ? NULL : mmd_status_no_memory();
  if (!is_small) {
    mmd_free(edges);
    mmd_free(cuts);
  }
  return status;
}

typedef struct sum_t {
  double value;
  size_t count;
} sum_t;

static const float *map_row(const canvas_t *canvas, int32_t y, const float *map, size_t width) {
  return map + (size_t)(y + canvas->y) * width + canvas->x;
}

// Pixel after pixel, as cv2.mean.
static sum_t sum_in_order(const canvas_t *canvas, const float *map, size_t width) {
  sum_t sum = {0};
  for (int32_t y = 0; y < canvas->height; ++y) {
    const uint8_t *row = canvas->pixels + (size_t)y * (size_t)canvas->width;
    const float *values = map_row(canvas, y, map, width);
    for (int32_t x = 0; x < canvas->width; ++x) {
      if (!row[x]) continue;
      sum.value += (double)values[x];
      ++sum.count;
    }
  }
  return sum;
}

static bool sum_exactly(const canvas_t *canvas, const float *map, size_t width, sum_t *out_sum) {
  const mmd_masked_t pixels = {
      .mask = canvas->pixels,
      .width = (size_t)canvas->width,
      .height = (size_t)canvas->height,
      .map = map_row(canvas, 0, map, width),
      .map_stride = width,
  };
  if (canvas->width % MMD_MASK_UNIT) return false;
  return mmd_rows_get()->sum_masked(&pixels, &out_sum->value, &out_sum->count);
}

static double mean_of(const canvas_t *canvas, const float *map, size_t width) {
  sum_t sum;
  if (!sum_exactly(canvas, map, width, &sum)) sum = sum_in_order(canvas, map, width);
  return sum.count ? sum.value / (double)sum.count : 0;
}

// Lets the rows come to the cache while the mask is drawn.
static void prefetch(const canvas_t *canvas, const float *map, size_t width) {
  enum { LINE = 16 };  // floats
  for (int32_t y = 0; y < canvas->height && y < PREFETCH_ROWS; ++y) {
    const float *values = map_row(canvas, y, map, width);
    for (int32_t x = 0; x < canvas->width; x += LINE) __builtin_prefetch(values + x);
  }
}

static canvas_t bounds_of(const mmd_ipoint_t *points, size_t count) {
  mmd_ipoint_t low = points[0], high = points[0];
  for (size_t i = 1; i < count; ++i) {
    if (points[i].x < low.x) low.x = points[i].x;
    if (points[i].y < low.y) low.y = points[i].y;
    if (points[i].x > high.x) high.x = points[i].x;
    if (points[i].y > high.y) high.y = points[i].y;
  }
  return (canvas_t){
      .x = low.x, .y = low.y, .width = high.x - low.x + 1, .height = high.y - low.y + 1};
}

// Whole units of the mask where the map is wide enough.
static void widen(canvas_t *canvas, size_t width) {
  const int32_t rest = canvas->width % MMD_MASK_UNIT;
  const int32_t wide = rest ? canvas->width + MMD_MASK_UNIT - rest : canvas->width;
  if ((size_t)wide > width) return;
  const int32_t last = (int32_t)(width - (size_t)wide);
  canvas->width = wide;
  if (canvas->x > last) canvas->x = last;
}

mmd_status_t mmd_polygon_mean(mmd_polygon_mask_t *mask, const mmd_ipoint_t *points, size_t count,
                              const float *map, size_t width, size_t height, double *out_mean) {
  *out_mean = 0;
  if (!count) return NULL;
  canvas_t canvas = bounds_of(points, count);
  if (canvas.x < 0 || canvas.y < 0 || (size_t)canvas.x + (size_t)canvas.width > width ||
      (size_t)canvas.y + (size_t)canvas.height > height) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "polygon_mean: a point lies outside the map of %zux%zu",
                     height, width);
  }
  widen(&canvas, width);
  const size_t size = (size_t)canvas.width * (size_t)canvas.height;
  MMD_TRY(MMD_GROW(mask->pixels, mask->capacity, size));
  canvas.pixels = mask->pixels;
  prefetch(&canvas, map, width);
  memset(canvas.pixels, 0, size);
  MMD_TRY(fill(&canvas, points, count));
  *out_mean = mean_of(&canvas, map, width);
  return NULL;
}

void mmd_polygon_mask_deinit(mmd_polygon_mask_t *mask) {
  mmd_free(mask->pixels);
  memset(mask, 0, sizeof *mask);
}
