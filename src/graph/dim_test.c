// SPDX-License-Identifier: Apache-2.0
#include "graph/dim.h"

#include <stdio.h>
#include <string.h>

#include "graph/graph.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static int set_up(void **state) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_create("dims", &graph));
  *state = graph;
  return 0;
}

static int tear_down(void **state) {
  mmd_graph_destroy(*state);
  return 0;
}

static const mmd_dim_t *parse(mmd_graph_t *graph, const char *text) {
  const mmd_dim_t *dim = NULL;
  mmd_assert_ok(mmd_dim_parse(graph, text, strlen(text), &dim));
  assert_non_null(dim);
  return dim;
}

// |text| reads as an expression that prints as |canonical|, which reads back as the same.
static void check(mmd_graph_t *graph, const char *text, const char *canonical) {
  const mmd_dim_t *dim = parse(graph, text);
  mmd_str_t out = {0};
  mmd_assert_ok(mmd_dim_format(dim, &out));
  assert_string_equal(mmd_str_text(&out), canonical);
  assert_ptr_equal(parse(graph, mmd_str_text(&out)), dim);
  mmd_str_deinit(&out);
}

static void sums_are_canonical(void **state) {
  mmd_graph_t *g = *state;
  check(g, "h + w - h", "w");
  check(g, "w + h", "h + w");
  check(g, "3 + h + 4", "h + 7");
  check(g, "h - h", "0");
  check(g, "2*(h + w) - 2*w", "2*h");
  check(g, "(h + 1)*(w + 1)", "h*w + h + w + 1");
  check(g, "-h + w", "-h + w");
  check(g, "w*batch*2", "2*batch*w");
  check(g, "h*1 + 0", "h");
  check(g, "h*0", "0");
  assert_ptr_equal(parse(g, "a + b"), parse(g, "b + a"));
}

static void divisions_are_canonical(void **state) {
  mmd_graph_t *g = *state;
  check(g, "floor((h*2) / 2)", "h");
  check(g, "floor((h + 4) / 2)", "floor(h / 2) + 2");
  check(g, "floor((h - 1) / 2) + 1", "floor((h + 1) / 2)");
  check(g, "ceil(h / 2)", "floor((h + 1) / 2)");
  check(g, "floor(floor(h / 2) / 2)", "floor(h / 4)");
  check(g, "floor((floor((h + 1) / 2) + 1) / 2)", "floor((h + 3) / 4)");
  check(g, "floor((4*h + 2) / 6)", "floor((2*h + 1) / 3)");
  check(g, "floor(h*w / w)", "h");
  check(g, "floor(batch*c*h*w / (c*h*w))", "batch");
  check(g, "floor((h*w + h + w + 1) / (h + 1))", "w + 1");
  check(g, "floor(h / w)", "floor(h / w)");
  check(g, "ceil((h + 1) / w)", "ceil((h + 1) / w)");
  check(g, "h // 4", "floor(h / 4)");
  check(g, "floor(h / -2)", "floor(-h / 2)");
  check(g, "-7 // 2", "-4");
  check(g, "ceil(-7 / 2)", "-3");
}

static void forms_of_other_tools_are_read(void **state) {
  mmd_graph_t *g = *state;
  check(g, "floor(height/32 - 1/32) + 1", "floor((height + 31) / 32)");
  check(g, "ceiling(h/2)", "floor((h + 1) / 2)");
  check(g, "Max(a, 3, b)", "max(b, max(a, 3))");
  check(g, "2*(h/2)", "h");
  check(g, "\"batch size\" + 1", "\"batch size\" + 1");
}

static void bounds_are_canonical(void **state) {
  mmd_graph_t *g = *state;
  check(g, "min(3, 5)", "3");
  check(g, "max(h, h + 2)", "h + 2");
  check(g, "min(w, h)", "min(h, w)");
  check(g, "min(min(a, b), a)", "min(a, b)");
  assert_ptr_equal(parse(g, "max(a, b)"), parse(g, "max(b, a)"));
}

