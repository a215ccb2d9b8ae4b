// SPDX-License-Identifier: Apache-2.0
//
// Tests that need what a machine may lack.
#ifndef MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_
#define MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_

#include "tests/support/mmd_test.h"

// Ends the test as skipped and prints the reason. Where MMDEPLOY_REQUIRE_ASSETS is 1, as in the
// project's own checks, everything has to be there, and the test fails instead.
_Noreturn void mmd_test_skip(const char *reason);

// The same for a test whose engine does not load. Engines that no script fetches, or that cannot
// be loaded beside a sanitizer, may be missing everywhere.
_Noreturn void mmd_test_skip_engine(const char *backend, const char *reason);

// $MMDEPLOY_ASSETS; skips the test without.
const char *mmd_test_assets(void);

// What main returns after |failures| of cmocka: 77, SKIP_RETURN_CODE of ctest, when none failed
// and a test was skipped.
int mmd_test_exit_status(int failures);

#endif  // MMD_TESTS_SUPPORT_MMD_TEST_SKIP_H_
