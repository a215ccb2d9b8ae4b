// SPDX-License-Identifier: Apache-2.0
//
// The initializers of a graph from a checkpoint.
#ifndef MMD_CONVERT_EDIT_WEIGHTS_H_
#define MMD_CONVERT_EDIT_WEIGHTS_H_

#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_edit_weights_t {
  size_t replaced, unmatched_keys, kept;  // initializers, keys of the file, initializers
  size_t norm_keys;  // unmatched keys that are statistics of a BatchNorm: it may have been fused
} mmd_edit_weights_t;

// Every key of the checkpoint (.pth, .safetensors, .npz, .onnx) whose name, after |map|, is that of
// an initializer replaces it. |map| is an array of "KEY=NAME"; a '*' at the end of both stands for
// the rest ("module.*=*"); the first that fits counts; NULL is fine. Shapes must be equal; floats
// are converted to the initializer's type. That no key fits is an error, and so is an entry that
// fits no key.
mmd_status_t mmd_edit_weights(mmd_graph_t *graph, const char *path, const mmd_value_t *map,
                              mmd_edit_weights_t *out_weights) MMD_MUST_USE;

#endif  // MMD_CONVERT_EDIT_WEIGHTS_H_
