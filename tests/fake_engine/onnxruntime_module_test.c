// SPDX-License-Identifier: Apache-2.0
//
// The module `onnxruntime` over libraries that are missing, wrong, too old, and over one whose n-th
// call fails.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dynlib.h"
#include "base/file.h"
#include "runtime/session.h"
#include "tests/fake_engine/fake_onnxruntime.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_skip.h"

#define MODULE MMD_BINARY_DIR "/lib/mmdeploy/libmmdeploy_onnxruntime.so"
#define FAKES MMD_BINARY_DIR "/lib/fake_engine/"

static mmd_backend_t *g_backend;

static int load_module(void **state) {
  (void)state;
  if (!mmd_path_exists(MODULE)) return 0;
  mmd_assert_ok(mmd_backend_load(MODULE, &g_backend));
  return 0;
}

static void need_module(void) {
  if (!g_backend) mmd_test_skip("the onnxruntime module is not built");
}

//===--- libraries that cannot be used -------------------------------------===//

static void refuse(const char *path, mmd_code_t code, const char *part) {
  mmd_assert_ok(mmd_backend_set_library("onnxruntime", path));
  mmd_assert_fails(mmd_backend_open(g_backend), code, path);
  mmd_assert_fails(mmd_backend_open(g_backend), code, part);
  assert_string_equal(mmd_backend_version(g_backend), "");
  assert_string_equal(mmd_backend_library(g_backend), "");
}

static void test_wrong_libraries(void **state) {
  (void)state;
  need_module();
  refuse("/nonexistent/libonnxruntime.so", MMD_UNAVAILABLE, "No such file");
  refuse(FAKES "libfaulty_onnxruntime_old.so", MMD_UNAVAILABLE,
         "1.14.1 found, 1.15 or newer is needed");
  refuse(FAKES "libfaulty_onnxruntime_other.so", MMD_UNAVAILABLE, "banana");
  refuse(FAKES "libfaulty_onnxruntime_refuses.so", MMD_UNAVAILABLE, "refuses API version 17");
  refuse(FAKES "libfaulty_onnxruntime_empty.so", MMD_UNAVAILABLE, "OrtGetApiBase");
}

static void test_text_file(void **state) {
  (void)state;
  need_module();
  char *directory = mmd_test_make_directory();
  char *path = mmd_path_join(directory, "libonnxruntime.so");
  mmd_assert_ok(mmd_file_write(path, "version https://git-lfs\n", 24));
  refuse(path, MMD_UNAVAILABLE, "cannot load");
  mmd_assert_ok(mmd_file_write(path, "", 0));
  refuse(path, MMD_UNAVAILABLE, "cannot load");
  mmd_free(path);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

// The fake library again, with the machine of its ELF header replaced.
static void test_other_architecture(void **state) {
  (void)state;
  need_module();
  char *directory = mmd_test_make_directory(), *bytes = NULL;
  char *path = mmd_path_join(directory, "libonnxruntime.so");
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(FAKES "libfaulty_onnxruntime.so", 0, &bytes, &size));
  assert_true(size > 20 && memcmp(bytes, "\177ELF", 4) == 0);
  bytes[18] = 8;  // e_machine: MIPS
  bytes[19] = 0;
  mmd_assert_ok(mmd_file_write(path, bytes, size));
  refuse(path, MMD_UNAVAILABLE, "cannot load");
  mmd_free(bytes);
  mmd_free(path);
  mmd_test_remove_tree(directory);
  mmd_free(directory);
}

static void test_environment(void **state) {
  (void)state;
  need_module();
  mmd_assert_ok(mmd_backend_set_library("onnxruntime", NULL));
  setenv("MMDEPLOY_ONNXRUNTIME_LIBRARY", "/nonexistent/chosen.so", 1);
  mmd_assert_fails(mmd_backend_open(g_backend), MMD_UNAVAILABLE,
                   "MMDEPLOY_ONNXRUNTIME_LIBRARY: /nonexistent/chosen.so");
  unsetenv("MMDEPLOY_ONNXRUNTIME_LIBRARY");
}

