// SPDX-License-Identifier: Apache-2.0
#include "value/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_scalars(void **state) {
  (void)state;
  mmd_value_t *i = mmd_value_int(-3), *f = mmd_value_float(2.75), *b = mmd_value_bool(true);
  assert_int_equal(mmd_value_get_int(f, 0), 2);
  assert_true(mmd_value_get_float(i, 0) == -3);
  assert_true(mmd_value_get_bool(i, false));
  assert_int_equal(mmd_value_get_int(b, 0), 1);
  assert_int_equal(mmd_value_get_int(NULL, 9), 9);
  assert_true(mmd_value_is_null(NULL) && mmd_value_is_null(mmd_value_null()));
  assert_true(mmd_value_is_number(b) && !mmd_value_is_number(NULL));
  assert_string_equal(mmd_value_kind_name(mmd_value_kind(f)), "float");
  assert_null(mmd_value_get_string(i, NULL));
  mmd_value_release(i);
  mmd_value_release(f);
  mmd_value_release(b);
  mmd_value_release(NULL);
  f = mmd_value_float(NAN);
  assert_int_equal(mmd_value_get_int(f, 5), 5);
  mmd_value_release(f);
  f = mmd_value_float(1e300);
  assert_true(mmd_value_get_int(f, 5) == INT64_MAX);
  mmd_value_release(f);
}

static void test_text(void **state) {
  (void)state;
  size_t size;
  mmd_value_t *s = mmd_value_string_n("a\0b", 3), *b = mmd_value_bytes("\x00\xff", 2);
  assert_memory_equal(mmd_value_get_string_n(s, &size), "a\0b", 4);
  assert_int_equal(size, 3);
  assert_null(mmd_value_get_bytes(s, &size));
  assert_int_equal(size, 0);
  assert_memory_equal(mmd_value_get_bytes(b, &size), "\x00\xff", 2);
  mmd_value_release(s);
  mmd_value_release(b);
  s = mmd_value_string("");
  assert_string_equal(mmd_value_get_string(s, "x"), "");
  mmd_value_release(s);
}

static void test_arrays(void **state) {
  (void)state;
  mmd_value_t *a = mmd_value_array();
  for (int i = 0; i < 5; ++i) mmd_assert_ok(mmd_array_take(a, mmd_value_int(i)));
  mmd_assert_ok(mmd_array_insert(a, 0, mmd_value_int(9)));
  mmd_assert_ok(mmd_array_set(a, 1, mmd_value_int(8)));
  mmd_array_remove(a, 2);
  mmd_array_remove(a, 99);
  assert_int_equal(mmd_array_size(a), 5);
  static const int expected[] = {9, 8, 2, 3, 4};
  for (size_t i = 0; i < 5; ++i)
    assert_int_equal(mmd_value_get_int(mmd_array_at(a, i), 0), expected[i]);
  assert_null(mmd_array_at(a, 5));
  mmd_assert_fails(mmd_array_set(a, 5, mmd_value_int(1)), MMD_OUT_OF_RANGE, "index 5");
  mmd_assert_fails(mmd_array_insert(a, 6, mmd_value_int(1)), MMD_OUT_OF_RANGE, "place 6");
  mmd_assert_fails(mmd_array_take(a, NULL), MMD_OUT_OF_MEMORY, NULL);
  mmd_assert_fails(mmd_array_take(mmd_value_null(), mmd_value_int(1)), MMD_INVALID_ARGUMENT,
                   "array");
  assert_int_equal(mmd_array_flavour(a), MMD_ARRAY_LIST);
  mmd_array_set_flavour(a, MMD_ARRAY_SET);
  assert_int_equal(mmd_array_flavour(a), MMD_ARRAY_SET);
  mmd_value_release(a);
}

