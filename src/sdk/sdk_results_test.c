// SPDX-License-Identifier: Apache-2.0
//
// The get_result functions on outputs made by hand: empty ones, odd ones, and ones of another
// shape. Releases with wrong counts.
#include "mmdeploy/detector.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "mmdeploy/video_recognizer.h"
#include "sdk/sdk_testing.h"
#include "value/value.h"

static mmdeploy_value_t parse(const char *json) {
  mmdeploy_value_t value = NULL;
  assert_success(mmdeploy_value_from_json(json, &value));
  return value;
}

//===--- the same for all tasks --------------------------------------------===//

// get_result and release_result of a task as functions of one type; |counts| is NULL for tasks with
// a fixed number.
typedef struct task_t {
  const char *name;
  int (*get)(mmdeploy_value_t output, void **results, int **counts);
  void (*release)(void *results, int *counts, int count);
  int is_counted;
  const char *empty, *answer;  // an output without answers, and a good answer
} task_t;

#define COUNTED(task, type)                                                      \
  static int task##_get(mmdeploy_value_t output, void **results, int **counts) { \
    return mmdeploy_##task##_get_result(output, (type **)results, counts);       \
  }                                                                              \
  static void task##_release(void *results, int *counts, int count) {            \
    mmdeploy_##task##_release_result(results, counts, count);                    \
  }
#define FIXED(task, type)                                                        \
  static int task##_get(mmdeploy_value_t output, void **results, int **counts) { \
    *counts = NULL;                                                              \
    return mmdeploy_##task##_get_result(output, (type **)results);               \
  }                                                                              \
  static void task##_release(void *results, int *counts, int count) {            \
    (void)counts;                                                                \
    mmdeploy_##task##_release_result(results, count);                            \
  }

COUNTED(classifier, mmdeploy_classification_t)
COUNTED(detector, mmdeploy_detection_t)
COUNTED(text_detector, mmdeploy_text_detection_t)
COUNTED(video_recognizer, mmdeploy_video_recognition_t)
FIXED(segmentor, mmdeploy_segmentation_t)
FIXED(restorer, mmdeploy_mat_t)
FIXED(text_recognizer, mmdeploy_text_recognition_t)
FIXED(pose_detector, mmdeploy_pose_detection_t)

static int rotated_detector_get(mmdeploy_value_t output, void **results, int **counts) {
  return mmdeploy_rotated_detector_get_result(output, (mmdeploy_rotated_detection_t **)results,
                                              counts);
}

static void rotated_detector_release(void *results, int *counts, int count) {
  (void)count;
  mmdeploy_rotated_detector_release_result(results, counts);
}

#define TASK(task, is_counted, empty, answer) \
  { #task, task##_get, task##_release, is_counted, empty, answer }
static const task_t g_tasks[] = {
    TASK(classifier, 1, "[]", "[{\"label_id\": 3, \"score\": 0.5}]"),
    TASK(detector, 1, "[]", "[{\"label_id\": 3, \"score\": 0.5, \"bbox\": [1, 2, 3, 4]}]"),
    TASK(text_detector, 1, "[]", "[{\"bbox\": [1, 2, 3, 4, 5, 6, 7, 8], \"score\": 0.5}]"),
    TASK(rotated_detector, 1, "{\"detections\": []}",
         "{\"detections\": [{\"label_id\": 3, \"score\": 0.5, \"rbbox\": [1, 2, 3, 4, 0.5]}]}"),
    TASK(video_recognizer, 1, "[]", "[{\"label_id\": 3, \"score\": 0.5}]"),
    TASK(segmentor, 0, "{\"height\": 0, \"width\": 0, \"classes\": 2}",
         "{\"height\": 0, \"width\": 0, \"classes\": 2}"),
    TASK(text_recognizer, 0, "{\"text\": \"\", \"score\": []}",
         "{\"text\": \"h\\u00e9\", \"score\": [0.5, 0.25]}"),
    TASK(pose_detector, 0, "{\"key_points\": []}",
         "{\"key_points\": [{\"bbox\": [1, 2], \"score\": 0.5}]}"),
    TASK(restorer, 0, NULL, NULL),
};
enum { TASKS = sizeof g_tasks / sizeof *g_tasks };

static mmdeploy_value_t output_of(const char *a, const char *b) {
  char text[512];
  snprintf(text, sizeof text, "[[%s%s%s]]", a ? a : "", b ? ", " : "", b ? b : "");
  return parse(text);
}

static void no_samples_and_no_answers(void **state) {
  (void)state;
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    void *results = NULL;
    int *counts = NULL;
    mmdeploy_value_t output = output_of(NULL, NULL);
    assert_success(task->get(output, &results, &counts));
    assert_non_null(results);
    assert_int_equal(counts != NULL, task->is_counted);
    task->release(results, counts, 0);
    mmdeploy_value_destroy(output);
    if (!task->empty) continue;
    output = output_of(task->empty, task->empty);
    assert_success(task->get(output, &results, &counts));
    assert_non_null(results);
    if (task->is_counted) assert_true(counts[0] == 0 && counts[1] == 0);
    task->release(results, counts, 2);
    mmdeploy_value_destroy(output);
  }
}

