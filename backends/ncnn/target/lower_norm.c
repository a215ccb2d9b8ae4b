// SPDX-License-Identifier: Apache-2.0
//
// Normalisations. The engine's parameters run along the mat's first axis (channels), LayerNorm's
// along the last.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "backends/ncnn/target/ops.h"

// The mat begins with the channels.
static bool has_channels(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const bool fits = !form.is_flat && form.axes[0] == 1;
  if (!fits)
    nc_refuse(l, "the batch has size %lld; 1 or a dynamic one is supported",
              (long long)nc_input_size(l, 0, 0));
  return nc_ok(l) && fits;
}

void nc_lower_batch_norm(nc_lower_t *l) {
  const size_t order[] = {1, 3, 4, 2};  // slope, mean, variance, bias
  if (l->node->output_count > 1 && l->node->outputs[1]) nc_refuse(l, "training");
  for (size_t i = 1; i < 5; ++i) nc_need_constant(l, i);
  if (!nc_ok(l) || !has_channels(l)) return;
  nc_blob_t *out = nc_emit_one(l, "BatchNorm", nc_input(l, 0));
  nc_set_int(l, out, 0, (int64_t)mmd_tensor_count(nc_input_constant(l, 1)));
  nc_set_float(l, out, 1, nc_attr_float(l, "epsilon", 1e-5));
  for (size_t i = 0; i < 4; ++i) nc_add_weights(l, out, nc_input_constant(l, order[i]), false);
  nc_output(l, 0, out);
}

// A number a channel along the axes of a batch.
static nc_blob_t *spread_channels(nc_lower_t *l, const mmd_tensor_t *numbers, int count) {
  int64_t sizes[MMD_NCNN_MAX_AXES] = {1, 1, 1, 1};
  sizes[1] = (int64_t)mmd_tensor_count(numbers);
  return nc_constant(l, numbers, count, sizes);
}

// A batch inside of the net: all channels of all items are channels, without weights of their own.
static void norm_stack(nc_lower_t *l, const nc_form_t *form, const mmd_tensor_t *scale,
                       const mmd_tensor_t *bias) {
  const mmd_dim_t *dims[] = {mmd_dim_mul(l->graph, form->dims[0], form->dims[1]),
                             mmd_dim_const(l->graph, 1), mmd_dim_const(l->graph, 1)};
  for (int i = 2; i < form->count; ++i) dims[2] = mmd_dim_mul(l->graph, dims[2], form->dims[i]);
  nc_form_t flat = {.rank = 3, .count = 3, .axes = {0, 1, 2}};
  for (int i = 0; i < 3; ++i) flat.dims[i] = dims[i];
  nc_blob_t *out = nc_emit_one(l, "InstanceNorm", nc_reshape(l, nc_input(l, 0), form, 3, dims));
  nc_set_int(l, out, 0, 0);
  nc_set_float(l, out, 1, nc_attr_float(l, "epsilon", 1e-5));
  nc_set_int(l, out, 2, 0);
  out = nc_reshape_form(l, out, &flat, form);
  out = nc_binary(l, NC_MUL, out, spread_channels(l, scale, form->count));
  nc_output(l, 0, nc_binary(l, NC_ADD, out, spread_channels(l, bias, form->count)));
}

// The engine's takes three or four axes.
void nc_lower_instance_norm(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const mmd_tensor_t *scale = nc_need_constant(l, 1), *bias = nc_need_constant(l, 2);
  if (nc_ok(l) && form.count == form.rank && form.rank > 2 && !form.is_flat) {
    norm_stack(l, &form, scale, bias);
    return;
  }
  if (!nc_ok(l) || !has_channels(l)) return;
  const bool is_short = form.count == 2;
  nc_form_t tall = form;
  nc_blob_t *x = nc_input(l, 0);
  if (is_short) {
    tall.count = 3;
    tall.dims[1] = mmd_dim_const(l->graph, 1);
    tall.dims[2] = form.dims[1];
    x = nc_reshape(l, x, &form, tall.count, tall.dims);
  }
  nc_blob_t *out = nc_emit_one(l, "InstanceNorm", x);
  nc_set_int(l, out, 0, (int64_t)mmd_tensor_count(scale));
  nc_set_float(l, out, 1, nc_attr_float(l, "epsilon", 1e-5));
  nc_add_weights(l, out, scale, false);
  nc_add_weights(l, out, bias, false);
  nc_output(l, 0, is_short ? nc_reshape_form(l, out, &tall, &form) : out);
}

// Before opset 21 there is a number a group, else one a channel.
static void add_spread(nc_lower_t *l, nc_blob_t *out, const mmd_tensor_t *numbers,
                       int64_t channels) {
  mmd_tensor_t spread = {0};
  const int64_t count = (int64_t)mmd_tensor_count(numbers);
  const mmd_shape_t shape = {1, {channels}};
  if (!nc_ok(l) || count < 1 || channels % count) return;
  mmd_status_t status = mmd_tensor_create(MMD_F32, &shape, true, &spread);
  float *data = status ? NULL : mmd_tensor_mutable_data(&spread);
  for (int64_t i = 0; i < channels && data; ++i)
    data[i] = (float)mmd_tensor_get_f64(numbers, (size_t)(i / (channels / count)));
  nc_fail(l, status);
  if (!status) nc_add_weights(l, out, &spread, false);
  mmd_tensor_deinit(&spread);
}

