// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/tensors.h"

#include <limits.h>
#include <string.h>

#include "tensor/dtype.h"

//===--- into mats ---------------------------------------------------------===//

static mmd_status_t create_mat(const ncnn_library_t *library, int count, const int *sizes,
                               ncnn_mat_t **out_mat) {
  const ncnn_functions_t *fn = &library->fn;
  if (count == 1) *out_mat = fn->mat_create_1d(sizes[0], NULL);
  if (count == 2) *out_mat = fn->mat_create_2d(sizes[1], sizes[0], NULL);
  if (count == 3) *out_mat = fn->mat_create_3d(sizes[2], sizes[1], sizes[0], NULL);
  if (count == 4) *out_mat = fn->mat_create_4d(sizes[3], sizes[2], sizes[1], sizes[0], NULL);
  if (*out_mat && fn->mat_get_data(*out_mat)) return NULL;
  if (*out_mat) fn->mat_destroy(*out_mat);
  *out_mat = NULL;
  return mmd_status_no_memory();
}

static mmd_status_t mat_sizes(const ncnn_tensor_t *tensor, const mmdeploy_run_tensor_t *input,
                              int *out_sizes) {
  int64_t total = 1;
  for (int i = tensor->is_batched ? 1 : 0; i < input->rank; ++i) {
    if (input->dims[i] < 1 || input->dims[i] > INT_MAX / total) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "input '%s': axis %d has size %lld, which ncnn cannot hold",
                       tensor->info.name, i, (long long)input->dims[i]);
    }
    total *= input->dims[i];
  }
  if (tensor->is_flat || !tensor->axis_count) out_sizes[0] = (int)total;
  if (tensor->is_flat) return NULL;
  for (int i = 0; i < tensor->axis_count; ++i) out_sizes[i] = (int)input->dims[tensor->axes[i]];
  return NULL;
}

static int axis_count_of(const ncnn_tensor_t *tensor) {
  return tensor->is_flat || !tensor->axis_count ? 1 : tensor->axis_count;
}

// Elements of a channel, and how many channels the mat's memory is cut into.
static size_t channel_size(const ncnn_library_t *library, const ncnn_mat_t *mat,
                           size_t *out_channels) {
  const ncnn_functions_t *fn = &library->fn;
  *out_channels = (size_t)fn->mat_get_c(mat);
  return (size_t)fn->mat_get_w(mat) * (size_t)fn->mat_get_h(mat) * (size_t)fn->mat_get_d(mat);
}

static void fill_mat(const ncnn_library_t *library, ncnn_mat_t *mat, int32_t dtype,
                     const void *data, size_t first, bool is_blank) {
  size_t channels = 0;
  const size_t size = channel_size(library, mat, &channels);
  const size_t step = library->fn.mat_get_cstep(mat);
  float *out = library->fn.mat_get_data(mat);
  for (size_t c = 0; c < channels; ++c) {
    if (is_blank) {
      memset(out + c * step, 0, size * sizeof *out);
    } else if (dtype == MMD_F32) {
      memcpy(out + c * step, (const float *)data + first + c * size, size * sizeof *out);
    } else {
      for (size_t i = 0; i < size; ++i)
        out[c * step + i] =
            (float)mmd_dtype_load_f64((mmd_dtype_t)dtype, data, first + c * size + i);
    }
  }
}

mmd_status_t ncnn_mat_from_tensor(const ncnn_library_t *library, const ncnn_tensor_t *tensor,
                                  const mmdeploy_run_tensor_t *input, int64_t item, bool is_blank,
                                  ncnn_mat_t **out_mat) {
  int sizes[MMD_NCNN_MAX_AXES] = {1, 1, 1, 1};
  *out_mat = NULL;
  MMD_TRY(mat_sizes(tensor, input, sizes));
  MMD_TRY(create_mat(library, axis_count_of(tensor), sizes, out_mat));
  size_t count = 1;
  for (int i = 0; i < axis_count_of(tensor); ++i) count *= (size_t)sizes[i];
  fill_mat(library, *out_mat, input->dtype, input->data, count * (size_t)item, is_blank);
  return NULL;
}

//===--- out of mats -------------------------------------------------------===//

// Outermost first.
static int read_sizes(const ncnn_library_t *library, const ncnn_mat_t *mat, int64_t *out_sizes) {
  const ncnn_functions_t *fn = &library->fn;
  const int count = fn->mat_get_dims(mat);
  int i = 0;
  if (count >= 3) out_sizes[i++] = fn->mat_get_c(mat);
  if (count >= 4) out_sizes[i++] = fn->mat_get_d(mat);
  if (count >= 2) out_sizes[i++] = fn->mat_get_h(mat);
  if (count >= 1) out_sizes[i++] = fn->mat_get_w(mat);
  return i;
}

