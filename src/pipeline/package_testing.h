// SPDX-License-Identifier: Apache-2.0
//
// For tests that write packages: a folder that every test finds empty.
#ifndef MMD_PIPELINE_PACKAGE_TESTING_H_
#define MMD_PIPELINE_PACKAGE_TESTING_H_

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test.h"

static char *test_folder;

static inline int test_folder_set_up(void **state) {
  (void)state;
  test_folder = mmd_test_make_directory();
  return 0;
}

static inline int test_folder_tear_down(void **state) {
  (void)state;
  mmd_test_remove_tree(test_folder);
  mmd_free(test_folder);
  return 0;
}

static inline void test_put(const char *name, const char *text) {
  char *path = mmd_path_join(test_folder, name);
  mmd_assert_ok(mmd_file_write(path, text, strlen(text)));
  mmd_free(path);
}

#endif  // MMD_PIPELINE_PACKAGE_TESTING_H_
