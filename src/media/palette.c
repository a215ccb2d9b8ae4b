// SPDX-License-Identifier: Apache-2.0
#include "media/palette.h"

#include <math.h>
#include <string.h>

#include "base/last_error.h"
#include "base/str.h"
#include "media/palette_tables.h"
#include "mmdeploy/media.h"

static const struct {
  const char *name;
  const char *table;
} PALETTES[] = {
    {"cityscapes", CITYSCAPES}, {"voc", VOC}, {"ade20k", ADE20K}, {"coco", COCO},
    {"generated", NULL},
};
#define PALETTE_COUNT (sizeof PALETTES / sizeof *PALETTES)
enum { DIGITS = 6 };

static mmd_palette_t palette_at(size_t i) {
  const char *table = PALETTES[i].table;
  return (mmd_palette_t){table, table ? (int)(strlen(table) / DIGITS) : 0, DIGITS};
}

static bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// "#RRGGBB,#RRGGBB"
static mmd_status_t read_colors(const char *text, mmd_palette_t *out_palette) {
  enum { STEP = DIGITS + 2, MAX_SIZE = STEP << 16 };
  const size_t size = strnlen(text, MAX_SIZE);
  bool is_good = size < MAX_SIZE && size % STEP == STEP - 1;
  for (size_t i = 0; i < size && is_good; ++i) {
    const size_t place = i % STEP;
    is_good = place == 0 ? text[i] == '#' : place == STEP - 1 ? text[i] == ',' : is_hex(text[i]);
  }
  if (!is_good) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "palette '%.40s': '#RRGGBB,#RRGGBB,...' is expected",
                     text);
  }
  *out_palette = (mmd_palette_t){text + 1, (int)((size + 1) / STEP), STEP};
  return NULL;
}

mmd_status_t mmd_palette_find(const char *name, int class_count, mmd_palette_t *out_palette) {
  *out_palette = (mmd_palette_t){0};
  for (size_t i = 0; i < PALETTE_COUNT; ++i) {
    const mmd_palette_t palette = palette_at(i);
    if (name ? mmd_str_equal(PALETTES[i].name, name)
             : palette.count == class_count && class_count) {
      *out_palette = palette;
      return NULL;
    }
  }
  if (!name) return NULL;
  if (*name == '#') return read_colors(name, out_palette);
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "there is no palette '%s'; cityscapes, voc, ade20k, coco, generated and colours "
                   "'#RRGGBB,...' are known",
                   name);
}

static uint8_t hex_byte(const char *text) {
  unsigned value = 0;
  for (int i = 0; i < 2; ++i) {
    const char digit = (char)(text[i] | 0x20);  // digits and small letters stay
    value = value * 16 + (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  return (uint8_t)value;
}

static uint8_t channel(double hue, double saturation, double value, double n) {
  const double k = fmod(n + hue * 6, 6);
  return (uint8_t)lround(255 * (value - value * saturation * fmax(0, fmin(fmin(k, 4 - k), 1))));
}

// Hues a golden angle apart, so that neighbours differ; every turn changes brightness too.
static mmd_color_t made_color(unsigned index) {
  const double hue = fmod(0.07 + index * 0.61803398874989485, 1);
  const double saturation = 0.85 - 0.18 * (index / 7 % 3), value = 1 - 0.15 * (index / 3 % 3);
  return (mmd_color_t){channel(hue, saturation, value, 1), channel(hue, saturation, value, 3),
                       channel(hue, saturation, value, 5)};
}

mmd_color_t mmd_palette_color(const mmd_palette_t *palette, int index) {
  const unsigned number = index < 0 ? 0u - (unsigned)index : (unsigned)index;
  if (!palette->table) return made_color(number % 100000);
  const char *text =
      palette->table + (size_t)(number % (unsigned)palette->count) * (size_t)palette->step;
  return (mmd_color_t){hex_byte(text + 4), hex_byte(text + 2), hex_byte(text)};
}

static mmd_status_t get_color(const char *name, int class_count, int index, uint8_t *rgb) {
  if (!rgb) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'rgb' is NULL");
  mmd_palette_t palette;
  MMD_TRY(mmd_palette_find(name, class_count, &palette));
  const mmd_color_t color = mmd_palette_color(&palette, index);
  rgb[0] = color.red;
  rgb[1] = color.green;
  rgb[2] = color.blue;
  return NULL;
}

int mmdeploy_draw_color(const char *palette, int class_count, int index, uint8_t *rgb) {
  return mmd_last_error_set(__func__, get_color(palette, class_count, index, rgb));
}
