// SPDX-License-Identifier: Apache-2.0
//
// The pose tracker on tests/tasks/photos/clip against mmdeploy-runtime 1.3.1. The people are cut
// out as the runtime does it ("method": "crop" of TopDownAffine), so that the networks see the
// same.
#include "mmdeploy/pose_tracker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "sdk/sdk_testing.h"
#include "tests/integration/tasks/task_files.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_engine.h"
#include "value/json.h"

#define DETECTOR "pose-tracker_rtmdet_1x"
#define POSE "pose-tracker_rtmpose_1x"

//===--- packages ----------------------------------------------------------===//

static void must(mmd_status_t status) {
  if (status) fail_msg("%s", mmd_status_message(status));
}

static mmdeploy_pose_tracker_t open_tracker(const char *backend) {
  mmdeploy_pose_tracker_t tracker = NULL;
  mmdeploy_device_t device = NULL;
  mmdeploy_context_t context = NULL;
  mmdeploy_model_t detector = task_model_open(DETECTOR, backend);
  mmdeploy_model_t pose = task_model_open(POSE, backend);
  assert_success(mmdeploy_device_create("cpu", 0, &device));
  assert_success(mmdeploy_context_create_by_device("cpu", 0, &context));
  assert_fails(mmdeploy_pose_tracker_create(pose, detector, context, &tracker),
               MMDEPLOY_E_NOT_SUPPORTED, "the tracker needs a 'Detector'");
  assert_null(tracker);
  assert_success(mmdeploy_pose_tracker_create(detector, pose, context, &tracker));
  mmdeploy_context_destroy(context);
  mmdeploy_device_destroy(device);
  mmdeploy_model_destroy(detector);
  mmdeploy_model_destroy(pose);
  return tracker;
}

//===--- goldens -----------------------------------------------------------===//

static void read_settings(const mmd_value_t *settings, mmdeploy_pose_tracker_param_t *params) {
  assert_success(mmdeploy_pose_tracker_default_params(params));
  params->det_interval = (int32_t)mmd_value_get_int(mmd_object_get(settings, "det_interval"), -9);
  params->det_thr = (float)mmd_value_get_float(mmd_object_get(settings, "det_thr"), -9);
  params->det_nms_thr = (float)mmd_value_get_float(mmd_object_get(settings, "det_nms_thr"), -9);
  params->det_min_bbox_size =
      (float)mmd_value_get_float(mmd_object_get(settings, "det_min_bbox_size"), -9);
  params->pose_min_keypoints =
      (int32_t)mmd_value_get_int(mmd_object_get(settings, "pose_min_keypoints"), -9);
  params->pose_max_num_bboxes =
      (int32_t)mmd_value_get_int(mmd_object_get(settings, "pose_max_num_bboxes"), -9);
  params->pose_nms_thr = (float)mmd_value_get_float(mmd_object_get(settings, "pose_nms_thr"), -9);
  params->track_iou_thr = (float)mmd_value_get_float(mmd_object_get(settings, "track_iou_thr"), -9);
  params->track_max_missing =
      (int32_t)mmd_value_get_int(mmd_object_get(settings, "track_max_missing"), -9);
}

static bool same_targets(const mmdeploy_pose_tracker_target_t *a,
                         const mmdeploy_pose_tracker_target_t *b) {
  const size_t count = (size_t)a->keypoint_count;
  return a->target_id == b->target_id && a->keypoint_count == b->keypoint_count &&
         memcmp(&a->bbox, &b->bbox, sizeof a->bbox) == 0 &&
         memcmp(a->keypoints, b->keypoints, count * sizeof *a->keypoints) == 0 &&
         memcmp(a->scores, b->scores, count * sizeof *a->scores) == 0;
}

