// SPDX-License-Identifier: Apache-2.0
//
// Text detection: where in the picture is text?
#ifndef MMDEPLOY_TEXT_DETECTOR_H
#define MMDEPLOY_TEXT_DETECTOR_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// One text. |bbox| are the corners of a rotated rectangle in pixels of the picture, clockwise from
// any of them, not cut to the picture.
typedef struct mmdeploy_text_detection_t {
  mmdeploy_point_t bbox[4];
  float score;
} mmdeploy_text_detection_t;

typedef struct mmdeploy_text_detector *mmdeploy_text_detector_t;

// A text detector from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices.
// The handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_text_detector_create(mmdeploy_model_t model, const char *device_name,
                                               int device_id, mmdeploy_text_detector_t *detector);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_text_detector_create_by_path(const char *model_path,
                                                       const char *device_name, int device_id,
                                                       mmdeploy_text_detector_t *detector);

// The same as mmdeploy_text_detector_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_text_detector_create_v2(mmdeploy_model_t model,
                                                  mmdeploy_context_t context,
                                                  mmdeploy_text_detector_t *detector);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_text_detector_destroy(mmdeploy_text_detector_t detector);

// Runs on |mat_count| pictures. |*results| holds the texts of picture 0, then of picture 1, …;
// |(*result_count)[i]| is the number for picture i. Both are released together by
// mmdeploy_text_detector_release_result and depend neither on the handle nor on the pixels. Without
// results they are empty, not NULL.
MMDEPLOY_API int mmdeploy_text_detector_apply(mmdeploy_text_detector_t detector,
                                              const mmdeploy_mat_t *mats, int mat_count,
                                              mmdeploy_text_detection_t **results,
                                              int **result_count);

// mmdeploy_common_create_input under the task's name.
MMDEPLOY_API int mmdeploy_text_detector_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                     mmdeploy_value_t *input);

// Runs on a packed input, which stays the caller's. |*output| is [[ [{"bbox": [x, y of 4 corners],
// "score"}, …] per picture ]].
MMDEPLOY_API int mmdeploy_text_detector_apply_v2(mmdeploy_text_detector_t detector,
                                                 mmdeploy_value_t input, mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_text_detector_apply_async(mmdeploy_text_detector_t detector,
                                                    mmdeploy_sender_t input,
                                                    mmdeploy_sender_t *output);

// Turns an output value into arrays as mmdeploy_text_detector_apply gives them. |output| stays the
// caller's.
MMDEPLOY_API int mmdeploy_text_detector_get_result(mmdeploy_value_t output,
                                                   mmdeploy_text_detection_t **results,
                                                   int **result_count);

// Frees what one mmdeploy_text_detector_apply or _get_result gave. NULLs are fine. |count| is not
// needed.
MMDEPLOY_API void mmdeploy_text_detector_release_result(mmdeploy_text_detection_t *results,
                                                        const int *result_count, int count);

// apply_async with an input of pictures: |*output| is a sender that starts with whoever waits for
// it.
MMDEPLOY_API int mmdeploy_text_detector_apply_async_v3(mmdeploy_text_detector_t detector,
                                                       const mmdeploy_mat_t *imgs, int img_count,
                                                       mmdeploy_sender_t *output);

// What goes on with the results, on the thread that made them. It owns |results| and |result_count|
// and gives a sender, which is consumed, in |*output|. Not 0: the whole fails.
typedef int (*mmdeploy_text_detector_continue_t)(mmdeploy_text_detection_t *results,
                                                 int *result_count, void *context,
                                                 mmdeploy_sender_t *output);

// A sender of the value of the sender that |cont| gives for the results of |input|, which is
// consumed.
MMDEPLOY_API int mmdeploy_text_detector_continue_async(mmdeploy_sender_t input,
                                                       mmdeploy_text_detector_continue_t cont,
                                                       void *context, mmdeploy_sender_t *output);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_TEXT_DETECTOR_H
