// SPDX-License-Identifier: Apache-2.0
//
// Operators of mmcv and MMDeploy, as their exporters write them into ONNX files, by the engine's
// own.
#include <stdint.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- sampling ----------------------------------------------------------===//

// The word of attribute |name|, a number from 0 on.
static const char *choice(ov_lower_t *l, const char *name, const char *const words[3]) {
  const int64_t number = ov_attr_int(l, name, 0);
  if (number >= 0 && number < 3) return words[number];
  ov_refuse(l, "%s %lld", name, (long long)number);
  return words[0];
}

void ov_lower_grid_sampler(ov_lower_t *l) {
  static const char *const modes[] = {"bilinear", "nearest", "bicubic"};
  static const char *const paddings[] = {"zeros", "border", "reflection"};
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  if (ov_input_rank(l, 0) != 4) ov_refuse(l, "a rank other than 4");
  const ov_value_t out = ov_emit(l, "GridSample", "opset9", 2, inputs);
  ov_set(l, out, "mode", choice(l, "interpolation_mode", modes));
  ov_set(l, out, "padding_mode", choice(l, "padding_mode", paddings));
  ov_set_bool(l, out, "align_corners", ov_attr_int(l, "align_corners", 0) != 0);
  ov_output(l, 0, out);
}

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

// The engine's is always aligned.
void ov_lower_mmcv_roi_align_rotated(ov_lower_t *l) {
  if (!ov_attr_int(l, "aligned", 1)) ov_refuse(l, "aligned 0");
  const ov_value_t out =
      roi_align(l, "ROIAlignRotated", "opset15", ov_slice(l, ov_input(l, 1), 1, 1, 6));
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
