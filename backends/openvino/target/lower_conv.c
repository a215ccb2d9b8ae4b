// SPDX-License-Identifier: Apache-2.0
//
// Convolutions and pooling. ONNX keeps pads as begins then ends; here they are two attributes.
#include <string.h>

#include "backends/openvino/target/lower_table.h"

enum { MAX_SPATIAL = 3 };

//===--- windows -----------------------------------------------------------===//

typedef struct window_t {
  size_t count;  // spatial axes
  int64_t strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
  int64_t begins[MAX_SPATIAL], ends[MAX_SPATIAL];
  const char *auto_pad;  // in the engine's words
} window_t;

static void read_or(const ov_lower_t *l, const char *name, size_t count, int64_t fallback,
                    int64_t *out_numbers) {
  size_t found = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &found);
  for (size_t i = 0; i < count; ++i) out_numbers[i] = numbers && i < found ? numbers[i] : fallback;
}

static const char *auto_pad_of(const ov_lower_t *l) {
  const char *mode = ov_attr_string(l, "auto_pad", "NOTSET");
  if (strcmp(mode, "SAME_UPPER") == 0) return "same_upper";
  if (strcmp(mode, "SAME_LOWER") == 0) return "same_lower";
  if (strcmp(mode, "VALID") == 0) return "valid";
  return "explicit";
}

static bool read_window(ov_lower_t *l, window_t *out_window) {
  const int rank = ov_input_rank(l, 0);
  int64_t pads[2 * MAX_SPATIAL];
  if (!ov_ok(l)) return false;
  if (rank < 3 || rank > 2 + MAX_SPATIAL) {
    ov_refuse(l, "%d dimensions; 3 to %d are supported", rank, 2 + (int)MAX_SPATIAL);
    return false;
  }
  window_t *w = out_window;
  w->count = (size_t)rank - 2;
  read_or(l, "strides", w->count, 1, w->strides);
  read_or(l, "dilations", w->count, 1, w->dilations);
  read_or(l, "pads", 2 * w->count, 0, pads);
  for (size_t i = 0; i < w->count; ++i) {
    w->begins[i] = pads[i];
    w->ends[i] = pads[w->count + i];
  }
  w->auto_pad = auto_pad_of(l);
  return true;
}

static void set_window(ov_lower_t *l, ov_value_t value, const window_t *w, bool has_dilations) {
  ov_set_ints(l, value, "strides", w->count, w->strides);
  if (has_dilations) ov_set_ints(l, value, "dilations", w->count, w->dilations);
  ov_set_ints(l, value, "pads_begin", w->count, w->begins);
  ov_set_ints(l, value, "pads_end", w->count, w->ends);
  ov_set(l, value, "auto_pad", w->auto_pad);
}

//===--- convolutions ------------------------------------------------------===//

// Weights of input |input|: [O, I/G, k…] -> [G, O/G, I/G, k…], or [I, O/G, k…] -> [G, I/G, O/G,
// k…].
static ov_value_t group_weights(ov_lower_t *l, size_t input, ov_value_t weights, int64_t groups,
                                const window_t *w) {
  int64_t shape[3 + MAX_SPATIAL] = {groups, ov_input_size(l, input, 0) / groups};
  if (groups == 1) return weights;
  for (size_t i = 0; i <= w->count; ++i) shape[2 + i] = ov_input_size(l, input, (int)i + 1);
  for (size_t i = 0; i < w->count + 3; ++i) {
    if (shape[i] < 1)
      ov_refuse(l, "the weights' shape is not known or does not fit %lld groups",
                (long long)groups);
  }
  return ov_reshape(l, weights, ov_constant_i64s(l, w->count + 3, shape), false);
}

// + bias, a number a channel.
static ov_value_t add_bias(ov_lower_t *l, ov_value_t x, size_t input, const window_t *w) {
  if (!mmd_node_input(l->node, input)) return x;
  int64_t shape[2 + MAX_SPATIAL] = {1, -1, 1, 1, 1};
  const ov_value_t bias =
      ov_reshape(l, ov_input(l, input), ov_constant_i64s(l, w->count + 2, shape), false);
  return ov_binary(l, "Add", x, bias);
}

static ov_value_t convolve(ov_lower_t *l, const window_t *w, size_t input, ov_value_t x,
                           ov_value_t weights) {
  const int64_t groups = ov_attr_int(l, "group", 1);
  const ov_value_t inputs[] = {x, group_weights(l, input, weights, groups, w)};
  const ov_value_t out =
      ov_emit(l, groups == 1 ? "Convolution" : "GroupConvolution", "opset1", 2, inputs);
  set_window(l, out, w, true);
  return out;
}

