// SPDX-License-Identifier: Apache-2.0
//
// Element types. The numbers are ONNX's TensorProto.DataType, so files need no translation.
#ifndef MMD_TENSOR_DTYPE_H_
#define MMD_TENSOR_DTYPE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mmd_dtype_t {
  MMD_DTYPE_UNDEFINED = 0,
  MMD_F32 = 1,
  MMD_U8 = 2,
  MMD_I8 = 3,
  MMD_U16 = 4,
  MMD_I16 = 5,
  MMD_I32 = 6,
  MMD_I64 = 7,
  MMD_STRING = 8,
  MMD_BOOL = 9,
  MMD_F16 = 10,
  MMD_F64 = 11,
  MMD_U32 = 12,
  MMD_U64 = 13,
  MMD_C64 = 14,
  MMD_C128 = 15,
  MMD_BF16 = 16,
  MMD_F8E4M3FN = 17,
  MMD_F8E4M3FNUZ = 18,
  MMD_F8E5M2 = 19,
  MMD_F8E5M2FNUZ = 20,
  MMD_U4 = 21,
  MMD_I4 = 22,
  MMD_DTYPE_COUNT = 23
} mmd_dtype_t;

size_t mmd_dtype_bits(mmd_dtype_t dtype);  // 0 for undefined and string
size_t mmd_dtype_size(
    mmd_dtype_t dtype);  // whole bytes an element; 0 for undefined, string, 4-bit types
const char *mmd_dtype_name(mmd_dtype_t dtype);  // "f32", "i64", "bf16", …
bool mmd_dtype_parse(const char *name,
                     mmd_dtype_t *out_dtype);  // our names and numpy's ("float32")
bool mmd_dtype_is_float(mmd_dtype_t dtype);
bool mmd_dtype_is_signed_int(mmd_dtype_t dtype);
bool mmd_dtype_is_unsigned_int(mmd_dtype_t dtype);

// Scalar conversions, round to nearest even.
float mmd_half_to_float(uint16_t half);
uint16_t mmd_float_to_half(float number);
float mmd_bfloat_to_float(uint16_t bfloat);
uint16_t mmd_float_to_bfloat(float number);

// Reads element |index| of packed, possibly unaligned |data|.
double mmd_dtype_load_f64(mmd_dtype_t dtype, const void *data, size_t index);
int64_t mmd_dtype_load_i64(mmd_dtype_t dtype, const void *data, size_t index);
// Writes with a C cast (floats to integers truncate and saturate; bool is != 0).
void mmd_dtype_store_f64(mmd_dtype_t dtype, void *data, size_t index, double number);
void mmd_dtype_store_i64(mmd_dtype_t dtype, void *data, size_t index, int64_t number);

#endif  // MMD_TENSOR_DTYPE_H_
