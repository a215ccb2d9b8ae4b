// SPDX-License-Identifier: Apache-2.0
//
// What callers may do wrong, for every task: NULL for each pointer, odd counts, pictures that are
// none, packages of another task, handles of another kind. Always a code and a sentence.
#include "mmdeploy/detector.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "mmdeploy/video_recognizer.h"
#include "tests/integration/sdk/sdk_tasks.h"

//===--- the tasks as one type ---------------------------------------------===//

typedef struct task_t {
  const char *name, *package;
  int (*create)(mmdeploy_model_t model, const char *device, int id, void **handle);
  int (*create_by_path)(const char *path, const char *device, int id, void **handle);
  int (*create_v2)(mmdeploy_model_t model, mmdeploy_context_t context, void **handle);
  int (*create_input)(const mmdeploy_mat_t *mats, int count, mmdeploy_value_t *input);
  int (*apply)(void *handle, const mmdeploy_mat_t *mats, int count, void **results, int **counts);
  int (*apply_v2)(void *handle, mmdeploy_value_t input, mmdeploy_value_t *output);
  int (*apply_async)(void *handle, mmdeploy_sender_t input, mmdeploy_sender_t *output);
  void (*release)(void *results, int *counts, int count);
  void (*destroy)(void *handle);
  int is_counted;
} task_t;

#define LIFE(task)                                                                                 \
  static int task##_create(mmdeploy_model_t model, const char *device, int id, void **handle) {    \
    return mmdeploy_##task##_create(model, device, id, (mmdeploy_##task##_t *)handle);             \
  }                                                                                                \
  static int task##_by_path(const char *path, const char *device, int id, void **handle) {         \
    return mmdeploy_##task##_create_by_path(path, device, id, (mmdeploy_##task##_t *)handle);      \
  }                                                                                                \
  static int task##_create_v2(mmdeploy_model_t model, mmdeploy_context_t context, void **handle) { \
    return mmdeploy_##task##_create_v2(model, context, (mmdeploy_##task##_t *)handle);             \
  }                                                                                                \
  static int task##_apply_v2(void *handle, mmdeploy_value_t input, mmdeploy_value_t *output) {     \
    return mmdeploy_##task##_apply_v2(handle, input, output);                                      \
  }                                                                                                \
  static void task##_destroy(void *handle) {                                                       \
    mmdeploy_##task##_destroy(handle);                                                             \
  }
#define ASYNC(task)                                                                           \
  static int task##_async(void *handle, mmdeploy_sender_t input, mmdeploy_sender_t *output) { \
    return mmdeploy_##task##_apply_async(handle, input, output);                              \
  }
#define INPUT(task)                                                                         \
  static int task##_input(const mmdeploy_mat_t *mats, int count, mmdeploy_value_t *input) { \
    return mmdeploy_##task##_create_input(mats, count, input);                              \
  }
#define BOX_INPUT(task)                                                                     \
  static int task##_input(const mmdeploy_mat_t *mats, int count, mmdeploy_value_t *input) { \
    return mmdeploy_##task##_create_input(mats, count, NULL, NULL, input);                  \
  }
#define COUNTED(task, type)                                                                    \
  static int task##_apply(void *handle, const mmdeploy_mat_t *mats, int count, void **results, \
                          int **counts) {                                                      \
    return mmdeploy_##task##_apply(handle, mats, count, (type **)results, counts);             \
  }                                                                                            \
  static void task##_release(void *results, int *counts, int count) {                          \
    mmdeploy_##task##_release_result(results, counts, count);                                  \
  }
#define FIXED(task, type)                                                                      \
  static int task##_apply(void *handle, const mmdeploy_mat_t *mats, int count, void **results, \
                          int **counts) {                                                      \
    if (counts) *counts = NULL;                                                                \
    return mmdeploy_##task##_apply(handle, mats, count, (type **)results);                     \
  }                                                                                            \
  static void task##_release(void *results, int *counts, int count) {                          \
    (void)counts;                                                                              \
    mmdeploy_##task##_release_result(results, count);                                          \
  }

