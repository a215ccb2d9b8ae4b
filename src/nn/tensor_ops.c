// SPDX-License-Identifier: Apache-2.0
#include "nn/tensor_ops.h"

#include <math.h>

mmd_edge_t *mmd_nn_reshape(mmd_builder_t *builder, size_t rank, const int64_t *dims,
                           mmd_edge_t *x) {
  return mmd_nn_binary(builder, "Reshape", x, mmd_nn_constant_i64(builder, rank, dims));
}

mmd_edge_t *mmd_nn_transpose(mmd_builder_t *builder, size_t rank, const int64_t *perm,
                             mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Transpose", 1, &x, &node);
  mmd_nn_set_ints(builder, node, "perm", rank, perm);
  return out;
}

mmd_edge_t *mmd_nn_concat(mmd_builder_t *builder, int64_t axis, size_t count,
                          mmd_edge_t *const *items) {
  mmd_node_t *node;
  if (count == 1) return items[0];
  mmd_edge_t *out = mmd_nn_op(builder, "Concat", count, items, &node);
  mmd_nn_set_int(builder, node, "axis", axis);
  return out;
}

mmd_edge_t *mmd_nn_slice(mmd_builder_t *builder, int64_t axis, int64_t begin, int64_t end,
                         mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(builder, 1, &begin),
                                mmd_nn_constant_i64(builder, 1, &end),
                                mmd_nn_constant_i64(builder, 1, &axis)};
  return mmd_nn_op(builder, "Slice", 4, inputs, NULL);
}

void mmd_nn_split(mmd_builder_t *builder, int64_t axis, size_t count, const int64_t *sizes,
                  mmd_edge_t *x, mmd_edge_t **out_parts) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(builder, count, sizes)};
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_ONNX, "Split", 2, inputs, count);
  mmd_nn_set_int(builder, node, "axis", axis);
  for (size_t i = 0; i < count; ++i) out_parts[i] = node ? node->outputs[i] : NULL;
}

mmd_edge_t *mmd_nn_unsqueeze(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x) {
  return mmd_nn_binary(builder, "Unsqueeze", x, mmd_nn_constant_i64(builder, 1, &axis));
}

mmd_edge_t *mmd_nn_squeeze(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x) {
  return mmd_nn_binary(builder, "Squeeze", x, mmd_nn_constant_i64(builder, 1, &axis));
}

mmd_edge_t *mmd_nn_cast(mmd_builder_t *builder, mmd_dtype_t dtype, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Cast", 1, &x, &node);
  mmd_nn_set_int(builder, node, "to", dtype);
  return out;
}

mmd_edge_t *mmd_nn_gather(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x, mmd_edge_t *index) {
  mmd_edge_t *const inputs[] = {x, index};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "Gather", 2, inputs, &node);
  mmd_nn_set_int(builder, node, "axis", axis);
  return out;
}

mmd_edge_t *mmd_nn_reduce_max(mmd_builder_t *builder, int64_t axis, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(builder, 1, &axis)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "ReduceMax", 2, inputs, &node);
  mmd_nn_set_int(builder, node, "keepdims", 0);
  return out;
}

mmd_edge_t *mmd_nn_scale(mmd_builder_t *builder, float number, mmd_edge_t *x) {
  if (number == 1) return x;
  return mmd_nn_binary(builder, "Mul", x, mmd_nn_constant_f32(builder, number));
}

mmd_edge_t *mmd_nn_shift(mmd_builder_t *builder, float number, mmd_edge_t *x) {
  if (number == 0) return x;
  return mmd_nn_binary(builder, "Add", x, mmd_nn_constant_f32(builder, number));
}

mmd_edge_t *mmd_nn_clip(mmd_builder_t *builder, float low, float high, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, isinf(low) ? NULL : mmd_nn_constant_f32(builder, low),
                                isinf(high) ? NULL : mmd_nn_constant_f32(builder, high)};
  return mmd_nn_op(builder, "Clip", isinf(high) ? 2 : 3, inputs, NULL);
}

// ncnn has no choice by a condition, but truths that are numbers.
mmd_edge_t *mmd_nn_zero_where(mmd_builder_t *builder, mmd_edge_t *condition, bool when,
                              mmd_edge_t *x) {
  if (builder->has_detection_output) {
    if (when) condition = mmd_nn_unary(builder, "Not", condition);
    return mmd_nn_binary(builder, "Mul", x, mmd_nn_cast(builder, MMD_F32, condition));
  }
  mmd_edge_t *zero = mmd_nn_constant_f32(builder, 0);
  mmd_edge_t *const inputs[] = {condition, when ? zero : x, when ? x : zero};
  return mmd_nn_op(builder, "Where", 3, inputs, NULL);
}

mmd_edge_t *mmd_nn_flatten_map(mmd_builder_t *builder, int64_t size, mmd_edge_t *x) {
  static const int64_t to_nhwc[] = {0, 2, 3, 1};
  const int64_t dims[] = {0, -1, size};
  return mmd_nn_reshape(builder, 3, dims, mmd_nn_transpose(builder, 4, to_nhwc, x));
}

// min(k, length) as a tensor of one element: a slice ends where its data does.
static mmd_edge_t *limited(mmd_builder_t *builder, int64_t k, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *part = mmd_nn_slice(builder, 1, 0, k, x);
  mmd_edge_t *shape = mmd_nn_op(builder, "Shape", 1, &part, &node);
  mmd_nn_set_int(builder, node, "start", 1);
  return shape;
}

mmd_edge_t *mmd_nn_top_k(mmd_builder_t *builder, int64_t k, mmd_edge_t *x) {
  mmd_nn_infer(builder);
  if (!mmd_builder_ok(builder)) return NULL;
  const int64_t length = mmd_nn_size(x, 1);
  if (length >= 0 && length <= k) return NULL;
  mmd_edge_t *const inputs[] = {
      x, length < 0 ? limited(builder, k, x) : mmd_nn_constant_i64(builder, 1, &k)};
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_ONNX, "TopK", 2, inputs, 2);
  mmd_nn_set_int(builder, node, "axis", 1);
  return node ? node->outputs[1] : NULL;
}

mmd_edge_t *mmd_nn_gather_rows(mmd_builder_t *builder, mmd_edge_t *x, mmd_edge_t *index) {
  mmd_edge_t *const inputs[] = {x, index};
  mmd_node_t *node = mmd_nn_node(builder, MMD_DOMAIN_MMDEPLOY, "GatherTopk", 2, inputs, 1);
  return node ? node->outputs[0] : NULL;
}
