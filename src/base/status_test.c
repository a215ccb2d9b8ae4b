// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_make(void **state) {
  (void)state;
  mmd_status_t status = MMD_ERROR(MMD_CORRUPT, "bad %s at %d", "thing", 7);
  assert_int_equal(mmd_status_code(status), MMD_CORRUPT);
  assert_string_equal(mmd_status_message(status), "bad thing at 7");
  assert_non_null(strstr(mmd_status_file(status), "status_test.c"));
  assert_int_equal(mmd_status_line(status), __LINE__ - 4);
  mmd_status_free(status);
  assert_string_equal(mmd_status_message(NULL), "");
  assert_int_equal(mmd_status_code(NULL), MMD_OK);
  mmd_status_free(NULL);
  for (int i = 0; i < MMD_CODE_COUNT; ++i) assert_non_null(mmd_code_name((mmd_code_t)i));
}

static void test_annotate_and_join(void **state) {
  (void)state;
  mmd_status_t status = MMD_ERROR(MMD_NOT_FOUND, "no key 'x'");
  status = mmd_status_annotate(status, "%s:%d", "a.json", 3);
  mmd_assert_fails(status, MMD_NOT_FOUND, "a.json:3: no key 'x'");
  assert_null(mmd_status_annotate(NULL, "x"));
  status = mmd_status_join(MMD_ERROR(MMD_IO, "first"), MMD_ERROR(MMD_CORRUPT, "second"));
  mmd_assert_fails(status, MMD_IO, "first");
  mmd_assert_fails(mmd_status_join(NULL, MMD_ERROR(MMD_CORRUPT, "second")), MMD_CORRUPT, "second");
  assert_true(mmd_status_ignore(MMD_ERROR(MMD_IO, "x")));
  assert_false(mmd_status_ignore(NULL));
}

static void test_hostile_text(void **state) {
  (void)state;
  mmd_status_t status = MMD_ERROR(MMD_CORRUPT, "a\nb\033[31m\x7f\xc2\x9b \xff \xc3\xa9");
  assert_string_equal(mmd_status_message(status), "a?b?[31m??? ? \xc3\xa9");
  mmd_status_free(status);
}

static void test_long_text(void **state) {
  (void)state;
  char text[10000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = 0;
  mmd_status_t status = MMD_ERROR(MMD_CORRUPT, "%s", text);
  assert_int_equal(strlen(mmd_status_message(status)), 4095);
  assert_string_equal(mmd_status_message(status) + 4092, "...");
  status = mmd_status_annotate(status, "%s", text);
  assert_int_equal(strlen(mmd_status_message(status)), 4095);
  mmd_status_free(status);
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_fail_begin(1, true);
  mmd_status_t status = MMD_ERROR(MMD_CORRUPT, "x");
  assert_int_equal(mmd_status_code(status), MMD_OUT_OF_MEMORY);
  status = mmd_status_annotate(status, "y");
  assert_int_equal(mmd_status_code(status), MMD_OUT_OF_MEMORY);
  assert_string_equal(mmd_status_message(status), "out of memory");
  mmd_status_free(status);
  mmd_test_fail_end();
  mmd_assert_fails(mmd_status_annotate(mmd_status_no_memory(), "y"), MMD_OUT_OF_MEMORY,
                   "y: out of memory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_make),         cmocka_unit_test(test_annotate_and_join),
      cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_long_text),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
