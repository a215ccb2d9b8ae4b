// SPDX-License-Identifier: Apache-2.0
//
// A graph that runs also runs after the passes, and gives results of the same types.
#include <stdio.h>
#include <stdlib.h>

#include "graph/verify.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "tests/fuzz/graph_mutate.h"
#include "tests/fuzz/graph_run.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  return mmd_fuzz_mutate_graph(data, size, max_size, seed);
}

static void check_same(const mmd_graph_t *graph, const mmd_fuzz_run_t *a, const mmd_fuzz_run_t *b) {
  for (size_t i = 0; i < a->output_count; ++i) {
    const mmd_datum_t *before = &a->outputs[i], *after = &b->outputs[i];
    bool same = before->kind == after->kind && before->item_count == after->item_count;
    if (same && before->kind == MMD_TYPE_TENSOR) {
      same = before->tensor.dtype == after->tensor.dtype &&
             mmd_shape_equal(&before->tensor.shape, &after->tensor.shape);
      // A loop that never runs gives nothing, of a shape that only the file's own types tell.
      same =
          same || (mmd_tensor_count(&before->tensor) == 0 && mmd_tensor_count(&after->tensor) == 0);
    }
    if (same) continue;
    fprintf(stderr, "output '%s' has changed its type\n", graph->root->outputs[i]->name);
    abort();
  }
}

static void compare(const mmd_graph_t *before, const mmd_graph_t *after) {
  mmd_fuzz_run_t a, b;
  if (before->root->output_count != after->root->output_count) abort();
  if (before->root->input_count != after->root->input_count) abort();
  if (!mmd_fuzz_make_inputs(before, &a)) return;
  if (!mmd_status_ignore(mmd_fuzz_evaluate(before, MMD_EVAL_PLAIN, NULL, &a))) {
    mmd_fuzz_require(mmd_fuzz_make_inputs(before, &b));
    mmd_status_t status = mmd_fuzz_evaluate(after, MMD_EVAL_PLAIN, NULL, &b);
    // What was folded may live longer, and what was split may take more steps.
    const mmd_code_t code = mmd_status_code(status);
    if (code != MMD_OUT_OF_MEMORY && code != MMD_OUT_OF_RANGE) mmd_fuzz_must(status);
    if (!mmd_status_ignore(status)) check_same(before, &a, &b);
    mmd_fuzz_run_deinit(&b);
  }
  mmd_fuzz_run_deinit(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const mmd_pass_options_t options = {.fold_limit = 1 << 14};
  mmd_graph_t *before = mmd_fuzz_import(data, size), *after = NULL;
  if (!before) return 0;
  mmd_fuzz_must(mmd_graph_clone(before, &after));
  const bool failed = mmd_status_ignore(mmd_passes_run(after, mmd_passes_optimize, &options));
  mmd_fuzz_must(mmd_graph_verify(after));
  // The types of a file may lie, and a loop that never runs believes them: both sides run with
  // those that are inferred.
  if (!failed && !mmd_status_ignore(mmd_graph_infer(before))) compare(before, after);
  mmd_graph_destroy(after);
  mmd_graph_destroy(before);
  return 0;
}
