// SPDX-License-Identifier: Apache-2.0
#include "nn/conv_transpose.h"

mmd_edge_t *mmd_nn_conv_transpose(mmd_builder_t *builder, const char *name, const mmd_conv_t *conv,
                                  mmd_edge_t *x) {
  if (!mmd_builder_ok(builder) || !mmd_conv_check(builder, name, conv)) return NULL;
  const int64_t groups = conv->groups ? conv->groups : 1;
  const int64_t dims[] = {conv->in_channels, conv->out_channels / groups,
                          conv->kernel[0] ? conv->kernel[0] : 1,
                          conv->kernel[1] ? conv->kernel[1] : 1};
  const size_t mark = mmd_scope_enter(builder, "%s", name);
  mmd_edge_t *inputs[3] = {x, mmd_nn_weight(builder, "weight", 4, dims), NULL};
  if (conv->bias) inputs[2] = mmd_nn_weight(builder, "bias", 1, &conv->out_channels);
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(builder, "ConvTranspose", conv->bias ? 3 : 2, inputs, &node);
  mmd_conv_set_attributes(builder, node, conv);
  mmd_scope_leave(builder, mark);
  return out;
}