static void releases_need_no_counts(void **state) {
  (void)state;
  static const int wrong[] = {2, 1, 0, -1, 1000000};
  for (int i = 0; i < TASKS; ++i) {
    const task_t *task = &g_tasks[i];
    task->release(NULL, NULL, 0);
    task->release(NULL, NULL, 7);
    for (size_t k = 0; k < sizeof wrong / sizeof *wrong && task->answer; ++k) {
      void *results = NULL;
      int *counts = NULL;
      mmdeploy_value_t output = output_of(task->answer, task->answer);
      assert_success(task->get(output, &results, &counts));
      mmdeploy_value_destroy(output);
      if (task->is_counted) {
        assert_true(counts[0] == 1 && counts[1] == 1);
        counts[0] = wrong[k];  // not looked at either
      }
      task->release(results, counts, wrong[k]);
    }
  }
}

static void outputs_of_another_shape(void **state) {
  (void)state;
  static const char *const texts[] = {"null",   "3",        "\"x\"",     "{}",        "[]",
                                      "[3]",    "[{}]",     "[[7]]",     "[[\"x\"]]", "[[[7]]]",
                                      "[[{}]]", "[[[{}]]]", "[[[null]]]"};
  for (int i = 0; i < TASKS; ++i) {
    for (size_t k = 0; k < sizeof texts / sizeof *texts; ++k) {
      void *results = &state;
      int *counts = NULL;
      mmdeploy_value_t output = parse(texts[k]);
      if (g_tasks[i].get(output, &results, &counts) != MMDEPLOY_E_FAIL)
        fail_msg("%s of %s: %s", g_tasks[i].name, texts[k], mmdeploy_last_error_message());
      assert_true(!results && !counts);
      assert_true(*mmdeploy_last_error_message());
      mmdeploy_value_destroy(output);
    }
  }
}

// Each good answer without each of its members, and with each of another kind.
static void members_that_are_wrong(void **state) {
  (void)state;
  static const char *const members[] = {"label_id",   "score", "bbox",  "rbbox",
                                        "key_points", "text",  "height"};
  for (int i = 0; i < TASKS; ++i) {
    for (size_t k = 0; k < sizeof members / sizeof *members && g_tasks[i].answer; ++k) {
      char broken[256], quoted[32];
      void *results = &state;
      int *counts = NULL;
      snprintf(quoted, sizeof quoted, "\"%s\"", members[k]);
      snprintf(broken, sizeof broken, "%s", g_tasks[i].answer);
      char *at = strstr(broken, quoted);
      if (!at) continue;
      at[1] = '_';  // another name
      mmdeploy_value_t output = output_of(g_tasks[i].answer, broken);
      if (g_tasks[i].get(output, &results, &counts) != MMDEPLOY_E_FAIL)
        fail_msg("%s without %s", g_tasks[i].name, members[k]);
      assert_true(!results && !counts);
      mmdeploy_value_destroy(output);
    }
  }
}

static void nulls_and_other_handles(void **state) {
  (void)state;
  mmdeploy_device_t device = NULL;
  mmdeploy_scheduler_t scheduler = mmdeploy_executor_inline();
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  for (int i = 0; i < TASKS; ++i) {
    void *results = &state;
    int *counts = NULL;
    assert_fails(g_tasks[i].get(NULL, &results, &counts), MMDEPLOY_E_INVALID_ARG, "output");
    assert_true(!results && !counts);
    assert_fails(g_tasks[i].get((mmdeploy_value_t)device, &results, &counts),
                 MMDEPLOY_E_INVALID_ARG, "another kind");
    assert_fails(g_tasks[i].get((mmdeploy_value_t)scheduler, &results, &counts),
                 MMDEPLOY_E_INVALID_ARG, "another kind");
    mmdeploy_value_t output = output_of(NULL, NULL);
    assert_fails(g_tasks[i].get(output, NULL, &counts), MMDEPLOY_E_INVALID_ARG, "results");
    if (g_tasks[i].is_counted)
      assert_fails(g_tasks[i].get(output, &results, NULL), MMDEPLOY_E_INVALID_ARG, "result_count");
    mmdeploy_value_destroy(output);
  }
  mmdeploy_scheduler_destroy(scheduler);
  mmdeploy_device_destroy(device);
}

