// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: a graph as IR in a scratch folder, and sessions over it.
#ifndef MMD_TESTS_INTEGRATION_OPENVINO_OPENVINO_TESTING_H_
#define MMD_TESTS_INTEGRATION_OPENVINO_OPENVINO_TESTING_H_

#include "graph/graph.h"
#include "runtime/session.h"
#include "tests/support/mmd_test_skip.h"

// The engine; skips the test where there is none.
mmd_backend_t *openvino_engine(void);

typedef struct openvino_net_t {
  char *folder, *xml, *bin;
} openvino_net_t;

void openvino_net_init(openvino_net_t *net);  // makes the folder
void openvino_net_deinit(openvino_net_t *net);

// Writes the graph, which stays as it is; |backend_config| is JSON.
mmd_status_t openvino_net_write(const openvino_net_t *net, const mmd_graph_t *graph,
                                const char *backend_config) MMD_MUST_USE;

// Over the files in the folder. NULLs are the defaults.
mmd_status_t openvino_net_open(const openvino_net_t *net, const char *device, const char *options,
                               mmd_session_t **out_session) MMD_MUST_USE;

// Write, open, run once, close.
mmd_status_t openvino_run(const mmd_graph_t *graph, const mmd_tensor_t *inputs, size_t input_count,
                          mmd_tensor_t *outputs, size_t output_count) MMD_MUST_USE;

#endif  // MMD_TESTS_INTEGRATION_OPENVINO_OPENVINO_TESTING_H_
