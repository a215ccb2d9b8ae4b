// SPDX-License-Identifier: Apache-2.0
#include "media/caption.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

#define MAX_WIDTH 40.  // of a text, in font sizes; the rest becomes an ellipsis
#define LINE 1.42      // height of a caption
#define BASELINE 1.06
#define PADDING 0.28
#define MAX_TEXT 1024  // bytes

typedef struct stencil_t {
  int width;
  double advance;
  uint8_t alpha[];  // captions->height rows
} stencil_t;

mmd_captions_t mmd_captions_make(double font) {
  return (mmd_captions_t){.font = font, .height = (int)ceil(font * LINE)};
}

void mmd_captions_deinit(mmd_captions_t *captions) {
  for (size_t i = 0; i < mmd_map_size(&captions->stencils); ++i)
    mmd_free(mmd_map_at(&captions->stencils, i).value);
  mmd_map_deinit(&captions->stencils);
  mmd_canvas_close(captions->ruler);
  mmd_bitmap_deinit(&captions->ruler_pixels);
}

//===--- stencils ----------------------------------------------------------===//

static mmd_status_t open_ruler(mmd_captions_t *captions) {
  if (captions->ruler) return NULL;
  if (!captions->ruler_pixels.pixels) MMD_TRY(mmd_bitmap_create(1, 1, 3, &captions->ruler_pixels));
  memset(captions->ruler_pixels.pixels, 0, 3);
  return mmd_canvas_open(&captions->ruler_pixels, 0, 0, 1, 1, &captions->ruler);
}

// White on black: what is drawn is the cover.
static mmd_status_t write_text(const mmd_text_style_t *style, const char *text, double max_width,
                               mmd_bitmap_t *bitmap) {
  mmd_canvas_t *canvas = NULL;
  memset(bitmap->pixels, 0, mmd_bitmap_stride(bitmap) * (size_t)bitmap->height);
  MMD_TRY(mmd_canvas_open(bitmap, 0, 0, bitmap->width, bitmap->height, &canvas));
  mmd_canvas_text(canvas, style, text, 0, round(style->size * BASELINE), max_width);
  mmd_status_t status = mmd_canvas_commit(canvas);
  mmd_canvas_close(canvas);
  return status;
}

static mmd_status_t make_stencil(mmd_captions_t *captions, const char *text,
                                 stencil_t **out_stencil) {
  const mmd_text_style_t style = {captions->font, false, {1, 1, 1, 1}};
  mmd_bitmap_t bitmap;
  MMD_TRY(open_ruler(captions));
  const double max_width = captions->font * MAX_WIDTH;
  const double advance = fmin(mmd_canvas_text_width(captions->ruler, &style, text), max_width);
  const int width = (int)ceil(advance) + 1;
  MMD_TRY(mmd_bitmap_create((uint32_t)width, (uint32_t)captions->height, 3, &bitmap));
  mmd_status_t status = write_text(&style, text, max_width, &bitmap);
  const size_t size = (size_t)width * (size_t)captions->height;
  stencil_t *stencil = status ? NULL : mmd_alloc_uninit(sizeof *stencil + size);
  if (!status && !stencil) status = mmd_status_no_memory();
  if (!status) {
    stencil->width = width;
    stencil->advance = advance;
    for (size_t i = 0; i < size; ++i) stencil->alpha[i] = bitmap.pixels[i * 3];
  }
  mmd_bitmap_deinit(&bitmap);
  *out_stencil = stencil;
  return status;
}

// |text| is any bytes; the stencil belongs to |captions|.
static mmd_status_t get_stencil(mmd_captions_t *captions, const char *text, stencil_t **out) {
  *out = mmd_map_get(&captions->stencils, text);
  if (*out) return NULL;
  char *clean = mmd_strndup(text, strnlen(text, MAX_TEXT));
  MMD_TRY_ALLOC(clean);
  mmd_str_sanitize(clean);
  mmd_status_t status = make_stencil(captions, clean, out);
  mmd_free(clean);
  if (!status) status = mmd_map_set(&captions->stencils, text, *out, NULL);
  if (status) {
    mmd_free(*out);
    *out = NULL;
  }
  return status;
}

//===--- captions ----------------------------------------------------------===//

// The pieces of a caption from left to right: the text, a gap, the digits of the score.
typedef struct layout_t {
  const stencil_t *pieces[16];
  double x[16];
  size_t count;
  double width;
} layout_t;

static mmd_status_t add_piece(mmd_captions_t *captions, const char *text, layout_t *layout) {
  stencil_t *stencil = NULL;
  MMD_TRY(get_stencil(captions, text, &stencil));
  layout->pieces[layout->count] = stencil;
  layout->x[layout->count++] = layout->width;
  layout->width += stencil->advance;
  return NULL;
}

static mmd_status_t lay_out(mmd_captions_t *captions, const mmd_caption_t *caption,
                            layout_t *layout) {
  layout->width = captions->font * PADDING;
  if (caption->text && *caption->text) MMD_TRY(add_piece(captions, caption->text, layout));
  if (caption->score >= 0 && caption->score < 1e6f) {
    char digits[16];
    snprintf(digits, sizeof digits, "%.2f", (double)caption->score);
    if (layout->count) layout->width += captions->font * 0.35;
    for (const char *c = digits; *c; ++c) {
      const char text[] = {*c, 0};
      MMD_TRY(add_piece(captions, text, layout));
    }
  }
  layout->width = ceil(layout->width + captions->font * PADDING);
  return NULL;
}

// Black on bright ground, white on dark.
static mmd_color_t ink_on(mmd_color_t ground) {
  const int light = (ground.red * 299 + ground.green * 587 + ground.blue * 114) / 1000;
  return light > 140 ? (mmd_color_t){0, 0, 0} : (mmd_color_t){255, 255, 255};
}

mmd_status_t mmd_caption_draw(mmd_captions_t *captions, const mmd_caption_t *caption, double x,
                              double y, mmd_color_t ground, mmd_bitmap_t *bitmap) {
  layout_t layout = {.count = 0};
  if (!isfinite(x) || !isfinite(y)) return NULL;
  MMD_TRY(lay_out(captions, caption, &layout));
  if (!layout.count) return NULL;
  const double left = fmax(0, fmin(round(x), bitmap->width - layout.width));
  double top = round(y) - captions->height;
  if (top < 0) top = fmax(0, fmin(round(y), bitmap->height - captions->height));
  top = fmin(top, bitmap->height);
  mmd_raster_fill(bitmap, (int)left, (int)top, (int)layout.width, captions->height, ground, 256);
  const mmd_color_t ink = ink_on(ground);
  for (size_t i = 0; i < layout.count; ++i) {
    mmd_raster_stencil(bitmap, (int)round(left + layout.x[i]), (int)top, layout.pieces[i]->alpha,
                       layout.pieces[i]->width, captions->height, ink);
  }
  return NULL;
}
