// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "tensor/minifloat.h"

typedef enum { CLASS_NONE, CLASS_FLOAT, CLASS_SIGNED, CLASS_UNSIGNED, CLASS_OTHER } class_t;

static const struct {
  const char *name, *numpy;
  uint8_t bits;
  class_t class;
} infos[MMD_DTYPE_COUNT] = {
    [MMD_DTYPE_UNDEFINED] = {"undefined", "undefined", 0, CLASS_NONE},
    [MMD_F32] = {"f32", "float32", 32, CLASS_FLOAT},
    [MMD_U8] = {"u8", "uint8", 8, CLASS_UNSIGNED},
    [MMD_I8] = {"i8", "int8", 8, CLASS_SIGNED},
    [MMD_U16] = {"u16", "uint16", 16, CLASS_UNSIGNED},
    [MMD_I16] = {"i16", "int16", 16, CLASS_SIGNED},
    [MMD_I32] = {"i32", "int32", 32, CLASS_SIGNED},
    [MMD_I64] = {"i64", "int64", 64, CLASS_SIGNED},
    [MMD_STRING] = {"string", "str", 0, CLASS_OTHER},
    [MMD_BOOL] = {"bool", "bool", 8, CLASS_OTHER},
    [MMD_F16] = {"f16", "float16", 16, CLASS_FLOAT},
    [MMD_F64] = {"f64", "float64", 64, CLASS_FLOAT},
    [MMD_U32] = {"u32", "uint32", 32, CLASS_UNSIGNED},
    [MMD_U64] = {"u64", "uint64", 64, CLASS_UNSIGNED},
    [MMD_C64] = {"c64", "complex64", 64, CLASS_OTHER},
    [MMD_C128] = {"c128", "complex128", 128, CLASS_OTHER},
    [MMD_BF16] = {"bf16", "bfloat16", 16, CLASS_FLOAT},
    [MMD_F8E4M3FN] = {"f8e4m3fn", "float8e4m3fn", 8, CLASS_FLOAT},
    [MMD_F8E4M3FNUZ] = {"f8e4m3fnuz", "float8e4m3fnuz", 8, CLASS_FLOAT},
    [MMD_F8E5M2] = {"f8e5m2", "float8e5m2", 8, CLASS_FLOAT},
    [MMD_F8E5M2FNUZ] = {"f8e5m2fnuz", "float8e5m2fnuz", 8, CLASS_FLOAT},
    [MMD_U4] = {"u4", "uint4", 4, CLASS_UNSIGNED},
    [MMD_I4] = {"i4", "int4", 4, CLASS_SIGNED},
};

static bool is_known(mmd_dtype_t dtype) {
  return (unsigned)dtype < MMD_DTYPE_COUNT;
}

size_t mmd_dtype_bits(mmd_dtype_t dtype) {
  return is_known(dtype) ? infos[dtype].bits : 0;
}

size_t mmd_dtype_size(mmd_dtype_t dtype) {
  return mmd_dtype_bits(dtype) / 8;
}

const char *mmd_dtype_name(mmd_dtype_t dtype) {
  return is_known(dtype) ? infos[dtype].name : "unknown";
}

bool mmd_dtype_parse(const char *name, mmd_dtype_t *out_dtype) {
  static const struct {
    const char *name;
    mmd_dtype_t dtype;
  } others[] = {{"float", MMD_F32},
                {"double", MMD_F64},
                {"half", MMD_F16},
                {"string", MMD_STRING},
                {"bool_", MMD_BOOL}};
  for (int i = 1; i < MMD_DTYPE_COUNT; ++i) {
    if (strcasecmp(name, infos[i].name) != 0 && strcasecmp(name, infos[i].numpy) != 0) continue;
    *out_dtype = (mmd_dtype_t)i;
    return true;
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
    if (strcmp(name, others[i].name) != 0) continue;
    *out_dtype = others[i].dtype;
    return true;
  }
  return false;
}