//===--- numbers -----------------------------------------------------------===//

static void numbers_arrive(void **state) {
  (void)state;
  mmdeploy_value_t output = parse(
      "[[[{\"label_id\": 1, \"score\": 0.5, \"bbox\": [1, 2.5, 3, 4], \"index\": 0}], null, "
      "[{\"label_id\": 2, \"score\": 1, \"bbox\": [0, 0, 0, 0]}]], []]");
  mmdeploy_detection_t *boxes = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_detector_get_result(output, &boxes, &counts));
  mmdeploy_value_destroy(output);
  assert_true(counts[0] == 1 && counts[1] == 0 && counts[2] == 1);
  assert_true(boxes[0].label_id == 1 && boxes[0].score == 0.5f && boxes[0].bbox.top == 2.5f);
  assert_true(boxes[1].label_id == 2 && boxes[1].score == 1.f && !boxes[1].mask);
  mmdeploy_detector_release_result(boxes, counts, 3);
  mmdeploy_text_recognition_t *texts = NULL;
  output = parse(
      "[[{\"text\": \"h\\u00e9\", \"score\": [0.5, 0.25]}, "
      "{\"text\": \"\", \"score\": []}]]");
  assert_success(mmdeploy_text_recognizer_get_result(output, &texts));
  mmdeploy_value_destroy(output);
  assert_string_equal(texts[0].text, "h\xc3\xa9");
  assert_true(texts[0].length == 2 && texts[0].score[1] == 0.25f);
  assert_true(texts[1].length == 0 && !*texts[1].text && texts[1].score);
  mmdeploy_text_recognizer_release_result(texts, 2);
  mmdeploy_rotated_detection_t *rotated = NULL;
  output = parse(
      "[[{\"detections\": [{\"label_id\": 3, \"score\": 0.5, \"rbbox\": [1, 2, 3, 4, -0.5]}]}]]");
  assert_success(mmdeploy_rotated_detector_get_result(output, &rotated, &counts));
  mmdeploy_value_destroy(output);
  assert_true(rotated[0].rbbox[4] == -0.5f && rotated[0].label_id == 3);
  mmdeploy_rotated_detector_release_result(rotated, counts);
}

//===--- pictures and maps -------------------------------------------------===//

static mmd_value_t *image_value(int height, int width, mmd_pixel_format_t format,
                                mmd_dtype_t dtype) {
  mmd_image_t image;
  assert_null(mmd_image_create(height, width, format, dtype, &image));
  memset(mmd_image_mutable_data(&image), 255, mmd_image_byte_size(&image));
  mmd_value_t *value = mmd_value_image(&image);
  mmd_image_deinit(&image);
  return value;
}

// [[ |answer| ]], taken over.
static mmd_value_t *wrap(mmd_value_t *answer) {
  mmd_value_t *output = mmd_value_array(), *samples = mmd_value_array();
  assert_null(mmd_array_take(output, samples));
  assert_null(mmd_array_take(samples, answer));
  return output;
}

static int get_restored(mmd_value_t *answer, mmdeploy_mat_t **results) {
  mmd_value_t *output = wrap(answer);
  const int code = mmdeploy_restorer_get_result((mmdeploy_value_t)output, results);
  mmd_value_release(output);
  return code;
}

static void restored_pictures(void **state) {
  (void)state;
  mmdeploy_mat_t *results = NULL;
  assert_success(get_restored(image_value(3, 5, MMD_PIXEL_RGB, MMD_U8), &results));
  // The pixels live as long as the results.
  assert_true(results[0].height == 3 && results[0].width == 5 && results[0].channel == 3);
  assert_true(results[0].data[44] == 255 && results[0].format == MMDEPLOY_PIXEL_FORMAT_RGB);
  mmdeploy_restorer_release_result(results, 1);
  assert_success(get_restored(image_value(2, 2, MMD_PIXEL_GRAY, MMD_U8), &results));
  assert_true(results[0].channel == 1 && results[0].format == MMDEPLOY_PIXEL_FORMAT_GRAYSCALE);
  mmdeploy_restorer_release_result(results, 1);
  assert_fails(get_restored(image_value(2, 2, MMD_PIXEL_RGB, MMD_F32), &results), MMDEPLOY_E_FAIL,
               "picture");
  assert_null(results);
}

