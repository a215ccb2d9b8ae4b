// SPDX-License-Identifier: Apache-2.0
//
// What the importer gives verifies, and stays whole through a copy, a sort and its own text.
#include "graph/inline.h"
#include "graph/text.h"
#include "graph/verify.h"
#include "tests/fuzz/graph_mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  return mmd_fuzz_mutate_graph(data, size, max_size, seed);
}

static void check_text(const mmd_graph_t *graph) {
  mmd_graph_t *again = NULL;
  mmd_str_t text = {0};
  mmd_fuzz_must(mmd_graph_print(graph, MMD_TEXT_WEIGHTS, &text));
  mmd_fuzz_must(mmd_graph_parse(text.data, text.size, "printed", &again));
  mmd_fuzz_must(mmd_graph_verify(again));
  mmd_graph_destroy(again);
  mmd_str_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = mmd_fuzz_import(data, size), *clone = NULL;
  if (!graph) return 0;
  mmd_fuzz_must(mmd_graph_verify(graph));
  check_text(graph);
  mmd_fuzz_must(mmd_graph_clone(graph, &clone));
  mmd_graph_destroy(graph);
  mmd_fuzz_must(mmd_graph_sort(clone));
  mmd_fuzz_must(mmd_graph_verify(clone));
  if (!mmd_status_ignore(mmd_graph_inline_functions(clone))) mmd_fuzz_must(mmd_graph_verify(clone));
  mmd_graph_destroy(clone);
  return 0;
}