bool mmd_dtype_is_float(mmd_dtype_t dtype) {
  return is_known(dtype) && infos[dtype].class == CLASS_FLOAT;
}

bool mmd_dtype_is_signed_int(mmd_dtype_t dtype) {
  return is_known(dtype) && infos[dtype].class == CLASS_SIGNED;
}

bool mmd_dtype_is_unsigned_int(mmd_dtype_t dtype) {
  return is_known(dtype) && infos[dtype].class == CLASS_UNSIGNED;
}

// Elements may be unaligned, so they are copied out byte by byte.
#define LOAD(type, data, index) \
  type element;                 \
  memcpy(&element, (const uint8_t *)(data) + (index) * sizeof(type), sizeof(type))
#define STORE(type, data, index, number)                                        \
  do {                                                                          \
    type element = (type)(number);                                              \
    memcpy((uint8_t *)(data) + (index) * sizeof(type), &element, sizeof(type)); \
  } while (0)
#define CASE_LOAD(dtype, type, result) \
  case dtype: {                        \
    LOAD(type, data, index);           \
    return (result)element;            \
  }
#define CASE_STORE(dtype, type)       \
  case dtype:                         \
    STORE(type, data, index, number); \
    return

// ONNX packs the first of two 4-bit numbers into the low half.
static unsigned load_nibble(const void *data, size_t index) {
  return (unsigned)(((const uint8_t *)data)[index / 2] >> (index % 2 * 4) & 15);
}

static void store_nibble(void *data, size_t index, unsigned nibble) {
  uint8_t *byte = (uint8_t *)data + index / 2;
  unsigned shift = (unsigned)(index % 2 * 4);
  *byte = (uint8_t)((*byte & ~(15u << shift)) | (nibble & 15u) << shift);
}

static int signed_nibble(unsigned nibble) {
  return nibble < 8 ? (int)nibble : (int)nibble - 16;
}

static double load_small_float(mmd_dtype_t dtype, const void *data, size_t index) {
  if (infos[dtype].bits == 8) return mmd_minifloat_load(dtype, ((const uint8_t *)data)[index]);
  LOAD(uint16_t, data, index);
  return (double)(dtype == MMD_F16 ? mmd_half_to_float(element) : mmd_bfloat_to_float(element));
}

double mmd_dtype_load_f64(mmd_dtype_t dtype, const void *data, size_t index) {
  switch (dtype) {
    CASE_LOAD(MMD_F32, float, double)
    CASE_LOAD(MMD_F64, double, double)
    CASE_LOAD(MMD_U64, uint64_t, double)
    case MMD_C64: {
      LOAD(float, data, 2 * index);
      return (double)element;
    }
    case MMD_C128: {
      LOAD(double, data, 2 * index);
      return element;
    }
    case MMD_F16:
    case MMD_BF16:
    case MMD_F8E4M3FN:
    case MMD_F8E4M3FNUZ:
    case MMD_F8E5M2:
    case MMD_F8E5M2FNUZ:
      return load_small_float(dtype, data, index);
    default:
      return (double)mmd_dtype_load_i64(dtype, data, index);
  }
}

// Truncates towards zero; what does not fit becomes the nearest limit, NaN becomes 0.
static int64_t saturate(double number, int64_t low, int64_t high) {
  if (isnan(number)) return 0;
  if (number <= (double)low) return low;
  if (number >= (double)high) return high;
  return (int64_t)number;
}

static uint64_t saturate_u64(double number) {
  if (!(number > 0)) return 0;
  return number >= 18446744073709551616.0 ? UINT64_MAX : (uint64_t)number;
}

