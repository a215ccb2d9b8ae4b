// SPDX-License-Identifier: Apache-2.0
//
// What we know of an operator: schema, type rule, evaluation. One file an operator (or small
// family); src/ops/registry.c lists them all.
#ifndef MMD_OPS_OP_H_
#define MMD_OPS_OP_H_

#include "base/arena.h"
#include "base/thread.h"
#include "graph/graph.h"

typedef enum mmd_eval_mode_t {
  MMD_EVAL_PLAIN,  // double accumulation, obvious code: the oracle and the constant folder
  MMD_EVAL_FAST,   // our kernels, threads
} mmd_eval_mode_t;

// A run-time value: a tensor, a sequence, an optional.
typedef struct mmd_datum {
  mmd_type_kind_t kind;  // MMD_TYPE_UNKNOWN = nothing (input left out, empty optional)
  mmd_tensor_t tensor;
  size_t item_count;  // sequences
  struct mmd_datum *items;
} mmd_datum_t;
void mmd_datum_deinit(mmd_datum_t *datum);
mmd_status_t mmd_datum_copy(const mmd_datum_t *datum,
                            mmd_datum_t *out_datum) MMD_MUST_USE;  // retains

// What the only users of a node's result compute from it: result = limit(result + add).
typedef struct mmd_eval_epilogue_t {
  const mmd_datum_t *add;  // or NULL; the operator checks its type and shape
  bool may_take_add;       // the result may be written to its memory
  bool takes_add;          // set by the operator: that is so
  float low, high;         // limits; infinities for none. NaNs stay.
} mmd_eval_epilogue_t;

typedef struct mmd_eval_context {
  const mmd_node_t *node;
  mmd_eval_mode_t mode;
  mmd_pool_t *pool;  // may be NULL
  size_t input_count;
  const mmd_datum_t *const *inputs;  // NULL item = left out
  size_t output_count;
  mmd_datum_t *outputs;  // zeroed; the operator fills those whose node output is not NULL
  void *evaluator;       // for operators with regions (see evaluator.h); NULL in mmd_evaluate_node
  mmd_arena_t *scratch;  // freed after the node
  size_t memory_left;    // bytes that outputs and scratch may take
  uint64_t *work_left;   // what the run may still compute (mmd_eval_work); NULL: no limit
  uint32_t reusable;     // bit i: nobody needs the memory of input i afterwards
  uint32_t fresh;        // bit i: output i lies in memory of its own
  mmd_eval_epilogue_t *epilogue;  // or NULL; an operator that applies it to output 0 says so
  bool did_epilogue;
} mmd_eval_context_t;

typedef struct mmd_infer_context {
  mmd_graph_t *graph;
  mmd_node_t *node;
} mmd_infer_context_t;

typedef struct mmd_op {
  const char *domain;
  const char *name;
  int64_t since_version;       // first opset version of this meaning
  int min_inputs, max_inputs;  // -1 = any number; the first |min_inputs| may not be left out
  int min_outputs, max_outputs;
  // Sets the types (and |elements|) of the outputs from those of the inputs; what is not known
  // stays a fresh symbol or unknown. Fails only when the node contradicts itself.
  mmd_status_t (*infer)(mmd_infer_context_t *context);
  // Both modes; an operator without a fast kernel ignores |mode|. Inputs are packed and aligned.
  // When it fails, what stands in |outputs| is freed by the caller.
  mmd_status_t (*evaluate)(mmd_eval_context_t *context);
  unsigned flags;  // MMD_OP_*
} mmd_op_t;

enum {
  MMD_OP_ANY_KIND = 1,  // takes sequences and optionals; others are given tensors only
  MMD_OP_RANDOM = 2,    // answers differently each time: never folded
};

// The operators of one file.
typedef struct mmd_op_family_t {
  const mmd_op_t *ops;
  size_t count;
} mmd_op_family_t;
#define MMD_OP_FAMILY(table) \
  { (table), sizeof(table) / sizeof *(table) }

// The entry of the highest since_version that is <= |version|, or NULL.
const mmd_op_t *mmd_op_find(const char *domain, const char *name, int64_t version);
size_t mmd_op_count(void);
const mmd_op_t *mmd_op_at(size_t index);  // sorted by domain, name, version

// Helpers for operators.
static inline const mmd_tensor_t *mmd_eval_input(const mmd_eval_context_t *c, size_t i) {
  return i < c->input_count && c->inputs[i] && c->inputs[i]->kind == MMD_TYPE_TENSOR
             ? &c->inputs[i]->tensor
             : 0;
}
// Output |i| becomes |tensor| (moved).
void mmd_eval_output(mmd_eval_context_t *context, size_t i, mmd_tensor_t *tensor);
// An error that names the node: "Conv node 'conv1': …".
mmd_status_t mmd_node_error(const mmd_node_t *node, mmd_code_t code, const char *fmt,
                            ...) MMD_MUST_USE MMD_RETURNS_NONNULL MMD_PRINTF(3, 4);

#endif  // MMD_OPS_OP_H_
