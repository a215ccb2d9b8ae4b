// SPDX-License-Identifier: Apache-2.0
//
// pipeline.h: configs that join several models, and text detector and recognizer joined by senders.
#include "mmdeploy/detector.h"
#include "mmdeploy/pipeline.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"
#include "tests/integration/sdk/sdk_tasks.h"

static mmdeploy_value_t parse(const char *json) {
  mmdeploy_value_t value = NULL;
  assert_success(mmdeploy_value_from_json(json, &value));
  return value;
}

static mmdeploy_value_t item_of(mmdeploy_value_t array, int index) {
  mmdeploy_value_t item = NULL;
  assert_success(mmdeploy_value_at(array, index, &item));
  return item;
}

// A value of one output, made an output again for get_result.
static mmdeploy_value_t as_output(mmdeploy_value_t value) {
  mmdeploy_value_t output = NULL;
  assert_success(mmdeploy_value_create_array(&output));
  assert_success(mmdeploy_value_append(output, value));
  mmdeploy_value_destroy(value);
  return output;
}

//===--- detector and classifier -------------------------------------------===//

static const char g_det_cls[] =
    "{\"type\": \"Pipeline\", \"input\": [\"img\"], \"output\": [\"dets\", \"labels\"], \"tasks\": "
    "["
    " {\"type\": \"Inference\", \"input\": [\"img\"], \"output\": [\"dets\"],"
    "  \"params\": {\"model\": \"detection\"}},"
    " {\"type\": \"Pipeline\", \"input\": [\"boxes=*dets\", \"imgs=+img\"],"
    "  \"output\": [\"*labels\"], \"tasks\": ["
    "   {\"type\": \"Task\", \"module\": \"CropBox\", \"scheduler\": \"crop\","
    "    \"input\": [\"imgs\", \"boxes\"], \"output\": [\"patches\"]},"
    "   {\"type\": \"Inference\", \"input\": [\"patches\"], \"output\": [\"labels\"],"
    "    \"params\": {\"model\": \"classification\"}}]}]}";

static void add_model(mmdeploy_context_t context, const char *name, const char *path) {
  mmdeploy_model_t model = sdk_open_model(path);
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_MODEL, name, model));
  mmdeploy_model_destroy(model);
}

static mmdeploy_pipeline_t make_det_cls(void) {
  mmdeploy_context_t context = NULL;
  mmdeploy_pipeline_t pipeline = NULL;
  mmdeploy_value_t config = parse(g_det_cls);
  mmdeploy_scheduler_t pool = mmdeploy_executor_create_thread_pool(2);
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  add_model(context, "detection", sdk_package_path("detection_yolox"));
  add_model(context, "classification", SDK_TINY_ORT);
  assert_success(mmdeploy_context_add(context, MMDEPLOY_TYPE_SCHEDULER, "crop", pool));
  assert_success(mmdeploy_pipeline_create_v3(config, context, &pipeline));
  mmdeploy_value_destroy(config);
  mmdeploy_context_destroy(context);
  mmdeploy_scheduler_destroy(pool);
  return pipeline;
}

// The whole pixels from |a| to |b|; at least one, within |size|.
static void whole_pixels(float a, float b, int size, int *begin, int *count) {
  const int low = (int)rintf(a), length = (int)rintf(b - a);
  *begin = low < size ? low : size - 1;
  const int end = low + length > *begin + 1 ? low + length : *begin + 1;
  *count = (end < size ? end : size) - *begin;
}

// The part of |mat| in |box|.
static mmdeploy_mat_desc_t cut(const mmdeploy_mat_t *mat, const mmdeploy_rect_t *box) {
  mmdeploy_mat_desc_t desc = {.struct_size = sizeof desc, .mat = *mat};
  int x, y;
  whole_pixels(box->left, box->right, mat->width, &x, &desc.mat.width);
  whole_pixels(box->top, box->bottom, mat->height, &y, &desc.mat.height);
  desc.row_stride = (size_t)mat->width * 3;
  desc.mat.data += (size_t)y * desc.row_stride + (size_t)x * 3;
  return desc;
}

