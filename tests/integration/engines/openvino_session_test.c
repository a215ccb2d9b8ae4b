// SPDX-License-Identifier: Apache-2.0
//
// Sessions of OpenVINO: the cache of compiled networks, threads and streams, an answer that memory
// is short, weights in half precision, bounds of sizes.
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "tests/integration/engines/engine_testing.h"

static engine_net_t g_net;

static int set_up(void **state) {
  (void)state;
  engine_net_init(&g_net, engine_find("openvino"));
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  engine_net_deinit(&g_net);
  return 0;
}

static void check_sums(const char *options) {
  mmd_session_t *session = NULL;
  double last = 0;
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, options, &session));
  mmd_assert_ok(engine_run_ones(session, 2, 3, 2, &last));
  assert_true(last == 15);
  mmd_session_destroy(session);
}

//===--- cache -------------------------------------------------------------===//

enum { LAYERS = 60, STARTS = 3 };

// Many convolutions, so that compiling takes its time.
static void write_deep_net(void) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_append(&text,
                               "graph \"g\" { opset \"\" 20 input %x0 : f32[n,64,h,w] "
                               "constant %w : f32[64,64,3,3] = #0 constant %b : f32[64] = #0 "));
  for (int i = 0; i < LAYERS; ++i) {
    mmd_assert_ok(mmd_str_printf(
        &text, "%%c%d = Conv(%%x%d, %%w, %%b) {pads = [1, 1, 1, 1]} %%x%d = Sigmoid(%%c%d) ", i, i,
        i + 1, i));
  }
  mmd_assert_ok(mmd_str_printf(&text, "output %%x%d }", LAYERS));
  engine_net_write_text(&g_net, mmd_str_text(&text), NULL);
  mmd_str_deinit(&text);
}

static double start_seconds(const char *options) {
  mmd_session_t *session = NULL;
  const uint64_t begin = mmd_time_ns();
  mmd_assert_ok(engine_net_open(&g_net, NULL, options, &session));
  const double seconds = (double)(mmd_time_ns() - begin) * 1e-9;
  mmd_session_destroy(session);
  return seconds;
}

static size_t count_files(const char *folder) {
  char **names = NULL;
  size_t count = 0;
  mmd_assert_ok(mmd_path_list(folder, &names, &count));
  for (size_t i = 0; i < count; ++i) mmd_free(names[i]);
  mmd_free(names);
  return count;
}

// Of several starts the fastest, since other programs only slow them.
static double fastest_start(const char *cache) {
  char options[1200];
  double best = 1e9;
  for (int i = 0; i < STARTS; ++i) {
    snprintf(options, sizeof options, "{\"cache_dir\": \"%s\"}", cache);
    const double seconds = start_seconds(cache ? options : "{}");
    best = seconds < best ? seconds : best;
  }
  return best;
}

static void second_start_is_faster(void **state) {
  (void)state;
  engine_open(g_net.engine);
  char *cache = mmd_path_join(g_net.folder, "cache");
  write_deep_net();
  const double plain = fastest_start(NULL);
  fastest_start(cache);  // the first one writes
  assert_true(count_files(cache) > 0);
  const double cached = fastest_start(cache);
  print_message("start %.1f ms, from the cache %.1f ms\n", plain * 1e3, cached * 1e3);
  assert_true(cached < plain);
  mmd_free(cache);
}

// What the cache holds is not what it was.
static void broken_cache(void **state) {
  (void)state;
  char options[1200], **names = NULL;
  size_t count = 0;
  engine_open(g_net.engine);
  char *cache = mmd_path_join(g_net.folder, "cache");
  snprintf(options, sizeof options, "{\"cache_dir\": \"%s\"}", cache);
  check_sums(options);
  mmd_assert_ok(mmd_path_list(cache, &names, &count));
  assert_true(count > 0);
  for (size_t i = 0; i < count; ++i) {
    char *path = mmd_path_join(cache, names[i]);
    mmd_assert_ok(mmd_file_write(path, "no network", 10));
    mmd_free(path);
    mmd_free(names[i]);
  }
  mmd_free(names);
  check_sums(options);  // made anew
  mmd_free(cache);
}

static void cache_that_cannot_be(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
  mmd_status_t status =
      engine_net_open(&g_net, NULL, "{\"cache_dir\": \"/proc/no/such/folder\"}", &session);
  // The engine may go without; what it must not do is end the process.
  if (status) {
    assert_non_null(strstr(mmd_status_message(status), "OpenVINO"));
    mmd_status_free(status);
  } else {
    mmd_session_destroy(session);
  }
  check_sums(NULL);
}

//===--- threads and streams -----------------------------------------------===//

typedef struct worker_t {
  mmd_session_t *session;
  double last;
  mmd_status_t status;
} worker_t;

