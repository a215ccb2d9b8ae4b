// SPDX-License-Identifier: Apache-2.0
//
// Arrays for a graph's inputs, from files or random: what `run onnx` and `diff --numbers` share.
#ifndef MMD_CONVERT_RUN_ONNX_INPUTS_H_
#define MMD_CONVERT_RUN_ONNX_INPUTS_H_

#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_run_inputs_t {
  size_t count;
  mmd_tensor_t *tensors;  // in the order of the graph's inputs
} mmd_run_inputs_t;

// |inputs| is an array of "NAME=FILE.npy" or "NAME=random", |shapes| one of "NAME=1x3x224x224";
// NULL is fine. What no entry names is random: floats in [-1, 1), integers 0 or 1. A free first
// dimension is 1 without a shape; other free ones need it. Equal seeds give equal numbers, input by
// input.
mmd_status_t mmd_run_inputs_make(const mmd_graph_t *graph, const mmd_value_t *inputs,
                                 const mmd_value_t *shapes, int64_t seed,
                                 mmd_run_inputs_t *out_inputs) MMD_MUST_USE;
void mmd_run_inputs_deinit(mmd_run_inputs_t *inputs);

// Splits "NAME=VALUE" at the last '='; |*out_name| is a new string, |*out_value| lies in |text|.
// |what| stands in the message: "--input".
mmd_status_t mmd_run_split(const char *text, const char *what, char **out_name,
                           const char **out_value) MMD_MUST_USE;

#endif  // MMD_CONVERT_RUN_ONNX_INPUTS_H_
