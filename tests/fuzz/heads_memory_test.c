// SPDX-License-Identifier: Apache-2.0
//
// Each allocation fails once while heads read their parameters and a network's results: for every
// file of tests/corpus/heads that runs to its end, which are nearly all heads.
#include <dirent.h>
#include <stdio.h>

#include "base/log.h"
#include "tests/fuzz/heads_run.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

#define CORPUS MMD_TEST_FILE("tests/corpus/heads")

static mmd_status_t work(void *root) {
  return mmd_fuzz_run_heads(root);
}

static void short_memory_is_survived(void **state) {
  (void)state;
  size_t swept = 0, files = 0;
  DIR *directory = opendir(CORPUS);
  assert_non_null(directory);
  mmd_log_set_level(MMD_LOG_OFF);
  for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
    char path[512];
    mmd_value_t *root = NULL;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, CORPUS "/%s", entry->d_name);
    ++files;
    if (mmd_status_ignore(mmd_json_read_file(path, &root))) continue;
    if (!mmd_status_ignore(work(root))) {
      ++swept;
      mmd_test_sweep(work, root);
    }
    mmd_value_release(root);
  }
  closedir(directory);
  print_message("%zu of %zu files\n", swept, files);
  assert_true(swept >= 35);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(short_memory_is_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