static void *run_often(void *opaque) {
  worker_t *worker = opaque;
  for (int i = 0; i < 20 && !worker->status; ++i)
    worker->status = engine_run_ones(worker->session, 1 + i % 3, 8, 8, &worker->last);
  return NULL;
}

// Each stream has its own worker of ours, and more of these than streams.
static void check_streams(const char *options) {
  enum { WORKERS = 3 };
  worker_t workers[WORKERS] = {{0}};
  pthread_t threads[WORKERS];
  mmd_session_t *session = NULL;
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, options, &session));
  for (int i = 0; i < WORKERS; ++i) {
    workers[i].session = session;
    assert_int_equal(pthread_create(&threads[i], NULL, run_often, &workers[i]), 0);
  }
  for (int i = 0; i < WORKERS; ++i) {
    pthread_join(threads[i], NULL);
    mmd_assert_ok(workers[i].status);
    assert_true(workers[i].last == 15);
  }
  mmd_session_destroy(session);
}

static void threads_and_streams(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  check_streams("{}");
  check_streams("{\"streams\": 2, \"performance\": \"throughput\"}");
  check_streams("{\"performance\": \"default\", \"precision\": \"default\"}");
  mmd_assert_fails(engine_net_open(&g_net, NULL, "{\"streams\": 5000}", &session),
                   MMD_INVALID_ARGUMENT, "streams");
  mmd_assert_fails(
      engine_net_open(&g_net, NULL, "{\"config\": {\"NUM_STREAMS\": \"many\"}}", &session),
      MMD_INVALID_ARGUMENT, "many");
}

//===--- memory ------------------------------------------------------------===//

// Copies of one number, as many as |batch| says twice.
static mmd_status_t run_absurd(mmd_session_t *session, int64_t batch) {
  const int64_t sizes[] = {batch, batch};
  mmd_tensor_t inputs[2], out = {0};
  mmd_assert_ok(mmd_tensor_scalar_f32(1, &inputs[0]));
  mmd_assert_ok(mmd_tensor_from_i64(sizes, 2, &inputs[1]));
  mmd_status_t status = mmd_session_run(session, inputs, 2, &out, 1);
  mmd_tensor_deinit(&inputs[0]);
  mmd_tensor_deinit(&inputs[1]);
  mmd_tensor_deinit(&out);
  return status;
}

static void check_short_memory(const char *options) {
  mmd_session_t *session = NULL;
  engine_net_write_text(&g_net,
                        "graph \"g\" { opset \"\" 20 input %x : f32[] input %s : i64[2] "
                        "%y = Expand(%x, %s) output %y }",
                        NULL);
  mmd_assert_ok(engine_net_open(&g_net, NULL, options, &session));
  mmd_assert_ok(run_absurd(session, 3));
  mmd_assert_fails(run_absurd(session, 1 << 20), MMD_OUT_OF_MEMORY, "OpenVINO");
  mmd_assert_ok(run_absurd(session, 3));
  mmd_session_destroy(session);
  check_sums(NULL);
}

// Also with a stream of one thread, in which the engine would keep the failure to itself.
static void short_memory(void **state) {
  (void)state;
  engine_open(g_net.engine);
  check_short_memory(NULL);
  check_short_memory("{\"streams\": 1}");
  check_short_memory("{\"config\": {\"INFERENCE_NUM_THREADS\": \"2\"}}");
}

//===--- shapes that do not fit --------------------------------------------===//

static mmd_status_t run_sizes(mmd_session_t *session, int64_t a, int64_t b) {
  mmd_tensor_t inputs[2], out = {0};
  const mmd_shape_t shapes[] = {{1, {a}}, {1, {b}}};
  for (int i = 0; i < 2; ++i)
    mmd_assert_ok(mmd_tensor_create(MMD_F32, &shapes[i], true, &inputs[i]));
  mmd_status_t status = mmd_session_run(session, inputs, 2, &out, 1);
  if (!status) assert_int_equal(out.shape.dims[0], a);
  mmd_tensor_deinit(&inputs[0]);
  mmd_tensor_deinit(&inputs[1]);
  mmd_tensor_deinit(&out);
  return status;
}

// Two sizes of which the network's types do not say that they are equal.
static void sizes_that_do_not_fit(void **state) {
  (void)state;
  static const char *const options[] = {"{}", "{\"streams\": 1}",
                                        "{\"config\": {\"INFERENCE_NUM_THREADS\": \"2\"}}"};
  engine_open(g_net.engine);
  engine_net_write_text(&g_net,
                        "graph \"g\" { opset \"\" 20 input %a : f32[n] input %b : f32[m] "
                        "%y = Add(%a, %b) output %y }",
                        NULL);
  for (size_t i = 0; i < sizeof options / sizeof *options; ++i) {
    mmd_session_t *session = NULL;
    mmd_assert_ok(engine_net_open(&g_net, NULL, options[i], &session));
    mmd_assert_ok(run_sizes(session, 3, 3));
    mmd_assert_fails(run_sizes(session, 3, 4), MMD_INVALID_ARGUMENT, "mismatch");
    mmd_assert_ok(run_sizes(session, 5, 5));
    mmd_session_destroy(session);
  }
}

