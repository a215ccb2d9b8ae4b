// SPDX-License-Identifier: Apache-2.0
//
// The modules pose_tracker::Create, Prepare, ProcessBboxes and TrackStep of pipeline.json.
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmpose/postprocess/tracker.h"

const char mmd_tracker_state_tag[] = "pose_tracker::State";

static mmd_status_t get_state(const mmd_value_t *value, const char *module,
                              mmd_tracker_state_t **out_state) {
  *out_state = mmd_value_get_any(value, mmd_tracker_state_tag);
  if (*out_state) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: a state of the tracker is expected, found %s", module,
                   mmd_value_kind_name(mmd_value_kind(value)));
}

//===--- Create ------------------------------------------------------------===//

#define CREATE "pose_tracker::Create"

typedef struct create_t {
  int64_t det_interval, det_label, pose_max_num_bboxes, pose_min_keypoints;
  int64_t track_max_missing, track_history_size;
  double det_thr, det_min_bbox_size, det_nms_thr;
  double pose_kpt_thr, pose_bbox_scale, pose_min_bbox_size, pose_nms_thr;
  double track_iou_thr, std_weight_position, std_weight_velocity;
  const mmd_value_t *keypoint_sigmas;
  mmd_floats_t smooth_params;
} create_t;

#define INT_OPTION(key, text, words)                                         \
  {                                                                          \
    .name = #key, .type = MMD_OPTION_INT, .offset = offsetof(create_t, key), \
    .default_text = (text), .help = (words),                                 \
  }
#define FLOAT_OPTION(key, text, words)                                         \
  {                                                                            \
    .name = #key, .type = MMD_OPTION_FLOAT, .offset = offsetof(create_t, key), \
    .default_text = (text), .help = (words),                                   \
  }

static const mmd_option_t g_create_options[] = {
    INT_OPTION(det_interval, "1", "Frames from one detection to the next; below 1 = none."),
    INT_OPTION(det_label, "0", "Label of the detections that are used."),
    FLOAT_OPTION(det_thr, "0.5", "Their score must be above it."),
    FLOAT_OPTION(det_min_bbox_size, "-1", "Their least size, the square root of the area."),
    FLOAT_OPTION(det_nms_thr, "0.7", "Boxes that overlap as much or more are one."),
    INT_OPTION(pose_max_num_bboxes, "-1", "Most persons of a frame; below 0 = no limit."),
    FLOAT_OPTION(pose_kpt_thr, "0.5", "A key point is visible from this score on."),
    INT_OPTION(pose_min_keypoints, "-1", "Least visible points; below 0 = half of them."),
    FLOAT_OPTION(pose_bbox_scale, "1.25", "From the extent of the points to the box."),
    FLOAT_OPTION(pose_min_bbox_size, "0", "Least size of a box that is followed."),
    FLOAT_OPTION(pose_nms_thr, "0.5", "Poses that are as alike or more are one."),
    {.name = "keypoint_sigmas",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(create_t, keypoint_sigmas),
     .flags = MMD_OPTION_NULLABLE,
     .help = "Sigmas of OKS, one a key point; without them poses are as alike as their boxes."},
    FLOAT_OPTION(track_iou_thr, "0.4", "IoU from which on a lost person is found again."),
    INT_OPTION(track_max_missing, "10", "Frames until a lost person is forgotten."),
    INT_OPTION(track_history_size, "1", "No effect."),
    FLOAT_OPTION(std_weight_position, "0.05", "Noise of places, relative to the box."),
    FLOAT_OPTION(std_weight_velocity, "0.00625", "Noise of speeds, relative to the box."),
    {.name = "smooth_params",
     .type = MMD_OPTION_FLOATS,
     .offset = offsetof(create_t, smooth_params),
     .default_text = "[0.007, 1, 1]",
     .help = "One-euro filter: beta, lowest cutoff, cutoff of the speed."},
};
static const mmd_option_table_t g_create_table =
    MMD_OPTION_TABLE(CREATE, create_t, g_create_options);

static mmd_status_t check_create(const void *options, const char *where) {
  const create_t *create = options;
  const mmd_value_t *sigmas = create->keypoint_sigmas;
  bool is_list = !sigmas || mmd_value_kind(sigmas) == MMD_VALUE_ARRAY;
  for (size_t i = 0; i < mmd_array_size(sigmas); ++i) {
    is_list = is_list && mmd_value_get_float(mmd_array_at(sigmas, i), 0) > 0;
  }
  if (!is_list) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.keypoint_sigmas: positive numbers are expected",
                     where);
  }
  if (create->smooth_params.count == 3) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.smooth_params: %d numbers; three are expected", where,
                   create->smooth_params.count);
}

