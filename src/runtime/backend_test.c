// SPDX-License-Identifier: Apache-2.0
//
// The search for modules, what is refused, and failures of every call of a module
// (tests/fake_engine).
#include "runtime/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "tests/fake_engine/fake_backend.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "tests/support/mmd_test_skip.h"

#define FAKES MMD_BINARY_DIR "/lib/fake_engine"
#define FAKE FAKES "/libmmdeploy_fake.so"

//===--- search ------------------------------------------------------------===//

static char *g_first, *g_second;

static int make_folders(void **state) {
  (void)state;
  g_first = mmd_test_make_directory();
  g_second = mmd_test_make_directory();
  return 0;
}

static int remove_folders(void **state) {
  (void)state;
  mmd_test_remove_tree(g_first);
  mmd_test_remove_tree(g_second);
  mmd_free(g_first);
  mmd_free(g_second);
  return 0;
}

static void put(const char *from, const char *directory, const char *name) {
  char *path = mmd_path_join(directory, name);
  mmd_assert_ok(mmd_file_copy(from, path));
  mmd_free(path);
}

static void put_text(const char *directory, const char *name, const char *text) {
  char *path = mmd_path_join(directory, name);
  mmd_assert_ok(mmd_file_write(path, text, strlen(text)));
  mmd_free(path);
}

static void search_both(void) {
  char path[2048];
  snprintf(path, sizeof path, "::/nonexistent/folder:%s:%s:", g_first, g_second);
  setenv("MMDEPLOY_PLUGIN_PATH", path, 1);
}

static void test_unknown(void **state) {
  (void)state;
  mmd_backend_t *backend = NULL;
  put(FAKE, g_second, "libmmdeploy_zebra.so");
  put_text(g_first, "libmmdeploy_apple.so", "text");
  put_text(g_first, "readme.txt", "text");
  search_both();
  mmd_assert_fails(mmd_backend_get("tensorflow", &backend), MMD_UNAVAILABLE,
                   "'tensorflow' is not available");
  assert_null(backend);
  mmd_assert_fails(mmd_backend_get("tensorflow", &backend), MMD_UNAVAILABLE, "apple, ");
  mmd_assert_fails(mmd_backend_get("tensorflow", &backend), MMD_UNAVAILABLE, "zebra");
  mmd_assert_fails(mmd_backend_get("tensorflow", &backend), MMD_UNAVAILABLE,
                   "/nonexistent/folder/libmmdeploy_tensorflow.so");
}

static void test_bad_names(void **state) {
  (void)state;
  static const char *const names[] = {"", "../evil", "a/b", "a b", "a.b", "a\nb"};
  mmd_backend_t *backend = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    mmd_assert_fails(mmd_backend_get(names[i], &backend), MMD_INVALID_ARGUMENT, NULL);
    assert_null(backend);
  }
}

static void test_list_is_sorted(void **state) {
  (void)state;
  char **names = NULL;
  size_t count = 0;
  search_both();
  mmd_assert_ok(mmd_backend_list(&names, &count));
  assert_true(count >= 2);
  for (size_t i = 0; i < count; ++i) {
    if (i) assert_true(strcmp(names[i - 1], names[i]) < 0);
  }
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
}

static void test_not_a_module(void **state) {
  (void)state;
  mmd_backend_t *backend = NULL;
  search_both();
  mmd_assert_fails(mmd_backend_get("apple", &backend), MMD_UNAVAILABLE,
                   "libmmdeploy_apple.so: cannot load");
  mmd_assert_fails(mmd_backend_load("/nonexistent.so", &backend), MMD_UNAVAILABLE,
                   "/nonexistent.so");
  assert_null(backend);
}

