// SPDX-License-Identifier: Apache-2.0
//
// test-labels: thread
#include "pipeline/pipeline.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "pipeline/package_testing.h"
#include "pipeline/pipeline_testing.h"
#include "pipeline/session_cache.h"
#include "runtime/session.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

#define PREPROCESS                                                                           \
  "{\"type\": \"Task\", \"module\": \"Transform\", \"name\": \"Preprocess\", \"input\": "    \
  "[\"img\"], \"output\": [\"prep_output\"], \"sha256\": \"0\", \"fuse_transform\": false, " \
  "\"device\": \"cpu\", \"transforms\": [{\"type\": \"LoadImageFromFile\"}, {\"type\": "     \
  "\"Normalize\", \"mean\": [0, 0, 0], \"std\": [1, 1, 1], \"to_rgb\": false}, {\"type\": "  \
  "\"ImageToTensor\", \"keys\": [\"img\"]}, {\"type\": \"Collect\", \"keys\": [\"img\"], "   \
  "\"meta_keys\": [\"ori_shape\"]}]}"
#define INFER(options)                                                                   \
  "{\"name\": \"mean\", \"type\": \"Task\", \"module\": \"Net\", \"is_batched\": true, " \
  "\"input\": "                                                                          \
  "[\"prep_output\"], \"output\": [\"infer_output\"]" options "}"
#define HEAD                                                                                    \
  "{\"type\": \"Task\", \"module\": \"mmcls\", \"name\": \"postprocess\", \"component\": "      \
  "\"LinearClsHead\", \"params\": {\"num_classes\": 3, \"loss\": {\"type\": \"x\"}, \"topk\": " \
  "2}, "                                                                                        \
  "\"output\": [\"post_output\"], \"input\": [\"infer_output\"]}"
#define PIPELINE(tasks) \
  "{\"pipeline\": {\"input\": [\"img\"], \"output\": [\"post_output\"], \"tasks\": [" tasks "]}}"
#define GOOD_PIPELINE \
  PIPELINE(PREPROCESS ", " INFER(", \"input_map\": {\"img\": \"input\"}") ", " HEAD)
#define NULL_NET                           \
  "mmdeploy-null 1\n"                      \
  "input input 1 4 batch 3 height width\n" \
  "output output 1 2 batch 3\n"

// A package of |backend|; the null backend gets its own kind of net.
static void write_package(const char *backend, const char *pipeline, int batch_size) {
  mmd_str_t deploy = {0};
  mmd_assert_ok(mmd_str_printf(
      &deploy,
      "{\"version\": \"0.14.0\", \"task\": \"Classifier\", \"models\": [{\"name\": \"mean\", "
      "\"net\": \"end2end.onnx\", \"weights\": \"\", \"backend\": \"%s\", \"precision\": \"FP32\", "
      "\"batch_size\": %d, \"dynamic_shape\": true}]}",
      backend, batch_size));
  test_put("deploy.json", mmd_str_text(&deploy));
  test_put("pipeline.json", pipeline);
  mmd_str_deinit(&deploy);
  if (strcmp(backend, "null") == 0) {
    test_put("end2end.onnx", NULL_NET);
    return;
  }
  char *path = mmd_path_join(test_folder, "end2end.onnx");
  mmd_assert_ok(mmd_file_copy(MMD_TEST_FILE("src/pipeline/testdata/mean.onnx"), path));
  mmd_free(path);
}

// False when the backend's library is not here and nobody insists on it.
static bool has_backend(const char *name) {
  mmd_backend_t *backend = NULL;
  mmd_assert_ok(mmd_backend_get(name, &backend));
  mmd_status_t status = mmd_backend_open(backend);
  if (status && mmd_status_code(status) == MMD_UNAVAILABLE && !getenv("MMDEPLOY_REQUIRE_ASSETS")) {
    print_message("%s: %s, left out\n", name, mmd_status_message(status));
    mmd_status_free(status);
    return false;
  }
  mmd_assert_ok(status);
  return true;
}

static mmd_pipeline_t *open_pipeline(mmd_package_t **out_package, int threads) {
  const mmd_pipeline_options_t options = {.threads = threads};
  mmd_pipeline_t *pipeline = NULL;
  mmd_assert_ok(mmd_package_open(test_folder, out_package));
  mmd_assert_ok(mmd_pipeline_create(*out_package, &options, &pipeline));
  return pipeline;
}

