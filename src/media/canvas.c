// SPDX-License-Identifier: Apache-2.0
#include "media/canvas.h"

#include <math.h>

#include "base/alloc.h"
#include "media/cairo_api.h"

#define FAMILY \
  "Noto Sans, DejaVu Sans, sans-serif"  // other scripts fall back to whatever font has them
#define PI 3.14159265358979323846

struct mmd_canvas {
  const mmd_cairo_api_t *api;
  mmd_bitmap_t *bitmap;
  int x, y, width, height;
  uint32_t *pixels;  // 0x00RRGGBB
  cairo_surface_t *surface;
  cairo_t *cairo;
};

static void load_pixels(mmd_canvas_t *self) {
  uint32_t *dst = self->pixels;
  for (int y = 0; y < self->height; ++y) {
    const uint8_t *src = mmd_bitmap_row(self->bitmap, (size_t)(self->y + y)) + (size_t)self->x * 3;
    for (int x = 0; x < self->width; ++x, src += 3) {
      *dst++ = (uint32_t)src[2] << 16 | (uint32_t)src[1] << 8 | src[0];
    }
  }
}

static void store_pixels(const mmd_canvas_t *self) {
  const uint32_t *src = self->pixels;
  for (int y = 0; y < self->height; ++y) {
    uint8_t *dst = mmd_bitmap_row(self->bitmap, (size_t)(self->y + y)) + (size_t)self->x * 3;
    for (int x = 0; x < self->width; ++x, ++src, dst += 3) {
      dst[0] = (uint8_t)*src;
      dst[1] = (uint8_t)(*src >> 8);
      dst[2] = (uint8_t)(*src >> 16);
    }
  }
}

static mmd_status_t check(const mmd_canvas_t *self) {
  const cairo_status_t error = self->api->cairo_status(self->cairo);
  if (error == CAIRO_STATUS_SUCCESS) return NULL;
  if (error == CAIRO_STATUS_NO_MEMORY) return mmd_status_no_memory();
  return MMD_ERROR(MMD_INTERNAL, "cannot draw: %s", self->api->cairo_status_to_string(error));
}

static mmd_status_t start(mmd_canvas_t *self) {
  MMD_TRY(mmd_cairo_api_get(&self->api));
  self->pixels =
      mmd_alloc_uninit((size_t)self->width * (size_t)self->height * sizeof *self->pixels);
  MMD_TRY_ALLOC(self->pixels);
  load_pixels(self);
  self->surface = self->api->cairo_image_surface_create_for_data((unsigned char *)self->pixels,
                                                                 CAIRO_FORMAT_RGB24, self->width,
                                                                 self->height, self->width * 4);
  self->cairo = self->api->cairo_create(self->surface);
  return check(self);
}

mmd_status_t mmd_canvas_open(mmd_bitmap_t *bitmap, int x, int y, int width, int height,
                             mmd_canvas_t **out_canvas) {
  *out_canvas = NULL;
  if (bitmap->channels != 3 || x < 0 || y < 0 || width <= 0 || height <= 0 ||
      width > bitmap->width - x || height > bitmap->height - y) {
    return MMD_ERROR(MMD_INTERNAL, "a canvas of %d x %d at (%d, %d) in a picture of %d x %d", width,
                     height, x, y, bitmap->width, bitmap->height);
  }
  mmd_canvas_t *self = mmd_alloc(sizeof *self);
  MMD_TRY_ALLOC(self);
  self->bitmap = bitmap;
  self->x = x;
  self->y = y;
  self->width = width;
  self->height = height;
  mmd_status_t status = start(self);
  if (status) {
    mmd_canvas_close(self);
    return status;
  }
  *out_canvas = self;
  return NULL;
}

mmd_status_t mmd_canvas_commit(mmd_canvas_t *canvas) {
  canvas->api->cairo_surface_flush(canvas->surface);
  MMD_TRY(check(canvas));
  store_pixels(canvas);
  return NULL;
}

void mmd_canvas_close(mmd_canvas_t *canvas) {
  if (!canvas) return;
  if (canvas->cairo) canvas->api->cairo_destroy(canvas->cairo);
  if (canvas->surface) canvas->api->cairo_surface_destroy(canvas->surface);
  mmd_free(canvas->pixels);
  mmd_free(canvas);
}

static void set_paint(mmd_canvas_t *canvas, mmd_paint_t paint) {
  canvas->api->cairo_set_source_rgba(canvas->cairo, paint.red, paint.green, paint.blue,
                                     paint.alpha);
}

void mmd_canvas_fill_rounded(mmd_canvas_t *canvas, double x, double y, double width, double height,
                             double radius, mmd_paint_t paint) {
  const mmd_cairo_api_t *api = canvas->api;
  cairo_t *cairo = canvas->cairo;
  const double r = fmin(radius, fmin(width, height) / 2);
  api->cairo_new_sub_path(cairo);
  api->cairo_arc(cairo, x + width - r, y + r, r, -PI / 2, 0);
  api->cairo_arc(cairo, x + width - r, y + height - r, r, 0, PI / 2);
  api->cairo_arc(cairo, x + r, y + height - r, r, PI / 2, PI);
  api->cairo_arc(cairo, x + r, y + r, r, PI, PI * 3 / 2);
  api->cairo_close_path(cairo);
  set_paint(canvas, paint);
  api->cairo_fill(cairo);
}

static PangoLayout *make_layout(mmd_canvas_t *canvas, const mmd_text_style_t *style,
                                const char *text) {
  const mmd_cairo_api_t *api = canvas->api;
  PangoLayout *layout = api->pango_cairo_create_layout(canvas->cairo);
  PangoFontDescription *font = api->pango_font_description_new();
  api->pango_font_description_set_family_static(font, FAMILY);
  api->pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
  api->pango_font_description_set_weight(font,
                                         style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  api->pango_layout_set_font_description(layout, font);
  api->pango_font_description_free(font);
  api->pango_layout_set_single_paragraph_mode(layout, TRUE);
  api->pango_layout_set_text(layout, text, -1);
  return layout;
}

static double layout_width(mmd_canvas_t *canvas, PangoLayout *layout) {
  int width = 0, height = 0;
  canvas->api->pango_layout_get_size(layout, &width, &height);
  return (double)width / PANGO_SCALE;
}

double mmd_canvas_text_width(mmd_canvas_t *canvas, const mmd_text_style_t *style,
                             const char *text) {
  PangoLayout *layout = make_layout(canvas, style, text);
  const double width = layout_width(canvas, layout);
  canvas->api->g_object_unref(layout);
  return width;
}

void mmd_canvas_text(mmd_canvas_t *canvas, const mmd_text_style_t *style, const char *text,
                     double x, double baseline, double max_width) {
  const mmd_cairo_api_t *api = canvas->api;
  PangoLayout *layout = make_layout(canvas, style, text);
  // A width moves right-to-left text to the other side, so only text that needs one gets it.
  if (layout_width(canvas, layout) > max_width) {
    api->pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    api->pango_layout_set_width(layout, (int)(max_width * PANGO_SCALE));
  }
  const double top = baseline - (double)api->pango_layout_get_baseline(layout) / PANGO_SCALE;
  api->cairo_move_to(canvas->cairo, x, top);
  set_paint(canvas, style->paint);
  api->pango_cairo_show_layout(canvas->cairo, layout);
  api->g_object_unref(layout);
}
