// SPDX-License-Identifier: Apache-2.0
//
// Convolutions and pooling. Parameters: 1 kernel, 2 dilation, 3 stride, 4 and 15 pads of the width;
// the same ten higher for the height (pads 14 and 16), twenty for the depth.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"

enum { MAX_SPATIAL = 3, SAME_UPPER = -233, SAME_LOWER = -234 };

//===--- windows -----------------------------------------------------------===//

typedef struct window_t {
  int count;  // spatial axes
  int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
  int64_t begins[MAX_SPATIAL], ends[MAX_SPATIAL];
  int64_t same;  // SAME_UPPER, SAME_LOWER or 0
} window_t;

static void read_or(const nc_lower_t *l, const char *name, int count, int64_t fallback,
                    int64_t *out_numbers) {
  size_t found = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &found);
  for (int i = 0; i < count; ++i)
    out_numbers[i] = numbers && (size_t)i < found ? numbers[i] : fallback;
}

// The mat holds channels and the spatial axes, outermost first.
static bool read_window(nc_lower_t *l, int max_spatial, window_t *out_window) {
  const nc_form_t form = nc_input_form(l, 0);
  int64_t pads[2 * MAX_SPATIAL];
  window_t w = {.count = form.rank - 2};
  if (!nc_ok(l)) return false;
  if (w.count < 1 || w.count > max_spatial)
    nc_refuse(l, "%d dimensions; 3 to %d are supported", form.rank, 2 + max_spatial);
  if (nc_ok(l) && (form.is_flat || form.count != w.count + 1 || form.axes[0] != 1)) {
    nc_refuse(l, "the batch has size %lld; 1 or a dynamic one is supported",
              (long long)nc_input_size(l, 0, 0));
  }
  if (!nc_ok(l)) return false;
  read_or(l, "kernel_shape", w.count, 1, w.kernel);
  read_or(l, "strides", w.count, 1, w.strides);
  read_or(l, "dilations", w.count, 1, w.dilations);
  read_or(l, "pads", 2 * w.count, 0, pads);
  const char *mode = nc_attr_string(l, "auto_pad", "NOTSET");
  w.same = strcmp(mode, "SAME_UPPER") == 0   ? SAME_UPPER
           : strcmp(mode, "SAME_LOWER") == 0 ? SAME_LOWER
                                             : 0;
  for (int i = 0; i < w.count; ++i) {
    w.begins[i] = strcmp(mode, "NOTSET") == 0 ? pads[i] : w.same;
    w.ends[i] = strcmp(mode, "NOTSET") == 0 ? pads[w.count + i] : w.same;
    if (!w.same && (w.begins[i] < 0 || w.ends[i] < 0)) nc_refuse(l, "negative pads");
  }
  *out_window = w;
  return nc_ok(l);
}

static void set_conv_window(nc_lower_t *l, nc_blob_t *out, const window_t *w) {
  static const int begin_ids[] = {4, 14, 24}, end_ids[] = {15, 16, 17};
  for (int k = 0; k < w->count; ++k) {  // innermost first
    const int i = w->count - 1 - k;
    nc_set_int(l, out, 1 + 10 * k, w->kernel[i]);
    nc_set_int(l, out, 2 + 10 * k, w->dilations[i]);
    nc_set_int(l, out, 3 + 10 * k, w->strides[i]);
    nc_set_int(l, out, begin_ids[k], w->begins[i]);
    nc_set_int(l, out, end_ids[k], w->ends[i]);
  }
}

//===--- convolutions ------------------------------------------------------===//

static const char *conv_type(nc_lower_t *l, const char *base, int spatial, bool is_grouped) {
  static const char *const suffixes[] = {"1D", "", "3D"};
  char *name = mmd_arena_printf(&l->net->arena, "%s%s%s", base, is_grouped ? "DepthWise" : "",
                                suffixes[spatial - 1]);
  if (!name) nc_fail(l, mmd_status_no_memory());
  return name;
}

static const mmd_tensor_t *conv_weights(nc_lower_t *l, window_t *w) {
  const mmd_tensor_t *weights = nc_need_constant(l, 1);
  if (weights && weights->shape.rank != w->count + 2) nc_refuse(l, "the weights' rank");
  if (!nc_ok(l)) return NULL;
  for (int i = 0; i < w->count; ++i) w->kernel[i] = weights->shape.dims[2 + i];
  return weights;
}

