// SPDX-License-Identifier: Apache-2.0
//
// What happens in this video? The frames are pictures, sampled as the model was trained: NUM_CLIPS
// clips of CLIP_LEN frames, clip by clip.
//
//     video_recognizer PACKAGE CLIP_LEN NUM_CLIPS IMAGE...
#include <stdio.h>
#include <stdlib.h>

#include "mmdeploy/ext.h"
#include "mmdeploy/media.h"
#include "mmdeploy/video_recognizer.h"

static int report(int code) {
  if (code != MMDEPLOY_SUCCESS)
    fprintf(stderr, "error %d: %s\n", code, mmdeploy_last_error_message());
  return code;
}

static int recognize(const char *package, const mmdeploy_mat_t *frames,
                     const mmdeploy_video_sample_info_t *info) {
  mmdeploy_video_recognizer_t recognizer = NULL;
  mmdeploy_video_recognition_t *results = NULL;
  int *counts = NULL;
  int code = report(mmdeploy_video_recognizer_create_by_path(package, "cpu", 0, &recognizer));
  if (!code) {
    code = report(mmdeploy_video_recognizer_apply(recognizer, frames, info, 1, &results, &counts));
  }
  for (int i = 0; !code && i < counts[0]; ++i)
    printf("%.4f  label %d\n", (double)results[i].score, results[i].label_id);
  mmdeploy_video_recognizer_release_result(results, counts, 1);
  mmdeploy_video_recognizer_destroy(recognizer);
  return code;
}

int main(int argc, char **argv) {
  const mmdeploy_video_sample_info_t info = {argc > 4 ? atoi(argv[2]) : 0,
                                             argc > 4 ? atoi(argv[3]) : 0};
  const int count = argc - 4;
  if (count < 1 || info.clip_len < 1 || info.num_clips != count / info.clip_len ||
      count % info.clip_len != 0) {
    fprintf(stderr, "usage: %s PACKAGE CLIP_LEN NUM_CLIPS IMAGE... (CLIP_LEN x NUM_CLIPS images)\n",
            argv[0]);
    return 2;
  }
  mmdeploy_image_t *images = calloc((size_t)count, sizeof *images);
  mmdeploy_mat_t *frames = calloc((size_t)count, sizeof *frames);
  int code = images && frames ? MMDEPLOY_SUCCESS : MMDEPLOY_E_OUT_OF_MEMORY;
  for (int i = 0; !code && i < count; ++i) {
    code = report(mmdeploy_image_read(argv[4 + i], MMDEPLOY_IMAGE_COLOR, &images[i]));
    if (!code) frames[i] = *mmdeploy_image_mat(images[i]);
  }
  if (!code) code = recognize(argv[1], frames, &info);
  for (int i = 0; images && i < count; ++i) mmdeploy_image_destroy(images[i]);
  free(frames);
  free(images);
  return code == MMDEPLOY_SUCCESS ? 0 : 1;
}