//===--- every call fails once ---------------------------------------------===//

static mmd_status_t use_session(const char *net_path) {
  static const char bytes[] = "net";
  mmd_storage_t *net = NULL;
  MMD_TRY(mmd_storage_borrow(bytes, sizeof bytes, NULL, NULL, &net));
  const mmd_session_options_t options = {.name = "fake_net",
                                         .net = net,
                                         .net_path = net_path,
                                         .threads = 2,
                                         .options_json =
                                             "{\"graph_optimization_level\": \"basic\", "
                                             "\"memory_pattern\": false, \"memory_arena\": false, "
                                             "\"config\": {\"session.x\": \"1\"}}"};
  mmd_session_t *session = NULL;
  mmd_status_t status = mmd_session_create(g_backend, &options, &session);
  mmd_tensor_t input = {0}, output = {0};
  if (!status) status = mmd_tensor_create(MMD_F32, &(mmd_shape_t){2, {4, 3}}, true, &input);
  if (!status) status = mmd_session_run(session, &input, 1, &output, 1);
  if (!status) {
    assert_int_equal(output.shape.dims[0], 4);
    assert_int_equal(mmd_session_input(session, 0)->dims[0], -1);
    assert_string_equal(mmd_session_input(session, 0)->dim_names[0], "n");
  } else {
    assert_null(output.storage);
  }
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
  mmd_storage_release(net);
  return status;
}

static void sweep_session(fake_ort_control_t *control, const char *net_path) {
  const size_t live = control->live;
  size_t at = 0;
  for (;;) {
    control->calls = 0;
    control->failed = NULL;
    control->fail_at = ++at;
    mmd_status_t status = use_session(net_path);
    if (control->live != live) {
      fail_msg("call %zu (%s) fails: %zu objects leak", at,
               control->failed ? control->failed : "none", control->live - live);
    }
    if (!control->failed) {
      mmd_assert_ok(status);
      break;
    }
    mmd_assert_fails(status, MMD_INVALID_ARGUMENT, control->failed);
  }
  assert_true(at > 30);
}

static fake_ort_control_t *get_control(mmd_dynlib_t **out_library) {
  fake_ort_control_fn get = NULL;
  mmd_assert_ok(mmd_dynlib_open(FAKES "libfaulty_onnxruntime.so", out_library));
  mmd_assert_ok(mmd_dynlib_symbol(*out_library, "fake_ort_control", &get));
  return get();
}

static void test_every_call(void **state) {
  (void)state;
  need_module();
  mmd_dynlib_t *library = NULL;
  fake_ort_control_t *control = get_control(&library);
  mmd_assert_ok(mmd_backend_set_library("onnxruntime", FAKES "libfaulty_onnxruntime.so"));
  for (size_t at = 1; at <= 3; ++at) {  // environment, memory, allocator
    control->calls = 0;
    control->fail_at = at;
    mmd_assert_fails(mmd_backend_open(g_backend), MMD_INVALID_ARGUMENT, "ONNX Runtime 1.17.3");
    assert_int_equal(control->live, 0);
  }
  control->fail_at = 0;
  mmd_assert_ok(mmd_backend_open(g_backend));
  assert_string_equal(mmd_backend_version(g_backend), "1.17.3");
  assert_non_null(strstr(mmd_backend_library(g_backend), "libfaulty_onnxruntime.so"));
  mmd_assert_fails(mmd_backend_set_library("onnxruntime", "/other.so"), MMD_INVALID_ARGUMENT,
                   "libfaulty_onnxruntime.so");
  sweep_session(control, NULL);
  sweep_session(control, "/some/net.onnx");
  mmd_dynlib_close(library);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_wrong_libraries),    cmocka_unit_test(test_text_file),
      cmocka_unit_test(test_other_architecture), cmocka_unit_test(test_environment),
      cmocka_unit_test(test_every_call),  // last: from here on the library is open
  };
  return cmocka_run_group_tests(tests, load_module, NULL);
}
