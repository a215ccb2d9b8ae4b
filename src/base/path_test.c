// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"

static void expect(char *path, const char *expected) {
  assert_non_null(path);
  assert_string_equal(path, expected);
  mmd_free(path);
}

static void test_join(void **state) {
  (void)state;
  expect(mmd_path_join("a", "b"), "a/b");
  expect(mmd_path_join("a/", "b"), "a/b");
  expect(mmd_path_join("", "b"), "b");
  expect(mmd_path_join("a", "/b"), "/b");
  expect(mmd_path_join("/", "b"), "/b");
}

static void test_parts(void **state) {
  (void)state;
  expect(mmd_path_directory("a/b/c.py"), "a/b");
  expect(mmd_path_directory("c.py"), "");
  expect(mmd_path_directory("/c.py"), "/");
  expect(mmd_path_stem("a/b.tar.gz"), "b.tar");
  expect(mmd_path_stem(".bashrc"), ".bashrc");
  assert_string_equal(mmd_path_base("a/b.c"), "b.c");
  assert_string_equal(mmd_path_extension("a.d/b"), "");
  assert_string_equal(mmd_path_extension("a/b.onnx"), ".onnx");
}

static void test_absolute(void **state) {
  (void)state;
  expect(mmd_path_absolute("/a/./b/../c//d"), "/a/c/d");
  expect(mmd_path_absolute("/../.."), "/");
  expect(mmd_path_absolute("/a/b/.."), "/a");
  char *here = mmd_path_absolute("."), *file = mmd_path_absolute("x");
  char *joined = mmd_path_join(here, "x");
  assert_string_equal(file, joined);
  mmd_free(here);
  mmd_free(file);
  mmd_free(joined);
}

static void test_contained(void **state) {
  (void)state;
  assert_true(mmd_path_is_contained("a/b"));
  assert_true(mmd_path_is_contained("..a/b.."));
  assert_false(mmd_path_is_contained(""));
  assert_false(mmd_path_is_contained("/a"));
  assert_false(mmd_path_is_contained(".."));
  assert_false(mmd_path_is_contained("a/../b"));
  assert_false(mmd_path_is_contained("a/.."));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_join), cmocka_unit_test(test_parts),
                                     cmocka_unit_test(test_absolute),
                                     cmocka_unit_test(test_contained)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
