// SPDX-License-Identifier: Apache-2.0
//
// Types follow from whatever stands in a file, or the file contradicts itself; the graph stays
// whole either way, and what was found once is found again.
#include "graph/verify.h"
#include "ops/infer.h"
#include "tests/fuzz/graph_mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  return mmd_fuzz_mutate_graph(data, size, max_size, seed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  mmd_graph_t *graph = mmd_fuzz_import(data, size);
  if (!graph) return 0;
  const bool failed = mmd_status_ignore(mmd_graph_infer(graph));
  mmd_fuzz_must(mmd_graph_verify(graph));
  if (!failed) mmd_fuzz_must(mmd_graph_infer(graph));
  mmd_graph_destroy(graph);
  return 0;
}
