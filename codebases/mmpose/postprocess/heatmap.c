// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmpose/postprocess/heatmap.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "kernels/gaussian_blur.h"

static float greatest(const mmd_heatmap_t *map, size_t *out_index) {
  enum { LANES = 16 };  // a constant number becomes vectors
  const size_t count = map->width * map->height;
  const float *pixels = map->pixels;
  float lanes[LANES], value = -INFINITY;
  size_t i = 0;
  for (size_t k = 0; k < LANES; ++k) lanes[k] = -INFINITY;
  for (; i + LANES <= count; i += LANES) {
    for (size_t k = 0; k < LANES; ++k) {
      lanes[k] = pixels[i + k] > lanes[k] ? pixels[i + k] : lanes[k];
    }
  }
  for (size_t k = 0; k < LANES; ++k) value = lanes[k] > value ? lanes[k] : value;
  for (; i < count; ++i) value = pixels[i] > value ? pixels[i] : value;
  // NaN is not equal to it either.
  for (i = 0; i < count && !(pixels[i] == value); ++i) {
  }
  *out_index = i;
  return value;
}

mmd_key_point_t mmd_heatmap_maximum(const mmd_heatmap_t *map) {
  size_t index;
  const float score = greatest(map, &index);
  if (index == map->width * map->height) return (mmd_key_point_t){-1, -1, 0};
  if (!(score > 0)) return (mmd_key_point_t){-1, -1, score};
  return (mmd_key_point_t){(float)(index % map->width), (float)(index / map->width), score};
}

mmd_status_t mmd_heatmap_modulate(const mmd_heatmap_t *map, size_t size) {
  const size_t border = size / 2, row = map->width * sizeof *map->pixels;
  const size_t width = map->width + 2 * border, height = map->height + 2 * border;
  size_t area, ignored;
  const float before = greatest(map, &ignored);
  if (!mmd_checked_mul(width, height, &area)) return mmd_status_no_memory();
  float *padded = mmd_alloc_array(area, sizeof *padded);
  MMD_TRY_ALLOC(padded);
  for (size_t y = 0; y < map->height; ++y) {
    memcpy(padded + (y + border) * width + border, map->pixels + y * map->width, row);
  }
  mmd_status_t status = mmd_gaussian_blur_f32(padded, width, height, size);
  for (size_t y = 0; y < map->height && !status; ++y) {
    memcpy(map->pixels + y * map->width, padded + (y + border) * width + border, row);
  }
  mmd_free(padded);
  MMD_TRY(status);
  const float after = greatest(map, &ignored);
  if (after == 0 || isinf(after)) return NULL;
  for (size_t i = 0; i < map->width * map->height; ++i) map->pixels[i] *= before / after;
  return NULL;
}

void mmd_heatmap_log(const mmd_heatmap_t *map, float low, float high) {
  for (size_t i = 0; i < map->width * map->height; ++i) {
    const float value = map->pixels[i];
    map->pixels[i] = logf(value > low ? (value < high ? value : high) : low);
  }
}

//===--- refinement ---===//

static float pixel_at(const mmd_heatmap_t *map, ptrdiff_t x, ptrdiff_t y) {
  return map->pixels[(size_t)y * map->width + (size_t)x];
}

// As pixel_at; the map goes on as its border is.
static float clamped_at(const mmd_heatmap_t *map, ptrdiff_t x, ptrdiff_t y) {
  const ptrdiff_t right = (ptrdiff_t)map->width - 1, bottom = (ptrdiff_t)map->height - 1;
  return pixel_at(map, x < 0 ? 0 : x > right ? right : x, y < 0 ? 0 : y > bottom ? bottom : y);
}

static float quarter(float difference) {
  return difference > 0 ? .25F : difference < 0 ? -.25F : 0;
}

