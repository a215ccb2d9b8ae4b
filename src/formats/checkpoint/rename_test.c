// SPDX-License-Identifier: Apache-2.0
// The form of rules is told in docs/rename-rules.md.
#include "formats/checkpoint/rename.h"

#include <string.h>

#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_rename_rules_t *parse(const char *text) {
  mmd_rename_rules_t *rules = NULL;
  mmd_assert_ok(mmd_rename_rules_parse(text, strlen(text), "r", &rules));
  return rules;
}

static void assert_renamed(const char *text, const char *key, const char *expected) {
  mmd_rename_rules_t *rules = parse(text);
  mmd_rename_result_t result;
  mmd_assert_ok(mmd_rename_rules_apply(rules, &key, 1, &result));
  if (expected) {
    assert_non_null(result.names[0]);
    assert_string_equal(result.names[0], expected);
  } else {
    assert_null(result.names[0]);
  }
  mmd_rename_result_deinit(&result);
  mmd_rename_rules_destroy(rules);
}

static void test_rename(void **state) {
  (void)state;
  assert_renamed("a -> b", "a", "b");
  assert_renamed("# note\r\n\r\n  a\\.([0-9]+)\\.(.*)  ->  \\2/\\1  \r\n", "a.12.w", "w/12");
  assert_renamed("(a|b)(c)? -> x\\2\\\\y\\1", "b", "x\\yb");
  assert_renamed("a -> first\na -> second", "a", "first");
  assert_renamed("aa* ->", "aaa", NULL);
  assert_renamed("a|ab -> \xc3\xa4", "ab", "\xc3\xa4");
  assert_renamed("a -> b -> c", "a", "b -> c");
  assert_renamed("x -> y\nkeep_unmatched\n", "other", "other");
  assert_renamed("([]+{(]+)[[:digit:](]{1,3}([^]]+) -> \\2", "+]12.w", ".w");
  assert_renamed("a+b+c+d+e+f+g+h+i+j+k+l+m+ -> x", "aabcdefghijklm", "x");
}

static void test_result(void **state) {
  (void)state;
  mmd_rename_rules_t *rules = parse("x(.) -> y\\1\nz ->\nnever -> n\n");
  const char *keys[] = {"x1", "z", "x2"};
  mmd_rename_result_t result;
  mmd_assert_ok(mmd_rename_rules_apply(rules, keys, 3, &result));
  assert_int_equal(result.count, 3);
  assert_string_equal(result.names[0], "y1");
  assert_null(result.names[1]);
  assert_string_equal(result.names[2], "y2");
  assert_int_equal(mmd_rename_rules_size(rules), 3);
  assert_int_equal(result.hits[0], 2);
  assert_int_equal(result.hits[1], 1);
  assert_int_equal(result.hits[2], 0);
  assert_int_equal(mmd_rename_rules_line(rules, 2), 3);
  assert_string_equal(mmd_rename_rules_pattern(rules, 2), "never");
  mmd_rename_result_deinit(&result);
  mmd_rename_rules_destroy(rules);
}

static void test_fill(void **state) {
  (void)state;
  mmd_rename_rules_t *rules = parse(
      "fill (.*)\\.bn\\.bias -> \\1.bn.var = 0.999\n"
      "([0-9]+)b -> c\\1.bn.bias\nd ->\n"
      "fill c(.)\\..* -> n=\\1= -1e2\nfill none -> x = 1\n");
  const char *keys[] = {"1b", "d"};
  mmd_rename_result_t result;
  mmd_assert_ok(mmd_rename_rules_apply(rules, keys, 2, &result));
  assert_string_equal(result.names[0], "c1.bn.bias");
  assert_null(result.names[1]);
  assert_int_equal(result.fill_count, 2);
  assert_string_equal(result.fills[0].name, "c1.bn.var");
  assert_int_equal(result.fills[0].like, 0);
  assert_true(result.fills[0].number == 0.999);
  assert_string_equal(result.fills[1].name, "n=1");
  assert_true(result.fills[1].number == -100);
  assert_int_equal(result.hits[0], 1);
  assert_int_equal(result.hits[4], 0);
  mmd_rename_result_deinit(&result);
  mmd_rename_rules_destroy(rules);
}

