// SPDX-License-Identifier: Apache-2.0
//
// A picture taken apart into four, one of each place in a square of 2 x 2, and joined along the
// channels in front of a Conv (the Focus stem of YOLO) becomes a Conv of stride 2 over the picture
// itself. A weight of tap (i, j) and place (r, c) stands at (2 i + r, 2 j + c) then; nothing is
// added to the sums.
#include <string.h>

#include "ops/infer.h"
#include "passes/pass_util.h"

enum { PARTS = 4 };

typedef struct {
  mmd_node_t *conv, *concat;
  mmd_edge_t *picture;
  int64_t row[PARTS], column[PARTS];  // place of each part
  int64_t channels;                   // of the picture
} focus_t;

//===--- search ------------------------------------------------------------===//

// x[..., begin::2] along axes 2 and 3 to the end.
static bool read_part(const mmd_node_t *slice, int64_t *out_row, int64_t *out_column) {
  int64_t n[4][2];  // starts, ends, axes, steps
  if (!mmd_pass_is(slice, "Slice") || slice->version < 10) return false;
  for (size_t i = 0; i < 4; ++i) {
    size_t count = 0;
    if (!mmd_pass_ints(slice, i + 1, 2, n[i], &count) || count != 2) return false;
  }
  for (size_t j = 0; j < 2; ++j) {
    if (n[2][j] < 0) n[2][j] += 4;
    if (n[3][j] != 2 || n[0][j] < 0 || n[0][j] > 1 || n[1][j] < INT32_MAX) return false;
  }
  bool is_row_first = n[2][0] == 2 && n[2][1] == 3;
  if (!is_row_first && !(n[2][0] == 3 && n[2][1] == 2)) return false;
  *out_row = n[0][is_row_first ? 0 : 1];
  *out_column = n[0][is_row_first ? 1 : 0];
  return true;
}

static bool is_even(const mmd_dim_t *dim) {
  return mmd_dim_is_const(dim) && dim->number % 2 == 0;
}

static bool read_parts(focus_t *f) {
  int seen = 0;
  for (size_t i = 0; i < PARTS; ++i) {
    mmd_node_t *slice = f->concat->inputs[i] ? f->concat->inputs[i]->producer : NULL;
    if (!slice || slice->region != f->conv->region) return false;
    if (!read_part(slice, &f->row[i], &f->column[i])) return false;
    if (i && slice->inputs[0] != f->picture) return false;
    f->picture = slice->inputs[0];
    seen |= 1 << (2 * f->row[i] + f->column[i]);
  }
  const mmd_type_t *type = &f->picture->type;
  if (seen != 15 || type->kind != MMD_TYPE_TENSOR || !type->has_rank || type->rank != 4)
    return false;
  f->channels = mmd_dim_number(type->dims[1]);
  // An odd picture would be cut differently.
  return f->channels > 0 && is_even(type->dims[2]) && is_even(type->dims[3]);
}

static bool is_plain(const mmd_node_t *conv) {
  static const char *const lists[] = {"strides", "dilations"};
  for (size_t i = 0; i < 2; ++i) {
    size_t count = 0;
    const int64_t *numbers = mmd_node_attr_ints(conv, lists[i], &count);
    for (size_t j = 0; j < count; ++j)
      if (numbers[j] != 1) return false;
  }
  size_t count = 0;
  (void)mmd_node_attr_ints(conv, "pads", &count);
  return (count == 0 || count == 4) && mmd_node_attr_int(conv, "group", 1) == 1 &&
         strcmp(mmd_node_attr_string(conv, "auto_pad", "NOTSET"), "NOTSET") == 0;
}

static bool find_focus(mmd_node_t *conv, focus_t *out_focus) {
  if (!mmd_pass_is(conv, "Conv") || !is_plain(conv)) return false;
  const mmd_tensor_t *weight = mmd_pass_constant(conv, 1);
  mmd_edge_t *edge = mmd_node_input(conv, 0);
  focus_t f = {.conv = conv, .concat = edge ? edge->producer : NULL};
  if (!weight || weight->dtype != MMD_F32 || weight->shape.rank != 4 || !f.concat) return false;
  if (f.concat->region != conv->region || !mmd_pass_is(f.concat, "Concat") ||
      f.concat->input_count != PARTS || mmd_edge_use_count(edge) != 1 ||
      mmd_node_attr_int(f.concat, "axis", 1) != 1 || !read_parts(&f))
    return false;
  if (weight->shape.dims[1] != PARTS * f.channels || weight->shape.dims[2] > 16 ||
      weight->shape.dims[3] > 16)
    return false;
  *out_focus = f;
  return true;
}

//===--- change ------------------------------------------------------------===//

static void spread(const focus_t *f, const mmd_tensor_t *from, mmd_tensor_t *to) {
  const int64_t height = from->shape.dims[2], width = from->shape.dims[3];
  float *out = mmd_tensor_mutable_data(to);
  size_t at = 0;
  for (int64_t o = 0; o < from->shape.dims[0]; ++o)
    for (int64_t part = 0; part < PARTS; ++part)
      for (int64_t c = 0; c < f->channels; ++c)
        for (int64_t i = 0; i < height; ++i)
          for (int64_t j = 0; j < width; ++j) {
            int64_t y = 2 * i + f->row[part], x = 2 * j + f->column[part];
            int64_t index = ((o * f->channels + c) * 2 * height + y) * 2 * width + x;
            out[index] = (float)mmd_tensor_get_f64(from, at++);
          }
}

static mmd_status_t set_weight(const focus_t *f) {
  mmd_edge_t *edge = f->conv->inputs[1];
  const mmd_tensor_t *from = &edge->constant;
  const int64_t *dims = from->shape.dims;
  const mmd_shape_t shape = {.rank = 4, .dims = {dims[0], f->channels, 2 * dims[2], 2 * dims[3]}};
  mmd_tensor_t to = {0};
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, &to));
  spread(f, from, &to);
  MMD_TRY(mmd_pass_add_constant(f->conv, edge->name, &to, &edge));
  return mmd_node_set_input(f->conv, 1, edge);
}

static mmd_status_t set_attrs(mmd_node_t *conv) {
  const mmd_shape_t *weight = &mmd_pass_constant(conv, 1)->shape;
  const int64_t kernel[] = {weight->dims[2], weight->dims[3]}, strides[] = {2, 2};
  size_t count = 0;
  const int64_t *old = mmd_node_attr_ints(conv, "pads", &count);
  int64_t pads[4];
  for (size_t i = 0; i < 4; ++i) pads[i] = count ? 2 * old[i] : 0;
  MMD_TRY(mmd_node_set_ints(conv, "kernel_shape", 2, kernel));
  MMD_TRY(mmd_node_set_ints(conv, "strides", 2, strides));
  return mmd_node_set_ints(conv, "pads", 4, pads);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  focus_t f;
  if (!find_focus(node, &f)) return NULL;
  MMD_TRY(set_weight(&f));
  MMD_TRY(set_attrs(node));
  MMD_TRY(mmd_node_set_input(node, 0, f.picture));
  *(bool *)context = true;
  return mmd_node_erase(f.concat);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_fuse_focus = {
    .name = "fuse_focus",
    .help = "make one Conv of stride 2 of the Focus stem",
    .run = run,
};
