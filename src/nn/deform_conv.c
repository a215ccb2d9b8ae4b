// SPDX-License-Identifier: Apache-2.0
#include "nn/deform_conv.h"

#include <stdio.h>

#include "base/checked.h"
#include "nn/tensor_ops.h"

static mmd_conv_t with_defaults(const mmd_conv_t *conv) {
  mmd_conv_t full = *conv;
  for (int i = 0; i < 2; ++i) {
    if (!full.kernel[i]) full.kernel[i] = 1;
    if (!full.stride[i]) full.stride[i] = 1;
    if (!full.dilation[i]) full.dilation[i] = 1;
  }
  if (!full.groups) full.groups = 1;
  full.cfg = NULL;
  return full;
}

static bool check_groups(mmd_builder_t *b, const char *name, const mmd_conv_t *conv,
                         int64_t deform_groups) {
  if (deform_groups > 0 && conv->in_channels % deform_groups == 0) return true;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: deformable convolution '%s' of %lld channels has no %lld "
                   "deform_groups",
                   b->config_path, name, (long long)conv->in_channels, (long long)deform_groups));
  return false;
}

mmd_edge_t *mmd_nn_deform_conv(mmd_builder_t *b, const char *name, const mmd_conv_t *conv,
                               int64_t deform_groups, mmd_edge_t *x, mmd_edge_t *offset,
                               mmd_edge_t *mask) {
  const mmd_conv_t full = with_defaults(conv);
  if (!mmd_builder_ok(b) || !mmd_conv_check(b, name, &full) ||
      !check_groups(b, name, &full, deform_groups)) {
    return NULL;
  }
  const int64_t dims[] = {full.out_channels, full.in_channels / full.groups, full.kernel[0],
                          full.kernel[1]};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  mmd_edge_t *const inputs[] = {x, mmd_nn_weight(b, "weight", 4, dims), offset,
                                full.bias ? mmd_nn_weight(b, "bias", 1, dims) : NULL, mask};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "DeformConv", mask ? 5 : full.bias ? 4 : 3, inputs, &node);
  mmd_conv_set_attributes(b, node, &full);
  mmd_nn_set_int(b, node, "offset_group", deform_groups);
  mmd_scope_leave(b, mark);
  return out;
}

// The convolution that gives |maps| maps for each kernel element.
static mmd_edge_t *conv_offset(mmd_builder_t *b, const char *name, const mmd_conv_t *conv,
                               int64_t maps, mmd_edge_t *x) {
  mmd_conv_t spec = *conv;
  char key[256], old_key[256];
  spec.out_channels = maps;
  spec.groups = 1;
  spec.bias = true;
  snprintf(key, sizeof key, "%s.conv_offset.weight", name);
  snprintf(old_key, sizeof old_key, "%s_offset.weight", name);
  const bool is_old = !mmd_nn_has_weight(b, key, NULL) && mmd_nn_has_weight(b, old_key, NULL);
  snprintf(key, sizeof key, "%s%s", name, is_old ? "_offset" : ".conv_offset");
  return mmd_nn_conv(b, key, &spec, x);
}

mmd_edge_t *mmd_nn_deform_conv_pack(mmd_builder_t *b, const char *name, const mmd_conv_t *conv,
                                    bool modulated, int64_t deform_groups, mmd_edge_t *x) {
  const mmd_conv_t full = with_defaults(conv);
  int64_t elements;
  if (!mmd_builder_ok(b) || !mmd_conv_check(b, name, &full) ||
      !check_groups(b, name, &full, deform_groups)) {
    return NULL;
  }
  if (!mmd_checked_mul_i64(full.kernel[0], full.kernel[1], &elements) ||
      !mmd_checked_mul_i64(elements, deform_groups, &elements) || elements > INT32_MAX) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: the kernel of '%s' is too large",
                                  b->config_path, name));
    return NULL;
  }
  mmd_edge_t *maps = conv_offset(b, name, &full, elements * (modulated ? 3 : 2), x);
  mmd_edge_t *parts[2] = {maps, NULL};
  if (modulated) {
    const int64_t sizes[] = {2 * elements, elements};
    mmd_nn_split(b, 1, 2, sizes, maps, parts);
    parts[1] = mmd_nn_unary(b, "Sigmoid", parts[1]);
  }
  return mmd_nn_deform_conv(b, name, &full, deform_groups, x, parts[0], parts[1]);
}
