// SPDX-License-Identifier: Apache-2.0
//
// Layers whose results' sizes depend on numbers: NonZero, Range, OneHot. 0 or the engine's code of
// an error.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_GENERATE_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_GENERATE_H_

#include "backends/ncnn/runtime/ops/view.h"

enum { NCNN_NON_ZERO_AXES = 8 };

// The mat's axis for each of the tensor's, or -1 where it is left out.
typedef struct ncnn_non_zero_t {
  int count;
  int axes[NCNN_NON_ZERO_AXES];
} ncnn_non_zero_t;

// [axes, n]: where the elements other than 0 stand. The engine has no mats without elements: where
// there are none it fails.
int ncnn_non_zero_run(const ncnn_library_t *library, const ncnn_non_zero_t *options,
                      const ncnn_view_t *data, ncnn_mat_t **out_mat);

// From the first number up to the second, by steps of the third.
int ncnn_range_run(const ncnn_library_t *library, const ncnn_view_t *inputs, ncnn_mat_t **out_mat);

typedef struct ncnn_one_hot_t {
  int depth;
  float off, on;
} ncnn_one_hot_t;

// Indices [outer, inner] -> [outer, depth, inner].
int ncnn_one_hot_run(const ncnn_library_t *library, const ncnn_one_hot_t *options,
                     const ncnn_view_t *indices, ncnn_mat_t **out_mat);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_GENERATE_H_
