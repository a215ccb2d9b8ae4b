// SPDX-License-Identifier: Apache-2.0
//
// The module `openvino` over libraries that are missing, wrong, too old, too new, and over one
// whose n-th call fails; and which properties it gives. Builds with sanitizers refuse the engine.
#include <stdlib.h>
#include <string.h>

#include "base/dynlib.h"
#include "base/file.h"
#include "runtime/session.h"
#include "tests/fake_engine/fake_openvino.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_skip.h"

#define MODULE MMD_BINARY_DIR "/lib/mmdeploy/libmmdeploy_openvino.so"
#define FAKES MMD_BINARY_DIR "/lib/fake_engine/"

static mmd_backend_t *g_backend;

static int load_module(void **state) {
  (void)state;
  if (!mmd_path_exists(MODULE)) return 0;
  mmd_assert_ok(mmd_backend_load(MODULE, &g_backend));
  return 0;
}

static void need_module(void) {
  if (!g_backend) mmd_test_skip("the openvino module is not built");
}

//===--- libraries that cannot be used -------------------------------------===//

static void refuse(const char *path, const char *part) {
  mmd_assert_ok(mmd_backend_set_library("openvino", path));
  mmd_assert_fails(mmd_backend_open(g_backend), MMD_UNAVAILABLE, path);
  mmd_assert_fails(mmd_backend_open(g_backend), MMD_UNAVAILABLE, part);
  assert_string_equal(mmd_backend_version(g_backend), "");
}

static void test_wrong_libraries(void **state) {
  (void)state;
  need_module();
  refuse("/nonexistent/libopenvino_c.so", "No such file");
  refuse(FAKES "libfaulty_openvino_old.so", "2022.3.1 found, 2023.0 or newer is needed");
  refuse(FAKES "libfaulty_openvino_other.so", "banana");
  refuse(FAKES "libfaulty_openvino_empty.so", "ov_get_openvino_version");
  // A release that has taken a function away.
  refuse(FAKES "libfaulty_openvino_new.so", "ov_infer_request_infer");
  refuse(FAKES "libfaulty_openvino_new.so", "OpenVINO 2099.1.0");
}

static void test_environment(void **state) {
  (void)state;
  need_module();
  mmd_assert_ok(mmd_backend_set_library("openvino", NULL));
  setenv("MMDEPLOY_OPENVINO_LIBRARY", "/nonexistent/chosen.so", 1);
  mmd_assert_fails(mmd_backend_open(g_backend), MMD_UNAVAILABLE,
                   "MMDEPLOY_OPENVINO_LIBRARY: /nonexistent/chosen.so");
  unsetenv("MMDEPLOY_OPENVINO_LIBRARY");
}

//===--- sessions ----------------------------------------------------------===//

static mmd_status_t open_session(const char *path, const char *device, int device_id, int threads,
                                 const char *json, mmd_session_t **out_session) {
  static const char bytes[] = "net";
  mmd_storage_t *net = NULL;
  MMD_TRY(mmd_storage_borrow(bytes, sizeof bytes, NULL, NULL, &net));
  const mmd_session_options_t options = {.name = "fake_net",
                                         .net = net,
                                         .net_path = path,
                                         .device_name = device,
                                         .device_id = device_id,
                                         .threads = threads,
                                         .options_json = json};
  mmd_status_t status = mmd_session_create(g_backend, &options, out_session);
  mmd_storage_release(net);
  return status;
}

static mmd_status_t use_session(const char *path, const char *json) {
  mmd_session_t *session = NULL;
  mmd_tensor_t input = {0}, output = {0};
  mmd_status_t status = open_session(path, NULL, 0, 2, json, &session);
  if (!status) status = mmd_tensor_create(MMD_F32, &(mmd_shape_t){2, {4, 3}}, true, &input);
  if (!status) status = mmd_session_run(session, &input, 1, &output, 1);
  if (!status) {
    assert_int_equal(output.shape.dims[0], 4);
    assert_int_equal(mmd_session_input(session, 0)->dims[0], -1);
  } else {
    assert_null(output.storage);
  }
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&input);
  mmd_session_destroy(session);
  return status;
}

static void sweep_session(fake_ov_control_t *control, const char *path, const char *json,
                          mmd_code_t code) {
  const size_t live = control->live;
  size_t at = 0;
  for (;;) {
    control->calls = 0;
    control->failed = NULL;
    control->fail_at = ++at;
    mmd_status_t status = use_session(path, json);
    if (control->live != live) {
      fail_msg("call %zu (%s) fails: %zu objects leak", at,
               control->failed ? control->failed : "none", control->live - live);
    }
    if (!control->failed) {
      mmd_assert_ok(status);
      break;
    }
    mmd_assert_fails(status, code, control->message ? "OpenVINO 2026.1.0" : control->failed);
  }
  assert_true(at > 20);
}

//===--- properties --------------------------------------------------------===//

// "KEY=VALUE" of the last network, or its device ("@CPU").
static bool was_told(const fake_ov_control_t *control, const char *text) {
  const size_t count = control->word_count;
  if (*text == '@') return count && strcmp(control->words[count - 1], text + 1) == 0;
  const char *value = strchr(text, '=') + 1;
  const size_t size = (size_t)(value - text) - 1;
  for (size_t i = 0; i + 2 < count; i += 2) {
    if (strlen(control->words[i]) == size && strncmp(control->words[i], text, size) == 0)
      return strcmp(control->words[i + 1], value) == 0;
  }
  return strcmp(value, "") == 0;
}

