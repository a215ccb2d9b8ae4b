// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// Runs first: the environment is read once.
static void environment_lowers_the_choice(void **state) {
  (void)state;
  setenv("MMDEPLOY_ISA", "generic", 1);
  assert_int_equal(mmd_cpu_isa(), MMD_ISA_GENERIC);
  setenv("MMDEPLOY_ISA", "avx2", 1);
  assert_int_equal(mmd_cpu_isa(), MMD_ISA_GENERIC);
}

static void only_what_runs_can_be_set(void **state) {
  (void)state;
  assert_true(mmd_cpu_has(MMD_ISA_GENERIC));
  for (int i = 0; i < MMD_ISA_COUNT; ++i) {
    mmd_isa_t isa = (mmd_isa_t)i;
    mmd_isa_t before = mmd_cpu_isa();
    assert_int_equal(mmd_cpu_set_isa(isa), mmd_cpu_has(isa));
    assert_int_equal(mmd_cpu_isa(), mmd_cpu_has(isa) ? isa : before);
    assert_true(strlen(mmd_cpu_isa_name(isa)) > 0);
  }
  assert_false(mmd_cpu_has(MMD_ISA_COUNT));
  assert_string_equal(mmd_cpu_isa_name(MMD_ISA_COUNT), "unknown");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(environment_lowers_the_choice),
      cmocka_unit_test(only_what_runs_can_be_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
