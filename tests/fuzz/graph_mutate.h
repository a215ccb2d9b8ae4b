// SPDX-License-Identifier: Apache-2.0
//
// Structure-aware mutation for targets that take an ONNX file: the bytes are read by our importer,
// nodes, attributes, types, constants and edges change places or values, and the result is written
// back. What comes out is a file that reads well and means nonsense.
#ifndef MMD_TESTS_FUZZ_GRAPH_MUTATE_H_
#define MMD_TESTS_FUZZ_GRAPH_MUTATE_H_

#include "graph/graph.h"

// Limits that keep one input fast.
enum {
  MMD_FUZZ_MAX_NODES = 64,
  MMD_FUZZ_MAX_BYTES = 1 << 16,
};

// As LLVMFuzzerCustomMutator. Bytes that are no model, and results that do not fit, are left to
// libFuzzer's own mutation.
size_t mmd_fuzz_mutate_graph(uint8_t *data, size_t size, size_t max_size, unsigned seed);

// Reads |data| as a model; NULL when it is none or too large to be of use.
mmd_graph_t *mmd_fuzz_import(const uint8_t *data, size_t size);

// Ends the program with the message of a status that is an error.
void mmd_fuzz_must(mmd_status_t status);
void mmd_fuzz_require(bool condition);

#endif  // MMD_TESTS_FUZZ_GRAPH_MUTATE_H_
