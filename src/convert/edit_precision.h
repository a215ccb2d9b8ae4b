// SPDX-License-Identifier: Apache-2.0
//
// A float32 network in half precision: float16 or bfloat16.
//
// Nodes that compute on what comes from the inputs are converted; what is computed from shapes and
// other integers alone stays float32, since sizes and positions need its digits. Between both Cast
// nodes stand. Bodies of If, Loop and Scan stay as they are, and so do layers whose weights float16
// cannot hold (numbers beyond its range, variances of a BatchNormalization that it rounds off), and
// arithmetic on integers that were cast: sums of quantised products, positions.
#ifndef MMD_CONVERT_EDIT_PRECISION_H_
#define MMD_CONVERT_EDIT_PRECISION_H_

#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_precision_request_t {
  mmd_dtype_t dtype;              // MMD_F16 or MMD_BF16
  bool keep_io;                   // inputs and outputs stay float32
  const mmd_value_t *keep_ops;    // operators that stay float32, beside those that do by default
  const mmd_value_t *half_ops;    // operators to convert all the same
  const mmd_value_t *keep_nodes;  // patterns ("head.*", "*Softmax*") of node names and scopes
  const mmd_value_t *keep_until;  // tensors: what they are computed from stays float32
  const mmd_value_t *keep_from;   // tensors: what is computed from them stays float32
} mmd_precision_request_t;

typedef struct mmd_precision_counts_t {
  size_t half, kept, casts;      // nodes
  size_t overflows, underflows;  // weights: numbers that became the largest one, or zero
  mmd_str_t first_overflow;      // name of the first constant with one; "" when none
} mmd_precision_counts_t;

void mmd_precision_counts_deinit(mmd_precision_counts_t *counts);

// |out_counts| is zeroed first and must be deinitialised, also after an error. A pattern or an
// operator that fits no node is an error.
mmd_status_t mmd_edit_precision(mmd_graph_t *graph, const mmd_precision_request_t *request,
                                mmd_precision_counts_t *out_counts) MMD_MUST_USE;

// Sets the mark of each node of the main graph: 1 when float results of it come from the inputs.
// Types must have been inferred.
void mmd_precision_mark_activations(mmd_graph_t *graph);
bool mmd_precision_is_activation(const mmd_edge_t *edge);  // float32, of a marked node or an input

// Whether the operator takes |dtype| at opset |version| of ai.onnx.
bool mmd_precision_accepts(const char *op, int64_t version, mmd_dtype_t dtype);
// Operators that stay float32 unless told otherwise, NULL-terminated.
extern const char *const mmd_precision_kept_ops[];

#endif  // MMD_CONVERT_EDIT_PRECISION_H_
