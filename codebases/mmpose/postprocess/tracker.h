// SPDX-License-Identifier: Apache-2.0
//
// Persons followed through a video: the state of one video, and what a frame does to it. All in
// floats and with the numbers of mmdeploy-runtime 1.3.1, two of its quirks included: the filters of
// key points are reset by each measurement instead of corrected, and a person found again has his
// box's centre and size written to the speeds of the smoother.
#ifndef MMD_CODEBASES_MMPOSE_POSTPROCESS_TRACKER_H_
#define MMD_CODEBASES_MMPOSE_POSTPROCESS_TRACKER_H_

#include "codebases/mmpose/postprocess/key_points.h"

typedef struct mmd_tracker_params_t {
  int64_t det_interval, det_label, pose_max_num_bboxes, pose_min_keypoints;
  int64_t track_max_missing;
  float det_thr, det_min_bbox_size, det_nms_thr;
  float pose_kpt_thr, pose_bbox_scale, pose_min_bbox_size, pose_nms_thr;
  float track_iou_thr, std_weight_position, std_weight_velocity;
  float beta, least_cutoff, speed_cutoff;  // of the smoother
  float *sigmas;                           // own; of OKS
  size_t sigma_count;                      // 0 = IoU of boxes
} mmd_tracker_params_t;

typedef struct mmd_tracker_box_t {
  float left, top, right, bottom;
} mmd_tracker_box_t;

//===--- geometry (tracker_match.c) ---===//

float mmd_tracker_box_area(const mmd_tracker_box_t *box);
float mmd_tracker_box_iou(const mmd_tracker_box_t *a, const mmd_tracker_box_t *b);
// The box around the visible points, grown and cut at the frame; false when they are too few.
bool mmd_tracker_box_of(const mmd_tracker_params_t *params, const float frame[2],
                        const mmd_key_point_t *points, size_t count, mmd_tracker_box_t *out_box);
size_t mmd_tracker_least_points(const mmd_tracker_params_t *params, size_t count);

// How alike two poses are: OKS, or the IoU of their boxes.
float mmd_tracker_pose_similarity(const mmd_tracker_params_t *params, const mmd_key_point_t *a,
                                  const mmd_key_point_t *b, size_t count,
                                  const mmd_tracker_box_t *box_a, const mmd_tracker_box_t *box_b);

// Something to choose from: greater |rank| goes first, then greater |weight|.
typedef struct mmd_tracker_choice_t {
  int rank;
  float weight;
  bool is_dropped;
} mmd_tracker_choice_t;
// Drops what is alike (|similarity| of |context|, at or above |limit|) to something that goes
// first.
typedef float (*mmd_tracker_similarity_fn)(const void *context, size_t a, size_t b);
mmd_status_t mmd_tracker_suppress(mmd_tracker_choice_t *choices, size_t count, float limit,
                                  mmd_tracker_similarity_fn similarity,
                                  const void *context) MMD_MUST_USE;
// The indices in the order in which they go; equal ones in theirs.
void mmd_tracker_order(const mmd_tracker_choice_t *choices, size_t count, size_t *out_order);

//===--- filters (tracker_filter.c, tracker_smoother.c) ---===//

// A Kalman filter of one coordinate with a constant speed.
typedef struct mmd_tracker_axis_t {
  float place, speed;
  float place_error, speed_error, mixed_error;  // covariance
} mmd_tracker_axis_t;
void mmd_tracker_axis_reset(mmd_tracker_axis_t *axis, float place, float place_noise,
                            float speed_noise);
void mmd_tracker_axis_predict(mmd_tracker_axis_t *axis, float place_noise, float speed_noise);
void mmd_tracker_axis_correct(mmd_tracker_axis_t *axis, float place, float place_noise);

// A one-euro filter of a place.
typedef struct mmd_tracker_smooth_t {
  float place[2], speed[2];
} mmd_tracker_smooth_t;
void mmd_tracker_smooth_point(const mmd_tracker_params_t *params, mmd_tracker_smooth_t *smooth,
                              const float place[2]);
// The same for a box's size, whose sides are smoothed alone.
void mmd_tracker_smooth_size(const mmd_tracker_params_t *params, mmd_tracker_smooth_t *smooth,
                             const float size[2]);

//===--- a person (tracker_track.c) ---===//

typedef struct mmd_tracker_point_t {
  mmd_tracker_axis_t axes[2];
  mmd_tracker_smooth_t smooth;
} mmd_tracker_point_t;

typedef struct mmd_tracker_track_t {
  uint32_t id;
  int64_t missing;  // frames since he was seen
  size_t count;     // of key points
  mmd_tracker_point_t *points;
  mmd_key_point_t *predicted;  // with the last scores
  mmd_tracker_axis_t box[4];   // centre and size
  mmd_tracker_smooth_t center, size;
  mmd_tracker_box_t predicted_box;
} mmd_tracker_track_t;

mmd_status_t mmd_tracker_track_create(const mmd_tracker_params_t *params, uint32_t id,
                                      const mmd_tracker_box_t *box, const mmd_key_point_t *points,
                                      size_t count, mmd_tracker_track_t *out_track) MMD_MUST_USE;
void mmd_tracker_track_deinit(mmd_tracker_track_t *track);
// Seen in this frame; seen again after some; not seen.
void mmd_tracker_track_update(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                              const mmd_tracker_box_t *box, const mmd_key_point_t *points);
void mmd_tracker_track_recover(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                               const mmd_tracker_box_t *box, const mmd_key_point_t *points);
void mmd_tracker_track_miss(mmd_tracker_track_t *track);
void mmd_tracker_track_predict(const mmd_tracker_params_t *params, mmd_tracker_track_t *track);
// Minus the distance of the points to what was predicted; -1000 when too few are near.
float mmd_tracker_track_nearness(const mmd_tracker_params_t *params,
                                 const mmd_tracker_track_t *track, const mmd_key_point_t *points);

//===--- a video (tracker.c) ---===//

typedef struct mmd_tracker_state_t {
  mmd_tracker_params_t params;
  mmd_tracker_track_t *tracks;
  size_t track_count, track_capacity;
  uint32_t next_id;
  uint64_t frame_index;
  float frame[2];  // size; 0 before the first one
} mmd_tracker_state_t;

// The key points of one person in this frame.
typedef struct mmd_tracker_pose_t {
  const mmd_key_point_t *points;
  size_t count;
  int64_t track_id;  // of the track whose prediction led to it; -1 = of a detection
  mmd_tracker_box_t box;
  bool is_usable;
} mmd_tracker_pose_t;

// Brings the tracks to this frame. |poses| are changed.
mmd_status_t mmd_tracker_step(mmd_tracker_state_t *state, mmd_tracker_pose_t *poses,
                              size_t count) MMD_MUST_USE;
void mmd_tracker_state_destroy(void *state);

//===--- modules (tracker_modules.c) ---===//

// As a value the state has this tag.
extern const char mmd_tracker_state_tag[];
extern const mmd_component_t mmd_tracker_create, mmd_tracker_prepare, mmd_tracker_process_bboxes,
    mmd_tracker_track_step;

#endif  // MMD_CODEBASES_MMPOSE_POSTPROCESS_TRACKER_H_
