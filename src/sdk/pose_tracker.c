// SPDX-License-Identifier: Apache-2.0
//
// The tracker is a pipeline around two packages; what it does with a frame stands in the modules
// pose_tracker::….
#include "mmdeploy/pose_tracker.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "pipeline/registry.h"
#include "sdk/result.h"
#include "sdk/task_functions.h"
#include "value/json.h"

//===--- parameters --------------------------------------------------------===//

static mmd_status_t default_params(mmdeploy_pose_tracker_param_t *params) {
  MMD_CHECK_POINTER(params);
  *params = (mmdeploy_pose_tracker_param_t){
      .det_interval = 1,
      .det_label = 0,
      .det_thr = .5F,
      .det_min_bbox_size = -1,
      .det_nms_thr = .7F,
      .pose_max_num_bboxes = -1,
      .pose_kpt_thr = .5F,
      .pose_min_keypoints = -1,
      .pose_bbox_scale = 1.25F,
      .pose_min_bbox_size = 0,
      .pose_nms_thr = .5F,
      .track_iou_thr = .4F,
      .track_max_missing = 10,
      .track_history_size = 1,
      .std_weight_position = 1 / 20.0F,
      .std_weight_velocity = 1 / 160.0F,
      .smooth_params = {.007F, 1, 1},
  };
  return NULL;
}

int mmdeploy_pose_tracker_default_params(mmdeploy_pose_tracker_param_t *params) {
  return mmd_last_error_set(__func__, default_params(params));
}

static mmd_status_t put_floats(mmd_value_t *object, const char *key, const float *numbers,
                               int count) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(object, key, list));
  for (int i = 0; i < count; ++i) {
    MMD_TRY(mmd_array_take(list, mmd_value_float((double)numbers[i])));
  }
  return NULL;
}

// The parameters as the module's options.
static mmd_status_t write_params(const mmdeploy_pose_tracker_param_t *params, mmd_value_t *object) {
  const struct {
    const char *key;
    int32_t number;
  } ints[] = {
      {"det_interval", params->det_interval},
      {"det_label", params->det_label},
      {"pose_max_num_bboxes", params->pose_max_num_bboxes},
      {"pose_min_keypoints", params->pose_min_keypoints},
      {"track_max_missing", params->track_max_missing},
      {"track_history_size", params->track_history_size},
  };
  const struct {
    const char *key;
    float number;
  } floats[] = {
      {"det_thr", params->det_thr},
      {"det_min_bbox_size", params->det_min_bbox_size},
      {"det_nms_thr", params->det_nms_thr},
      {"pose_kpt_thr", params->pose_kpt_thr},
      {"pose_bbox_scale", params->pose_bbox_scale},
      {"pose_min_bbox_size", params->pose_min_bbox_size},
      {"pose_nms_thr", params->pose_nms_thr},
      {"track_iou_thr", params->track_iou_thr},
      {"std_weight_position", params->std_weight_position},
      {"std_weight_velocity", params->std_weight_velocity},
  };
  for (size_t i = 0; i < sizeof ints / sizeof *ints; ++i) {
    MMD_TRY(mmd_object_take(object, ints[i].key, mmd_value_int(ints[i].number)));
  }
  for (size_t i = 0; i < sizeof floats / sizeof *floats; ++i) {
    MMD_TRY(mmd_object_take(object, floats[i].key, mmd_value_float((double)floats[i].number)));
  }
  if (params->keypoint_sigmas && params->keypoint_sigmas_size > 0) {
    MMD_TRY(put_floats(object, "keypoint_sigmas", params->keypoint_sigmas,
                       params->keypoint_sigmas_size));
  }
  return put_floats(object, "smooth_params", params->smooth_params, 3);
}

//===--- states ------------------------------------------------------------===//

struct mmdeploy_pose_tracker_state {
  mmd_handle_tag_t tag;
  atomic_bool is_busy;  // a call has it
  mmd_value_t *value;   // of the modules
};

