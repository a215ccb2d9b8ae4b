// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/target/lower_table.h"

#include <string.h>

#define OP(domain_, name_, version_, function_, note_) \
  {.domain = (domain_),                                \
   .name = (name_),                                    \
   .min_version = (version_),                          \
   .max_version = 25,                                  \
   .note = (note_)},
const mmdeploy_target_op_t mmd_ov_ops[MMD_OV_OP_COUNT] = {MMD_OV_LOWERINGS(OP)};
#undef OP

// In the same order.
#define FUNCTION(domain, name, version, function, note) ov_lower_##function,
static const ov_lowering_fn g_functions[] = {MMD_OV_LOWERINGS(FUNCTION)};
#undef FUNCTION

ov_lowering_fn ov_lowering_find(const mmd_node_t *node) {
  for (size_t i = 0; i < MMD_OV_OP_COUNT; ++i) {
    if (strcmp(mmd_ov_ops[i].name, node->op) == 0 &&
        strcmp(mmd_ov_ops[i].domain, node->domain) == 0)
      return g_functions[i];
  }
  return NULL;
}