static mmd_tracker_params_t params_of(const create_t *create) {
  return (mmd_tracker_params_t){
      .det_interval = create->det_interval,
      .det_label = create->det_label,
      .pose_max_num_bboxes = create->pose_max_num_bboxes,
      .pose_min_keypoints = create->pose_min_keypoints,
      .track_max_missing = create->track_max_missing,
      .det_thr = (float)create->det_thr,
      .det_min_bbox_size = (float)create->det_min_bbox_size,
      .det_nms_thr = (float)create->det_nms_thr,
      .pose_kpt_thr = (float)create->pose_kpt_thr,
      .pose_bbox_scale = (float)create->pose_bbox_scale,
      .pose_min_bbox_size = (float)create->pose_min_bbox_size,
      .pose_nms_thr = (float)create->pose_nms_thr,
      .track_iou_thr = (float)create->track_iou_thr,
      .std_weight_position = (float)create->std_weight_position,
      .std_weight_velocity = (float)create->std_weight_velocity,
      .beta = (float)create->smooth_params.items[0],
      .least_cutoff = (float)create->smooth_params.items[1],
      .speed_cutoff = (float)create->smooth_params.items[2],
  };
}

static mmd_status_t copy_sigmas(const mmd_value_t *sigmas, mmd_tracker_params_t *params) {
  const size_t count = mmd_array_size(sigmas);
  if (!count) return NULL;
  params->sigmas = mmd_alloc_array(count, sizeof *params->sigmas);
  MMD_TRY_ALLOC(params->sigmas);
  for (size_t i = 0; i < count; ++i) {
    params->sigmas[i] = (float)mmd_value_get_float(mmd_array_at(sigmas, i), 0);
  }
  params->sigma_count = count;
  return NULL;
}

static mmd_status_t apply_create(const void *options, const mmd_component_context_t *context,
                                 mmd_value_t *const *inputs, size_t input_count,
                                 mmd_value_t **out_result) {
  const create_t *create = options;
  (void)context;
  (void)inputs;
  (void)input_count;
  mmd_tracker_state_t *state = mmd_alloc(sizeof *state);
  MMD_TRY_ALLOC(state);
  state->params = params_of(create);
  mmd_status_t status = copy_sigmas(create->keypoint_sigmas, &state->params);
  if (!status) {
    *out_result = mmd_value_any(mmd_tracker_state_tag, state, mmd_tracker_state_destroy);
    if (!*out_result) status = mmd_status_no_memory();
  }
  if (status) mmd_tracker_state_destroy(state);
  return status;
}

const mmd_component_t mmd_tracker_create = {
    .module = "Task",
    .name = CREATE,
    .help = "The state of the pose tracker for one video.",
    .options = &g_create_table,
    .check = check_create,
    .apply = apply_create,
};

//===--- Prepare -----------------------------------------------------------===//

#define PREPARE "pose_tracker::Prepare"

typedef struct no_options_t {
  char none;
} no_options_t;

static const mmd_option_table_t g_prepare_table = {PREPARE, NULL, 0, sizeof(no_options_t)};

static mmd_status_t note_frame(mmd_tracker_state_t *state, const mmd_value_t *sample) {
  const mmd_image_t *image = mmd_value_get_image(mmd_object_get(sample, "ori_img"));
  if (!image) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, PREPARE ": 'ori_img' must be the frame");
  }
  const float width = (float)image->width, height = (float)image->height;
  if (state->frame[0] > 0 && (state->frame[0] != width || state->frame[1] != height)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     PREPARE
                     ": a frame of %gx%g pixels in a video of %gx%g; a video needs a state "
                     "of its own",
                     (double)width, (double)height, (double)state->frame[0],
                     (double)state->frame[1]);
  }
  state->frame[0] = width;
  state->frame[1] = height;
  return NULL;
}

