// SPDX-License-Identifier: Apache-2.0
//
// Follows people through the frames of a video.
//
//     pose_tracker DETECTOR POSE IMAGE...
//
// DETECTOR and POSE are packages, the images the frames in order.
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/pose_tracker.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_people(const char *path, const mmdeploy_pose_tracker_target_t *people,
                         int count) {
  printf("%s\n", path);
  for (int i = 0; i < count; ++i) {
    // A person keeps the number through the video.
    printf("  person %u  left %.2f  top %.2f  right %.2f  bottom %.2f  %d key points\n",
           (unsigned)people[i].target_id, (double)people[i].bbox.left, (double)people[i].bbox.top,
           (double)people[i].bbox.right, (double)people[i].bbox.bottom,
           (int)people[i].keypoint_count);
  }
}

static int track_frame(mmdeploy_pose_tracker_t tracker, mmdeploy_pose_tracker_state_t state,
                       const char *path) {
  mmdeploy_image_t image = NULL;
  mmdeploy_pose_tracker_target_t *people = NULL;
  int32_t *counts = NULL;
  int code = report(mmdeploy_image_read(path, MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) {
    code = report(mmdeploy_pose_tracker_apply(tracker, &state, mmdeploy_image_mat(image), NULL, 1,
                                              &people, &counts));
  }
  if (!code) print_people(path, people, counts[0]);
  mmdeploy_pose_tracker_release_result(people, counts, 1);
  mmdeploy_image_destroy(image);
  return code;
}

static int create(const char *detector, const char *pose, mmdeploy_pose_tracker_t *tracker) {
  mmdeploy_model_t models[2] = {NULL, NULL};
  mmdeploy_context_t context = NULL;
  int code = report(mmdeploy_model_create_by_path(detector, &models[0]));
  if (!code) code = report(mmdeploy_model_create_by_path(pose, &models[1]));
  if (!code) code = report(mmdeploy_context_create_by_device("cpu", 0, &context));
  if (!code) code = report(mmdeploy_pose_tracker_create(models[0], models[1], context, tracker));
  // The tracker keeps what it needs.
  mmdeploy_context_destroy(context);
  mmdeploy_model_destroy(models[1]);
  mmdeploy_model_destroy(models[0]);
  return code;
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: %s DETECTOR POSE IMAGE...\n", argv[0]);
    return 2;
  }
  mmdeploy_pose_tracker_t tracker = NULL;
  mmdeploy_pose_tracker_state_t state = NULL;  // of one video
  mmdeploy_pose_tracker_param_t params;
  int code = create(argv[1], argv[2], &tracker);
  if (!code) code = report(mmdeploy_pose_tracker_default_params(&params));
  if (!code) {
    params.det_interval = 3;  // look for new people in every third frame
    code = report(mmdeploy_pose_tracker_create_state(tracker, &params, &state));
  }
  for (int i = 3; !code && i < argc; ++i) code = track_frame(tracker, state, argv[i]);
  mmdeploy_pose_tracker_destroy_state(state);
  mmdeploy_pose_tracker_destroy(tracker);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
