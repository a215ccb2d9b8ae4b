// SPDX-License-Identifier: Apache-2.0
//
// Functions in TorchScript that stand beside the network's class where its code calls them.
#ifndef MMD_BACKENDS_TORCHSCRIPT_TARGET_LIBRARY_H_
#define MMD_BACKENDS_TORCHSCRIPT_TARGET_LIBRARY_H_

#include "backends/torchscript/target/lower.h"

typedef enum ts_function_t {
  TS_RESHAPE,    // reshape(x, shape): 0 copies a size
  TS_NMS,        // nms(boxes, scores, most, iou, score, has_score, is_center)
  TS_ROI_ALIGN,  // roi_align(x, rois, batch, height, width, ratio, scale, offset)
  TS_PAD_LIST,   // pad_list(pads, axes, rank): as PyTorch lists them, the last axis first
  TS_PAD,        // pad(x, pads, mode): 0 edge, 1 reflect, 2 wrap
  TS_SLICE,      // slice(x, starts, ends, axes, steps)
  TS_SQUEEZE,    // squeeze(x, axes)
  TS_UNSQUEEZE,  // unsqueeze(x, axes)
  TS_PROD,       // prod(x, axes, keeps)
  TS_STACK,      // stack(items): what a loop collected; none at all gives an empty tensor
  // deform_conv(x, weight, offset, mask or nothing, stride, padding, dilation, groups, parts)
  TS_DEFORM_CONV,
  TS_ROI_SAMPLES,  // roi_samples(x, boxes, batch, height, width, ratio, takes_max)
  // resize_weights(at, size, factor, a, is_cubic, excludes, averages): [size, places]
  TS_RESIZE,
  TS_ROTATED_OVERLAP,  // for the next
  TS_NMS_ROTATED,      // nms_rotated(boxes, scores, iou, score)
  TS_FUNCTION_COUNT
} ts_function_t;

// The name to call it by; puts it into the code.
const char *ts_library(ts_lower_t *l, ts_function_t function);

// Those of library_rotated.c.
extern const char ts_rotated_overlap_source[], ts_nms_rotated_source[], ts_roi_samples_source[];
// Those of library_axes.c.
extern const char ts_pad_list_source[], ts_pad_source[], ts_slice_source[], ts_squeeze_source[],
    ts_unsqueeze_source[], ts_prod_source[];

// Appends the source of the functions that were asked for.
mmd_status_t ts_library_print(unsigned functions, mmd_str_t *out_code) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_LIBRARY_H_
