// SPDX-License-Identifier: Apache-2.0
//
// Shapes into the pixels of a BGR bitmap, without cairo: fast enough for a thousand objects a
// frame. Everything is cut to the bitmap; coordinates that are not finite draw nothing.
#ifndef MMD_MEDIA_RASTER_H_
#define MMD_MEDIA_RASTER_H_

#include "media/bitmap.h"

typedef struct mmd_color_t {
  uint8_t blue, green, red;
} mmd_color_t;

typedef struct mmd_spot_t {
  double x, y;  // (0, 0) is the centre of the top left pixel
} mmd_spot_t;

// |opacity| of all: 0 (nothing) to 256 (covers).

void mmd_raster_fill(mmd_bitmap_t *bitmap, int x, int y, int width, int height, mmd_color_t color,
                     unsigned opacity);

// The four sides of a box; the outline grows inwards.
void mmd_raster_box(mmd_bitmap_t *bitmap, double left, double top, double right, double bottom,
                    int thickness, mmd_color_t color);

// With round ends and smooth edges.
void mmd_raster_line(mmd_bitmap_t *bitmap, mmd_spot_t from, mmd_spot_t to, double width,
                     mmd_color_t color);
void mmd_raster_disc(mmd_bitmap_t *bitmap, mmd_spot_t centre, double radius, mmd_color_t color);

// Bytes that are not 0 count as inside.
typedef struct mmd_raster_mask_t {
  const uint8_t *data;  // packed rows
  int left, top, width, height;
} mmd_raster_mask_t;

void mmd_raster_mask(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, mmd_color_t color,
                     unsigned opacity);
void mmd_raster_contour(mmd_bitmap_t *bitmap, const mmd_raster_mask_t *mask, mmd_color_t color,
                        int thickness);

// Colours |color| through the bytes of |alpha| (packed rows).
void mmd_raster_stencil(mmd_bitmap_t *bitmap, int x, int y, const uint8_t *alpha, int width,
                        int height, mmd_color_t color);

// A row of pixels becomes a mixture with the colours of a label map.
void mmd_raster_labels(uint8_t *row, const int *labels, int count, const mmd_color_t *colors,
                       int color_count, unsigned opacity);

#endif  // MMD_MEDIA_RASTER_H_
