// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_ROI_ALIGN_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_ROI_ALIGN_H_

#include "backends/ncnn/runtime/ops/view.h"
#include "kernels/roi_align.h"

enum { NCNN_ROI_LEVELS = 10 };

typedef struct ncnn_roi_t {
  mmd_roi_align_t align;  // without what the inputs tell
  float scales[NCNN_ROI_LEVELS];
  int level_count;
} ncnn_roi_t;

// False when the parameters make no sense.
bool ncnn_roi_check(const ncnn_roi_t *options);
// Boxes [n, 5 or 6], the number of the image in front, and maps [channels, height, width] of one
// image or [images, channels, height, width] -> [n, channels, height, width]. 0 or the engine's
// code of an error.
int ncnn_roi_run(const ncnn_library_t *library, mmd_pool_t *pool, const ncnn_roi_t *options,
                 int input_count, const ncnn_view_t *inputs, ncnn_mat_t **out_mat);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_ROI_ALIGN_H_
