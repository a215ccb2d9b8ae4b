// SPDX-License-Identifier: Apache-2.0
//
// Operators of mmcv and MMDeploy, as their exporters write them into ONNX files, by the engine's
// own.
#include <stdint.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- regions -----------------------------------------------------------===//

// The first column of [n, 5 or 6], as numbers of pictures.
static ov_value_t picture_numbers(ov_lower_t *l, ov_value_t rois) {
  const int64_t axis = 1;
  return ov_convert(l, ov_squeeze(l, ov_slice(l, rois, 1, 0, 1), 1, &axis), MMD_I64);
}

static ov_value_t roi_align(ov_lower_t *l, const char *type, const char *opset, ov_value_t boxes) {
  const ov_value_t inputs[] = {ov_input(l, 0), boxes, picture_numbers(l, ov_input(l, 1))};
  const ov_value_t out = ov_emit(l, type, opset, 3, inputs);
  ov_set_int(l, out, "pooled_h", ov_attr_int(l, "output_height", 7));
  ov_set_int(l, out, "pooled_w", ov_attr_int(l, "output_width", 7));
  ov_set_int(l, out, "sampling_ratio", ov_attr_int(l, "sampling_ratio", 0));
  ov_set_float(l, out, "spatial_scale", ov_attr_float(l, "spatial_scale", 1));
  return out;
}

void ov_lower_mmcv_roi_align(ov_lower_t *l) {
  const bool is_aligned = ov_attr_int(l, "aligned", 1) != 0;
  const char *mode = ov_attr_string(l, "mode", "avg");
  // The engine's maximum of negative samples is 0.
  if (strcmp(mode, "avg") != 0) ov_refuse(l, "mode %s", mode);
  ov_value_t boxes = ov_slice(l, ov_input(l, 1), 1, 1, 5);
  if (is_aligned && !ov_attr_int(l, "sampling_ratio", 0))
    boxes = ov_boxes_with_area(l, boxes, ov_attr_float(l, "spatial_scale", 1));
  const ov_value_t out = roi_align(l, "ROIAlign", "opset9", boxes);
  ov_set(l, out, "mode", "avg");
  ov_set(l, out, "aligned_mode", is_aligned ? "half_pixel_for_nn" : "asymmetric");
  ov_output(l, 0, out);
}

// Half a pixel on, and at least a pixel large, for the engine's is always aligned.
static ov_value_t as_aligned(ov_lower_t *l, ov_value_t boxes) {
  const float pixel = (float)(1 / ov_attr_float(l, "spatial_scale", 1));
  const float shift[] = {pixel / 2, pixel / 2}, least[] = {pixel, pixel};
  const ov_value_t parts[] = {
      ov_binary(l, "Add", ov_slice(l, boxes, 1, 0, 2), ov_constant_f32s(l, 2, shift)),
      ov_binary(l, "Maximum", ov_slice(l, boxes, 1, 2, 4), ov_constant_f32s(l, 2, least)),
      ov_slice(l, boxes, 1, 4, 5)};
  return ov_concat(l, 3, parts, 1);
}

void ov_lower_mmcv_roi_align_rotated(ov_lower_t *l) {
  ov_value_t boxes = ov_slice(l, ov_input(l, 1), 1, 1, 6);
  if (!ov_attr_int(l, "aligned", 1)) boxes = as_aligned(l, boxes);
  const ov_value_t out = roi_align(l, "ROIAlignRotated", "opset15", boxes);
  ov_set_bool(l, out, "clockwise_mode", ov_attr_int(l, "clockwise", 0) != 0);
  ov_output(l, 0, out);
}

void ov_lower_nms_rotated(ov_lower_t *l) {
  const ov_value_t inputs[] = {
      ov_input(l, 0), ov_input(l, 1), ov_constant_i64(l, INT32_MAX),
      ov_constant_number(l, MMD_F32, ov_attr_float(l, "iou_threshold", 0)),
      ov_constant_number(l, MMD_F32, ov_attr_float(l, "score_threshold", 0))};
  const ov_value_t out = ov_emit_many(l, "NMSRotated", "opset13", 5, inputs, 3);
  ov_set_bool(l, out, "sort_result_descending", false);
  ov_set(l, out, "output_type", "i64");
  ov_set_bool(l, out, "clockwise", true);
  ov_output(l, 0, out);
}

//===--- deformable convolution --------------------------------------------===//

// (h, w); pads also (top, bottom, left, right).
static void set_pair(ov_lower_t *l, ov_value_t out, const char *name, const char *key,
                     int64_t fallback) {
  size_t count = 0;
  const int64_t *found = mmd_node_attr_ints(l->node, name, &count);
  const int64_t plain[] = {fallback, fallback};
  if (found && count != 2) ov_refuse(l, "%s of %zu numbers", name, count);
  ov_set_ints(l, out, key, 2, found && count == 2 ? found : plain);
}

