// SPDX-License-Identifier: Apache-2.0
//
// Pictures as SVG, placed by graph_layout.c.
#include "base/alloc.h"
#include "convert/graph_layout.h"
#include "convert/graph_picture.h"

static const double margin = 20, title_size = 12, line_size = 10, line_gap = 13, padding = 8;

// Text with what XML keeps for itself written out; control characters were taken out before.
static mmd_status_t escape(const char *text, mmd_str_t *out) {
  for (; *text; ++text) {
    const char *entity = *text == '<'   ? "&lt;"
                         : *text == '>' ? "&gt;"
                         : *text == '&' ? "&amp;"
                         : *text == '"' ? "&quot;"
                                        : NULL;
    if (entity) {
      MMD_TRY(mmd_str_append(out, entity));
    } else {
      MMD_TRY(mmd_str_append_char(out, *text));
    }
  }
  return NULL;
}

// Wide enough for the usual sans-serif fonts.
static double text_width(const char *text, double size, bool bold) {
  double width = 0;
  for (; *text; ++text) {
    const unsigned char c = (unsigned char)*text;
    if ((c & 0xc0) == 0x80) continue;
    const bool is_narrow = c == 'i' || c == 'l' || c == '.' || c == ',' || c == '[' || c == ']' ||
                           c == ' ' || c == 'f' || c == 't';
    width += c >= 0x80 ? 1.0 : is_narrow ? 0.36 : c >= 'A' && c <= 'Z' ? 0.72 : 0.62;
  }
  return width * size * (bold ? 1.08 : 1);
}

static void measure(const mmd_picture_box_t *box, mmd_layout_box_t *out) {
  int lines = 0;
  out->width = 60;
  for (int k = 0; k < MMD_PICTURE_LINES; ++k) {
    if (!box->lines[k]) continue;
    const double width = text_width(box->lines[k], k ? line_size : title_size, !k) + 2 * padding;
    if (width > out->width) out->width = width;
    ++lines;
  }
  out->height = line_gap * lines + padding;
}

static mmd_status_t write_box(const mmd_picture_box_t *box, const mmd_layout_box_t *place,
                              mmd_str_t *out) {
  double y = place->y - place->height / 2;
  MMD_TRY(mmd_str_append(out, "<g><title>"));
  MMD_TRY(escape(box->detail, out));
  MMD_TRY(mmd_str_printf(out,
                         "</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                         "rx=\"%d\" fill=\"%s\"/>",
                         place->x - place->width / 2, y, place->width, place->height,
                         box->kind == MMD_PICTURE_PORT ? 14 : 5, mmd_picture_colour(box->kind)));
  y += 1.5;
  for (int k = 0; k < MMD_PICTURE_LINES; ++k) {
    if (!box->lines[k]) continue;
    y += line_gap;
    MMD_TRY(mmd_str_printf(out, "<text x=\"%.1f\" y=\"%.1f\"%s>", place->x, y,
                           k ? "" : " class=\"t\""));
    MMD_TRY(escape(box->lines[k], out));
    MMD_TRY(mmd_str_append(out, "</text>"));
  }
  return mmd_str_append(out, "</g>\n");
}

// From where the pen is to (x, y), leaving and arriving upright.
static mmd_status_t curve_to(double from_x, double from_y, double x, double y, mmd_str_t *out) {
  if (from_x == x) return mmd_str_printf(out, "L%.1f %.1f", x, y);
  const double middle = (from_y + y) / 2;
  return mmd_str_printf(out, "C%.1f %.1f %.1f %.1f %.1f %.1f", from_x, middle, x, middle, x, y);
}

static mmd_status_t write_arrow(const mmd_layout_t *layout, const mmd_layout_arrow_t *arrow,
                                mmd_str_t *out) {
  const bool is_down = arrow->from < arrow->to;
  const mmd_layout_box_t *above = &layout->boxes[is_down ? arrow->from : arrow->to];
  const mmd_layout_box_t *below = &layout->boxes[is_down ? arrow->to : arrow->from];
  double x = above->x, y = above->y + above->height / 2;
  MMD_TRY(mmd_str_printf(out, "<path class=\"%s\" d=\"M%.1f %.1f", is_down ? "e" : "e b", x, y));
  for (size_t i = 0; i < arrow->bend_count; ++i) {
    const mmd_layout_box_t *bend = &layout->bends[arrow->first_bend + i];
    MMD_TRY(curve_to(x, y, bend->x, bend->y - bend->height / 2, out));
    x = bend->x;
    y = bend->y + bend->height / 2;
    MMD_TRY(mmd_str_printf(out, "L%.1f %.1f", x, y));
  }
  MMD_TRY(curve_to(x, y, below->x, below->y - below->height / 2, out));
  return mmd_str_append(out, "\"/>\n");
}

static mmd_status_t write_head(const mmd_picture_t *picture, const mmd_layout_t *layout,
                               mmd_str_t *out) {
  const double width = layout->width + 2 * margin, height = layout->height + 2 * margin;
  MMD_TRY(mmd_str_printf(out,
                         "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                         "viewBox=\"%.1f %.1f %.1f %.1f\">\n<title>",
                         width, height, -margin, -margin, width, height));
  MMD_TRY(escape(picture->tree.items[0].name, out));
  MMD_TRY(mmd_str_printf(
      out,
      "</title>\n<style>text{font:%.0fpx Helvetica,Arial,sans-serif;text-anchor:middle;fill:#222}"
      ".t{font-size:%.0fpx;font-weight:bold}rect{stroke:#777}"
      ".e{fill:none;stroke:#666;marker-end:url(#a)}.b{stroke-dasharray:4 3;marker-end:none;"
      "marker-start:url(#a)}</style>\n",
      line_size, title_size));
  MMD_TRY(mmd_str_append(
      out,
      "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#666\"/>"
      "</marker></defs>\n"));
  return mmd_str_printf(out,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
                        "fill=\"#fff\" style=\"stroke:none\"/>\n",
                        -margin, -margin, width, height);
}

static mmd_status_t write_all(const mmd_picture_t *picture, const mmd_layout_t *layout,
                              mmd_str_t *out) {
  MMD_TRY(write_head(picture, layout, out));
  for (size_t i = 0; i < layout->arrow_count; ++i)
    MMD_TRY(write_arrow(layout, &layout->arrows[i], out));
  for (size_t i = 0; i < picture->box_count; ++i)
    MMD_TRY(write_box(&picture->boxes[i], &layout->boxes[i], out));
  return mmd_str_append(out, "</svg>\n");
}

mmd_status_t mmd_picture_write_svg(const mmd_picture_t *picture, mmd_str_t *out) {
  mmd_layout_t layout = {.box_count = picture->box_count, .arrow_count = picture->arrow_count};
  layout.boxes = mmd_alloc_array(layout.box_count + 1, sizeof *layout.boxes);
  layout.arrows = mmd_alloc_array(layout.arrow_count + 1, sizeof *layout.arrows);
  mmd_status_t status = layout.boxes && layout.arrows ? NULL : mmd_status_no_memory();
  for (size_t i = 0; i < layout.box_count && !status; ++i)
    measure(&picture->boxes[i], &layout.boxes[i]);
  for (size_t i = 0; i < layout.arrow_count && !status; ++i) {
    layout.arrows[i].from = picture->arrows[i].from;
    layout.arrows[i].to = picture->arrows[i].to;
  }
  if (!status) status = mmd_layout_place(&layout);
  if (!status) status = write_all(picture, &layout, out);
  mmd_layout_deinit(&layout);
  mmd_free(layout.boxes);
  mmd_free(layout.arrows);
  return status;
}