//===--- files -------------------------------------------------------------===//

// A package in an archive has no paths; |size| bytes of the weights are given.
static mmd_status_t open_memory(size_t size, mmd_session_t **out_session) {
  char *net = NULL, *weights = NULL;
  size_t net_size = 0, weights_size = 0;
  mmd_storage_t *net_bytes = NULL, *weight_bytes = NULL;
  mmd_assert_ok(mmd_file_read(g_net.net, (size_t)1 << 20, &net, &net_size));
  mmd_assert_ok(mmd_file_read(g_net.weights, (size_t)1 << 20, &weights, &weights_size));
  assert_true(size <= weights_size);
  // Memory of its own, so that tools see who reads behind it.
  char *part = mmd_alloc(size + 1);
  assert_non_null(part);
  memcpy(part, weights, size);
  mmd_assert_ok(mmd_storage_borrow(net, net_size, NULL, NULL, &net_bytes));
  if (size) mmd_assert_ok(mmd_storage_borrow(part, size, NULL, NULL, &weight_bytes));
  const mmd_session_options_t options = {
      .name = "net", .net = net_bytes, .weights = weight_bytes, .threads = 1};
  mmd_status_t status = mmd_session_create(engine_open(g_net.engine), &options, out_session);
  if (!status) {
    double last = 0;
    mmd_assert_ok(engine_run_ones(*out_session, 1, 2, 2, &last));
    assert_true(last == 15);
    mmd_session_destroy(*out_session);
  }
  mmd_storage_release(net_bytes);
  mmd_storage_release(weight_bytes);
  mmd_free(net);
  mmd_free(weights);
  mmd_free(part);
  return status;
}

static void files_in_memory(void **state) {
  (void)state;
  mmd_session_t *session = NULL;
  engine_open(g_net.engine);
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
  mmd_assert_ok(open_memory(24, &session));
  mmd_assert_fails(open_memory(20, &session), MMD_INVALID_ARGUMENT, "OpenVINO");
  mmd_assert_fails(open_memory(1, &session), MMD_INVALID_ARGUMENT, "OpenVINO");
  mmd_assert_fails(open_memory(0, &session), MMD_INVALID_ARGUMENT, "OpenVINO");
  engine_file_cut(g_net.net, 300);
  mmd_assert_fails(open_memory(24, &session), MMD_INVALID_ARGUMENT, "OpenVINO");
}

static uint64_t weights_size(const char *precision) {
  uint64_t size = 0;
  engine_net_write_text(&g_net,
                        "graph \"g\" { opset \"\" 20 input %x : f32[n,100] "
                        "constant %w : f32[100,300] = #0 %y = MatMul(%x, %w) output %y }",
                        &(engine_settings_t){NULL, precision});
  mmd_assert_ok(mmd_path_size(g_net.weights, &size));
  return size;
}

static void half_weights(void **state) {
  (void)state;
  assert_int_equal(weights_size("FP32"), 4 * 30000);
  assert_int_equal(weights_size("FP16"), 2 * 30000);
}

static void has_text(const char *part) {
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(g_net.net, (size_t)1 << 20, &text, &size));
  if (!strstr(text, part)) fail_msg("%s is not in\n%s", part, text);
  mmd_free(text);
}

static void bounds(void **state) {
  (void)state;
  engine_net_write_text(&g_net, ENGINE_SUMS, NULL);
  has_text("shape=\"?,3,?,?\"");
  engine_net_write_text(
      &g_net, ENGINE_SUMS,
      &(engine_settings_t){"{\"model_inputs\": [{\"input_shapes\": {\"x\": {\"min_shape\": [1, 3, "
                           "32, 32], \"max_shape\": [4, 3, 640, 1344]}}}]}",
                           NULL});
  has_text("shape=\"1..4,3,32..640,32..1344\"");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(second_start_is_faster, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_cache, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cache_that_cannot_be, set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_and_streams, set_up, tear_down),
      cmocka_unit_test_setup_teardown(short_memory, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sizes_that_do_not_fit, set_up, tear_down),
      cmocka_unit_test_setup_teardown(files_in_memory, set_up, tear_down),
      cmocka_unit_test_setup_teardown(half_weights, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bounds, set_up, tear_down),
  };
  return mmd_test_exit_status(cmocka_run_group_tests(tests, NULL, NULL));
}
