// SPDX-License-Identifier: Apache-2.0
#include "value/json.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_value_t *parse(const char *text) {
  mmd_value_t *value;
  mmd_assert_ok(mmd_json_parse(text, strlen(text), "x.json", &value));
  return value;
}

static void expect_written(mmd_value_t *value, int indent, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_json_write(value, indent, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
  mmd_value_release(value);
}

// Python's json wrote the files: testdata/make_json.py.
static void test_golden(void **state) {
  (void)state;
  static const struct {
    const char *path;
    int indent;
  } files[] = {{MMD_TEST_FILE("src/value/testdata/sample.json"), 4},
               {MMD_TEST_FILE("src/value/testdata/sample_line.json"), 0}};
  for (size_t i = 0; i < 2; ++i) {
    mmd_value_t *value;
    char *text;
    size_t size;
    mmd_assert_ok(mmd_json_read_file(files[i].path, &value));
    mmd_assert_ok(mmd_file_read(files[i].path, 0, &text, &size));
    expect_written(value, files[i].indent, text);
    mmd_free(text);
  }
}

static void test_kinds(void **state) {
  (void)state;
  mmd_value_t *v = parse(
      " [1, 1.0, -0, 9223372036854775807, 9223372036854775808, 1E2, true, null, "
      "\"\\u0000x\"]\r\n\t");
  static const mmd_value_kind_t kinds[] = {MMD_VALUE_INT,  MMD_VALUE_FLOAT, MMD_VALUE_INT,
                                           MMD_VALUE_INT,  MMD_VALUE_FLOAT, MMD_VALUE_FLOAT,
                                           MMD_VALUE_BOOL, MMD_VALUE_NULL,  MMD_VALUE_STRING};
  assert_int_equal(mmd_array_size(v), 9);
  for (size_t i = 0; i < 9; ++i) assert_int_equal(mmd_value_kind(mmd_array_at(v, i)), kinds[i]);
  size_t size;
  assert_memory_equal(mmd_value_get_string_n(mmd_array_at(v, 8), &size), "\0x", 2);
  assert_int_equal(size, 2);
  mmd_value_release(v);
  v = parse("\xEF\xBB\xBF{\"a\": 1, \"b\": 2, \"a\": 3}");
  assert_int_equal(mmd_object_size(v), 2);
  assert_int_equal(mmd_value_get_int(mmd_object_get(v, "a"), 0), 3);
  mmd_value_release(v);
  v = parse("\"\\ud83d\\ude00\\u00e9\\u4e2d\\/\"");
  assert_string_equal(mmd_value_get_string(v, ""), "\xf0\x9f\x98\x80\xc3\xa9\xe4\xb8\xad/");
  mmd_value_release(v);
  v = parse("1e999");
  assert_true(isinf(mmd_value_get_float(v, 0)));
  mmd_value_release(v);
}

static void test_errors(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"", "x.json:1:1: expected a value, found the end"},
      {"{\"a\": 1\n  \"b\": 2}", "x.json:2:3: expected ',' or '}'"},
      {"[1, 2", "x.json:1:6: expected ',' or ']'"},
      {"[1,]", "x.json:1:4: expected a value"},
      {"{\"a\":1,}", "x.json:1:8: expected a key in double quotes"},
      {"{a: 1}", "x.json:1:2: expected a key"},
      {"{\"a\" 1}", "x.json:1:6: expected ':'"},
      {"[\"\xc3\xa9\", x]", "x.json:1:7: expected a value"},
      {"01", "leading zero"},
      {"1.", "x.json:1:2: expected a digit behind"},
      {"1e+", "exponent"},
      {"-", "expected a value"},
      {"NaN", "expected a value"},
      {"tru", "expected a value"},
      {"1 2", "x.json:1:3: unexpected text"},
      {"\"abc", "x.json:1:1: unterminated string"},
      {"\"a\tb\"", "x.json:1:3: control character"},
      {"\"\\x\"", "unknown escape"},
      {"\"\\u12g4\"", "four hexadecimal digits"},
      {"\"\\ud800\"", "surrogate"},
      {"\"\\udc00\\ud800\"", "surrogate"},
      {"\"\xff\"", "x.json:1:2: invalid UTF-8"},
      {"{\"a\\u0000\": 1}", "U+0000"},
      {"'a'", "expected a value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_value_t *value;
    mmd_assert_fails(mmd_json_parse(cases[i].text, strlen(cases[i].text), "x.json", &value),
                     MMD_INVALID_ARGUMENT, cases[i].message);
    assert_null(value);
  }
}