static const mmd_component_t *find_module(const char *name) {
  for (size_t i = 0; mmd_task_module_registry[i]; ++i) {
    if (strcmp(mmd_task_module_registry[i]->name, name) == 0) return mmd_task_module_registry[i];
  }
  return NULL;
}

static mmd_status_t make_value(const mmd_value_t *object, mmd_value_t **out_value) {
  const mmd_component_t *module = find_module("pose_tracker::Create");
  const mmd_component_context_t context = {.device = "cpu"};
  if (!module) return MMD_ERROR(MMD_NOT_SUPPORTED, "this build has no mmpose, and so no tracker");
  void *options = mmd_alloc(module->options->struct_size);
  MMD_TRY_ALLOC(options);
  mmd_status_t status = mmd_options_read(module->options, object, "params", true, options);
  if (!status && module->check) status = module->check(options, "params");
  if (!status) status = module->apply(options, &context, NULL, 0, out_value);
  mmd_free(options);
  return status;
}

static mmd_status_t fill_state(const mmdeploy_pose_tracker_param_t *params,
                               mmdeploy_pose_tracker_state_t state) {
  mmd_value_t *object = mmd_value_object();
  MMD_TRY_ALLOC(object);
  mmd_status_t status = write_params(params, object);
  if (!status) status = make_value(object, &state->value);
  mmd_value_release(object);
  return status;
}

static mmd_status_t create_state(const mmdeploy_pose_tracker_param_t *params,
                                 mmdeploy_pose_tracker_state_t *out_state) {
  MMD_CHECK_POINTER(out_state);
  *out_state = NULL;
  MMD_CHECK_POINTER(params);
  mmdeploy_pose_tracker_state_t state = mmd_alloc(sizeof *state);
  MMD_TRY_ALLOC(state);
  state->tag = MMD_TAG_TRACKER_STATE;
  atomic_init(&state->is_busy, false);
  mmd_status_t status = fill_state(params, state);
  if (status)
    mmd_free(state);
  else
    *out_state = state;
  return status;
}

int mmdeploy_pose_tracker_create_state(mmdeploy_pose_tracker_t pipeline,
                                       const mmdeploy_pose_tracker_param_t *params,
                                       mmdeploy_pose_tracker_state_t *state) {
  (void)pipeline;
  return mmd_last_error_set(__func__, create_state(params, state));
}

void mmdeploy_pose_tracker_destroy_state(mmdeploy_pose_tracker_state_t state) {
  if (!state || state->tag != MMD_TAG_TRACKER_STATE) return;
  mmd_value_release(state->value);
  state->tag = 0;
  mmd_free(state);
}

//===--- life --------------------------------------------------------------===//

static const char g_config[] =
    "{\"type\": \"Pipeline\", \"input\": [\"img\", \"force_det\", \"state\"],"
    " \"output\": [\"targets\"], \"tasks\": ["
    " {\"type\": \"Task\", \"name\": \"prepare\", \"module\": \"pose_tracker::Prepare\","
    "  \"input\": [\"img\", \"force_det\", \"state\"], \"output\": [\"use_det\"]},"
    " {\"type\": \"Cond\", \"name\": \"cond\", \"input\": [\"use_det\", \"img\"],"
    "  \"output\": [\"dets\"], \"body\": {\"type\": \"Inference\", \"name\": \"detection\","
    "  \"params\": {\"model\": \"detection\"}}},"
    " {\"type\": \"Task\", \"name\": \"process_bboxes\","
    "  \"module\": \"pose_tracker::ProcessBboxes\", \"input\": [\"dets\", \"img\", \"state\"],"
    "  \"output\": [\"rois\", \"track_ids\"]},"
    " {\"type\": \"Inference\", \"name\": \"pose\", \"input\": [\"*rois\"],"
    "  \"output\": [\"*keypoints\"], \"params\": {\"model\": \"pose\"}},"
    " {\"type\": \"Task\", \"name\": \"track_step\", \"module\": \"pose_tracker::TrackStep\","
    "  \"scheduler\": \"pool\", \"input\": [\"keypoints\", \"track_ids\", \"state\"],"
    "  \"output\": [\"targets\"]}]}";

