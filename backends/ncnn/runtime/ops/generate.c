// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/generate.h"

#include <limits.h>
#include <math.h>

enum { BAD_INPUT = -1, NO_MEMORY = -100 };

int ncnn_non_zero_run(const ncnn_library_t *library, const ncnn_non_zero_t *options,
                      const ncnn_view_t *data, ncnn_mat_t **out_mat) {
  int index[NCNN_VIEW_AXES] = {0}, sizes[] = {options->count, 0};
  ncnn_view_t out;
  do {
    sizes[1] += ncnn_view_at(data, data->rank, index) != 0.0F;
  } while (ncnn_view_next(data->rank, data->sizes, index));
  for (int i = 0; i < options->count; ++i) {
    if (options->axes[i] >= data->rank) return BAD_INPUT;
  }
  if (!sizes[1]) return BAD_INPUT;
  if (!ncnn_view_create(library, 2, sizes, out_mat, &out)) return NO_MEMORY;
  size_t column = 0;
  do {
    if (ncnn_view_at(data, data->rank, index) == 0.0F) continue;
    for (int i = 0; i < options->count; ++i) {
      const int axis = options->axes[i];
      out.data[(size_t)i * out.strides[0] + column] = axis < 0 ? 0 : (float)index[axis];
    }
    ++column;
  } while (ncnn_view_next(data->rank, data->sizes, index));
  return 0;
}

int ncnn_range_run(const ncnn_library_t *library, const ncnn_view_t *inputs, ncnn_mat_t **out_mat) {
  const double first = (double)inputs[0].data[0], limit = (double)inputs[1].data[0];
  const double step = (double)inputs[2].data[0], count = ceil((limit - first) / step);
  ncnn_view_t out;
  if (!(count >= 1 && count <= INT_MAX)) return BAD_INPUT;
  const int size = (int)count;
  if (!ncnn_view_create(library, 1, &size, out_mat, &out)) return NO_MEMORY;
  for (int i = 0; i < size; ++i) out.data[i] = (float)(first + i * step);
  return 0;
}

int ncnn_one_hot_run(const ncnn_library_t *library, const ncnn_one_hot_t *options,
                     const ncnn_view_t *indices, ncnn_mat_t **out_mat) {
  const int depth = options->depth;
  ncnn_view_t out;
  if (indices->rank != 2) return BAD_INPUT;
  const int sizes[] = {indices->sizes[0], depth, indices->sizes[1]};
  if (!ncnn_view_create(library, 3, sizes, out_mat, &out)) return NO_MEMORY;
  for (int o = 0; o < sizes[0]; ++o) {
    const float *from = indices->data + (size_t)o * indices->strides[0];
    for (int d = 0; d < depth; ++d) {
      float *to = out.data + (size_t)o * out.strides[0] + (size_t)d * out.strides[1];
      for (int i = 0; i < sizes[2]; ++i) {
        const float at = from[i] < 0 ? from[i] + (float)depth : from[i];
        to[i] = at == (float)d ? options->on : options->off;
      }
    }
  }
  return 0;
}
