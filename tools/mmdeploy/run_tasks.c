// SPDX-License-Identifier: Apache-2.0
//
// Tasks that need one package: what they answer, turned into items.
#include "tools/mmdeploy/run_tasks.h"

#include <stdlib.h>
#include <string.h>

#include "mmdeploy/classifier.h"
#include "mmdeploy/detector.h"
#include "mmdeploy/restorer.h"
#include "mmdeploy/rotated_detector.h"
#include "mmdeploy/segmentor.h"
#include "mmdeploy/text_detector.h"
#include "mmdeploy/text_recognizer.h"

int run_call(run_t *run, void *handle, mmdeploy_value_t input, mmdeploy_value_t *output) {
  const int code =
      mmdeploy_pipeline_apply_call((mmdeploy_pipeline_t)handle, run->call, input, output, NULL);
  mmdeploy_value_destroy(input);
  return code;
}

static int call_on_pictures(run_t *run, const mmdeploy_mat_t *mats, int count,
                            mmdeploy_value_t *output) {
  mmdeploy_value_t input = NULL;
  const int code = mmdeploy_common_create_input(mats, count, &input);
  return code ? code : run_call(run, run->handles[0], input, output);
}

//===--- classifier --------------------------------------------------------===//

static int create_classifier(run_t *run) {
  mmdeploy_classifier_t handle = NULL;
  const int code = mmdeploy_classifier_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

static int apply_classifier(run_t *run, const mmdeploy_mat_t *mats, int count,
                            run_answer_t *answers) {
  mmdeploy_value_t output = NULL;
  mmdeploy_classification_t *results = NULL;
  int *counts = NULL;
  int code = call_on_pictures(run, mats, count, &output);
  if (!code) code = mmdeploy_classifier_get_result(output, &results, &counts);
  const mmdeploy_classification_t *result = results;
  for (int i = 0; i < count && !code; ++i) {
    for (int k = 0; k < counts[i] && !code; ++k, ++result) {
      run_item_t *item = run_answer_add(&answers[i]);
      if (!item) code = MMDEPLOY_E_OUT_OF_MEMORY;
      if (item) run_item_set_label(item, result->label_id, result->score);
    }
  }
  mmdeploy_classifier_release_result(results, counts, count);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_classifier(run_t *run) {
  mmdeploy_classifier_destroy(run->handles[0]);
}

const run_task_t run_classifier = {
    .command = "run classifier",
    .summary = "Say what is in pictures, with a classification package.",
    .name = "classifier",
    .packages = {"Classifier"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE,
    .create = create_classifier,
    .apply = apply_classifier,
    .destroy = destroy_classifier,
};

//===--- detector ----------------------------------------------------------===//

static int create_detector(run_t *run) {
  mmdeploy_detector_t handle = NULL;
  const int code = mmdeploy_detector_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

static int add_detection(const mmdeploy_detection_t *detection, run_answer_t *answer) {
  run_item_t *item = run_answer_add(answer);
  if (!item) return MMDEPLOY_E_OUT_OF_MEMORY;
  run_item_set_label(item, detection->label_id, detection->score);
  item->fields |= RUN_BBOX;
  item->bbox = detection->bbox;
  const mmdeploy_instance_mask_t *mask = detection->mask;
  if (!mask || !mask->data || mask->width <= 0 || mask->height <= 0) return 0;
  item->mask = run_copy(mask->data, (size_t)mask->height, (size_t)mask->width);
  if (!item->mask) return MMDEPLOY_E_OUT_OF_MEMORY;
  item->mask_width = mask->width;
  item->mask_height = mask->height;
  return mmdeploy_detection_mask_origin(detection, &item->mask_left, &item->mask_top);
}

int run_detect(run_t *run, void *detector, const mmdeploy_mat_t *mats, int count,
               run_answer_t *answers) {
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_detection_t *results = NULL;
  int *counts = NULL;
  int code = mmdeploy_detector_create_input(mats, count, &input);
  if (!code) code = run_call(run, detector, input, &output);
  if (!code) code = mmdeploy_detector_get_result(output, &results, &counts);
  const mmdeploy_detection_t *result = results;
  for (int i = 0; i < count && !code; ++i) {
    for (int k = 0; k < counts[i] && !code; ++k) code = add_detection(result++, &answers[i]);
  }
  mmdeploy_detector_release_result(results, counts, count);
  mmdeploy_value_destroy(output);
  return code;
}

static int apply_detector(run_t *run, const mmdeploy_mat_t *mats, int count,
                          run_answer_t *answers) {
  return run_detect(run, run->handles[0], mats, count, answers);
}

static void destroy_detector(run_t *run) {
  mmdeploy_detector_destroy(run->handles[0]);
}

const run_task_t run_detector = {
    .command = "run detector",
    .summary = "Find objects in pictures and videos: boxes, and masks of instances.",
    .name = "detector",
    .packages = {"Detector"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE | RUN_FEATURE_TILE | RUN_FEATURE_PALETTE |
                RUN_FEATURE_CLASSES,
    .create = create_detector,
    .apply = apply_detector,
    .destroy = destroy_detector,
};

//===--- rotated detector --------------------------------------------------===//

static int create_rotated_detector(run_t *run) {
  mmdeploy_rotated_detector_t handle = NULL;
  const int code = mmdeploy_rotated_detector_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

static int apply_rotated_detector(run_t *run, const mmdeploy_mat_t *mats, int count,
                                  run_answer_t *answers) {
  mmdeploy_value_t output = NULL;
  mmdeploy_rotated_detection_t *results = NULL;
  int *counts = NULL;
  int code = call_on_pictures(run, mats, count, &output);
  if (!code) code = mmdeploy_rotated_detector_get_result(output, &results, &counts);
  const mmdeploy_rotated_detection_t *result = results;
  for (int i = 0; i < count && !code; ++i) {
    for (int k = 0; k < counts[i] && !code; ++k, ++result) {
      run_item_t *item = run_answer_add(&answers[i]);
      if (!item) {
        code = MMDEPLOY_E_OUT_OF_MEMORY;
        break;
      }
      run_item_set_label(item, result->label_id, result->score);
      item->fields |= RUN_RBOX;
      memcpy(item->rbox, result->rbbox, sizeof item->rbox);
    }
  }
  mmdeploy_rotated_detector_release_result(results, counts);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_rotated_detector(run_t *run) {
  mmdeploy_rotated_detector_destroy(run->handles[0]);
}

const run_task_t run_rotated_detector = {
    .command = "run rotated-detector",
    .summary = "Find objects with rotated boxes.",
    .name = "rotated-detector",
    .packages = {"RotatedDetector"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE | RUN_FEATURE_TILE | RUN_FEATURE_PALETTE |
                RUN_FEATURE_CLASSES,
    .create = create_rotated_detector,
    .apply = apply_rotated_detector,
    .destroy = destroy_rotated_detector,
};

//===--- segmentor ---------------------------------------------------------===//

static int create_segmentor(run_t *run) {
  mmdeploy_segmentor_t handle = NULL;
  const int code = mmdeploy_segmentor_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

// The best class of each pixel, of models that give scores.
static int *best_classes(const mmdeploy_segmentation_t *result, size_t area) {
  int *labels = calloc(area + 1, sizeof *labels);
  for (int c = 1; labels && c < result->classes; ++c) {
    const float *scores = result->score + (size_t)c * area;
    for (size_t i = 0; i < area; ++i) {
      if (scores[i] > result->score[(size_t)labels[i] * area + i]) labels[i] = c;
    }
  }
  return labels;
}

static int keep_labels(const mmdeploy_segmentation_t *result, run_answer_t *answer) {
  const size_t area = (size_t)result->height * (size_t)result->width;
  answer->labels = result->mask ? run_copy(result->mask, area, sizeof *result->mask)
                                : best_classes(result, area);
  answer->width = result->width;
  answer->height = result->height;
  answer->class_count = result->classes;
  return answer->labels ? 0 : MMDEPLOY_E_OUT_OF_MEMORY;
}

static int apply_segmentor(run_t *run, const mmdeploy_mat_t *mats, int count,
                           run_answer_t *answers) {
  mmdeploy_value_t output = NULL;
  mmdeploy_segmentation_t *results = NULL;
  int code = call_on_pictures(run, mats, count, &output);
  if (!code) code = mmdeploy_segmentor_get_result(output, &results);
  for (int i = 0; i < count && !code; ++i) code = keep_labels(&results[i], &answers[i]);
  mmdeploy_segmentor_release_result(results, count);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_segmentor(run_t *run) {
  mmdeploy_segmentor_destroy(run->handles[0]);
}

const run_task_t run_segmentor = {
    .command = "run segmentor",
    .summary = "Give every pixel a class, with a segmentation package.",
    .name = "segmentor",
    .packages = {"Segmentor"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TILE | RUN_FEATURE_PALETTE,
    .create = create_segmentor,
    .apply = apply_segmentor,
    .destroy = destroy_segmentor,
};

//===--- restorer ----------------------------------------------------------===//

static int create_restorer(run_t *run) {
  mmdeploy_restorer_t handle = NULL;
  const int code = mmdeploy_restorer_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

static int apply_restorer(run_t *run, const mmdeploy_mat_t *mats, int count,
                          run_answer_t *answers) {
  mmdeploy_value_t output = NULL;
  mmdeploy_mat_t *results = NULL;
  int code = call_on_pictures(run, mats, count, &output);
  if (!code) code = mmdeploy_restorer_get_result(output, &results);
  for (int i = 0; i < count && !code; ++i) {
    const mmdeploy_mat_t *result = &results[i];
    const int channels = result->format == MMDEPLOY_PIXEL_FORMAT_GRAYSCALE ? 1 : 3;
    answers[i].picture =
        run_copy(result->data, (size_t)result->height * (size_t)result->width, (size_t)channels);
    answers[i].channels = channels;
    answers[i].width = result->width;
    answers[i].height = result->height;
    if (!answers[i].picture) code = MMDEPLOY_E_OUT_OF_MEMORY;
  }
  mmdeploy_restorer_release_result(results, count);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_restorer(run_t *run) {
  mmdeploy_restorer_destroy(run->handles[0]);
}

const run_task_t run_restorer = {
    .command = "run restorer",
    .summary = "Make pictures larger or better, with a restoration package.",
    .name = "restorer",
    .packages = {"Restorer"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TILE,
    .create = create_restorer,
    .apply = apply_restorer,
    .destroy = destroy_restorer,
};

//===--- text --------------------------------------------------------------===//

static int create_text_detector(run_t *run) {
  mmdeploy_text_detector_t handle = NULL;
  const int code = mmdeploy_text_detector_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

int run_add_text_box(const mmdeploy_text_detection_t *box, run_answer_t *answer) {
  run_item_t *item = run_answer_add(answer);
  if (!item) return MMDEPLOY_E_OUT_OF_MEMORY;
  item->fields = RUN_SCORE;
  item->score = box->score;
  item->polygon = run_copy(box->bbox, 4, sizeof *box->bbox);
  item->polygon_size = 4;
  return item->polygon ? 0 : MMDEPLOY_E_OUT_OF_MEMORY;
}

static int apply_text_detector(run_t *run, const mmdeploy_mat_t *mats, int count,
                               run_answer_t *answers) {
  mmdeploy_value_t output = NULL;
  mmdeploy_text_detection_t *results = NULL;
  int *counts = NULL;
  int code = call_on_pictures(run, mats, count, &output);
  if (!code) code = mmdeploy_text_detector_get_result(output, &results, &counts);
  const mmdeploy_text_detection_t *result = results;
  for (int i = 0; i < count && !code; ++i) {
    for (int k = 0; k < counts[i] && !code; ++k) code = run_add_text_box(result++, &answers[i]);
  }
  mmdeploy_text_detector_release_result(results, counts, count);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_text_detector(run_t *run) {
  mmdeploy_text_detector_destroy(run->handles[0]);
}

const run_task_t run_text_detector = {
    .command = "run text-detector",
    .summary = "Find text in pictures.",
    .name = "text-detector",
    .packages = {"TextDetector"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE | RUN_FEATURE_TILE,
    .create = create_text_detector,
    .apply = apply_text_detector,
    .destroy = destroy_text_detector,
};

static int create_text_recognizer(run_t *run) {
  mmdeploy_text_recognizer_t handle = NULL;
  const int code = mmdeploy_text_recognizer_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

bool run_item_set_text(run_item_t *item, const mmdeploy_text_recognition_t *text) {
  const char *bytes = text->text ? text->text : "";
  double sum = 0;
  for (int i = 0; i < text->length; ++i) sum += (double)text->score[i];
  item->text = run_copy(bytes, strlen(bytes) + 1, 1);
  item->fields |= RUN_SCORE;
  item->score = text->length > 0 ? (float)(sum / text->length) : 0;
  return item->text != NULL;
}

static int apply_text_recognizer(run_t *run, const mmdeploy_mat_t *mats, int count,
                                 run_answer_t *answers) {
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_text_recognition_t *results = NULL;
  int code = mmdeploy_text_recognizer_create_input(mats, count, NULL, NULL, &input);
  if (!code) code = run_call(run, run->handles[0], input, &output);
  if (!code) code = mmdeploy_text_recognizer_get_result(output, &results);
  for (int i = 0; i < count && !code; ++i) {
    run_item_t *item = run_answer_add(&answers[i]);
    if (!item || !run_item_set_text(item, &results[i])) code = MMDEPLOY_E_OUT_OF_MEMORY;
  }
  mmdeploy_text_recognizer_release_result(results, count);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_text_recognizer(run_t *run) {
  mmdeploy_text_recognizer_destroy(run->handles[0]);
}

const run_task_t run_text_recognizer = {
    .command = "run text-recognizer",
    .summary = "Read pictures that hold one line of text each.",
    .name = "text-recognizer",
    .packages = {"TextRecognizer"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_SCORE,
    .create = create_text_recognizer,
    .apply = apply_text_recognizer,
    .destroy = destroy_text_recognizer,
};

void run_item_set_label(run_item_t *item, int label_id, float score) {
  item->fields |= RUN_LABEL | RUN_SCORE;
  item->label_id = label_id;
  item->score = score;
}
