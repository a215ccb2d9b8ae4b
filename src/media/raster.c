// SPDX-License-Identifier: Apache-2.0
#include "media/raster.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static int clamp(int value, int low, int high) {
  return value < low ? low : value > high ? high : value;
}

static void put(uint8_t *pixel, mmd_color_t color) {
  pixel[0] = color.blue;
  pixel[1] = color.green;
  pixel[2] = color.red;
}

// |alpha| 0..256.
static uint8_t mix(uint8_t under, uint8_t over, unsigned alpha) {
  return (uint8_t)((under * (256 - alpha) + over * alpha + 128) >> 8);
}

static void mix_pixel(uint8_t *pixel, mmd_color_t color, unsigned alpha) {
  pixel[0] = mix(pixel[0], color.blue, alpha);
  pixel[1] = mix(pixel[1], color.green, alpha);
  pixel[2] = mix(pixel[2], color.red, alpha);
}

static void fill_row(uint8_t *pixels, int count, mmd_color_t color) {
  for (int i = 0; i < count; ++i, pixels += 3) put(pixels, color);
}

void mmd_raster_fill(mmd_bitmap_t *bitmap, int x, int y, int width, int height, mmd_color_t color,
                     unsigned opacity) {
  const int left = clamp(x, 0, bitmap->width), top = clamp(y, 0, bitmap->height);
  const int64_t right = (int64_t)x + width, bottom = (int64_t)y + height;
  const int count = (int)(right < bitmap->width ? right : bitmap->width) - left;
  const int end = (int)(bottom < bitmap->height ? bottom : bitmap->height);
  if (count <= 0) return;
  const uint8_t *first = NULL;
  for (int row = top; row < end; ++row) {
    uint8_t *pixels = mmd_bitmap_row(bitmap, (size_t)row) + (size_t)left * 3;
    if (opacity < 256) {
      for (int i = 0; i < count; ++i) mix_pixel(pixels + (size_t)i * 3, color, opacity);
    } else if (first) {
      memcpy(pixels, first, (size_t)count * 3);
    } else {
      fill_row(pixels, count, color);
      first = pixels;
    }
  }
}

// To whole pixels within a pixel around the bitmap, so that sides outside stay outside.
static int to_pixel(double value, int size) {
  return (int)lround(fmax(-2, fmin(value, (double)size + 1)));
}

void mmd_raster_box(mmd_bitmap_t *bitmap, double left, double top, double right, double bottom,
                    int thickness, mmd_color_t color) {
  if (!isfinite(left) || !isfinite(top) || !isfinite(right) || !isfinite(bottom)) return;
  if (right < left || bottom < top) return;
  const int x0 = to_pixel(left, bitmap->width), x1 = to_pixel(right, bitmap->width);
  const int y0 = to_pixel(top, bitmap->height), y1 = to_pixel(bottom, bitmap->height);
  const int width = x1 - x0 + 1, height = y1 - y0 + 1, t = thickness;
  const int rows = clamp(t, 0, height), columns = clamp(t, 0, width);
  mmd_raster_fill(bitmap, x0, y0, width, rows, color, 256);
  mmd_raster_fill(bitmap, x0, y1 - rows + 1, width, rows, color, 256);
  mmd_raster_fill(bitmap, x0, y0, columns, height, color, 256);
  mmd_raster_fill(bitmap, x1 - columns + 1, y0, columns, height, color, 256);
}

//===--- lines -------------------------------------------------------------===//

typedef struct segment_t {
  mmd_spot_t from;
  double dx, dy, length;  // direction of length 1
  double reach;           // half of the width
} segment_t;

static double distance(const segment_t *s, double x, double y) {
  const double px = x - s->from.x, py = y - s->from.y;
  const double along = fmax(0, fmin(px * s->dx + py * s->dy, s->length));
  return hypot(px - along * s->dx, py - along * s->dy);
}

// The columns of row |y| that the line may touch.
static void columns_of(const segment_t *s, double y, double reach, double *low, double *high) {
  if (fabs(s->dy) < 1e-3) return;
  const double centre = s->from.x + (y - s->from.y) * s->dx / s->dy;
  const double half = reach / fabs(s->dy);
  // The ends are round: beyond them only the circle counts, which the outer bounds hold.
  const double from = fmax(*low, centre - half - reach), to = fmin(*high, centre + half + reach);
  *low = from;
  *high = to;
}

