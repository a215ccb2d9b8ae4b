// SPDX-License-Identifier: Apache-2.0
//
// Lives of backends and sessions, wrong arguments of runs, several threads.
#include <pthread.h>
#include <string.h>

#include "backends/conformance/conformance.h"
#include "base/plugin_error.h"
#include "tests/support/mmd_test_fail.h"

static const conf_case_t g_two_inputs = {"session_two_inputs",
                                         "graph \"case\" {\n  ir_version 8\n  opset \"\" 17\n"
                                         "  input %left : f32[n,3]\n"
                                         "  input %right : f32[n,3]\n"
                                         "  constant %fill : f32[3] = #0\n"
                                         "  %s = Sub(%left, %right)\n"
                                         "  %y = Add(%s, %fill)\n"
                                         "  output %y\n}\n",
                                         {"n=2"}};

// A net, a session over it and data for one run.
typedef struct fixture_t {
  conf_net_t net;
  conf_data_t data;
  mmd_session_t *session;
} fixture_t;

static void close_fixture(fixture_t *fixture) {
  mmd_session_destroy(fixture->session);
  conf_data_deinit(&fixture->data);
  conf_net_deinit(&fixture->net);
}

static mmd_status_t open_fixture(const conf_context_t *context, fixture_t *out_fixture) {
  *out_fixture = (fixture_t){0};
  mmd_status_t status = conf_net_create(context, &g_two_inputs, &out_fixture->net);
  if (!status) status = conf_data_create(&out_fixture->net, "n=2", 1, &out_fixture->data);
  const mmd_session_options_t options = conf_options(&out_fixture->net);
  if (!status) status = mmd_session_create(context->backend, &options, &out_fixture->session);
  if (status) close_fixture(out_fixture);
  return status;
}

static bool computes(const conf_context_t *context) {
  const char *reason;
  return conf_expectation(context->table->name, "static_shape.values", &reason) == CONF_PASS;
}

//===--- the table ---------------------------------------------------------===//

static mmd_status_t check_table(const conf_context_t *context) {
  const mmdeploy_backend_t *table = context->table;
  if (!table->description || !*table->description)
    return MMD_ERROR(MMD_MISMATCH, "there is no description");
  if (!mmd_backend_version(context->backend) || !*mmd_backend_version(context->backend)) {
    return MMD_ERROR(MMD_MISMATCH, "an opened backend has no version");
  }
  if (!mmd_backend_library(context->backend))
    return MMD_ERROR(MMD_MISMATCH, "the library's path is NULL");
  const void *buffers[] = {(const void *)(uintptr_t)table->buffer_allocate,
                           (const void *)(uintptr_t)table->buffer_free,
                           (const void *)(uintptr_t)table->buffer_copy};
  const bool has_buffers = buffers[0] != NULL;
  if ((buffers[1] != NULL) != has_buffers || (buffers[2] != NULL) != has_buffers) {
    return MMD_ERROR(MMD_MISMATCH, "some functions of device buffers are missing");
  }
  return NULL;
}

static mmd_status_t check_devices(const conf_context_t *context) {
  const mmdeploy_backend_device_t *devices = NULL;
  size_t count = 0;
  MMD_TRY(mmd_backend_devices(context->backend, &devices, &count));
  if (!count) return MMD_ERROR(MMD_MISMATCH, "no device is listed");
  for (size_t i = 0; i < count; ++i) {
    if (!devices[i].name || !*devices[i].name || devices[i].count < 1) {
      return MMD_ERROR(MMD_MISMATCH, "device %zu has no name or no members", i);
    }
  }
  return NULL;
}

static mmd_status_t check_missing_library(const conf_context_t *context) {
  mmdeploy_plugin_error_t error = {0};
  void *backend = NULL;
  const int32_t code = context->table->open("/nonexistent/libengine.so", &backend, &error);
  if (!code) context->table->close(backend);
  return conf_expect(
      mmd_plugin_error_status(code, &error),
      CONF_CODE(MMD_UNAVAILABLE) | CONF_CODE(MMD_NOT_FOUND) | CONF_CODE(MMD_INVALID_ARGUMENT),
      "/nonexistent/libengine.so");
}

//===--- lives -------------------------------------------------------------===//

