// SPDX-License-Identifier: Apache-2.0
#include "media/cairo_api.h"

#include <stdbool.h>

#include "base/dynlib.h"
#include "base/thread.h"

static mmd_mutex_t g_mutex = MMD_MUTEX_INIT;
static bool g_has_fonts;
static mmd_cairo_api_t g_api;

static mmd_status_t load_cairo(mmd_dynlib_t *library, mmd_cairo_api_t *api) {
#define X(function) MMD_TRY(mmd_dynlib_symbol(library, #function, &api->function));
  MMD_CAIRO_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_pango(mmd_dynlib_t *library, mmd_cairo_api_t *api) {
  MMD_PANGO_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_pangocairo(mmd_dynlib_t *library, mmd_cairo_api_t *api) {
  MMD_PANGOCAIRO_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_glib(mmd_dynlib_t *library, mmd_cairo_api_t *api) {
  MMD_GLIB_FUNCTIONS(X)
  return NULL;
}

static mmd_status_t load_gobject(mmd_dynlib_t *library, mmd_cairo_api_t *api) {
  MMD_GOBJECT_FUNCTIONS(X)
#undef X
  return NULL;
}

typedef mmd_status_t (*load_fn)(mmd_dynlib_t *library, mmd_cairo_api_t *api);

static const struct {
  const char *name;
  load_fn load;
} LIBRARIES[] = {
    {"libcairo.so.2", load_cairo},
    {"libpango-1.0.so.0", load_pango},
    {"libpangocairo-1.0.so.0", load_pangocairo},
    {"libglib-2.0.so.0", load_glib},
    {"libgobject-2.0.so.0", load_gobject},
};
#define LIBRARY_COUNT (sizeof LIBRARIES / sizeof *LIBRARIES)

// Without any font pango prints to standard error and draws boxes.
static mmd_status_t check_fonts(const mmd_cairo_api_t *api) {
  PangoFontFamily **families = NULL;
  int count = 0;
  api->pango_font_map_list_families(api->pango_cairo_font_map_get_default(), &families, &count);
  api->g_free(families);
  if (count > 0) return NULL;
  return MMD_ERROR(MMD_UNAVAILABLE, "no fonts are installed (Debian: fonts-noto-core)");
}

// After a success the libraries stay open: glib's types cannot be unloaded.
static mmd_dynlib_t *g_libraries[LIBRARY_COUNT];

static mmd_status_t load(mmd_cairo_api_t *api) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < LIBRARY_COUNT && !status; ++i) {
    status = mmd_dynlib_open(LIBRARIES[i].name, &g_libraries[i]);
    if (!status) status = LIBRARIES[i].load(g_libraries[i], api);
  }
  if (!status) return NULL;
  for (size_t i = 0; i < LIBRARY_COUNT; ++i) {
    mmd_dynlib_close(g_libraries[i]);
    g_libraries[i] = NULL;
  }
  return status;
}

mmd_status_t mmd_cairo_api_get(const mmd_cairo_api_t **out_api) {
  mmd_status_t status = NULL;
  mmd_mutex_lock(&g_mutex);
  if (!g_libraries[0]) status = load(&g_api);
  if (!status && !g_has_fonts) status = check_fonts(&g_api);
  if (!status) g_has_fonts = true;
  mmd_mutex_unlock(&g_mutex);
  *out_api = status ? NULL : &g_api;
  return mmd_status_annotate(status, "drawing needs cairo, pango and a font");
}
