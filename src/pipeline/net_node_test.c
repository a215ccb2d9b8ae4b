// SPDX-License-Identifier: Apache-2.0
//
// Module Net: batches, what nets of odd kinds need, sharing, failures. The backend here is part of
// the test: "output" is the sum of each row of its inputs, and it notes how many rows each run had.
//
// test-labels: thread
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "pipeline/package_testing.h"
#include "pipeline/pipeline.h"
#include "pipeline/registry.h"
#include "runtime/session.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "value/json.h"

const mmd_component_t *const mmd_postprocess_registry[] = {NULL};
const mmd_component_t *const mmd_task_module_registry[] = {NULL};
const char *const mmd_task_registry[] = {NULL};

//===--- the backend -------------------------------------------------------===//

enum { MAX_RUNS = 256 };
static atomic_int g_runs, g_sessions, g_made;
static int64_t g_rows[MAX_RUNS];  // of each run
static int g_fail_at;             // run that fails; 0 = none
static mmd_cancel_t *g_cancel;    // requested by the first run

typedef struct lab_session_t {
  char kind;  // 'n'ormal, 'f'lat output, 'z'ero rows, 't'wo inputs
  int64_t batch;
  mmdeploy_plugin_tensor_info_t inputs[2], outputs[2];
} lab_session_t;

static int32_t lab_open(const char *path, void **out_backend, mmdeploy_plugin_error_t *error) {
  static int nothing;
  (void)path;
  (void)error;
  *out_backend = &nothing;
  return 0;
}

static void lab_close(void *backend) {
  (void)backend;
}

static const char *lab_text(void *backend) {
  (void)backend;
  return "";
}

static int32_t lab_devices(void *backend, const mmdeploy_backend_device_t **out_devices,
                           size_t *out_count, mmdeploy_plugin_error_t *error) {
  static const mmdeploy_backend_device_t devices[] = {{"cpu", 4}};
  (void)backend;
  (void)error;
  *out_devices = devices;
  *out_count = 1;
  return 0;
}

static int32_t lab_fail(mmdeploy_plugin_error_t *error, int32_t code, const char *text) {
  error->code = code;
  snprintf(error->message, sizeof error->message, "%s", text);
  return code;
}

// The net file: the kind and the first number of all shapes, as "n -1".
static int32_t lab_create(void *backend, const mmdeploy_session_desc_t *desc, void **out_session,
                          mmdeploy_plugin_error_t *error) {
  (void)backend;
  lab_session_t *session = mmd_alloc(sizeof *session);
  if (!session) return lab_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  char text[16] = {0};
  memcpy(text, desc->net_data, desc->net_size < 15 ? desc->net_size : 15);
  session->kind = text[0];
  session->batch = strtol(text + 1, NULL, 10);
  const mmdeploy_plugin_tensor_info_t info = {
      .dtype = MMDEPLOY_PLUGIN_F32, .rank = 2, .dims = {session->batch, -1}};
  session->inputs[0] = session->inputs[1] = session->outputs[0] = session->outputs[1] = info;
  session->inputs[0].name = "input";
  session->inputs[1].name = "mask";
  session->outputs[0].name = "output";
  session->outputs[1].name = "dets";
  session->outputs[1].rank = 3;
  session->outputs[1].dims[1] = -1;
  session->outputs[1].dims[2] = 5;
  if (session->kind == 'f') session->outputs[0].dims[0] = -1;
  atomic_fetch_add(&g_sessions, 1);
  atomic_fetch_add(&g_made, 1);
  *out_session = session;
  return 0;
}

static void lab_destroy(void *session) {
  if (session) atomic_fetch_sub(&g_sessions, 1);
  mmd_free(session);
}

static int32_t lab_inputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                          size_t *out_count, mmdeploy_plugin_error_t *error) {
  lab_session_t *session = opaque;
  (void)error;
  *out_infos = session->inputs;
  *out_count = session->kind == 't' ? 2 : 1;
  return 0;
}

static int32_t lab_outputs(void *opaque, const mmdeploy_plugin_tensor_info_t **out_infos,
                           size_t *out_count, mmdeploy_plugin_error_t *error) {
  lab_session_t *session = opaque;
  (void)error;
  *out_infos = session->outputs;
  *out_count = session->kind == 'z' ? 2 : 1;
  return 0;
}

