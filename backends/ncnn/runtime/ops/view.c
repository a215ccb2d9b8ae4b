// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/view.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"

ncnn_view_t ncnn_view_of(const ncnn_library_t *library, const ncnn_mat_t *mat) {
  const ncnn_functions_t *fn = &library->fn;
  ncnn_view_t view = {.rank = fn->mat_get_dims(mat), .data = fn->mat_get_data(mat)};
  const int w = fn->mat_get_w(mat), h = fn->mat_get_h(mat), d = fn->mat_get_d(mat);
  int i = 0;
  if (view.rank >= 3) {
    view.sizes[i] = fn->mat_get_c(mat);
    view.strides[i++] = fn->mat_get_cstep(mat);
  }
  if (view.rank >= 4) {
    view.sizes[i] = d;
    view.strides[i++] = (size_t)h * (size_t)w;
  }
  if (view.rank >= 2) {
    view.sizes[i] = h;
    view.strides[i++] = (size_t)w;
  }
  view.sizes[i] = w;
  view.strides[i] = 1;
  return view;
}

static ncnn_mat_t *create(const ncnn_functions_t *fn, int rank, const int *sizes) {
  if (rank == 1) return fn->mat_create_1d(sizes[0], NULL);
  if (rank == 2) return fn->mat_create_2d(sizes[1], sizes[0], NULL);
  if (rank == 3) return fn->mat_create_3d(sizes[2], sizes[1], sizes[0], NULL);
  return fn->mat_create_4d(sizes[3], sizes[2], sizes[1], sizes[0], NULL);
}

bool ncnn_view_create(const ncnn_library_t *library, int rank, const int *sizes,
                      ncnn_mat_t **out_mat, ncnn_view_t *out_view) {
  const ncnn_functions_t *fn = &library->fn;
  bool is_good = rank >= 1 && rank <= NCNN_VIEW_AXES;
  size_t count = 1;
  for (int i = 0; i < rank && is_good; ++i) {
    is_good = sizes[i] > 0 && (size_t)sizes[i] <= INT_MAX / count;
    if (is_good) count *= (size_t)sizes[i];
  }
  *out_mat = is_good ? create(fn, rank, sizes) : fn->mat_create();
  if (!is_good || !*out_mat || !fn->mat_get_data(*out_mat)) return false;
  *out_view = ncnn_view_of(library, *out_mat);
  return true;
}

size_t ncnn_view_count(const ncnn_view_t *view) {
  size_t count = view->rank ? 1 : 0;
  for (int i = 0; i < view->rank; ++i) count *= (size_t)view->sizes[i];
  return count;
}

// Elements of what the first axis counts.
static size_t item_size(const ncnn_view_t *view) {
  return ncnn_view_count(view) / (size_t)view->sizes[0];
}

const float *ncnn_view_pack(const ncnn_view_t *view, float **out_copy) {
  const size_t count = (size_t)view->sizes[0], size = item_size(view), step = view->strides[0];
  *out_copy = NULL;
  if (count == 1 || step == size) return view->data;
  *out_copy = mmd_alloc_array(count * size, sizeof **out_copy);
  for (size_t i = 0; i < count && *out_copy; ++i)
    memcpy(*out_copy + i * size, view->data + i * step, size * sizeof **out_copy);
  return *out_copy;
}

void ncnn_view_fill(const ncnn_view_t *view, const float *data) {
  const size_t size = item_size(view);
  for (size_t i = 0; i < (size_t)view->sizes[0]; ++i)
    memcpy(view->data + i * view->strides[0], data + i * size, size * sizeof *data);
}

bool ncnn_view_next(int rank, const int *sizes, int *index) {
  for (int i = rank - 1; i >= 0; --i) {
    if (++index[i] < sizes[i]) return true;
    index[i] = 0;
  }
  return false;
}

float ncnn_view_at(const ncnn_view_t *view, int rank, const int *index) {
  size_t offset = 0;
  const int shift = rank - view->rank;
  for (int i = 0; i < view->rank; ++i)
    offset += view->sizes[i] == 1 ? 0 : (size_t)index[shift + i] * view->strides[i];
  return view->data[offset];
}
