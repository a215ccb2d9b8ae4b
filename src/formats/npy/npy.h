// SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy (versions 1 to 3) and .npz files. Arrays read are views into the file where the
// byte order allows; Fortran order becomes strides.
#ifndef MMD_FORMATS_NPY_NPY_H_
#define MMD_FORMATS_NPY_NPY_H_

#include <stdbool.h>

#include "base/file.h"
#include "base/status.h"
#include "formats/zip/zip.h"
#include "formats/zip/zip_writer.h"
#include "tensor/tensor.h"
#include "value/value.h"

// True when the bytes begin like a .npy file.
bool mmd_npy_probe(const void *data, size_t size);

// NumPy's type string ("<f4", "|b1", ">i8"); false for a type that tensors do not have.
// |out_swapped| tells that the bytes are big-endian.
bool mmd_npy_parse_dtype(const char *text, size_t size, mmd_dtype_t *out_dtype, bool *out_swapped);
const char *mmd_npy_dtype(mmd_dtype_t dtype);  // the type string for little-endian bytes, or NULL

// Packed elements as NumPy stores them, as a tensor: a view, or a heap copy when |swapped|
// (big-endian). |fortran|: the first axis varies fastest.
mmd_status_t mmd_npy_view(mmd_storage_t *storage, size_t offset, mmd_dtype_t dtype, bool swapped,
                          bool fortran, const mmd_shape_t *shape,
                          mmd_tensor_t *out_tensor) MMD_MUST_USE;

// The array in |size| bytes at |offset| of |storage|; bytes behind it are left alone. |name| stands
// in messages for the source. An array of objects is refused: it would be a pickle.
mmd_status_t mmd_npy_parse(mmd_storage_t *storage, size_t offset, size_t size, const char *name,
                           mmd_tensor_t *out_tensor) MMD_MUST_USE;
mmd_status_t mmd_npy_read_file(const char *path, mmd_tensor_t *out_tensor) MMD_MUST_USE;

// C order, little-endian, version 1. Types that NumPy lacks (bf16, fp8, 4 bits) are refused.
mmd_status_t mmd_npy_write(mmd_writer_t *writer, const mmd_tensor_t *tensor) MMD_MUST_USE;
mmd_status_t mmd_npy_write_file(const char *path, const mmd_tensor_t *tensor) MMD_MUST_USE;

// An object of tensors in the archive's order, keys without ".npy"; other entries are left out.
mmd_status_t mmd_npz_read(const mmd_zip_t *zip, mmd_value_t **out_arrays) MMD_MUST_USE;
mmd_status_t mmd_npz_read_file(const char *path, mmd_value_t **out_arrays) MMD_MUST_USE;

// |arrays| is an object of tensors; entries are stored, not deflated.
mmd_status_t mmd_npz_write_file(const char *path, const mmd_value_t *arrays) MMD_MUST_USE;

// One array "<key>.npy" of an archive that the caller begins and finishes, for those who do not
// have all arrays at once.
mmd_status_t mmd_npz_add(mmd_zip_writer_t *zip, const char *key,
                         const mmd_tensor_t *tensor) MMD_MUST_USE;

#endif  // MMD_FORMATS_NPY_NPY_H_
