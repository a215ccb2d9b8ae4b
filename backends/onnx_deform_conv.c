// SPDX-License-Identifier: Apache-2.0
#include "backends/onnx_deform_conv.h"

#include "ops/op.h"
#include "passes/spell.h"

enum { X, WEIGHT, OFFSET, BIAS, MASK };  // inputs of DeformConv

// strides, dilations or pads of DeformConv as |name|. Ours has (h, w), or (top, bottom, left,
// right) where the two sides differ.
static mmd_status_t copy_pair(const mmd_node_t *from, const char *old, mmd_node_t *to,
                              const char *name, int64_t fallback) {
  size_t count;
  const int64_t *numbers = mmd_node_attr_ints(from, old, &count);
  const int64_t plain[] = {fallback, fallback};
  if (!numbers) return mmd_node_set_ints(to, name, 2, plain);
  const bool is_pads = count == 4;
  if (count != 2 && !is_pads) {
    return mmd_node_error(from, MMD_INVALID_ARGUMENT, "%s has %zu numbers", old, count);
  }
  if (!is_pads || (numbers[0] == numbers[2] && numbers[1] == numbers[3]))
    return mmd_node_set_ints(to, name, 2, numbers);
  const int64_t sides[] = {numbers[0], numbers[2], numbers[1], numbers[3]};
  return mmd_node_set_ints(to, name, 4, sides);
}

static mmd_status_t copy_attributes(const mmd_node_t *from, mmd_node_t *to) {
  MMD_TRY(copy_pair(from, "strides", to, "stride", 1));
  MMD_TRY(copy_pair(from, "dilations", to, "dilation", 1));
  MMD_TRY(copy_pair(from, "pads", to, "padding", 0));
  MMD_TRY(mmd_node_set_int(to, "groups", mmd_node_attr_int(from, "group", 1)));
  return mmd_node_set_int(to, "deform_groups", mmd_node_attr_int(from, "offset_group", 1));
}

static mmd_status_t create(mmd_node_t *node, mmd_node_t **out_node) {
  mmd_edge_t *const *in = node->inputs;
  mmd_edge_t *bias = mmd_node_input(node, BIAS), *mask = mmd_node_input(node, MASK);
  mmd_edge_t *const plain[] = {in[X], in[OFFSET], in[WEIGHT]};
  mmd_edge_t *const modulated[] = {in[X], in[OFFSET], mask, in[WEIGHT], bias};
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_MMDEPLOY,
                          mask ? "MMCVModulatedDeformConv2d" : "MMCVDeformConv2d", node->name,
                          mask ? (bias ? 5 : 4) : 3, mask ? modulated : plain, 1, out_node));
  MMD_TRY(mmd_node_set_scope(*out_node, node->scope));
  return copy_attributes(node, *out_node);
}

// MMCVDeformConv2d has no bias.
static mmd_edge_t *add_bias(mmd_spell_t *s, mmd_edge_t *bias, mmd_edge_t *x) {
  const int64_t dims[] = {-1, 1, 1};
  return mmd_spell(s, "Add", x, mmd_spell(s, "Reshape", bias, mmd_spell_i64(s, 3, dims)));
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  mmd_node_t *ours = NULL;
  mmd_spell_t s = {.node = node};
  (void)context;
  if (!mmd_pass_is(node, "DeformConv") || node->input_count <= OFFSET) return NULL;
  if (!mmd_graph_opset(node->region->graph, MMD_DOMAIN_MMDEPLOY))
    MMD_TRY(mmd_graph_set_opset(node->region->graph, MMD_DOMAIN_MMDEPLOY, 1));
  mmd_edge_t *bias = mmd_node_input(node, BIAS);
  MMD_TRY(create(node, &ours));
  MMD_TRY(mmd_edge_set_type(ours->outputs[0], &node->outputs[0]->type));
  mmd_edge_t *out = ours->outputs[0];
  if (bias && !mmd_node_input(node, MASK)) out = add_bias(&s, bias, out);
  mmd_spell_replace(&s, 0, out);
  return mmd_spell_finish(&s);
}

mmd_status_t mmd_onnx_convert_deform_conv(mmdeploy_graph_t *graph) {
  return mmd_pass_walk(graph, visit, NULL);
}