static int32_t lab_run(void *opaque, const mmdeploy_run_tensor_t *inputs, size_t input_count,
                       mmdeploy_run_tensor_t *outputs, size_t output_count,
                       mmdeploy_plugin_error_t *error) {
  const lab_session_t *session = opaque;
  const int64_t rows = inputs[0].dims[0];
  const int run = atomic_fetch_add(&g_runs, 1);
  if (run < MAX_RUNS) g_rows[run] = rows;
  if (run + 1 == g_fail_at) return lab_fail(error, MMDEPLOY_PLUGIN_INTERNAL, "the engine is tired");
  if (g_cancel) mmd_cancel_request(g_cancel);
  const int64_t out_rows = session->kind == 'f' ? rows + 1 : rows;
  float *sums = mmd_alloc((size_t)out_rows * sizeof *sums);
  if (!sums) return lab_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  for (size_t i = 0; i < input_count; ++i) {
    const float *data = inputs[i].data;
    for (int64_t at = 0; at < rows * inputs[i].dims[1]; ++at)
      sums[at / inputs[i].dims[1]] += data[at];
  }
  outputs[0] = (mmdeploy_run_tensor_t){.dtype = MMDEPLOY_PLUGIN_F32,
                                       .rank = 2,
                                       .dims = {out_rows, 1},
                                       .data = sums,
                                       .byte_size = (size_t)out_rows * sizeof *sums,
                                       .owner = sums,
                                       .release = mmd_free};
  if (output_count == 2) {
    outputs[1] =
        (mmdeploy_run_tensor_t){.dtype = MMDEPLOY_PLUGIN_F32, .rank = 3, .dims = {rows, 0, 5}};
  }
  return 0;
}

static const mmdeploy_backend_t *lab_query(uint32_t version, const mmdeploy_host_t *host,
                                           mmdeploy_plugin_error_t *error) {
  static const mmdeploy_backend_t table = {
      .abi_version = MMDEPLOY_BACKEND_ABI_VERSION,
      .struct_size = sizeof table,
      .name = "lab",
      .description = "sums",
      .features = MMDEPLOY_BACKEND_CONCURRENT_RUN | MMDEPLOY_BACKEND_DYNAMIC_SHAPES,
      .sanitizer = "",
      .open = lab_open,
      .close = lab_close,
      .version = lab_text,
      .library = lab_text,
      .devices = lab_devices,
      .session_create = lab_create,
      .session_destroy = lab_destroy,
      .session_inputs = lab_inputs,
      .session_outputs = lab_outputs,
      .run = lab_run,
  };
  (void)version;
  (void)host;
  (void)error;
  return &table;
}

const mmdeploy_backend_query_fn mmd_backend_registry[] = {lab_query, NULL};

//===--- packages ----------------------------------------------------------===//

static int set_up(void **state) {
  g_fail_at = 0;
  g_cancel = NULL;
  return test_folder_set_up(state);
}

static void write_package(const char *net, int batch_size, const char *keys) {
  char text[1024];
  snprintf(
      text, sizeof text,
      "{\"version\": \"0.14.0\", \"models\": [{\"name\": \"lab\", \"net\": \"net\", \"weights\": "
      "\"\", \"backend\": \"lab\", \"precision\": \"FP32\", \"batch_size\": %d, "
      "\"dynamic_shape\": true}]}",
      batch_size);
  test_put("deploy.json", text);
  snprintf(text, sizeof text,
           "{\"pipeline\": {\"input\": \"prep\", \"output\": \"infer\", \"tasks\": [{\"type\": "
           "\"Task\", \"module\": \"Net\", \"name\": \"lab\", \"input\": \"prep\", \"output\": "
           "\"infer\"%s}]}}",
           keys);
  test_put("pipeline.json", text);
  test_put("net", net);
}

static mmd_pipeline_t *open_pipeline(const mmd_pipeline_options_t *options) {
  static const mmd_pipeline_options_t defaults = {.threads = 1};
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipeline = NULL;
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  mmd_assert_ok(mmd_pipeline_create(package, options ? options : &defaults, &pipeline));
  mmd_package_release(package);
  return pipeline;
}

