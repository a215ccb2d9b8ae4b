// SPDX-License-Identifier: Apache-2.0
//
// The key points of all people in a picture: a detector finds them, a pose model looks at each.
//
//     det_pose DETECTOR POSE IMAGE [THRESHOLD]
#include <stdio.h>
#include <stdlib.h>

#include "mmdeploy/detector.h"
#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/pose_detector.h"

enum { PERSON = 0 };  // the label of people in COCO

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

// The boxes of people, freed with free; their number in |*count|.
static mmdeploy_rect_t *find_people(const char *package, const mmdeploy_mat_t *mat,
                                    double threshold, int *count) {
  mmdeploy_detector_t detector = NULL;
  mmdeploy_detection_t *boxes = NULL;
  mmdeploy_rect_t *people = NULL;
  int *counts = NULL;
  *count = 0;
  if (!report(mmdeploy_detector_create_by_path(package, "cpu", 0, &detector)) &&
      !report(mmdeploy_detector_apply(detector, mat, 1, &boxes, &counts)))
    people = calloc((size_t)counts[0] + 1, sizeof *people);
  for (int i = 0; people && i < counts[0]; ++i) {
    if (boxes[i].label_id == PERSON && (double)boxes[i].score >= threshold)
      people[(*count)++] = boxes[i].bbox;
  }
  mmdeploy_detector_release_result(boxes, counts, 1);
  mmdeploy_detector_destroy(detector);
  return people;
}

// All people go to the network as one batch.
static int print_poses(const char *package, const mmdeploy_mat_t *mat,
                       const mmdeploy_rect_t *people, int count) {
  mmdeploy_pose_detector_t detector = NULL;
  mmdeploy_pose_detection_t *poses = NULL;
  int code = report(mmdeploy_pose_detector_create_by_path(package, "cpu", 0, &detector));
  if (!code) {
    code = report(mmdeploy_pose_detector_apply_bbox(detector, mat, 1, people, &count, &poses));
  }
  for (int i = 0; !code && i < count; ++i) {
    printf("person %d\n", i);
    for (int k = 0; k < poses[i].length; ++k)
      printf("  %2d  %.4f  (%.2f, %.2f)\n", k, (double)poses[i].score[k],
             (double)poses[i].point[k].x, (double)poses[i].point[k].y);
  }
  mmdeploy_pose_detector_release_result(poses, count);
  mmdeploy_pose_detector_destroy(detector);
  return code;
}

int main(int argc, char **argv) {
  if (argc < 4 || argc > 5) {
    fprintf(stderr, "usage: %s DETECTOR POSE IMAGE [THRESHOLD]\n", argv[0]);
    return 2;
  }
  mmdeploy_image_t image = NULL;
  mmdeploy_rect_t *people = NULL;
  int count = 0, code = report(mmdeploy_image_read(argv[3], MMDEPLOY_IMAGE_COLOR, &image));
  if (!code) {
    people =
        find_people(argv[1], mmdeploy_image_mat(image), argc == 5 ? atof(argv[4]) : 0.5, &count);
    code =
        people ? print_poses(argv[2], mmdeploy_image_mat(image), people, count) : MMDEPLOY_E_FAIL;
  }
  free(people);
  mmdeploy_image_destroy(image);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
