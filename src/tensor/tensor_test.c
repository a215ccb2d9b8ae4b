// SPDX-License-Identifier: Apache-2.0
#include "tensor/tensor.h"

#include <math.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_shape_t shape2(int64_t a, int64_t b) {
  return (mmd_shape_t){2, {a, b}};
}

static void test_shapes(void **state) {
  (void)state;
  mmd_shape_t shape;
  size_t count;
  mmd_assert_ok(mmd_shape_make(3, (int64_t[]){2, 0, 4}, &shape));
  mmd_assert_ok(mmd_shape_count(&shape, &count));
  assert_int_equal(count, 0);
  mmd_assert_fails(mmd_shape_make(9, (int64_t[9]){0}, &shape), MMD_OUT_OF_RANGE, "9 dimensions");
  mmd_assert_fails(mmd_shape_make(-1, NULL, &shape), MMD_OUT_OF_RANGE, NULL);
  mmd_assert_fails(mmd_shape_make(2, (int64_t[]){2, -1}, &shape), MMD_OUT_OF_RANGE, "-1");
  int64_t huge[] = {INT64_MAX, INT64_MAX, 0};
  mmd_assert_fails(mmd_shape_make(3, huge, &shape), MMD_OUT_OF_RANGE, NULL);
  mmd_str_t text = {0};
  shape = shape2(3, 224);
  mmd_assert_ok(mmd_shape_format(&shape, &text));
  assert_string_equal(mmd_str_text(&text), "3x224");
  mmd_str_deinit(&text);
}

static void test_create_and_view(void **state) {
  (void)state;
  mmd_tensor_t t, view;
  mmd_shape_t shape = shape2(2, 3);
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &t));
  assert_int_equal(mmd_tensor_byte_size(&t), 24);
  assert_true(mmd_tensor_is_contiguous(&t) && mmd_tensor_is_aligned(&t));
  float *data = mmd_tensor_mutable_data(&t);
  for (int i = 0; i < 6; ++i) data[i] = (float)i;
  mmd_shape_t row = {1, {3}};
  mmd_assert_ok(mmd_tensor_view(t.storage, 12, MMD_F32, &row, &view));
  assert_true(mmd_tensor_get_f64(&view, 0) == 3);
  mmd_tensor_deinit(&view);
  mmd_assert_fails(mmd_tensor_view(t.storage, 13, MMD_F32, &row, &view), MMD_CORRUPT, "12 bytes");
  mmd_assert_fails(mmd_tensor_view(t.storage, SIZE_MAX - 3, MMD_F32, &row, &view), MMD_CORRUPT,
                   NULL);
  mmd_assert_fails(mmd_tensor_view(t.storage, 0, MMD_STRING, &row, &view), MMD_INVALID_ARGUMENT,
                   NULL);
  mmd_assert_fails(mmd_tensor_view(t.storage, 0, (mmd_dtype_t)77, &row, &view),
                   MMD_INVALID_ARGUMENT, NULL);
  assert_false(mmd_tensor_is_set(&view));
  mmd_tensor_deinit(&t);
  assert_int_equal(mmd_tensor_count(&t), 0);
}

static void test_strided_checks(void **state) {
  (void)state;
  mmd_storage_t *storage;
  mmd_tensor_t t;
  mmd_assert_ok(mmd_storage_create(24, true, &storage));
  mmd_shape_t shape = shape2(2, 3);
  mmd_assert_ok(mmd_tensor_view_strided(storage, 0, MMD_F32, &shape, (int64_t[]){1, 2}, &t));
  mmd_tensor_deinit(&t);
  mmd_assert_ok(mmd_tensor_view_strided(storage, 16, MMD_F32, &shape, (int64_t[]){1, 0}, &t));
  mmd_tensor_deinit(&t);
  mmd_assert_fails(mmd_tensor_view_strided(storage, 4, MMD_F32, &shape, (int64_t[]){1, 2}, &t),
                   MMD_CORRUPT, NULL);
  mmd_assert_fails(mmd_tensor_view_strided(storage, 0, MMD_F32, &shape, (int64_t[]){3, -1}, &t),
                   MMD_CORRUPT, NULL);
  mmd_assert_fails(
      mmd_tensor_view_strided(storage, 0, MMD_F32, &shape, (int64_t[]){INT64_MAX, INT64_MAX}, &t),
      MMD_CORRUPT, NULL);
  mmd_shape_t empty = shape2(0, 1000);
  mmd_assert_ok(mmd_tensor_view_strided(storage, 24, MMD_F32, &empty, (int64_t[]){1000, 1000}, &t));
  mmd_tensor_deinit(&t);
  mmd_storage_release(storage);
}