// An image of one colour, whose channel means the net gives out.
static mmd_status_t make_sample(int height, int width, const uint8_t bgr[3],
                                mmd_value_t **out_sample) {
  mmd_image_t image;
  MMD_TRY(mmd_image_create(height, width, MMD_PIXEL_BGR, MMD_U8, &image));
  uint8_t *pixels = mmd_image_mutable_data(&image);
  for (int i = 0; i < height * width * 3; ++i) pixels[i] = bgr[i % 3];
  mmd_value_t *sample = mmd_value_object();
  mmd_value_t *value = mmd_value_image(&image);
  mmd_image_deinit(&image);
  if (!sample) {
    mmd_value_release(value);
    return mmd_status_no_memory();
  }
  mmd_status_t status = mmd_object_take(sample, "ori_img", value);
  if (status)
    mmd_value_release(sample);
  else
    *out_sample = sample;
  return status;
}

static void colour_of(size_t index, uint8_t bgr[3]) {
  for (size_t c = 0; c < 3; ++c) bgr[c] = (uint8_t)((index * 53 + c * 97 + 11) % 251);
}

// [[samples]] with three sizes mixed.
static mmd_value_t *make_input(size_t first, size_t count) {
  mmd_value_t *input = mmd_value_array(), *batch = mmd_value_array();
  for (size_t i = first; i < first + count; ++i) {
    uint8_t bgr[3];
    mmd_value_t *sample = NULL;
    colour_of(i, bgr);
    mmd_assert_ok(make_sample(4 + (int)(i % 3), 5, bgr, &sample));
    mmd_assert_ok(mmd_array_take(batch, sample));
  }
  mmd_assert_ok(mmd_array_take(input, batch));
  return input;
}

static void check_answer(const mmd_value_t *answer, size_t index) {
  uint8_t bgr[3];
  size_t best = 0;
  colour_of(index, bgr);
  for (size_t c = 1; c < 3; ++c) best = bgr[c] > bgr[best] ? c : best;
  const mmd_value_t *first = mmd_array_at(answer, 0);
  assert_int_equal(mmd_array_size(answer), 2);
  assert_int_equal(mmd_value_get_int(mmd_object_get(first, "label_id"), -1), best);
  assert_true(fabs(mmd_value_get_float(mmd_object_get(first, "score"), -1) - bgr[best]) < 1e-3);
}

static void check_run(mmd_pipeline_t *pipeline, size_t first, size_t count) {
  mmd_value_t *input = make_input(first, count), *output = NULL;
  mmd_assert_ok(mmd_pipeline_run(pipeline, input, &output));
  assert_int_equal(mmd_array_size(output), 1);
  const mmd_value_t *answers = mmd_array_at(output, 0);
  assert_int_equal(mmd_array_size(answers), count);
  for (size_t i = 0; i < count; ++i) check_answer(mmd_array_at(answers, i), first + i);
  mmd_value_release(output);
  mmd_value_release(input);
}

//===--- answers ---===//

static void check_backend(const char *backend) {
  static const int limits[] = {1, 3, 64};
  if (!has_backend(backend)) return;
  for (size_t i = 0; i < 3; ++i) {
    mmd_package_t *package = NULL;
    write_package(backend, GOOD_PIPELINE, limits[i]);
    mmd_pipeline_t *pipeline = open_pipeline(&package, 2);
    mmd_package_release(package);
    check_run(pipeline, 0, 1);
    check_run(pipeline, 1, 7);
    check_run(pipeline, 8, 50);
    check_run(pipeline, 0, 0);
    mmd_pipeline_destroy(pipeline);
  }
}

static void answers_with_onnxruntime(void **state) {
  (void)state;
  check_backend("onnxruntime");
}

static void answers_with_reference(void **state) {
  (void)state;
  check_backend("reference");
}

static void renames_tensors(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  if (!has_backend("null")) return;
  write_package(
      "null",
      PIPELINE(PREPROCESS ", " INFER(", \"input_map\": {\"img\": \"input\"}, "
                                     "\"output_map\": {\"scores\": \"output\"}") ", " HEAD),
      1);
  mmd_pipeline_t *pipeline = open_pipeline(&package, 1);
  mmd_value_t *input = make_input(0, 3), *output = NULL;
  mmd_assert_ok(mmd_pipeline_run(pipeline, input, &output));
  const mmd_value_t *first = mmd_array_at(mmd_array_at(mmd_array_at(output, 0), 2), 0);
  assert_true(mmd_value_get_float(mmd_object_get(first, "score"), -1) == 0);
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
}

