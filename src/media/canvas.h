// SPDX-License-Identifier: Apache-2.0
//
// A part of a picture opened for drawing. Coordinates are pixels from the top left of that part.
#ifndef MMD_MEDIA_CANVAS_H_
#define MMD_MEDIA_CANVAS_H_

#include <stdbool.h>

#include "media/bitmap.h"

typedef struct mmd_canvas mmd_canvas_t;

typedef struct mmd_paint_t {
  double red, green, blue, alpha;  // 0..1
} mmd_paint_t;

typedef struct mmd_text_style_t {
  double size;  // pixels
  bool bold;
  mmd_paint_t paint;
} mmd_text_style_t;

// Opens |width| x |height| pixels at (|x|, |y|) of a BGR bitmap, which must stay until the canvas
// is closed.
mmd_status_t mmd_canvas_open(mmd_bitmap_t *bitmap, int x, int y, int width, int height,
                             mmd_canvas_t **out_canvas) MMD_MUST_USE;

// Puts what was drawn into the bitmap; an error if something could not be drawn.
mmd_status_t mmd_canvas_commit(mmd_canvas_t *canvas) MMD_MUST_USE;
void mmd_canvas_close(mmd_canvas_t *canvas);  // NULL is fine

void mmd_canvas_fill_rounded(mmd_canvas_t *canvas, double x, double y, double width, double height,
                             double radius, mmd_paint_t paint);

// |text| is one line of valid UTF-8.
double mmd_canvas_text_width(mmd_canvas_t *canvas, const mmd_text_style_t *style, const char *text);

// Draws from |x| on the line |baseline|; what is wider than |max_width| ends in an ellipsis.
void mmd_canvas_text(mmd_canvas_t *canvas, const mmd_text_style_t *style, const char *text,
                     double x, double baseline, double max_width);

#endif  // MMD_MEDIA_CANVAS_H_