static mmd_status_t apply_prepare(const void *options, const mmd_component_context_t *context,
                                  mmd_value_t *const *inputs, size_t input_count,
                                  mmd_value_t **out_result) {
  const int64_t use_det = mmd_value_get_int(inputs[1], -1);
  mmd_tracker_state_t *state;
  (void)options;
  (void)context;
  (void)input_count;
  MMD_TRY(get_state(inputs[2], PREPARE, &state));
  MMD_TRY(note_frame(state, inputs[0]));
  const int64_t interval = state->params.det_interval;
  const bool is_due = interval > 0 && state->frame_index % (uint64_t)interval == 0;
  *out_result = mmd_value_bool(use_det == -1 ? is_due : use_det != 0);
  return *out_result ? NULL : mmd_status_no_memory();
}

const mmd_component_t mmd_tracker_prepare = {
    .module = "Task",
    .name = PREPARE,
    .help = "Whether the detector runs on a frame, of which it notes the size.",
    .options = &g_prepare_table,
    .apply = apply_prepare,
    .input_count = 3,
};

//===--- ProcessBboxes -----------------------------------------------------===//

#define PROCESS "pose_tracker::ProcessBboxes"
static const mmd_option_table_t g_process_table = {PROCESS, NULL, 0, sizeof(no_options_t)};

// In the order in which they give way: predictions of lost persons, detections, of visible ones.
enum { RANK_LOST, RANK_DETECTED, RANK_VISIBLE };

typedef struct candidates_t {
  size_t count, box_capacity, choice_capacity, id_capacity;
  mmd_tracker_box_t *boxes;
  mmd_tracker_choice_t *choices;
  int64_t *ids;
} candidates_t;

static void candidates_deinit(candidates_t *candidates) {
  mmd_free(candidates->boxes);
  mmd_free(candidates->choices);
  mmd_free(candidates->ids);
}

static mmd_status_t append(candidates_t *c, const mmd_tracker_box_t *box, int rank, int64_t id) {
  MMD_TRY(MMD_GROW(c->boxes, c->box_capacity, c->count + 1));
  MMD_TRY(MMD_GROW(c->choices, c->choice_capacity, c->count + 1));
  MMD_TRY(MMD_GROW(c->ids, c->id_capacity, c->count + 1));
  c->boxes[c->count] = *box;
  c->choices[c->count] = (mmd_tracker_choice_t){.rank = rank, .weight = mmd_tracker_box_area(box)};
  c->ids[c->count++] = id;
  return NULL;
}

static mmd_status_t append_detections(const mmd_tracker_params_t *params, const mmd_value_t *dets,
                                      candidates_t *candidates) {
  const float least = params->det_min_bbox_size * params->det_min_bbox_size;
  for (size_t i = 0; i < mmd_array_size(dets); ++i) {
    const mmd_value_t *det = mmd_array_at(dets, i);
    const float score = (float)mmd_value_get_float(mmd_object_get(det, "score"), 0);
    float sides[4] = {0};
    if (mmd_meta_floats(det, "bbox", sides) != 4) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, PROCESS ": detection %zu has no 'bbox'", i);
    }
    const mmd_tracker_box_t box = {sides[0], sides[1], sides[2], sides[3]};
    if (mmd_value_get_int(mmd_object_get(det, "label_id"), -1) != params->det_label) continue;
    if (!(score > params->det_thr) || !(mmd_tracker_box_area(&box) >= least)) continue;
    MMD_TRY(append(candidates, &box, RANK_DETECTED, -1));
  }
  return NULL;
}

static mmd_status_t append_tracks(const mmd_tracker_state_t *state, candidates_t *candidates) {
  const mmd_tracker_params_t *params = &state->params;
  const float least = params->pose_min_bbox_size * params->pose_min_bbox_size;
  for (size_t i = 0; i < state->track_count; ++i) {
    const mmd_tracker_track_t *track = &state->tracks[i];
    mmd_tracker_box_t box = track->predicted_box;
    if (!track->missing &&
        !mmd_tracker_box_of(params, state->frame, track->predicted, track->count, &box)) {
      continue;
    }
    const bool is_inside = fminf(box.right, state->frame[0]) > fmaxf(box.left, 0) &&
                           fminf(box.bottom, state->frame[1]) > fmaxf(box.top, 0);
    if (!is_inside || !(mmd_tracker_box_area(&box) > least)) continue;
    MMD_TRY(append(candidates, &box, track->missing ? RANK_LOST : RANK_VISIBLE, track->id));
  }
  return NULL;
}

static float box_similarity(const void *context, size_t a, size_t b) {
  const mmd_tracker_box_t *boxes = context;
  return mmd_tracker_box_iou(&boxes[a], &boxes[b]);
}