static void set_padding(ov_lower_t *l, ov_value_t out) {
  size_t count = 0;
  const int64_t *found = mmd_node_attr_ints(l->node, "padding", &count);
  if (!found || count != 4) {
    set_pair(l, out, "padding", "pads_begin", 0);
    set_pair(l, out, "padding", "pads_end", 0);
    return;
  }
  const int64_t begins[] = {found[0], found[2]}, ends[] = {found[1], found[3]};
  ov_set_ints(l, out, "pads_begin", 2, begins);
  ov_set_ints(l, out, "pads_end", 2, ends);
}

static ov_value_t deform_conv(ov_lower_t *l, size_t input_count, const ov_value_t *inputs) {
  const ov_value_t out = ov_emit(l, "DeformableConvolution", "opset8", input_count, inputs);
  set_pair(l, out, "stride", "strides", 1);
  set_pair(l, out, "dilation", "dilations", 1);
  set_padding(l, out);
  ov_set(l, out, "auto_pad", "explicit");
  ov_set_int(l, out, "group", ov_attr_int(l, "groups", 1));
  ov_set_int(l, out, "deformable_group", ov_attr_int(l, "deform_groups", 1));
  ov_set_bool(l, out, "bilinear_interpolation_pad", true);
  return out;
}

void ov_lower_mmcv_deform_conv(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 2)};
  ov_output(l, 0, deform_conv(l, 3, inputs));
}

// x, offset, mask, weight, bias.
void ov_lower_mmcv_modulated_deform_conv(ov_lower_t *l) {
  const int64_t channel[] = {1, -1, 1, 1};
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 3), ov_input(l, 2)};
  ov_value_t out = deform_conv(l, 4, inputs);
  if (mmd_node_input(l->node, 4)) {
    const ov_value_t bias = ov_reshape(l, ov_input(l, 4), ov_constant_i64s(l, 4, channel), false);
    out = ov_binary(l, "Add", out, bias);
  }
  ov_output(l, 0, out);
}

//===--- pictures ----------------------------------------------------------===//

void ov_lower_adaptive_avg_pool(ov_lower_t *l) {
  int64_t size[2];
  size_t count = 0;
  if (!ov_read_ints(l, "", 1, 2, size, &count)) return;
  if (count == 1) size[1] = size[0];
  const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_i64s(l, 2, size)};
  ov_output(l, 0, ov_emit(l, "AdaptiveAvgPool", "opset8", 2, inputs));
}

// By two factors, as PyTorch does it: with aligned corners the sizes count, else the factors.
void ov_lower_bicubic_interpolate(ov_lower_t *l) {
  const mmd_attr_t *attr = mmd_node_attr(l->node, "scale_factor");
  const bool is_aligned = ov_attr_int(l, "align_corners", 0) != 0;
  const int64_t axes[] = {2, 3};
  float factors[2] = {1, 1};
  int64_t sizes[2] = {1, 1};
  if (!attr || attr->kind != MMD_ATTR_FLOATS || attr->count != 2)
    ov_refuse(l, "scale_factor must be two numbers");
  for (int i = 0; i < 2 && ov_ok(l); ++i) {
    const int64_t size = ov_input_size(l, 0, i + 2);
    factors[i] = (float)attr->u.numbers[i];
    sizes[i] = (int64_t)((float)size * factors[i]);
    // The engine leaves such an axis alone.
    if (factors[i] != 1 && sizes[i] == size && !is_aligned)
      ov_refuse(l, "a scale_factor that changes no size");
    if (is_aligned && size < 0) ov_refuse(l, "align_corners where the size is not known");
    if (!(factors[i] > 0)) ov_refuse(l, "scale_factor %g", (double)factors[i]);
  }
  const ov_value_t numbers =
      is_aligned ? ov_constant_i64s(l, 2, sizes) : ov_constant_f32s(l, 2, factors);
  const ov_value_t inputs[] = {ov_input(l, 0), numbers, ov_constant_i64s(l, 2, axes)};
  const ov_value_t out = ov_emit(l, "Interpolate", "opset11", 3, inputs);
  ov_set(l, out, "mode", "cubic");
  ov_set(l, out, "shape_calculation_mode", is_aligned ? "sizes" : "scales");
  ov_set(l, out, "coordinate_transformation_mode", is_aligned ? "align_corners" : "half_pixel");
  ov_set(l, out, "nearest_mode", "floor");
  ov_set_bool(l, out, "antialias", false);
  ov_set_float(l, out, "cube_coeff", -0.75);
  ov_set(l, out, "pads_begin", "0");
  ov_set(l, out, "pads_end", "0");
  ov_output(l, 0, out);
}
