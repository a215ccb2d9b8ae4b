// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: a graph as TorchScript in a scratch folder, and sessions over it.
#ifndef MMD_TESTS_INTEGRATION_TORCHSCRIPT_TORCHSCRIPT_TESTING_H_
#define MMD_TESTS_INTEGRATION_TORCHSCRIPT_TORCHSCRIPT_TESTING_H_

#include "graph/graph.h"
#include "runtime/session.h"
#include "tests/support/mmd_test_skip.h"

// The engine; skips the test where there is none.
mmd_backend_t *torchscript_engine(void);

typedef struct torchscript_net_t {
  char *folder, *path;
} torchscript_net_t;

void torchscript_net_init(torchscript_net_t *net);  // makes the folder
void torchscript_net_deinit(torchscript_net_t *net);

// Writes the graph, which stays as it is.
mmd_status_t torchscript_net_write(const torchscript_net_t *net,
                                   const mmd_graph_t *graph) MMD_MUST_USE;

// Over the file in the folder. NULLs are the defaults.
mmd_status_t torchscript_net_open(const torchscript_net_t *net, const char *device,
                                  const char *options, mmd_session_t **out_session) MMD_MUST_USE;

// Write, open, run once, close.
mmd_status_t torchscript_run(const mmd_graph_t *graph, const mmd_tensor_t *inputs,
                             size_t input_count, mmd_tensor_t *outputs,
                             size_t output_count) MMD_MUST_USE;

#endif  // MMD_TESTS_INTEGRATION_TORCHSCRIPT_TORCHSCRIPT_TESTING_H_
