// SPDX-License-Identifier: Apache-2.0
//
// MMCVRoIAlignRotated: a feature map (N x C x H x W) and boxes (R x (image, cx, cy, w, h, angle)).
#include <math.h>

#include "backends/onnxruntime/runtime/ops/custom_op.h"
#include "kernels/roi_align.h"

enum { MAX_SIZE = 65535 };

typedef struct attributes_t {
  int64_t out_height, out_width, sampling_ratio;
  float spatial_scale;
  bool aligned, clockwise;
} attributes_t;

static mmd_status_t read(const ort_op_attrs_t *attrs, void *attributes) {
  attributes_t *a = attributes;
  int64_t aligned, clockwise;
  MMD_TRY(ort_op_attr_int(attrs, "output_height", 7, &a->out_height));
  MMD_TRY(ort_op_attr_int(attrs, "output_width", 7, &a->out_width));
  MMD_TRY(ort_op_attr_int(attrs, "sampling_ratio", 0, &a->sampling_ratio));
  MMD_TRY(ort_op_attr_float(attrs, "spatial_scale", 1, &a->spatial_scale));
  MMD_TRY(ort_op_attr_int(attrs, "aligned", 1, &aligned));
  MMD_TRY(ort_op_attr_int(attrs, "clockwise", 0, &clockwise));
  a->aligned = aligned != 0;
  a->clockwise = clockwise != 0;
  if (a->out_height < 1 || a->out_height > MAX_SIZE || a->out_width < 1 ||
      a->out_width > MAX_SIZE || a->sampling_ratio > MAX_SIZE ||
      !(a->spatial_scale > 0 && isfinite(a->spatial_scale))) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "output_height %lld, output_width %lld, sampling_ratio %lld, spatial_scale %g",
                     (long long)a->out_height, (long long)a->out_width,
                     (long long)a->sampling_ratio, (double)a->spatial_scale);
  }
  return NULL;
}

static mmd_status_t compute(const void *attributes, const ort_op_call_t *call) {
  const attributes_t *a = attributes;
  const ort_op_tensor_t *x = &call->inputs[0], *boxes = &call->inputs[1];
  if (x->rank != 4 || boxes->rank != 2 || boxes->dims[1] != 6) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "a map of rank 4 and boxes n x 6 are expected, ranks %d and %d are given",
                     x->rank, boxes->rank);
  }
  const int64_t dims[4] = {boxes->dims[0], x->dims[1], a->out_height, a->out_width};
  float *y = NULL;
  MMD_TRY(ort_op_output(call, 4, dims, &y));
  if (dims[0] == 0 || dims[1] == 0) return NULL;
  if (x->dims[2] == 0 || x->dims[3] == 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the feature map is empty");
  }
  const mmd_roi_level_t level = {x->data, x->dims[2], x->dims[3], a->spatial_scale};
  const mmd_roi_align_t align = {.batch = (size_t)x->dims[0],
                                 .channels = (size_t)x->dims[1],
                                 .level_count = 1,
                                 .levels = &level,
                                 .out_height = a->out_height,
                                 .out_width = a->out_width,
                                 .sampling_ratio = a->sampling_ratio,
                                 .pool = MMD_ROI_AVERAGE,
                                 .rotated = true,
                                 .clockwise = a->clockwise,
                                 .offset = a->aligned ? 0.5f : 0,
                                 .min_size = a->aligned ? -INFINITY : 1,
                                 .finest_scale = 1};
  return mmd_roi_align_run(&align, boxes->data, (size_t)dims[0], y, call->pool);
}

const ort_op_def_t ort_op_roi_align_rotated = {"MMCVRoIAlignRotated", 2,    2,      MMD_F32, 4,
                                               sizeof(attributes_t),  read, compute};