static void test_refused_modules(void **state) {
  (void)state;
  static const struct {
    const char *name, *part;
  } cases[] = {
      {"fake_newer", "version 99 found, version 1 is needed"},
      {"fake_small", "table of 16 bytes is too small"},
      {"fake_hollow", "lacks a required function"},
      {"fake_refuses", "this module serves nobody"},
      {"fake_silent", "mmdeploy_backend_query"},
      {"fake_alias", "holds backend 'fake', 'fake_alias' is expected"},
  };
  setenv("MMDEPLOY_PLUGIN_PATH", FAKES, 1);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
    mmd_backend_t *backend = NULL;
    mmd_assert_fails(mmd_backend_get(cases[i].name, &backend), MMD_UNAVAILABLE, cases[i].part);
    mmd_assert_fails(mmd_backend_get(cases[i].name, &backend), MMD_UNAVAILABLE, cases[i].name);
    assert_null(backend);
  }
}

// After test_refused_modules, which has loaded "fake" under a wrong name, it is known by its right
// one.
static void test_known_once(void **state) {
  (void)state;
  mmd_backend_t *a = NULL, *b = NULL, *c = NULL;
  setenv("MMDEPLOY_PLUGIN_PATH", FAKES, 1);
  mmd_assert_ok(mmd_backend_get("fake", &a));
  mmd_assert_ok(mmd_backend_get("fake", &b));
  mmd_assert_ok(mmd_backend_load(FAKE, &c));
  assert_ptr_equal(a, b);
  assert_ptr_equal(a, c);
}

static void test_search_order(void **state) {
  (void)state;
  const char *module = MMD_BINARY_DIR "/lib/mmdeploy/libmmdeploy_null.so";
  mmd_backend_t *backend = NULL;
  if (!mmd_path_exists(module)) mmd_test_skip("the null module is not built");
  put(module, g_first, "libmmdeploy_null.so");
  put(module, g_second, "libmmdeploy_null.so");
  search_both();
  mmd_assert_ok(mmd_backend_get("null", &backend));
  assert_non_null(strstr(mmd_backend_module_path(backend), g_first));
  assert_string_equal(mmd_backend_table(backend)->name, "null");
}

//===--- a module whose calls fail -----------------------------------------===//

static fake_control_t *g_control;
static mmd_backend_t *g_fake;

static void steer(const char *call, int32_t code, const char *lie) {
  if (!g_fake) {
    fake_control_fn get = NULL;
    mmd_dynlib_t *library = NULL;
    mmd_assert_ok(mmd_backend_load(FAKE, &g_fake));
    // The first one loaded is the one in use.
    mmd_assert_ok(mmd_dynlib_open(mmd_backend_module_path(g_fake), &library));
    mmd_assert_ok(mmd_dynlib_symbol(library, "fake_control", &get));
    g_control = get();
    mmd_dynlib_close(library);
  }
  g_control->fail = call;
  g_control->code = code;
  g_control->lie = lie;
}

static mmd_status_t use_fake(void) {
  const mmd_session_options_t options = {.name = "faked"};
  mmd_session_t *session = NULL;
  mmd_tensor_t input = {0}, outputs[2] = {0};
  MMD_TRY(mmd_session_create(g_fake, &options, &session));
  mmd_status_t status = mmd_tensor_create(MMD_F32, &(mmd_shape_t){2, {3, 2}}, true, &input);
  if (!status) status = mmd_session_run(session, &input, 1, outputs, 2);
  for (int i = 0; i < 2; ++i) {
    if (status) assert_null(outputs[i].storage);
    mmd_tensor_deinit(&outputs[i]);
  }
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
  return status;
}

static void test_open_fails(void **state) {
  (void)state;
  const mmdeploy_backend_device_t *devices = NULL;
  size_t count = 0;
  steer("open", MMDEPLOY_PLUGIN_UNAVAILABLE, NULL);
  mmd_assert_fails(mmd_backend_open(g_fake), MMD_UNAVAILABLE,
                   "backend 'fake': the fake engine fails in open");
  mmd_assert_fails(use_fake(), MMD_UNAVAILABLE, "open");
  mmd_assert_fails(mmd_backend_devices(g_fake, &devices, &count), MMD_UNAVAILABLE, "open");
  assert_string_equal(mmd_backend_version(g_fake), "");
  steer(NULL, 0, NULL);
  mmd_assert_ok(mmd_backend_open(g_fake));
  assert_string_equal(mmd_backend_version(g_fake), "0.1");
  assert_string_equal(mmd_backend_library(g_fake), "/fake/library.so");
}

