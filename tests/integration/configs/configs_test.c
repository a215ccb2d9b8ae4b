// SPDX-License-Identifier: Apache-2.0
//
// Every deploy config of the repository: it reads, its name says what it holds, and MMDeploy's own
// file of the same name has the same values.
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

typedef void (*visit_fn)(const char *name, const mmd_value_t *config);

// Calls |visit| for each file below configs/|folder|; |name| is the path below configs/.
static size_t walk(const char *folder, visit_fn visit) {
  size_t visited = 0, count = 0;
  char **names = NULL;
  char *root = mmd_path_join(MMD_TEST_FILE("configs"), folder);
  mmd_assert_ok(mmd_path_list(root, &names, &count));
  for (size_t i = 0; i < count; ++i) {
    char *name = folder[0] ? mmd_path_join(folder, names[i]) : mmd_path_join(names[i], "");
    if (!folder[0]) name[strlen(names[i])] = '\0';
    char *path = mmd_path_join(root, names[i]);
    if (mmd_path_is_directory(path)) {
      visited += walk(name, visit);
    } else if (strcmp(mmd_path_extension(path), ".py") == 0) {
      mmd_value_t *config = NULL;
      mmd_assert_ok(mmd_pyconfig_read(path, NULL, &config));
      visit(name, config);
      mmd_value_release(config);
      ++visited;
    }
    mmd_free(path);
    mmd_free(name);
    mmd_free(names[i]);
  }
  mmd_free(names);
  mmd_free(root);
  return visited;
}

// True for a name that ends in -HEIGHTxWIDTH, one size only.
static bool size_of_name(const char *name, int *out_height, int *out_width) {
  const char *dash = strrchr(name, '-');
  int end = 0;
  return dash && sscanf(dash, "-%dx%d.py%n", out_height, out_width, &end) == 2 && end > 0 &&
         dash[end] == '\0';
}

static void expect_name(const char *name, const mmd_deploy_view_t *view) {
  int height = 0, width = 0;
  mmd_str_t backend = {0};
  mmd_assert_ok(mmd_str_printf(&backend, "_%s", view->backend));
  if (!strstr(name, mmd_str_text(&backend))) fail_msg("%s is for %s", name, view->backend);
  mmd_str_deinit(&backend);
  bool is_dynamic = mmd_deploy_axis(view, view->input_names[0], 2, NULL);
  // TorchScript takes any size unless one is given, here or to the compiler that reads it.
  if (mmd_str_equal(view->backend, "torchscript")) return;
  if (mmd_str_equal(view->backend, "coreml") && strstr(name, "_dynamic")) return;
  if (is_dynamic != (strstr(name, "_dynamic") != NULL)) fail_msg("%s: dynamic or not", name);
  if (is_dynamic || strstr(name, "rtmdet-ins") || !size_of_name(name, &height, &width)) return;
  if (view->input_height != height || view->input_width != width) {
    fail_msg("%s: input_shape is [%d, %d]", name, (int)view->input_width, (int)view->input_height);
  }
}

// A part of a config that others build on has no backend, or nothing else.
static void visit_view(const char *name, const mmd_value_t *config) {
  mmd_deploy_view_t view;
  const char *file = mmd_path_base(name);
  bool is_part = !mmd_object_get(config, "backend_config") || strstr(name, "_base_/backends");
  if (is_part) return;
  mmd_status_t status = mmd_deploy_view_read(config, &view);
  if (status) fail_msg("%s: %s", name, mmd_status_message(status));
  size_t slash = strcspn(name, "/");
  if (strncmp(view.codebase, name, slash) != 0 || view.codebase[slash]) {
    fail_msg("%s is for %s", name, view.codebase);
  }
  expect_name(file, &view);
}

static void test_views(void **state) {
  (void)state;
  assert_true(walk("", visit_view) > 130);
}

static void expect_file(const char *name, const mmd_value_t *keys, const mmd_value_t *sections) {
  mmd_value_t *config = NULL;
  char *path = mmd_path_join(MMD_TEST_FILE("configs"), name);
  mmd_assert_ok(mmd_pyconfig_read(path, NULL, &config));
  if (mmd_object_size(config) != mmd_object_size(keys)) fail_msg("%s: other keys", name);
  for (size_t i = 0; i < mmd_object_size(keys); ++i) {
    const char *key = mmd_object_key_at(keys, i);
    int64_t section = mmd_value_get_int(mmd_object_value_at(keys, i), -1);
    const mmd_value_t *want = mmd_array_at(sections, (size_t)section);
    assert_non_null(want);
    if (mmd_value_equal(mmd_object_get(config, key), want)) continue;
    mmd_str_t text = {0};
    mmd_assert_ok(mmd_json_write(mmd_object_get(config, key), 0, &text));
    mmd_assert_ok(mmd_str_append(&text, "\nexpected "));
    mmd_assert_ok(mmd_json_write(want, 0, &text));
    fail_msg("%s: %s is %s", name, key, mmd_str_text(&text));
  }
  mmd_value_release(config);
  mmd_free(path);
}

static void test_golden(void **state) {
  mmd_value_t *golden = NULL;
  (void)state;
  mmd_assert_ok(
      mmd_json_read_file(MMD_TEST_FILE("tests/integration/configs/testdata/golden.json"), &golden));
  const mmd_value_t *files = mmd_object_get(golden, "files");
  assert_true(mmd_object_size(files) > 120);
  for (size_t i = 0; i < mmd_object_size(files); ++i) {
    expect_file(mmd_object_key_at(files, i), mmd_object_value_at(files, i),
                mmd_object_get(golden, "sections"));
  }
  mmd_value_release(golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_golden),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