static void check_label(mmdeploy_classifier_t classifier, const mmdeploy_mat_t *mat,
                        const mmdeploy_rect_t *box, const mmdeploy_classification_t *found,
                        int count) {
  const mmdeploy_mat_desc_t desc = cut(mat, box);
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_classification_t *wanted = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_common_create_input_ex(&desc, 1, &input));
  assert_success(mmdeploy_classifier_apply_v2(classifier, input, &output));
  assert_success(mmdeploy_classifier_get_result(output, &wanted, &counts));
  assert_int_equal(counts[0], count);
  for (int i = 0; i < count; ++i) {
    assert_int_equal(found[i].label_id, wanted[i].label_id);
    assert_float_equal(found[i].score, wanted[i].score, 1e-5);
  }
  mmdeploy_classifier_release_result(wanted, counts, 1);
  mmdeploy_value_destroy(output);
  mmdeploy_value_destroy(input);
}

static void boxes_are_classified(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_image_t image = sdk_read_photo("detection_yolox", 0);
  mmdeploy_mat_t mats[2] = {*mmdeploy_image_mat(image), sdk_make_bgr(64, 64, 0)};
  memset(mats[1].data, 0, 64 * 64 * 3);
  mmdeploy_pipeline_t pipeline = make_det_cls();
  mmdeploy_classifier_t classifier = sdk_open_classifier(SDK_TINY_ORT);
  mmdeploy_value_t input = NULL, output = NULL;
  assert_success(mmdeploy_common_create_input(mats, 2, &input));
  assert_success(mmdeploy_pipeline_apply(pipeline, input, &output));
  assert_int_equal(mmdeploy_value_size(output), 2);
  mmdeploy_value_t dets = as_output(item_of(output, 0)), labels = item_of(output, 1);
  mmdeploy_detection_t *boxes = NULL;
  int *counts = NULL;
  assert_success(mmdeploy_detector_get_result(dets, &boxes, &counts));
  assert_true(counts[0] > 5);
  for (int i = 0, at = 0; i < 2; at += counts[i++]) {
    mmdeploy_value_t own = as_output(item_of(labels, i));
    mmdeploy_classification_t *classes = NULL;
    int *class_counts = NULL;
    assert_success(mmdeploy_classifier_get_result(own, &classes, &class_counts));
    const mmdeploy_classification_t *next = classes;
    for (int k = 0; k < counts[i]; next += class_counts[k++])
      check_label(classifier, &mats[i], &boxes[at + k].bbox, next, class_counts[k]);
    mmdeploy_classifier_release_result(classes, class_counts, counts[i]);
    mmdeploy_value_destroy(own);
  }
  mmdeploy_detector_release_result(boxes, counts, 2);
  mmdeploy_value_destroy(labels);
  mmdeploy_value_destroy(dets);
  mmdeploy_value_destroy(output);
  mmdeploy_value_destroy(input);
  mmdeploy_classifier_destroy(classifier);
  mmdeploy_pipeline_destroy(pipeline);
  mmdeploy_image_destroy(image);
  free(mats[1].data);
}

//===--- creation ----------------------------------------------------------===//

static void task_handles_are_pipelines(void **state) {
  (void)state;
  mmdeploy_mat_t mat = sdk_make_bgr(40, 50, 7);
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_context_t context = NULL;
  mmdeploy_pipeline_t pipeline = NULL;
  mmdeploy_value_t value = NULL, config = NULL;
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_success(mmdeploy_pipeline_create_from_model(model, context, &pipeline));
  const sdk_answers_t answers = sdk_classify((mmdeploy_classifier_t)pipeline, &mat);
  mmdeploy_classifier_destroy((mmdeploy_classifier_t)pipeline);
  // The model as a value in the config, without a context.
  config = parse("{\"type\": \"Inference\", \"input\": [\"i\"], \"output\": [\"o\"]}");
  mmdeploy_value_t params = parse("{}");
  assert_success(mmdeploy_value_from_model(model, &value));
  assert_success(mmdeploy_value_set(params, "model", value));
  assert_success(mmdeploy_value_set(config, "params", params));
  mmdeploy_value_destroy(params);
  mmdeploy_value_destroy(value);
  mmdeploy_model_destroy(model);
  assert_success(mmdeploy_pipeline_create_v3(config, NULL, &pipeline));
  mmdeploy_value_destroy(config);
  const sdk_answers_t again = sdk_classify((mmdeploy_classifier_t)pipeline, &mat);
  sdk_assert_answers(&answers, again.items, again.count, 1e-6);
  mmdeploy_pipeline_destroy(pipeline);
  mmdeploy_context_destroy(context);
  free(mat.data);
}