// clang-format off
LIFE(detector) ASYNC(detector) INPUT(detector) COUNTED(detector, mmdeploy_detection_t)
LIFE(segmentor) ASYNC(segmentor) INPUT(segmentor) FIXED(segmentor, mmdeploy_segmentation_t)
LIFE(restorer) ASYNC(restorer) INPUT(restorer) FIXED(restorer, mmdeploy_mat_t)
LIFE(text_detector) ASYNC(text_detector) INPUT(text_detector)
COUNTED(text_detector, mmdeploy_text_detection_t)
LIFE(text_recognizer) ASYNC(text_recognizer) BOX_INPUT(text_recognizer)
FIXED(text_recognizer, mmdeploy_text_recognition_t)
LIFE(pose_detector) ASYNC(pose_detector) BOX_INPUT(pose_detector)
FIXED(pose_detector, mmdeploy_pose_detection_t)
LIFE(rotated_detector) ASYNC(rotated_detector) INPUT(rotated_detector)
LIFE(video_recognizer)
    // clang-format on

    static int rotated_detector_apply(void *handle, const mmdeploy_mat_t *mats, int count,
                                      void **results, int **counts) {
  return mmdeploy_rotated_detector_apply(handle, mats, count,
                                         (mmdeploy_rotated_detection_t **)results, counts);
}

static void rotated_detector_release(void *results, int *counts, int count) {
  (void)count;
  mmdeploy_rotated_detector_release_result(results, counts);
}

// Videos of eight frames that are all the same picture.
enum { FRAMES = 8 };
static const mmdeploy_video_sample_info_t g_info = {1, FRAMES};

static int video_recognizer_input(const mmdeploy_mat_t *mats, int count, mmdeploy_value_t *input) {
  mmdeploy_mat_t frames[FRAMES];
  if (!mats || count < 1)
    return mmdeploy_video_recognizer_create_input(mats, &g_info, count, input);
  for (int i = 0; i < FRAMES; ++i) frames[i] = mats[0];
  return mmdeploy_video_recognizer_create_input(frames, &g_info, 1, input);
}

static int video_recognizer_apply(void *handle, const mmdeploy_mat_t *mats, int count,
                                  void **results, int **counts) {
  mmdeploy_mat_t frames[FRAMES];
  for (int i = 0; i < FRAMES && mats; ++i) frames[i] = mats[0];
  return mmdeploy_video_recognizer_apply(handle, mats ? frames : NULL, &g_info,
                                         count > 1 ? 1 : count,
                                         (mmdeploy_video_recognition_t **)results, counts);
}

static void video_recognizer_release(void *results, int *counts, int count) {
  mmdeploy_video_recognizer_release_result(results, counts, count);
}

static int video_recognizer_async(void *handle, mmdeploy_sender_t input,
                                  mmdeploy_sender_t *output) {
  return mmdeploy_pipeline_apply_async(handle, input, output);
}

#define TASK(task, package, is_counted)                                                          \
  {                                                                                              \
#task, package, task##_create, task##_by_path, task##_create_v2, task##_input, task##_apply, \
        task##_apply_v2, task##_async, task##_release, task##_destroy, is_counted                \
  }
static const task_t g_tasks[] = {
    TASK(detector, "detection_yolox", 1),
    TASK(segmentor, "segmentation_fcn", 0),
    TASK(restorer, "restoration_srcnn", 0),
    TASK(rotated_detector, "rotated-detection_retinanet", 1),
    TASK(video_recognizer, "video_tsn", 1),
    TASK(pose_detector, "pose_res18", 0),
    TASK(text_detector, "text-detection_dbnet_1x", 1),
    TASK(text_recognizer, "text-recognition_crnn_1x", 0),
};
enum { TASKS = sizeof g_tasks / sizeof *g_tasks };