static mmd_status_t append_number(mmd_value_t *list, float number) {
  return mmd_array_take(list, mmd_value_float((double)number));
}

// The picture with a box of whole pixels [x, y, w, h].
static mmd_status_t append_roi(const mmd_value_t *data, const mmd_tracker_box_t *box,
                               mmd_value_t *rois) {
  static const char *const keys[] = {"ori_img", "img"};
  mmd_value_t *roi = mmd_value_object(), *list = NULL;
  MMD_TRY(mmd_array_take(rois, roi));
  for (size_t i = 0; i < 2; ++i) {
    mmd_value_t *image = mmd_object_get(data, keys[i]);
    if (image) MMD_TRY(mmd_object_take(roi, keys[i], mmd_value_retain(image)));
  }
  MMD_TRY(mmd_object_take(roi, "bbox", list = mmd_value_array()));
  MMD_TRY(append_number(list, rintf(box->left)));
  MMD_TRY(append_number(list, rintf(box->top)));
  MMD_TRY(append_number(list, rintf(box->right - box->left)));
  return append_number(list, rintf(box->bottom - box->top));
}

static mmd_status_t append_rois(const mmd_tracker_params_t *params, const candidates_t *candidates,
                                const size_t *order, const mmd_value_t *data, mmd_value_t *rois,
                                mmd_value_t *ids) {
  const int64_t limit = params->pose_max_num_bboxes;
  for (size_t i = 0; i < candidates->count; ++i) {
    const size_t k = order[i];
    if (candidates->choices[k].is_dropped) continue;
    if (limit >= 0 && mmd_array_size(rois) >= (size_t)limit) break;
    MMD_TRY(append_roi(data, &candidates->boxes[k], rois));
    MMD_TRY(mmd_array_take(ids, mmd_value_int(candidates->ids[k])));
  }
  return NULL;
}

static mmd_status_t choose(const mmd_tracker_params_t *params, const candidates_t *candidates,
                           const mmd_value_t *data, mmd_value_t *result) {
  mmd_value_t *rois = mmd_value_array(), *ids = NULL;
  MMD_TRY(mmd_array_take(result, rois));
  MMD_TRY(mmd_array_take(result, ids = mmd_value_array()));
  MMD_TRY(mmd_tracker_suppress(candidates->choices, candidates->count, params->det_nms_thr,
                               box_similarity, candidates->boxes));
  size_t *order = mmd_alloc_array(candidates->count + 1, sizeof *order);
  MMD_TRY_ALLOC(order);
  mmd_tracker_order(candidates->choices, candidates->count, order);
  mmd_status_t status = append_rois(params, candidates, order, data, rois, ids);
  mmd_free(order);
  return status;
}

static mmd_status_t apply_process(const void *options, const mmd_component_context_t *context,
                                  mmd_value_t *const *inputs, size_t input_count,
                                  mmd_value_t **out_result) {
  candidates_t candidates = {0};
  mmd_tracker_state_t *state;
  (void)options;
  (void)context;
  (void)input_count;
  MMD_TRY(get_state(inputs[2], PROCESS, &state));
  mmd_value_t *result = mmd_value_array();
  MMD_TRY_ALLOC(result);
  mmd_status_t status = append_detections(&state->params, inputs[0], &candidates);
  if (!status) status = append_tracks(state, &candidates);
  if (!status) status = choose(&state->params, &candidates, inputs[1], result);
  candidates_deinit(&candidates);
  if (status)
    mmd_value_release(result);
  else
    *out_result = result;
  return status;
}

const mmd_component_t mmd_tracker_process_bboxes = {
    .module = "Task",
    .name = PROCESS,
    .help = "The boxes of a frame that the pose model looks at, and of which tracks they are.",
    .options = &g_process_table,
    .apply = apply_process,
    .input_count = 3,
    .output_count = 2,
};

//===--- TrackStep ---------------------------------------------------------===//

#define STEP "pose_tracker::TrackStep"
static const mmd_option_table_t g_step_table = {STEP, NULL, 0, sizeof(no_options_t)};

