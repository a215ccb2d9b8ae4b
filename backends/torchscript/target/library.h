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
  TS_STACK,      // stack(items): what a loop collected; none at all gives an empty tensor
  // deform_conv(x, weight, offset, mask or nothing, stride, padding, dilation, groups, parts)
  TS_DEFORM_CONV,
  TS_FUNCTION_COUNT
} ts_function_t;

// The name to call it by; puts it into the code.
const char *ts_library(ts_lower_t *l, ts_function_t function);

// Appends the source of the functions that were asked for.
mmd_status_t ts_library_print(unsigned functions, mmd_str_t *out_code) MMD_MUST_USE;

#endif  // MMD_BACKENDS_TORCHSCRIPT_TARGET_LIBRARY_H_
