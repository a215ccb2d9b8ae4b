// SPDX-License-Identifier: Apache-2.0
//
// Persons and their key points, followed through a video.
#ifndef MMDEPLOY_POSE_TRACKER_H
#define MMDEPLOY_POSE_TRACKER_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mmdeploy_pose_tracker *mmdeploy_pose_tracker_t;
// What is known of one video. States are independent of one another.
typedef struct mmdeploy_pose_tracker_state *mmdeploy_pose_tracker_state_t;

typedef struct mmdeploy_pose_tracker_param_t {
  int32_t det_interval;     // frames from one detection to the next (1); below 1 = none by itself
  int32_t det_label;        // label of the detections that are used (0)
  float det_thr;            // their score must be above it (0.5)
  float det_min_bbox_size;  // their least size, the square root of the area (-1)
  float det_nms_thr;        // boxes that overlap more are one (0.7)
  int32_t pose_max_num_bboxes;  // most persons a frame; below 0 = no limit (-1)
  float pose_kpt_thr;           // a point is visible from this score on (0.5)
  int32_t pose_min_keypoints;   // least visible points of a person; below 0 = half of them (-1)
  float pose_bbox_scale;        // from the points' extent to the box (1.25)
  float pose_min_bbox_size;     // least size of a box that is followed (0)
  float pose_nms_thr;           // poses more alike are one (0.5)
  float *keypoint_sigmas;       // sigmas of OKS, copied; NULL = IoU of boxes
  int32_t keypoint_sigmas_size;
  float track_iou_thr;         // to find a lost person again (0.4)
  int32_t track_max_missing;   // frames until a lost person is forgotten (10)
  int32_t track_history_size;  // no effect (1)
  float std_weight_position;   // noise of the Kalman filters, relative to the box (1/20)
  float std_weight_velocity;   // (1/160)
  float smooth_params[3];      // one-euro filter: beta, lowest cutoff, cutoff of the derivative
} mmdeploy_pose_tracker_param_t;

// One person in a frame; points and box are smoothed and in pixels of the frame.
typedef struct mmdeploy_pose_tracker_target_t {
  mmdeploy_point_t *keypoints;
  int32_t keypoint_count;
  float *scores;
  mmdeploy_rect_t bbox;
  uint32_t target_id;  // from 0, never used again
} mmdeploy_pose_tracker_target_t;

// Fills |params| with the defaults above.
MMDEPLOY_API int mmdeploy_pose_tracker_default_params(mmdeploy_pose_tracker_param_t *params);

// A tracker from packages of a detector and a pose detector. |context| must hold a device.
MMDEPLOY_API int mmdeploy_pose_tracker_create(mmdeploy_model_t det_model,
                                              mmdeploy_model_t pose_model,
                                              mmdeploy_context_t context,
                                              mmdeploy_pose_tracker_t *pipeline);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_pose_tracker_destroy(mmdeploy_pose_tracker_t pipeline);

// A state for one video. |params| is copied.
MMDEPLOY_API int mmdeploy_pose_tracker_create_state(mmdeploy_pose_tracker_t pipeline,
                                                    const mmdeploy_pose_tracker_param_t *params,
                                                    mmdeploy_pose_tracker_state_t *state);

// NULL is fine. The state may outlive the tracker.
MMDEPLOY_API void mmdeploy_pose_tracker_destroy_state(mmdeploy_pose_tracker_state_t state);

// The next frame of each of |count| videos. |use_detect| may be NULL, or has for each: -1 detection
// by det_interval, 0 none, other numbers detection. A state may occur once in a call. The frames of
// a state are all of one size. |*results| holds the visible persons of video 0, then of video 1, …;
// |(*result_count)[i]| is their number.
MMDEPLOY_API int mmdeploy_pose_tracker_apply(mmdeploy_pose_tracker_t pipeline,
                                             mmdeploy_pose_tracker_state_t *states,
                                             const mmdeploy_mat_t *frames,
                                             const int32_t *use_detect, int32_t count,
                                             mmdeploy_pose_tracker_target_t **results,
                                             int32_t **result_count);

// Frees what one call gave. NULLs are fine. |count| is not needed.
MMDEPLOY_API void mmdeploy_pose_tracker_release_result(mmdeploy_pose_tracker_target_t *results,
                                                       const int32_t *result_count, int count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_POSE_TRACKER_H
