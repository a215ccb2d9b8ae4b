// SPDX-License-Identifier: Apache-2.0
//
// Resizing, sampling, padding, and what moves channels into space.
#include <math.h>
#include <string.h>

#include "backends/ncnn/target/lower_table.h"

//===--- Resize: coordinates -----------------------------------------------===//

enum { NEAREST = 1, LINEAR = 2, CUBIC = 3 };

typedef struct resize_t {
  int mode;
  const char *transform;  // of coordinates
  bool by_sizes;
  double scales[MMD_MAX_RANK];  // of all axes; 0 = not known
  int64_t in[MMD_MAX_RANK], out[MMD_MAX_RANK];
} resize_t;

static double source(const char *transform, double x, double scale, double in, double out) {
  if (strcmp(transform, "asymmetric") == 0) return x / scale;
  if (strcmp(transform, "align_corners") == 0) return out > 1 ? x * (in - 1) / (out - 1) : 0;
  if (strcmp(transform, "pytorch_half_pixel") == 0 && out <= 1) return 0;
  return (x + 0.5) / scale - 0.5;
}

static double round_nearest(const char *mode, double x) {
  if (strcmp(mode, "floor") == 0) return floor(x);
  if (strcmp(mode, "ceil") == 0) return ceil(x);
  const double low = floor(x);
  if (x - low == 0.5) return strcmp(mode, "round_prefer_floor") == 0 ? low : low + 1;
  return floor(x + 0.5);
}

// The engine takes floor(x / scale). Looked at for all of a known size, or for a size like others.
static bool is_floor(const char *transform, const char *mode, double scale, int64_t in,
                     int64_t out) {
  enum { SAMPLE = 97 };
  if (in < 1 || out < 1) {
    // To sizes that only a run tells: PyTorch computes as the engine does.
    if (scale <= 0) return strcmp(transform, "asymmetric") == 0 && strcmp(mode, "floor") == 0;
    if (strcmp(transform, "align_corners") == 0) return false;
    in = SAMPLE;
    out = (int64_t)floor(SAMPLE * scale);
  }
  if (scale <= 0) scale = (double)out / (double)in;
  const double last = (double)in - 1;
  for (int64_t x = 0; x < out; ++x) {
    const double at = source(transform, (double)x, scale, (double)in, (double)out);
    const double wanted = fmin(last, fmax(0, round_nearest(mode, at)));
    const double found = fmin(last, floor((double)x * (1 / (double)(float)scale)));
    if (wanted != found) return false;
  }
  return true;
}

//===--- Resize ------------------------------------------------------------===//

static void read_mode(nc_lower_t *l, resize_t *r) {
  const char *mode = nc_attr_string(l, "mode", "nearest");
  r->mode = strcmp(mode, "nearest") == 0 ? NEAREST : strcmp(mode, "cubic") == 0 ? CUBIC : LINEAR;
  r->transform = nc_attr_string(l, "coordinate_transformation_mode", "half_pixel");
  if (nc_attr_int(l, "antialias", 0)) nc_refuse(l, "antialias 1");
  if (nc_attr_int(l, "exclude_outside", 0)) nc_refuse(l, "exclude_outside 1");
  if (strcmp(nc_attr_string(l, "keep_aspect_ratio_policy", "stretch"), "stretch") != 0)
    nc_refuse(l, "a keep_aspect_ratio_policy other than stretch");
  if (r->mode == CUBIC && fabs(nc_attr_float(l, "cubic_coeff_a", -0.75) + 0.75) > 1e-6)
    nc_refuse(l, "cubic_coeff_a other than -0.75");
}

