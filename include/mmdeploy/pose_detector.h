// SPDX-License-Identifier: Apache-2.0
//
// Key points of persons or things whose boxes are known.
#ifndef MMDEPLOY_POSE_DETECTOR_H
#define MMDEPLOY_POSE_DETECTOR_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// One person: |length| points in pixels of the picture, with scores. Points that were not found
// have low scores; none is left out.
typedef struct mmdeploy_pose_detection_t {
  mmdeploy_point_t *point;
  float *score;
  int length;
} mmdeploy_pose_detection_t;

typedef struct mmdeploy_pose_detector *mmdeploy_pose_detector_t;

// A pose detector from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices.
// The handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_pose_detector_create(mmdeploy_model_t model, const char *device_name,
                                               int device_id, mmdeploy_pose_detector_t *detector);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_pose_detector_create_by_path(const char *model_path,
                                                       const char *device_name, int device_id,
                                                       mmdeploy_pose_detector_t *detector);

// The same as mmdeploy_pose_detector_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_pose_detector_create_v2(mmdeploy_model_t model,
                                                  mmdeploy_context_t context,
                                                  mmdeploy_pose_detector_t *detector);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_pose_detector_destroy(mmdeploy_pose_detector_t detector);

// Takes each of |mat_count| pictures for one person. |*results| holds one pose a picture, released
// by mmdeploy_pose_detector_release_result.
MMDEPLOY_API int mmdeploy_pose_detector_apply(mmdeploy_pose_detector_t detector,
                                              const mmdeploy_mat_t *mats, int mat_count,
                                              mmdeploy_pose_detection_t **results);

// |bbox_count|[i] of |bboxes|, in order, are of picture i; right and bottom are the last pixels
// within. |*results| holds one pose a box. NULL for either: whole pictures.
MMDEPLOY_API int mmdeploy_pose_detector_apply_bbox(mmdeploy_pose_detector_t detector,
                                                   const mmdeploy_mat_t *mats, int mat_count,
                                                   const mmdeploy_rect_t *bboxes,
                                                   const int *bbox_count,
                                                   mmdeploy_pose_detection_t **results);

// Packs pictures and boxes: [[{"ori_img", "bbox": [x, y, width, height, 1]}, …]], one a box.
MMDEPLOY_API int mmdeploy_pose_detector_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                     const mmdeploy_rect_t *bboxes,
                                                     const int *bbox_count,
                                                     mmdeploy_value_t *value);

// Runs on a packed input, which stays the caller's. |*output| is [[ {"key_points": [{"bbox": [x,
// y], "score"}, …]} per box ]].
MMDEPLOY_API int mmdeploy_pose_detector_apply_v2(mmdeploy_pose_detector_t detector,
                                                 mmdeploy_value_t input, mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_pose_detector_apply_async(mmdeploy_pose_detector_t detector,
                                                    mmdeploy_sender_t input,
                                                    mmdeploy_sender_t *output);

// Turns an output value into an array as mmdeploy_pose_detector_apply gives it. |output| stays the
// caller's.
MMDEPLOY_API int mmdeploy_pose_detector_get_result(mmdeploy_value_t output,
                                                   mmdeploy_pose_detection_t **results);

// Frees what one call gave. NULL is fine. |count| is not needed.
MMDEPLOY_API void mmdeploy_pose_detector_release_result(mmdeploy_pose_detection_t *results,
                                                        int count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_POSE_DETECTOR_H
