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
  int64_t same;     // SAME_UPPER, SAME_LOWER or 0
  bool is_stacked;  // the batch is an axis of the mat
} window_t;

static void read_or(const nc_lower_t *l, const char *name, int count, int64_t fallback,
                    int64_t *out_numbers) {
  size_t found = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &found);
  for (int i = 0; i < count; ++i)
    out_numbers[i] = numbers && (size_t)i < found ? numbers[i] : fallback;
}

// A batch of pictures, of which the mat has all.
static bool is_stack(const nc_form_t *form) {
  return form->rank == 4 && form->count == 4 && !form->is_flat;
}

// The mat holds channels and the spatial axes, outermost first; maybe the batch in front.
static bool read_window(nc_lower_t *l, int max_spatial, window_t *out_window) {
  const nc_form_t form = nc_input_form(l, 0);
  int64_t pads[2 * MAX_SPATIAL];
  window_t w = {.count = form.rank - 2, .is_stacked = is_stack(&form)};
  if (!nc_ok(l)) return false;
  if (w.count < 1 || w.count > max_spatial)
    nc_refuse(l, "%d dimensions; 3 to %d are supported", form.rank, 2 + max_spatial);
  if (nc_ok(l) && !w.is_stacked &&
      (form.is_flat || form.count != w.count + 1 || form.axes[0] != 1)) {
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
  if (w.is_stacked && w.same) nc_refuse(l, "auto_pad of more than one picture");
  *out_window = w;
  return nc_ok(l);
}

// Pictures of a batch lie behind each other as the slices of a volume do, in which the window is
// one deep: [n, c, h, w] -> [c, n, h, w], and back.
static nc_blob_t *swap_stack(nc_lower_t *l, const window_t *w, nc_blob_t *x) {
  enum { SWAP_FIRST = 6 };
  if (!w->is_stacked) return x;
  if (nc_is_swap(x)) return x->producer->inputs[0];
  nc_blob_t *out = nc_emit_one(l, "Permute", x);
  nc_set_int(l, out, 0, SWAP_FIRST);
  return out;
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
  if (!w->is_stacked) return;
  for (int id = 21; id <= 23; ++id) nc_set_int(l, out, id, 1);
  nc_set_int(l, out, 24, 0);
  nc_set_int(l, out, 17, 0);
}

//===--- convolutions ------------------------------------------------------===//

static const char *conv_type(nc_lower_t *l, const char *base, const window_t *w, bool is_grouped) {
  static const char *const suffixes[] = {"1D", "", "3D"};
  const int axes = w->count + w->is_stacked;
  char *name = mmd_arena_printf(&l->net->arena, "%s%s%s", base, is_grouped ? "DepthWise" : "",
                                suffixes[axes - 1]);
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
  const char *type = conv_type(l, "Convolution", &w, groups > 1);
  nc_blob_t *x = nc_ok(l) ? swap_stack(l, &w, nc_input(l, 0)) : NULL;
  nc_blob_t *out = nc_emit_one(l, type, x);
  nc_set_int(l, out, 0, weights->shape.dims[0]);
  set_conv_window(l, out, &w);
  set_weights(l, out, weights, groups, 2);
  nc_output(l, 0, swap_stack(l, &w, out));
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
  const char *type = conv_type(l, "Deconvolution", &w, groups > 1);
  nc_blob_t *x = nc_ok(l) ? swap_stack(l, &w, nc_input(l, 0)) : NULL;
  nc_blob_t *out = nc_emit_one(l, type, x);
  nc_set_int(l, out, 0, weights->shape.dims[1] * groups);
  set_conv_window(l, out, &w);
  read_or(l, "output_padding", w.count, 0, padding);
  for (int k = 0; k < w.count; ++k) nc_set_int(l, out, 18 + k, padding[w.count - 1 - k]);
  if (w.is_stacked) nc_set_int(l, out, 20, 0);
  // [G, I/G, O/G, k…] -> [G, O/G, I/G, k…]
  const int64_t *dims = weights->shape.dims;
  if (nc_ok(l)) nc_fail(l, nc_swap_axes(weights, groups, dims[0] / groups, dims[1], 1, &turned));
  if (nc_ok(l)) set_weights(l, out, &turned, groups, 2);
  mmd_tensor_deinit(&turned);
  nc_output(l, 0, swap_stack(l, &w, out));
}

//===--- deformable convolutions -------------------------------------------===//

typedef struct ports_t {
  size_t weight, offset, mask, bias;
} ports_t;

// Of ONNX and of mmcv's two operators.
static ports_t find_ports(const nc_lower_t *l) {
  enum { NONE = 99 };
  if (strcmp(l->node->op, "DeformConv") == 0) return (ports_t){1, 2, 4, 3};
  if (strcmp(l->node->op, "MMCVDeformConv2d") == 0) return (ports_t){2, 1, NONE, NONE};
  return (ports_t){3, 1, 2, 4};
}

// mmcv's |padding| is (h, w), or (top, bottom, left, right).
static void read_mmcv_window(nc_lower_t *l, window_t *w) {
  size_t count = 0;
  const int64_t *pads = mmd_node_attr_ints(l->node, "padding", &count);
  if (pads && count != 2 && count != 4) nc_refuse(l, "the padding");
  if (!nc_ok(l)) return;
  read_or(l, "stride", 2, 1, w->strides);
  read_or(l, "dilation", 2, 1, w->dilations);
  for (int i = 0; i < 2; ++i) {
    w->begins[i] = pads ? pads[count == 4 ? 2 * i : i] : 0;
    w->ends[i] = pads ? pads[count == 4 ? 2 * i + 1 : i] : 0;
    if (w->begins[i] < 0 || w->ends[i] < 0) nc_refuse(l, "negative pads");
  }
}

// The engine's layer has one group, and its weights inside.
static nc_blob_t *deform_plainly(nc_lower_t *l, const ports_t *ports, const mmd_tensor_t *weights,
                                 const window_t *w) {
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_input(l, ports->offset),
                               nc_input(l, ports->mask)};
  nc_blob_t *out = nc_emit(l, "DeformableConv2D", nc_has_input(l, ports->mask) ? 3 : 2, inputs);
  nc_set_int(l, out, 0, weights->shape.dims[0]);
  set_conv_window(l, out, w);
  set_weights(l, out, weights, 1, ports->bias);
  return out;
}