int64_t mmd_dtype_load_i64(mmd_dtype_t dtype, const void *data, size_t index) {
  switch (dtype) {
    CASE_LOAD(MMD_U8, uint8_t, int64_t)
    CASE_LOAD(MMD_I8, int8_t, int64_t)
    CASE_LOAD(MMD_U16, uint16_t, int64_t)
    CASE_LOAD(MMD_I16, int16_t, int64_t)
    CASE_LOAD(MMD_I32, int32_t, int64_t)
    CASE_LOAD(MMD_I64, int64_t, int64_t)
    CASE_LOAD(MMD_U32, uint32_t, int64_t)
    CASE_LOAD(MMD_U64, uint64_t, int64_t)
    case MMD_BOOL:
      return ((const uint8_t *)data)[index] != 0;
    case MMD_U4:
      return load_nibble(data, index);
    case MMD_I4:
      return signed_nibble(load_nibble(data, index));
    case MMD_DTYPE_UNDEFINED:
    case MMD_STRING:
    case MMD_DTYPE_COUNT:
      return 0;
    default:
      return saturate(mmd_dtype_load_f64(dtype, data, index), INT64_MIN, INT64_MAX);
  }
}

static int64_t integer_low(mmd_dtype_t dtype) {
  if (infos[dtype].class == CLASS_UNSIGNED) return 0;
  return dtype == MMD_I64 ? INT64_MIN : -((int64_t)1 << (infos[dtype].bits - 1));
}

static int64_t integer_high(mmd_dtype_t dtype) {
  if (dtype == MMD_I64) return INT64_MAX;
  int magnitude = infos[dtype].bits - (infos[dtype].class == CLASS_SIGNED);
  return ((int64_t)1 << magnitude) - 1;
}

static void store_small_float(mmd_dtype_t dtype, void *data, size_t index, double number) {
  unsigned bits = mmd_minifloat_store(dtype, number);
  if (infos[dtype].bits == 8) {
    ((uint8_t *)data)[index] = (uint8_t)bits;
  } else {
    STORE(uint16_t, data, index, bits);
  }
}

void mmd_dtype_store_f64(mmd_dtype_t dtype, void *data, size_t index, double number) {
  switch (dtype) {
    CASE_STORE(MMD_F32, float);
    CASE_STORE(MMD_F64, double);
    case MMD_C64:
      STORE(float, data, 2 * index, number);
      STORE(float, data, 2 * index + 1, 0);
      return;
    case MMD_C128:
      STORE(double, data, 2 * index, number);
      STORE(double, data, 2 * index + 1, 0);
      return;
    case MMD_BOOL:
      ((uint8_t *)data)[index] = number != 0;
      return;
    case MMD_U64:
      STORE(uint64_t, data, index, saturate_u64(number));
      return;
    default:
      break;
  }
  if (mmd_dtype_is_float(dtype)) {
    store_small_float(dtype, data, index, number);
  } else if (mmd_dtype_is_signed_int(dtype) || mmd_dtype_is_unsigned_int(dtype)) {
    int64_t integer = saturate(number, integer_low(dtype), integer_high(dtype));
    mmd_dtype_store_i64(dtype, data, index, integer);
  }
}

void mmd_dtype_store_i64(mmd_dtype_t dtype, void *data, size_t index, int64_t number) {
  switch (dtype) {
    CASE_STORE(MMD_F32, float);
    CASE_STORE(MMD_U8, uint8_t);
    CASE_STORE(MMD_I8, int8_t);
    CASE_STORE(MMD_U16, uint16_t);
    CASE_STORE(MMD_I16, int16_t);
    CASE_STORE(MMD_I32, int32_t);
    CASE_STORE(MMD_I64, int64_t);
    CASE_STORE(MMD_U32, uint32_t);
    CASE_STORE(MMD_U64, uint64_t);
    case MMD_BOOL:
      ((uint8_t *)data)[index] = number != 0;
      return;
    case MMD_U4:
    case MMD_I4:
      store_nibble(data, index, (unsigned)(number & 15));
      return;
    default:
      mmd_dtype_store_f64(dtype, data, index, (double)number);
  }
}