static void test_transforms(void **state) {
  (void)state;
  mmd_tensor_t t, turned, packed, part, flat;
  int32_t numbers[] = {0, 1, 2, 3, 4, 5};
  mmd_shape_t shape = shape2(2, 3);
  mmd_assert_ok(mmd_tensor_from_data(MMD_I32, &shape, numbers, &t));
  mmd_assert_ok(mmd_tensor_transpose(&t, (int[]){1, 0}, &turned));
  assert_false(mmd_tensor_is_contiguous(&turned));
  mmd_assert_ok(mmd_tensor_contiguous(&turned, &packed));
  assert_memory_equal(mmd_tensor_data(&packed), ((int32_t[]){0, 3, 1, 4, 2, 5}), 24);
  assert_true(mmd_tensor_equal(&turned, &packed));
  assert_false(mmd_tensor_equal(&t, &packed));
  mmd_assert_ok(mmd_tensor_slice(&turned, 0, 1, 3, &part));
  assert_int_equal(mmd_tensor_get_i64(&part, 0), 1);
  assert_int_equal(mmd_tensor_get_i64(&part, 3), 5);
  mmd_tensor_deinit(&part);
  mmd_assert_fails(mmd_tensor_slice(&t, 0, 1, 3, &part), MMD_OUT_OF_RANGE, "1:3");
  mmd_assert_fails(mmd_tensor_slice(&t, 2, 0, 0, &part), MMD_OUT_OF_RANGE, "axis 2");
  mmd_assert_fails(mmd_tensor_transpose(&t, (int[]){1, 1}, &part), MMD_INVALID_ARGUMENT, NULL);
  mmd_assert_ok(mmd_tensor_reshape(&t, &(mmd_shape_t){1, {6}}, &flat));
  assert_ptr_equal(flat.storage, t.storage);
  mmd_tensor_deinit(&flat);
  mmd_assert_ok(mmd_tensor_reshape(&turned, &(mmd_shape_t){1, {6}}, &flat));
  assert_int_equal(mmd_tensor_get_i64(&flat, 1), 3);
  mmd_tensor_deinit(&flat);
  mmd_assert_fails(mmd_tensor_reshape(&t, &(mmd_shape_t){1, {5}}, &flat), MMD_INVALID_ARGUMENT,
                   NULL);
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_tensor_format(&t, &text));
  assert_string_equal(mmd_str_text(&text), "i32[2x3]");
  mmd_str_deinit(&text);
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&turned);
  mmd_tensor_deinit(&t);
}

static void test_three_axes(void **state) {
  (void)state;
  mmd_tensor_t t, turned, packed;
  int64_t numbers[24];
  for (int i = 0; i < 24; ++i) numbers[i] = i;
  mmd_shape_t shape = {3, {2, 3, 4}};
  mmd_assert_ok(mmd_tensor_from_data(MMD_I64, &shape, numbers, &t));
  mmd_assert_ok(mmd_tensor_transpose(&t, (int[]){2, 0, 1}, &turned));
  mmd_assert_ok(mmd_tensor_cast(&turned, MMD_F64, &packed));
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 6; ++j) {
      assert_true(mmd_tensor_get_f64(&packed, (size_t)(i * 6 + j)) == j * 4 + i);
    }
  }
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&turned);
  mmd_tensor_deinit(&t);
}

static void test_unaligned(void **state) {
  (void)state;
  unsigned char bytes[9] = {0};
  float number = 1.5f;
  memcpy(bytes + 1, &number, 4);
  mmd_storage_t *storage;
  mmd_tensor_t t, packed;
  mmd_assert_ok(mmd_storage_create(9, true, &storage));
  memcpy(mmd_storage_mutable_data(storage), bytes, 9);
  mmd_assert_ok(mmd_tensor_view(storage, 1, MMD_F32, &(mmd_shape_t){1, {2}}, &t));
  assert_false(mmd_tensor_is_aligned(&t));
  assert_true(mmd_tensor_get_f64(&t, 0) == 1.5);
  mmd_assert_ok(mmd_tensor_contiguous(&t, &packed));
  assert_true(mmd_tensor_is_aligned(&packed) && *(const float *)mmd_tensor_data(&packed) == 1.5f);
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&t);
  mmd_storage_release(storage);
}

static void test_casts(void **state) {
  (void)state;
  mmd_tensor_t f, h, back, big, same;
  float numbers[] = {0, 1.5f, -2.25f, 65504, 1e6f};
  mmd_assert_ok(mmd_tensor_from_f32(numbers, 5, &f));
  mmd_assert_ok(mmd_tensor_cast(&f, MMD_F16, &h));
  mmd_assert_ok(mmd_tensor_cast(&h, MMD_F32, &back));
  for (size_t i = 0; i < 4; ++i) assert_true(mmd_tensor_get_f64(&back, i) == numbers[i]);
  assert_true(isinf(mmd_tensor_get_f64(&back, 4)));
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){INT64_MAX, -1}, 2, &big));
  mmd_assert_ok(mmd_tensor_cast(&big, MMD_I64, &same));
  assert_ptr_equal(same.storage, big.storage);
  mmd_tensor_deinit(&same);
  mmd_assert_ok(mmd_tensor_cast(&big, MMD_U64, &same));
  assert_true(mmd_tensor_get_i64(&same, 0) == INT64_MAX);
  assert_true(mmd_tensor_get_f64(&same, 1) == 18446744073709551615.0);
  mmd_tensor_deinit(&same);
  mmd_assert_ok(mmd_tensor_cast(&big, MMD_I4, &same));
  assert_int_equal(mmd_tensor_get_i64(&same, 1), -1);
  mmd_tensor_deinit(&same);
  mmd_assert_fails(mmd_tensor_cast(&big, MMD_STRING, &same), MMD_NOT_SUPPORTED, "i64 to string");
  mmd_tensor_deinit(&big);
  mmd_tensor_deinit(&back);
  mmd_tensor_deinit(&h);
  mmd_tensor_deinit(&f);
}

