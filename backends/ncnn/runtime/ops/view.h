// SPDX-License-Identifier: Apache-2.0
//
// A mat as numbers with sizes and strides, outermost axis first.
#ifndef MMD_BACKENDS_NCNN_RUNTIME_OPS_VIEW_H_
#define MMD_BACKENDS_NCNN_RUNTIME_OPS_VIEW_H_

#include <stdbool.h>

#include "backends/ncnn/runtime/library.h"

enum { NCNN_VIEW_AXES = 4 };

typedef struct ncnn_view_t {
  int rank;
  int sizes[NCNN_VIEW_AXES];
  size_t strides[NCNN_VIEW_AXES];
  float *data;
} ncnn_view_t;

ncnn_view_t ncnn_view_of(const ncnn_library_t *library, const ncnn_mat_t *mat);
// A new mat; false when a size is not positive or memory is short. |*out_mat| is always a mat,
// maybe an empty one: the engine reads it after a failure too.
bool ncnn_view_create(const ncnn_library_t *library, int rank, const int *sizes,
                      ncnn_mat_t **out_mat, ncnn_view_t *out_view);
size_t ncnn_view_count(const ncnn_view_t *view);
// The numbers without gaps between channels. |*out_copy| is to be freed (mmd_free), and NULL where
// none was needed. NULL when memory is short.
const float *ncnn_view_pack(const ncnn_view_t *view, float **out_copy);
// The reverse: numbers without gaps become the mat's.
void ncnn_view_fill(const ncnn_view_t *view, const float *data);

// Walks |sizes| in row-major order; |index| begins with zeros. False at the end.
bool ncnn_view_next(int rank, const int *sizes, int *index);
// The element at |index|, where axes of size 1 stand for any size (|index| has |rank| axes, those
// of the view are the last of them).
float ncnn_view_at(const ncnn_view_t *view, int rank, const int *index);

#endif  // MMD_BACKENDS_NCNN_RUNTIME_OPS_VIEW_H_
