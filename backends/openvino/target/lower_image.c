// SPDX-License-Identifier: Apache-2.0
//
// Resizing, sampling and what detectors need.
#include <math.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- Resize ------------------------------------------------------------===//

static const char *resize_mode(ov_lower_t *l) {
  const char *mode = ov_attr_string(l, "mode", "nearest");
  return strcmp(mode, "linear") == 0 ? "linear_onnx" : mode;
}

// |sizes| or |scales| of all axes; only the axes that are scaled go to the engine where that is
// known.
typedef struct resize_t {
  bool by_sizes;
  size_t input;  // of sizes or scales
  size_t axis_count;
  int64_t axes[MMD_MAX_RANK];
} resize_t;

static bool read_resize(ov_lower_t *l, resize_t *out_resize) {
  const int rank = ov_input_rank(l, 0);
  const bool is_upsample = strcmp(l->node->op, "Upsample") == 0;
  resize_t *r = out_resize;
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  r->by_sizes = !is_upsample && mmd_node_input(l->node, 3);
  r->input = is_upsample ? 1 : r->by_sizes ? 3 : 2;
  if (!mmd_node_input(l->node, r->input)) ov_refuse(l, "neither sizes nor scales");
  if (!ov_ok(l)) return false;
  r->axis_count = axes ? count : (size_t)rank;
  for (size_t i = 0; i < r->axis_count; ++i) r->axes[i] = axes ? axes[i] : (int64_t)i;
  return true;
}

// Linear and cubic interpolation is over height and width: batch and channels are left out.
static ov_value_t drop_outer(ov_lower_t *l, resize_t *r, ov_value_t numbers) {
  if (r->axis_count != 4 || r->axes[0] != 0) return numbers;
  r->axis_count = 2;
  r->axes[0] = 2;
  r->axes[1] = 3;
  return ov_slice(l, numbers, 0, 2, 4);
}

// Scales by which every size stays whole.
static bool are_whole(const ov_lower_t *l, size_t input) {
  const mmd_tensor_t *scales = ov_input_constant(l, input);
  if (!scales || !mmd_tensor_is_contiguous(scales)) return false;
  for (size_t i = 0; i < mmd_tensor_count(scales); ++i) {
    const double scale = mmd_dtype_load_f64(scales->dtype, mmd_tensor_data(scales), i);
    if (scale < 1 || scale != floor(scale)) return false;
  }
  return true;
}

void ov_lower_resize(ov_lower_t *l) {
  resize_t r;
  if (!read_resize(l, &r)) return;
  const char *transform =
      ov_attr_string(l, "coordinate_transformation_mode",
                     strcmp(l->node->op, "Upsample") == 0 ? "asymmetric" : "half_pixel");
  if (strcmp(transform, "tf_crop_and_resize") == 0 ||
      strcmp(transform, "half_pixel_symmetric") == 0)
    ov_refuse(l, "coordinate_transformation_mode %s", transform);
  if (strcmp(ov_attr_string(l, "keep_aspect_ratio_policy", "stretch"), "stretch") != 0)
    ov_refuse(l, "a keep_aspect_ratio_policy other than stretch");
  if (ov_attr_int(l, "exclude_outside", 0)) ov_refuse(l, "exclude_outside 1");
  // The engine's filter is Pillow's, which has other weights at the borders.
  if (ov_attr_int(l, "antialias", 0)) ov_refuse(l, "antialias 1");
  // The engine takes the rounded size for the scale.
  if (!r.by_sizes && strcmp(transform, "align_corners") == 0 && !are_whole(l, r.input))
    ov_refuse(l, "broken scales with coordinate_transformation_mode align_corners");
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t numbers = drop_outer(l, &r, ov_input(l, r.input));
  const ov_value_t inputs[] = {x, numbers, ov_constant_i64s(l, r.axis_count, r.axes)};
  const ov_value_t out = ov_emit(l, "Interpolate", "opset11", 3, inputs);
  ov_set(l, out, "mode", resize_mode(l));
  ov_set(l, out, "shape_calculation_mode", r.by_sizes ? "sizes" : "scales");
  ov_set(l, out, "coordinate_transformation_mode", transform);
  ov_set(l, out, "nearest_mode", ov_attr_string(l, "nearest_mode", "round_prefer_floor"));
  ov_set_bool(l, out, "antialias", false);
  ov_set_float(l, out, "cube_coeff", ov_attr_float(l, "cubic_coeff_a", -0.75));
  ov_set(l, out, "pads_begin", "0");
  ov_set(l, out, "pads_end", "0");
  ov_output(l, 0, out);
}

void ov_lower_grid_sample(ov_lower_t *l) {
  const char *mode = ov_attr_string(l, "mode", "linear");
  if (ov_input_rank(l, 0) != 4) ov_refuse(l, "3 spatial axes");
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, "GridSample", "opset9", 2, inputs);
  const bool is_cubic = strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0;
  const bool is_nearest = strcmp(mode, "nearest") == 0;
  ov_set(l, out, "mode", is_cubic ? "bicubic" : is_nearest ? "nearest" : "bilinear");
  ov_set(l, out, "padding_mode", ov_attr_string(l, "padding_mode", "zeros"));
  ov_set_bool(l, out, "align_corners", ov_attr_int(l, "align_corners", 0) != 0);
  ov_output(l, 0, out);
}

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