// Two videos in one call, of which the second is the first, and a third of its own are equal. The
// numbers themselves are compared in ../pose_tracker.
static void check_clip(const char *backend) {
  mmd_value_t *golden = NULL;
  mmdeploy_pose_tracker_param_t params;
  mmdeploy_pose_tracker_t tracker = open_tracker(backend);
  mmdeploy_pose_tracker_state_t states[3];
  task_case_t clip;
  task_case_open("pose-tracker", &clip);
  must(mmd_json_read_file(TASKS_FOLDER "goldens/pose-tracker/sdk.json", &golden));
  read_settings(mmd_object_get(golden, "settings"), &params);
  for (int i = 0; i < 3; ++i) {
    assert_success(mmdeploy_pose_tracker_create_state(tracker, &params, &states[i]));
  }
  for (int i = 0; i < clip.photo_count; ++i) {
    const mmdeploy_mat_t mats[] = {clip.mats[i], clip.mats[i]};
    mmdeploy_pose_tracker_target_t *both = NULL, *alone = NULL;
    int32_t *counts = NULL, *count = NULL;
    const int32_t use_detect[] = {-1, i % 3 == 0};
    assert_success(
        mmdeploy_pose_tracker_apply(tracker, states, mats, use_detect, 2, &both, &counts));
    assert_success(mmdeploy_pose_tracker_apply(tracker, states + 2, mats, NULL, 1, &alone, &count));
    assert_int_equal(counts[0], counts[1]);
    assert_int_equal(counts[0], count[0]);
    assert_true(i > 0 || counts[0] == 4);
    for (int k = 0; k < counts[0]; ++k) {
      assert_int_equal(both[k].keypoint_count, 17);
      assert_true(same_targets(&both[k], &both[counts[0] + k]));
      assert_true(same_targets(&both[k], &alone[k]));
    }
    mmdeploy_pose_tracker_release_result(both, counts, 2);
    mmdeploy_pose_tracker_release_result(alone, count, 1);
  }
  mmd_value_release(golden);
  mmdeploy_pose_tracker_destroy(tracker);
  for (int i = 0; i < 3; ++i) mmdeploy_pose_tracker_destroy_state(states[i]);
  task_case_close(&clip);
}

static void onnxruntime_backend(void **state) {
  (void)state;
  mmd_test_need_engine("onnxruntime");
  check_clip(NULL);
}

static void reference_backend(void **state) {
  (void)state;
  check_clip("reference");
}

//===--- threads -----------------------------------------------------------===//

enum { THREADS = 4, THREAD_FRAMES = 4 };

// Threads must not use cmocka's assertions.
typedef struct viewer_t {
  mmdeploy_pose_tracker_t tracker;
  mmdeploy_pose_tracker_state_t state;
  const mmdeploy_mat_t *mats;
  mmdeploy_pose_tracker_target_t *targets[THREAD_FRAMES];
  int32_t *counts[THREAD_FRAMES];
  int code;
} viewer_t;

static void *view(void *opaque) {
  viewer_t *viewer = opaque;
  for (int i = 0; i < THREAD_FRAMES && !viewer->code; ++i) {
    viewer->code = mmdeploy_pose_tracker_apply(viewer->tracker, &viewer->state, &viewer->mats[i],
                                               NULL, 1, &viewer->targets[i], &viewer->counts[i]);
  }
  return NULL;
}

// One tracker, a video in each thread, all the same.
static void videos_in_threads(void **state) {
  (void)state;
  mmdeploy_pose_tracker_param_t params;
  mmdeploy_pose_tracker_t tracker = open_tracker("reference");
  viewer_t viewers[THREADS];
  pthread_t threads[THREADS];
  task_case_t clip;
  mmd_value_t *golden = NULL;
  task_case_open("pose-tracker", &clip);
  must(mmd_json_read_file(TASKS_FOLDER "goldens/pose-tracker/sdk.json", &golden));
  read_settings(mmd_object_get(golden, "settings"), &params);
  mmd_value_release(golden);
  for (int i = 0; i < THREADS; ++i) {
    viewers[i] = (viewer_t){.tracker = tracker, .mats = clip.mats};
    assert_success(mmdeploy_pose_tracker_create_state(tracker, &params, &viewers[i].state));
    assert_int_equal(pthread_create(&threads[i], NULL, view, &viewers[i]), 0);
  }
  for (int i = 0; i < THREADS; ++i) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (int i = 0; i < THREADS; ++i) {
    assert_int_equal(viewers[i].code, MMDEPLOY_SUCCESS);
    for (int k = 0; k < THREAD_FRAMES; ++k) {
      const int32_t count = viewers[0].counts[k][0];
      assert_true(count > 0);
      assert_int_equal(viewers[i].counts[k][0], count);
      for (int j = 0; j < count; ++j) {
        assert_true(same_targets(&viewers[i].targets[k][j], &viewers[0].targets[k][j]));
      }
    }
  }
  for (int i = 0; i < THREADS; ++i) {
    for (int k = 0; k < THREAD_FRAMES; ++k) {
      mmdeploy_pose_tracker_release_result(viewers[i].targets[k], viewers[i].counts[k], 1);
    }
    mmdeploy_pose_tracker_destroy_state(viewers[i].state);
  }
  mmdeploy_pose_tracker_destroy(tracker);
  task_case_close(&clip);
}