// A tensor of |rows| rows of |width| numbers, all |number|.
static mmd_status_t put_tensor(mmd_value_t *sample, const char *key, int64_t rows, int64_t width,
                               float number) {
  const int64_t dims[2] = {rows, width};
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  MMD_TRY(mmd_shape_make(2, dims, &shape));
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, false, &tensor));
  float *data = mmd_tensor_mutable_data(&tensor);
  for (int64_t i = 0; i < rows * width; ++i) data[i] = number;
  mmd_value_t *value = mmd_value_tensor(&tensor);
  mmd_tensor_deinit(&tensor);
  return mmd_object_take(sample, key, value);
}

// Sample i has the number i + 1 and the i-th of |widths|, of which '0' is 2 rows of 3.
static mmd_status_t make_input(const char *widths, mmd_value_t **out_input) {
  mmd_value_t *input = mmd_value_array(), *batch = mmd_value_array();
  mmd_status_t status = input ? mmd_array_take(input, batch) : mmd_status_no_memory();
  if (!input) mmd_value_release(batch);
  for (int i = 0; widths[i] && !status; ++i) {
    mmd_value_t *sample = mmd_value_object();
    status = mmd_array_take(batch, sample);
    const int64_t width = widths[i] - '0';
    if (!status) {
      status = put_tensor(sample, "img", width ? 1 : 2, width ? width : 3, (float)(i + 1));
    }
    if (!status) status = put_tensor(sample, "mask", 1, 1, 1000);
    if (!status) status = mmd_object_take(sample, "img_metas", mmd_value_int(i));
  }
  *out_input = status ? NULL : input;
  if (status) mmd_value_release(input);
  return status;
}

static float sum_of(const mmd_value_t *results, size_t index) {
  const mmd_tensor_t *tensor =
      mmd_value_get_tensor(mmd_object_get(mmd_array_at(results, index), "output"));
  assert_non_null(tensor);
  assert_int_equal(tensor->shape.dims[1], 1);
  return *(const float *)mmd_tensor_data(tensor);
}

// |rows| tells how many rows each run must have had: "32".
static void check_run(mmd_pipeline_t *pipeline, const char *widths, const char *rows, float more) {
  mmd_value_t *input = NULL, *output = NULL;
  mmd_assert_ok(make_input(widths, &input));
  atomic_store(&g_runs, 0);
  mmd_assert_ok(mmd_pipeline_run(pipeline, input, &output));
  const mmd_value_t *results = mmd_array_at(output, 0);
  assert_int_equal(mmd_array_size(results), strlen(widths));
  for (size_t i = 0; widths[i]; ++i) {
    const int width = widths[i] == '0' ? 3 : widths[i] - '0';
    assert_true(sum_of(results, i) == (float)((int)(i + 1) * width) + more);
  }
  assert_int_equal(atomic_load(&g_runs), strlen(rows));
  for (size_t i = 0; rows[i]; ++i) assert_int_equal(g_rows[i], rows[i] - '0');
  mmd_value_release(output);
  mmd_value_release(input);
}

#define MAPPED ", \"input_map\": {\"img\": \"input\"}"
#define BATCHED ", \"is_batched\": true" MAPPED

static void check_batches(const char *net, int batch_size, const char *keys, const char *widths,
                          const char *rows, float more) {
  write_package(net, batch_size, keys);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  check_run(pipeline, widths, rows, more);
  check_run(pipeline, widths, rows, more);
  mmd_pipeline_destroy(pipeline);
}

//===--- batches -----------------------------------------------------------===//

static void groups_equal_shapes(void **state) {
  (void)state;
  check_batches("n -1", 1, BATCHED, "23223", "32", 0);
  check_batches("n -1", 1, BATCHED, "", "", 0);
  check_batches("n -1", 2, BATCHED, "23223", "221", 0);
  check_batches("n -1", 3, MAPPED, "22222222", "332", 0);
  check_batches("n -1", 1, MAPPED, "222", "111", 0);  // nobody said that it takes more
  check_batches("n 1", 8, BATCHED, "222", "111", 0);  // it cannot take more
  check_batches("t -1", 1, BATCHED, "2322", "31", 1000);
}

