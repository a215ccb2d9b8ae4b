// SPDX-License-Identifier: Apache-2.0
#include "media/draw_classification.h"

#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/last_error.h"
#include "base/str.h"
#include "media/canvas.h"
#include "media/draw_prepare.h"
#include "media/image.h"

#define MAX_LABELS 100
#define MIN_FONT 11.
#define MIN_WIDTH 260
// The rest is in units of the font size.
#define MARGIN 0.7   // around the panel
#define PADDING 0.8  // inside it
#define PITCH 2.05   // from one line to the next
#define BASELINE 1.0
#define BAR_TOP 1.4
#define BAR_HEIGHT 0.24
#define COLUMN_GAP 1.2  // between name and percentage
#define MIN_INNER 12.

static const mmd_paint_t PANEL = {0.05, 0.06, 0.08, 0.76};
static const mmd_paint_t TRACK = {1, 1, 1, 0.15};
static const mmd_paint_t FIRST_BAR = {1, 0.74, 0.22, 1};
static const mmd_paint_t OTHER_BAR = {0.60, 0.70, 0.84, 0.95};
static const mmd_paint_t FIRST_TEXT = {1, 1, 1, 1};
static const mmd_paint_t FIRST_PERCENT = {1, 0.80, 0.36, 1};
static const mmd_paint_t OTHER_TEXT = {1, 1, 1, 0.84};

typedef struct line_t {
  char *text;
  char percent[16];
  double score, percent_width;
} line_t;

typedef struct panel_t {
  mmd_canvas_t *canvas;
  line_t *lines;
  int count;
  double font, inner, percent_column;
} panel_t;

static mmd_status_t make_line(const mmdeploy_draw_label_t *label, line_t *line) {
  line->text = mmd_strdup(label->text ? label->text : "");
  MMD_TRY_ALLOC(line->text);
  mmd_str_sanitize(line->text);
  const double score = label->score;
  line->score = score >= 0 && score <= 1 ? score : score > 1 ? 1 : 0;  // NaN becomes 0
  snprintf(line->percent, sizeof line->percent, "%.1f%%", line->score * 100);
  return NULL;
}

static double panel_height(int count, double font) {
  return font * (2 * PADDING + PITCH * (count - 1) + BAR_TOP + BAR_HEIGHT);
}

// Text grows more slowly than the picture, and five lines leave more than half of the picture free.
static double choose_font(const mmd_bitmap_t *bitmap, int count) {
  const double size = fmin(bitmap->width, bitmap->height * 4. / 3);
  const double wanted = 0.076 * pow(size, 0.85);
  const double fitting = 0.56 * bitmap->height / panel_height(count, 1);
  return fmax(MIN_FONT, fmin(wanted, fitting));
}

static mmd_text_style_t name_style(const panel_t *panel, int i) {
  return (mmd_text_style_t){panel->font, i == 0, i == 0 ? FIRST_TEXT : OTHER_TEXT};
}

static mmd_text_style_t percent_style(const panel_t *panel, int i) {
  return (mmd_text_style_t){panel->font, i == 0, i == 0 ? FIRST_PERCENT : OTHER_TEXT};
}

// As wide as the names need, within limits.
static void choose_width(panel_t *panel, double max_inner) {
  double name = 0;
  for (int i = 0; i < panel->count; ++i) {
    const mmd_text_style_t style = name_style(panel, i), number = percent_style(panel, i);
    line_t *line = &panel->lines[i];
    line->percent_width = mmd_canvas_text_width(panel->canvas, &number, line->percent);
    panel->percent_column = fmax(panel->percent_column, line->percent_width);
    name = fmax(name, mmd_canvas_text_width(panel->canvas, &style, line->text));
  }
  const double wanted = ceil(name + panel->font * COLUMN_GAP + panel->percent_column);
  panel->inner = fmin(max_inner, fmax(wanted, panel->font * MIN_INNER));
}

static void draw_bar(const panel_t *panel, int i, double x, double y) {
  const double height = fmax(2, panel->font * BAR_HEIGHT);
  const double length = panel->inner * panel->lines[i].score;
  mmd_canvas_fill_rounded(panel->canvas, x, y, panel->inner, height, height / 2, TRACK);
  if (length <= 0) return;
  mmd_canvas_fill_rounded(panel->canvas, x, y, fmax(length, height), height, height / 2,
                          i == 0 ? FIRST_BAR : OTHER_BAR);
}