static void records_stages(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  mmd_profiler_t *profiler = NULL;
  mmd_pipeline_t *pipeline = NULL;
  char *path = mmd_path_join(test_folder, "profile.txt"), *text = NULL;
  size_t size = 0;
  write_package("null", GOOD_PIPELINE, 1);
  mmd_assert_ok(mmd_profiler_create(path, &profiler));
  const mmd_pipeline_options_t options = {.threads = 1, .profiler = profiler};
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  mmd_assert_ok(mmd_pipeline_create(package, &options, &pipeline));
  mmd_value_t *input = make_input(0, 2), *output = NULL;
  mmd_assert_ok(mmd_pipeline_run(pipeline, input, &output));
  mmd_assert_ok(mmd_profiler_finish(profiler));
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  static const char *const names[] = {"\nPipeline ", "\nPreprocess ", "\nCompose ",    "\nFused ",
                                      "\nCollect ",  "\nmean ",       "\npostprocess "};
  const char *at = text;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    at = strstr(at, names[i]);
    if (!at) fail_msg("no scope%s in order", names[i]);
  }
  mmd_free(text);
  mmd_free(path);
  mmd_value_release(output);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
  mmd_profiler_release(profiler);
  mmd_package_release(package);
}

//===--- sharing ---===//

static void handles_share_a_session(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  const mmd_pipeline_options_t options = {.threads = 1}, others = {.threads = 2};
  mmd_pipeline_t *pipelines[3] = {NULL};
  write_package("null", GOOD_PIPELINE, 1);
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  const mmd_session_key_t key = {.net = mmd_package_net(package, 0), .threads = 1};
  mmd_shared_session_t *a = NULL, *b = NULL;
  mmd_assert_ok(mmd_pipeline_create(package, &options, &pipelines[0]));
  mmd_assert_ok(mmd_pipeline_create(package, &options, &pipelines[1]));
  mmd_assert_ok(mmd_pipeline_create(package, &others, &pipelines[2]));
  assert_non_null(mmd_package_sessions(package)->first);
  mmd_assert_ok(mmd_shared_session_acquire(package, &key, &a));
  mmd_pipeline_destroy(pipelines[0]);
  mmd_assert_ok(mmd_shared_session_acquire(package, &key, &b));
  assert_ptr_equal(a, b);
  mmd_pipeline_destroy(pipelines[1]);
  mmd_pipeline_destroy(pipelines[2]);
  mmd_shared_session_release(a);
  mmd_shared_session_release(b);
  assert_null(mmd_package_sessions(package)->first);
  mmd_package_release(package);
}

typedef struct worker_t {
  mmd_pipeline_t *pipeline;
  size_t number;
  mmd_value_t *input, *output;
  mmd_status_t status;
} worker_t;

static void *work(void *context) {
  worker_t *worker = context;
  for (int i = 0; i < 10 && !worker->status; ++i) {
    mmd_value_release(worker->output);
    worker->output = NULL;
    worker->status = mmd_pipeline_run(worker->pipeline, worker->input, &worker->output);
  }
  return NULL;
}

static void threads_equal_serial(void **state) {
  (void)state;
  enum { WORKERS = 8 };
  worker_t workers[WORKERS] = {0};
  pthread_t threads[WORKERS];
  mmd_package_t *package = NULL;
  const char *backend = has_backend("reference") ? "reference" : "null";
  write_package(backend, GOOD_PIPELINE, 4);
  mmd_pipeline_t *pipeline = open_pipeline(&package, 2);
  for (size_t i = 0; i < WORKERS; ++i) {
    workers[i] = (worker_t){.pipeline = pipeline, .number = i, .input = make_input(i * 7, 5)};
    assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
  }
  for (size_t i = 0; i < WORKERS; ++i) pthread_join(threads[i], NULL);
  for (size_t i = 0; i < WORKERS; ++i) {
    mmd_value_t *serial = NULL;
    mmd_assert_ok(workers[i].status);
    mmd_assert_ok(mmd_pipeline_run(pipeline, workers[i].input, &serial));
    assert_true(mmd_value_equal(serial, workers[i].output));
    mmd_value_release(serial);
    mmd_value_release(workers[i].output);
    mmd_value_release(workers[i].input);
  }
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
}

//===--- errors ---===//

