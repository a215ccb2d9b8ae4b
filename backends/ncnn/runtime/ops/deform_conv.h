// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_DEFORM_CONV_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_DEFORM_CONV_H_

#include "backends/ncnn/runtime/ops/view.h"
#include "kernels/deform_conv.h"

typedef struct ncnn_deform_t {
  mmd_conv_t conv;  // without what the inputs tell
  size_t offset_groups;
  bool has_mask, has_bias;
} ncnn_deform_t;

// Inputs: x [channels, height, width], offsets, weights in a row, then mask and bias where they are
// there. One image. 0 or the engine's code of an error.
int ncnn_deform_run(const ncnn_library_t *library, mmd_pool_t *pool, const ncnn_deform_t *options,
                    int input_count, const ncnn_view_t *inputs, ncnn_mat_t **out_mat);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_DEFORM_CONV_H_
