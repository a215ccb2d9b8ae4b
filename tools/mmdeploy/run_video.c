// SPDX-License-Identifier: Apache-2.0
//
// The video recognizer: an input is a whole video, or a folder with its frames, of which clips are
// sampled.
#include <stdlib.h>

#include "mmdeploy/video_recognizer.h"
#include "tools/mmdeploy/run_tasks.h"

static int create_video_recognizer(run_t *run) {
  mmdeploy_video_recognizer_t handle = NULL;
  const int code = mmdeploy_video_recognizer_create_v2(run->models[0], run->context, &handle);
  run->handles[0] = handle;
  return code;
}

// |mats| are the sampled frames of one video, clip by clip; the answer is the first one's.
static int apply_video_recognizer(run_t *run, const mmdeploy_mat_t *mats, int count,
                                  run_answer_t *answers) {
  const mmdeploy_video_sample_info_t info = {run->options.clip_len, run->options.num_clips};
  mmdeploy_value_t input = NULL, output = NULL;
  mmdeploy_video_recognition_t *results = NULL;
  int *counts = NULL;
  (void)count;
  int code = mmdeploy_video_recognizer_create_input(mats, &info, 1, &input);
  if (!code) code = run_call(run, run->handles[0], input, &output);
  if (!code) code = mmdeploy_video_recognizer_get_result(output, &results, &counts);
  for (int i = 0; !code && i < counts[0]; ++i) {
    run_item_t *item = run_answer_add(answers);
    if (!item) code = MMDEPLOY_E_OUT_OF_MEMORY;
    if (item) run_item_set_label(item, results[i].label_id, results[i].score);
  }
  mmdeploy_video_recognizer_release_result(results, counts, 1);
  mmdeploy_value_destroy(output);
  return code;
}

static void destroy_video_recognizer(run_t *run) {
  mmdeploy_video_recognizer_destroy(run->handles[0]);
}

const run_task_t run_video_recognizer = {
    .command = "run video-recognizer",
    .summary = "Say what happens in videos.",
    .name = "video-recognizer",
    .packages = {"VideoRecognizer"},
    .words = {"PACKAGE"},
    .features = RUN_FEATURE_TOPK | RUN_FEATURE_SCORE | RUN_FEATURE_CLIP,
    .create = create_video_recognizer,
    .apply = apply_video_recognizer,
    .destroy = destroy_video_recognizer,
};
