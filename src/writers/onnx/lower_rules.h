// SPDX-License-Identifier: Apache-2.0
//
// Steps of the lowering. A rule takes a node from the form of opset |version| to the one before.
#ifndef MMD_WRITERS_ONNX_LOWER_RULES_H_
#define MMD_WRITERS_ONNX_LOWER_RULES_H_

#include "graph/graph.h"

// |out_reason| is set when the node has no older form; the node is then as before.
typedef mmd_status_t (*mmd_lower_fn)(mmd_node_t *node, const char **out_reason);

typedef struct mmd_lower_rule_t {
  const char *op;
  int64_t version;
  mmd_lower_fn apply;  // NULL: the operator came with |version| and cannot be spelled out
} mmd_lower_rule_t;

extern const mmd_lower_rule_t mmd_lower_rules[];
extern const size_t mmd_lower_rule_count;

// Helpers (lower_util.c).

// The constant that input |index| is, also through a Constant node; NULL when it is none.
const mmd_tensor_t *mmd_lower_constant(const mmd_node_t *node, size_t index);
// Up to |capacity| integers of a constant input. False when it is none or longer.
bool mmd_lower_ints(const mmd_node_t *node, size_t index, int64_t *numbers, size_t capacity,
                    size_t *out_count);
int mmd_lower_rank(const mmd_node_t *node, size_t index);           // of an input, -1 = not known
mmd_dtype_t mmd_lower_dtype(const mmd_node_t *node, size_t index);  // MMD_F32 when not known
bool mmd_lower_output_used(const mmd_node_t *node, size_t index);
// A node before |node| with one output; up to three inputs, NULL ends them.
mmd_status_t mmd_lower_insert(mmd_node_t *node, const char *op, mmd_edge_t *a, mmd_edge_t *b,
                              mmd_edge_t *c, mmd_node_t **out_node) MMD_MUST_USE;
mmd_status_t mmd_lower_scalar(mmd_node_t *node, const char *what, mmd_dtype_t dtype, double number,
                              mmd_edge_t **out_edge) MMD_MUST_USE;
mmd_status_t mmd_lower_i64s(mmd_node_t *node, const char *what, const int64_t *numbers,
                            size_t count, mmd_edge_t **out_edge) MMD_MUST_USE;
// |node| becomes |op| of |a| and |b| (b may be NULL) without attributes; results keep their edges.
mmd_status_t mmd_lower_become(mmd_node_t *node, const char *op, mmd_edge_t *a,
                              mmd_edge_t *b) MMD_MUST_USE;
// An attribute that came later: it goes when it has its default, else there is no older form.
mmd_status_t mmd_lower_drop_int(mmd_node_t *node, const char *name, int64_t value,
                                const char *reason, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_drop_text(mmd_node_t *node, const char *name, const char *value,
                                 const char *reason, const char **out_reason) MMD_MUST_USE;

// Rules of Resize (lower_resize.c).
mmd_status_t mmd_lower_resize_10(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_resize_11(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_resize_13(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_resize_18(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_resize_19(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;

// Rules that spell operators out (lower_spell.c).
mmd_status_t mmd_lower_layer_norm_17(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_group_norm_21(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_group_norm_18(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_gelu_20(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_mish_18(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_hard_swish_14(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_softmax_13(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_shape_15(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_greater_or_equal_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_less_or_equal_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_roi_align_16(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_celu_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_max_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_min_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_clip_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;
mmd_status_t mmd_lower_pow_12(mmd_node_t *node, const char **out_reason) MMD_MUST_USE;

#endif  // MMD_WRITERS_ONNX_LOWER_RULES_H_