static mmd_status_t live_many_times(const conf_context_t *context, const conf_net_t *net,
                                    const conf_data_t *data, int times) {
  const mmd_session_options_t options = conf_options(net);
  for (int i = 0; i < times; ++i) {
    mmd_session_t *session = NULL;
    MMD_TRY(mmd_session_create(context->backend, &options, &session));
    mmd_status_t status = i % 10 == 0 ? conf_run(session, data, computes(context)) : NULL;
    mmd_session_destroy(session);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t check_create_destroy(const conf_context_t *context) {
  fixture_t fixture;
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status =
      live_many_times(context, &fixture.net, &fixture.data, 1);  // what stays for good is made here
  if (!status) {
    mmd_test_fail_begin(0, false);
    status = live_many_times(context, &fixture.net, &fixture.data, 100);
    const size_t left = mmd_test_live_blocks();
    mmd_test_fail_end();
    if (!status && left)
      status = MMD_ERROR(MMD_MISMATCH, "%zu blocks are left behind 100 sessions", left);
  }
  close_fixture(&fixture);
  return status;
}

static mmd_status_t check_destroy_null(const conf_context_t *context) {
  context->table->session_destroy(NULL);
  return NULL;
}

static mmd_status_t check_two_sessions(const conf_context_t *context) {
  fixture_t a, b;
  MMD_TRY(open_fixture(context, &a));
  mmd_status_t status = open_fixture(context, &b);
  if (!status) {
    status = conf_run(a.session, &a.data, computes(context));
    if (!status) status = conf_run(b.session, &b.data, computes(context));
    mmd_session_destroy(a.session);
    a.session = NULL;
    if (!status) status = conf_run(b.session, &b.data, computes(context));
    close_fixture(&b);
  }
  close_fixture(&a);
  return status;
}

// Results stay as they were while the session goes on.
static mmd_status_t check_results_stay(const conf_context_t *context) {
  fixture_t fixture;
  mmd_tensor_t first = {0}, copy = {0}, second = {0};
  conf_data_t other = {0};
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status = conf_data_create(&fixture.net, "n=2", 99, &other);
  if (!status) status = mmd_session_run(fixture.session, fixture.data.inputs, 2, &first, 1);
  if (!status) status = mmd_tensor_copy(&first, &copy);
  if (!status) status = mmd_session_run(fixture.session, other.inputs, 2, &second, 1);
  if (!status && !mmd_tensor_equal(&first, &copy)) {
    status = MMD_ERROR(MMD_MISMATCH, "a later run changed the results of an earlier one");
  }
  mmd_tensor_deinit(&first);
  mmd_tensor_deinit(&copy);
  mmd_tensor_deinit(&second);
  conf_data_deinit(&other);
  close_fixture(&fixture);
  return status;
}

//===--- wrong arguments ---------------------------------------------------===//

// Runs with |right| in the place of the second input; a good run after it must still work.
static mmd_status_t run_wrong(const conf_context_t *context, mmd_dtype_t dtype, int rank,
                              const int64_t *dims, const char *part) {
  fixture_t fixture;
  mmd_tensor_t inputs[2], output = {0}, wrong = {0};
  mmd_shape_t shape;
  MMD_TRY(mmd_shape_make(rank, dims, &shape));
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status = conf_fill(dtype, &shape, 1, &wrong);
  inputs[0] = fixture.data.inputs[0];
  inputs[1] = wrong;
  if (!status) {
    status = conf_expect(mmd_session_run(fixture.session, inputs, 2, &output, 1),
                         CONF_CODE(MMD_INVALID_ARGUMENT), part);
  }
  if (!status && output.storage) status = MMD_ERROR(MMD_MISMATCH, "a failed run left an output");
  if (!status) status = conf_run(fixture.session, &fixture.data, computes(context));
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&wrong);
  close_fixture(&fixture);
  return status;
}

static mmd_status_t check_wrong_dtype(const conf_context_t *context) {
  return run_wrong(context, MMD_F64, 2, (int64_t[]){2, 3}, "right");
}

static mmd_status_t check_wrong_rank(const conf_context_t *context) {
  return run_wrong(context, MMD_F32, 3, (int64_t[]){2, 3, 1}, "right");
}

static mmd_status_t check_wrong_dims(const conf_context_t *context) {
  return run_wrong(context, MMD_F32, 2, (int64_t[]){2, 4}, "right");
}

static mmd_status_t check_wrong_count(const conf_context_t *context) {
  fixture_t fixture;
  mmd_tensor_t outputs[2] = {0};
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status =
      conf_expect(mmd_session_run(fixture.session, fixture.data.inputs, 1, outputs, 1),
                  CONF_CODE(MMD_INVALID_ARGUMENT), fixture.net.name);
  if (!status) {
    status = conf_expect(mmd_session_run(fixture.session, fixture.data.inputs, 2, outputs, 2),
                         CONF_CODE(MMD_INVALID_ARGUMENT), fixture.net.name);
  }
  close_fixture(&fixture);
  return status;
}

static mmd_status_t check_unpacked(const conf_context_t *context) {
  fixture_t fixture;
  mmd_tensor_t inputs[2], output = {0}, wide = {0}, cut = {0};
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status = conf_fill(MMD_F32, &(mmd_shape_t){2, {2, 5}}, 1, &wide);
  if (!status) status = mmd_tensor_slice(&wide, 1, 0, 3, &cut);
  inputs[0] = fixture.data.inputs[0];
  inputs[1] = cut;
  if (!status) {
    status = conf_expect(mmd_session_run(fixture.session, inputs, 2, &output, 1),
                         CONF_CODE(MMD_INTERNAL), "right");
  }
  mmd_tensor_deinit(&cut);
  mmd_tensor_deinit(&wide);
  close_fixture(&fixture);
  return status;
}

// Sizes that only the operators can find wrong: a failed run says so, and the session goes on.
static mmd_status_t check_run_failure(const conf_context_t *context) {
  fixture_t fixture;
  mmd_tensor_t inputs[2], output = {0}, wrong = {0};
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status = conf_fill(MMD_F32, &(mmd_shape_t){2, {5, 3}}, 1, &wrong);
  inputs[0] = fixture.data.inputs[0];
  inputs[1] = wrong;
  if (!status) {
    status = conf_expect(mmd_session_run(fixture.session, inputs, 2, &output, 1), CONF_ANY_CODE,
                         fixture.net.name);
  }
  if (!status && output.storage) status = MMD_ERROR(MMD_MISMATCH, "a failed run left an output");
  if (!status) status = conf_run(fixture.session, &fixture.data, computes(context));
  mmd_tensor_deinit(&output);
  mmd_tensor_deinit(&wrong);
  close_fixture(&fixture);
  return status;
}

//===--- threads -----------------------------------------------------------===//

enum { THREADS = 4, RUNS = 25 };

typedef struct worker_t {
  const conf_context_t *context;
  const conf_net_t *net;
  mmd_session_t *session;
  unsigned seed;
  pthread_t thread;
  mmd_status_t status;
} worker_t;

static mmd_status_t work(const worker_t *worker) {
  for (unsigned i = 0; i < RUNS; ++i) {
    conf_data_t data;
    static const char *const sizes[] = {"n=2", "n=7",
                                        "n=3000"};  // the last is worth several threads
    const bool is_dynamic =
        (worker->context->table->features & MMDEPLOY_BACKEND_DYNAMIC_SHAPES) != 0;
    MMD_TRY(conf_data_create(worker->net, sizes[is_dynamic ? i % 3 : 0], worker->seed * 100 + i,
                             &data));
    mmd_status_t status = conf_run(worker->session, &data, computes(worker->context));
    conf_data_deinit(&data);
    MMD_TRY(status);
  }
  return NULL;
}

static void *run_worker(void *argument) {
  worker_t *worker = argument;
  worker->status = work(worker);
  return NULL;
}

static mmd_status_t run_workers(const conf_context_t *context, const fixture_t *fixture,
                                mmd_session_t *session) {
  worker_t workers[THREADS];
  for (unsigned i = 0; i < THREADS; ++i) {
    workers[i] =
        (worker_t){.context = context, .net = &fixture->net, .session = session, .seed = i};
    if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0) {
      workers[i].context = NULL;
      workers[i].status = MMD_ERROR(MMD_INTERNAL, "no thread");
    }
  }
  mmd_status_t status = NULL;
  for (unsigned i = 0; i < THREADS; ++i) {
    if (workers[i].context) pthread_join(workers[i].thread, NULL);
    status = mmd_status_join(status, workers[i].status);
  }
  return status;
}