static void bad_text_is_refused(void **state) {
  mmd_graph_t *g = *state;
  static const char *const bad[] = {
      "",    "h +",  "(h",    "h w", "h/2",    "sin(h)",  "99999999999999999999",
      "\"x", "\"\"", "max()", "*h",  "1..2x(", "floor(h", "\"a\\x00\""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    const mmd_dim_t *dim = NULL;
    mmd_assert_fails(mmd_dim_parse(g, bad[i], strlen(bad[i]), &dim), MMD_INVALID_ARGUMENT, NULL);
  }
  char deep[400];
  memset(deep, '(', sizeof deep);
  const mmd_dim_t *dim = NULL;
  mmd_assert_fails(mmd_dim_parse(g, deep, sizeof deep, &dim), MMD_OUT_OF_RANGE, "nested");
}

static void extremes_do_not_overflow(void **state) {
  mmd_graph_t *g = *state;
  const mmd_dim_t *least = mmd_dim_const(g, INT64_MIN), *most = mmd_dim_const(g, INT64_MAX);
  const mmd_dim_t *minus = mmd_dim_const(g, -1), *h = mmd_dim_symbol(g, "h");
  // No number holds these; they are symbols, equal for equal operands.
  assert_int_equal(mmd_dim_add(g, most, most)->kind, MMD_DIM_SYMBOL);
  assert_ptr_equal(mmd_dim_add(g, most, most), mmd_dim_add(g, most, most));
  assert_int_equal(mmd_dim_mul(g, least, minus)->kind, MMD_DIM_SYMBOL);
  assert_ptr_not_equal(mmd_dim_mul(g, most, most), mmd_dim_add(g, most, most));
  assert_non_null(mmd_dim_floor_div(g, least, minus));
  assert_non_null(mmd_dim_floor_div(g, h, least));
  assert_non_null(mmd_dim_floor_div(g, h, mmd_dim_const(g, 0)));
  assert_non_null(mmd_dim_floor_div(g, mmd_dim_mul(g, h, least), mmd_dim_mul(g, h, minus)));
  check(g, "floor(a / 0)", "floor(a / 0)");
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_dim_format(mmd_dim_mul(g, h, least), &text));
  assert_ptr_equal(parse(g, text.data), mmd_dim_mul(g, h, least));
  mmd_str_deinit(&text);
  // Growth is bounded.
  const mmd_dim_t *big = h;
  char name[16];
  for (int i = 0; i < 1000; ++i) {
    snprintf(name, sizeof name, "s%d", i);
    big = mmd_dim_max(g, big, mmd_dim_mul(g, big, mmd_dim_symbol(g, name)));
    assert_non_null(big);
    assert_true(big->size <= 300);
  }
  assert_null(mmd_dim_add(g, NULL, h));
}

static void fresh_symbols_are_new(void **state) {
  mmd_graph_t *g = *state;
  assert_string_equal(mmd_dim_fresh(g, "n")->symbol, "n");
  assert_string_equal(mmd_dim_fresh(g, "n")->symbol, "n_1");
  mmd_dim_symbol(g, "n_2");
  assert_string_equal(mmd_dim_fresh(g, "n")->symbol, "n_3");
}

// Random expressions against plain arithmetic.

enum { SYMBOLS = 4, POOL = 40 };
static const char *const symbols[SYMBOLS] = {"a", "b", "c", "d"};

static bool lookup(void *context, const char *symbol, int64_t *out_number) {
  const int64_t *values = context;
  for (int i = 0; i < SYMBOLS; ++i) {
    if (strcmp(symbol, symbols[i]) != 0) continue;
    *out_number = values[i];
    return true;
  }
  return false;
}

static int64_t floor_div(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;  // b > 0
}

static unsigned next_random(unsigned *seed) {
  *seed = *seed * 1103515245u + 12345u;
  return *seed >> 16;
}

