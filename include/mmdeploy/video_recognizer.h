// SPDX-License-Identifier: Apache-2.0
//
// Recognition of actions in videos, from frames that the caller has sampled.
#ifndef MMDEPLOY_VIDEO_RECOGNIZER_H
#define MMDEPLOY_VIDEO_RECOGNIZER_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// One answer. |label_id| counts from 0.
typedef struct mmdeploy_video_recognition_t {
  int label_id;
  float score;
} mmdeploy_video_recognition_t;

// How a video was sampled: |num_clips| clips of |clip_len| frames.
typedef struct mmdeploy_video_sample_info_t {
  int clip_len;
  int num_clips;
} mmdeploy_video_sample_info_t;

typedef struct mmdeploy_video_recognizer *mmdeploy_video_recognizer_t;

// A recognizer from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices. The
// handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_video_recognizer_create(mmdeploy_model_t model, const char *device_name,
                                                  int device_id,
                                                  mmdeploy_video_recognizer_t *recognizer);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_video_recognizer_create_by_path(const char *model_path,
                                                          const char *device_name, int device_id,
                                                          mmdeploy_video_recognizer_t *recognizer);

// The same as mmdeploy_video_recognizer_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_video_recognizer_create_v2(mmdeploy_model_t model,
                                                     mmdeploy_context_t context,
                                                     mmdeploy_video_recognizer_t *recognizer);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_video_recognizer_destroy(mmdeploy_video_recognizer_t recognizer);

// |images| are the frames of video 0, clip by clip, then of video 1, …: clip_len x num_clips of
// |video_info|[i] for video i. |*results| holds the answers of video 0, best first, then of video
// 1, …; |(*result_count)[i]| is the number for video i.
MMDEPLOY_API int mmdeploy_video_recognizer_apply(mmdeploy_video_recognizer_t recognizer,
                                                 const mmdeploy_mat_t *images,
                                                 const mmdeploy_video_sample_info_t *video_info,
                                                 int video_count,
                                                 mmdeploy_video_recognition_t **results,
                                                 int **result_count);

// Packs frames: [[ [{"ori_img", "clip_len", "num_clips"}, …] a video ]].
MMDEPLOY_API int mmdeploy_video_recognizer_create_input(
    const mmdeploy_mat_t *images, const mmdeploy_video_sample_info_t *video_info, int video_count,
    mmdeploy_value_t *value);

// Runs on a packed input, which stays the caller's. |*output| is [[ [{"label_id", "score"}, …] per
// video ]].
MMDEPLOY_API int mmdeploy_video_recognizer_apply_v2(mmdeploy_video_recognizer_t recognizer,
                                                    mmdeploy_value_t input,
                                                    mmdeploy_value_t *output);

// Turns an output value into arrays as mmdeploy_video_recognizer_apply gives them. |output| stays
// the caller's.
MMDEPLOY_API int mmdeploy_video_recognizer_get_result(mmdeploy_value_t output,
                                                      mmdeploy_video_recognition_t **results,
                                                      int **result_count);

// Frees what one call gave. NULLs are fine. |video_count| is not needed.
MMDEPLOY_API void mmdeploy_video_recognizer_release_result(mmdeploy_video_recognition_t *results,
                                                           int *result_count, int video_count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_VIDEO_RECOGNIZER_H
