// SPDX-License-Identifier: Apache-2.0
//
// Where are the key points of the person in this picture?
//
//     pose_detector PACKAGE IMAGE
#include <stdio.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/pose_detector.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static void print_points(const mmdeploy_pose_detection_t *pose) {
  for (int i = 0; i < pose->length; ++i)
    printf("%2d  %.4f  (%.2f, %.2f)\n", i, (double)pose->score[i], (double)pose->point[i].x,
           (double)pose->point[i].y);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: %s PACKAGE IMAGE\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_pose_detector_t detector = NULL;
  mmdeploy_pose_detection_t *pose = NULL;
  int code = report(mmdeploy_image_read(argv[2], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) code = report(mmdeploy_pose_detector_create_by_path(argv[1], "cpu", 0, &detector));
  // The whole picture is the person; mmdeploy_pose_detector_apply_bbox takes boxes (see
  // det_pose.c).
  if (!code)
    code = report(mmdeploy_pose_detector_apply(detector, mmdeploy_image_mat(image), 1, &pose));
  if (!code) print_points(pose);
  // After a failure outputs are NULL, and releasing NULL is fine: no need to keep track.
  mmdeploy_pose_detector_release_result(pose, 1);
  mmdeploy_pose_detector_destroy(detector);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
