// SPDX-License-Identifier: Apache-2.0
//
// What detectors need.
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- regions -----------------------------------------------------------===//

ov_value_t ov_boxes_with_area(ov_lower_t *l, ov_value_t boxes, double scale) {
  const double begin = -1000 / scale, end = -999 / scale;
  const float away[] = {(float)begin, (float)begin, (float)end, (float)end};
  const int64_t axis = 1;
  const ov_value_t sizes =
      ov_binary(l, "Subtract", ov_slice(l, boxes, 1, 2, 4), ov_slice(l, boxes, 1, 0, 2));
  const ov_value_t inputs[] = {sizes, ov_constant_i64s(l, 1, &axis)};
  const ov_value_t least = ov_emit(l, "ReduceMin", "opset1", 2, inputs);
  ov_set_bool(l, least, "keep_dims", true);
  const ov_value_t has_area = ov_binary(l, "Greater", least, ov_constant_number(l, MMD_F32, 0));
  return ov_select(l, has_area, boxes, ov_constant_f32s(l, 4, away));
}

void ov_lower_roi_align(ov_lower_t *l) {
  const char *transform =
      ov_attr_string(l, "coordinate_transformation_mode",
                     l->node->version < 16 ? "output_half_pixel" : "half_pixel");
  // ONNX takes the largest weighted corner, the engine the largest sample.
  if (strcmp(ov_attr_string(l, "mode", "avg"), "avg") != 0) ov_refuse(l, "a mode other than avg");
  const double scale = ov_attr_float(l, "spatial_scale", 1);
  const bool is_aligned = strcmp(transform, "half_pixel") == 0;
  ov_value_t boxes = ov_input(l, 1);
  if (is_aligned && !ov_attr_int(l, "sampling_ratio", 0) && ov_input_dtype(l, 1) == MMD_F32)
    boxes = ov_boxes_with_area(l, boxes, scale);
  const ov_value_t inputs[] = {ov_input(l, 0), boxes, ov_input(l, 2)};
  const ov_value_t out = ov_emit(l, "ROIAlign", "opset9", 3, inputs);
  ov_set_int(l, out, "pooled_h", ov_attr_int(l, "output_height", 1));
  ov_set_int(l, out, "pooled_w", ov_attr_int(l, "output_width", 1));
  ov_set_int(l, out, "sampling_ratio", ov_attr_int(l, "sampling_ratio", 0));
  ov_set_float(l, out, "spatial_scale", scale);
  ov_set(l, out, "mode", "avg");
  ov_set(l, out, "aligned_mode", is_aligned ? "half_pixel_for_nn" : "asymmetric");
  ov_output(l, 0, out);
}

//===--- NonMaxSuppression -------------------------------------------------===//

// A limit of rank 0; |fallback| where it is left out.
static ov_value_t limit(ov_lower_t *l, size_t i, mmd_dtype_t dtype, double fallback) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const int64_t axis = 0;
  if (!edge) return ov_constant_number(l, dtype, fallback);
  const ov_value_t value = ov_input(l, i);
  return edge->type.has_rank && edge->type.rank == 0 ? value : ov_squeeze(l, value, 1, &axis);
}

// The engine's first output has room for every box; what is not used is cut off inside, for the
// shape is dynamic.
void ov_lower_nms(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0),
                               ov_input(l, 1),
                               limit(l, 2, MMD_I64, 0),
                               limit(l, 3, MMD_F32, 0),
                               limit(l, 4, MMD_F32, -3.4e38),
                               ov_constant_number(l, MMD_F32, 0)};
  const ov_value_t out = ov_emit_many(l, "NonMaxSuppression", "opset9", 6, inputs, 3);
  ov_set(l, out, "box_encoding", ov_attr_int(l, "center_point_box", 0) ? "center" : "corner");
  ov_set_bool(l, out, "sort_result_descending", false);
  ov_set(l, out, "output_type", "i64");
  ov_output(l, 0, out);
}
