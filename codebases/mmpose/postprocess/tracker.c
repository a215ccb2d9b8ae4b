// SPDX-License-Identifier: Apache-2.0
//
// Which pose of a frame belongs to which track.
#include "codebases/mmpose/postprocess/tracker.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

#define NO_MATCH (-1000.0F)

void mmd_tracker_state_destroy(void *object) {
  mmd_tracker_state_t *state = object;
  if (!state) return;
  for (size_t i = 0; i < state->track_count; ++i) mmd_tracker_track_deinit(&state->tracks[i]);
  mmd_free(state->tracks);
  mmd_free(state->params.sigmas);
  mmd_free(state);
}

static const mmd_tracker_track_t *find_track(const mmd_tracker_state_t *state, int64_t id) {
  for (size_t i = 0; i < state->track_count; ++i) {
    if ((int64_t)state->tracks[i].id == id) return &state->tracks[i];
  }
  return NULL;
}

//===--- poses that are alike ---===//

typedef struct poses_t {
  const mmd_tracker_params_t *params;
  const mmd_tracker_pose_t *items;
} poses_t;

static float pose_similarity(const void *context, size_t a, size_t b) {
  const poses_t *poses = context;
  const mmd_tracker_pose_t *first = &poses->items[a], *other = &poses->items[b];
  const size_t count = first->count < other->count ? first->count : other->count;
  return mmd_tracker_pose_similarity(poses->params, first->points, other->points, count,
                                     &first->box, &other->box);
}

static mmd_status_t drop_alike(const mmd_tracker_state_t *state, mmd_tracker_pose_t *poses,
                               size_t count) {
  const poses_t context = {&state->params, poses};
  mmd_tracker_choice_t *choices = mmd_alloc_array(count + 1, sizeof *choices);
  MMD_TRY_ALLOC(choices);
  for (size_t i = 0; i < count; ++i) {
    const mmd_tracker_track_t *track = find_track(state, poses[i].track_id);
    choices[i].rank = track && !track->missing;
    choices[i].is_dropped = !poses[i].is_usable;
    for (size_t k = 0; k < poses[i].count; ++k) choices[i].weight += poses[i].points[k].score;
  }
  mmd_status_t status =
      mmd_tracker_suppress(choices, count, state->params.pose_nms_thr, pose_similarity, &context);
  for (size_t i = 0; i < count && !status; ++i) poses[i].is_usable = !choices[i].is_dropped;
  mmd_free(choices);
  return status;
}

//===--- poses and tracks ---===//

enum { FREE = 0, SEEN = 1, FOUND_AGAIN = 2 };

// |scores| and |matches| are those of each pair, |pose_count| rows of |track_count|.
typedef struct match_t {
  mmd_tracker_state_t *state;
  mmd_tracker_pose_t *poses;
  size_t pose_count, track_count;
  float *scores;
  size_t *pose_of;          // of each track
  unsigned char *outcome;   // of each track
  unsigned char *is_taken;  // of each pose
} match_t;

static void score_pairs(const match_t *match, bool by_points) {
  const mmd_tracker_params_t *params = &match->state->params;
  for (size_t i = 0; i < match->pose_count; ++i) {
    const mmd_tracker_pose_t *pose = &match->poses[i];
    for (size_t k = 0; k < match->track_count; ++k) {
      const mmd_tracker_track_t *track = &match->state->tracks[k];
      float *score = &match->scores[i * match->track_count + k];
      *score = NO_MATCH;
      if (!pose->is_usable || pose->count != track->count) continue;
      if (pose->track_id != -1 && pose->track_id != (int64_t)track->id) continue;
      *score = by_points ? mmd_tracker_track_nearness(params, track, pose->points)
                         : mmd_tracker_box_iou(&track->predicted_box, &pose->box);
    }
  }
}

// The best pair that is left and not below |limit|.
static bool best_pair(const match_t *match, bool visible_only, float limit, size_t *out_pose,
                      size_t *out_track) {
  float best = 0;
  bool has_best = false;
  for (size_t i = 0; i < match->pose_count; ++i) {
    for (size_t k = 0; k < match->track_count && !match->is_taken[i]; ++k) {
      const float score = match->scores[i * match->track_count + k];
      if (match->outcome[k] != FREE || (visible_only && match->state->tracks[k].missing)) continue;
      if (!(score >= limit) || (has_best && score <= best)) continue;
      best = score;
      has_best = true;
      *out_pose = i;
      *out_track = k;
    }
  }
  return has_best;
}