static mmd_status_t check_task(const mmd_package_t *package, const char *task) {
  const char *found = mmd_package_task(package);
  if (!*found || strcmp(found, task) == 0) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: deploy.json: task is '%s', the tracker needs a '%s'",
                   mmd_package_path(package), found, task);
}

static mmd_status_t create_pipeline(mmdeploy_model_t det_model, mmdeploy_model_t pose_model,
                                    mmdeploy_context_t context, mmd_pipeline_t **out_pipeline) {
  const mmd_named_package_t models[] = {{"detection", det_model->package},
                                        {"pose", pose_model->package}};
  mmd_pipeline_options_t options = mmd_context_options(context);
  mmd_value_t *config = NULL;
  options.models = models;
  options.model_count = 2;
  MMD_TRY(check_task(det_model->package, "Detector"));
  MMD_TRY(check_task(pose_model->package, "PoseDetector"));
  MMD_TRY(mmd_json_parse(g_config, strlen(g_config), "PoseTracker", &config));
  mmd_status_t status = mmd_pipeline_create_from_config(config, &options, out_pipeline);
  mmd_value_release(config);
  return mmd_package_fault(status);
}

static mmd_status_t create(mmdeploy_model_t det_model, mmdeploy_model_t pose_model,
                           mmdeploy_context_t context, mmd_task_handle_t **out_handle) {
  mmd_pipeline_t *pipeline = NULL;
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_HANDLE(det_model, MMD_TAG_MODEL);
  MMD_CHECK_HANDLE(pose_model, MMD_TAG_MODEL);
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  if (!context->has_device) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "the context has no device; add one with mmdeploy_context_add");
  }
  MMD_TRY(create_pipeline(det_model, pose_model, context, &pipeline));
  return mmd_task_handle_wrap(pipeline, out_handle);
}

int mmdeploy_pose_tracker_create(mmdeploy_model_t det_model, mmdeploy_model_t pose_model,
                                 mmdeploy_context_t context, mmdeploy_pose_tracker_t *pipeline) {
  return mmd_last_error_set(__func__,
                            create(det_model, pose_model, context, (mmd_task_handle_t **)pipeline));
}

void mmdeploy_pose_tracker_destroy(mmdeploy_pose_tracker_t pipeline) {
  mmd_task_handle_destroy((mmd_task_handle_t *)pipeline);
}

//===--- results -----------------------------------------------------------===//

static mmd_status_t read_answer(void *items, const mmd_value_t *answer, void *item) {
  mmdeploy_pose_tracker_target_t *target = item;
  const mmd_value_t *points = mmd_object_get(answer, "keypoints");
  const size_t count = mmd_array_size(points);
  float box[4];
  int id = 0;
  MMD_TRY(mmd_result_int(answer, "track_id", &id));
  MMD_TRY(mmd_result_floats(answer, "bbox", 4, box));
  target->target_id = (uint32_t)id;
  target->bbox = (mmdeploy_rect_t){box[0], box[1], box[2], box[3]};
  target->keypoint_count = (int32_t)count;
  target->keypoints = mmd_result_alloc(items, count, sizeof *target->keypoints);
  target->scores = mmd_result_alloc(items, count, sizeof *target->scores);
  if (!target->keypoints || !target->scores) return mmd_status_no_memory();
  for (size_t i = 0; i < count; ++i) {
    const mmd_value_t *point = mmd_array_at(points, i);
    target->keypoints[i].x = (float)mmd_value_get_float(mmd_array_at(point, 0), 0);
    target->keypoints[i].y = (float)mmd_value_get_float(mmd_array_at(point, 1), 0);
    target->scores[i] = (float)mmd_value_get_float(mmd_array_at(point, 2), 0);
  }
  return NULL;
}

