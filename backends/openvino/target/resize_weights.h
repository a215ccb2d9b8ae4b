// SPDX-License-Identifier: Apache-2.0
//
// What a Resize does along one axis when its sizes are known: result = weights * input. For the
// forms that the engine's own operator lacks.
#ifndef MMD_BACKENDS_OPENVINO_TARGET_RESIZE_WEIGHTS_H_
#define MMD_BACKENDS_OPENVINO_TARGET_RESIZE_WEIGHTS_H_

#include "graph/graph.h"

typedef struct ov_resize_axis_t {
  int64_t in;
  int64_t size;  // asked for; 0: by |scale|
  float scale;
  float roi[2];  // of tf_crop_and_resize: begin and end
  // Of another axis, whose scale counts for this one too (keep_aspect_ratio_policy); 0: none.
  int64_t other_in, other_size;
} ov_resize_axis_t;

// f32 [out, in]. Rows that lie outside of the input (tf_crop_and_resize) are zeros.
mmd_status_t ov_resize_weights(const mmd_node_t *resize, const ov_resize_axis_t *axis,
                               mmd_tensor_t *out_weights) MMD_MUST_USE;

#endif  // MMD_BACKENDS_OPENVINO_TARGET_RESIZE_WEIGHTS_H_