// |words| up to NULL; "KEY=" is one that is not told.
static void check_told(fake_ov_control_t *control, const char *device, int device_id, int threads,
                       const char *json, const char *const *words) {
  mmd_session_t *session = NULL;
  mmd_assert_ok(open_session(NULL, device, device_id, threads, json, &session));
  for (; *words; ++words) {
    if (!was_told(control, *words)) fail_msg("%s is not told for %s", *words, json);
  }
  mmd_session_destroy(session);
}

static void check_properties(fake_ov_control_t *control) {
  static const char *const defaults[] = {"INFERENCE_PRECISION_HINT=f32",
                                         "PERFORMANCE_HINT=LATENCY",
                                         "INFERENCE_NUM_THREADS=3",
                                         "NUM_STREAMS=",
                                         "CACHE_DIR=",
                                         "@CPU",
                                         NULL};
  static const char *const chosen[] = {
      "INFERENCE_PRECISION_HINT=", "PERFORMANCE_HINT=THROUGHPUT", "NUM_STREAMS=4",
      "CACHE_DIR=/some/folder",    "ENABLE_CPU_PINNING=NO",       NULL};
  static const char *const alone[] = {"INFERENCE_NUM_THREADS=1", "NUM_STREAMS=0", NULL};
  static const char *const other[] = {"INFERENCE_NUM_THREADS=", "NUM_STREAMS=", "@GPU.1", NULL};
  static const char *const from_outside[] = {"CACHE_DIR=/outside", NULL};
  check_told(control, NULL, 0, 3, "{}", defaults);
  check_told(control, "cpu", 0, 1,
             "{\"precision\": \"default\", \"performance\": \"throughput\", \"streams\": 4, "
             "\"cache_dir\": \"/some/folder\", \"config\": {\"ENABLE_CPU_PINNING\": \"NO\"}}",
             chosen);
  check_told(control, NULL, 0, 1, "{}", alone);
  check_told(control, "gpu", 1, 1, "{}", other);
  setenv("MMDEPLOY_OPENVINO_CACHE_DIR", "/outside", 1);
  check_told(control, NULL, 0, 1, "{}", from_outside);
  unsetenv("MMDEPLOY_OPENVINO_CACHE_DIR");
}

static void check_devices(void) {
  mmd_session_t *session = NULL;
  mmd_assert_fails(open_session(NULL, "gpu", 2, 1, "{}", &session), MMD_NOT_SUPPORTED,
                   "'gpu' number 2 is not supported by this OpenVINO 2026.1.0; it has 'cpu' (1), "
                   "'gpu' (2)");
  mmd_assert_fails(open_session(NULL, "npu", 0, 1, "{}", &session), MMD_NOT_SUPPORTED, "'npu'");
}

// An answer that means that memory was short.
static void check_memory(fake_ov_control_t *control) {
  static const char *const messages[] = {"Exception from a.cpp:1:\nstd::bad_alloc\n",
                                         "[CPU] could not create a memory object: out of memory",
                                         "Failed to allocate 123 bytes of memory"};
  for (size_t i = 0; i < sizeof messages / sizeof *messages; ++i) {
    control->message = messages[i];
    sweep_session(control, NULL, NULL, MMD_OUT_OF_MEMORY);
  }
  control->message = NULL;
  control->fail_at = 0;
}

static fake_ov_control_t *get_control(mmd_dynlib_t **out_library) {
  fake_ov_control_fn get = NULL;
  mmd_assert_ok(mmd_dynlib_open(FAKES "libfaulty_openvino.so", out_library));
  mmd_assert_ok(mmd_dynlib_symbol(*out_library, "fake_ov_control", &get));
  return get();
}

static void test_every_call(void **state) {
  (void)state;
  need_module();
  mmd_dynlib_t *library = NULL;
  fake_ov_control_t *control = get_control(&library);
  mmd_assert_ok(mmd_backend_set_library("openvino", FAKES "libfaulty_openvino.so"));
  for (size_t at = 1; at <= 5; ++at) {  // core, devices, the network of types, a port, its type
    control->calls = 0;
    control->fail_at = at;
    mmd_assert_fails(mmd_backend_open(g_backend), MMD_INVALID_ARGUMENT, "OpenVINO 2026.1.0");
    assert_int_equal(control->live, 0);
  }
  control->fail_at = 0;
  mmd_assert_ok(mmd_backend_open(g_backend));
  assert_string_equal(mmd_backend_version(g_backend), "2026.1.0");
  sweep_session(control, NULL, NULL, MMD_INVALID_ARGUMENT);
  sweep_session(control, "/some/net.xml", NULL, MMD_INVALID_ARGUMENT);
  // One thread in a stream, whose failures only a run that is waited for tells.
  sweep_session(control, NULL, "{\"config\": {\"INFERENCE_NUM_THREADS\": \"1\"}}",
                MMD_INVALID_ARGUMENT);
  control->fail_at = 0;
  check_properties(control);
  check_devices();
  check_memory(control);
  mmd_dynlib_close(library);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_wrong_libraries), cmocka_unit_test(test_environment),
      cmocka_unit_test(test_every_call),  // last: from here on the library is open
  };
  return cmocka_run_group_tests(tests, load_module, NULL);
}
