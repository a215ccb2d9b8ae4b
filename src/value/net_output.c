// SPDX-License-Identifier: Apache-2.0
#include "value/net_output.h"

static mmd_status_t wrong_shape(const mmd_tensor_t *tensor, const char *head, const char *name,
                                int rank, const int64_t *dims) {
  mmd_str_t wanted = {0}, found = {0};
  mmd_status_t status = NULL;
  for (int i = 0; i < rank && !status; ++i) {
    if (dims && dims[i] >= 0) {
      status = mmd_str_printf(&wanted, "%s%lld", i ? "x" : "", (long long)dims[i]);
    } else {
      status = mmd_str_printf(&wanted, "%s?", i ? "x" : "");
    }
  }
  if (!status) status = mmd_tensor_format(tensor, &found);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: '%s' must have the shape [%s], found %s", head,
                       name, mmd_str_text(&wanted), mmd_str_text(&found));
  }
  mmd_str_deinit(&wanted);
  mmd_str_deinit(&found);
  return status;
}

mmd_status_t mmd_net_output_get(const mmd_value_t *infer_output, const char *head, const char *name,
                                mmd_dtype_t dtype, int rank, const int64_t *dims,
                                mmd_tensor_t *out_tensor) {
  const mmd_tensor_t *tensor = mmd_value_get_tensor(mmd_object_get(infer_output, name));
  if (!tensor) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: the network gave no tensor '%s'", head, name);
  }
  bool fits = tensor->shape.rank == rank;
  for (int i = 0; i < rank && fits && dims; ++i) {
    fits = dims[i] < 0 || tensor->shape.dims[i] == dims[i];
  }
  if (!fits) return wrong_shape(tensor, head, name, rank, dims);
  if (tensor->dtype == dtype) return mmd_tensor_contiguous(tensor, out_tensor);
  return mmd_status_annotate(mmd_tensor_cast(tensor, dtype, out_tensor), "%s: '%s'", head, name);
}

size_t mmd_meta_floats(const mmd_value_t *metas, const char *key, float numbers[4]) {
  const mmd_value_t *value = mmd_object_get(metas, key);
  if (mmd_value_is_number(value)) {
    for (size_t i = 0; i < 4; ++i) numbers[i] = (float)mmd_value_get_float(value, 0);
    return 1;
  }
  const size_t count = mmd_array_size(value);
  for (size_t i = 0; i < count && i < 4; ++i) {
    numbers[i] = (float)mmd_value_get_float(mmd_array_at(value, i), (double)numbers[i]);
  }
  return count < 4 ? count : 4;
}

mmd_status_t mmd_meta_size(const mmd_value_t *metas, const char *head, const char *key,
                           int64_t *out_height, int64_t *out_width) {
  const mmd_value_t *shape = mmd_object_get(metas, key);
  const size_t count = mmd_array_size(shape);
  const size_t at = count >= 4 ? count - 3 : 0;  // after the batch
  *out_height = mmd_value_get_int(mmd_array_at(shape, at), 0);
  *out_width = mmd_value_get_int(mmd_array_at(shape, at + 1), 0);
  const bool is_size = *out_height > 0 && *out_width > 0 && *out_height <= MMD_IMAGE_MAX_SIDE &&
                       *out_width <= MMD_IMAGE_MAX_SIDE;
  if (is_size && (count <= 4 || count % 4 == 0)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: img_metas.%s must be [1, height, width, channels] of an image", head, key);
}
