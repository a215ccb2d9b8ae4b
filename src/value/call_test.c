// SPDX-License-Identifier: Apache-2.0
#include "value/call.h"

#include <math.h>

#include "base/thread.h"
#include "tests/support/mmd_test.h"

static void reads_options(void **state) {
  (void)state;
  mmd_value_t *options = mmd_value_object();
  const mmd_call_t call = {.options = options};
  mmd_assert_ok(mmd_object_take(options, "score_thr", mmd_value_int(1)));
  mmd_assert_ok(mmd_object_take(options, "topk", mmd_value_int(3)));
  mmd_assert_ok(mmd_call_validate(&call));
  assert_true(mmd_call_float(&call, "score_thr", 0.5) == 1);
  assert_true(mmd_call_float(&call, "mask_thr", 0.5) == 0.5);
  assert_true(mmd_call_float(NULL, "score_thr", 0.25) == 0.25);
  assert_int_equal(mmd_call_int(&call, "topk", 1), 3);
  assert_int_equal(mmd_call_int(NULL, "topk", 1), 1);
  mmd_assert_ok(mmd_object_take(options, "score_thr", mmd_value_float(NAN)));
  mmd_assert_fails(mmd_call_validate(&call), MMD_INVALID_ARGUMENT, "options.score_thr: a finite");
  mmd_assert_ok(mmd_object_take(options, "score_thr", mmd_value_null()));
  mmd_assert_fails(mmd_call_validate(&call), MMD_INVALID_ARGUMENT, "options.score_thr");
  mmd_value_release(options);
  const mmd_call_t none = {0};
  mmd_assert_ok(mmd_call_validate(&none));
  mmd_assert_ok(mmd_call_validate(NULL));
}

static void checks_calls(void **state) {
  (void)state;
  mmd_call_t call = {.deadline_ns = mmd_time_ns() + UINT64_C(60000000000)};
  mmd_assert_ok(mmd_cancel_create(&call.cancel));
  mmd_assert_ok(mmd_call_check(NULL));
  mmd_assert_ok(mmd_call_check(&call));
  assert_false(mmd_cancel_is_requested(NULL));
  mmd_cancel_t *other = mmd_cancel_retain(call.cancel);
  mmd_cancel_request(other);
  mmd_cancel_release(other);
  mmd_assert_fails(mmd_call_check(&call), MMD_CANCELLED, "was cancelled");
  mmd_cancel_release(call.cancel);
  const mmd_call_t late = {.deadline_ns = mmd_time_ns()};
  mmd_assert_fails(mmd_call_check(&late), MMD_CANCELLED, "deadline");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reads_options),
                                     cmocka_unit_test(checks_calls)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
