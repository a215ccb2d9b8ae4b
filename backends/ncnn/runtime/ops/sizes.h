// SPDX-License-Identifier: Apache-2.0
//
// Layers that work with sizes of a run: Sizes computes them, Pad and Rearrange take them. 0 or the
// engine's code of an error.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_SIZES_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_SIZES_H_

#include "backends/ncnn/meta.h"
#include "backends/ncnn/runtime/ops/view.h"

typedef struct ncnn_sizes_t {
  int count;  // of numbers
  int code[2 * MMD_NCNN_MAX_PROGRAM];
} ncnn_sizes_t;

// False for a program that is wrong whatever the inputs are.
bool ncnn_sizes_check(const ncnn_sizes_t *sizes);
int ncnn_sizes_run(const ncnn_library_t *library, const ncnn_sizes_t *sizes, int input_count,
                   const ncnn_view_t *inputs, ncnn_mat_t **out_mat);

enum { NCNN_PAD_CONSTANT, NCNN_PAD_EDGE, NCNN_PAD_REFLECT, NCNN_PAD_WRAP, NCNN_PAD_MODES };

// |pads|: at the beginning of each axis, then at the end; negative ones cut.
int ncnn_pad_run(const ncnn_library_t *library, int mode, float value, const ncnn_view_t *data,
                 const ncnn_view_t *pads, ncnn_mat_t **out_mat);

enum { NCNN_REARRANGE_AXES = 8 };

// Of up to eight axes, which no mat has: the numbers of |data| in a row, its sizes, the result's
// sizes, and for each axis of the result that of the data. Axes of size 1 become any size.
int ncnn_rearrange_run(const ncnn_library_t *library, int count, const int *order,
                       const ncnn_view_t *inputs, ncnn_mat_t **out_mat);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_SIZES_H_