// The one size that is not known of the count of elements.
static bool solve_shape(const ncnn_tensor_t *tensor, int64_t total, int64_t *dims) {
  int64_t known = 1;
  int open = -1;
  for (int i = 0; i < tensor->info.rank; ++i) {
    if (i == 0 && tensor->is_batched) continue;
    if (dims[i] >= 0) {
      known *= dims[i];
    } else if (open >= 0) {
      return false;
    } else {
      open = i;
    }
  }
  if (open < 0) return known == total;
  if (known <= 0 || total % known) return false;
  dims[open] = total / known;
  return true;
}

static bool place_sizes(const ncnn_tensor_t *tensor, int count, const int64_t *sizes,
                        int64_t *dims) {
  if (tensor->is_flat || count != tensor->axis_count) return false;
  for (int i = 0; i < count; ++i) {
    const int axis = tensor->axes[i];
    if (dims[axis] >= 0 && dims[axis] != sizes[i]) return false;
    dims[axis] = sizes[i];
  }
  for (int i = tensor->is_batched ? 1 : 0; i < tensor->info.rank; ++i) {
    if (dims[i] < 0) return false;
  }
  return true;
}

// Where nothing was found the engine's layer gives nothing.
static mmd_status_t empty_shape(const ncnn_tensor_t *tensor, mmdeploy_run_tensor_t *out_shape,
                                size_t *out_count) {
  *out_count = 0;
  out_shape->rank = tensor->info.rank;
  memcpy(out_shape->dims, tensor->info.dims, sizeof out_shape->dims);
  if (tensor->is_batched) out_shape->dims[0] = 1;
  if (solve_shape(tensor, 0, out_shape->dims)) return NULL;
  return MMD_ERROR(MMD_MISMATCH, "output '%s': the engine gave nothing", tensor->info.name);
}

mmd_status_t ncnn_mat_shape(const ncnn_library_t *library, const ncnn_tensor_t *tensor,
                            const ncnn_mat_t *mat, mmdeploy_run_tensor_t *out_shape,
                            size_t *out_count) {
  int64_t sizes[MMD_NCNN_MAX_AXES] = {0}, total = 1;
  const int count = read_sizes(library, mat, sizes);
  for (int i = 0; i < count; ++i) total *= sizes[i];
  if (tensor->may_be_empty && !count) return empty_shape(tensor, out_shape, out_count);
  *out_count = (size_t)total;
  if (!count || total <= 0 || library->fn.mat_get_elemsize(mat) != sizeof(float)) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "output '%s': the engine gave no floats",
                     tensor->info.name);
  }
  out_shape->rank = tensor->info.rank;
  if (tensor->info.rank < 0) {
    out_shape->rank = count + 1;
    out_shape->dims[0] = 1;
    memcpy(out_shape->dims + 1, sizes, (size_t)count * sizeof *sizes);
    return NULL;
  }
  memcpy(out_shape->dims, tensor->info.dims, sizeof out_shape->dims);
  if (tensor->is_batched) out_shape->dims[0] = 1;
  if (place_sizes(tensor, count, sizes, out_shape->dims)) return NULL;
  memcpy(out_shape->dims, tensor->info.dims, sizeof out_shape->dims);
  if (tensor->is_batched) out_shape->dims[0] = 1;
  if (solve_shape(tensor, total, out_shape->dims)) return NULL;
  return MMD_ERROR(MMD_MISMATCH,
                   "output '%s': the engine gave %lld elements on %d axes, which is not the shape "
                   "that the file names",
                   tensor->info.name, (long long)total, count);
}

void ncnn_mat_read(const ncnn_library_t *library, const ncnn_mat_t *mat, int32_t dtype, void *out) {
  size_t channels = 0;
  const size_t size = channel_size(library, mat, &channels);
  const size_t step = library->fn.mat_get_cstep(mat);
  const float *data = library->fn.mat_get_data(mat);
  for (size_t c = 0; c < channels; ++c) {
    if (dtype == MMD_F32) {
      memcpy((float *)out + c * size, data + c * step, size * sizeof *data);
      continue;
    }
    for (size_t i = 0; i < size; ++i)
      mmd_dtype_store_f64((mmd_dtype_t)dtype, out, c * size + i, (double)data[c * step + i]);
  }
}
