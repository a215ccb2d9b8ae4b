// SPDX-License-Identifier: Apache-2.0
//
// Files, options and devices that a session must refuse with one line, and short memory.
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/alloc.h"
#include "base/file.h"
#include "tests/support/mmd_test_fail.h"

static const conf_case_t g_net = {"input_net",
                                  "graph \"case\" {\n  ir_version 8\n  opset \"\" 17\n"
                                  "  input %x : f32[n,3]\n"
                                  "  constant %fill : f32[3,4] = #0\n"
                                  "  %m = MatMul(%x, %fill)\n"
                                  "  %y = Relu(%m)\n"
                                  "  output %y\n}\n",
                                  {"n=2"}};

static mmd_status_t try_options(const conf_context_t *context,
                                const mmd_session_options_t *options) {
  mmd_session_t *session = NULL;
  mmd_status_t status = mmd_session_create(context->backend, options, &session);
  mmd_session_destroy(session);
  return status;
}

// A session over |size| bytes, from a file too, for backends that read files themselves.
static mmd_status_t try_bytes(const conf_context_t *context, const conf_net_t *net,
                              const void *data, size_t size) {
  mmd_storage_t *bytes = NULL;
  MMD_TRY(mmd_storage_borrow(data, size, NULL, NULL, &bytes));
  mmd_session_options_t options = conf_options(net);
  char *path = mmd_path_join(context->directory, "broken.net");
  mmd_status_t status = path ? NULL : mmd_status_no_memory();
  const bool needs_path = (context->table->features & MMDEPLOY_BACKEND_NEEDS_PATH) != 0;
  if (!status && needs_path) status = mmd_file_write(path, data, size);
  options.net = bytes;
  options.net_path = needs_path ? path : NULL;
  if (!status) status = try_options(context, &options);
  mmd_free(path);
  mmd_storage_release(bytes);
  return status;
}

#define FILE_CODES                                                                           \
  (CONF_CODE(MMD_CORRUPT) | CONF_CODE(MMD_INVALID_ARGUMENT) | CONF_CODE(MMD_NOT_SUPPORTED) | \
   CONF_CODE(MMD_OUT_OF_RANGE))

//===--- files -------------------------------------------------------------===//

static mmd_status_t check_garbage(const conf_context_t *context) {
  static const char text[] =
      "this is no network; it is a line of text, and a second one\nfollows it\n";
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_status_t status =
      conf_expect(try_bytes(context, &net, text, sizeof text - 1), FILE_CODES, net.name);
  if (!status) status = conf_expect(try_bytes(context, &net, "", 0), FILE_CODES, net.name);
  conf_net_deinit(&net);
  return status;
}

// A cut file may still be well formed; it must be refused in one line or be usable, and half of it
// is no network.
static mmd_status_t check_truncated(const conf_context_t *context) {
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  const size_t size = mmd_storage_size(net.bytes);
  mmd_status_t status = NULL;
  for (size_t cut = 1; cut < size && !status; cut += 1 + size / 60) {
    mmd_status_t result = try_bytes(context, &net, mmd_storage_data(net.bytes), cut);
    if (result)
      status = mmd_status_annotate(conf_expect(result, FILE_CODES, net.name), "%zu of %zu bytes",
                                   cut, size);
  }
  if (!status)
    status = conf_expect(try_bytes(context, &net, mmd_storage_data(net.bytes), 10), FILE_CODES,
                         net.name);
  conf_net_deinit(&net);
  return status;
}

static mmd_status_t check_flipped(const conf_context_t *context) {
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  const size_t size = mmd_storage_size(net.bytes);
  unsigned char *copy = mmd_alloc_uninit(size);
  mmd_status_t status = copy ? NULL : mmd_status_no_memory();
  for (size_t i = 0; i < size && !status; i += 1 + size / 100) {
    memcpy(copy, mmd_storage_data(net.bytes), size);
    copy[i] ^= (unsigned char)(1u << i % 8);
    mmd_status_t result = try_bytes(context, &net, copy, size);
    if (result)
      status = mmd_status_annotate(conf_expect(result, CONF_ANY_CODE, net.name), "byte %zu", i);
  }
  mmd_free(copy);
  conf_net_deinit(&net);
  return status;
}

static mmd_status_t check_missing_file(const conf_context_t *context) {
  const mmd_session_options_t options = {.name = "missing", .net_path = "/nonexistent/net.file"};
  return conf_expect(try_options(context, &options), CONF_ANY_CODE, "missing");
}

//===--- options and devices -----------------------------------------------===//

static mmd_status_t refuse_options(const conf_context_t *context, const conf_net_t *net,
                                   const char *json) {
  mmd_session_options_t options = conf_options(net);
  options.options_json = json;
  return mmd_status_annotate(
      conf_expect(try_options(context, &options),
                  CONF_CODE(MMD_INVALID_ARGUMENT) | CONF_CODE(MMD_CORRUPT), "option"),
      "%s", json);
}