static void random_expressions_keep_their_value(void **state) {
  mmd_graph_t *g = *state;
  unsigned seed = 7;
  for (int round = 0; round < 200; ++round) {
    int64_t values[SYMBOLS], expected[POOL];
    const mmd_dim_t *dims[POOL];
    int count = 0;
    for (; count < SYMBOLS; ++count) {
      expected[count] = values[count] = (int64_t)(next_random(&seed) % 9) + 1;
      dims[count] = mmd_dim_symbol(g, symbols[count]);
    }
    for (; count < 8; ++count) {
      expected[count] = (int64_t)(next_random(&seed) % 11) - 4;
      dims[count] = mmd_dim_const(g, expected[count]);
    }
    while (count < POOL) {
      unsigned i = next_random(&seed) % (unsigned)count, j = next_random(&seed) % (unsigned)count;
      int64_t x = expected[i], y = expected[j], z = 0;
      const mmd_dim_t *a = dims[i], *b = dims[j], *c = NULL;
      switch (next_random(&seed) % 7) {
        case 0:
          c = mmd_dim_add(g, a, b), z = x + y;
          break;
        case 1:
          c = mmd_dim_sub(g, a, b), z = x - y;
          break;
        case 2:
          c = mmd_dim_mul(g, a, b), z = x * y;
          break;
        case 3:
          c = mmd_dim_min(g, a, b), z = x < y ? x : y;
          break;
        case 4:
          c = mmd_dim_max(g, a, b), z = x > y ? x : y;
          break;
        case 5:
          y = (int64_t)(next_random(&seed) % 5) + 1;
          c = mmd_dim_floor_div(g, a, mmd_dim_const(g, y)), z = floor_div(x, y);
          break;
        default:
          y = (int64_t)(next_random(&seed) % 5) + 1;
          c = mmd_dim_ceil_div(g, a, mmd_dim_const(g, y)), z = -floor_div(-x, y);
      }
      if (z > 100000 || z < -100000) continue;
      dims[count] = c;
      expected[count++] = z;
    }
    for (int i = 0; i < POOL; ++i) {
      int64_t number = 0;
      mmd_status_t status = mmd_dim_evaluate(dims[i], lookup, values, &number);
      if (mmd_status_code(status) == MMD_NOT_FOUND) {  // grew too large and became a symbol
        mmd_status_free(status);
        continue;
      }
      mmd_assert_ok(status);
      assert_int_equal(number, expected[i]);
      mmd_str_t text = {0};
      mmd_assert_ok(mmd_dim_format(dims[i], &text));
      assert_ptr_equal(parse(g, text.data), dims[i]);
      mmd_str_deinit(&text);
    }
  }
}

static void evaluation_reports_failures(void **state) {
  mmd_graph_t *g = *state;
  int64_t values[SYMBOLS] = {0, INT64_MAX, 2, 3}, number = 0;
  mmd_assert_fails(mmd_dim_evaluate(parse(g, "q + 1"), lookup, values, &number), MMD_NOT_FOUND,
                   "'q'");
  mmd_assert_fails(mmd_dim_evaluate(parse(g, "floor(c / a)"), lookup, values, &number),
                   MMD_OUT_OF_RANGE, "zero");
  mmd_assert_fails(mmd_dim_evaluate(parse(g, "b*c"), lookup, values, &number), MMD_OUT_OF_RANGE,
                   "64 bits");
}

static mmd_status_t build_some(void *context) {
  (void)context;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_graph_create("g", &graph));
  const mmd_dim_t *dim = NULL;
  static const char text[] = "floor((a*b + max(c, 7) + 3) / 5) - min(a, d)";
  mmd_status_t status = mmd_dim_parse(graph, text, sizeof text - 1, &dim);
  if (!status && !mmd_dim_fresh(graph, "a")) status = mmd_status_no_memory();
  mmd_graph_destroy(graph);
  return status;
}

static void short_memory_is_reported(void **state) {
  (void)state;
  mmd_test_sweep(build_some, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(sums_are_canonical, set_up, tear_down),
      cmocka_unit_test_setup_teardown(divisions_are_canonical, set_up, tear_down),
      cmocka_unit_test_setup_teardown(forms_of_other_tools_are_read, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bounds_are_canonical, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_text_is_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(extremes_do_not_overflow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fresh_symbols_are_new, set_up, tear_down),
      cmocka_unit_test_setup_teardown(random_expressions_keep_their_value, set_up, tear_down),
      cmocka_unit_test_setup_teardown(evaluation_reports_failures, set_up, tear_down),
      cmocka_unit_test(short_memory_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
