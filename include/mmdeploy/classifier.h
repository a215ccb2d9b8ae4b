// SPDX-License-Identifier: Apache-2.0
//
// Image classification: what is in the picture?
#ifndef MMDEPLOY_CLASSIFIER_H
#define MMDEPLOY_CLASSIFIER_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// One answer. |label_id| counts from 0; mmdeploy_model_class_name (ext.h) names it.
typedef struct mmdeploy_classification_t {
  int label_id;
  float score;
} mmdeploy_classification_t;

typedef struct mmdeploy_classifier *mmdeploy_classifier_t;

// A classifier from a package. |device_name| is "cpu" or another name of mmdeploy_list_devices. The
// handle keeps the model; it may be used from several threads at the same time.
MMDEPLOY_API int mmdeploy_classifier_create(mmdeploy_model_t model, const char *device_name,
                                            int device_id, mmdeploy_classifier_t *classifier);

// The same from the package's path.
MMDEPLOY_API int mmdeploy_classifier_create_by_path(const char *model_path, const char *device_name,
                                                    int device_id,
                                                    mmdeploy_classifier_t *classifier);

// Classifies |mat_count| pictures. |*results| holds the answers of picture 0, then of picture 1, …,
// best first within each; |(*result_count)[i]| is the number for picture i. Both are released
// together by mmdeploy_classifier_release_result and do not depend on the handle or the pixels.
// Zero pictures give empty,
// non-NULL arrays.
MMDEPLOY_API int mmdeploy_classifier_apply(mmdeploy_classifier_t classifier,
                                           const mmdeploy_mat_t *mats, int mat_count,
                                           mmdeploy_classification_t **results, int **result_count);

// Frees what one mmdeploy_classifier_apply or _get_result gave. |count| is not needed any more;
// NULLs are fine.
MMDEPLOY_API void mmdeploy_classifier_release_result(mmdeploy_classification_t *results,
                                                     const int *result_count, int count);

// Frees the handle. No call on it may be running.
MMDEPLOY_API void mmdeploy_classifier_destroy(mmdeploy_classifier_t classifier);

// The same as mmdeploy_classifier_create, with the resources of |context|, which must hold a
// device.
MMDEPLOY_API int mmdeploy_classifier_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,
                                               mmdeploy_classifier_t *classifier);

// mmdeploy_common_create_input under the task's name.
MMDEPLOY_API int mmdeploy_classifier_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                                  mmdeploy_value_t *value);

// Runs on a packed input, which stays the caller's. |*output| is [[ [{"label_id", "score"}, …] per
// picture ]].
MMDEPLOY_API int mmdeploy_classifier_apply_v2(mmdeploy_classifier_t classifier,
                                              mmdeploy_value_t input, mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The handle must outlive it.
MMDEPLOY_API int mmdeploy_classifier_apply_async(mmdeploy_classifier_t classifier,
                                                 mmdeploy_sender_t input,
                                                 mmdeploy_sender_t *output);

// Turns an output value into arrays as mmdeploy_classifier_apply gives them. |output| stays the
// caller's.
MMDEPLOY_API int mmdeploy_classifier_get_result(mmdeploy_value_t output,
                                                mmdeploy_classification_t **results,
                                                int **result_count);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_CLASSIFIER_H