static void draw_segment(mmd_bitmap_t *bitmap, const segment_t *s, mmd_color_t color) {
  const double reach = s->reach + 1;
  const double end_x = s->from.x + s->dx * s->length, end_y = s->from.y + s->dy * s->length;
  const double top = fmax(0, floor(fmin(s->from.y, end_y) - reach));
  const double bottom = fmin(bitmap->height - 1, ceil(fmax(s->from.y, end_y) + reach));
  for (double y = top; y <= bottom; ++y) {
    double low = fmin(s->from.x, end_x) - reach, high = fmax(s->from.x, end_x) + reach;
    columns_of(s, y, reach, &low, &high);
    low = fmax(0, floor(low));
    high = fmin(bitmap->width - 1, ceil(high));
    if (low > high) continue;
    uint8_t *row = mmd_bitmap_row(bitmap, (size_t)y);
    for (int x = (int)low; x <= (int)high; ++x) {
      const double cover = s->reach + 0.5 - distance(s, x, y);
      if (cover > 0) mix_pixel(row + (size_t)x * 3, color, (unsigned)(fmin(cover, 1) * 256));
    }
  }
}

void mmd_raster_line(mmd_bitmap_t *bitmap, mmd_spot_t from, mmd_spot_t to, double width,
                     mmd_color_t color) {
  segment_t segment = {
      .from = from, .length = hypot(to.x - from.x, to.y - from.y), .reach = width / 2};
  if (!isfinite(from.x) || !isfinite(from.y) || !isfinite(segment.length)) return;
  if (segment.length > 0) {
    segment.dx = (to.x - from.x) / segment.length;
    segment.dy = (to.y - from.y) / segment.length;
  }
  draw_segment(bitmap, &segment, color);
}

void mmd_raster_disc(mmd_bitmap_t *bitmap, mmd_spot_t centre, double radius, mmd_color_t color) {
  mmd_raster_line(bitmap, centre, centre, radius * 2, color);
}

//===--- masks -------------------------------------------------------------===//

// The part of a mask within the bitmap.
typedef struct window_t {
  int x0, x1, y0, y1;  // of the mask
} window_t;

static window_t window_of(const mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask) {
  const int64_t right = (int64_t)bitmap->width - mask->left;
  const int64_t bottom = (int64_t)bitmap->height - mask->top;
  return (window_t){mask->left < 0 ? -mask->left : 0,
                    right < mask->width ? (int)right : mask->width, mask->top < 0 ? -mask->top : 0,
                    bottom < mask->height ? (int)bottom : mask->height};
}

static const uint8_t *mask_row(const mmd_raster_mask_t *mask, int y) {
  return mask->data + (size_t)y * (size_t)mask->width;
}

static uint8_t *under_mask(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, int x, int y) {
  return mmd_bitmap_row(bitmap, (size_t)(mask->top + y)) + (size_t)(mask->left + x) * 3;
}

// The first of |row|[x…end) that is (not) 0.
static int find(const uint8_t *row, int x, int end, bool inside) {
  const uint64_t ones = ~(uint64_t)0 / 255;
  for (; x + 8 <= end; x += 8) {  // eight at a time where all are alike
    uint64_t word;
    memcpy(&word, row + x, sizeof word);
    if (inside ? word != 0 : ((word - ones) & ~word & (ones << 7)) != 0) break;
  }
  while (x < end && (row[x] != 0) != inside) ++x;
  return x;
}

#define PERIOD 24  // bytes of eight pixels

// Plain loops over bytes: the compiler makes vectors of them.
static void mix_span(uint8_t *restrict bytes, size_t size, const uint16_t *restrict pattern,
                     uint16_t keep) {
  for (; size >= PERIOD; size -= PERIOD, bytes += PERIOD) {
    for (size_t i = 0; i < PERIOD; ++i)
      bytes[i] = (uint8_t)((uint16_t)(bytes[i] * keep + pattern[i]) >> 8);
  }
  for (size_t i = 0; i < size; ++i)
    bytes[i] = (uint8_t)((uint16_t)(bytes[i] * keep + pattern[i]) >> 8);
}

