// SPDX-License-Identifier: Apache-2.0
//
// Restoration: super-resolution and its like, a picture from a picture.
#ifndef MMDEPLOY_RESTORER_H
#define MMDEPLOY_RESTORER_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// Results are mmdeploy_mat_t with data of the result's own: bytes, RGB of 3 channels or gray of 1.
typedef struct mmdeploy_restorer *mmdeploy_restorer_t;

// A restorer from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices. The
// handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_restorer_create(mmdeploy_model_t model, const char *device_name,
                                          int device_id, mmdeploy_restorer_t *restorer);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_restorer_create_by_path(const char *model_path, const char *device_name,
                                                  int device_id, mmdeploy_restorer_t *restorer);

// The same as mmdeploy_restorer_create, with the resources of |context|, which must hold a device.
MMDEPLOY_API int mmdeploy_restorer_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,
                                             mmdeploy_restorer_t *restorer);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_restorer_destroy(mmdeploy_restorer_t restorer);

// Runs on |count| pictures. |*results| holds one picture a picture, released by
// mmdeploy_restorer_release_result; it depends neither on the handle nor on the pixels.
MMDEPLOY_API int mmdeploy_restorer_apply(mmdeploy_restorer_t restorer, const mmdeploy_mat_t *images,
                                         int count, mmdeploy_mat_t **results);

// mmdeploy_common_create_input under the task's name.
MMDEPLOY_API int mmdeploy_restorer_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                mmdeploy_value_t *value);

// Runs on a packed input, which stays the caller's. |*output| is [[ picture per picture ]].
MMDEPLOY_API int mmdeploy_restorer_apply_v2(mmdeploy_restorer_t restorer, mmdeploy_value_t input,
                                            mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_restorer_apply_async(mmdeploy_restorer_t restorer,
                                               mmdeploy_sender_t input, mmdeploy_sender_t *output);

// Turns an output value into an array as mmdeploy_restorer_apply gives it. |output| stays the
// caller's.
MMDEPLOY_API int mmdeploy_restorer_get_result(mmdeploy_value_t output, mmdeploy_mat_t **results);

// Frees what one mmdeploy_restorer_apply or _get_result gave. NULL is fine. |count| is not needed.
MMDEPLOY_API void mmdeploy_restorer_release_result(mmdeploy_mat_t *results, int count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_RESTORER_H