static void check_refused(const char *pipeline_text, const char *part) {
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipeline = NULL;
  write_package("null", pipeline_text, 1);
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  mmd_status_t status = mmd_pipeline_create(package, &options, &pipeline);
  assert_null(pipeline);
  if (!status || !strstr(mmd_status_message(status), part)) {
    fail_msg("'%s' expected in: %s", part, mmd_status_message(status));
  }
  mmd_status_free(status);
  mmd_package_release(package);
}

#define TASK(text) "{\"type\": \"Task\", \"input\": \"img\", \"output\": \"x\", " text "}"

static void refuses_bad_pipelines(void **state) {
  (void)state;
  check_refused("[]", "pipeline: an object is expected");
  check_refused("{\"pipeline\": {\"input\": 3, \"output\": \"x\", \"tasks\": []}}",
                "pipeline.input");
  check_refused("{\"pipeline\": {\"input\": \"img\", \"output\": \"x\"}}", "pipeline.tasks");
  check_refused(PIPELINE(""), "nothing gives 'post_output'");
  check_refused(PIPELINE("4"), "pipeline.tasks[0]: an object");
  check_refused(PIPELINE("{\"type\": \"Inference\", \"input\": \"img\", \"output\": \"x\"}"),
                "pipeline.tasks[0].params");
  check_refused(PIPELINE("{\"type\": \"Task\", \"input\": \"*img\", \"output\": \"x\"}"),
                "'module' of Task is missing");
  check_refused(PIPELINE(TASK("\"module\": \"Transform\", \"transforms\": 3")),
                "pipeline.tasks[0].transforms: expected a list");
  check_refused(PIPELINE(TASK("\"module\": \"Transform\", \"transforms\": [{\"type\": \"Resize\", "
                              "\"size\": [1, 2, 3]}]")),
                "pipeline.tasks[0].transforms[0].size");
  check_refused(PIPELINE(TASK("\"module\": \"Transform\", \"throttle\": 2, \"transforms\": []")),
                "throttle");
  check_refused(PIPELINE(TASK("\"module\": \"Net\"")), "pipeline.tasks[0].name");
  check_refused(PIPELINE(TASK("\"module\": \"Net\", \"name\": \"other\"")),
                "no network 'other'; it has 'mean'");
  check_refused(PIPELINE(TASK("\"module\": \"Net\", \"name\": \"mean\", \"input_map\": 3")),
                "input_map");
  check_refused(PIPELINE(TASK("\"module\": \"mmxyz\"")),
                "no module 'mmxyz'; there are: Transform, "
                "Net, mmcls");
  check_refused(PIPELINE(TASK("\"module\": \"mmcls\", \"component\": \"FooHead\"")),
                "mmcls has no 'FooHead'; it has: LinearClsHead");
  check_refused(PIPELINE(TASK("\"module\": \"mmcls\", \"component\": \"LinearClsHead\", "
                              "\"params\": {\"topk\": 0}")),
                "pipeline.tasks[0].params.topk");
  check_refused(PIPELINE("{\"type\": \"Task\", \"module\": \"Transform\", \"input\": [\"img\", "
                         "\"img\"], \"output\": \"x\", \"transforms\": []}"),
                "pipeline.tasks[0].input: 2 names");
  check_refused(PIPELINE("{\"type\": \"Task\", \"module\": \"Transform\", \"input\": \"img\", "
                         "\"output\": [\"x\", \"y\"], \"transforms\": []}"),
                "pipeline.tasks[0].output: 2 names");
  check_refused(PIPELINE(PREPROCESS ", " PREPROCESS), "'prep_output' is given twice");
}

static void check_run_fails(mmd_pipeline_t *pipeline, mmd_value_t *input, const char *part) {
  mmd_value_t *output = NULL;
  mmd_status_t status = mmd_pipeline_run(pipeline, input, &output);
  if (!status || !strstr(mmd_status_message(status), part)) {
    fail_msg("'%s' expected in: %s", part, mmd_status_message(status));
  }
  mmd_status_free(status);
  assert_null(output);
  mmd_value_release(input);
}