static void read_scales(nc_lower_t *l, int rank, resize_t *r) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  const mmd_tensor_t *scales = nc_input_constant(l, 2);
  const mmd_type_t *out = &l->node->outputs[0]->type;
  r->by_sizes = nc_has_input(l, 3);
  for (int i = 0; i < rank; ++i) {
    r->in[i] = nc_input_size(l, 0, i);
    r->out[i] = out->has_rank ? nc_dim_size(out->dims[i]) : -1;
    r->scales[i] = axes && scales ? 1 : 0;
    if (r->by_sizes && r->in[i] > 0 && r->out[i] > 0)
      r->scales[i] = (double)r->out[i] / (double)r->in[i];
  }
  if (r->by_sizes) return;
  const size_t total = scales ? mmd_tensor_count(scales) : 0;
  if (total != (axes ? count : (size_t)rank)) {
    nc_refuse(l, "scales must be constant");
    return;
  }
  for (size_t i = 0; i < total; ++i) {
    const int64_t axis = axes ? (axes[i] < 0 ? axes[i] + rank : axes[i]) : (int64_t)i;
    r->scales[axis] = mmd_tensor_get_f64(scales, i);
  }
}

static void check_coordinates(nc_lower_t *l, const resize_t *r, int rank) {
  const char *transform = r->transform;
  const bool is_half =
      strcmp(transform, "half_pixel") == 0 || strcmp(transform, "pytorch_half_pixel") == 0;
  if (r->mode != NEAREST && !is_half && strcmp(transform, "align_corners") != 0)
    nc_refuse(l, "coordinate_transformation_mode %s", transform);
  const bool is_pytorch = strcmp(transform, "pytorch_half_pixel") == 0;
  for (int i = 2; i < rank && r->mode != NEAREST && is_pytorch; ++i) {
    if (r->out[i] == 1 && r->in[i] != 1) nc_refuse(l, "%s to size 1", transform);
  }
  const char *mode = nc_attr_string(l, "nearest_mode", "round_prefer_floor");
  for (int i = 2; i < rank && r->mode == NEAREST && nc_ok(l); ++i) {
    if (!is_floor(transform, mode, r->scales[i], r->in[i], r->out[i]))
      nc_refuse(l, "nearest with %s and %s gives other elements than ncnn's", transform, mode);
  }
}

// Sizes by numbers, scales, or an expression over the net's inputs.
static nc_blob_t *emit_interp(nc_lower_t *l, nc_blob_t *x, const resize_t *r, int rank) {
  const nc_form_t to = nc_output_form(l, 0);
  nc_blob_t *inputs[NC_MAX_REFERENCES] = {x};
  size_t input_count = 1;
  mmd_str_t text = {0};
  bool has_sizes = true, has_scales = !r->by_sizes;
  for (int i = 2; i < rank; ++i) {
    has_sizes &= r->out[i] > 0;
    // Where they say the same, sizes are exact.
    if (!r->by_sizes && (double)r->out[i] != r->scales[i] * (double)r->in[i]) has_sizes = false;
  }
  if (!has_sizes && !has_scales) {
    for (int i = to.count - 1; i >= to.count - rank + 2 && nc_ok(l); --i) {
      if (text.size) nc_fail(l, mmd_str_append_char(&text, ','));
      if (!nc_expression(l, to.dims[i], &input_count, inputs, &text))
        nc_refuse(l, "sizes that only a run tells");
    }
  }
  nc_blob_t *out = nc_emit(l, "Interp", input_count, inputs);
  nc_set_int(l, out, 0, r->mode);
  if (has_sizes) {
    nc_set_int(l, out, 3, rank > 3 ? r->out[rank - 2] : 1);
    nc_set_int(l, out, 4, r->out[rank - 1]);
  } else if (has_scales) {
    nc_set_float(l, out, 1, rank > 3 ? r->scales[rank - 2] : 1);
    nc_set_float(l, out, 2, r->scales[rank - 1]);
  } else {
    nc_set_text(l, out, 9, mmd_str_text(&text));
  }
  nc_set_int(l, out, 6, r->mode != NEAREST && strcmp(r->transform, "align_corners") == 0);
  mmd_str_deinit(&text);
  return out;
}