static mmd_status_t check_options(const conf_context_t *context) {
  static const char *const wrong[] = {"{", "[]", "7", "", "{\"no_such_option\": 1}", "{} {}"};
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong && !status; ++i)
    status = refuse_options(context, &net, wrong[i]);
  mmd_session_options_t options = conf_options(&net);
  options.options_json = " { } ";
  if (!status) status = try_options(context, &options);
  conf_net_deinit(&net);
  return status;
}

static mmd_status_t check_device(const conf_context_t *context) {
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_session_options_t options = conf_options(&net);
  options.device_name = "abacus";
  mmd_status_t status = conf_expect(
      try_options(context, &options),
      CONF_CODE(MMD_NOT_SUPPORTED) | CONF_CODE(MMD_UNAVAILABLE) | CONF_CODE(MMD_INVALID_ARGUMENT),
      "abacus");
  conf_net_deinit(&net);
  return status;
}

static mmd_status_t check_thread_counts(const conf_context_t *context) {
  conf_net_t net;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_status_t status = NULL;
  for (int threads = 0; threads < 4 && !status; ++threads) {
    mmd_session_options_t options = conf_options(&net);
    options.threads = threads;
    status = try_options(context, &options);
  }
  conf_net_deinit(&net);
  return status;
}

const conf_check_t conf_input_checks[] = {
    {"garbage", check_garbage},
    {"truncated", check_truncated},
    {"flipped", check_flipped},
    {"missing_file", check_missing_file},
    {"options", check_options},
    {"device", check_device},
    {"thread_counts", check_thread_counts},
    {NULL, NULL},
};

//===--- short memory ------------------------------------------------------===//

typedef struct sweep_t {
  const conf_context_t *context;
  const conf_net_t *net;
  const conf_data_t *data;
} sweep_t;

static mmd_status_t create_and_run(const sweep_t *sweep) {
  const mmd_session_options_t options = conf_options(sweep->net);
  mmd_session_t *session = NULL;
  MMD_TRY(mmd_session_create(sweep->context->backend, &options, &session));
  mmd_tensor_t output = {0};
  mmd_status_t status = mmd_session_run(session, sweep->data->inputs, 1, &output, 1);
  mmd_tensor_deinit(&output);
  mmd_session_destroy(session);
  return status;
}

// One life with the allocation |at| failing. |*out_done|: it met no failure.
static mmd_status_t run_short(const sweep_t *sweep, size_t at, bool later, bool *out_done) {
  mmd_test_fail_begin(at, later);
  mmd_status_t status = create_and_run(sweep);
  const bool met = mmd_test_failed_once();
  const mmd_code_t code = mmd_status_code(status);
  mmd_status_free(status);
  const size_t left = mmd_test_live_blocks();
  mmd_test_fail_end();
  *out_done = !met;
  if (code != (met ? MMD_OUT_OF_MEMORY : MMD_OK)) {
    return MMD_ERROR(MMD_MISMATCH, "allocation %zu fails: the result is '%s'", at,
                     mmd_code_name(code));
  }
  return left ? MMD_ERROR(MMD_MISMATCH, "allocation %zu fails: %zu blocks leak", at, left) : NULL;
}

static mmd_status_t sweep_memory(const conf_context_t *context, bool later) {
  conf_net_t net;
  conf_data_t data = {0};
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_status_t status = conf_data_create(&net, "n=2", 3, &data);
  const sweep_t sweep = {context, &net, &data};
  if (!status) status = create_and_run(&sweep);  // what stays for good is made here
  bool is_done = false;
  for (size_t at = 1; !status && !is_done; at += at < 500 ? 1 : 1 + at / 50) {
    status = run_short(&sweep, at, later, &is_done);
  }
  conf_data_deinit(&data);
  conf_net_deinit(&net);
  return status;
}

static mmd_status_t check_one_failure(const conf_context_t *context) {
  return sweep_memory(context, false);
}

static mmd_status_t check_lasting_failure(const conf_context_t *context) {
  return sweep_memory(context, true);
}

// What a module allocates itself goes through the host, so a session that holds a network holds
// blocks of the host.
static mmd_status_t check_host_allocator(const conf_context_t *context) {
  conf_net_t net;
  mmd_session_t *session = NULL;
  MMD_TRY(conf_net_create(context, &g_net, &net));
  mmd_test_fail_begin(0, false);
  const mmd_session_options_t options = conf_options(&net);
  mmd_status_t status = mmd_session_create(context->backend, &options, &session);
  const size_t live = mmd_test_live_blocks();
  mmd_session_destroy(session);
  mmd_test_fail_end();
  // The host itself makes two blocks: the session and its name.
  if (!status && live < 3) status = MMD_ERROR(MMD_MISMATCH, "the module allocates past the host");
  conf_net_deinit(&net);
  return status;
}

const conf_check_t conf_memory_checks[] = {
    {"host_allocator", check_host_allocator},
    {"one_failure", check_one_failure},
    {"lasting_failure", check_lasting_failure},
    {NULL, NULL},
};
