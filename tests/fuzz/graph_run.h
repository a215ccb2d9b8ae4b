// SPDX-License-Identifier: Apache-2.0
//
// Runs the graphs of fuzz targets on inputs that depend on nothing but the graph.
#ifndef MMD_TESTS_FUZZ_GRAPH_RUN_H_
#define MMD_TESTS_FUZZ_GRAPH_RUN_H_

#include "ops/evaluator.h"

enum { MMD_FUZZ_MAX_PORTS = 8 };

typedef struct mmd_fuzz_run_t {
  size_t input_count, output_count;
  mmd_datum_t inputs[MMD_FUZZ_MAX_PORTS], outputs[MMD_FUZZ_MAX_PORTS];
} mmd_fuzz_run_t;

// Small tensors for the inputs of |graph|: free sizes are 2. False when it takes something else.
bool mmd_fuzz_make_inputs(const mmd_graph_t *graph, mmd_fuzz_run_t *out_run);

// Runs within the limits that keep a target fast. |observe| may be NULL.
mmd_status_t mmd_fuzz_evaluate(const mmd_graph_t *graph, mmd_eval_mode_t mode,
                               mmd_status_t (*observe)(void *user, const mmd_node_t *node,
                                                       const mmd_datum_t *outputs),
                               mmd_fuzz_run_t *run) MMD_MUST_USE;

void mmd_fuzz_clear_outputs(mmd_fuzz_run_t *run);
void mmd_fuzz_run_deinit(mmd_fuzz_run_t *run);

#endif  // MMD_TESTS_FUZZ_GRAPH_RUN_H_