static void test_bad_rules(void **state) {
  (void)state;
  static const struct {
    const char *text, *part;
  } cases[] = {
      {"a b", "r:1: expected 'PATTERN -> REPLACEMENT'"},
      {"\n-> b", "r:2: expected"},
      {"a->b", "r:1: expected"},
      {"fill a -> b", "r:1: expected 'fill PATTERN -> NAME = NUMBER'"},
      {"fill a -> b = one", "r:1: expected 'fill"},
      {"fill a -> = 1", "r:1: expected 'fill"},
      {"fill (a -> b = 1", "r:1: bad pattern '(a'"},
      {"fill a -> \\1 = 1", "r:1: '\\1', but the pattern has 0 groups"},
      {"a( -> b", "r:1: bad pattern 'a('"},
      {"a)(b -> c", "r:1: bad pattern 'a)(b'"},
      {"[a -> b", "r:1: bad pattern '[a'"},
      {"# ok\n(a) -> \\2", "r:2: '\\2', but the pattern has 1 groups"},
      {"a -> \\x", "r:1: a backslash in a replacement"},
      {"a -> b\\", "r:1: a backslash in a replacement"},
      {"(a)\\1 -> b", "r:1: a back reference in a pattern"},
      {"a{2001} -> b", "r:1: the pattern is too large"},
      {"((a{1,255}){9}){,9} -> b", "r:1: the pattern is too large"},
      {"a++++++++++++ -> b", "r:1: the pattern is too large"},
      {"(a-)************ -> b", "r:1: the pattern is too large"},
      {"((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+) -> b", "r:1: the pattern is too large"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    mmd_rename_rules_t *rules = NULL;
    mmd_assert_fails(mmd_rename_rules_parse(cases[i].text, strlen(cases[i].text), "r", &rules),
                     MMD_INVALID_ARGUMENT, cases[i].part);
    assert_null(rules);
  }
}

static void test_bad_keys(void **state) {
  (void)state;
  mmd_rename_rules_t *rules = parse("a.* -> same\nb -> x\n"), *fills = NULL;
  const char *twins[] = {"a1", "b", "a2"};
  const char *unknown[] = {"b", "q1", "q2"};
  mmd_rename_result_t result;
  mmd_assert_fails(mmd_rename_rules_apply(rules, twins, 3, &result), MMD_INVALID_ARGUMENT,
                   "r:1: 'a1' and 'a2' both get the name 'same'");
  mmd_assert_fails(mmd_rename_rules_apply(rules, unknown, 3, &result), MMD_INVALID_ARGUMENT,
                   "r: no rule matches 2 names: 'q1', 'q2'");
  assert_null(result.names);
  mmd_rename_rules_destroy(rules);
  fills = parse("b -> x\nq. -> y\nfill x -> y = 0\n");
  mmd_assert_fails(mmd_rename_rules_apply(fills, unknown, 2, &result), MMD_INVALID_ARGUMENT,
                   "r:3: 'q1' and 'b' both get the name 'y'");
  assert_null(result.fills);
  mmd_rename_rules_destroy(fills);
}

static mmd_status_t parse_and_apply(void *context) {
  const char *keys[] = {"a1", "b", "c"};
  mmd_rename_rules_t *rules = NULL;
  MMD_TRY(mmd_rename_rules_parse(context, strlen(context), "r", &rules));
  mmd_rename_result_t result;
  mmd_status_t status = mmd_rename_rules_apply(rules, keys, 3, &result);
  if (!status) mmd_rename_result_deinit(&result);
  mmd_rename_rules_destroy(rules);
  return status;
}

static void test_out_of_memory(void **state) {
  (void)state;
  mmd_test_sweep(parse_and_apply,
                 (void *)"a(.) -> x\\1\nb -> y\nkeep_unmatched\nfill y -> z = 1\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rename),   cmocka_unit_test(test_result),
      cmocka_unit_test(test_fill),     cmocka_unit_test(test_bad_rules),
      cmocka_unit_test(test_bad_keys), cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