// All numbers in a row.
static nc_blob_t *flat_input(nc_lower_t *l, size_t i) {
  const mmd_tensor_t *constant = nc_input_constant(l, i);
  const nc_form_t form = nc_input_form(l, i);
  const mmd_dim_t *const any = NULL;
  const int64_t count = constant ? (int64_t)mmd_tensor_count(constant) : 0;
  return constant ? nc_constant(l, constant, 1, &count)
                  : nc_reshape(l, nc_input(l, i), &form, 1, &any);
}

// Ours has any number of groups, and takes its weights as input.
static nc_blob_t *deform_groups(nc_lower_t *l, const ports_t *ports, const window_t *w,
                                int64_t groups, int64_t offset_groups) {
  nc_blob_t *inputs[] = {nc_input(l, 0), nc_input(l, ports->offset), flat_input(l, ports->weight),
                         NULL, NULL};
  const bool has_mask = nc_has_input(l, ports->mask), has_bias = nc_has_input(l, ports->bias);
  size_t count = 3;
  if (has_mask) inputs[count++] = nc_input(l, ports->mask);
  if (has_bias) inputs[count++] = flat_input(l, ports->bias);
  nc_blob_t *out = nc_emit(l, "MMCVModulatedDeformConv2d", count, inputs);
  nc_set_int(l, out, 0, nc_input_size(l, ports->weight, 0));
  set_conv_window(l, out, w);
  nc_set_int(l, out, 5, has_bias);
  nc_set_int(l, out, 7, groups);
  nc_set_int(l, out, 8, offset_groups);
  nc_set_int(l, out, 9, has_mask);
  return out;
}

void nc_lower_deform_conv(nc_lower_t *l) {
  const ports_t ports = find_ports(l);
  const bool is_onnx = strcmp(l->node->op, "DeformConv") == 0;
  const int64_t groups = nc_attr_int(l, is_onnx ? "group" : "groups", 1);
  const int64_t offset_groups = nc_attr_int(l, is_onnx ? "offset_group" : "deform_groups", 1);
  const mmd_tensor_t *weights = nc_input_constant(l, ports.weight);
  const bool has_bias = nc_has_input(l, ports.bias);
  window_t w;
  if (!read_window(l, 2, &w)) return;
  if (!is_onnx) read_mmcv_window(l, &w);
  if (w.count != 2 || w.is_stacked) nc_refuse(l, "more than one picture, or one spatial axis");
  for (int i = 0; i < 2; ++i) w.kernel[i] = nc_input_size(l, ports.weight, 2 + i);
  if (w.kernel[0] < 1 || w.kernel[1] < 1 || nc_input_size(l, ports.weight, 0) < 1)
    nc_refuse(l, "weights of unknown size");
  if (!nc_ok(l)) return;
  const bool is_plain = groups == 1 && offset_groups == 1 && weights &&
                        (!has_bias || nc_input_constant(l, ports.bias));
  nc_output(l, 0,
            is_plain ? deform_plainly(l, &ports, weights, &w)
                     : deform_groups(l, &ports, &w, groups, offset_groups));
}

//===--- pooling -----------------------------------------------------------===//

// Pictures of a batch, each of whose channels is one: [n, c, h, w] -> [n * c, h, w].
static nc_blob_t *flatten_stack(nc_lower_t *l, const window_t *w) {
  const nc_form_t form = nc_input_form(l, 0);
  const mmd_dim_t *const dims[] = {mmd_dim_mul(l->graph, form.dims[0], form.dims[1]), form.dims[2],
                                   form.dims[3]};
  return w->is_stacked ? nc_reshape(l, nc_input(l, 0), &form, 3, dims) : nc_input(l, 0);
}

static void output_stack(nc_lower_t *l, const window_t *w, nc_blob_t *out) {
  const nc_form_t to = nc_output_form(l, 0);
  const nc_form_t middle = {.rank = 0, .count = 0};
  nc_output(l, 0, w->is_stacked ? nc_reshape_form(l, out, &middle, &to) : out);
}

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
  nc_blob_t *out = nc_emit_one(l, w.count == 1 ? "Pooling1D" : "Pooling", flatten_stack(l, &w));
  nc_set_int(l, out, 0, is_average);
  set_pool_window(l, out, &w);
  nc_set_int(l, out, 5,
             w.same == SAME_UPPER   ? UPPER
             : w.same == SAME_LOWER ? LOWER
             : is_ceil && !is_fixed ? CEIL
                                    : EXPLICIT);
  if (is_average) nc_set_int(l, out, 6, counts_pads);
  output_stack(l, &w, out);
}

// As an adaptive one to size 1, which keeps the axes.
void nc_lower_global_pool(nc_lower_t *l) {
  window_t w;
  if (!read_window(l, 2, &w)) return;
  nc_blob_t *out = nc_emit_one(l, w.count == 1 ? "Pooling1D" : "Pooling", flatten_stack(l, &w));
  nc_set_int(l, out, 0, strcmp(l->node->op, "GlobalAveragePool") == 0);
  nc_set_int(l, out, 7, 1);
  nc_set_int(l, out, 8, 1);
  output_stack(l, &w, out);
}
