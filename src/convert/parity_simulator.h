// SPDX-License-Identifier: Apache-2.0
//
// A package whose engine does not run here, run by the simulator of its vendor's compiler: the
// network's ONNX file, which lies beside the engine's, is compiled once more.
#ifndef MMD_CONVERT_PARITY_SIMULATOR_H_
#define MMD_CONVERT_PARITY_SIMULATOR_H_

#include "convert/limits.h"
#include "convert/target.h"
#include "value/value.h"

typedef struct mmd_simulator_t {
  const mmdeploy_target_t *target;
  mmd_graph_t *graph;
  char *save_file;               // of the network: "end2end.onnx"
  char *backend_json, *ir_json;  // of the deploy config, as detail.json has it
} mmd_simulator_t;

// |folder| is the package, |net| the engine's file in it.
mmd_status_t mmd_simulator_open(const mmdeploy_target_t *target, const char *folder,
                                const char *net, const mmd_limits_t *limits,
                                mmd_simulator_t *out_simulator) MMD_MUST_USE;
void mmd_simulator_close(mmd_simulator_t *simulator);  // of zeros is fine

// Inputs and outputs in the order of the graph; the package stays as it is.
mmd_status_t mmd_simulator_run(mmd_simulator_t *simulator, const mmd_tensor_t *inputs,
                               mmd_tensor_t *outputs) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARITY_SIMULATOR_H_
