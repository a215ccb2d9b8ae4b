// SPDX-License-Identifier: Apache-2.0
#include "base/dynlib.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/mmd_test.h"

static void test_open(void **state) {
  (void)state;
  mmd_dynlib_t *library;
  mmd_assert_ok(mmd_dynlib_open("libm.so.6", &library));
  assert_string_equal(mmd_dynlib_path(library), "libm.so.6");
  double (*cosine)(double);
  mmd_assert_ok(mmd_dynlib_symbol(library, "cos", &cosine));
  assert_true(cosine(0) == 1);
  assert_true(mmd_dynlib_has(library, "sin"));
  assert_false(mmd_dynlib_has(library, "no_such_symbol"));
  mmd_assert_fails(mmd_dynlib_symbol(library, "no_such_symbol", &cosine), MMD_NOT_FOUND,
                   "libm.so.6: no symbol 'no_such_symbol'");
  mmd_dynlib_close(library);
  mmd_dynlib_close(NULL);
}

static void test_missing(void **state) {
  (void)state;
  mmd_dynlib_t *library;
  mmd_assert_fails(mmd_dynlib_open("/no/such.so", &library), MMD_UNAVAILABLE,
                   "/no/such.so: cannot load: cannot open shared object file");
  mmd_assert_fails(mmd_dynlib_open(MMD_TEST_FILE("LICENSE"), &library), MMD_UNAVAILABLE, "LICENSE");
}

static void test_path_of(void **state) {
  (void)state;
  static const char here = 0;
  char *program = mmd_dynlib_path_of(&here);
  assert_non_null(program);
  assert_non_null(strstr(program, "/dynlib_test"));
  mmd_free(program);
  // Data of a shared library.
  mmd_dynlib_t *library;
  void *symbol;
  mmd_assert_ok(mmd_dynlib_open("libm.so.6", &library));
  mmd_assert_ok(mmd_dynlib_symbol(library, "signgam", &symbol));
  char *path = mmd_dynlib_path_of(symbol);
  assert_non_null(path);
  assert_int_equal(path[0], '/');
  assert_non_null(strstr(path, "libm"));
  mmd_free(path);
  mmd_dynlib_close(library);
  int local = 0;
  assert_null(mmd_dynlib_path_of(&local));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_open), cmocka_unit_test(test_missing),
                                     cmocka_unit_test(test_path_of)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