void nc_lower_group_norm(nc_lower_t *l) {
  const int64_t groups = nc_attr_int(l, "num_groups", 1), channels = nc_input_size(l, 0, 1);
  const mmd_tensor_t *scale = nc_need_constant(l, 1), *bias = nc_need_constant(l, 2);
  if (channels < 1 || groups < 1 || channels % groups) nc_refuse(l, "the number of channels");
  if (!nc_ok(l) || !has_channels(l)) return;
  nc_blob_t *out = nc_emit_one(l, "GroupNorm", nc_input(l, 0));
  nc_set_int(l, out, 0, groups);
  nc_set_int(l, out, 1, channels);
  nc_set_float(l, out, 2, nc_attr_float(l, "epsilon", 1e-5));
  nc_set_int(l, out, 3, 1);
  add_spread(l, out, scale, channels);
  add_spread(l, out, bias, channels);
  nc_output(l, 0, out);
}

// The last axes as one; what is in front of them as another.
static bool fold_axes(nc_lower_t *l, const nc_form_t *form, int first, nc_form_t *out_form) {
  const mmd_dim_t *outer = mmd_dim_const(l->graph, 1), *inner = outer;
  for (int i = 0; i < form->count; ++i) {
    const mmd_dim_t **side = i < first ? &outer : &inner;
    *side = mmd_dim_mul(l->graph, *side, form->dims[i]);
  }
  if (!outer || !inner) {
    nc_fail(l, mmd_status_no_memory());
    return false;
  }
  *out_form = (nc_form_t){.rank = 2, .count = 2, .axes = {0, 1}, .dims = {outer, inner}};
  return true;
}

void nc_lower_layer_norm(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const mmd_tensor_t *scale = nc_need_constant(l, 1);
  const mmd_tensor_t *bias = nc_has_input(l, 2) ? nc_need_constant(l, 2) : NULL;
  for (size_t i = 1; i < l->node->output_count; ++i) {
    if (l->node->outputs[i] && l->node->outputs[i]->uses) nc_refuse(l, "mean and deviation");
  }
  if (form.is_flat) nc_refuse(l, "tensors of too many sizes");
  if (!nc_ok(l)) return;
  int64_t axis = nc_attr_int(l, "axis", -1);
  if (axis < 0) axis += form.rank;
  int first = 0;
  while (first < form.count && form.axes[first] < axis) ++first;
  const size_t size = mmd_tensor_count(scale);
  nc_form_t folded;
  if (!fold_axes(l, &form, first, &folded)) return;
  if (nc_dim_size(folded.dims[1]) != (int64_t)size) {
    nc_refuse(l, "axes of dynamic size, or the batch among them");
    return;
  }
  const bool is_plain = first == form.count - 1;  // the last axis alone
  nc_blob_t *x = nc_input(l, 0);
  if (!is_plain) x = nc_reshape_form(l, x, &form, &folded);
  nc_blob_t *out = nc_emit_one(l, "LayerNorm", x);
  nc_set_int(l, out, 0, (int64_t)size);
  nc_set_float(l, out, 1, nc_attr_float(l, "epsilon", 1e-5));
  nc_set_int(l, out, 2, 1);
  nc_add_weights(l, out, scale, false);
  nc_add_weights(l, out, bias, false);
  if (!bias) nc_add_numbers(l, out, size, 0);
  nc_output(l, 0, is_plain ? out : nc_reshape_form(l, out, &folded, &form));
}

void nc_lower_lrn(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  if (!has_channels(l)) return;
  if (form.count != 3) nc_refuse(l, "4 dimensions are supported");
  if (nc_attr_int(l, "size", 1) % 2 == 0) nc_refuse(l, "an even size");
  nc_blob_t *out = nc_emit_one(l, "LRN", nc_input(l, 0));
  nc_set_int(l, out, 0, 0);
  nc_set_int(l, out, 1, nc_attr_int(l, "size", 1));
  nc_set_float(l, out, 2, nc_attr_float(l, "alpha", 1e-4));
  nc_set_float(l, out, 3, nc_attr_float(l, "beta", 0.75));
  nc_set_float(l, out, 4, nc_attr_float(l, "bias", 1));
  nc_output(l, 0, out);
}

void nc_lower_softmax(nc_lower_t *l) {
  const int axis = nc_input_axis(l, 0, nc_attr_int(l, "axis", -1));
  nc_blob_t *out = nc_emit_one(l, "Softmax", nc_input(l, 0));
  nc_set_int(l, out, 0, axis);
  nc_set_int(l, out, 1, 1);  // axes count without the batch
  if (strcmp(l->node->op, "LogSoftmax") == 0) out = nc_unary(l, NC_LOG, out);
  nc_output(l, 0, out);
}
