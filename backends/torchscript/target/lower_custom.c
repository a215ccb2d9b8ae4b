// SPDX-License-Identifier: Apache-2.0
//
// Operators of mmcv and MMDeploy, as their exporters write them into ONNX files.
#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

void ts_lower_mmcv_grid_sampler(ts_lower_t *l) {
  ts_output(l, 0,
            ts_let(l, "torch.grid_sampler(%s, %s, %lld, %lld, %s)", ts_input(l, 0), ts_input(l, 1),
                   (long long)ts_attr_int(l, "interpolation_mode", 0),
                   (long long)ts_attr_int(l, "padding_mode", 0),
                   ts_bool(ts_attr_int(l, "align_corners", 0) != 0)));
}

// The first column of the regions numbers pictures.
static const char *picture_numbers(ts_lower_t *l) {
  return ts_let(l, "torch.to(torch.select(%s, 1, 0), 4)", ts_input(l, 1));
}

static const char *roi_samples(ts_lower_t *l, const char *boxes, bool takes_max) {
  return ts_let(l, "%s(%s, %s, %s, %lld, %lld, %lld, %s)", ts_library(l, TS_ROI_SAMPLES),
                ts_input(l, 0), boxes, picture_numbers(l),
                (long long)ts_attr_int(l, "output_height", 7),
                (long long)ts_attr_int(l, "output_width", 7),
                (long long)ts_attr_int(l, "sampling_ratio", 0), ts_bool(takes_max));
}

// Columns |from| to |to| of the regions, in places of the picture.
static const char *scaled(ts_lower_t *l, int from, int to, const char *offset) {
  return ts_let(l, "torch.sub(torch.mul(torch.slice(%s, 1, %d, %d), %s), %s)", ts_input(l, 1), from,
                to, ts_number(l, ts_attr_float(l, "spatial_scale", 1)), offset);
}

// The largest sample of each cell; boxes are two corners.
static const char *roi_align_max(ts_lower_t *l, bool is_aligned) {
  const char *both = scaled(l, 1, 5, is_aligned ? "0.5" : "0.");
  const char *low = ts_let(l, "torch.slice(%s, 1, 0, 2)", both);
  const char *size = ts_let(l, "torch.sub(torch.slice(%s, 1, 2, 4), %s)", both, low);
  if (!is_aligned) size = ts_let(l, "torch.clamp_min(%s, 1.)", size);
  const char *centre = ts_let(l, "torch.add(%s, torch.mul(%s, 0.5))", low, size);
  const char *none = ts_let(l, "torch.zeros_like(torch.slice(%s, 1, 0, 1))", size);
  return roi_samples(l, ts_let(l, "torch.cat([%s, %s, %s], 1)", centre, size, none), true);
}

void ts_lower_mmcv_roi_align(ts_lower_t *l) {
  const bool is_aligned = ts_attr_int(l, "aligned", 1) != 0;
  const char *rois = ts_input(l, 1);
  if (ts_attr_is(l, "mode", "avg", "max")) {
    ts_output(l, 0, roi_align_max(l, is_aligned));
    return;
  }
  if (!ts_attr_is(l, "mode", "avg", "avg")) ts_refuse(l, "mode %s", ts_attr_string(l, "mode", ""));
  const char *batch = picture_numbers(l);
  ts_output(l, 0,
            ts_let(l, "%s(%s, torch.slice(%s, 1, 1, 5), %s, %lld, %lld, %lld, %s, %s)",
                   ts_library(l, TS_ROI_ALIGN), ts_input(l, 0), rois, batch,
                   (long long)ts_attr_int(l, "output_height", 7),
                   (long long)ts_attr_int(l, "output_width", 7),
                   (long long)ts_attr_int(l, "sampling_ratio", 0),
                   ts_number(l, ts_attr_float(l, "spatial_scale", 1)), is_aligned ? "0.5" : "0.0"));
}

void ts_lower_mmcv_roi_align_rotated(ts_lower_t *l) {
  const bool is_aligned = ts_attr_int(l, "aligned", 1) != 0;
  const char *centre = scaled(l, 1, 3, is_aligned ? "0.5" : "0."), *size = scaled(l, 3, 5, "0.");
  if (!is_aligned) size = ts_let(l, "torch.clamp_min(%s, 1.)", size);
  const char *angle = ts_let(l, "torch.mul(torch.slice(%s, 1, 5, 6), %s)", ts_input(l, 1),
                             ts_attr_int(l, "clockwise", 0) ? "-1." : "1.");
  const char *boxes = ts_let(l, "torch.cat([%s, %s, %s], 1)", centre, size, angle);
  ts_output(l, 0, roi_samples(l, boxes, false));
}

// boxes, scores
void ts_lower_nms_rotated(ts_lower_t *l) {
  ts_library(l, TS_ROTATED_OVERLAP);
  ts_output(l, 0,
            ts_let(l, "%s(%s, %s, %s, %s)", ts_library(l, TS_NMS_ROTATED), ts_input(l, 0),
                   ts_input(l, 1), ts_number(l, ts_attr_float(l, "iou_threshold", 0)),
                   ts_number(l, ts_attr_float(l, "score_threshold", 0))));
}

//===--- deformable convolution --------------------------------------------===//

// (h, w); of padding (top, bottom, left, right) the ends follow from the offsets' size.
static const char *pair(ts_lower_t *l, const char *name, int64_t fallback) {
  size_t count = 0;
  const int64_t *found = mmd_node_attr_ints(l->node, name, &count);
  const int64_t plain[] = {fallback, fallback};
  if (found && count == 4) return ts_ints(l, 2, (const int64_t[]){found[0], found[2]});
  if (found && count != 2) ts_refuse(l, "%s of %zu numbers", name, count);
  return ts_ints(l, 2, found && count == 2 ? found : plain);
}

static const char *deform_conv(ts_lower_t *l, const char *weight, const char *mask) {
  const char *stride = pair(l, "stride", 1), *padding = pair(l, "padding", 0);
  return ts_let(l, "%s(%s, %s, %s, %s, %s, %s, %s, %lld, %lld)", ts_library(l, TS_DEFORM_CONV),
                ts_input(l, 0), weight, ts_input(l, 1), mask, stride, padding,
                pair(l, "dilation", 1), (long long)ts_attr_int(l, "groups", 1),
                (long long)ts_attr_int(l, "deform_groups", 1));
}

// x, offset, weight
void ts_lower_mmcv_deform_conv(ts_lower_t *l) {
  ts_output(l, 0, deform_conv(l, ts_input(l, 2), "torch.zeros([0])"));
}

// x, offset, mask, weight, bias
void ts_lower_mmcv_modulated_deform_conv(ts_lower_t *l) {
  const char *out = deform_conv(l, ts_input(l, 3), ts_input(l, 2));
  if (ts_has_input(l, 4))
    out = ts_let(l, "torch.add(%s, torch.reshape(%s, [-1, 1, 1]))", out, ts_input(l, 4));
  ts_output(l, 0, out);
}
