// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mmd_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"

void mmd_test_assert_ok(mmd_status_t status, const char *expr, const char *file, int line) {
  if (!status) return;
  print_error("%s: %s: %s\n", expr, mmd_code_name(mmd_status_code(status)),
              mmd_status_message(status));
  mmd_status_free(status);
  _fail(file, line);
}

void mmd_test_assert_fails(mmd_status_t status, mmd_code_t code, const char *part, const char *expr,
                           const char *file, int line) {
  bool good = mmd_status_code(status) == code;
  if (good && part) good = strstr(mmd_status_message(status), part) != NULL;
  if (!good) {
    print_error("%s:\n  expected %s: ...%s...\n  found %s: %s\n", expr, mmd_code_name(code),
                part ? part : "", mmd_code_name(mmd_status_code(status)),
                mmd_status_message(status));
  }
  mmd_status_free(status);
  if (!good) _fail(file, line);
}

char *mmd_test_make_directory(void) {
  const char *root = getenv("TMPDIR");
  char *path = mmd_path_join(root ? root : "/tmp", "mmd-test-XXXXXX");
  assert_non_null(path);
  assert_non_null(mkdtemp(path));
  return path;
}

void mmd_test_remove_tree(const char *path) {
  struct stat info;
  if (lstat(path, &info) != 0) return;
  if (!S_ISDIR(info.st_mode)) {
    unlink(path);
    return;
  }
  char **names;
  size_t count;
  if (mmd_status_ignore(mmd_path_list(path, &names, &count))) return;
  for (size_t i = 0; i < count; ++i) {
    char *child = mmd_path_join(path, names[i]);
    if (child) mmd_test_remove_tree(child);
    mmd_free(child);
    mmd_free(names[i]);
  }
  mmd_free(names);
  rmdir(path);
}
