// SPDX-License-Identifier: Apache-2.0
//
// cairo and pango, opened when something is drawn for the first time, so that decoding does not
// load them.
#ifndef MMD_MEDIA_CAIRO_API_H_
#define MMD_MEDIA_CAIRO_API_H_

#include <pango/pangocairo.h>

#include "base/status.h"

// X(function), grouped by the library that holds it.
#define MMD_CAIRO_FUNCTIONS(X)           \
  X(cairo_image_surface_create_for_data) \
  X(cairo_surface_flush)                 \
  X(cairo_surface_destroy)               \
  X(cairo_create)                        \
  X(cairo_destroy)                       \
  X(cairo_status)                        \
  X(cairo_status_to_string)              \
  X(cairo_set_source_rgba)               \
  X(cairo_new_sub_path)                  \
  X(cairo_arc)                           \
  X(cairo_close_path)                    \
  X(cairo_move_to)                       \
  X(cairo_fill)
#define MMD_PANGO_FUNCTIONS(X)                \
  X(pango_font_description_new)               \
  X(pango_font_description_set_family_static) \
  X(pango_font_description_set_absolute_size) \
  X(pango_font_description_set_weight)        \
  X(pango_font_description_free)              \
  X(pango_font_map_list_families)             \
  X(pango_layout_set_font_description)        \
  X(pango_layout_set_text)                    \
  X(pango_layout_set_width)                   \
  X(pango_layout_set_ellipsize)               \
  X(pango_layout_set_single_paragraph_mode)   \
  X(pango_layout_get_baseline)                \
  X(pango_layout_get_size)
#define MMD_PANGOCAIRO_FUNCTIONS(X)   \
  X(pango_cairo_font_map_get_default) \
  X(pango_cairo_create_layout)        \
  X(pango_cairo_show_layout)
#define MMD_GLIB_FUNCTIONS(X) X(g_free)
#define MMD_GOBJECT_FUNCTIONS(X) X(g_object_unref)

typedef struct mmd_cairo_api_t {
#define X(function) __typeof__(function) *function;
  MMD_CAIRO_FUNCTIONS(X)
  MMD_PANGO_FUNCTIONS(X)
  MMD_PANGOCAIRO_FUNCTIONS(X)
  MMD_GLIB_FUNCTIONS(X)
  MMD_GOBJECT_FUNCTIONS(X)
#undef X
} mmd_cairo_api_t;

// The functions, valid as long as the process. UNAVAILABLE or NOT_FOUND when a library, a function
// or every font is missing.
mmd_status_t mmd_cairo_api_get(const mmd_cairo_api_t **out_api) MMD_MUST_USE;

#endif  // MMD_MEDIA_CAIRO_API_H_
