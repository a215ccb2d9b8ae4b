// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/target/lower_table.h"

#include <string.h>

#define OP(domain_, name_, version_, function_, data_, note_) \
  {.domain = (domain_),                                       \
   .name = (name_),                                           \
   .min_version = (version_),                                 \
   .max_version = 25,                                         \
   .note = (note_)},
const mmdeploy_target_op_t mmd_ncnn_ops[MMD_NCNN_OP_COUNT] = {MMD_NCNN_LOWERINGS(OP)};
#undef OP

typedef struct lowering_t {
  nc_lowering_fn function;
  size_t data_inputs;
} lowering_t;

// In the same order.
#define LOWERING(domain, name, version, function, data, note) {nc_lower_##function, (data)},
static const lowering_t g_lowerings[] = {MMD_NCNN_LOWERINGS(LOWERING)};
#undef LOWERING

static const lowering_t *find(const mmd_node_t *node) {
  for (size_t i = 0; i < MMD_NCNN_OP_COUNT; ++i) {
    if (strcmp(mmd_ncnn_ops[i].name, node->op) == 0 &&
        strcmp(mmd_ncnn_ops[i].domain, node->domain) == 0)
      return &g_lowerings[i];
  }
  return NULL;
}

nc_lowering_fn nc_lowering_find(const mmd_node_t *node) {
  const lowering_t *found = find(node);
  return found ? found->function : NULL;
}

// These compute from numbers what they can take from sizes.
static bool may_be_size(const mmd_node_t *node, size_t i) {
  return strcmp(node->op, "Range") == 0 || (strcmp(node->op, "TopK") == 0 && i == 1);
}

bool nc_lowering_takes(const mmd_node_t *node, size_t i) {
  const lowering_t *found = find(node);
  const mmd_edge_t *edge = mmd_node_input(node, i);
  if (found && (i >= found->data_inputs || (edge && edge->elements && may_be_size(node, i))))
    return false;
  return edge != NULL;
}