void ov_lower_conv(ov_lower_t *l) {
  window_t w;
  if (!read_window(l, &w)) return;
  const ov_value_t out = convolve(l, &w, 1, ov_input(l, 0), ov_input(l, 1));
  ov_output(l, 0, add_bias(l, out, 2, &w));
}

ov_value_t ov_convolve(ov_lower_t *l, size_t input, ov_value_t x, ov_value_t weights) {
  window_t w;
  return read_window(l, &w) ? convolve(l, &w, input, x, weights) : (ov_value_t){0};
}

// What makes the result's sizes those of the input times the strides: pads are cut off there.
static void set_same_pads(ov_lower_t *l, window_t *w) {
  const bool is_upper = strcmp(w->auto_pad, "same_upper") == 0;
  int64_t padding[MAX_SPATIAL];
  read_or(l, "output_padding", w->count, 0, padding);
  for (size_t i = 0; i < w->count; ++i) {
    const int64_t kernel = ov_input_size(l, 1, (int)i + 2);
    const int64_t all = (kernel - 1) * w->dilations[i] + 1 - w->strides[i] + padding[i];
    if (kernel < 1 || all < 0) ov_refuse(l, "auto_pad with a kernel smaller than its stride");
    w->begins[i] = is_upper ? all / 2 : all - all / 2;
    w->ends[i] = all - w->begins[i];
  }
  w->auto_pad = "explicit";
}

void ov_lower_conv_transpose(ov_lower_t *l) {
  window_t w;
  size_t count = 0;
  int64_t padding[MAX_SPATIAL];
  if (!read_window(l, &w)) return;
  const int64_t groups = ov_attr_int(l, "group", 1);
  ov_value_t inputs[3] = {ov_input(l, 0), group_weights(l, 1, ov_input(l, 1), groups, &w)};
  const int64_t *shape = mmd_node_attr_ints(l->node, "output_shape", &count);
  if (strncmp(w.auto_pad, "same", 4) == 0 && !shape) set_same_pads(l, &w);
  if (shape) {
    inputs[2] = ov_constant_i64s(l, w.count, shape + count - w.count);
    if (strcmp(w.auto_pad, "explicit") == 0) w.auto_pad = "same_upper";
  }
  const ov_value_t out =
      ov_emit(l, groups == 1 ? "ConvolutionBackpropData" : "GroupConvolutionBackpropData", "opset1",
              shape ? 3 : 2, inputs);
  set_window(l, out, &w, true);
  read_or(l, "output_padding", w.count, 0, padding);
  ov_set_ints(l, out, "output_padding", w.count, padding);
  ov_output(l, 0, add_bias(l, out, 2, &w));
}

// Data, offsets, weights and mask; the bias follows as an addition.
void ov_lower_deform_conv(ov_lower_t *l) {
  window_t w;
  if (!read_window(l, &w)) return;
  // ONNX: X, W, offset, B, mask.
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 2), ov_input(l, 1), ov_input(l, 4)};
  const bool has_mask = mmd_node_input(l->node, 4);
  const ov_value_t out = ov_emit(l, "DeformableConvolution", "opset8", has_mask ? 4 : 3, inputs);
  set_window(l, out, &w, true);
  ov_set_int(l, out, "group", ov_attr_int(l, "group", 1));
  ov_set_int(l, out, "deformable_group", ov_attr_int(l, "offset_group", 1));
  ov_set_bool(l, out, "bilinear_interpolation_pad", true);
  ov_output(l, 0, add_bias(l, out, 3, &w));
}

//===--- pooling -----------------------------------------------------------===//

// With a ceiling PyTorch leaves a last window out that would begin in the padding.
static const char *rounding(const ov_lower_t *l) {
  return ov_attr_int(l, "ceil_mode", 0) ? "ceil_torch" : "floor";
}

static void set_kernel(ov_lower_t *l, ov_value_t value, const window_t *w) {
  int64_t kernel[MAX_SPATIAL];
  read_or(l, "kernel_shape", w->count, 1, kernel);
  ov_set_ints(l, value, "kernel", w->count, kernel);
  ov_set(l, value, "rounding_type", rounding(l));
}

// Places that are counted along the rows of each plane, counted along its columns.
static ov_value_t count_by_columns(ov_lower_t *l, ov_value_t places, const window_t *w) {
  const int64_t height = ov_input_size(l, 0, 2), width = ov_input_size(l, 0, 3);
  if (w->count != 2 || height < 1 || width < 1)
    ov_refuse(l, "storage_order 1 of other than 2 known sizes");
  if (!ov_ok(l)) return places;
  const ov_value_t size = ov_constant_i64(l, height * width), row = ov_constant_i64(l, width);
  const ov_value_t in_plane = ov_binary(l, "FloorMod", places, size);
  const ov_value_t x = ov_binary(l, "FloorMod", in_plane, row);
  const ov_value_t y = ov_binary(l, "Divide", ov_binary(l, "Subtract", in_plane, x), row);
  const ov_value_t turned =
      ov_binary(l, "Add", ov_binary(l, "Multiply", x, ov_constant_i64(l, height)), y);
  return ov_binary(l, "Add", ov_binary(l, "Subtract", places, in_plane), turned);
}

