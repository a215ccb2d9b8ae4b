// SPDX-License-Identifier: Apache-2.0
//
// Steps of the opset conversion.
#ifndef MMD_PASSES_CONVERT_OPSET_H_
#define MMD_PASSES_CONVERT_OPSET_H_

#include "graph/graph.h"

typedef struct mmd_opset_rule_t {
  const char *op;
  int64_t version;  // from which on the new form holds
  // Gives |node| that form; |target| is where the conversion will end. When that is not possible
  // the node stays as it is and |out_done| false.
  mmd_status_t (*apply)(mmd_node_t *node, int64_t target, bool *out_done);
} mmd_opset_rule_t;

// Ends with an entry without operator.
extern const mmd_opset_rule_t mmd_opset_rules[];

#endif  // MMD_PASSES_CONVERT_OPSET_H_