static void *open_task(const task_t *task) {
  void *handle = NULL;
  assert_success(task->create_by_path(sdk_package_path(task->package), "cpu", 0, &handle));
  assert_non_null(handle);
  return handle;
}

// |code| is one of those documented, its sentence is there, and what |output| (may be NULL) points
// to is NULL.
static void check_failure(const char *what, int code, void *slot) {
  const void *output = slot ? *(void **)slot : NULL;
  if (code < 1 || code >= MMDEPLOY_STATUS_COUNT || output || !*mmdeploy_last_error_message() ||
      mmdeploy_last_error_code() != code)
    fail_msg("%s: code %d, %p: %s", what, code, output, mmdeploy_last_error_message());
  mmdeploy_clear_last_error();
}

//===--- creation ----------------------------------------------------------===//

static void creation(void **state) {
  (void)state;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_context_t context = NULL, bare = NULL;
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_context_create(&bare));
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    const char *path = sdk_package_path(task->package);
    void *handle = &state;
    assert_fails(task->create(NULL, "cpu", 0, &handle), MMDEPLOY_E_INVALID_ARG, "model");
    assert_null(handle);
    assert_fails(task->create(model, NULL, 0, &handle), MMDEPLOY_E_INVALID_ARG, "device_name");
    assert_fails(task->create(model, "cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
    assert_fails(task->create(model, "abacus", 0, &handle), MMDEPLOY_E_INVALID_ARG, "abacus");
    assert_fails(task->create(model, "cpu", 7, &handle), MMDEPLOY_E_INVALID_ARG, "index");
    assert_fails(task->create((mmdeploy_model_t)context, "cpu", 0, &handle), MMDEPLOY_E_INVALID_ARG,
                 "another kind");
    assert_fails(task->create_by_path(NULL, "cpu", 0, &handle), MMDEPLOY_E_INVALID_ARG, "path");
    assert_fails(task->create_by_path(path, NULL, 0, &handle), MMDEPLOY_E_INVALID_ARG, "device");
    assert_fails(task->create_by_path(path, "cpu", 0, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
    assert_fails(task->create_by_path("/no/such/package", "cpu", 0, &handle),
                 MMDEPLOY_E_FILE_NOT_EXIST, "/no/such/package");
    assert_fails(task->create_v2(NULL, context, &handle), MMDEPLOY_E_INVALID_ARG, "model");
    assert_fails(task->create_v2(model, NULL, &handle), MMDEPLOY_E_INVALID_ARG, "context");
    assert_fails(task->create_v2(model, context, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
    // The tiny package is a classifier; the message names both tasks.
    assert_fails(task->create_by_path(SDK_TINY, "cpu", 0, &handle), MMDEPLOY_E_NOT_SUPPORTED,
                 "Classifier");
    assert_fails(task->create(model, "cpu", 0, &handle), MMDEPLOY_E_NOT_SUPPORTED, "Classifier");
    assert_fails(task->create_v2(model, context, &handle), MMDEPLOY_E_NOT_SUPPORTED, "Classifier");
    assert_null(handle);
    mmdeploy_model_t own = sdk_open_model(path);
    assert_fails(task->create_v2(own, bare, &handle), MMDEPLOY_E_INVALID_ARG, "no device");
    mmdeploy_model_destroy(own);
    task->destroy(NULL);
    task->destroy(model);  // of another kind: left alone
  }
  mmdeploy_context_destroy(bare);
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(model);
}

//===--- pictures ----------------------------------------------------------===//

typedef struct bad_mat_t {
  const char *what;
  int height, width, format, type;
  int has_data;
} bad_mat_t;

static const bad_mat_t g_bad_mats[] = {
    {"no data", 4, 4, 0, 2, 0},        {"0x0", 0, 0, 0, 2, 1},
    {"no width", 4, 0, 0, 2, 1},       {"negative sides", -4, -4, 0, 2, 1},
    {"format 6", 4, 4, 6, 2, 1},       {"format -1", 4, 4, -1, 2, 1},
    {"type 4", 4, 4, 0, 4, 1},         {"type -1", 4, 4, 0, -1, 1},
    {"NV12 of floats", 4, 4, 3, 0, 1}, {"odd NV21", 3, 4, 4, 2, 1},
    {"1x100000", 1, 100000, 0, 2, 1},  {"100000x1", 100000, 1, 2, 2, 1},
};

static void pictures_that_are_none(void **state) {
  (void)state;
  NEED_ENGINE();
  uint8_t *pixels = calloc(300000, 1);
  assert_non_null(pixels);
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    void *handle = open_task(task), *results = &state;
    int *counts = NULL;
    for (size_t k = 0; k < sizeof g_bad_mats / sizeof *g_bad_mats; ++k) {
      const bad_mat_t *bad = &g_bad_mats[k];
      const mmdeploy_mat_t mat = {bad->has_data ? pixels : NULL,
                                  bad->height,
                                  bad->width,
                                  3,
                                  (mmdeploy_pixel_format_t)bad->format,
                                  (mmdeploy_data_type_t)bad->type,
                                  NULL};
      mmdeploy_value_t input = (mmdeploy_value_t)&state;
      results = &state;
      check_failure(bad->what, task->create_input(&mat, 1, &input), &input);
      const int code = task->apply(handle, &mat, 1, &results, &counts);
      assert_null(counts);
      check_failure(bad->what, code, &results);
    }
    task->destroy(handle);
  }
  free(pixels);
}

static void counts_and_nulls(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_mat_t mat = sdk_make_bgr(40, 50, 3);
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    void *handle = open_task(task), *results = &state;
    int *counts = NULL;
    mmdeploy_value_t value = (mmdeploy_value_t)&state, input = NULL;
    check_failure(task->name, task->create_input(&mat, -1, &value), &value);
    check_failure(task->name, task->create_input(NULL, 1, &value), &value);
    check_failure(task->name, task->create_input(&mat, 1, NULL), NULL);
    check_failure(task->name, task->apply(handle, &mat, -1, &results, &counts), &results);
    check_failure(task->name, task->apply(handle, NULL, 1, &results, &counts), &results);
    check_failure(task->name, task->apply(NULL, &mat, 1, &results, &counts), &results);
    check_failure(task->name, task->apply(handle, &mat, 1, NULL, &counts), NULL);
    if (task->is_counted)
      check_failure(task->name, task->apply(handle, &mat, 1, &results, NULL), NULL);
    // No picture is no failure.
    assert_success(task->apply(handle, NULL, 0, &results, &counts));
    assert_non_null(results);
    assert_int_equal(counts != NULL, task->is_counted);
    task->release(results, counts, 0);
    assert_success(task->create_input(&mat, 1, &input));
    check_failure(task->name, task->apply_v2(NULL, input, &value), &value);
    check_failure(task->name, task->apply_v2(handle, NULL, &value), &value);
    check_failure(task->name, task->apply_v2(handle, input, NULL), NULL);
    mmdeploy_sender_t sender = (mmdeploy_sender_t)&state, just = mmdeploy_executor_just(input);
    check_failure(task->name, task->apply_async(handle, NULL, &sender), &sender);
    check_failure(task->name, task->apply_async(NULL, just, &sender), &sender);
    check_failure(task->name, task->apply_async(handle, just, NULL), NULL);
    assert_success(task->apply_async(handle, just, &sender));
    assert_success(mmdeploy_executor_sync_wait_v2(sender, &value));
    mmdeploy_value_destroy(value);
    mmdeploy_value_destroy(input);
    task->destroy(handle);
  }
  free(mat.data);
}

static void values_that_are_no_input(void **state) {
  (void)state;
  NEED_ENGINE();
  static const char *const texts[] = {
      "null",   "3",   "{}",       "[]",     "[[], [], []]",         "[[3]]",
      "[[{}]]", "[3]", "[[null]]", "[[[]]]", "[[{\"ori_img\": 3}]]", "[[{\"ori_img\": null}]]"};
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    void *handle = open_task(task);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; ++k) {
      mmdeploy_value_t input = NULL, output = (mmdeploy_value_t)&state;
      assert_success(mmdeploy_value_from_json(texts[k], &input));
      const int code = task->apply_v2(handle, input, &output);
      if (code == MMDEPLOY_SUCCESS) fail_msg("%s takes %s", task->name, texts[k]);
      check_failure(texts[k], code, &output);
      mmdeploy_value_destroy(input);
    }
    task->destroy(handle);
  }
}

