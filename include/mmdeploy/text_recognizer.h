// SPDX-License-Identifier: Apache-2.0
//
// Text recognition: what do the texts in the picture say?
#ifndef MMDEPLOY_TEXT_RECOGNIZER_H
#define MMDEPLOY_TEXT_RECOGNIZER_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"
#include "mmdeploy/text_detector.h"

#ifdef __cplusplus
extern "C" {
#endif

// One text: |text| is UTF-8 and ends with NUL; |score| has |length| numbers, one a character (not a
// byte).
typedef struct mmdeploy_text_recognition_t {
  char *text;
  float *score;
  int length;
} mmdeploy_text_recognition_t;

typedef struct mmdeploy_text_recognizer *mmdeploy_text_recognizer_t;

// A text recognizer from a package. |device_name| is "cpu" or another name of
// mmdeploy_list_devices. The handle keeps the model; it may be used from several threads at the
// same time.
MMDEPLOY_API int mmdeploy_text_recognizer_create(mmdeploy_model_t model, const char *device_name,
                                                 int device_id,
                                                 mmdeploy_text_recognizer_t *recognizer);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_text_recognizer_create_by_path(const char *model_path,
                                                         const char *device_name, int device_id,
                                                         mmdeploy_text_recognizer_t *recognizer);

// The same as mmdeploy_text_recognizer_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_text_recognizer_create_v2(mmdeploy_model_t model,
                                                    mmdeploy_context_t context,
                                                    mmdeploy_text_recognizer_t *recognizer);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_text_recognizer_destroy(mmdeploy_text_recognizer_t recognizer);

// Takes each of |count| pictures for a line of text. |*results| holds one text a picture, released
// by mmdeploy_text_recognizer_release_result.
MMDEPLOY_API int mmdeploy_text_recognizer_apply(mmdeploy_text_recognizer_t recognizer,
                                                const mmdeploy_mat_t *images, int count,
                                                mmdeploy_text_recognition_t **results);

// Reads the texts in |bboxes|: |bbox_count|[i] of them, in order, are of picture i. |*results|
// holds one text a box. NULL for either: whole pictures. Boxes are rounded to whole pixels and made
// upright, the longer side becoming the width.
MMDEPLOY_API int mmdeploy_text_recognizer_apply_bbox(mmdeploy_text_recognizer_t recognizer,
                                                     const mmdeploy_mat_t *images, int image_count,
                                                     const mmdeploy_text_detection_t *bboxes,
                                                     const int *bbox_count,
                                                     mmdeploy_text_recognition_t **results);

// Packs pictures and boxes: [[{"ori_img"}, …], [{"bbox"} or null, …]], a pair a box.
MMDEPLOY_API int mmdeploy_text_recognizer_create_input(const mmdeploy_mat_t *images,
                                                       int image_count,
                                                       const mmdeploy_text_detection_t *bboxes,
                                                       const int *bbox_count,
                                                       mmdeploy_value_t *output);

// Runs on a packed input, which stays the caller's. |*output| is [[ {"text", "score"} per box ]].
MMDEPLOY_API int mmdeploy_text_recognizer_apply_v2(mmdeploy_text_recognizer_t recognizer,
                                                   mmdeploy_value_t input,
                                                   mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_text_recognizer_apply_async(mmdeploy_text_recognizer_t recognizer,
                                                      mmdeploy_sender_t input,
                                                      mmdeploy_sender_t *output);

// apply_async with an input of pictures and boxes: |*output| is a sender that starts with whoever
// waits for it.
MMDEPLOY_API int mmdeploy_text_recognizer_apply_async_v3(mmdeploy_text_recognizer_t recognizer,
                                                         const mmdeploy_mat_t *imgs, int img_count,
                                                         const mmdeploy_text_detection_t *bboxes,
                                                         const int *bbox_count,
                                                         mmdeploy_sender_t *output);

// What goes on with the results, on the thread that made them. It owns |results| and gives a
// sender, which is consumed, in |*output|. Not 0: the whole fails.
typedef int (*mmdeploy_text_recognizer_continue_t)(mmdeploy_text_recognition_t *results,
                                                   void *context, mmdeploy_sender_t *output);

// A sender of the value of the sender that |cont| gives for the results of |input|, which is
// consumed.
MMDEPLOY_API int mmdeploy_text_recognizer_continue_async(mmdeploy_sender_t input,
                                                         mmdeploy_text_recognizer_continue_t cont,
                                                         void *context, mmdeploy_sender_t *output);

// Turns an output value into an array as mmdeploy_text_recognizer_apply gives it. |output| stays
// the caller's.
MMDEPLOY_API int mmdeploy_text_recognizer_get_result(mmdeploy_value_t output,
                                                     mmdeploy_text_recognition_t **results);

// Frees what one call gave. NULL is fine. |count| is not needed.
MMDEPLOY_API void mmdeploy_text_recognizer_release_result(mmdeploy_text_recognition_t *results,
                                                          int count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_TEXT_RECOGNIZER_H
