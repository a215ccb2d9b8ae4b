// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/checked.h"
#include "tensor/tensor.h"

mmd_status_t mmd_shape_make(int rank, const int64_t *dims, mmd_shape_t *out_shape) {
  memset(out_shape, 0, sizeof *out_shape);
  if (rank < 0 || rank > MMD_MAX_RANK) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%d dimensions; 0 to %d are supported", rank, MMD_MAX_RANK);
  }
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0; i < rank; ++i) {
    if (dims[i] < 0) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "dimension %d is %lld", i, (long long)dims[i]);
    }
    shape.dims[i] = dims[i];
  }
  size_t count;
  MMD_TRY(mmd_shape_count(&shape, &count));
  *out_shape = shape;
  return NULL;
}

mmd_status_t mmd_shape_count(const mmd_shape_t *shape, size_t *out_count) {
  size_t count = 1, product = 1;
  *out_count = 0;
  // Zeros are left out of the product, so that strides are safe to compute as well.
  for (int i = 0; i < shape->rank; ++i) {
    size_t dim = (size_t)shape->dims[i];
    if (dim != 0 && (!mmd_checked_mul(product, dim, &product) || product > INT64_MAX)) {
      return MMD_ERROR(MMD_OUT_OF_RANGE, "a tensor of that many elements does not fit in memory");
    }
    count = dim == 0 ? 0 : count;
  }
  *out_count = count ? product : 0;
  return NULL;
}

bool mmd_shape_equal(const mmd_shape_t *a, const mmd_shape_t *b) {
  if (a->rank != b->rank) return false;
  for (int i = 0; i < a->rank; ++i) {
    if (a->dims[i] != b->dims[i]) return false;
  }
  return true;
}

void mmd_shape_strides(const mmd_shape_t *shape, int64_t strides[MMD_MAX_RANK]) {
  int64_t stride = 1;
  memset(strides, 0, sizeof *strides * MMD_MAX_RANK);
  for (int i = shape->rank - 1; i >= 0; --i) {
    strides[i] = stride;
    if (shape->dims[i] > 0) stride *= shape->dims[i];
  }
}

mmd_status_t mmd_shape_format(const mmd_shape_t *shape, mmd_str_t *out_text) {
  if (shape->rank == 0) return mmd_str_append(out_text, "scalar");
  for (int i = 0; i < shape->rank; ++i) {
    MMD_TRY(mmd_str_printf(out_text, "%s%lld", i ? "x" : "", (long long)shape->dims[i]));
  }
  return NULL;
}
