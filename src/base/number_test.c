// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "tests/support/mmd_test.h"

static double from_bits(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static float from_bits32(uint32_t bits) {
  float number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static void check_line(char kind, uint64_t bits, const char *expected) {
  char text[32];
  double back;
  assert_true(mmd_parse_double(expected, strlen(expected), &back));
  if (kind == 'd') {
    mmd_format_double(from_bits(bits), text);
    if (!isnan(back)) assert_memory_equal(&back, &bits, sizeof bits);
  } else {
    mmd_format_float(from_bits32((uint32_t)bits), text);
    assert_true((float)back == from_bits32((uint32_t)bits));
  }
  assert_string_equal(text, expected);
}

// testdata/make_numbers.py wrote it with Python and NumPy. MMD_TEST_NUMBERS names a longer file.
static void test_golden(void **state) {
  (void)state;
  const char *path = getenv("MMD_TEST_NUMBERS");
  FILE *file = fopen(path ? path : MMD_TEST_FILE("src/base/testdata/numbers.txt"), "r");
  assert_non_null(file);
  char kind, text[64];
  uint64_t bits;
  int lines = 0;
  for (; fscanf(file, " %c %" SCNx64 " %63s", &kind, &bits, text) == 3; ++lines) {
    check_line(kind, bits, text);
  }
  fclose(file);
  assert_true(lines > 1000);
}

static void test_locale(void **state) {
  (void)state;
  // German writes 0,5; where the system lacks it there is nothing to test.
  if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8")) {
    print_message("skipped: no locale with a decimal comma\n");
    skip();
  }
  char text[32];
  double number;
  mmd_format_double(0.30000000000000004, text);
  assert_string_equal(text, "0.30000000000000004");
  assert_true(mmd_parse_double("0.30000000000000004", 19, &number));
  assert_true(number == 0.30000000000000004);
  setlocale(LC_ALL, "C");
}

static bool parses(const char *text, double *number) {
  return mmd_parse_double(text, strlen(text), number);
}

static void test_parse_double(void **state) {
  (void)state;
  double x;
  static const char *const bad[] = {"",  " 1", "1 ",    "0x10",  "1e",  "e5",
                                    ".", "-",  "1.2.3", "1_000", "+-1", "nanx"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) assert_false(parses(bad[i], &x));
  assert_true(parses("1.", &x) && x == 1);
  assert_true(parses(".5", &x) && x == 0.5);
  assert_true(parses("-1e-3", &x) && x == -0.001);
  assert_true(parses("+2E+2", &x) && x == 200);
  assert_true(parses("1e999999999999", &x) && isinf(x));
  assert_true(parses("-1e-999999999", &x) && x == 0 && signbit(x));
  assert_true(parses("0e99999", &x) && x == 0);
  assert_true(parses("-Infinity", &x) && isinf(x) && x < 0);
  assert_true(parses("nan", &x) && isnan(x));
  assert_true(parses("123456789012345678901234567890", &x) &&
              x == 123456789012345678901234567890.0);
  assert_true(
      parses("0.1000000000000000055511151231257827021181583404541015625000000000000000000001", &x));
  assert_true(x == 0.1);
  assert_true(mmd_parse_double("1.5xyz", 3, &x) && x == 1.5);
}

static void test_parse_i64(void **state) {
  (void)state;
  int64_t x;
  assert_true(mmd_parse_i64("-9223372036854775808", 20, &x) && x == INT64_MIN);
  assert_true(mmd_parse_i64("9223372036854775807", 19, &x) && x == INT64_MAX);
  assert_false(mmd_parse_i64("9223372036854775808", 19, &x));
  assert_false(mmd_parse_i64("-9223372036854775809", 20, &x));
  assert_false(mmd_parse_i64("", 0, &x));
  assert_false(mmd_parse_i64("-", 1, &x));
  assert_false(mmd_parse_i64("1.0", 3, &x));
  assert_true(mmd_parse_i64("+7", 2, &x) && x == 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_golden), cmocka_unit_test(test_locale),
                                     cmocka_unit_test(test_parse_double),
                                     cmocka_unit_test(test_parse_i64)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
