// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/tracker.h"

// Chi-square of two degrees of freedom at 95 %: farther points are no part of the comparison.
#define GATE 5.9915F
#define NOT_NEAR (-1000.0F)

//===--- filters ---===//

// Noises go with the size of the box.
typedef struct noise_t {
  float place, speed;  // deviations
} noise_t;

static noise_t noise_of(const mmd_tracker_params_t *params, const mmd_tracker_track_t *track) {
  const float area = track->box[2].place * track->box[3].place;
  const float scale = area > 0 ? sqrtf(area) : 0;
  return (noise_t){params->std_weight_position * scale, params->std_weight_velocity * scale};
}

static float squared(float value) {
  return value * value;
}

static void reset_axis(mmd_tracker_axis_t *axis, float place, noise_t noise) {
  mmd_tracker_axis_reset(axis, place, squared(2 * noise.place), squared(10 * noise.speed));
}

static void box_to_axes(const mmd_tracker_box_t *box, float out[4]) {
  out[0] = .5F * (box->left + box->right);
  out[1] = .5F * (box->top + box->bottom);
  out[2] = box->right - box->left;
  out[3] = box->bottom - box->top;
}

static mmd_tracker_box_t box_from_axes(const float center[2], const float size[2]) {
  return (mmd_tracker_box_t){center[0] - .5F * size[0], center[1] - .5F * size[1],
                             center[0] + .5F * size[0], center[1] + .5F * size[1]};
}

static void reset_points(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                         const mmd_key_point_t *points) {
  const noise_t noise = noise_of(params, track);
  for (size_t i = 0; i < track->count; ++i) {
    reset_axis(&track->points[i].axes[0], points[i].x, noise);
    reset_axis(&track->points[i].axes[1], points[i].y, noise);
  }
}

// New filters: nothing moves.
static void create_filters(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                           const mmd_tracker_box_t *box, const mmd_key_point_t *points) {
  float axes[4];
  box_to_axes(box, axes);
  for (int i = 0; i < 4; ++i) track->box[i] = (mmd_tracker_axis_t){.place = axes[i]};
  const noise_t noise = noise_of(params, track);
  for (int i = 0; i < 4; ++i) reset_axis(&track->box[i], axes[i], noise);
  for (size_t i = 0; i < track->count; ++i) {
    memset(track->points[i].axes, 0, sizeof track->points[i].axes);
  }
  reset_points(params, track, points);
}

static void keep_scores(mmd_tracker_track_t *track, const mmd_key_point_t *points) {
  for (size_t i = 0; i < track->count; ++i) track->predicted[i].score = points[i].score;
}

//===--- life ---===//

mmd_status_t mmd_tracker_track_create(const mmd_tracker_params_t *params, uint32_t id,
                                      const mmd_tracker_box_t *box, const mmd_key_point_t *points,
                                      size_t count, mmd_tracker_track_t *out_track) {
  mmd_tracker_track_t track = {.id = id, .count = count};
  track.points = mmd_alloc_array(count + 1, sizeof *track.points);
  track.predicted = mmd_alloc_array(count + 1, sizeof *track.predicted);
  if (!track.points || !track.predicted) {
    mmd_tracker_track_deinit(&track);
    return mmd_status_no_memory();
  }
  create_filters(params, &track, box, points);
  keep_scores(&track, points);
  for (size_t i = 0; i < count; ++i) {
    track.points[i].smooth.place[0] = points[i].x;
    track.points[i].smooth.place[1] = points[i].y;
  }
  for (int i = 0; i < 2; ++i) {
    track.center.place[i] = track.box[i].place;
    track.size.place[i] = track.box[2 + i].place;
  }
  *out_track = track;
  return NULL;
}

void mmd_tracker_track_deinit(mmd_tracker_track_t *track) {
  mmd_free(track->points);
  mmd_free(track->predicted);
}

//===--- a frame ---===//

static void smooth(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                   const mmd_key_point_t *points, const float box[4]) {
  for (size_t i = 0; i < track->count; ++i) {
    mmd_tracker_smooth_point(params, &track->points[i].smooth,
                             (const float[]){points[i].x, points[i].y});
  }
  mmd_tracker_smooth_point(params, &track->center, box);
  mmd_tracker_smooth_size(params, &track->size, box + 2);
}

void mmd_tracker_track_update(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                              const mmd_tracker_box_t *box, const mmd_key_point_t *points) {
  float axes[4];
  const noise_t noise = noise_of(params, track);
  box_to_axes(box, axes);
  for (int i = 0; i < 4; ++i) {
    mmd_tracker_axis_correct(&track->box[i], axes[i], squared(noise.place));
    axes[i] = track->box[i].place;
  }
  // Of the original's gate nothing arrives here, so that each point is taken as it was found.
  reset_points(params, track, points);
  keep_scores(track, points);
  smooth(params, track, points, axes);
}

void mmd_tracker_track_recover(const mmd_tracker_params_t *params, mmd_tracker_track_t *track,
                               const mmd_tracker_box_t *box, const mmd_key_point_t *points) {
  float axes[4];
  create_filters(params, track, box, points);
  keep_scores(track, points);
  track->missing = 0;
  box_to_axes(box, axes);
  for (size_t i = 0; i < track->count; ++i) {
    track->points[i].smooth = (mmd_tracker_smooth_t){.place = {points[i].x, points[i].y}};
  }
  // The original's slip: these are no speeds.
  for (int i = 0; i < 2; ++i) {
    track->center.speed[i] = axes[i];
    track->size.speed[i] = axes[2 + i];
  }
  smooth(params, track, points, axes);
}

void mmd_tracker_track_miss(mmd_tracker_track_t *track) {
  ++track->missing;
  for (size_t i = 0; i < track->count; ++i) track->predicted[i].score = 0;
}

void mmd_tracker_track_predict(const mmd_tracker_params_t *params, mmd_tracker_track_t *track) {
  noise_t noise = noise_of(params, track);
  for (size_t i = 0; i < track->count; ++i) {
    mmd_tracker_axis_t *axes = track->points[i].axes;
    for (int k = 0; k < 2; ++k) {
      mmd_tracker_axis_predict(&axes[k], squared(noise.place), squared(noise.speed));
    }
    track->predicted[i].x = axes[0].place;
    track->predicted[i].y = axes[1].place;
  }
  for (int i = 0; i < 4; ++i) {
    mmd_tracker_axis_predict(&track->box[i], squared(noise.place), squared(noise.speed));
  }
  const float center[] = {track->box[0].place, track->box[1].place};
  const float size[] = {track->box[2].place, track->box[3].place};
  track->predicted_box = box_from_axes(center, size);
}

float mmd_tracker_track_nearness(const mmd_tracker_params_t *params,
                                 const mmd_tracker_track_t *track, const mmd_key_point_t *points) {
  const float noise = squared(noise_of(params, track).place);
  size_t near = 0;
  float sum = 0;
  // A box that shrank below nothing has no noise; nothing is near it.
  if (track->box[2].place * track->box[3].place < 0) return NOT_NEAR;
  for (size_t i = 0; i < track->count; ++i) {
    const mmd_tracker_axis_t *axes = track->points[i].axes;
    const float distance = squared(points[i].x - axes[0].place) / (axes[0].place_error + noise) +
                           squared(points[i].y - axes[1].place) / (axes[1].place_error + noise);
    if (!(distance < GATE)) continue;
    sum += distance;
    ++near;
  }
  if (!near || near < mmd_tracker_least_points(params, track->count)) return NOT_NEAR;
  return -(sum / (float)near - (float)near / (float)track->count);
}