static void test_rules_of_others(void **state) {
  (void)state;
  static const char text[] = "{\"a\": [NaN, Infinity, -Infinity, -1], \"a\": -Infinity}";
  mmd_value_t *value;
  mmd_assert_ok(mmd_json_parse_as(text, strlen(text), "x", MMD_JSON_NOT_FINITE, &value));
  expect_written(value, 0, "{\"a\": \"-inf\"}");
  static const char list[] = "[NaN, Infinity, -Infinity, -1]";
  mmd_assert_ok(mmd_json_parse_as(list, strlen(list), "x", MMD_JSON_NOT_FINITE, &value));
  assert_int_equal(mmd_value_kind(mmd_array_at(value, 0)), MMD_VALUE_FLOAT);
  expect_written(value, 0, "[\"nan\", \"inf\", \"-inf\", -1]");
  mmd_assert_fails(mmd_json_parse_as("[Inf]", 5, "x", MMD_JSON_NOT_FINITE, &value),
                   MMD_INVALID_ARGUMENT, "x:1:2: expected a value");
  mmd_assert_fails(mmd_json_parse_as(list, strlen(list), "x", MMD_JSON_UNIQUE_KEYS, &value),
                   MMD_INVALID_ARGUMENT, "x:1:2: expected a value");
  static const char twice[] = "{\"b\": {\"a\": 1}, \"c\": {\"a\": 1, \"\\u0061\": 1}}";
  mmd_assert_fails(mmd_json_parse_as(twice, strlen(twice), "x", MMD_JSON_UNIQUE_KEYS, &value),
                   MMD_INVALID_ARGUMENT, "x:1:31: the key 'a' stands twice");
  assert_null(value);
}

static void test_depth(void **state) {
  (void)state;
  char text[2 * MMD_JSON_MAX_DEPTH + 4] = {0};
  mmd_value_t *value;
  memset(text, '[', MMD_JSON_MAX_DEPTH);
  memset(text + MMD_JSON_MAX_DEPTH, ']', MMD_JSON_MAX_DEPTH);
  expect_written(parse(text), 0, text);
  memset(text, '[', sizeof text);
  mmd_assert_fails(mmd_json_parse(text, sizeof text, "x", &value), MMD_INVALID_ARGUMENT,
                   "too deeply");
  value = mmd_value_null();
  for (int i = 0; i < 300; ++i) {
    mmd_value_t *outer = mmd_value_array();
    mmd_assert_ok(mmd_array_take(outer, value));
    value = outer;
  }
  mmd_str_t out = {0};
  mmd_assert_fails(mmd_json_write(value, 2, &out), MMD_OUT_OF_RANGE, "nested deeper");
  mmd_str_deinit(&out);
  mmd_value_release(value);
}

static void test_other_kinds(void **state) {
  (void)state;
  expect_written(mmd_value_float((double)INFINITY), 0, "\"inf\"");
  expect_written(mmd_value_float((double)-INFINITY), 0, "\"-inf\"");
  expect_written(mmd_value_float((double)NAN), 0, "\"nan\"");
  expect_written(mmd_value_bytes("Many hands", 10), 0, "\"TWFueSBoYW5kcw==\"");
  expect_written(mmd_value_bytes("", 0), 0, "\"\"");
  expect_written(mmd_value_string("a\xff\xc3"), 0, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"");
  expect_written(mmd_value_any("Tag\"", NULL, NULL), 0, "\"<Tag\\\">\"");
  mmd_value_t *set = parse("[3, \"b\", 1, \"a\"]");
  mmd_array_set_flavour(set, MMD_ARRAY_SET);
  expect_written(set, 0, "[1, 3, \"a\", \"b\"]");
  mmd_tensor_t tensor;
  mmd_assert_ok(mmd_tensor_from_i64((int64_t[]){1, 2}, 2, &tensor));
  expect_written(mmd_value_tensor(&tensor), 0, "{\"dtype\": \"i64\", \"shape\": [2]}");
  mmd_tensor_deinit(&tensor);
}

static mmd_status_t round_trip(void *context) {
  const char *text = context;
  mmd_value_t *value = NULL, *again = NULL;
  mmd_str_t out = {0};
  mmd_status_t status = mmd_json_parse(text, strlen(text), "x", &value);
  if (!status) status = mmd_json_write(value, 2, &out);
  if (!status) status = mmd_json_parse(mmd_str_text(&out), out.size, "y", &again);
  if (!status && !mmd_value_equal(value, again)) status = MMD_ERROR(MMD_INTERNAL, "differ");
  mmd_str_deinit(&out);
  mmd_value_release(again);
  mmd_value_release(value);
  return status;
}

static void test_no_memory(void **state) {
  (void)state;
  static char text[] =
      "{\"a\": [1, 2.5, \"x\\ny\", null], \"b\": {\"c\": true}, \"a long key \\t\": "
      "\"caf\xc3\xa9\"}";
  mmd_test_sweep(round_trip, text);
}

static void test_files(void **state) {
  (void)state;
  char *dir = mmd_test_make_directory(), *path = mmd_path_join(dir, "a.json");
  mmd_value_t *value = parse("{\"a\": [1]}");
  mmd_assert_ok(mmd_json_write_file(value, 4, path));
  mmd_value_release(value);
  char *text;
  size_t size;
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  assert_string_equal(text, "{\n    \"a\": [\n        1\n    ]\n}\n");
  mmd_free(text);
  mmd_assert_ok(mmd_file_write(path, "[1,\n2", 5));
  mmd_assert_fails(mmd_json_read_file(path, &value), MMD_INVALID_ARGUMENT, "a.json:2:2: ");
  mmd_assert_fails(mmd_json_read_file("/no/such", &value), MMD_NOT_FOUND, "/no/such");
  mmd_test_remove_tree(dir);
  mmd_free(dir);
  mmd_free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_golden),    cmocka_unit_test(test_kinds),
      cmocka_unit_test(test_errors),    cmocka_unit_test(test_rules_of_others),
      cmocka_unit_test(test_depth),     cmocka_unit_test(test_other_kinds),
      cmocka_unit_test(test_no_memory), cmocka_unit_test(test_files)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