void nc_lower_resize(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  resize_t r = {0};
  const bool is_stack = form.rank == 4 && form.count == 4 && !form.is_flat;
  if (form.rank < 3 || form.rank > 4 || form.is_flat ||
      (!is_stack && (form.axes[0] != 1 || form.count != form.rank - 1)))
    nc_refuse(l, "a batch, channels and one or two axes more are supported");
  if (!nc_ok(l)) return;
  read_mode(l, &r);
  read_scales(l, form.rank, &r);
  for (int i = 0; i < 2 && nc_ok(l); ++i) {
    const mmd_type_t *in = &mmd_node_input(l->node, 0)->type, *out = &l->node->outputs[0]->type;
    const bool is_kept =
        r.by_sizes ? out->has_rank && out->dims[i] == in->dims[i] : r.scales[i] == 1;
    if (!is_kept) nc_refuse(l, "of batch or channels");
  }
  if (nc_ok(l)) check_coordinates(l, &r, form.rank);
  if (!nc_ok(l)) return;
  if (!is_stack) {
    nc_output(l, 0, emit_interp(l, nc_input(l, 0), &r, form.rank));
    return;
  }
  // All channels of all pictures as those of one.
  const nc_form_t to = nc_output_form(l, 0), none = {0};
  const mmd_dim_t *const dims[] = {mmd_dim_mul(l->graph, form.dims[0], form.dims[1]), form.dims[2],
                                   form.dims[3]};
  nc_blob_t *x = nc_reshape(l, nc_input(l, 0), &form, 3, dims);
  nc_output(l, 0, nc_reshape_form(l, emit_interp(l, x, &r, form.rank), &none, &to));
}

// Of MMDeploy's operator by number, of ONNX by name.
static const char *sample_choice(nc_lower_t *l, const char *number, const char *name,
                                 const char *const names[3]) {
  if (strcmp(l->node->op, "GridSample") == 0) return nc_attr_string(l, name, names[0]);
  const int64_t i = nc_attr_int(l, number, 0);
  if (i < 0 || i > 2) nc_refuse(l, "%s %lld", number, (long long)i);
  return names[i >= 0 && i <= 2 ? i : 0];
}

void nc_lower_grid_sample(nc_lower_t *l) {
  static const char *const modes[] = {"linear", "nearest", "cubic"};
  static const char *const paddings[] = {"zeros", "border", "reflection"};
  const char *mode = sample_choice(l, "interpolation_mode", "mode", modes);
  const char *padding = sample_choice(l, "padding_mode", "padding_mode", paddings);
  const nc_form_t form = nc_input_form(l, 0), grid = nc_input_form(l, 1);
  if (form.rank != 4 || form.count != 3 || form.axes[0] != 1 || grid.count != 3)
    nc_refuse(l, "4 dimensions with a batch of 1 are supported");
  // The engine rounds other halves up, and reflects once.
  if (strcmp(mode, "nearest") == 0) nc_refuse(l, "mode nearest");
  if (strcmp(padding, "reflection") == 0) nc_refuse(l, "padding_mode reflection");
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_input(l, 1)};
  nc_blob_t *out = nc_emit(l, "GridSample", 2, inputs);
  const bool is_cubic = strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0;
  nc_set_int(l, out, 0, is_cubic ? 3 : 1);
  nc_set_int(l, out, 1, strcmp(padding, "border") == 0 ? 2 : 1);
  nc_set_int(l, out, 2, nc_attr_int(l, "align_corners", 0) != 0);
  nc_output(l, 0, out);
}

//===--- Pad ---------------------------------------------------------------===//

enum { PAD_CONSTANT, PAD_EDGE, PAD_REFLECT, PAD_WRAP, PAD_MODES };

typedef struct pads_t {
  const mmd_dim_t *dims[2 * MMD_NCNN_MAX_AXES];  // at the beginning of each axis, then at the end
  bool is_none, is_plain;                        // as the engine has them: numbers that add
} pads_t;

