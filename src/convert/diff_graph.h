// SPDX-License-Identifier: Apache-2.0
//
// What differs between two graphs, and where their numbers part.
#ifndef MMD_CONVERT_DIFF_GRAPH_H_
#define MMD_CONVERT_DIFF_GRAPH_H_

#include "convert/limits.h"
#include "convert/run_onnx_inputs.h"
#include "ops/op.h"

// Nodes are the same when they make the same tensor, or else have the same name. |result| gets
// "inputs", "outputs", "initializers", "nodes" and "opsets", each an array of {"change":
// "added"|"removed"|"changed", "name", "detail"}; |*out_count| the number of all.
mmd_status_t mmd_diff_structure(const mmd_graph_t *a, const mmd_graph_t *b, mmd_value_t *result,
                                size_t *out_count) MMD_MUST_USE;

typedef struct mmd_diff_numbers_t {
  const mmd_graph_t *a, *b;
  const mmd_value_t *inputs, *shapes;  // as for mmd_run_inputs_make
  int64_t seed;
  double tolerance;            // largest difference relative to the largest number of the tensor
  const mmd_limits_t *limits;  // of each run; NULL: the defaults
  mmd_eval_mode_t mode;
} mmd_diff_numbers_t;

// Runs both on the same inputs and compares every tensor of the main graph whose name both have.
// |result| gets "compared", "different", "first" (null or the row of the first node of |b| that
// differs) and "layers", an array of {"name", "node", "op", "shape", "max_abs", "max_rel",
// "passed"}; |*out_passed| is false when one differs or none could be compared.
mmd_status_t mmd_diff_numbers(const mmd_diff_numbers_t *request, mmd_value_t *result,
                              bool *out_passed) MMD_MUST_USE;

#endif  // MMD_CONVERT_DIFF_GRAPH_H_