static void fills_fixed_batches(void **state) {
  (void)state;
  check_batches("n 4", 1, MAPPED, "222222", "44", 0);
  check_batches("n 4", 1, MAPPED, "232", "44", 0);
  check_batches("t 2", 1, MAPPED, "222", "22", 1000);
}

static void samples_may_be_batches(void **state) {
  (void)state;
  check_batches("n -1", 1, BATCHED, "20203", "2221", 0);
  check_batches("n 2", 1, BATCHED, "00", "22", 0);
}

static void takes_odd_nets_apart(void **state) {
  (void)state;
  write_package("f -1", 1, BATCHED);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  check_run(pipeline, "2223", "31111", 0);  // tried together once
  check_run(pipeline, "2223", "1111", 0);
  mmd_pipeline_destroy(pipeline);
  write_package("f 2", 1, BATCHED);
  pipeline = open_pipeline(NULL);
  mmd_value_t *input = NULL, *output = NULL;
  mmd_assert_ok(make_input("22", &input));
  mmd_assert_fails(mmd_pipeline_run(pipeline, input, &output), MMD_NOT_SUPPORTED,
                   "its outputs do not begin with the batch");
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

static void keeps_to_the_shapes_it_was_built_for(void **state) {
  (void)state;
  test_put(
      "detail.json",
      "{\"backend_config\": {\"model_inputs\": [{\"input_shapes\": {\"input\": {\"min_shape\": [1, "
      "2], \"max_shape\": [3, 9]}}}]}}");
  check_batches("n -1", 1, BATCHED, "2222222", "331", 0);
  check_batches("n -1", 2, BATCHED, "22222", "221", 0);
  test_put("detail.json", "no JSON");
  check_batches("n -1", 1, BATCHED, "2222222", "7", 0);
}

static void gives_empty_outputs(void **state) {
  (void)state;
  mmd_value_t *input = NULL, *output = NULL;
  write_package("z -1", 1, BATCHED);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  mmd_assert_ok(make_input("22", &input));
  mmd_assert_ok(mmd_pipeline_run(pipeline, input, &output));
  for (size_t i = 0; i < 2; ++i) {
    const mmd_value_t *result = mmd_array_at(mmd_array_at(output, 0), i);
    const mmd_tensor_t *dets = mmd_value_get_tensor(mmd_object_get(result, "dets"));
    assert_non_null(dets);
    assert_int_equal(dets->shape.rank, 3);
    assert_int_equal(dets->shape.dims[0], 1);
    assert_int_equal(dets->shape.dims[1], 0);
    assert_int_equal(dets->shape.dims[2], 5);
  }
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

// A partitioned model: the tensors of the first net are the input of the second.
static void runs_several_nets(void **state) {
  (void)state;
#define NET(name, file)                           \
  "{\"name\": \"" name "\", \"net\": \"" file     \
  "\", \"weights\": \"\", \"backend\": \"lab\", " \
  "\"precision\": \"FP32\", \"batch_size\": 1, \"dynamic_shape\": true}"
  test_put("deploy.json", "{\"version\": \"1.3.1\", \"models\": [" NET("first", "a") ", " NET(
                              "second", "b") "], \"customs\": [\"x.txt\"], \"more\": null}");
  test_put("a", "n -1");
  test_put("b", "n 1");
  test_put(
      "pipeline.json",
      "{\"pipeline\": {\"input\": \"prep\", \"output\": [\"infer\", \"middle\"], \"tasks\": "
      "[{\"type\": "
      "\"Task\", \"module\": \"Net\", \"name\": \"second\", \"input\": \"middle\", \"output\": "
      "\"infer\", \"input_map\": {\"output\": \"input\"}}, {\"type\": \"Task\", \"module\": "
      "\"Net\", "
      "\"name\": \"first\", \"is_batched\": true, \"input\": \"prep\", \"output\": \"middle\", "
      "\"input_map\": {\"img\": \"input\"}, \"output_map\": {}}]}}");
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  check_run(pipeline, "2232", "311111", 0);
  mmd_pipeline_destroy(pipeline);
}

//===--- calls -------------------------------------------------------------===//

static void stops_between_chunks(void **state) {
  (void)state;
  mmd_value_t *input = NULL, *output = NULL;
  write_package("n -1", 2, BATCHED);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  mmd_assert_ok(make_input("222222", &input));
  mmd_assert_ok(mmd_cancel_create(&g_cancel));
  const mmd_call_t call = {.cancel = g_cancel};
  atomic_store(&g_runs, 0);
  mmd_assert_fails(mmd_pipeline_run_call(pipeline, &call, input, &output, NULL), MMD_CANCELLED,
                   "pipeline.tasks[0]: the call was cancelled");
  assert_int_equal(atomic_load(&g_runs), 1);
  assert_null(output);
  mmd_cancel_release(g_cancel);
  g_cancel = NULL;
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

static void shows_raw_outputs(void **state) {
  (void)state;
  mmd_value_t *input = NULL, *output = NULL, *raw = NULL;
  write_package("n -1", 2, BATCHED);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  mmd_assert_ok(make_input("223", &input));
  mmd_assert_ok(mmd_pipeline_run_call(pipeline, NULL, input, &output, &raw));
  assert_int_equal(mmd_array_size(raw), 1);
  const mmd_value_t *entry = mmd_array_at(raw, 0);
  assert_string_equal(mmd_value_get_string(mmd_object_get(entry, "net"), ""), "lab");
  assert_string_equal(mmd_value_get_string(mmd_object_get(entry, "node"), ""), "pipeline.tasks[0]");
  assert_true(sum_of(mmd_object_get(entry, "outputs"), 2) == 9);
  mmd_value_release(raw);
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
}

static void reports_each_failing_run(void **state) {
  (void)state;
  write_package("n -1", 2, BATCHED);
  mmd_pipeline_t *pipeline = open_pipeline(NULL);
  for (g_fail_at = 1; g_fail_at <= 4; ++g_fail_at) {
    mmd_value_t *input = NULL, *output = NULL;
    mmd_assert_ok(make_input("2222223", &input));
    atomic_store(&g_runs, 0);
    mmd_assert_fails(mmd_pipeline_run(pipeline, input, &output), MMD_INTERNAL,
                     "pipeline.tasks[0]: net 'lab': the engine is tired");
    assert_int_equal(atomic_load(&g_runs), g_fail_at);
    mmd_value_release(input);
  }
  g_fail_at = 0;
  check_run(pipeline, "2222223", "2221", 0);
  mmd_pipeline_destroy(pipeline);
}

//===--- callers -----------------------------------------------------------===//

typedef struct caller_t {
  mmd_pipeline_t *pipeline;
  bool is_good;
} caller_t;

static void *run_often(void *context) {
  caller_t *caller = context;
  mmd_value_t *input = NULL;
  caller->is_good = !mmd_status_ignore(make_input("232", &input));
  for (int i = 0; i < 25 && caller->is_good; ++i) {
    mmd_value_t *output = NULL;
    caller->is_good = !mmd_status_ignore(mmd_pipeline_run(caller->pipeline, input, &output)) &&
                      sum_of(mmd_array_at(output, 0), 0) == 2 &&
                      sum_of(mmd_array_at(output, 0), 1) == 6 &&
                      sum_of(mmd_array_at(output, 0), 2) == 6;
    mmd_value_release(output);
  }
  mmd_value_release(input);
  return NULL;
}

static void callers_share_batches(void **state) {
  (void)state;
  enum { CALLERS = 6 };
  mmd_scheduler_t *thread = NULL, *batch = NULL;
  caller_t callers[CALLERS];
  pthread_t threads[CALLERS];
  mmd_assert_ok(mmd_scheduler_create_pool(1, &thread));
  mmd_assert_ok(mmd_scheduler_create_dynamic_batch(thread, 6, 2000, &batch));
  const mmd_named_scheduler_t schedulers[] = {{"thread", thread}, {"batch", batch}};
  const mmd_pipeline_options_t options = {
      .threads = 1, .schedulers = schedulers, .scheduler_count = 2};
  static const char *const keys[] = {
      BATCHED ", \"scheduler\": \"batch\"", BATCHED ", \"scheduler\": \"thread\"",
      MAPPED ", \"scheduler\": \"batch\"", BATCHED ", \"scheduler\": \"unknown\""};
  for (size_t k = 0; k < 4; ++k) {
    write_package("n -1", 8, keys[k]);
    mmd_pipeline_t *pipeline = open_pipeline(&options);
    atomic_store(&g_runs, MAX_RUNS);  // the rows are not noted: runs go side by side
    for (int i = 0; i < CALLERS; ++i) {
      callers[i] = (caller_t){.pipeline = pipeline};
      pthread_create(&threads[i], NULL, run_often, &callers[i]);
    }
    for (int i = 0; i < CALLERS; ++i) {
      pthread_join(threads[i], NULL);
      assert_true(callers[i].is_good);
    }
    mmd_pipeline_destroy(pipeline);
  }
  mmd_scheduler_release(batch);
  mmd_scheduler_release(thread);
}

static void handles_share_weights(void **state) {
  (void)state;
  enum { HANDLES = 8 };
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipelines[HANDLES + 3] = {NULL};
  mmd_profiler_t *profiler = NULL;
  char *path = mmd_path_join(test_folder, "profile.txt");
  mmd_assert_ok(mmd_profiler_create(path, &profiler));
  write_package("n -1", 1, BATCHED);
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  atomic_store(&g_made, 0);
  // Contexts of their own, the same device: one session.
  for (size_t i = 0; i < HANDLES; ++i) {
    const mmd_pipeline_options_t options = {.device_name = "cpu",
                                            .threads = 2,
                                            .profiler = i % 2 ? profiler : NULL,
                                            .backend_options_json = i % 3 ? "{}" : NULL};
    mmd_assert_ok(mmd_pipeline_create(package, &options, &pipelines[i]));
  }
  assert_int_equal(atomic_load(&g_made), 1);
  // The device by its default name is the same one; another number is another device.
  const mmd_pipeline_options_t more[] = {{.threads = 2}, {.threads = 2, .device_id = 1}};
  mmd_assert_ok(mmd_pipeline_create(package, &more[0], &pipelines[HANDLES]));
  assert_int_equal(atomic_load(&g_made), 1);
  mmd_assert_ok(mmd_pipeline_create(package, &more[1], &pipelines[HANDLES + 1]));
  assert_int_equal(atomic_load(&g_made), 2);
  mmd_package_release(package);
  for (size_t i = 0; i < HANDLES + 2; ++i) {
    check_run(pipelines[i], "22", "2", 0);
    mmd_pipeline_destroy(pipelines[i]);
  }
  assert_int_equal(atomic_load(&g_sessions), 0);
  mmd_profiler_release(profiler);
  mmd_free(path);
}

//===--- short of memory ---------------------------------------------------===//

static mmd_status_t load_and_run(void *context) {
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *input = NULL, *output = NULL, *raw = NULL;
  mmd_status_t status = make_input(context, &input);
  if (!status) status = mmd_package_open(test_folder, &package);
  if (!status) status = mmd_pipeline_create(package, &options, &pipeline);
  if (!status) status = mmd_pipeline_run_call(pipeline, NULL, input, &output, &raw);
  mmd_value_release(raw);
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  mmd_backend_t *backend = NULL;
  mmd_assert_ok(mmd_backend_registry_use());
  mmd_assert_ok(mmd_backend_get("lab", &backend));
  mmd_assert_ok(mmd_backend_open(backend));
  write_package("z -1", 1, BATCHED);
  mmd_test_sweep(load_and_run, (void *)(uintptr_t) "2232");
  write_package("f -1", 1, BATCHED);
  mmd_test_sweep(load_and_run, (void *)(uintptr_t) "223");
  assert_int_equal(atomic_load(&g_sessions), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, test_folder_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(groups_equal_shapes),
      TEST(fills_fixed_batches),
      TEST(samples_may_be_batches),
      TEST(takes_odd_nets_apart),
      TEST(keeps_to_the_shapes_it_was_built_for),
      TEST(gives_empty_outputs),
      TEST(runs_several_nets),
      TEST(stops_between_chunks),
      TEST(shows_raw_outputs),
      TEST(reports_each_failing_run),
      TEST(callers_share_batches),
      TEST(handles_share_weights),
      TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