// Input 1, numbers or sizes; an attribute once.
static const mmd_dim_t *pad_at(nc_lower_t *l, size_t i, size_t *out_count) {
  const mmd_edge_t *edge = mmd_node_input(l->node, 1);
  const mmd_tensor_t *constant = nc_input_constant(l, 1);
  const int64_t *numbers = mmd_node_attr_ints(l->node, "pads", out_count);
  if (!numbers) *out_count = constant ? mmd_tensor_count(constant) : edge ? edge->element_count : 0;
  if (i >= *out_count) return NULL;
  if (numbers) return mmd_dim_const(l->graph, numbers[i]);
  return constant ? mmd_dim_const(l->graph, mmd_tensor_get_i64(constant, i)) : edge->elements[i];
}

static bool read_pads(nc_lower_t *l, const nc_form_t *form, pads_t *out_pads) {
  int64_t axes[MMD_MAX_RANK];
  size_t count = 0, axis_count = 0;
  pads_t pads = {.is_none = true, .is_plain = true};
  for (int i = 0; i < 2 * form->count; ++i) pads.dims[i] = mmd_dim_const(l->graph, 0);
  pad_at(l, 0, &count);
  if (!count) nc_refuse(l, "pads that are neither constant nor sizes");
  if (!nc_read_ints(l, "axes", 3, MMD_MAX_RANK, axes, &axis_count)) {
    for (; axis_count < count / 2 && axis_count < MMD_MAX_RANK; ++axis_count)
      axes[axis_count] = (int64_t)axis_count;
  }
  for (size_t i = 0; i < count && nc_ok(l); ++i) {
    const mmd_dim_t *pad = pad_at(l, i, &count);
    const size_t k = i % (count / 2);
    const int axis = k < axis_count ? nc_form_axis(form, axes[k]) : -1;
    if (nc_dim_size(pad) == 0) continue;
    if (axis < 0) nc_refuse(l, "of the batch, or of a tensor of too many sizes");
    if (!nc_ok(l)) return false;
    pads.dims[axis + (i < count / 2 ? 0 : form->count)] = pad;
    pads.is_none = false;
    pads.is_plain &= nc_dim_size(pad) > 0 && (form->count < 4 || axis > 0);
  }
  *out_pads = pads;
  return nc_ok(l);
}

static nc_blob_t *pad_plainly(nc_lower_t *l, const pads_t *pads, int count, int mode,
                              double value) {
  static const int types[] = {0, 1, 2};  // of constant, edge and reflect
  static const int ids[] = {2, 0, 7};    // of width, height, depth or channels; the end is one more
  nc_blob_t *out = nc_emit_one(l, "Padding", nc_input(l, 0));
  for (int k = 0; k < count && k < 3; ++k) {
    nc_set_int(l, out, ids[k], nc_dim_size(pads->dims[count - 1 - k]));
    nc_set_int(l, out, ids[k] + 1, nc_dim_size(pads->dims[2 * count - 1 - k]));
  }
  nc_set_int(l, out, 4, types[mode]);
  nc_set_float(l, out, 5, value);
  return out;
}

// |value| NULL: |number|.
static nc_blob_t *pad_by_sizes(nc_lower_t *l, const pads_t *pads, int count, int mode,
                               double number, nc_blob_t *value) {
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_sizes(l, 2 * (size_t)count, pads->dims), value};
  nc_blob_t *out = nc_emit(l, "Pad", value ? 3 : 2, inputs);
  nc_set_int(l, out, 0, mode);
  nc_set_float(l, out, 1, number);
  return out;
}

// A value that is a size; NULL where it is a number.
static nc_blob_t *pad_value(nc_lower_t *l, double *inout_number) {
  const mmd_edge_t *edge = mmd_node_input(l->node, 2);
  if (!edge || nc_input_number(l, 2, inout_number)) return NULL;
  if (edge->element_count == 1) return nc_sizes(l, 1, (const mmd_dim_t *const *)edge->elements);
  nc_refuse(l, "the value");
  return NULL;
}

