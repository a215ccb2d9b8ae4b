// SPDX-License-Identifier: Apache-2.0
#include "graph/inline.h"
#include "passes/pass.h"

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  bool calls;
  (void)options;
  MMD_TRY(mmd_graph_calls_functions(graph, &calls));
  if (!calls) return NULL;
  *out_changed = true;
  return mmd_graph_inline_functions(graph);
}

const mmd_pass_t mmd_pass_inline_functions = {
    "inline_functions", "puts the bodies of the model's functions in the place of their calls",
    run};
