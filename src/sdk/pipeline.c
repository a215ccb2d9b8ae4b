// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/pipeline.h"

#include "sdk/handle.h"

static mmd_status_t create_from_config(mmdeploy_value_t config, mmdeploy_context_t context,
                                       mmdeploy_pipeline_t *pipeline) {
  static const struct mmdeploy_context none = {.tag = MMD_TAG_CONTEXT};
  mmd_pipeline_t *made = NULL;
  MMD_CHECK_POINTER(pipeline);
  *pipeline = NULL;
  MMD_CHECK_VALUE(config);
  if (context) MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  const mmd_pipeline_options_t options = mmd_context_options(context ? context : &none);
  MMD_TRY(mmd_package_fault(
      mmd_pipeline_create_from_config((const mmd_value_t *)config, &options, &made)));
  return mmd_task_handle_wrap(made, (mmd_task_handle_t **)pipeline);
}

int mmdeploy_pipeline_create_v3(mmdeploy_value_t config, mmdeploy_context_t context,
                                mmdeploy_pipeline_t *pipeline) {
  return mmd_last_error_set(__func__, create_from_config(config, context, pipeline));
}

static mmd_status_t create_from_model(mmdeploy_model_t model, mmdeploy_context_t context,
                                      mmdeploy_pipeline_t *pipeline) {
  mmd_pipeline_t *made = NULL;
  MMD_CHECK_POINTER(pipeline);
  *pipeline = NULL;
  MMD_CHECK_HANDLE(model, MMD_TAG_MODEL);
  MMD_CHECK_HANDLE(context, MMD_TAG_CONTEXT);
  const mmd_pipeline_options_t options = mmd_context_options(context);
  MMD_TRY(mmd_package_fault(mmd_pipeline_create(model->package, &options, &made)));
  return mmd_task_handle_wrap(made, (mmd_task_handle_t **)pipeline);
}

int mmdeploy_pipeline_create_from_model(mmdeploy_model_t model, mmdeploy_context_t context,
                                        mmdeploy_pipeline_t *pipeline) {
  return mmd_last_error_set(__func__, create_from_model(model, context, pipeline));
}

int mmdeploy_pipeline_apply(mmdeploy_pipeline_t pipeline, mmdeploy_value_t input,
                            mmdeploy_value_t *output) {
  return mmd_last_error_set(__func__,
                            mmd_task_handle_run((mmd_task_handle_t *)pipeline, (mmd_value_t *)input,
                                                (mmd_value_t **)output));
}

int mmdeploy_pipeline_apply_async(mmdeploy_pipeline_t pipeline, mmdeploy_sender_t input,
                                  mmdeploy_sender_t *output) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_run_async((mmd_task_handle_t *)pipeline, input, output));
}

void mmdeploy_pipeline_destroy(mmdeploy_pipeline_t pipeline) {
  mmd_task_handle_destroy((mmd_task_handle_t *)pipeline);
}
