// SPDX-License-Identifier: Apache-2.0
#include "tensor/minifloat.h"

#include <math.h>
#include <string.h>

typedef struct {
  int exponent_bits, mantissa_bits, bias;
  // IEEE: the top exponent holds infinity and NaN. FN: only the all-ones pattern is NaN.
  // FNUZ: the pattern of minus zero is the one NaN.
  enum { IEEE, FN, FNUZ } style;
  double largest;
} format_t;

static const format_t *format_of(mmd_dtype_t dtype) {
  static const format_t f16 = {5, 10, 15, IEEE, 65504}, bf16 = {8, 7, 127, IEEE, 0x1.FEp127},
                        e4m3fn = {4, 3, 7, FN, 448}, e4m3fnuz = {4, 3, 8, FNUZ, 240},
                        e5m2 = {5, 2, 15, IEEE, 57344}, e5m2fnuz = {5, 2, 16, FNUZ, 57344};
  switch (dtype) {
    case MMD_BF16:
      return &bf16;
    case MMD_F8E4M3FN:
      return &e4m3fn;
    case MMD_F8E4M3FNUZ:
      return &e4m3fnuz;
    case MMD_F8E5M2:
      return &e5m2;
    case MMD_F8E5M2FNUZ:
      return &e5m2fnuz;
    default:
      return &f16;
  }
}

double mmd_minifloat_load(mmd_dtype_t dtype, unsigned bits) {
  const format_t *f = format_of(dtype);
  unsigned mantissa_mask = (1u << f->mantissa_bits) - 1;
  unsigned exponent_mask = (1u << f->exponent_bits) - 1;
  unsigned mantissa = bits & mantissa_mask;
  unsigned exponent = (bits >> f->mantissa_bits) & exponent_mask;
  bool minus = bits >> (f->mantissa_bits + f->exponent_bits) & 1;
  double number;
  if (f->style == FNUZ && minus && exponent == 0 && mantissa == 0) return (double)NAN;
  if (f->style == FN && exponent == exponent_mask && mantissa == mantissa_mask) return (double)NAN;
  if (f->style == IEEE && exponent == exponent_mask) {
    number = mantissa ? (double)NAN : (double)INFINITY;
  } else if (exponent == 0) {
    number = ldexp((double)mantissa, 1 - f->bias - f->mantissa_bits);
  } else {
    number =
        ldexp((double)(mantissa + mantissa_mask + 1), (int)exponent - f->bias - f->mantissa_bits);
  }
  return minus ? -number : number;
}

static unsigned nan_bits(const format_t *f) {
  unsigned exponent_mask = (1u << f->exponent_bits) - 1;
  if (f->style == FNUZ) return 1u << (f->exponent_bits + f->mantissa_bits);
  if (f->style == FN) return (1u << (f->exponent_bits + f->mantissa_bits)) - 1;
  return exponent_mask << f->mantissa_bits | 1u << (f->mantissa_bits - 1);
}

// The bits of |number| >= 0 without its sign.
static unsigned magnitude_bits(const format_t *f, double number, bool saturate) {
  int exponent;
  if (number == 0) return 0;
  frexp(number, &exponent);
  --exponent;  // number = 1.m x 2^exponent
  if (exponent < 1 - f->bias) exponent = 1 - f->bias;
  // Scaled so that the last kept bit is 1; nearbyint rounds to even.
  double unit = nearbyint(ldexp(number, f->mantissa_bits - exponent));
  if (ldexp(unit, exponent - f->mantissa_bits) > f->largest) {
    if (!saturate) return ((1u << f->exponent_bits) - 1) << f->mantissa_bits;
    frexp(f->largest, &exponent);
    unit = ldexp(f->largest, f->mantissa_bits - --exponent);
  }
  // A carry out of the mantissa moves into the exponent by itself.
  return (unsigned)(exponent + f->bias - 1) * (1u << f->mantissa_bits) + (unsigned)unit;
}

unsigned mmd_minifloat_store(mmd_dtype_t dtype, double number) {
  const format_t *f = format_of(dtype);
  bool small = mmd_dtype_bits(dtype) == 8;
  bool minus = signbit(number) != 0;
  unsigned sign = (unsigned)minus << (f->exponent_bits + f->mantissa_bits);
  if (isnan(number)) return nan_bits(f) | (f->style == FNUZ ? 0 : sign);
  // ONNX saturates infinity too, except where it is asked not to.
  if (isinf(number) && !small) return sign | ((1u << f->exponent_bits) - 1) << f->mantissa_bits;
  double magnitude = isinf(number) ? f->largest : fabs(number);
  unsigned bits = magnitude_bits(f, magnitude, small);
  return f->style == FNUZ && bits == 0 ? 0 : bits | sign;
}

float mmd_half_to_float(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000u) << 16, magnitude = half & 0x7FFFu, bits;
  float number;
  if (magnitude >= 0x7C00u) {
    bits = sign | 0x7F800000u | (magnitude & 0x3FFu) << 13;
  } else if (magnitude >= 0x400u) {
    bits = sign | ((magnitude << 13) + ((127u - 15u) << 23));
  } else {
    number = (float)magnitude * 0x1p-24f;  // subnormal: exact in single precision
    memcpy(&bits, &number, sizeof bits);
    bits |= sign;
  }
  memcpy(&number, &bits, sizeof number);
  return number;
}

uint16_t mmd_float_to_half(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return (uint16_t)(sign | 0x7E00u | (magnitude >> 13 & 0x3FFu));
  if (magnitude >= 0x477FF000u) return (uint16_t)(sign | 0x7C00u);  // rounds past 65504
  if (magnitude < 0x38800000u) {
    // Subnormal: adding 0.5 lets the processor round at the last half-precision bit.
    float positive;
    memcpy(&positive, &magnitude, sizeof positive);
    positive += 0.5f;
    memcpy(&magnitude, &positive, sizeof magnitude);
    return (uint16_t)(sign | (magnitude - 0x3F000000u));
  }
  magnitude += 0xFFFu + (magnitude >> 13 & 1u);  // to nearest even
  return (uint16_t)(sign | ((magnitude - ((127u - 15u) << 23)) >> 13));
}

float mmd_bfloat_to_float(uint16_t bfloat) {
  uint32_t bits = (uint32_t)bfloat << 16;
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

uint16_t mmd_float_to_bfloat(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}
