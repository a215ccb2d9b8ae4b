// SPDX-License-Identifier: Apache-2.0
//
// A strided view into counted storage. Copying the struct does not retain; use mmd_tensor_retain.
// The view may be unaligned (checkpoints place tensors at any byte): read through
// mmd_tensor_contiguous when a kernel needs alignment.
#ifndef MMD_TENSOR_TENSOR_H_
#define MMD_TENSOR_TENSOR_H_

#include "base/status.h"
#include "base/storage.h"
#include "base/str.h"
#include "tensor/dtype.h"

#define MMD_MAX_RANK 8

typedef struct mmd_shape_t {
  int rank;
  int64_t dims[MMD_MAX_RANK];
} mmd_shape_t;

typedef struct mmd_tensor_t {
  mmd_dtype_t dtype;
  mmd_shape_t shape;
  int64_t strides[MMD_MAX_RANK];  // in elements; 0 broadcasts
  mmd_storage_t *storage;         // NULL for an empty (default) tensor
  size_t offset;                  // of element 0 in the storage, in bytes
} mmd_tensor_t;

// Checks rank, signs and overflow.
mmd_status_t mmd_shape_make(int rank, const int64_t *dims, mmd_shape_t *out_shape) MMD_MUST_USE;
mmd_status_t mmd_shape_count(const mmd_shape_t *shape,
                             size_t *out_count) MMD_MUST_USE;  // checked product
bool mmd_shape_equal(const mmd_shape_t *a, const mmd_shape_t *b);
void mmd_shape_strides(const mmd_shape_t *shape,
                       int64_t strides[MMD_MAX_RANK]);  // row-major, elements
mmd_status_t mmd_shape_format(const mmd_shape_t *shape,
                              mmd_str_t *out_text) MMD_MUST_USE;  // appends "1x3x224x224", "scalar"

// Allocates; a string tensor holds NULL strings at first.
mmd_status_t mmd_tensor_create(mmd_dtype_t dtype, const mmd_shape_t *shape, bool zeroed,
                               mmd_tensor_t *out_tensor) MMD_MUST_USE;
// Packed view at |offset| of |storage|, which is retained; the range is checked.
mmd_status_t mmd_tensor_view(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                             const mmd_shape_t *shape, mmd_tensor_t *out_tensor) MMD_MUST_USE;
// Strided view; every reachable element is checked to lie in the storage. Strides are >= 0.
mmd_status_t mmd_tensor_view_strided(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype,
                                     const mmd_shape_t *shape, const int64_t *strides,
                                     mmd_tensor_t *out_tensor) MMD_MUST_USE;
// Copies |data| (packed) into a new tensor.
mmd_status_t mmd_tensor_from_data(mmd_dtype_t dtype, const mmd_shape_t *shape, const void *data,
                                  mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_tensor_scalar_f32(float number, mmd_tensor_t *out_tensor) MMD_MUST_USE;  // rank 0
mmd_status_t mmd_tensor_scalar_i64(int64_t number,
                                   mmd_tensor_t *out_tensor) MMD_MUST_USE;  // rank 0
mmd_status_t mmd_tensor_from_i64(const int64_t *numbers, size_t count,
                                 mmd_tensor_t *out_tensor) MMD_MUST_USE;  // rank 1
mmd_status_t mmd_tensor_from_f32(const float *numbers, size_t count,
                                 mmd_tensor_t *out_tensor) MMD_MUST_USE;  // rank 1

void mmd_tensor_deinit(mmd_tensor_t *tensor);                // releases, zeroes
mmd_tensor_t mmd_tensor_retain(const mmd_tensor_t *tensor);  // another reference to the same view
static inline bool mmd_tensor_is_set(const mmd_tensor_t *tensor) {
  return tensor->storage != 0;
}

size_t mmd_tensor_count(const mmd_tensor_t *tensor);        // elements; was checked when made
size_t mmd_tensor_byte_size(const mmd_tensor_t *tensor);    // packed bytes
bool mmd_tensor_is_contiguous(const mmd_tensor_t *tensor);  // packed row-major
bool mmd_tensor_is_aligned(const mmd_tensor_t *tensor);     // to its element size
const void *mmd_tensor_data(const mmd_tensor_t *tensor);    // address of element 0
void *mmd_tensor_mutable_data(mmd_tensor_t *tensor);        // NULL unless heap storage

// Another reference when already packed and aligned, else a packed copy.
mmd_status_t mmd_tensor_contiguous(const mmd_tensor_t *tensor,
                                   mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_tensor_copy(const mmd_tensor_t *tensor,
                             mmd_tensor_t *out_tensor) MMD_MUST_USE;  // always a packed heap copy
mmd_status_t mmd_tensor_cast(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                             mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_tensor_reshape(const mmd_tensor_t *tensor, const mmd_shape_t *shape,
                                mmd_tensor_t *out_tensor) MMD_MUST_USE;  // view when contiguous
mmd_status_t mmd_tensor_transpose(const mmd_tensor_t *tensor, const int *axes,
                                  mmd_tensor_t *out_tensor) MMD_MUST_USE;  // strided view
mmd_status_t mmd_tensor_slice(const mmd_tensor_t *tensor, int axis, int64_t begin, int64_t end,
                              mmd_tensor_t *out_tensor) MMD_MUST_USE;  // strided view

// Element by flat row-major index, any strides.
double mmd_tensor_get_f64(const mmd_tensor_t *tensor, size_t index);
int64_t mmd_tensor_get_i64(const mmd_tensor_t *tensor, size_t index);
// Same dtype, shape and bits.
bool mmd_tensor_equal(const mmd_tensor_t *a, const mmd_tensor_t *b);

// String tensors: element text ("" when unset; borrowed), a copying setter, and one that takes over
// an element of |from|, whose text both hold then.
const char *mmd_tensor_get_string(const mmd_tensor_t *tensor, size_t index, size_t *out_size);
mmd_status_t mmd_tensor_set_string(mmd_tensor_t *tensor, size_t index, const char *text,
                                   size_t size) MMD_MUST_USE;
mmd_status_t mmd_tensor_share_string(mmd_tensor_t *tensor, size_t index, const mmd_tensor_t *from,
                                     size_t from_index) MMD_MUST_USE;

// "f32[1x3x224x224]"
mmd_status_t mmd_tensor_format(const mmd_tensor_t *tensor, mmd_str_t *out_text) MMD_MUST_USE;

// Largest and mean absolute difference, and the largest difference relative to max|b|; NaN against
// NaN is equal, NaN against a number is infinite. Shapes must match.
typedef struct mmd_difference_t {
  double max_abs, mean_abs, max_rel;
  size_t worst_index;
} mmd_difference_t;
mmd_status_t mmd_tensor_difference(const mmd_tensor_t *a, const mmd_tensor_t *b,
                                   mmd_difference_t *out_difference) MMD_MUST_USE;

#endif  // MMD_TENSOR_TENSOR_H_