static void set_weights(nc_lower_t *l, nc_blob_t *out, const mmd_tensor_t *weights, int64_t groups,
                        size_t bias_input) {
  const mmd_tensor_t *bias = nc_has_input(l, bias_input) ? nc_need_constant(l, bias_input) : NULL;
  nc_set_int(l, out, 5, bias != NULL);
  nc_set_int(l, out, 6, (int64_t)mmd_tensor_count(weights));
  if (groups > 1) nc_set_int(l, out, 7, groups);
  nc_add_weights(l, out, weights, true);
  nc_add_weights(l, out, bias, false);
}

void nc_lower_conv(nc_lower_t *l) {
  window_t w;
  if (!read_window(l, MAX_SPATIAL, &w)) return;
  const int64_t groups = nc_attr_int(l, "group", 1);
  const mmd_tensor_t *weights = conv_weights(l, &w);
  if (!weights) return;
  const char *type = conv_type(l, "Convolution", w.count, groups > 1);
  nc_blob_t *out = nc_ok(l) ? nc_emit_one(l, type, nc_input(l, 0)) : NULL;
  nc_set_int(l, out, 0, weights->shape.dims[0]);
  set_conv_window(l, out, &w);
  set_weights(l, out, weights, groups, 2);
  nc_output(l, 0, out);
}

// With output_shape or auto_pad the pads follow from the sizes.
static void read_output_size(nc_lower_t *l, window_t *w) {
  size_t count = 0;
  const bool has_shape = mmd_node_attr_ints(l->node, "output_shape", &count) != NULL;
  int64_t padding[MAX_SPATIAL];
  if (!w->same && !has_shape) return;
  read_or(l, "output_padding", w->count, 0, padding);
  for (int i = 0; i < w->count; ++i) {
    const int64_t in = nc_input_size(l, 0, 2 + i);
    const int64_t out = nc_dim_size(l->node->outputs[0]->type.dims[2 + i]);
    if (in < 0 || out < 0) {
      nc_refuse(l, "output_shape or auto_pad with dynamic sizes");
      return;
    }
    const int64_t extent = w->dilations[i] * (w->kernel[i] - 1) + 1;
    const int64_t total = w->strides[i] * (in - 1) + padding[i] + extent - out;
    if (total < 0) nc_refuse(l, "an output_shape that needs negative pads");
    // Odd pads: more at the end, but at the beginning for SAME_UPPER and NOTSET as ONNX has it.
    w->begins[i] = w->same == SAME_UPPER ? total / 2 : total - total / 2;
    w->ends[i] = total - w->begins[i];
  }
}

void nc_lower_conv_transpose(nc_lower_t *l) {
  window_t w;
  int64_t padding[MAX_SPATIAL];
  mmd_tensor_t turned = {0};
  if (!read_window(l, 2, &w)) return;
  const int64_t groups = nc_attr_int(l, "group", 1);
  const mmd_tensor_t *weights = conv_weights(l, &w);
  if (!weights) return;
  read_output_size(l, &w);
  if (groups < 1 || weights->shape.dims[0] % groups || !mmd_tensor_count(weights))
    nc_refuse(l, "the group");
  if (!nc_ok(l)) return;
  const char *type = conv_type(l, "Deconvolution", w.count, groups > 1);
  nc_blob_t *out = nc_ok(l) ? nc_emit_one(l, type, nc_input(l, 0)) : NULL;
  nc_set_int(l, out, 0, weights->shape.dims[1] * groups);
  set_conv_window(l, out, &w);
  read_or(l, "output_padding", w.count, 0, padding);
  for (int k = 0; k < w.count; ++k) nc_set_int(l, out, 18 + k, padding[w.count - 1 - k]);
  // [G, I/G, O/G, k…] -> [G, O/G, I/G, k…]
  const int64_t *dims = weights->shape.dims;
  if (nc_ok(l)) nc_fail(l, nc_swap_axes(weights, groups, dims[0] / groups, dims[1], 1, &turned));
  if (nc_ok(l)) set_weights(l, out, &turned, groups, 2);
  mmd_tensor_deinit(&turned);
  nc_output(l, 0, out);
}

// ONNX: X, W, offset, B, mask.
void nc_lower_deform_conv(nc_lower_t *l) {
  window_t w;
  if (!read_window(l, 2, &w)) return;
  const mmd_tensor_t *weights = conv_weights(l, &w);
  if (w.count != 2) nc_refuse(l, "one spatial axis");
  if (nc_attr_int(l, "group", 1) != 1 || nc_attr_int(l, "offset_group", 1) != 1)
    nc_refuse(l, "groups");
  if (!nc_ok(l)) return;
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_input(l, 2), nc_input(l, 4)};
  nc_blob_t *out = nc_emit(l, "DeformableConv2D", nc_has_input(l, 4) ? 3 : 2, inputs);
  nc_set_int(l, out, 0, weights->shape.dims[0]);
  set_conv_window(l, out, &w);
  set_weights(l, out, weights, 1, 3);
  nc_output(l, 0, out);
}

