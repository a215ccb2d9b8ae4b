// SPDX-License-Identifier: Apache-2.0
//
// Detection of objects with rotated boxes.
#ifndef MMDEPLOY_ROTATED_DETECTOR_H
#define MMDEPLOY_ROTATED_DETECTOR_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// One object. |rbbox| is centre x, centre y, width, height in pixels of the picture and the angle
// in radians; the corners are centre ± width/2 (cos, sin) ± height/2 (-sin, cos), y pointing down.
typedef struct mmdeploy_rotated_detection_t {
  int label_id;
  float score;
  float rbbox[5];
} mmdeploy_rotated_detection_t;

typedef struct mmdeploy_rotated_detector *mmdeploy_rotated_detector_t;

// A detector from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices. The
// handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_rotated_detector_create(mmdeploy_model_t model, const char *device_name,
                                                  int device_id,
                                                  mmdeploy_rotated_detector_t *detector);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_rotated_detector_create_by_path(const char *model_path,
                                                          const char *device_name, int device_id,
                                                          mmdeploy_rotated_detector_t *detector);

// The same as mmdeploy_rotated_detector_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_rotated_detector_create_v2(mmdeploy_model_t model,
                                                     mmdeploy_context_t context,
                                                     mmdeploy_rotated_detector_t *detector);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_rotated_detector_destroy(mmdeploy_rotated_detector_t detector);

// Runs on |mat_count| pictures. |*results| holds the objects of picture 0, then of picture 1, …;
// |(*result_count)[i]| is the number for picture i. Both are released together by
// mmdeploy_rotated_detector_release_result and depend neither on the handle nor on the pixels.
// Without results they are empty, not NULL.
MMDEPLOY_API int mmdeploy_rotated_detector_apply(mmdeploy_rotated_detector_t detector,
                                                 const mmdeploy_mat_t *mats, int mat_count,
                                                 mmdeploy_rotated_detection_t **results,
                                                 int **result_count);

// mmdeploy_common_create_input under the task's name.
MMDEPLOY_API int mmdeploy_rotated_detector_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                        mmdeploy_value_t *input);

// Runs on a packed input, which stays the caller's. |*output| is [[ {"detections": [{"label_id",
// "score", "rbbox"}, …]} per picture ]].
MMDEPLOY_API int mmdeploy_rotated_detector_apply_v2(mmdeploy_rotated_detector_t detector,
                                                    mmdeploy_value_t input,
                                                    mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_rotated_detector_apply_async(mmdeploy_rotated_detector_t detector,
                                                       mmdeploy_sender_t input,
                                                       mmdeploy_sender_t *output);

// Turns an output value into arrays as mmdeploy_rotated_detector_apply gives them. |output| stays
// the caller's.
MMDEPLOY_API int mmdeploy_rotated_detector_get_result(mmdeploy_value_t output,
                                                      mmdeploy_rotated_detection_t **results,
                                                      int **result_count);

// Frees what one mmdeploy_rotated_detector_apply or _get_result gave. NULLs are fine.
MMDEPLOY_API void mmdeploy_rotated_detector_release_result(mmdeploy_rotated_detection_t *results,
                                                           const int *result_count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_ROTATED_DETECTOR_H