void nc_lower_pad(nc_lower_t *l) {
  static const char *const modes[PAD_MODES] = {"constant", "edge", "reflect", "wrap"};
  const char *wanted = nc_attr_string(l, "mode", modes[PAD_CONSTANT]);
  const nc_form_t form = nc_input_form(l, 0);
  double number = nc_attr_float(l, "value", 0);
  int mode = 0;
  pads_t pads;
  while (mode < PAD_MODES && strcmp(modes[mode], wanted) != 0) ++mode;
  if (mode == PAD_MODES) nc_refuse(l, "mode %s", wanted);
  if (form.is_flat) nc_refuse(l, "tensors of too many sizes");
  if (!nc_ok(l) || !read_pads(l, &form, &pads)) return;
  if (pads.is_none) {
    nc_output(l, 0, nc_input(l, 0));
    return;
  }
  nc_blob_t *value = pad_value(l, &number);
  const bool is_plain = pads.is_plain && mode != PAD_WRAP && !value;
  nc_output(l, 0,
            is_plain ? pad_plainly(l, &pads, form.count, mode, number)
                     : pad_by_sizes(l, &pads, form.count, mode, number, value));
}

//===--- MultiClassNMS -----------------------------------------------------===//

static int64_t limited(int64_t number) {
  return number > INT32_MAX ? INT32_MAX : number < -1 ? -1 : number;
}

void nc_lower_multi_class_nms(nc_lower_t *l) {
  const nc_form_t boxes = nc_input_form(l, 0), scores = nc_input_form(l, 1);
  if (scores.count != 2 || scores.axes[0] != 1 || boxes.count != boxes.rank - 1)
    nc_refuse(l, "more than one picture");
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_input(l, 1)};
  nc_blob_t *out = nc_emit_many(l, "MultiClassNMS", 2, inputs, l->node->output_count);
  nc_set_float(l, out, 0, nc_attr_float(l, "score_threshold", 0));
  nc_set_float(l, out, 1, nc_attr_float(l, "iou_threshold", 0));
  nc_set_int(l, out, 2, limited(nc_attr_int(l, "max_output_boxes_per_class", 1000)));
  nc_set_int(l, out, 3, limited(nc_attr_int(l, "pre_top_k", -1)));
  nc_set_int(l, out, 4, limited(nc_attr_int(l, "keep_top_k", -1)));
  nc_set_int(l, out, 5, nc_attr_int(l, "class_agnostic", 0) != 0);
  for (size_t i = 0; i < l->node->output_count; ++i) nc_output(l, i, nc_result(out, i));
}

//===--- channels and space ------------------------------------------------===//

static bool is_picture(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  if (form.rank != 4 || form.count != 3 || form.axes[0] != 1)
    nc_refuse(l, "4 dimensions with a batch of 1 are supported");
  return nc_ok(l);
}

void nc_lower_depth_to_space(nc_lower_t *l) {
  if (!is_picture(l)) return;
  nc_blob_t *out = nc_emit_one(l, "PixelShuffle", nc_input(l, 0));
  nc_set_int(l, out, 0, nc_attr_int(l, "blocksize", 1));
  nc_set_int(l, out, 1, strcmp(nc_attr_string(l, "mode", "DCR"), "DCR") == 0);
  nc_output(l, 0, out);
}

void nc_lower_space_to_depth(nc_lower_t *l) {
  if (!is_picture(l)) return;
  nc_blob_t *out = nc_emit_one(l, "Reorg", nc_input(l, 0));
  nc_set_int(l, out, 0, nc_attr_int(l, "blocksize", 1));
  nc_set_int(l, out, 1, 1);
  nc_output(l, 0, out);
}
