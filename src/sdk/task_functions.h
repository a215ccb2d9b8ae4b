// SPDX-License-Identifier: Apache-2.0
//
// The functions that every task has under its own name. All handles are mmd_task_handle_t.
#ifndef MMD_SDK_TASK_FUNCTIONS_H_
#define MMD_SDK_TASK_FUNCTIONS_H_

#include "mmdeploy/executor.h"
#include "sdk/handle.h"

// mmdeploy_<name>_create, _create_by_path, _create_v2 and _destroy. |title| is the task of
// deploy.json.
#define MMD_TASK_LIFE(name, title)                                                              \
  int mmdeploy_##name##_create(mmdeploy_model_t model, const char *device_name, int device_id,  \
                               mmdeploy_##name##_t *handle) {                                   \
    return mmd_last_error_set(__func__,                                                         \
                              mmd_task_handle_create_on(model, device_name, device_id, title,   \
                                                        (mmd_task_handle_t **)handle));         \
  }                                                                                             \
  int mmdeploy_##name##_create_by_path(const char *model_path, const char *device_name,         \
                                       int device_id, mmdeploy_##name##_t *handle) {            \
    return mmd_last_error_set(                                                                  \
        __func__, mmd_task_handle_create_by_path(model_path, device_name, device_id, title,     \
                                                 (mmd_task_handle_t **)handle));                \
  }                                                                                             \
  int mmdeploy_##name##_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,           \
                                  mmdeploy_##name##_t *handle) {                                \
    return mmd_last_error_set(                                                                  \
        __func__, mmd_task_handle_create(model, context, title, (mmd_task_handle_t **)handle)); \
  }                                                                                             \
  void mmdeploy_##name##_destroy(mmdeploy_##name##_t handle) {                                  \
    mmd_task_handle_destroy((mmd_task_handle_t *)handle);                                       \
  }

// mmdeploy_<name>_create_input of pictures alone.
#define MMD_TASK_INPUT(name)                                                                       \
  int mmdeploy_##name##_create_input(const mmdeploy_mat_t *mats, int mat_count,                    \
                                     mmdeploy_value_t *value) {                                    \
    return mmd_last_error_set(__func__, mmd_input_create(mats, mat_count, (mmd_value_t **)value)); \
  }

#define MMD_TASK_APPLY_V2(name)                                                          \
  int mmdeploy_##name##_apply_v2(mmdeploy_##name##_t handle, mmdeploy_value_t input,     \
                                 mmdeploy_value_t *output) {                             \
    return mmd_last_error_set(                                                           \
        __func__, mmd_task_handle_run((mmd_task_handle_t *)handle, (mmd_value_t *)input, \
                                      (mmd_value_t **)output));                          \
  }

#define MMD_TASK_APPLY_ASYNC(name)                                                        \
  int mmdeploy_##name##_apply_async(mmdeploy_##name##_t handle, mmdeploy_sender_t input,  \
                                    mmdeploy_sender_t *output) {                          \
    return mmd_last_error_set(                                                            \
        __func__, mmd_task_handle_run_async((mmd_task_handle_t *)handle, input, output)); \
  }

#endif  // MMD_SDK_TASK_FUNCTIONS_H_
