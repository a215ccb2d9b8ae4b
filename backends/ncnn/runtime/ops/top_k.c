// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/top_k.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { BAD_SIZE = -100, BAD_K = -102, BAD_COUNT = -103 };

typedef struct item_t {
  float key;  // greater is first
  int index;
} item_t;

static int by_key(const void *a, const void *b) {
  const item_t *x = a, *y = b;
  const bool x_is_nan = isnan(x->key), y_is_nan = isnan(y->key);
  if (x_is_nan != y_is_nan) return x_is_nan ? 1 : -1;
  if (!x_is_nan && x->key != y->key) return x->key > y->key ? -1 : 1;
  return x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b) {
  return ((const item_t *)a)->index < ((const item_t *)b)->index ? -1 : 1;
}

// One row of numbers, |stride| apart.
static void choose(const ncnn_top_k_t *options, const float *data, size_t stride, int size, int k,
                   item_t *items) {
  for (int i = 0; i < size; ++i) {
    const float number = data[(size_t)i * stride];
    items[i] = (item_t){options->is_largest ? number : -number, i};
  }
  qsort(items, (size_t)size, sizeof *items, by_key);
  if (!options->is_sorted) qsort(items, (size_t)k, sizeof *items, by_index);
}

typedef struct rows_t {
  int axis, k;
  int sizes[NCNN_VIEW_AXES];  // of the outputs, with the axis
  ncnn_view_t values, indices;
  bool has_values;
} rows_t;

// The strides of an output whose axis may have been removed.
static void spread_strides(const ncnn_view_t *out, int rank, int axis, size_t *strides) {
  for (int i = 0, from = 0; i < rank; ++i) {
    const bool is_removed = out->rank < rank && i == axis;
    strides[i] = is_removed ? 0 : out->strides[from++];
  }
}

static void run_rows(const ncnn_top_k_t *options, const ncnn_view_t *data, const rows_t *rows,
                     item_t *items) {
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  size_t index_strides[NCNN_VIEW_AXES], value_strides[NCNN_VIEW_AXES] = {0};
  memcpy(sizes, data->sizes, sizeof sizes);
  sizes[rows->axis] = 1;
  spread_strides(&rows->indices, data->rank, rows->axis, index_strides);
  if (rows->has_values) spread_strides(&rows->values, data->rank, rows->axis, value_strides);
  do {
    size_t from = 0, to_index = 0, to_value = 0;
    for (int i = 0; i < data->rank; ++i) {
      from += (size_t)index[i] * data->strides[i];
      to_index += (size_t)index[i] * index_strides[i];
      to_value += (size_t)index[i] * value_strides[i];
    }
    const size_t stride = data->strides[rows->axis];
    choose(options, data->data + from, stride, data->sizes[rows->axis], rows->k, items);
    for (int i = 0; i < rows->k; ++i) {
      const size_t at = (size_t)i;
      rows->indices.data[to_index + at * index_strides[rows->axis]] = (float)items[i].index;
      if (!rows->has_values) continue;
      rows->values.data[to_value + at * value_strides[rows->axis]] =
          data->data[from + (size_t)items[i].index * stride];
    }
  } while (ncnn_view_next(data->rank, sizes, index));
}

static int create_outputs(const ncnn_library_t *library, const ncnn_top_k_t *options,
                          const ncnn_view_t *data, rows_t *rows, int output_count,
                          ncnn_mat_t **outputs) {
  int sizes[NCNN_VIEW_AXES], rank = data->rank;
  memcpy(sizes, data->sizes, sizeof sizes);
  sizes[rows->axis] = rows->k;
  if (!options->keeps_dims && rank > 1) {
    for (int i = rows->axis; i + 1 < rank; ++i) sizes[i] = sizes[i + 1];
    --rank;
  }
  ncnn_mat_t **indices = &outputs[output_count - 1];
  if (!ncnn_view_create(library, rank, sizes, indices, &rows->indices)) return BAD_SIZE;
  rows->has_values = output_count == 2;
  if (rows->has_values && !ncnn_view_create(library, rank, sizes, &outputs[0], &rows->values))
    return BAD_SIZE;
  return 0;
}

int ncnn_top_k_run(const ncnn_library_t *library, const ncnn_top_k_t *options,
                   const ncnn_view_t *data, int k, int output_count, ncnn_mat_t **outputs) {
  rows_t rows = {.axis = options->axis < 0 ? options->axis + data->rank : options->axis, .k = k};
  if (output_count < 1 || output_count > 2) return BAD_COUNT;
  if (k < 1 || (k > 1 && !options->keeps_dims)) return BAD_K;
  if (rows.axis < 0 || rows.axis >= data->rank) return BAD_SIZE;
  if (rows.k > data->sizes[rows.axis]) rows.k = data->sizes[rows.axis];
  const int code = create_outputs(library, options, data, &rows, output_count, outputs);
  if (code) return code;
  item_t *items = mmd_alloc_array((size_t)data->sizes[rows.axis], sizeof *items);
  if (!items) return BAD_SIZE;
  run_rows(options, data, &rows, items);
  mmd_free(items);
  return 0;
}
