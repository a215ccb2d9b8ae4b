// SPDX-License-Identifier: Apache-2.0
//
// Semantic segmentation: a class for each pixel.
#ifndef MMDEPLOY_SEGMENTOR_H
#define MMDEPLOY_SEGMENTOR_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// A picture's classes; |height| and |width| are the picture's. One of the two pointers is NULL.
// |mask|[y * width + x] is the class of a pixel; |score|[(c * height + y) * width + x] the score of
// class c, of models that are exported without argmax. The arrays belong to the result: read them,
// and copy what shall be changed.
typedef struct mmdeploy_segmentation_t {
  int height;
  int width;
  int classes;
  int *mask;
  float *score;
} mmdeploy_segmentation_t;

typedef struct mmdeploy_segmentor *mmdeploy_segmentor_t;

// A segmentor from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices. The
// handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_segmentor_create(mmdeploy_model_t model, const char *device_name,
                                           int device_id, mmdeploy_segmentor_t *segmentor);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_segmentor_create_by_path(const char *model_path, const char *device_name,
                                                   int device_id, mmdeploy_segmentor_t *segmentor);

// The same as mmdeploy_segmentor_create, with the resources of |context|, which must hold a device.
MMDEPLOY_API int mmdeploy_segmentor_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,
                                              mmdeploy_segmentor_t *segmentor);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_segmentor_destroy(mmdeploy_segmentor_t segmentor);

// Runs on |mat_count| pictures. |*results| holds one result a picture, released by
// mmdeploy_segmentor_release_result; it depends neither on the handle nor on the pixels.
MMDEPLOY_API int mmdeploy_segmentor_apply(mmdeploy_segmentor_t segmentor,
                                          const mmdeploy_mat_t *mats, int mat_count,
                                          mmdeploy_segmentation_t **results);

// mmdeploy_common_create_input under the task's name.
MMDEPLOY_API int mmdeploy_segmentor_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                 mmdeploy_value_t *value);

// Runs on a packed input, which stays the caller's. |*output| is [[ {"mask", "score", "height",
// "width", "classes"} per picture ]].
MMDEPLOY_API int mmdeploy_segmentor_apply_v2(mmdeploy_segmentor_t segmentor, mmdeploy_value_t input,
                                             mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_segmentor_apply_async(mmdeploy_segmentor_t segmentor,
                                                mmdeploy_sender_t input, mmdeploy_sender_t *output);

// Turns an output value into an array as mmdeploy_segmentor_apply gives it. |output| stays the
// caller's.
MMDEPLOY_API int mmdeploy_segmentor_get_result(mmdeploy_value_t output,
                                               mmdeploy_segmentation_t **results);

// Frees what one mmdeploy_segmentor_apply or _get_result gave. NULL is fine. |count| is not needed.
MMDEPLOY_API void mmdeploy_segmentor_release_result(mmdeploy_segmentation_t *results, int count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_SEGMENTOR_H
