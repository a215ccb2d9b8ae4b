// SPDX-License-Identifier: Apache-2.0
//
// Runs a graph. An evaluator may be used by one thread at a time; several may share one graph,
// which must not change meanwhile. Intermediate results are freed after their last use.
#ifndef MMD_OPS_EVALUATOR_H_
#define MMD_OPS_EVALUATOR_H_

#include "ops/op.h"

typedef struct mmd_evaluator mmd_evaluator_t;

typedef struct mmd_evaluator_options_t {
  mmd_eval_mode_t mode;
  mmd_pool_t *pool;     // borrowed, may be NULL
  size_t memory_limit;  // bytes of live intermediates and of what the node at work takes, 0 = none
  uint64_t step_limit;  // node executions incl. loop bodies, and runs of those, 0 = none
  uint64_t work_limit;  // elements and multiply-adds of one run (mmd_eval_work), 0 = none
  // Called after each node with its outputs; may be NULL. A failure stops the run.
  mmd_status_t (*observe)(void *user, const mmd_node_t *node, const mmd_datum_t *outputs);
  void *user;
} mmd_evaluator_options_t;

// Checks at once that every operator is known; the message lists all unknown ones. Calls of the
// model's functions are run by their bodies.
mmd_status_t mmd_evaluator_create(const mmd_graph_t *graph, const mmd_evaluator_options_t *options,
                                  mmd_evaluator_t **out_evaluator) MMD_MUST_USE;
void mmd_evaluator_destroy(mmd_evaluator_t *evaluator);

// |inputs| and |outputs| in the order of the root region's; |outputs| are zeroed structs that the
// caller deinits. Input dtype and the constant dims are checked.
mmd_status_t mmd_evaluator_run(mmd_evaluator_t *evaluator, const mmd_datum_t *inputs,
                               size_t input_count, mmd_datum_t *outputs,
                               size_t output_count) MMD_MUST_USE;
// The same for tensors only.
mmd_status_t mmd_evaluator_run_tensors(mmd_evaluator_t *evaluator, const mmd_tensor_t *inputs,
                                       size_t input_count, mmd_tensor_t *outputs,
                                       size_t output_count) MMD_MUST_USE;

// Memory of a dead result for a new one of |size| bytes, or NULL. For mmd_eval_output_create.
mmd_storage_t *mmd_evaluator_take_storage(void *evaluator, size_t size);

// For operators with regions: runs |region| with |inputs|; outer edges resolve in the calling
// frame. Kinds and element types of the inputs are checked; their sizes may change from one run to
// the next.
mmd_status_t mmd_evaluator_run_region(void *evaluator, const mmd_region_t *region,
                                      const mmd_datum_t *inputs, size_t input_count,
                                      mmd_datum_t *outputs, size_t output_count) MMD_MUST_USE;

// Evaluates one node whose inputs are constants (the constant folder). A node that would take more
// than 2^32 units of work is refused.
mmd_status_t mmd_evaluate_node(const mmd_node_t *node, mmd_eval_mode_t mode, mmd_pool_t *pool,
                               const mmd_datum_t *const *inputs, mmd_datum_t *outputs) MMD_MUST_USE;

#endif  // MMD_OPS_EVALUATOR_H_
