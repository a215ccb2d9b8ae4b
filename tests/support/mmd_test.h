// SPDX-License-Identifier: Apache-2.0
//
// For every test: cmocka with the headers that it wants, and assertions on statuses.
#ifndef MMD_TESTS_SUPPORT_MMD_TEST_H_
#define MMD_TESTS_SUPPORT_MMD_TEST_H_

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/status.h"

// Fails with the message of |expr| unless it is a success.
#define mmd_assert_ok(expr) mmd_test_assert_ok((expr), #expr, __FILE__, __LINE__)

// |expr| must fail with |code|, and its message contain |part| (NULL = any). Frees the status.
#define mmd_assert_fails(expr, code, part) \
  mmd_test_assert_fails((expr), (code), (part), #expr, __FILE__, __LINE__)

// MMD_SOURCE_DIR "/" path, when |file| stands for a file of the repository.
#define MMD_TEST_FILE(file) MMD_SOURCE_DIR "/" file

void mmd_test_assert_ok(mmd_status_t status, const char *expr, const char *file, int line);
void mmd_test_assert_fails(mmd_status_t status, mmd_code_t code, const char *part, const char *expr,
                           const char *file, int line);

// A new empty directory for scratch files; removed with all it holds by mmd_test_remove_tree.
// Freed with mmd_free.
char *mmd_test_make_directory(void);
void mmd_test_remove_tree(const char *path);

#endif  // MMD_TESTS_SUPPORT_MMD_TEST_H_
