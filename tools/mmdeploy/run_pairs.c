// SPDX-License-Identifier: Apache-2.0
//
// Tasks of two steps: texts are found and read, persons are found and their key points too.
#include <stdlib.h>
#include <string.h>

#include "mmdeploy/detector.h"
#include "mmdeploy/pose_detector.h"
#include "mmdeploy/pose_tracker.h"
#include "tools/mmdeploy/run_tasks.h"

#define PERSON_SCORE 0.5f  // of those whose pose is looked for, unless --score-thr says otherwise

//===--- ocr ---------------------------------------------------------------===//

static int create_ocr(run_t *run) {
  mmdeploy_text_detector_t detector = NULL;
  mmdeploy_text_recognizer_t recognizer = NULL;
  int code = mmdeploy_text_detector_create_v2(run->models[0], run->context, &detector);
  run->handles[0] = detector;
  if (!code) code = mmdeploy_text_recognizer_create_v2(run->models[1], run->context, &recognizer);
  run->handles[1] = recognizer;
  return code;
}

// What stands in the boxes, pictures and boxes in order; the answers have the boxes already.
static int read_texts(run_t *run, const mmdeploy_mat_t *mats, int count,
                      const mmdeploy_text_detection_t *boxes, const int *box_counts,
                      run_answer_t *answers) {
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_text_recognition_t *texts = NULL;
  int total = 0;
  for (int i = 0; i < count; ++i) total += box_counts[i];
  if (!total) return 0;
  int code = mmdeploy_text_recognizer_create_input(mats, count, boxes, box_counts, &input);
  if (!code) code = run_call(run, run->handles[1], input, &output);
  if (!code) code = mmdeploy_text_recognizer_get_result(output, &texts);
  for (int i = 0, next = 0; i < count && !code; ++i) {
    for (int k = 0; k < box_counts[i] && !code; ++k, ++next) {
      run_item_t *item = &answers[i].items[k];
      const float box_score = item->score;
      if (!run_item_set_text(item, &texts[next])) code = MMDEPLOY_E_OUT_OF_MEMORY;
      item->score = box_score;
    }
  }
  mmdeploy_text_recognizer_release_result(texts, total);
  mmdeploy_value_destroy(output);
  return code;
}

static int apply_ocr(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_text_detection_t *boxes = NULL;
  int *counts = NULL;
  int code = mmdeploy_text_detector_create_input(mats, count, &input);
  if (!code) code = run_call(run, run->handles[0], input, &output);
  if (!code) code = mmdeploy_text_detector_get_result(output, &boxes, &counts);
  for (int i = 0, next = 0; i < count && !code; ++i) {
    for (int k = 0; k < counts[i] && !code; ++k)
      code = run_add_text_box(&boxes[next++], &answers[i]);
  }
  // Of tiles, the whole picture's texts are read at the end.
  if (!code && !run->tile.width) code = read_texts(run, mats, count, boxes, counts, answers);
  mmdeploy_text_detector_release_result(boxes, counts, count);
  mmdeploy_value_destroy(output);
  return code;
}

static int complete_ocr(run_t *run, const mmdeploy_mat_t *mat, run_answer_t *answer) {
  const int count = (int)answer->count;
  mmdeploy_text_detection_t *boxes = malloc(answer->count * sizeof *boxes + 1);
  if (!boxes) return MMDEPLOY_E_OUT_OF_MEMORY;
  for (int i = 0; i < count; ++i) {
    memcpy(boxes[i].bbox, answer->items[i].polygon, sizeof boxes[i].bbox);
    boxes[i].score = answer->items[i].score;
  }
  const int code = read_texts(run, mat, 1, boxes, &count, answer);
  free(boxes);
  return code;
}

static void destroy_ocr(run_t *run) {
  mmdeploy_text_detector_destroy(run->handles[0]);
  mmdeploy_text_recognizer_destroy(run->handles[1]);
}