// One session with a pool of its own, several callers. The host serialises runs of backends that
// cannot do it, so all pass.
static mmd_status_t check_threads(const conf_context_t *context) {
  fixture_t fixture;
  mmd_pool_t *pool = NULL;
  mmd_session_t *session = NULL;
  MMD_TRY(open_fixture(context, &fixture));
  mmd_status_t status = mmd_pool_create(3, &pool);
  mmd_session_options_t options = conf_options(&fixture.net);
  options.pool = pool;
  options.threads = 2;
  if (!status) status = mmd_session_create(context->backend, &options, &session);
  if (!status) status = run_workers(context, &fixture, session);
  mmd_session_destroy(session);
  mmd_pool_destroy(pool);
  close_fixture(&fixture);
  return status;
}

const conf_check_t conf_session_checks[] = {
    {"table", check_table},
    {"devices", check_devices},
    {"missing_library", check_missing_library},
    {"create_destroy", check_create_destroy},
    {"destroy_null", check_destroy_null},
    {"two_sessions", check_two_sessions},
    {"results_stay", check_results_stay},
    {"wrong_dtype", check_wrong_dtype},
    {"wrong_rank", check_wrong_rank},
    {"wrong_dims", check_wrong_dims},
    {"wrong_count", check_wrong_count},
    {"unpacked", check_unpacked},
    {"run_failure", check_run_failure},
    {"threads", check_threads},
    {NULL, NULL},
};