void ov_lower_max_pool(ov_lower_t *l) {
  window_t w;
  if (!read_window(l, &w)) return;
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t out = ov_emit_many(l, "MaxPool", "opset14", 1, &x, 2);
  set_window(l, out, &w, true);
  set_kernel(l, out, &w);
  ov_set(l, out, "index_element_type", "i64");
  ov_set_int(l, out, "axis", 0);
  ov_output(l, 0, out);
  if (l->node->output_count < 2) return;
  const ov_value_t places = ov_result(out, 1);
  ov_output(l, 1, ov_attr_int(l, "storage_order", 0) ? count_by_columns(l, places, &w) : places);
}

static ov_value_t average(ov_lower_t *l, const window_t *w, ov_value_t x, bool excludes_pads) {
  bool is_dilated = false;
  for (size_t i = 0; i < w->count; ++i) is_dilated = is_dilated || w->dilations[i] != 1;
  // The engine divides by whole windows where they reach past the end.
  if (is_dilated && !excludes_pads && ov_attr_int(l, "ceil_mode", 0))
    ov_refuse(l, "dilations with ceil_mode 1 and count_include_pad 1");
  const ov_value_t out = ov_unary(l, "AvgPool", is_dilated ? "opset16" : "opset14", x);
  set_window(l, out, w, is_dilated);
  set_kernel(l, out, w);
  ov_set_bool(l, out, "exclude-pad", excludes_pads);
  return out;
}

void ov_lower_average_pool(ov_lower_t *l) {
  window_t w;
  if (!read_window(l, &w)) return;
  ov_output(l, 0, average(l, &w, ov_input(l, 0), !ov_attr_int(l, "count_include_pad", 0)));
}

// |x|^p averaged, times the window's size, to the power of 1 / p.
void ov_lower_lp_pool(ov_lower_t *l) {
  window_t w;
  int64_t kernel[MAX_SPATIAL];
  double size = 1;
  if (!read_window(l, &w)) return;
  read_or(l, "kernel_shape", w.count, 1, kernel);
  for (size_t i = 0; i < w.count; ++i) size *= (double)kernel[i];
  // A window that reaches past the end would be averaged over less.
  if (ov_attr_int(l, "ceil_mode", 0)) ov_refuse(l, "ceil_mode 1");
  const mmd_dtype_t dtype = ov_input_dtype(l, 0);
  const double p = (double)ov_attr_int(l, "p", 2);
  ov_value_t out = ov_unary(l, "Abs", "opset1", ov_input(l, 0));
  out = ov_binary(l, "Power", out, ov_constant_number(l, dtype, p));
  out = average(l, &w, out, false);
  out = ov_binary(l, "Multiply", out, ov_constant_number(l, dtype, size));
  ov_output(l, 0, ov_binary(l, "Power", out, ov_constant_number(l, dtype, 1 / p)));
}

static void global_pool(ov_lower_t *l, const char *type) {
  const int rank = ov_input_rank(l, 0);
  int64_t axes[8];
  if (rank > 8) ov_refuse(l, "%d dimensions", rank);
  if (!ov_ok(l)) return;
  for (int i = 2; i < rank; ++i) axes[i - 2] = i;
  const ov_value_t inputs[] = {ov_input(l, 0),
                               ov_constant_i64s(l, rank > 2 ? (size_t)rank - 2 : 0, axes)};
  const bool is_norm = strcmp(type, "ReduceL1") == 0 || strcmp(type, "ReduceL2") == 0;
  const ov_value_t out = ov_emit(l, type, is_norm ? "opset4" : "opset1", 2, inputs);
  ov_set_bool(l, out, "keep_dims", true);
  ov_output(l, 0, out);
}

void ov_lower_global_lp_pool(ov_lower_t *l) {
  const int64_t p = ov_attr_int(l, "p", 2);
  if (p != 1 && p != 2) ov_refuse(l, "p %lld; 1 and 2 are supported", (long long)p);
  global_pool(l, p == 1 ? "ReduceL1" : "ReduceL2");
}

void ov_lower_global_average_pool(ov_lower_t *l) {
  global_pool(l, "ReduceMean");
}

void ov_lower_global_max_pool(ov_lower_t *l) {
  global_pool(l, "ReduceMax");
}
