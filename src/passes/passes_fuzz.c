// SPDX-License-Identifier: Apache-2.0
//
// Whatever graph the passes meet, they fail cleanly or leave a whole graph with the same interface.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph/text.h"
#include "graph/verify.h"
#include "passes/pass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_ELEMENTS = 4096 };  // of a constant; left-out ones cost nothing to write

static void require(bool ok) {
  if (!ok) abort();
}

static bool is_small(const mmd_graph_t *graph) {
  for (size_t i = 0; i < graph->root->constant_count; ++i)
    if (mmd_tensor_count(&graph->root->constants[i]->constant) > MAX_ELEMENTS) return false;
  return graph->root->output_count < 8;
}

static void run_passes(mmd_graph_t *graph) {
  const mmd_pass_options_t options = {.fold_limit = 1 << 16};
  const char *names[8] = {0};
  for (size_t i = 0; i < graph->root->output_count; ++i) names[i] = graph->root->outputs[i]->name;
  mmd_status_t status = mmd_passes_run(graph, mmd_passes_optimize, &options);
  if (!status) status = mmd_passes_run(graph, mmd_passes_convert, &options);
  if (!status) status = mmd_passes_run(graph, mmd_passes_split, &options);
  bool failed = mmd_status_ignore(status);
  status = mmd_graph_verify(graph);
  require(!mmd_status_ignore(status));
  if (failed) return;
  for (size_t i = 0; names[i]; ++i) require(strcmp(names[i], graph->root->outputs[i]->name) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = NULL;
  mmd_status_t status = mmd_graph_parse((const char *)data, size, "fuzz", &graph);
  if (mmd_status_ignore(status)) return 0;
  if (is_small(graph)) run_passes(graph);
  mmd_graph_destroy(graph);
  return 0;
}