bool mmd_heatmap_shift(const mmd_heatmap_t *map, int release, mmd_key_point_t *point) {
  const ptrdiff_t x = (ptrdiff_t)point->x, y = (ptrdiff_t)point->y;
  const ptrdiff_t width = (ptrdiff_t)map->width, height = (ptrdiff_t)map->height;
  const bool is_x_inside = 1 < x && x < width - 1, is_y_inside = 1 < y && y < height - 1;
  const bool is_inside = is_x_inside && is_y_inside;
  // From 1.0 on each axis looks for itself.
  const bool may_x = release >= 1 ? is_x_inside && y > 0 : is_inside;
  const bool may_y = release >= 1 ? is_y_inside && x > 0 : is_inside;
  if (may_x) point->x += quarter(pixel_at(map, x + 1, y) - pixel_at(map, x - 1, y));
  if (may_y) point->y += quarter(pixel_at(map, x, y + 1) - pixel_at(map, x, y - 1));
  return is_inside;
}

typedef struct bend_t {
  double dx, dy, dxx, dyy, dxy;
} bend_t;

static void move_to_top(const bend_t *bend, mmd_key_point_t *point) {
  const double determinant = bend->dxx * bend->dyy - bend->dxy * bend->dxy;
  if (determinant == 0 || !isfinite(determinant)) return;
  const double x = (bend->dyy * bend->dx - bend->dxy * bend->dy) / determinant;
  const double y = (bend->dxx * bend->dy - bend->dxy * bend->dx) / determinant;
  point->x = (float)((double)point->x - x);
  point->y = (float)((double)point->y - y);
}

void mmd_heatmap_refine_dark(const mmd_heatmap_t *map, mmd_key_point_t *point) {
  const ptrdiff_t x = (ptrdiff_t)point->x, y = (ptrdiff_t)point->y;
  const ptrdiff_t width = (ptrdiff_t)map->width, height = (ptrdiff_t)map->height;
  if (x <= 1 || x >= width - 2 || y <= 1 || y >= height - 2) return;
  const double middle = 2 * (double)pixel_at(map, x, y);
  const float corners = pixel_at(map, x + 1, y + 1) - pixel_at(map, x + 1, y - 1) -
                        pixel_at(map, x - 1, y + 1) + pixel_at(map, x - 1, y - 1);
  const bend_t bend = {
      .dx = .5 * (double)(pixel_at(map, x + 1, y) - pixel_at(map, x - 1, y)),
      .dy = .5 * (double)(pixel_at(map, x, y + 1) - pixel_at(map, x, y - 1)),
      .dxx = .25 * ((double)pixel_at(map, x + 2, y) - middle + (double)pixel_at(map, x - 2, y)),
      .dyy = .25 * ((double)pixel_at(map, x, y + 2) - middle + (double)pixel_at(map, x, y - 2)),
      .dxy = .25 * (double)corners,
  };
  move_to_top(&bend, point);
}

void mmd_heatmap_refine_udp(const mmd_heatmap_t *map, mmd_key_point_t *point) {
  const ptrdiff_t x = (ptrdiff_t)point->x, y = (ptrdiff_t)point->y;
  if (x < 0 || y < 0) return;
  const float middle = pixel_at(map, x, y);
  const float right = clamped_at(map, x + 1, y), left = clamped_at(map, x - 1, y);
  const float below = clamped_at(map, x, y + 1), above = clamped_at(map, x, y - 1);
  const float mixed = clamped_at(map, x + 1, y + 1) - right - below + middle + middle - left -
                      above + clamped_at(map, x - 1, y - 1);
  // A flat map has no curvature; mmpose adds this to have something to divide by.
  const double least = (double)FLT_EPSILON;
  const bend_t bend = {
      .dx = (double)(.5F * (right - left)),
      .dy = (double)(.5F * (below - above)),
      .dxx = (double)(right - 2 * middle + left) + least,
      .dyy = (double)(below - 2 * middle + above) + least,
      .dxy = (double)(.5F * mixed),
  };
  move_to_top(&bend, point);
}