static void configs_that_are_wrong(void **state) {
  (void)state;
  static const char *const texts[] = {
      "null",
      "3",
      "[]",
      "{}",
      "{\"type\": \"Pipeline\"}",
      "{\"type\": 3}",
      "{\"type\": \"Tsak\"}",
      "{\"type\": \"Task\", \"input\": [\"i\"], \"output\": [\"o\"]}",
      "{\"type\": \"Task\", \"module\": \"mmdet\", \"input\": [\"i\"], \"output\": [\"o\"]}",
      "{\"type\": \"Inference\", \"input\": [\"i\"], \"output\": [\"o\"]}",
      "{\"type\": \"Inference\", \"input\": \"i\", \"output\": \"o\", \"params\": {\"model\": 1}}",
      "{\"type\": \"Pipeline\", \"input\": [\"a\"], \"output\": [\"b\"], \"tasks\": []}"};
  mmdeploy_context_t context = NULL;
  mmdeploy_pipeline_t pipeline;
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
    mmdeploy_value_t config = parse(texts[i]);
    pipeline = (mmdeploy_pipeline_t)&state;
    mmdeploy_clear_last_error();
    const int code = mmdeploy_pipeline_create_v3(config, context, &pipeline);
    if (code < 1 || code >= MMDEPLOY_STATUS_COUNT || pipeline || !*mmdeploy_last_error_message())
      fail_msg("%s: %d", texts[i], code);
    mmdeploy_value_destroy(config);
  }
  mmdeploy_context_destroy(context);
}