static mmd_status_t read_points(const mmd_value_t *answer, size_t index,
                                mmd_key_point_t **out_points, size_t *out_count) {
  const mmd_value_t *list = mmd_object_get(answer, "key_points");
  const size_t count = mmd_array_size(list);
  if (mmd_value_kind(list) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": pose %zu has no 'key_points'", index);
  }
  mmd_key_point_t *points = mmd_alloc_array(count + 1, sizeof *points);
  MMD_TRY_ALLOC(points);
  for (size_t i = 0; i < count; ++i) {
    const mmd_value_t *point = mmd_array_at(list, i);
    float place[4] = {NAN, NAN};
    mmd_meta_floats(point, "bbox", place);
    const float score = (float)mmd_value_get_float(mmd_object_get(point, "score"), 0);
    points[i] = (mmd_key_point_t){place[0], place[1], score};
  }
  *out_points = points;
  *out_count = count;
  return NULL;
}

static mmd_status_t read_poses(const mmd_tracker_state_t *state, const mmd_value_t *answers,
                               const mmd_value_t *ids, mmd_tracker_pose_t *poses) {
  const size_t sigmas = state->params.sigma_count;
  for (size_t i = 0; i < mmd_array_size(answers); ++i) {
    mmd_key_point_t *points = NULL;
    MMD_TRY(read_points(mmd_array_at(answers, i), i, &points, &poses[i].count));
    poses[i].points = points;
    poses[i].track_id = mmd_value_get_int(mmd_array_at(ids, i), -1);
    if (sigmas && sigmas != poses[i].count) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       STEP ": there are %zu keypoint_sigmas, but the model has %zu key points",
                       sigmas, poses[i].count);
    }
  }
  return NULL;
}

static mmd_status_t append_target(const mmd_tracker_track_t *track, mmd_value_t *targets) {
  mmd_value_t *target = mmd_value_object(), *points = NULL, *box = NULL;
  const float *center = track->center.place, *size = track->size.place;
  MMD_TRY(mmd_array_take(targets, target));
  MMD_TRY(mmd_object_take(target, "track_id", mmd_value_int(track->id)));
  MMD_TRY(mmd_object_take(target, "bbox", box = mmd_value_array()));
  for (int i = 0; i < 4; ++i) {
    const float half = .5F * size[i % 2];
    MMD_TRY(append_number(box, i < 2 ? center[i] - half : center[i - 2] + half));
  }
  MMD_TRY(mmd_object_take(target, "keypoints", points = mmd_value_array()));
  for (size_t i = 0; i < track->count; ++i) {
    mmd_value_t *point = mmd_value_array();
    MMD_TRY(mmd_array_take(points, point));
    MMD_TRY(append_number(point, track->points[i].smooth.place[0]));
    MMD_TRY(append_number(point, track->points[i].smooth.place[1]));
    MMD_TRY(append_number(point, track->predicted[i].score));
  }
  return NULL;
}

static mmd_status_t step(mmd_tracker_state_t *state, const mmd_value_t *answers,
                         const mmd_value_t *ids, mmd_value_t *targets) {
  const size_t count = mmd_array_size(answers);
  mmd_tracker_pose_t *poses = mmd_alloc_array(count + 1, sizeof *poses);
  MMD_TRY_ALLOC(poses);
  mmd_status_t status = read_poses(state, answers, ids, poses);
  if (!status) status = mmd_tracker_step(state, poses, count);
  for (size_t i = 0; i < count; ++i) mmd_free((void *)(uintptr_t)poses[i].points);
  mmd_free(poses);
  for (size_t i = 0; i < state->track_count && !status; ++i) {
    if (!state->tracks[i].missing) status = append_target(&state->tracks[i], targets);
  }
  return status;
}

static mmd_status_t apply_step(const void *options, const mmd_component_context_t *context,
                               mmd_value_t *const *inputs, size_t input_count,
                               mmd_value_t **out_result) {
  mmd_tracker_state_t *state;
  (void)options;
  (void)context;
  (void)input_count;
  MMD_TRY(get_state(inputs[2], STEP, &state));
  if (mmd_array_size(inputs[0]) != mmd_array_size(inputs[1])) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, STEP ": %zu poses, but %zu track ids",
                     mmd_array_size(inputs[0]), mmd_array_size(inputs[1]));
  }
  mmd_value_t *targets = mmd_value_array();
  MMD_TRY_ALLOC(targets);
  mmd_status_t status = step(state, inputs[0], inputs[1], targets);
  if (status)
    mmd_value_release(targets);
  else
    *out_result = targets;
  return status;
}

const mmd_component_t mmd_tracker_track_step = {
    .module = "Task",
    .name = STEP,
    .help = "The persons of a frame, from the key points that the pose model found.",
    .options = &g_step_table,
    .apply = apply_step,
    .input_count = 3,
};