const run_task_t run_ocr = {
    .command = "run ocr",
    .summary = "Find texts in pictures and read them, with two packages.",
    .name = "ocr",
    .packages = {"TextDetector", "TextRecognizer"},
    .words = {"DET_PACKAGE", "REC_PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE | RUN_FEATURE_TILE,
    .create = create_ocr,
    .apply = apply_ocr,
    .destroy = destroy_ocr,
    .complete = complete_ocr,
};

//===--- pose --------------------------------------------------------------===//

static int create_pose(run_t *run) {
  mmdeploy_pose_detector_t pose = NULL;
  mmdeploy_detector_t detector = NULL;
  int code = mmdeploy_pose_detector_create_v2(run->models[0], run->context, &pose);
  run->handles[0] = pose;
  if (!code && run->models[1])
    code = mmdeploy_detector_create_v2(run->models[1], run->context, &detector);
  run->handles[1] = detector;
  return code;
}

static int add_given_boxes(const run_t *run, run_answer_t *answer) {
  for (int i = 0; i < run->boxes.count; ++i) {
    run_item_t *item = run_answer_add(answer);
    if (!item) return MMDEPLOY_E_OUT_OF_MEMORY;
    item->fields = RUN_BBOX;
    item->bbox = run->boxes.boxes[i];
  }
  return 0;
}

static void keep_persons(const run_t *run, run_answer_t *answer) {
  size_t kept = 0;
  for (size_t i = 0; i < answer->count; ++i) {
    run_item_t *item = &answer->items[i];
    if ((item->fields & RUN_LABEL) && item->label_id != run->options.det_label) {
      run_item_deinit(item);
    } else {
      answer->items[kept++] = *item;
    }
  }
  answer->count = kept;
  run_answer_limit(answer, run->options.score_thr < 0 ? PERSON_SCORE : run->options.score_thr, 0);
}

// Persons that the detector sees, the boxes of the command line, or without both the whole picture.
static int find_persons(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  int code = 0;
  if (run->handles[1]) {
    code = run_detect(run, run->handles[1], mats, count, answers);
    for (int i = 0; i < count && !code; ++i) keep_persons(run, &answers[i]);
    return code;
  }
  for (int i = 0; i < count && !code; ++i) {
    if (run->boxes.count) {
      code = add_given_boxes(run, &answers[i]);
    } else if (!run_answer_add(&answers[i])) {
      code = MMDEPLOY_E_OUT_OF_MEMORY;
    }
  }
  return code;
}

static int set_pose(run_item_t *item, const mmdeploy_pose_detection_t *pose) {
  item->keypoints = run_copy(pose->point, (size_t)pose->length, sizeof *pose->point);
  item->keypoint_scores = run_copy(pose->score, (size_t)pose->length, sizeof *pose->score);
  item->keypoint_count = pose->length;
  if (item->keypoints && item->keypoint_scores) return 0;
  item->keypoint_count = 0;
  return MMDEPLOY_E_OUT_OF_MEMORY;
}

// The poses of all persons of all pictures in one call. |boxes| has a place for each of them.
static int find_poses(run_t *run, const mmdeploy_mat_t *mats, int count, mmdeploy_rect_t *boxes,
                      int *box_counts, run_answer_t *answers) {
  const bool takes_whole = !run->boxes.count && !run->handles[1];
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_pose_detection_t *poses = NULL;
  int total = 0;
  for (int i = 0; i < count; ++i) {
    box_counts[i] = (int)answers[i].count;
    for (int k = 0; k < box_counts[i]; ++k) boxes[total++] = answers[i].items[k].bbox;
  }
  int code = mmdeploy_pose_detector_create_input(mats, count, takes_whole ? NULL : boxes,
                                                 takes_whole ? NULL : box_counts, &input);
  if (!code) code = run_call(run, run->handles[0], input, &output);
  if (!code) code = mmdeploy_pose_detector_get_result(output, &poses);
  for (int i = 0, next = 0; i < count && !code; ++i) {
    for (int k = 0; k < box_counts[i] && !code; ++k)
      code = set_pose(&answers[i].items[k], &poses[next++]);
  }
  mmdeploy_pose_detector_release_result(poses, total);
  mmdeploy_value_destroy(output);
  return code;
}

static int apply_pose(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  size_t total = 0;
  int code = find_persons(run, mats, count, answers);
  for (int i = 0; i < count; ++i) total += answers[i].count;
  if (code || !total) return code;
  mmdeploy_rect_t *boxes = malloc(total * sizeof *boxes);
  int *box_counts = malloc((size_t)count * sizeof *box_counts);
  code = boxes && box_counts ? find_poses(run, mats, count, boxes, box_counts, answers)
                             : MMDEPLOY_E_OUT_OF_MEMORY;
  free(boxes);
  free(box_counts);
  return code;
}

static void destroy_pose(run_t *run) {
  mmdeploy_pose_detector_destroy(run->handles[0]);
  mmdeploy_detector_destroy(run->handles[1]);
}

const run_task_t run_pose_detector = {
    .command = "run pose-detector",
    .summary = "Find key points of persons in boxes: given, of a detector, or whole pictures.",
    .name = "pose-detector",
    .packages = {"PoseDetector"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_SCORE | RUN_FEATURE_BBOX | RUN_FEATURE_SKELETON,
    .create = create_pose,
    .apply = apply_pose,
    .destroy = destroy_pose,
};

const run_task_t run_pose = {
    .command = "run pose",
    .summary = "The same as run pose-detector.",
    .name = "pose-detector",
    .packages = {"PoseDetector"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_SCORE | RUN_FEATURE_BBOX | RUN_FEATURE_SKELETON,
    .create = create_pose,
    .apply = apply_pose,
    .destroy = destroy_pose,
};

//===--- pose tracker ------------------------------------------------------===//

static int restart_tracker(run_t *run) {
  mmdeploy_pose_tracker_param_t params;
  mmdeploy_pose_tracker_state_t state = NULL;
  mmdeploy_pose_tracker_destroy_state(run->state);
  run->state = NULL;
  int code = mmdeploy_pose_tracker_default_params(&params);
  if (run->options.score_thr >= 0) params.det_thr = run->options.score_thr;
  params.det_label = run->options.det_label;
  if (!code) code = mmdeploy_pose_tracker_create_state(run->handles[0], &params, &state);
  run->state = state;
  return code;
}

static int create_tracker(run_t *run) {
  mmdeploy_pose_tracker_t tracker = NULL;
  const int code =
      mmdeploy_pose_tracker_create(run->models[0], run->models[1], run->context, &tracker);
  run->handles[0] = tracker;
  return code ? code : restart_tracker(run);
}

static int add_target(const mmdeploy_pose_tracker_target_t *target, run_answer_t *answer) {
  run_item_t *item = run_answer_add(answer);
  if (!item) return MMDEPLOY_E_OUT_OF_MEMORY;
  const mmdeploy_pose_detection_t pose = {target->keypoints, target->scores,
                                          target->keypoint_count};
  item->fields = RUN_BBOX | RUN_TRACK;
  item->bbox = target->bbox;
  item->track_id = target->target_id;
  return set_pose(item, &pose);
}

static int apply_tracker(run_t *run, const mmdeploy_mat_t *mats, int count, run_answer_t *answers) {
  int code = 0;
  for (int i = 0; i < count && !code; ++i) {
    mmdeploy_pose_tracker_target_t *targets = NULL;
    int32_t *counts = NULL;
    mmdeploy_pose_tracker_state_t state = run->state;
    code =
        mmdeploy_pose_tracker_apply(run->handles[0], &state, &mats[i], NULL, 1, &targets, &counts);
    for (int k = 0; !code && k < counts[0]; ++k) code = add_target(&targets[k], &answers[i]);
    mmdeploy_pose_tracker_release_result(targets, counts, 1);
  }
  return code;
}

static void destroy_tracker(run_t *run) {
  mmdeploy_pose_tracker_destroy_state(run->state);
  mmdeploy_pose_tracker_destroy(run->handles[0]);
}

const run_task_t run_pose_tracker = {
    .command = "run pose-tracker",
    .summary = "Follow persons and their key points through videos, with two packages.",
    .name = "pose-tracker",
    .packages = {"Detector", "PoseDetector"},
    .words = {"DET_PACKAGE", "POSE_PACKAGE"},
    .features = RUN_FEATURE_ORDERED | RUN_FEATURE_SKELETON,
    .create = create_tracker,
    .apply = apply_tracker,
    .destroy = destroy_tracker,
    .restart = restart_tracker,
};