static mmd_value_t *map_value(int64_t height, int64_t width, const char *key, mmd_dtype_t dtype,
                              int64_t planes) {
  const int64_t dims[] = {planes, height, width};
  mmd_shape_t shape;
  mmd_tensor_t tensor;
  mmd_value_t *object = mmd_value_object();
  assert_null(mmd_shape_make(3, dims, &shape));
  assert_null(mmd_tensor_create(dtype, &shape, true, &tensor));
  assert_null(mmd_object_take(object, "height", mmd_value_int(2)));
  assert_null(mmd_object_take(object, "width", mmd_value_int(3)));
  assert_null(mmd_object_take(object, "classes", mmd_value_int(4)));
  assert_null(mmd_object_take(object, key, mmd_value_tensor(&tensor)));
  mmd_tensor_deinit(&tensor);
  return object;
}

static int get_map(mmd_value_t *answer, mmdeploy_segmentation_t **results) {
  mmd_value_t *output = wrap(answer);
  const int code = mmdeploy_segmentor_get_result((mmdeploy_value_t)output, results);
  mmd_value_release(output);
  return code;
}

static void maps(void **state) {
  (void)state;
  mmdeploy_segmentation_t *results = NULL;
  assert_success(get_map(map_value(2, 3, "mask", MMD_I32, 1), &results));
  assert_true(results[0].mask && !results[0].score && results[0].mask[5] == 0);
  assert_true(results[0].height == 2 && results[0].width == 3 && results[0].classes == 4);
  mmdeploy_segmentor_release_result(results, 1);
  assert_success(get_map(map_value(2, 3, "score", MMD_F32, 4), &results));
  assert_true(!results[0].mask && results[0].score && results[0].score[23] == 0.f);
  mmdeploy_segmentor_release_result(results, 0);
  // Maps of another size or type would be read beyond their end.
  assert_fails(get_map(map_value(2, 2, "mask", MMD_I32, 1), &results), MMDEPLOY_E_FAIL, "map");
  assert_fails(get_map(map_value(2, 3, "mask", MMD_F32, 1), &results), MMDEPLOY_E_FAIL, "map");
  assert_fails(get_map(map_value(2, 3, "score", MMD_F32, 3), &results), MMDEPLOY_E_FAIL, "map");
  assert_null(results);
}

static void masks(void **state) {
  (void)state;
  static const mmd_dtype_t dtypes[] = {MMD_U8, MMD_F32};
  for (int i = 0; i < 2; ++i) {
    mmdeploy_detection_t *results = NULL;
    int *counts = NULL;
    mmd_value_t *list = mmd_value_array(), *answer = mmd_value_object(), *box = mmd_value_array(),
                *output = wrap(list);
    assert_null(mmd_array_take(list, answer));
    assert_null(mmd_object_take(answer, "label_id", mmd_value_int(0)));
    assert_null(mmd_object_take(answer, "score", mmd_value_float(1)));
    assert_null(mmd_object_take(answer, "bbox", box));
    for (int k = 0; k < 4; ++k) assert_null(mmd_array_take(box, mmd_value_int(10 + 4 * (k / 2))));
    assert_null(mmd_object_take(answer, "mask", image_value(6, 6, MMD_PIXEL_GRAY, dtypes[i])));
    const int code = mmdeploy_detector_get_result((mmdeploy_value_t)output, &results, &counts);
    mmd_value_release(output);
    assert_int_equal(code, i ? MMDEPLOY_E_FAIL : MMDEPLOY_SUCCESS);
    if (i) continue;
    int x = -1, y = -1;
    assert_int_equal((uint8_t)results[0].mask->data[35], 255);
    assert_true(results[0].mask->height == 6 && results[0].mask->width == 6);
    assert_success(mmdeploy_detection_mask_origin(results, &x, &y));
    assert_true(x == 9 && y == 9);
    mmdeploy_detector_release_result(results, counts, 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_samples_and_no_answers),
      cmocka_unit_test(releases_need_no_counts),
      cmocka_unit_test(outputs_of_another_shape),
      cmocka_unit_test(members_that_are_wrong),
      cmocka_unit_test(nulls_and_other_handles),
      cmocka_unit_test(numbers_arrive),
      cmocka_unit_test(restored_pictures),
      cmocka_unit_test(maps),
      cmocka_unit_test(masks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