//===--- pooling -----------------------------------------------------------===//

// Pads at the end that give the size of the result, with ceil_mode too; then the engine need not
// round. False where sizes are dynamic.
static bool fix_ends(nc_lower_t *l, window_t *w, bool *out_grew) {
  *out_grew = false;
  for (int i = 0; i < w->count; ++i) {
    const int64_t in = nc_input_size(l, 0, 2 + i);
    const int64_t out = nc_dim_size(l->node->outputs[0]->type.dims[2 + i]);
    if (in < 0 || out < 0) return false;
    const int64_t needed = (out - 1) * w->strides[i] + w->kernel[i] - in - w->begins[i];
    if (needed <= w->ends[i]) continue;
    w->ends[i] = needed;
    *out_grew = true;
  }
  return true;
}

// The pads of auto_pad, by the sizes.
static void fix_same(nc_lower_t *l, window_t *w) {
  for (int i = 0; i < w->count; ++i) {
    const int64_t in = nc_input_size(l, 0, 2 + i);
    const int64_t out = nc_dim_size(l->node->outputs[0]->type.dims[2 + i]);
    if (in < 0 || out < 0) nc_refuse(l, "auto_pad with dynamic sizes");
    int64_t total = (out - 1) * w->strides[i] + w->kernel[i] - in;
    if (total < 0) total = 0;
    w->begins[i] = w->same == SAME_UPPER ? total / 2 : total - total / 2;
    w->ends[i] = total - w->begins[i];
  }
  w->same = 0;
}

static void set_pool_window(nc_lower_t *l, nc_blob_t *out, const window_t *w) {
  static const int begin_ids[] = {3, 13}, end_ids[] = {14, 15};
  for (int k = 0; k < w->count; ++k) {
    const int i = w->count - 1 - k;
    nc_set_int(l, out, 1 + 10 * k, w->kernel[i]);
    nc_set_int(l, out, 2 + 10 * k, w->strides[i]);
    nc_set_int(l, out, begin_ids[k], w->same ? 0 : w->begins[i]);
    nc_set_int(l, out, end_ids[k], w->same ? 0 : w->ends[i]);
  }
}

void nc_lower_pool(nc_lower_t *l) {
  enum { CEIL = 0, EXPLICIT = 1, UPPER = 2, LOWER = 3 };
  window_t w;
  bool grew = false;
  const bool is_average = strcmp(l->node->op, "AveragePool") == 0;
  const bool has_indices = l->node->output_count > 1 && l->node->outputs[1];
  if (!read_window(l, 2, &w)) return;
  if (has_indices) nc_refuse(l, "indices as second output");
  for (int i = 0; i < w.count; ++i) {
    if (w.dilations[i] != 1) nc_refuse(l, "dilations other than 1");
  }
  const bool counts_pads = nc_attr_int(l, "count_include_pad", 0) != 0;
  const bool is_ceil = nc_attr_int(l, "ceil_mode", 0) != 0;
  const bool is_fixed = is_ceil && !w.same && fix_ends(l, &w, &grew);
  // With pads of its own the engine counts them.
  if (w.same && is_average && !counts_pads) fix_same(l, &w);
  // What a ceiling adds is never counted.
  if (grew && is_average && counts_pads) nc_refuse(l, "ceil_mode with count_include_pad");
  nc_blob_t *out = nc_emit_one(l, w.count == 1 ? "Pooling1D" : "Pooling", nc_input(l, 0));
  nc_set_int(l, out, 0, is_average);
  set_pool_window(l, out, &w);
  nc_set_int(l, out, 5,
             w.same == SAME_UPPER   ? UPPER
             : w.same == SAME_LOWER ? LOWER
             : is_ceil && !is_fixed ? CEIL
                                    : EXPLICIT);
  if (is_average) nc_set_int(l, out, 6, counts_pads);
  nc_output(l, 0, out);
}

// As an adaptive one to size 1, which keeps the axes.
void nc_lower_global_pool(nc_lower_t *l) {
  window_t w;
  if (!read_window(l, 2, &w)) return;
  nc_blob_t *out = nc_emit_one(l, w.count == 1 ? "Pooling1D" : "Pooling", nc_input(l, 0));
  nc_set_int(l, out, 0, strcmp(l->node->op, "GlobalAveragePool") == 0);
  nc_set_int(l, out, 7, 1);
  nc_set_int(l, out, 8, 1);
  nc_output(l, 0, out);
}
