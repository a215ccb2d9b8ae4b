// SPDX-License-Identifier: Apache-2.0
#include "ops/op.h"

#include <string.h>

#include "tests/support/mmd_test.h"

static void the_table_is_sorted_without_repeats(void **state) {
  (void)state;
  assert_true(mmd_op_count() > 150);
  for (size_t i = 1; i < mmd_op_count(); ++i) {
    const mmd_op_t *a = mmd_op_at(i - 1), *b = mmd_op_at(i);
    int order = strcmp(a->domain, b->domain);
    if (order == 0) order = strcmp(a->name, b->name);
    assert_true(order < 0 || (order == 0 && a->since_version < b->since_version));
  }
  assert_null(mmd_op_at(mmd_op_count()));
}

static void every_entry_makes_sense(void **state) {
  (void)state;
  for (size_t i = 0; i < mmd_op_count(); ++i) {
    const mmd_op_t *op = mmd_op_at(i);
    assert_non_null(op->evaluate);
    assert_true(op->min_inputs >= 0 && op->min_outputs >= 0);
    assert_true(op->max_inputs == -1 || op->max_inputs >= op->min_inputs);
    assert_true(op->max_outputs == -1 || op->max_outputs >= op->min_outputs);
    assert_ptr_equal(mmd_op_find(op->domain, op->name, op->since_version), op);
  }
}

static void versions_are_chosen(void **state) {
  (void)state;
  assert_null(mmd_op_find("", "Conv", 0));
  assert_null(mmd_op_find("", "Convolution", 13));
  assert_null(mmd_op_find("com.example", "Conv", 13));
  assert_int_equal(mmd_op_find("", "Slice", 9)->since_version, 1);
  assert_int_equal(mmd_op_find("", "Slice", 10)->since_version, 10);
  assert_int_equal(mmd_op_find("ai.onnx", "Slice", 21)->since_version, 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_sorted_without_repeats),
      cmocka_unit_test(every_entry_makes_sense),
      cmocka_unit_test(versions_are_chosen),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
