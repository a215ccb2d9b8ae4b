// SPDX-License-Identifier: Apache-2.0
//
// What all task handles share: a pipeline, from a package or from a config around one.
#include <string.h>

#include "base/alloc.h"
#include "sdk/handle.h"
#include "value/json.h"

//===--- making ------------------------------------------------------------===//

static mmd_status_t check_task(const mmd_package_t *package, const char *task) {
  const char *found = mmd_package_task(package);
  if (!*found || strcmp(found, task) == 0) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: deploy.json: task is '%s', this function needs '%s'",
                   mmd_package_path(package), found, task);
}

mmd_status_t mmd_task_handle_wrap(mmd_pipeline_t *pipeline, mmd_task_handle_t **out_handle) {
  mmd_task_handle_t *handle = mmd_alloc(sizeof *handle);
  if (!handle) {
    mmd_pipeline_destroy(pipeline);
    return mmd_status_no_memory();
  }
  *handle = (mmd_task_handle_t){MMD_TAG_TASK, pipeline};
  *out_handle = handle;
  return NULL;
}

static mmd_status_t create_around(const mmd_task_config_t *config, mmd_package_t *package,
                                  mmd_pipeline_options_t *options, mmd_pipeline_t **out_pipeline) {
  const mmd_named_package_t model = {config->model_name, package};
  mmd_value_t *value = NULL;
  options->models = &model;
  options->model_count = 1;
  MMD_TRY(mmd_json_parse(config->config, strlen(config->config), config->task, &value));
  mmd_status_t status = mmd_pipeline_create_from_config(value, options, out_pipeline);
  mmd_value_release(value);
  return status;
}

static mmd_status_t create(const mmd_task_config_t *config, mmd_package_t *package,
                           const struct mmdeploy_context *context, mmd_task_handle_t **out_handle) {
  mmd_pipeline_t *pipeline = NULL;
  MMD_TRY(check_task(package, config->task));
  if (!context->has_device) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "the context has no device; add one with mmdeploy_context_add");
  }
  mmd_pipeline_options_t options = mmd_context_options(context);
  MMD_TRY(mmd_package_fault(config->config ? create_around(config, package, &options, &pipeline)
                                           : mmd_pipeline_create(package, &options, &pipeline)));
  return mmd_task_handle_wrap(pipeline, out_handle);
}

mmd_status_t mmd_task_config_create(const mmd_task_config_t *config, mmdeploy_model_t model,
                                    mmdeploy_context_t context, mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  return create(config, model->package, context, out_handle);
}

static mmd_status_t create_on(const mmd_task_config_t *config, mmd_package_t *package,
                              const char *device_name, int device_id,
                              mmd_task_handle_t **out_handle) {
  struct mmdeploy_context context = {.tag = MMD_TAG_CONTEXT, .has_device = true};
  MMD_TRY(mmd_device_parse(device_name, device_id, &context.device));
  return create(config, package, &context, out_handle);
}

mmd_status_t mmd_task_config_create_on(const mmd_task_config_t *config, mmdeploy_model_t model,
                                       const char *device_name, int device_id,
                                       mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_POINTER(device_name);
  return create_on(config, model->package, device_name, device_id, out_handle);
}

mmd_status_t mmd_task_config_create_by_path(const mmd_task_config_t *config, const char *path,
                                            const char *device_name, int device_id,
                                            mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_POINTER(path);
  MMD_CHECK_POINTER(device_name);
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_fault(mmd_package_open(path, &package)));
  mmd_status_t status = create_on(config, package, device_name, device_id, out_handle);
  mmd_package_release(package);
  return status;
}

mmd_status_t mmd_task_handle_create(mmdeploy_model_t model, mmdeploy_context_t context,
                                    const char *task, mmd_task_handle_t **out_handle) {
  return mmd_task_config_create(&(mmd_task_config_t){.task = task}, model, context, out_handle);
}

mmd_status_t mmd_task_handle_create_on(mmdeploy_model_t model, const char *device_name,
                                       int device_id, const char *task,
                                       mmd_task_handle_t **out_handle) {
  return mmd_task_config_create_on(&(mmd_task_config_t){.task = task}, model, device_name,
                                   device_id, out_handle);
}

mmd_status_t mmd_task_handle_create_by_path(const char *path, const char *device_name,
                                            int device_id, const char *task,
                                            mmd_task_handle_t **out_handle) {
  return mmd_task_config_create_by_path(&(mmd_task_config_t){.task = task}, path, device_name,
                                        device_id, out_handle);
}