static void test_objects(void **state) {
  (void)state;
  mmd_value_t *o = mmd_value_object();
  for (int i = 0; i < 30; ++i) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    mmd_assert_ok(mmd_object_take(o, key, mmd_value_int(i)));
  }
  mmd_assert_ok(mmd_object_take(o, "k3", mmd_value_string("new")));
  assert_true(mmd_object_remove(o, "k5"));
  assert_false(mmd_object_remove(o, "k5"));
  assert_int_equal(mmd_object_size(o), 29);
  assert_string_equal(mmd_object_key_at(o, 3), "k3");
  assert_string_equal(mmd_value_get_string(mmd_object_value_at(o, 3), ""), "new");
  assert_string_equal(mmd_object_key_at(o, 5), "k6");
  assert_int_equal(mmd_value_get_int(mmd_object_get(o, "k29"), 0), 29);
  assert_null(mmd_object_get(o, "k5"));
  assert_null(mmd_object_key_at(o, 29));
  assert_null(mmd_object_get(NULL, "x"));
  mmd_assert_fails(mmd_object_take(o, "x", NULL), MMD_OUT_OF_MEMORY, NULL);
  mmd_assert_fails(mmd_object_take(NULL, "x", mmd_value_int(1)), MMD_INVALID_ARGUMENT, "object");
  mmd_value_release(o);
}

static void test_path(void **state) {
  (void)state;
  mmd_value_t *root = mmd_value_object(), *list = mmd_value_array(), *item = mmd_value_object();
  mmd_assert_ok(mmd_object_take(item, "type", mmd_value_string("Resize")));
  mmd_assert_ok(mmd_array_take(list, item));
  mmd_assert_ok(mmd_object_take(root, "pipeline", list));
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(root, "pipeline.0.type"), ""),
                      "Resize");
  assert_string_equal(mmd_value_get_string(mmd_object_get_path(root, "pipeline.-1.type"), ""),
                      "Resize");
  assert_ptr_equal(mmd_object_get_path(root, "pipeline"), list);
  assert_null(mmd_object_get_path(root, "pipeline.1"));
  assert_null(mmd_object_get_path(root, "pipeline.-2"));
  assert_null(mmd_object_get_path(root, "pipeline.x"));
  assert_null(mmd_object_get_path(root, "pipeline.-9223372036854775808"));
  assert_null(mmd_object_get_path(root, ""));
  mmd_value_release(root);
}

static void destroy_flag(void *object) {
  *(int *)object += 1;
}

static void test_shared_kinds(void **state) {
  (void)state;
  static const char tag[] = "thing", other[] = "thing";
  int destroyed = 0;
  mmd_value_t *any = mmd_value_any(tag, &destroyed, destroy_flag), *copy;
  assert_ptr_equal(mmd_value_get_any(any, tag), &destroyed);
  assert_null(mmd_value_get_any(any, other));
  assert_string_equal(mmd_value_any_tag(any), "thing");
  mmd_assert_ok(mmd_value_copy(any, &copy));
  mmd_value_release(any);
  assert_int_equal(destroyed, 0);
  mmd_value_release(copy);
  assert_int_equal(destroyed, 1);
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_scalar_f32(2, &tensor));
  mmd_value_t *value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  assert_true(mmd_tensor_get_f64(mmd_value_get_tensor(value), 0) == 2);
  mmd_value_release(value);
  mmd_image_t image;
  mmd_assert_ok(mmd_image_create(2, 2, MMD_PIXEL_GRAY, MMD_U8, &image));
  memset(mmd_image_mutable_data(&image), 0, 4);
  value = mmd_value_image(&image);
  mmd_image_deinit(&image);
  assert_int_equal(mmd_value_get_image(value)->width, 2);
  assert_true(mmd_value_equal(value, value));
  mmd_value_release(value);
}

