// SPDX-License-Identifier: Apache-2.0
//
// Engines for programs that are linked with the shared library.
#ifndef MMD_TESTS_SUPPORT_MMD_TEST_ENGINE_H_
#define MMD_TESTS_SUPPORT_MMD_TEST_ENGINE_H_

// Skips the test where the engine of |backend| does not load, or fails when it must.
void mmd_test_need_engine(const char *backend);

#endif  // MMD_TESTS_SUPPORT_MMD_TEST_ENGINE_H_