//===--- boxes -------------------------------------------------------------===//

static void boxes_that_are_wrong(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_mat_t mat = sdk_make_bgr(40, 50, 3);
  mmdeploy_pose_detector_t pose = open_task(&g_tasks[5]);
  mmdeploy_text_recognizer_t text = open_task(&g_tasks[7]);
  const mmdeploy_rect_t rects[] = {{1000, 1000, 1100, 1100},
                                   {5, 5, 5, 5},
                                   {30, 30, 10, 10},
                                   {NAN, 0, 10, 10},
                                   {-1e30f, 0, 1e30f, 1}};
  const mmdeploy_text_detection_t quads[] = {
      {{{1000, 1000}, {1100, 1000}, {1100, 1100}, {1000, 1100}}, 1},
      {{{5, 5}, {5, 5}, {5, 5}, {5, 5}}, 1},
      {{{NAN, 0}, {1, 0}, {1, 1}, {0, 1}}, 1},
      {{{-1e30f, 0}, {1e30f, 0}, {1e30f, 1}, {-1e30f, 1}}, 1}};
  const int minus = -1;
  mmdeploy_pose_detection_t *poses = NULL;
  mmdeploy_text_recognition_t *texts = NULL;
  assert_fails(mmdeploy_pose_detector_apply_bbox(pose, &mat, 1, rects, &minus, &poses),
               MMDEPLOY_E_INVALID_ARG, "bbox_count");
  assert_fails(mmdeploy_text_recognizer_apply_bbox(text, &mat, 1, quads, &minus, &texts),
               MMDEPLOY_E_INVALID_ARG, "bbox_count");
  // Each alone: an answer, or a code and a sentence.
  for (size_t i = 0; i < sizeof rects / sizeof *rects; ++i) {
    const int one = 1;
    const int code = mmdeploy_pose_detector_apply_bbox(pose, &mat, 1, &rects[i], &one, &poses);
    if (code) check_failure("pose", code, &poses);
    mmdeploy_pose_detector_release_result(poses, 1);
  }
  for (size_t i = 0; i < sizeof quads / sizeof *quads; ++i) {
    const int one = 1;
    const int code = mmdeploy_text_recognizer_apply_bbox(text, &mat, 1, &quads[i], &one, &texts);
    if (code) check_failure("text", code, &texts);
    mmdeploy_text_recognizer_release_result(texts, 1);
  }
  mmdeploy_text_recognizer_destroy(text);
  mmdeploy_pose_detector_destroy(pose);
  free(mat.data);
}

static void videos_that_are_wrong(void **state) {
  (void)state;
  mmdeploy_mat_t mat = sdk_make_bgr(40, 50, 3);
  const mmdeploy_video_sample_info_t bad[] = {{0, 1}, {1, 0}, {-1, -1}, {1 << 30, 1 << 30}};
  mmdeploy_value_t value = (mmdeploy_value_t)&state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i)
    check_failure("video", mmdeploy_video_recognizer_create_input(&mat, &bad[i], 1, &value),
                  &value);
  check_failure("video", mmdeploy_video_recognizer_create_input(&mat, NULL, 1, &value), &value);
  free(mat.data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(creation),
      cmocka_unit_test(pictures_that_are_none),
      cmocka_unit_test(counts_and_nulls),
      cmocka_unit_test(values_that_are_no_input),
      cmocka_unit_test(boxes_that_are_wrong),
      cmocka_unit_test(videos_that_are_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