static void refuses_bad_input(void **state) {
  (void)state;
  mmd_package_t *package = NULL;
  write_package("null", GOOD_PIPELINE, 1);
  mmd_pipeline_t *pipeline = open_pipeline(&package, 1);
  check_run_fails(pipeline, mmd_value_int(3), "the input must be a list");
  mmd_value_t *input = mmd_value_array();
  mmd_assert_ok(mmd_array_take(input, mmd_value_int(3)));
  check_run_fails(pipeline, input, "list over the batch");
  input = make_input(0, 2);
  mmd_assert_ok(mmd_array_set(mmd_array_at(input, 0), 1, mmd_value_object()));
  check_run_fails(pipeline, input, "pipeline.tasks[0]: sample 1: LoadImageFromFile: 'ori_img'");
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
  // Bytes for a net of floats.
  write_package("null",
                PIPELINE("{\"type\": \"Task\", \"module\": \"Transform\", \"input\": \"img\", "
                         "\"output\": \"prep_output\", \"transforms\": [{\"type\": "
                         "\"LoadImageFromFile\"}]}, " INFER(", \"input_map\": {\"img\": "
                                                            "\"input\"}") ", " HEAD),
                1);
  pipeline = open_pipeline(&package, 1);
  check_run_fails(pipeline, make_input(0, 1),
                  "net 'mean', input 'input': element type u8 given, f32 expected");
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
  write_package("null", PIPELINE(PREPROCESS ", " INFER("") ", " HEAD), 1);
  pipeline = open_pipeline(&package, 1);
  check_run_fails(pipeline, make_input(0, 1), "net 'mean', input 'input': 'input' of the sample");
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
}

// Opens and runs the package with the changed pipeline.json: it works, or fails with a sentence.
static void try_pipeline(const mmd_value_t *config, void *context) {
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_value_t *input = context, *output = NULL;
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipeline = NULL;
  char *path = mmd_path_join(test_folder, "pipeline.json");
  mmd_assert_ok(mmd_json_write_file(config, 0, path));
  mmd_assert_ok(mmd_package_open(test_folder, &package));
  mmd_status_t status = mmd_pipeline_create(package, &options, &pipeline);
  assert_true((status == NULL) == (pipeline != NULL));
  if (!status) status = mmd_pipeline_run(pipeline, input, &output);
  assert_true((status == NULL) == (output != NULL));
  assert_true(!status || strlen(mmd_status_message(status)) > 10);
  if (mmd_status_code(status) == MMD_INTERNAL) fail_msg("%s", mmd_status_message(status));
  mmd_status_free(status);
  mmd_value_release(output);
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
  mmd_free(path);
}

static void takes_no_harm_from_any_key(void **state) {
  (void)state;
  mmd_value_t *config = NULL, *input = make_input(0, 2);
  write_package("null", GOOD_PIPELINE, 1);
  mmd_assert_ok(mmd_json_parse(GOOD_PIPELINE, strlen(GOOD_PIPELINE), "good", &config));
  mmd_testing_change_each(config, try_pipeline, input);
  mmd_value_release(config);
  mmd_value_release(input);
}

//===--- short of memory ---===//

static mmd_status_t load_and_run(void *context) {
  static const uint8_t bgr[3] = {1, 2, 3};
  const mmd_pipeline_options_t options = {.threads = 1};
  mmd_package_t *package = NULL;
  mmd_pipeline_t *pipeline = NULL;
  mmd_value_t *input = mmd_value_array(), *batch = mmd_value_array(), *output = NULL;
  mmd_status_t status = batch ? NULL : mmd_status_no_memory();
  (void)context;
  for (int i = 0; i < 3 && !status; ++i) {
    mmd_value_t *sample = NULL;
    status = make_sample(2, 2, bgr, &sample);
    if (!status) status = mmd_array_take(batch, sample);
  }
  if (!status) {
    status = input ? mmd_array_take(input, mmd_value_retain(batch)) : mmd_status_no_memory();
  }
  if (!status) status = mmd_package_open(test_folder, &package);
  if (!status) status = mmd_pipeline_create(package, &options, &pipeline);
  if (!status) status = mmd_pipeline_run(pipeline, input, &output);
  mmd_value_release(output);
  mmd_value_release(batch);
  mmd_value_release(input);
  mmd_pipeline_destroy(pipeline);
  mmd_package_release(package);
  return status;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  if (!has_backend("null")) return;  // and its entry in the list of backends is there already
  write_package("null", GOOD_PIPELINE, 2);
  mmd_test_sweep(load_and_run, NULL);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_set_up, test_folder_tear_down)
  const struct CMUnitTest tests[] = {
      TEST(answers_with_onnxruntime),
      TEST(answers_with_reference),
      TEST(renames_tensors),
      TEST(records_stages),
      TEST(handles_share_a_session),
      TEST(threads_equal_serial),
      TEST(refuses_bad_pipelines),
      TEST(refuses_bad_input),
      TEST(takes_no_harm_from_any_key),
      TEST(survives_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
