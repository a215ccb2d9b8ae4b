// SPDX-License-Identifier: Apache-2.0
#include "nn/patch_embed.h"

#include <string.h>

#include "nn/tensor_ops.h"

bool mmd_nn_image_size(const mmd_edge_t *x, int64_t out_size[2]) {
  if (!x || x->type.kind != MMD_TYPE_TENSOR || !x->type.has_rank || x->type.rank != 4) return false;
  for (int i = 0; i < 2; ++i) {
    if (!mmd_dim_is_const(x->type.dims[2 + i])) return false;
    out_size[i] = mmd_dim_number(x->type.dims[2 + i]);
  }
  return true;
}

// A Gather has two elements even where an engine does not know the rank of |x|.
mmd_edge_t *mmd_nn_image_size_edge(mmd_builder_t *builder, mmd_edge_t *x) {
  static const int64_t axes[] = {2, 3};
  return mmd_nn_gather(builder, 0, mmd_nn_unary(builder, "Shape", x),
                       mmd_nn_constant_i64(builder, 2, axes));
}

// What the kernel at the last position reaches past its first pixel.
static int64_t extent(const mmd_conv_t *conv, int axis) {
  return (conv->kernel[axis] - 1) * conv->dilation[axis] + 1;
}

static int64_t adaptive_pad(const mmd_conv_t *conv, int axis, int64_t size) {
  const int64_t stride = conv->stride[axis], positions = (size + stride - 1) / stride;
  const int64_t pad = (positions - 1) * stride + extent(conv, axis) - size;
  return pad > 0 ? pad : 0;
}

static bool is_sane(const mmd_conv_t *conv) {
  const int64_t limit = 1 << 20;
  for (int i = 0; i < 2; ++i) {
    if (conv->kernel[i] < 1 || conv->kernel[i] > limit) return false;
    if (conv->stride[i] < 1 || conv->stride[i] > limit) return false;
    if (conv->dilation[i] < 1 || conv->dilation[i] > limit) return false;
    if (conv->padding[i] < 0 || conv->padding[i] > limit) return false;
  }
  return true;
}

bool mmd_patch_embed_size(const mmd_patch_embed_t *embed, const int64_t size[2],
                          int64_t out_size[2]) {
  const mmd_conv_t *conv = &embed->conv;
  if (!is_sane(conv)) return false;
  for (int i = 0; i < 2; ++i) {
    if (size[i] < 1 || size[i] > (1 << 30)) return false;
    const bool adaptive = embed->padding != MMD_PADDING_FIXED;
    const int64_t pad = adaptive ? adaptive_pad(conv, i, size[i]) : 2 * conv->padding[i];
    const int64_t free = size[i] + pad - extent(conv, i);
    if (free < 0) return false;
    out_size[i] = free / conv->stride[i] + 1;
  }
  return true;
}

static mmd_edge_t *pad_constant(mmd_builder_t *builder, const mmd_patch_embed_t *embed,
                                const int64_t size[2], mmd_edge_t *x) {
  const int64_t h = adaptive_pad(&embed->conv, 0, size[0]);
  const int64_t w = adaptive_pad(&embed->conv, 1, size[1]);
  if (!h && !w) return x;
  const bool same = embed->padding == MMD_PADDING_SAME;
  const int64_t top = same ? h / 2 : 0, left = same ? w / 2 : 0;
  const int64_t pads[] = {0, 0, top, left, 0, 0, h - top, w - left};
  return mmd_nn_binary(builder, "Pad", x, mmd_nn_constant_i64(builder, 8, pads));
}

// max((ceil(size / stride) - 1) * stride + extent - size, 0), in int64 arithmetic.
static mmd_edge_t *pad_amount(mmd_builder_t *b, const mmd_conv_t *conv, mmd_edge_t *size) {
  const int64_t round_up[] = {conv->stride[0] - 1, conv->stride[1] - 1};
  const int64_t rest[] = {extent(conv, 0) - conv->stride[0], extent(conv, 1) - conv->stride[1]};
  static const int64_t zeros[] = {0, 0};
  mmd_edge_t *stride = mmd_nn_constant_i64(b, 2, conv->stride);
  mmd_edge_t *covered = mmd_nn_binary(b, "Add", size, mmd_nn_constant_i64(b, 2, round_up));
  covered = mmd_nn_binary(b, "Mul", mmd_nn_binary(b, "Div", covered, stride), stride);
  covered = mmd_nn_binary(b, "Add", covered, mmd_nn_constant_i64(b, 2, rest));
  mmd_edge_t *missing = mmd_nn_binary(b, "Sub", covered, size);
  return mmd_nn_binary(b, "Max", missing, mmd_nn_constant_i64(b, 2, zeros));
}

static mmd_edge_t *pad_dynamic(mmd_builder_t *b, const mmd_patch_embed_t *embed, mmd_edge_t *x) {
  static const int64_t zeros[] = {0, 0}, two[] = {2, 2};
  mmd_edge_t *none = mmd_nn_constant_i64(b, 2, zeros);
  mmd_edge_t *after = pad_amount(b, &embed->conv, mmd_nn_image_size_edge(b, x)), *before = none;
  if (embed->padding == MMD_PADDING_SAME) {
    before = mmd_nn_binary(b, "Div", after, mmd_nn_constant_i64(b, 2, two));
    after = mmd_nn_binary(b, "Sub", after, before);
  }
  mmd_edge_t *const parts[] = {none, before, none, after};
  mmd_node_t *node;
  mmd_edge_t *pads = mmd_nn_op(b, "Concat", 4, parts, &node);
  mmd_nn_set_int(b, node, "axis", 0);
  return mmd_nn_binary(b, "Pad", x, pads);
}

static mmd_edge_t *pad(mmd_builder_t *builder, const mmd_patch_embed_t *embed, mmd_edge_t *x) {
  int64_t size[2];
  if (embed->padding == MMD_PADDING_FIXED) return x;
  const size_t mark = mmd_scope_enter(builder, "adaptive_padding");
  x = mmd_nn_image_size(x, size) ? pad_constant(builder, embed, size, x)
                                 : pad_dynamic(builder, embed, x);
  mmd_scope_leave(builder, mark);
  return x;
}

mmd_edge_t *mmd_nn_patch_embed(mmd_builder_t *builder, const char *name,
                               const mmd_patch_embed_t *embed, mmd_edge_t *x,
                               mmd_edge_t **out_map) {
  static const int64_t tokens_last[] = {0, 2, 1};
  const int64_t flat[] = {0, embed->conv.out_channels, -1};
  *out_map = NULL;
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_conv_t conv = embed->conv;
  if (!is_sane(&conv)) {
    mmd_builder_fail(builder, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: impossible patch size or stride",
                                        builder->config_path));
    return NULL;
  }
  if (embed->padding != MMD_PADDING_FIXED) memset(conv.padding, 0, sizeof conv.padding);
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *map = mmd_nn_conv(builder, "projection", &conv, pad(builder, embed, x));
  mmd_edge_t *shape = mmd_nn_constant_i64(builder, 3, flat);
  x = mmd_nn_binary(builder, "Reshape", map, shape);
  mmd_node_t *node;
  x = mmd_nn_op(builder, "Transpose", 1, &x, &node);
  mmd_nn_set_ints(builder, node, "perm", 3, tokens_last);
  x = mmd_nn_norm(builder, "norm", &embed->norm, conv.out_channels, x);
  mmd_scope_leave(builder, mark);
  *out_map = map;
  return x;
}
