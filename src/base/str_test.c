// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <string.h>

#include "base/alloc.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static void test_builder(void **state) {
  (void)state;
  mmd_str_t text = {0};
  assert_string_equal(mmd_str_text(&text), "");
  mmd_assert_ok(mmd_str_append(&text, "abc"));
  mmd_assert_ok(mmd_str_append_char(&text, '-'));
  mmd_assert_ok(mmd_str_append_n(&text, "xyz", 2));
  mmd_assert_ok(mmd_str_printf(&text, "%05d", 42));
  assert_string_equal(mmd_str_text(&text), "abc-xy00042");
  assert_int_equal(text.size, 11);
  for (int i = 0; i < 1000; ++i) mmd_assert_ok(mmd_str_append(&text, "0123456789"));
  assert_int_equal(strlen(text.data), 10011);
  mmd_str_clear(&text);
  assert_string_equal(mmd_str_text(&text), "");
  char *taken = mmd_str_take(&text);
  assert_string_equal(taken, "");
  mmd_free(taken);
  taken = mmd_str_take(&text);
  assert_string_equal(taken, "");
  mmd_free(taken);
  mmd_str_deinit(&text);
}

static void test_compare(void **state) {
  (void)state;
  assert_true(mmd_str_equal("a", "a"));
  assert_false(mmd_str_equal("a", NULL));
  assert_true(mmd_str_equal(NULL, NULL));
  assert_true(mmd_str_starts_with("layer1.0", "layer1"));
  assert_false(mmd_str_starts_with("lay", "layer1"));
  assert_true(mmd_str_ends_with("a.onnx", ".onnx"));
  assert_false(mmd_str_ends_with("x", ".onnx"));
}

static void test_nearest(void **state) {
  (void)state;
  assert_int_equal(mmd_edit_distance("kitten", "sitting"), 3);
  assert_int_equal(mmd_edit_distance("", "abc"), 3);
  assert_int_equal(mmd_edit_distance("abc", "acb"), 1);
  static const char *const names[] = {"keep_ratio", "size", "interpolation"};
  assert_string_equal(mmd_nearest_name("keep_ration", names, 3), "keep_ratio");
  assert_string_equal(mmd_nearest_name("sise", names, 3), "size");
  assert_null(mmd_nearest_name("colour", names, 3));
  assert_null(mmd_nearest_name("x", names, 0));
}

static void test_utf8(void **state) {
  (void)state;
  assert_int_equal(mmd_utf8_sequence("a", 1), 1);
  assert_int_equal(mmd_utf8_sequence("\xc3\xa9", 2), 2);
  assert_int_equal(mmd_utf8_sequence("\xe4\xb8\xad", 3), 3);
  assert_int_equal(mmd_utf8_sequence("\xf0\x9f\x98\x80", 4), 4);
  assert_int_equal(mmd_utf8_sequence("\xe4\xb8\xad", 2), 0);
  static const char *const bad[] = {"\x80",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xe0\x80\x80",
                                    "\xed\xa0\x80",
                                    "\xf0\x80\x80\x80",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xff",
                                    "\xc3("};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    assert_int_equal(mmd_utf8_sequence(bad[i], strlen(bad[i])), 0);
  }
  assert_int_equal(mmd_utf8_sequence("", 0), 0);
}

static void test_utf8_made(void **state) {
  (void)state;
  static const struct {
    uint32_t c;
    const char *text;
  } cases[] = {{'a', "a"},
               {0x7f, "\x7f"},
               {0x80, "\xc2\x80"},
               {0x7ff, "\xdf\xbf"},
               {0x800, "\xe0\xa0\x80"},
               {0xffff, "\xef\xbf\xbf"},
               {0x10000, "\xf0\x90\x80\x80"},
               {0x10ffff, "\xf4\x8f\xbf\xbf"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    char bytes[4];
    assert_int_equal(mmd_utf8_put(cases[i].c, bytes), strlen(cases[i].text));
    assert_memory_equal(bytes, cases[i].text, strlen(cases[i].text));
    assert_int_equal(mmd_utf8_count(cases[i].text, strlen(cases[i].text)), 1);
  }
  assert_int_equal(mmd_utf8_count("a\xc3\xa9\xe4\xb8\xad", 6), 3);
}

static mmd_status_t build(void *context) {
  (void)context;
  mmd_str_t text = {0};
  mmd_status_t status = NULL;
  for (int i = 0; i < 100 && !status; ++i) status = mmd_str_printf(&text, "%d,", i);
  mmd_str_deinit(&text);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  mmd_test_sweep(build, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_builder),   cmocka_unit_test(test_compare),
      cmocka_unit_test(test_nearest),   cmocka_unit_test(test_utf8),
      cmocka_unit_test(test_utf8_made), cmocka_unit_test(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
