// SPDX-License-Identifier: Apache-2.0
//
// GraphProto.quantization_annotation speaks of tensors by name. It is among what a region keeps.
#ifndef MMD_WRITERS_ONNX_ANNOTATION_H_
#define MMD_WRITERS_ONNX_ANNOTATION_H_

#include "graph/graph.h"

// mmd_edge_rename, and the same in the annotations of all graphs that see the tensor.
mmd_status_t mmd_onnx_rename_annotated(mmd_edge_t *edge, const char *name) MMD_MUST_USE;

#endif  // MMD_WRITERS_ONNX_ANNOTATION_H_
