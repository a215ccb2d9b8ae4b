// SPDX-License-Identifier: Apache-2.0
//
// Class names from a file that the config names; which data sets are known is tested with the
// code bases.
#include "frontends/openmmlab/dataset.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/pyconfig/pyconfig.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static char *g_directory, *g_path;

static int set_up(void **state) {
  (void)state;
  g_directory = mmd_test_make_directory();
  g_path = mmd_path_join(g_directory, "names.txt");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  mmd_test_remove_tree(g_directory);
  mmd_free(g_path);
  mmd_free(g_directory);
  return 0;
}

static mmd_value_t *make_config(void) {
  char text[4096];
  mmd_value_t *config = NULL;
  const int size =
      snprintf(text, sizeof text, "data = dict(test=dict(type='X', classes='%s'))\n", g_path);
  mmd_assert_ok(mmd_pyconfig_parse(text, (size_t)size, "model.py", NULL, &config));
  return config;
}

static mmd_status_t read_classes(const mmd_value_t *config, mmd_value_t **out_classes) {
  static const mmd_dataset_t known[] = {{0}};
  static const char *const counts[] = {NULL};
  const mmd_task_context_t context = {.model_cfg = config};
  return mmd_dataset_classes(&context, known, counts, out_classes);
}

static mmd_status_t read_once(void *config) {
  mmd_value_t *classes = NULL;
  MMD_TRY(read_classes(config, &classes));
  mmd_value_release(classes);
  return NULL;
}

static void lines_are_names(void **state) {
  (void)state;
  mmd_value_t *config = make_config(), *classes = NULL;
  mmd_assert_ok(mmd_file_write(g_path, "cat\r\n\nbig dog\n", 14));
  mmd_assert_ok(read_classes(config, &classes));
  assert_int_equal(mmd_array_size(classes), 3);
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 0), ""), "cat");
  assert_string_equal(mmd_value_get_string(mmd_array_at(classes, 2), ""), "big dog");
  mmd_value_release(classes);
  mmd_test_sweep(read_once, config);
  mmd_value_release(config);
}

// Nobody writes to the pipe: a reader would wait for ever.
static void pipes_are_refused(void **state) {
  (void)state;
  mmd_value_t *config = make_config(), *classes = NULL;
  assert_int_equal(unlink(g_path), 0);
  assert_int_equal(mkfifo(g_path, 0600), 0);
  mmd_assert_fails(read_classes(config, &classes), MMD_INVALID_ARGUMENT, "not a regular file");
  mmd_value_release(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lines_are_names),
      cmocka_unit_test(pipes_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
