// SPDX-License-Identifier: Apache-2.0
//
// The end of a detector in ncnn's form: one output [1, n, 6] with rows label + 1, score, x1, y1,
// x2, y2, best first, boxes as parts of the network's input. mmdeploy::DetectionOutput is the
// engine's layer, which also decodes; it is given decoded boxes as priors that are moved by
// nothing. That suits every head, and the network needs no custom layer.
#ifndef MMD_NN_DETECTION_OUTPUT_H_
#define MMD_NN_DETECTION_OUTPUT_H_

#include "nn/multiclass_nms.h"

// Suppression of |boxes| [1, n, 4] in pixels with |scores| [1, n, classes]. Of |nms| max_per_class
// does not count, and pre_top_k is of a class.
mmd_edge_t *mmd_nn_detection_output(mmd_builder_t *builder, const mmd_multiclass_nms_t *nms,
                                    mmd_edge_t *boxes, mmd_edge_t *scores);

// The same rows of |dets| [1, n, 5] and |labels| [1, n].
mmd_edge_t *mmd_nn_detection_rows(mmd_builder_t *builder, mmd_edge_t *dets, mmd_edge_t *labels);

// What heads end with: dets and labels of mmd_nn_multiclass_nms, or, where the builder has
// |has_detection_output|, that as |*out_dets| and NULL as |*out_labels|; where it
// |leaves_suppression|, boxes and scores as they are.
void mmd_nn_detect(mmd_builder_t *builder, const mmd_multiclass_nms_t *nms, mmd_edge_t *boxes,
                   mmd_edge_t *scores, mmd_edge_t **out_dets, mmd_edge_t **out_labels);

#endif  // MMD_NN_DETECTION_OUTPUT_H_