static void nulls_are_refused(void **state) {
  (void)state;
  mmdeploy_context_t context = NULL;
  mmdeploy_model_t model = sdk_open_model(SDK_TINY);
  mmdeploy_pipeline_t pipeline = (mmdeploy_pipeline_t)&state;
  mmdeploy_value_t value = parse("{}"), output = NULL;
  mmdeploy_sender_t sender = NULL, just = mmdeploy_executor_just(value);
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_fails(mmdeploy_pipeline_create_v3(NULL, context, &pipeline), MMDEPLOY_E_INVALID_ARG,
               "config");
  assert_null(pipeline);
  assert_fails(mmdeploy_pipeline_create_v3(value, context, NULL), MMDEPLOY_E_INVALID_ARG,
               "pipeline");
  assert_fails(mmdeploy_pipeline_create_v3(value, (mmdeploy_context_t)model, &pipeline),
               MMDEPLOY_E_INVALID_ARG, "another kind");
  assert_fails(mmdeploy_pipeline_create_from_model(NULL, context, &pipeline),
               MMDEPLOY_E_INVALID_ARG, "model");
  assert_fails(mmdeploy_pipeline_create_from_model(model, NULL, &pipeline), MMDEPLOY_E_INVALID_ARG,
               "context");
  assert_fails(mmdeploy_pipeline_create_from_model(model, context, NULL), MMDEPLOY_E_INVALID_ARG,
               "pipeline");
  assert_success(mmdeploy_pipeline_create_from_model(model, context, &pipeline));
  assert_fails(mmdeploy_pipeline_apply(NULL, value, &output), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_pipeline_apply(pipeline, NULL, &output), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_pipeline_apply(pipeline, value, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_pipeline_apply_async(NULL, just, &sender), MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_pipeline_apply_async(pipeline, NULL, &sender), MMDEPLOY_E_INVALID_ARG,
               "NULL");
  assert_fails(mmdeploy_pipeline_apply_async(pipeline, just, NULL), MMDEPLOY_E_INVALID_ARG, "NULL");
  mmdeploy_sender_destroy(just);
  mmdeploy_pipeline_destroy(NULL);
  mmdeploy_pipeline_destroy(pipeline);
  mmdeploy_value_destroy(value);
  mmdeploy_model_destroy(model);
  mmdeploy_context_destroy(context);
}

//===--- text in two stages ------------------------------------------------===//

typedef struct ocr_t {
  mmdeploy_text_recognizer_t recognizer;
  const mmdeploy_mat_t *mat;
  int box_count, text_count, code;
} ocr_t;

static int read_boxes(mmdeploy_text_detection_t *results, int *counts, void *context,
                      mmdeploy_sender_t *output) {
  ocr_t *ocr = context;
  ocr->box_count = counts[0];
  const int code = mmdeploy_text_recognizer_apply_async_v3(ocr->recognizer, ocr->mat, 1, results,
                                                           counts, output);
  mmdeploy_text_detector_release_result(results, counts, 1);
  return ocr->code ? ocr->code : code;
}

static int count_texts(mmdeploy_text_recognition_t *results, void *context,
                       mmdeploy_sender_t *output) {
  ocr_t *ocr = context;
  mmdeploy_value_t number = NULL;
  for (int i = 0; i < ocr->box_count; ++i) ocr->text_count += results[i].text != NULL;
  mmdeploy_text_recognizer_release_result(results, ocr->box_count);
  const int code = mmdeploy_value_from_int(ocr->text_count, &number);
  *output = mmdeploy_executor_just(number);
  mmdeploy_value_destroy(number);
  return code;
}

static mmdeploy_sender_t start_ocr(mmdeploy_text_detector_t detector, ocr_t *ocr) {
  mmdeploy_sender_t boxes = NULL, texts = NULL, number = NULL;
  assert_success(mmdeploy_text_detector_apply_async_v3(detector, ocr->mat, 1, &boxes));
  assert_success(mmdeploy_text_detector_continue_async(boxes, read_boxes, ocr, &texts));
  assert_success(mmdeploy_text_recognizer_continue_async(texts, count_texts, ocr, &number));
  return number;
}

static void texts_are_found_and_read(void **state) {
  (void)state;
  NEED_ENGINE();
  mmdeploy_image_t image = sdk_read_photo("text-detection_dbnet_1x", 0);
  mmdeploy_text_detector_t detector = NULL;
  ocr_t ocr = {.mat = mmdeploy_image_mat(image)};
  assert_success(mmdeploy_text_detector_create_by_path(sdk_package_path("text-detection_dbnet_1x"),
                                                       "cpu", 0, &detector));
  assert_success(mmdeploy_text_recognizer_create_by_path(
      sdk_package_path("text-recognition_crnn_1x"), "cpu", 0, &ocr.recognizer));
  mmdeploy_value_t number = mmdeploy_executor_sync_wait(start_ocr(detector, &ocr));
  int64_t count = 0;
  assert_success(mmdeploy_value_as_int(number, &count));
  mmdeploy_value_destroy(number);
  assert_true(ocr.box_count > 10);
  assert_int_equal(count, ocr.box_count);
  // A continuation that fails: the second does not run.
  ocr.code = MMDEPLOY_E_OUT_OF_RANGE;
  ocr.text_count = 0;
  number = (mmdeploy_value_t)&state;
  assert_fails(mmdeploy_executor_sync_wait_v2(start_ocr(detector, &ocr), &number), MMDEPLOY_E_FAIL,
               "continuation");
  assert_null(number);
  assert_int_equal(ocr.text_count, 0);
  // Never started.
  ocr.code = 0;
  mmdeploy_sender_destroy(start_ocr(detector, &ocr));
  mmdeploy_sender_t sender = (mmdeploy_sender_t)&state;
  assert_fails(mmdeploy_text_detector_continue_async(NULL, read_boxes, &ocr, &sender),
               MMDEPLOY_E_INVALID_ARG, "input");
  assert_null(sender);
  assert_fails(mmdeploy_text_recognizer_continue_async(NULL, count_texts, &ocr, &sender),
               MMDEPLOY_E_INVALID_ARG, "input");
  assert_fails(mmdeploy_text_detector_apply_async_v3(NULL, ocr.mat, 1, &sender),
               MMDEPLOY_E_INVALID_ARG, "NULL");
  assert_fails(mmdeploy_text_detector_apply_async_v3(detector, NULL, 1, &sender),
               MMDEPLOY_E_INVALID_ARG, "mats");
  assert_fails(mmdeploy_text_detector_apply_async_v3(detector, ocr.mat, 1, NULL),
               MMDEPLOY_E_INVALID_ARG, "NULL");
  mmdeploy_text_recognizer_destroy(ocr.recognizer);
  mmdeploy_text_detector_destroy(detector);
  mmdeploy_image_destroy(image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(task_handles_are_pipelines), cmocka_unit_test(configs_that_are_wrong),
      cmocka_unit_test(nulls_are_refused),          cmocka_unit_test(texts_are_found_and_read),
      cmocka_unit_test(boxes_are_classified),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
