// SPDX-License-Identifier: Apache-2.0
//
// Pictures in the language of Graphviz: open modules are clusters.
#include "convert/graph_picture.h"

static mmd_status_t quote(const char *text, mmd_str_t *out) {
  MMD_TRY(mmd_str_append_char(out, '"'));
  for (; *text; ++text) {
    if (*text == '"' || *text == '\\') MMD_TRY(mmd_str_append_char(out, '\\'));
    MMD_TRY(mmd_str_append_char(out, *text));
  }
  return mmd_str_append_char(out, '"');
}

static mmd_status_t write_box(const mmd_picture_t *p, size_t at, mmd_str_t *out) {
  const mmd_picture_box_t *box = &p->boxes[at];
  mmd_str_t label = {0};
  mmd_status_t status = NULL;
  for (int k = 0; k < MMD_PICTURE_LINES && !status; ++k) {
    if (box->lines[k])
      status = mmd_str_printf(&label, "%s%s", label.size ? "\n" : "", box->lines[k]);
  }
  if (!status) status = mmd_str_printf(out, "b%zu [label=", at);
  if (!status) status = quote(mmd_str_text(&label), out);
  if (!status) status = mmd_str_append(out, ", tooltip=");
  if (!status) status = quote(box->detail, out);
  if (!status)
    status = mmd_str_printf(out, ", fillcolor=\"%s\"];\n", mmd_picture_colour(box->kind));
  mmd_str_deinit(&label);
  return status;
}

// Leaves the modules of the box before and enters those of this one.
static mmd_status_t enter(const mmd_picture_t *p, size_t item, mmd_str_t *out) {
  if (item == 0 || item == MMD_TREE_NONE) return NULL;
  MMD_TRY(enter(p, p->tree.items[item].parent, out));  // as deep as paths are
  MMD_TRY(mmd_str_printf(out, "subgraph cluster_%zu { label=", item));
  MMD_TRY(quote(p->tree.items[item].name, out));
  return mmd_str_append(out, "; color=\"#888888\";\n");
}

static mmd_status_t leave(const mmd_picture_t *p, size_t item, mmd_str_t *out) {
  for (; item != 0 && item != MMD_TREE_NONE; item = p->tree.items[item].parent)
    MMD_TRY(mmd_str_append(out, "}\n"));
  return NULL;
}

// Graphviz joins clusters of the same name, so each box may open its own.
static mmd_status_t write_boxes(const mmd_picture_t *p, mmd_str_t *out) {
  for (size_t i = 0; i < p->box_count; ++i) {
    const size_t item = p->boxes[i].item;
    const size_t module = item == MMD_TREE_NONE ? item : p->tree.items[item].parent;
    MMD_TRY(enter(p, module, out));
    MMD_TRY(write_box(p, i, out));
    MMD_TRY(leave(p, module, out));
  }
  return NULL;
}

static mmd_status_t write_arrow(const mmd_picture_arrow_t *arrow, mmd_str_t *out) {
  MMD_TRY(mmd_str_printf(out, "b%zu -> b%zu [tooltip=", arrow->from, arrow->to));
  MMD_TRY(quote(arrow->edge->name, out));
  if (arrow->count > 1) MMD_TRY(mmd_str_printf(out, ", label=\"%zu\"", arrow->count));
  return mmd_str_append(out, "];\n");
}

mmd_status_t mmd_picture_write_dot(const mmd_picture_t *picture, mmd_str_t *out) {
  MMD_TRY(mmd_str_append(out, "digraph "));
  MMD_TRY(quote(picture->tree.items[0].name, out));
  MMD_TRY(mmd_str_append(out,
                         " {\n"
                         "graph [fontname=\"Helvetica\", fontsize=11];\n"
                         "node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", "
                         "fontsize=10];\n"
                         "edge [fontname=\"Helvetica\", fontsize=9, color=\"#666666\"];\n"));
  MMD_TRY(write_boxes(picture, out));
  for (size_t i = 0; i < picture->arrow_count; ++i) MMD_TRY(write_arrow(&picture->arrows[i], out));
  return mmd_str_append(out, "}\n");
}