static mmd_status_t use_strings(void *context) {
  (void)context;
  mmd_tensor_t t = {0}, copy = {0};
  mmd_shape_t shape = shape2(2, 2);
  mmd_status_t status = mmd_tensor_create(MMD_STRING, &shape, false, &t);
  if (!status) status = mmd_tensor_set_string(&t, 1, "one", 3);
  if (!status) status = mmd_tensor_set_string(&t, 1, "a\0b", 3);
  if (!status) status = mmd_tensor_copy(&t, &copy);
  if (!status && !mmd_tensor_equal(&t, &copy)) status = MMD_ERROR(MMD_INTERNAL, "differ");
  mmd_tensor_deinit(&copy);
  mmd_tensor_deinit(&t);
  return status;
}

static void test_strings(void **state) {
  (void)state;
  mmd_tensor_t t, turned;
  mmd_shape_t shape = shape2(2, 2);
  size_t size;
  mmd_assert_ok(mmd_tensor_create(MMD_STRING, &shape, false, &t));
  assert_string_equal(mmd_tensor_get_string(&t, 3, &size), "");
  mmd_assert_ok(mmd_tensor_set_string(&t, 1, "a\0b", 3));
  assert_memory_equal(mmd_tensor_get_string(&t, 1, &size), "a\0b", 4);
  assert_int_equal(size, 3);
  mmd_assert_ok(mmd_tensor_transpose(&t, (int[]){1, 0}, &turned));
  assert_string_equal(mmd_tensor_get_string(&turned, 2, NULL), "a");
  mmd_tensor_deinit(&turned);
  mmd_assert_ok(mmd_tensor_slice(&t, 1, 1, 2, &turned));
  assert_string_equal(mmd_tensor_get_string(&turned, 0, NULL), "a");
  mmd_tensor_deinit(&turned);
  mmd_assert_fails(mmd_tensor_set_string(&t, 4, "x", 1), MMD_INVALID_ARGUMENT, NULL);
  assert_string_equal(mmd_tensor_get_string(&t, 9, NULL), "");
  mmd_tensor_deinit(&t);
  mmd_test_sweep(use_strings, NULL);
}

static void test_difference(void **state) {
  (void)state;
  mmd_tensor_t a, b;
  mmd_difference_t d;
  mmd_assert_ok(mmd_tensor_from_f32((float[]){1, 2, NAN, INFINITY}, 4, &a));
  mmd_assert_ok(mmd_tensor_from_f32((float[]){1, 4, NAN, INFINITY}, 4, &b));
  mmd_assert_ok(mmd_tensor_difference(&a, &b, &d));
  assert_true(d.max_abs == 2 && d.mean_abs == 0.5 && d.max_rel == 0.5 && d.worst_index == 1);
  mmd_tensor_deinit(&b);
  mmd_assert_ok(mmd_tensor_from_f32((float[]){1, 2, 3, INFINITY}, 4, &b));
  mmd_assert_ok(mmd_tensor_difference(&a, &b, &d));
  assert_true(isinf(d.max_abs) && d.worst_index == 2);
  mmd_tensor_deinit(&b);
  mmd_assert_ok(mmd_tensor_scalar_f32(1, &b));
  mmd_assert_fails(mmd_tensor_difference(&a, &b, &d), MMD_MISMATCH, "f32[4] against f32[scalar]");
  mmd_tensor_deinit(&b);
  mmd_tensor_deinit(&a);
}

static mmd_status_t use_tensors(void *context) {
  (void)context;
  mmd_tensor_t a = {0}, b = {0}, c = {0}, d = {0};
  mmd_status_t status = mmd_tensor_from_i64((int64_t[]){1, 2, 3, 4}, 4, &a);
  if (!status) status = mmd_tensor_reshape(&a, &(mmd_shape_t){2, {2, 2}}, &b);
  if (!status) status = mmd_tensor_transpose(&b, (int[]){1, 0}, &c);
  if (!status) status = mmd_tensor_cast(&c, MMD_F16, &d);
  mmd_tensor_deinit(&a);
  mmd_tensor_deinit(&b);
  mmd_tensor_deinit(&c);
  mmd_tensor_deinit(&d);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(use_tensors, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),         cmocka_unit_test(test_create_and_view),
      cmocka_unit_test(test_strided_checks), cmocka_unit_test(test_transforms),
      cmocka_unit_test(test_three_axes),     cmocka_unit_test(test_unaligned),
      cmocka_unit_test(test_casts),          cmocka_unit_test(test_strings),
      cmocka_unit_test(test_difference),     cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
