// SPDX-License-Identifier: Apache-2.0
//
// What all task handles share: a pipeline of a package.
#include <string.h>

#include "base/alloc.h"
#include "sdk/handle.h"

static mmd_status_t check_task(const mmd_package_t *package, const char *task) {
  const char *found = mmd_package_task(package);
  if (!*found || strcmp(found, task) == 0) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s: deploy.json: task is '%s', this function needs '%s'",
                   mmd_package_path(package), found, task);
}

static mmd_status_t create(mmd_package_t *package, const struct mmdeploy_context *context,
                           const char *task, mmd_task_handle_t **out_handle) {
  MMD_TRY(check_task(package, task));
  if (!context->has_device) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "the context has no device; add one with mmdeploy_context_add");
  }
  const mmd_pipeline_options_t options = {
      .device_name = context->device.name,
      .device_id = context->device.id,
      .threads = context->threads,
      .profiler = context->profiler,
  };
  mmd_task_handle_t *handle = mmd_alloc(sizeof *handle);
  MMD_TRY_ALLOC(handle);
  handle->tag = MMD_TAG_TASK;
  mmd_status_t status =
      mmd_package_fault(mmd_pipeline_create(package, &options, &handle->pipeline));
  if (status) {
    mmd_free(handle);
    return status;
  }
  *out_handle = handle;
  return NULL;
}

mmd_status_t mmd_task_handle_create(mmdeploy_model_t model, mmdeploy_context_t context,
                                    const char *task, mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  return create(model->package, context, task, out_handle);
}

static mmd_status_t create_on(mmd_package_t *package, const char *device_name, int device_id,
                              const char *task, mmd_task_handle_t **out_handle) {
  struct mmdeploy_context context = {.tag = MMD_TAG_CONTEXT, .has_device = true};
  MMD_TRY(mmd_device_parse(device_name, device_id, &context.device));
  return create(package, &context, task, out_handle);
}

mmd_status_t mmd_task_handle_create_on(mmdeploy_model_t model, const char *device_name,
                                       int device_id, const char *task,
                                       mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_POINTER(device_name);
  return create_on(model->package, device_name, device_id, task, out_handle);
}

mmd_status_t mmd_task_handle_create_by_path(const char *path, const char *device_name,
                                            int device_id, const char *task,
                                            mmd_task_handle_t **out_handle) {
  MMD_CHECK_POINTER(out_handle);
  *out_handle = NULL;
  MMD_CHECK_POINTER(path);
  MMD_CHECK_POINTER(device_name);
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_fault(mmd_package_open(path, &package)));
  mmd_status_t status = create_on(package, device_name, device_id, task, out_handle);
  mmd_package_release(package);
  return status;
}

mmd_status_t mmd_task_handle_run(mmd_task_handle_t *handle, mmd_value_t *input,
                                 mmd_value_t **out_output) {
  MMD_CHECK_POINTER(out_output);
  *out_output = NULL;
  MMD_CHECK_HANDLE(handle, MMD_TAG_TASK);
  MMD_CHECK_VALUE(input);
  return mmd_pipeline_run(handle->pipeline, input, out_output);
}

void mmd_task_handle_destroy(mmd_task_handle_t *handle) {
  if (!handle || handle->tag != MMD_TAG_TASK) return;
  mmd_pipeline_destroy(handle->pipeline);
  handle->tag = 0;
  mmd_free(handle);
}