static void draw_line(const panel_t *panel, int i, double x, double top) {
  const mmd_text_style_t style = name_style(panel, i), number = percent_style(panel, i);
  const line_t *line = &panel->lines[i];
  const double baseline = round(top + panel->font * BASELINE);
  mmd_canvas_text(panel->canvas, &style, line->text, x, baseline,
                  panel->inner - panel->percent_column - panel->font * COLUMN_GAP);
  mmd_canvas_text(panel->canvas, &number, line->percent, x + panel->inner - line->percent_width,
                  baseline, panel->inner);
  draw_bar(panel, i, x, round(top + panel->font * BAR_TOP));
}

static void draw_panel(const panel_t *panel) {
  const double margin = round(panel->font * MARGIN), padding = panel->font * PADDING;
  mmd_canvas_fill_rounded(panel->canvas, margin, margin, round(panel->inner + 2 * padding),
                          round(panel_height(panel->count, panel->font)), panel->font * 0.7, PANEL);
  for (int i = 0; i < panel->count; ++i) {
    draw_line(panel, i, margin + padding, margin + padding + i * panel->font * PITCH);
  }
}

static mmd_status_t draw_lines(mmd_bitmap_t *bitmap, line_t *lines, int count) {
  panel_t panel = {.lines = lines, .count = count, .font = choose_font(bitmap, count)};
  const double around = 2 * panel.font * (MARGIN + PADDING);
  const int height = (int)ceil(panel_height(count, panel.font) + 2 * panel.font * MARGIN) + 1;
  MMD_TRY(mmd_draw_extend(bitmap, MIN_WIDTH, height));
  // The rows of the panel are opened over the whole width that it may take: names are measured
  // first.
  const double most = fmax(0.66 * bitmap->width, fmin(MIN_WIDTH, bitmap->width));
  MMD_TRY(mmd_canvas_open(bitmap, 0, 0, (int)most, height, &panel.canvas));
  choose_width(&panel, floor(most - around));
  draw_panel(&panel);
  mmd_status_t status = mmd_canvas_commit(panel.canvas);
  mmd_canvas_close(panel.canvas);
  return status;
}

static mmd_status_t draw_copy(const mmd_bitmap_t *bitmap, line_t *lines, int count,
                              mmd_bitmap_t *out_bitmap) {
  MMD_TRY(mmd_draw_prepare(bitmap, out_bitmap));
  mmd_status_t status = draw_lines(out_bitmap, lines, count);
  if (status) mmd_bitmap_deinit(out_bitmap);
  return status;
}

mmd_status_t mmd_draw_classification(mmd_bitmap_t *bitmap, const mmdeploy_draw_label_t *labels,
                                     int count) {
  if (count < 0 || count > MAX_LABELS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "'count' is %d; 0 to %d are accepted", count,
                     MAX_LABELS);
  }
  if (count == 0) return NULL;
  if (!labels) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'labels' is NULL");
  line_t *lines = mmd_alloc_array((size_t)count, sizeof *lines);
  MMD_TRY_ALLOC(lines);
  mmd_status_t status = NULL;
  for (int i = 0; i < count && !status; ++i) status = make_line(&labels[i], &lines[i]);
  mmd_bitmap_t drawn;
  if (!status) status = draw_copy(bitmap, lines, count, &drawn);
  if (!status) {
    mmd_bitmap_deinit(bitmap);
    *bitmap = drawn;
  }
  for (int i = 0; i < count; ++i) mmd_free(lines[i].text);
  mmd_free(lines);
  return status;
}

static mmd_status_t draw(mmdeploy_image_t image, const mmdeploy_draw_label_t *labels, int count) {
  if (!image) return MMD_ERROR(MMD_INVALID_ARGUMENT, "'image' is NULL");
  mmd_bitmap_t bitmap = image->bitmap;
  mmd_status_t status = mmd_draw_classification(&bitmap, labels, count);
  if (status) return status;
  image->bitmap = (mmd_bitmap_t){0};  // its pixels went with the drawing, or are the same
  mmd_image_replace(image, &bitmap);
  return NULL;
}

int mmdeploy_draw_classification(mmdeploy_image_t image, const mmdeploy_draw_label_t *labels,
                                 int count) {
  return mmd_last_error_set(__func__, draw(image, labels, count));
}