void mmd_task_handle_destroy(mmd_task_handle_t *handle) {
  if (!handle || handle->tag != MMD_TAG_TASK) return;
  mmd_pipeline_destroy(handle->pipeline);
  handle->tag = 0;
  mmd_free(handle);
}

//===--- running -----------------------------------------------------------===//

mmd_status_t mmd_task_handle_run(mmd_task_handle_t *handle, mmd_value_t *input,
                                 mmd_value_t **out_output) {
  MMD_CHECK_POINTER(out_output);
  *out_output = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_CHECK_VALUE(input);
  return mmd_pipeline_run(handle->pipeline, input, out_output);
}

static mmd_status_t run_mats(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats, int count,
                             mmd_value_t **out_output) {
  mmd_value_t *input = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_TRY(mmd_input_create(mats, count, &input));
  mmd_status_t status = mmd_task_handle_run(handle, input, out_output);
  mmd_value_release(input);
  return status;
}

mmd_status_t mmd_task_handle_apply_counted(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats,
                                           int count, const mmd_result_kind_t *kind, void *results,
                                           int **result_count) {
  mmd_value_t *output = NULL;
  MMD_TRY(mmd_result_clear_counted(results, result_count));
  MMD_TRY(run_mats(handle, mats, count, &output));
  mmd_status_t status = mmd_result_get_counted(output, kind, results, result_count);
  mmd_value_release(output);
  return status;
}

mmd_status_t mmd_task_handle_apply_fixed(mmd_task_handle_t *handle, const mmdeploy_mat_t *mats,
                                         int count, const mmd_result_kind_t *kind, void *results) {
  mmd_value_t *output = NULL;
  MMD_TRY(mmd_result_clear_fixed(results));
  MMD_TRY(run_mats(handle, mats, count, &output));
  mmd_status_t status = mmd_result_get_fixed(output, kind, results);
  mmd_value_release(output);
  return status;
}

static mmd_status_t run_step(void *context, mmd_value_t *value, mmd_value_t **out_value) {
  mmd_status_t status = mmd_task_handle_run(context, value, out_value);
  mmd_value_release(value);
  return status;
}

mmd_status_t mmd_task_handle_run_async(mmd_task_handle_t *handle, mmdeploy_sender_t input,
                                       mmdeploy_sender_t *out_output) {
  MMD_CHECK_POINTER(out_output);
  *out_output = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_CHECK_POINTER(input);
  return mmd_sender_then((mmd_sender_t *)input, run_step, handle, NULL,
                         (mmd_sender_t **)out_output);
}

static mmd_status_t run_async_on(mmd_task_handle_t *handle, mmd_value_t *input,
                                 mmdeploy_sender_t *out_output) {
  mmd_sender_t *sender = NULL;
  MMD_CHECK_POINTER(out_output);
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_TRY(mmd_sender_just(input, &sender));
  return mmd_task_handle_run_async(handle, (mmdeploy_sender_t)sender, out_output);
}

mmd_status_t mmd_task_handle_run_async_on(mmd_task_handle_t *handle, mmd_status_t made,
                                          mmd_value_t *input, mmdeploy_sender_t *out_output) {
  if (out_output) *out_output = NULL;
  mmd_status_t status = made ? made : run_async_on(handle, input, out_output);
  mmd_value_release(input);
  return status;
}

//===--- continuations -----------------------------------------------------===//

mmd_status_t mmd_continue_async(mmdeploy_sender_t input, mmd_any_fn fn, void *context,
                                mmd_let_fn go_on, mmdeploy_sender_t *output) {
  MMD_CHECK_POINTER(output);
  *output = NULL;
  MMD_CHECK_POINTER(input);
  MMD_CHECK_POINTER(fn);
  mmd_continuation_t *self = mmd_alloc(sizeof *self);
  MMD_TRY_ALLOC(self);
  *self = (mmd_continuation_t){fn, context};
  return mmd_sender_let_value((mmd_sender_t *)input, go_on, self, mmd_free,
                              (mmd_sender_t **)output);
}

mmd_status_t mmd_continue_result(int code, mmdeploy_sender_t sender, mmd_sender_t **out_sender) {
  if (code == MMDEPLOY_SUCCESS && sender) {
    *out_sender = (mmd_sender_t *)sender;
    return NULL;
  }
  mmd_sender_destroy((mmd_sender_t *)sender);
  if (code == MMDEPLOY_SUCCESS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the continuation gave no sender");
  }
  return MMD_ERROR(MMD_INTERNAL, "the continuation gave the code %d", code);
}