void mmd_raster_mask(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, mmd_color_t color,
                     unsigned opacity) {
  const window_t w = window_of(bitmap, mask);
  const uint8_t channels[] = {color.blue, color.green, color.red};
  uint16_t pattern[PERIOD];
  for (size_t i = 0; i < PERIOD; ++i) pattern[i] = (uint16_t)(channels[i % 3] * opacity);
  for (int y = w.y0; y < w.y1; ++y) {
    const uint8_t *row = mask_row(mask, y);
    for (int x = find(row, w.x0, w.x1, true); x < w.x1;) {
      const int end = find(row, x, w.x1, false);
      mix_span(under_mask(bitmap, mask, x, y), (size_t)(end - x) * 3, pattern,
               (uint16_t)(256 - opacity));
      x = find(row, end, w.x1, true);
    }
  }
}

static bool is_inside(const uint8_t *row, int x, int width) {
  return row && x >= 0 && x < width && row[x];
}

static void paint_edge(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, int x, int y,
                       int thickness, mmd_color_t color) {
  const int left = mask->left + x, top = mask->top + y;
  if (top < 0 || left + thickness > bitmap->width || top + thickness > bitmap->height) {
    mmd_raster_fill(bitmap, left, top, thickness, thickness, color, 256);
    return;
  }
  uint8_t *pixel = under_mask(bitmap, mask, x, y);
  for (int k = 0; k < thickness; ++k, pixel += (size_t)bitmap->width * 3)
    fill_row(pixel, thickness, color);
}

// Within a run of the mask only its ends and what has nothing above or below it are edges.
static void contour_run(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, int y, int begin,
                        int end, int thickness, mmd_color_t color) {
  const uint8_t *above = y > 0 ? mask_row(mask, y - 1) : NULL;
  const uint8_t *below = y + 1 < mask->height ? mask_row(mask, y + 1) : NULL;
  if (!above || !below) {
    for (int x = begin; x < end; ++x) paint_edge(bitmap, mask, x, y, thickness, color);
    return;
  }
  const uint8_t *row = mask_row(mask, y);
  if (!is_inside(row, begin - 1, mask->width)) paint_edge(bitmap, mask, begin, y, thickness, color);
  if (!is_inside(row, end, mask->width)) paint_edge(bitmap, mask, end - 1, y, thickness, color);
  for (int x = find(above, begin, end, false); x < end; x = find(above, x + 1, end, false)) {
    paint_edge(bitmap, mask, x, y, thickness, color);
  }
  for (int x = find(below, begin, end, false); x < end; x = find(below, x + 1, end, false)) {
    paint_edge(bitmap, mask, x, y, thickness, color);
  }
}

void mmd_raster_contour(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, mmd_color_t color,
                        int thickness) {
  const window_t w = window_of(bitmap, mask);
  // Thick edges reach down from the rows above.
  const int first = w.y0 < thickness - 1 ? 0 : w.y0 - (thickness - 1);
  for (int y = first; y < w.y1; ++y) {
    const uint8_t *row = mask_row(mask, y);
    for (int x = find(row, w.x0, w.x1, true); x < w.x1;) {
      const int end = find(row, x, w.x1, false);
      contour_run(bitmap, mask, y, x, end, thickness, color);
      x = find(row, end, w.x1, true);
    }
  }
}

void mmd_raster_stencil(mmd_bitmap_t *bitmap, int x, int y, const uint8_t *alpha, int width,
                        int height, mmd_color_t color) {
  const mmd_raster_mask_t mask = {alpha, x, y, width, height};
  const window_t w = window_of(bitmap, &mask);
  for (int row = w.y0; row < w.y1 && w.x0 < w.x1; ++row) {
    const uint8_t *cover = mask_row(&mask, row);
    uint8_t *pixels = under_mask(bitmap, &mask, w.x0, row);
    for (int i = find(cover, w.x0, w.x1, true); i < w.x1; i = find(cover, i + 1, w.x1, true)) {
      const unsigned weight = cover[i] + (cover[i] >> 7);  // 255 becomes 256
      mix_pixel(pixels + (size_t)(i - w.x0) * 3, color, weight);
    }
  }
}

void mmd_raster_labels(uint8_t *row, const int *labels, int count, const mmd_color_t *colors,
                       int color_count, unsigned opacity) {
  for (int i = 0; i < count; ++i, row += 3) {
    if (labels[i] < 0) continue;
    mix_pixel(row, colors[labels[i] % color_count], opacity);
  }
}