static void test_calls_fail(void **state) {
  (void)state;
  static const char *const calls[] = {"session_create", "session_inputs", "session_outputs", "run"};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
    steer(calls[i], MMDEPLOY_PLUGIN_IO, NULL);
    mmd_assert_fails(use_fake(), MMD_IO, calls[i]);
    mmd_assert_fails(use_fake(), MMD_IO, "net 'faked'");
    steer(calls[i], 4711, NULL);  // a code that nobody knows
    mmd_assert_fails(use_fake(), MMD_INTERNAL, calls[i]);
    steer(calls[i], -1, NULL);
    mmd_assert_fails(use_fake(), MMD_INTERNAL, calls[i]);
    assert_int_equal(g_control->sessions, 0);
    assert_int_equal(g_control->outputs, 0);
  }
  const mmdeploy_backend_device_t *devices = NULL;
  size_t count = 0;
  steer("devices", MMDEPLOY_PLUGIN_IO, NULL);
  mmd_assert_fails(mmd_backend_devices(g_fake, &devices, &count), MMD_IO, "devices");
  steer(NULL, 0, NULL);
  mmd_assert_ok(mmd_backend_devices(g_fake, &devices, &count));
  assert_int_equal(count, 2);
}

static void test_wrong_answers(void **state) {
  (void)state;
  static const char *const lies[] = {"rank", "negative", "dtype", "size", "null"};
  for (size_t i = 0; i < sizeof lies / sizeof *lies; ++i) {
    steer(NULL, 0, lies[i]);
    mmd_status_t status = use_fake();
    if (!status) fail_msg("the lie '%s' is believed", lies[i]);
    assert_non_null(strstr(mmd_status_message(status), "net 'faked', output 'z'"));
    mmd_status_free(status);
    assert_int_equal(g_control->outputs, 0);
    assert_int_equal(g_control->sessions, 0);
  }
  steer(NULL, 0, "count");
  mmd_assert_fails(use_fake(), MMD_NOT_SUPPORTED, "1000000 outputs");
  assert_int_equal(g_control->sessions, 0);
}

static mmd_status_t use_fake_short(void *context) {
  (void)context;
  mmd_status_t status = use_fake();
  assert_int_equal(g_control->sessions, 0);
  assert_int_equal(g_control->outputs, 0);
  return status;
}

static void test_short_memory(void **state) {
  (void)state;
  steer(NULL, 0, NULL);
  mmd_assert_ok(mmd_backend_open(g_fake));
  mmd_test_sweep(use_fake_short, NULL);
}

static mmd_status_t find_nothing(void *context) {
  (void)context;
  mmd_backend_t *backend = NULL;
  mmd_status_t status = mmd_backend_get("tensorflow", &backend);
  return mmd_status_code(status) == MMD_OUT_OF_MEMORY ? status : (mmd_status_free(status), NULL);
}

static void test_short_memory_in_search(void **state) {
  (void)state;
  search_both();
  mmd_test_sweep(find_nothing, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_unknown),         cmocka_unit_test(test_bad_names),
      cmocka_unit_test(test_list_is_sorted),  cmocka_unit_test(test_not_a_module),
      cmocka_unit_test(test_refused_modules), cmocka_unit_test(test_known_once),
      cmocka_unit_test(test_search_order),    cmocka_unit_test(test_open_fails),
      cmocka_unit_test(test_calls_fail),      cmocka_unit_test(test_wrong_answers),
      cmocka_unit_test(test_short_memory),    cmocka_unit_test(test_short_memory_in_search),
  };
  return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
