// SPDX-License-Identifier: Apache-2.0
#include "tensor/dtype.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/mmd_test.h"

static void check_load(mmd_dtype_t dtype, uint64_t bits, uint64_t expected) {
  uint16_t wide = (uint16_t)bits;
  uint8_t narrow = (uint8_t)bits;
  const void *data = mmd_dtype_size(dtype) == 1 ? (const void *)&narrow : (const void *)&wide;
  double number = mmd_dtype_load_f64(dtype, data, 0);
  assert_memory_equal(&number, &expected, sizeof expected);
}

static void check_store(mmd_dtype_t dtype, uint64_t bits, uint64_t expected) {
  uint32_t bits32 = (uint32_t)bits;
  float number;
  memcpy(&number, &bits32, sizeof number);
  uint16_t wide = 0;
  uint8_t narrow = 0;
  if (mmd_dtype_size(dtype) == 1) {
    mmd_dtype_store_f64(dtype, &narrow, 0, number);
    assert_int_equal(narrow, expected);
    return;
  }
  mmd_dtype_store_f64(dtype, &wide, 0, number);
  assert_int_equal(wide, expected);
  wide = dtype == MMD_F16 ? mmd_float_to_half(number) : mmd_float_to_bfloat(number);
  assert_int_equal(wide, expected);
}

// testdata/make_dtypes.py wrote it with NumPy and onnx.
static void test_golden(void **state) {
  (void)state;
  FILE *file = fopen(MMD_TEST_FILE("src/tensor/testdata/dtypes.txt"), "r");
  assert_non_null(file);
  char verb[8], name[16];
  uint64_t a, b;
  int lines = 0;
  for (; fscanf(file, "%7s %15s %" SCNx64 " %" SCNx64, verb, name, &a, &b) == 4; ++lines) {
    mmd_dtype_t dtype;
    assert_true(mmd_dtype_parse(name, &dtype));
    if (strcmp(verb, "load") == 0) {
      check_load(dtype, a, b);
    } else {
      check_store(dtype, a, b);
    }
  }
  fclose(file);
  assert_true(lines > 2000);
}

// Every half survives the way to float and back.
static void test_half_round_trip(void **state) {
  (void)state;
  for (uint32_t h = 0; h < 65536; ++h) {
    float number = mmd_half_to_float((uint16_t)h);
    double other = mmd_dtype_load_f64(MMD_F16, &(uint16_t){(uint16_t)h}, 0);
    if (isnan(number)) {
      assert_true(isnan(mmd_half_to_float(mmd_float_to_half(number))));
    } else {
      assert_int_equal(mmd_float_to_half(number), h);
      assert_true(other == number);
    }
    float brain = mmd_bfloat_to_float((uint16_t)h);
    if (!isnan(brain)) assert_int_equal(mmd_float_to_bfloat(brain), h);
    if (isnan(brain)) assert_true(isnan(mmd_bfloat_to_float(mmd_float_to_bfloat(brain))));
  }
}

static void test_names(void **state) {
  (void)state;
  for (int i = 1; i < MMD_DTYPE_COUNT; ++i) {
    mmd_dtype_t dtype;
    assert_true(mmd_dtype_parse(mmd_dtype_name((mmd_dtype_t)i), &dtype));
    assert_int_equal(dtype, i);
  }
  mmd_dtype_t dtype;
  assert_true(mmd_dtype_parse("float32", &dtype) && dtype == MMD_F32);
  assert_true(mmd_dtype_parse("int64", &dtype) && dtype == MMD_I64);
  assert_false(mmd_dtype_parse("float31", &dtype));
  assert_false(mmd_dtype_parse("undefined", &dtype));
  assert_int_equal(mmd_dtype_size(MMD_F16), 2);
  assert_int_equal(mmd_dtype_bits(MMD_I4), 4);
  assert_int_equal(mmd_dtype_size(MMD_I4), 0);
  assert_int_equal(mmd_dtype_size((mmd_dtype_t)99), 0);
  assert_true(mmd_dtype_is_float(MMD_BF16) && mmd_dtype_is_signed_int(MMD_I8));
  assert_true(mmd_dtype_is_unsigned_int(MMD_U4) && !mmd_dtype_is_unsigned_int(MMD_BOOL));
}

static void test_integers(void **state) {
  (void)state;
  uint8_t data[16] = {0};
  mmd_dtype_store_f64(MMD_U8, data, 0, 300);
  mmd_dtype_store_f64(MMD_U8, data, 1, -5.5);
  mmd_dtype_store_f64(MMD_U8, data, 2, 7.9);
  mmd_dtype_store_f64(MMD_U8, data, 3, NAN);
  mmd_dtype_store_i64(MMD_U8, data, 4, 300);
  assert_memory_equal(data, ((uint8_t[]){255, 0, 7, 0, 44}), 5);
  mmd_dtype_store_f64(MMD_I32, data + 1, 0, -1e20);  // unaligned
  assert_int_equal(mmd_dtype_load_i64(MMD_I32, data + 1, 0), INT32_MIN);
  mmd_dtype_store_f64(MMD_I64, data, 0, 1e30);
  assert_true(mmd_dtype_load_i64(MMD_I64, data, 0) == INT64_MAX);
  mmd_dtype_store_f64(MMD_U64, data, 0, 1e30);
  assert_true(mmd_dtype_load_f64(MMD_U64, data, 0) == 18446744073709551615.0);
  mmd_dtype_store_f64(MMD_BOOL, data, 0, 0.25);
  assert_int_equal(data[0], 1);
  mmd_dtype_store_i64(MMD_F32, data, 0, 16777217);
  assert_true(mmd_dtype_load_f64(MMD_F32, data, 0) == 16777216);
  mmd_dtype_store_f64(MMD_C64, data, 0, 2.5);
  assert_true(mmd_dtype_load_f64(MMD_C64, data, 0) == 2.5);
}

static void test_nibbles(void **state) {
  (void)state;
  uint8_t data[2] = {0};
  for (int i = 0; i < 4; ++i) mmd_dtype_store_i64(MMD_I4, data, (size_t)i, i - 2);
  assert_int_equal(data[0], 0xFE);
  assert_int_equal(data[1], 0x10);
  for (int i = 0; i < 4; ++i) assert_int_equal(mmd_dtype_load_i64(MMD_I4, data, (size_t)i), i - 2);
  assert_int_equal(mmd_dtype_load_i64(MMD_U4, data, 0), 14);
  mmd_dtype_store_f64(MMD_I4, data, 0, -100);
  assert_int_equal(mmd_dtype_load_i64(MMD_I4, data, 0), -8);
  mmd_dtype_store_f64(MMD_U4, data, 1, 100);
  assert_int_equal(mmd_dtype_load_i64(MMD_U4, data, 1), 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden),
                                     cmocka_unit_test(test_half_round_trip),
                                     cmocka_unit_test(test_names), cmocka_unit_test(test_integers),
                                     cmocka_unit_test(test_nibbles)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
