// SPDX-License-Identifier: Apache-2.0
//
// Tests that need what a machine may lack.
#ifndef MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_
#define MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_

#include "tests/support/mmd_test.h"

// Ends the test as skipped and prints the reason. Where MMDEPLOY_REQUIRE_ASSETS is 1, as in the
// project's own checks, everything has to be there, and the test fails instead.
_Noreturn void mmd_test_skip(const char *reason);

#endif  // MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_