static void assign(const match_t *match, unsigned char outcome, float limit) {
  size_t pose, track;
  score_pairs(match, outcome == SEEN);
  while (best_pair(match, outcome == SEEN, limit, &pose, &track)) {
    match->is_taken[pose] = 1;
    match->outcome[track] = outcome;
    match->pose_of[track] = pose;
  }
}

//===--- tracks ---===//

static void update_tracks(const match_t *match) {
  const mmd_tracker_params_t *params = &match->state->params;
  for (size_t k = 0; k < match->track_count; ++k) {
    mmd_tracker_track_t *track = &match->state->tracks[k];
    const mmd_tracker_pose_t *pose = &match->poses[match->pose_of[k]];
    if (match->outcome[k] == SEEN)
      mmd_tracker_track_update(params, track, &pose->box, pose->points);
    else if (match->outcome[k] == FOUND_AGAIN)
      mmd_tracker_track_recover(params, track, &pose->box, pose->points);
    else
      mmd_tracker_track_miss(track);
  }
}

static mmd_status_t add_tracks(const match_t *match) {
  mmd_tracker_state_t *state = match->state;
  for (size_t i = 0; i < match->pose_count; ++i) {
    const mmd_tracker_pose_t *pose = &match->poses[i];
    if (match->is_taken[i] || !pose->is_usable || pose->track_id != -1) continue;
    MMD_TRY(MMD_GROW(state->tracks, state->track_capacity, state->track_count + 1));
    MMD_TRY(mmd_tracker_track_create(&state->params, state->next_id, &pose->box, pose->points,
                                     pose->count, &state->tracks[state->track_count]));
    ++state->track_count;
    ++state->next_id;
  }
  return NULL;
}

static void remove_lost(mmd_tracker_state_t *state) {
  size_t kept = 0;
  for (size_t i = 0; i < state->track_count; ++i) {
    if (state->tracks[i].missing > state->params.track_max_missing)
      mmd_tracker_track_deinit(&state->tracks[i]);
    else
      state->tracks[kept++] = state->tracks[i];
  }
  state->track_count = kept;
}

static mmd_status_t match_all(match_t *match) {
  size_t pairs;
  if (!mmd_checked_mul(match->pose_count, match->track_count, &pairs)) {
    return mmd_status_no_memory();
  }
  match->scores = mmd_alloc_array(pairs + 1, sizeof *match->scores);
  match->pose_of = mmd_alloc_array(match->track_count + 1, sizeof *match->pose_of);
  match->outcome = mmd_alloc_array(match->track_count + 1, 1);
  match->is_taken = mmd_alloc_array(match->pose_count + 1, 1);
  if (!match->scores || !match->pose_of || !match->outcome || !match->is_taken) {
    return mmd_status_no_memory();
  }
  assign(match, SEEN, -100);
  assign(match, FOUND_AGAIN, match->state->params.track_iou_thr);
  update_tracks(match);
  return add_tracks(match);
}

mmd_status_t mmd_tracker_step(mmd_tracker_state_t *state, mmd_tracker_pose_t *poses, size_t count) {
  match_t match = {
      .state = state, .poses = poses, .pose_count = count, .track_count = state->track_count};
  for (size_t i = 0; i < count; ++i) {
    poses[i].is_usable = mmd_tracker_box_of(&state->params, state->frame, poses[i].points,
                                            poses[i].count, &poses[i].box);
  }
  MMD_TRY(drop_alike(state, poses, count));
  mmd_status_t status = match_all(&match);
  mmd_free(match.scores);
  mmd_free(match.pose_of);
  mmd_free(match.outcome);
  mmd_free(match.is_taken);
  MMD_TRY(status);
  remove_lost(state);
  for (size_t i = 0; i < state->track_count; ++i) {
    mmd_tracker_track_predict(&state->params, &state->tracks[i]);
  }
  ++state->frame_index;
  return NULL;
}
