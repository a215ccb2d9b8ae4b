// SPDX-License-Identifier: Apache-2.0
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_TOP_K_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_TOP_K_H_

#include "backends/ncnn/runtime/ops/view.h"

typedef struct ncnn_top_k_t {
  int axis;
  bool is_largest, is_sorted, keeps_dims;
} ncnn_top_k_t;

// The |k| first along the axis; of equal ones the lower index is first, and NaN is last. Not
// sorted: the same ones by index. Two outputs are numbers and indices, one is the indices. 0 or the
// engine's code of an error.
int ncnn_top_k_run(const ncnn_library_t *library, const ncnn_top_k_t *options,
                   const ncnn_view_t *data, int k, int output_count, ncnn_mat_t **outputs);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_TOP_K_H_