void mmdeploy_pose_tracker_release_result(mmdeploy_pose_tracker_target_t *results,
                                          const int32_t *result_count, int count) {
  (void)count;
  mmd_result_release_counted(results, result_count);
}

//===--- runs --------------------------------------------------------------===//

// Takes the states for this call; |*out_taken| were free.
static mmd_status_t take_states(mmdeploy_pose_tracker_state_t *states, int32_t count,
                                int32_t *out_taken) {
  for (*out_taken = 0; *out_taken < count; ++*out_taken) {
    mmdeploy_pose_tracker_state_t state = states[*out_taken];
    MMD_CHECK_HANDLE(state, MMD_TAG_TRACKER_STATE);
    if (atomic_exchange(&state->is_busy, true)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "states[%d] occurs twice in this call, or another call has it", *out_taken);
    }
  }
  return NULL;
}

static mmd_status_t append_states(mmdeploy_pose_tracker_state_t *states, const int32_t *use_detect,
                                  int32_t count, mmd_value_t *input) {
  mmd_value_t *flags = mmd_value_array(), *values = NULL;
  MMD_TRY(mmd_array_take(input, flags));
  MMD_TRY(mmd_array_take(input, values = mmd_value_array()));
  for (int32_t i = 0; i < count; ++i) {
    MMD_TRY(mmd_array_take(flags, mmd_value_int(use_detect ? use_detect[i] : -1)));
    MMD_TRY(mmd_array_take(values, mmd_value_retain(states[i]->value)));
  }
  return NULL;
}

static const mmd_result_kind_t g_kind = {"pose tracker", NULL,
                                         sizeof(mmdeploy_pose_tracker_target_t), read_answer};

static mmd_status_t run(mmd_task_handle_t *handle, mmdeploy_pose_tracker_state_t *states,
                        const mmdeploy_mat_t *frames, const int32_t *use_detect, int32_t count,
                        mmdeploy_pose_tracker_target_t **results, int32_t **result_count) {
  mmd_value_t *input = NULL, *output = NULL;
  MMD_TRY(mmd_input_create(frames, count, &input));
  mmd_status_t status = append_states(states, use_detect, count, input);
  if (!status) status = mmd_task_handle_run(handle, input, &output);
  if (!status) status = mmd_result_get_counted(output, &g_kind, results, result_count);
  mmd_value_release(input);
  mmd_value_release(output);
  return status;
}

static mmd_status_t apply(mmd_task_handle_t *handle, mmdeploy_pose_tracker_state_t *states,
                          const mmdeploy_mat_t *frames, const int32_t *use_detect, int32_t count,
                          mmdeploy_pose_tracker_target_t **results, int32_t **result_count) {
  MMD_TRY(mmd_result_clear_counted(results, result_count));
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  if (count < 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%d frames; the count must not be negative", count);
  }
  if (count) MMD_CHECK_POINTER(states);
  int32_t taken = 0;
  mmd_status_t status = take_states(states, count, &taken);
  if (!status) status = run(handle, states, frames, use_detect, count, results, result_count);
  for (int32_t i = 0; i < taken; ++i) atomic_store(&states[i]->is_busy, false);
  return status;
}

int mmdeploy_pose_tracker_apply(mmdeploy_pose_tracker_t pipeline,
                                mmdeploy_pose_tracker_state_t *states, const mmdeploy_mat_t *frames,
                                const int32_t *use_detect, int32_t count,
                                mmdeploy_pose_tracker_target_t **results, int32_t **result_count) {
  return mmd_last_error_set(__func__, apply((mmd_task_handle_t *)pipeline, states, frames,
                                            use_detect, count, results, result_count));
}