//===--- arguments ---------------------------------------------------------===//

static void bad_arguments(void **state) {
  (void)state;
  const int bad = MMDEPLOY_E_INVALID_ARG;
  mmdeploy_pose_tracker_param_t params;
  mmdeploy_pose_tracker_state_t tracked = NULL, twice[2];
  mmdeploy_pose_tracker_target_t *targets = NULL;
  int32_t *counts = NULL;
  float sigmas[] = {.1F, .2F};
  mmdeploy_pose_tracker_t tracker = open_tracker("reference");
  uint8_t pixels[72 * 96 * 3] = {0};
  mmdeploy_mat_t mats[2] = {{.data = pixels, .height = 72, .width = 96, .channel = 3}};
  mats[0].format = MMDEPLOY_PIXEL_FORMAT_BGR;
  mats[0].type = MMDEPLOY_DATA_TYPE_UINT8;
  mats[1] = mats[0];
  assert_fails(mmdeploy_pose_tracker_default_params(NULL), bad, "params");
  assert_success(mmdeploy_pose_tracker_default_params(&params));
  assert_fails(mmdeploy_pose_tracker_create_state(tracker, NULL, &tracked), bad, "params");
  assert_fails(mmdeploy_pose_tracker_create_state(tracker, &params, NULL), bad, "state");
  assert_success(mmdeploy_pose_tracker_create_state(NULL, &params, &tracked));
  twice[0] = twice[1] = tracked;
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 2, &targets, &counts), bad,
               "occurs twice");
  assert_fails(mmdeploy_pose_tracker_apply(tracker, NULL, mats, NULL, 1, &targets, &counts), bad,
               "states");
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, NULL, NULL, 1, &targets, &counts), bad,
               "mats");
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, -1, &targets, &counts), bad,
               "negative");
  assert_fails(mmdeploy_pose_tracker_apply(NULL, twice, mats, NULL, 1, &targets, &counts), bad,
               "handle");
  assert_fails(mmdeploy_pose_tracker_apply((mmdeploy_pose_tracker_t)(void *)tracked, twice, mats,
                                           NULL, 1, &targets, &counts),
               bad, "another kind");
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 1, NULL, &counts), bad,
               "results");
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 1, &targets, NULL), bad,
               "result_count");
  // No frames, and a frame on which nobody may be looked for.
  assert_success(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 0, &targets, &counts));
  mmdeploy_pose_tracker_release_result(targets, counts, 0);
  const int32_t never[] = {0};
  assert_success(mmdeploy_pose_tracker_apply(tracker, twice, mats, never, 1, &targets, &counts));
  assert_int_equal(counts[0], 0);
  mmdeploy_pose_tracker_release_result(targets, counts, 1);
  mats[0].height = 36;
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 1, &targets, &counts), bad,
               "a state of its own");
  assert_null(targets);
  assert_null(counts);
  mmdeploy_pose_tracker_destroy_state(tracked);
  // As many sigmas as key points.
  params.keypoint_sigmas = sigmas;
  params.keypoint_sigmas_size = 2;
  params.det_thr = .3F;
  task_case_t clip;
  task_case_open("pose-tracker", &clip);
  mats[0] = clip.mats[0];
  assert_success(mmdeploy_pose_tracker_create_state(tracker, &params, &tracked));
  twice[0] = tracked;
  assert_fails(mmdeploy_pose_tracker_apply(tracker, twice, mats, NULL, 1, &targets, &counts), bad,
               "2 keypoint_sigmas");
  task_case_close(&clip);
  mmdeploy_pose_tracker_destroy_state(tracked);
  sigmas[0] = -1;
  assert_fails(mmdeploy_pose_tracker_create_state(tracker, &params, &tracked), bad, "sigmas");
  mmdeploy_pose_tracker_release_result(NULL, NULL, 0);
  mmdeploy_pose_tracker_destroy_state(NULL);
  mmdeploy_pose_tracker_destroy(NULL);
  mmdeploy_pose_tracker_destroy(tracker);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(onnxruntime_backend), cmocka_unit_test(reference_backend),
      cmocka_unit_test(videos_in_threads), cmocka_unit_test(bad_arguments)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