static void test_depth(void **state) {
  (void)state;
  mmd_value_t *chain = mmd_value_null(), *copy;
  for (int i = 0; i < 1000000; ++i) {
    mmd_value_t *outer = i % 2 ? mmd_value_array() : mmd_value_object();
    if (i % 2) {
      mmd_assert_ok(mmd_array_take(outer, chain));
    } else {
      mmd_assert_ok(mmd_object_take(outer, "k", chain));
    }
    chain = outer;
  }
  mmd_assert_fails(mmd_value_copy(chain, &copy), MMD_OUT_OF_RANGE, "nested");
  assert_true(mmd_value_equal(chain, chain));
  mmd_value_release(chain);
}

static void expect_equal(mmd_value_t *a, mmd_value_t *b, bool expected) {
  assert_int_equal(mmd_value_equal(a, b), expected);
  assert_int_equal(mmd_value_equal(b, a), expected);
  mmd_value_release(a);
  mmd_value_release(b);
}

static mmd_value_t *pair(mmd_value_t *list, int a, int b) {
  mmd_assert_ok(mmd_array_take(list, mmd_value_int(a)));
  mmd_assert_ok(mmd_array_take(list, mmd_value_int(b)));
  return list;
}

static mmd_value_t *members(const char *a, const char *b) {
  mmd_value_t *o = mmd_value_object();
  mmd_assert_ok(mmd_object_take(o, a, mmd_value_string(a)));
  mmd_assert_ok(mmd_object_take(o, b, mmd_value_string(b)));
  return o;
}

static void test_equal(void **state) {
  (void)state;
  expect_equal(mmd_value_int(1), mmd_value_float(1), true);
  expect_equal(mmd_value_int(1), mmd_value_bool(true), true);
  expect_equal(mmd_value_int((INT64_C(1) << 53) + 1), mmd_value_float(0x1p53), false);
  expect_equal(mmd_value_int(INT64_MAX), mmd_value_float(0x1p63), false);
  expect_equal(mmd_value_float(NAN), mmd_value_float(NAN), false);
  expect_equal(mmd_value_null(), NULL, true);
  expect_equal(mmd_value_null(), mmd_value_int(0), false);
  expect_equal(mmd_value_string("a"), mmd_value_bytes("a", 1), false);
  expect_equal(mmd_value_string("a"), mmd_value_string("b"), false);
  expect_equal(pair(mmd_value_array(), 1, 2), pair(mmd_value_tuple(), 1, 2), true);
  expect_equal(pair(mmd_value_array(), 1, 2), pair(mmd_value_array(), 2, 1), false);
  mmd_value_t *x = pair(mmd_value_array(), 1, 2), *y = pair(mmd_value_array(), 2, 1);
  mmd_array_set_flavour(x, MMD_ARRAY_SET);
  mmd_array_set_flavour(y, MMD_ARRAY_SET);
  expect_equal(x, y, true);
  expect_equal(members("a", "b"), members("b", "a"), true);
  expect_equal(members("a", "b"), members("a", "c"), false);
}

static mmd_status_t build(void *context) {
  (void)context;
  mmd_value_t *root = mmd_value_object(), *copy = NULL;
  mmd_status_t status = root ? NULL : mmd_status_no_memory();
  for (int i = 0; i < 12 && !status; ++i) {
    char key[16];
    snprintf(key, sizeof key, "k%d", i);
    mmd_value_t *list = mmd_value_array();
    if (list) status = mmd_array_take(list, mmd_value_string("text"));
    if (status) {
      mmd_value_release(list);
    } else {
      status = mmd_object_take(root, key, list);
    }
  }
  if (!status) status = mmd_value_copy(root, &copy);
  if (!status && !mmd_value_equal(root, copy)) status = MMD_ERROR(MMD_INTERNAL, "differ");
  mmd_value_release(copy);
  mmd_value_release(root);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(build, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scalars),  cmocka_unit_test(test_text),
      cmocka_unit_test(test_arrays),   cmocka_unit_test(test_objects),
      cmocka_unit_test(test_path),     cmocka_unit_test(test_shared_kinds),
      cmocka_unit_test(test_depth),    cmocka_unit_test(test_equal),
      cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
