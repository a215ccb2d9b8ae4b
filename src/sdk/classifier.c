// SPDX-License-Identifier: Apache-2.0
#include "mmdeploy/classifier.h"

#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "sdk/handle.h"

#define TASK "Classifier"

static mmd_task_handle_t **as_out(mmdeploy_classifier_t *classifier) {
  return (mmd_task_handle_t **)classifier;
}

static mmd_task_handle_t *as_handle(mmdeploy_classifier_t classifier) {
  return (mmd_task_handle_t *)classifier;
}

//===--- life --------------------------------------------------------------===//

int mmdeploy_classifier_create(mmdeploy_model_t model, const char *device_name, int device_id,
                               mmdeploy_classifier_t *classifier) {
  return mmd_last_error_set(
      __func__, mmd_task_handle_create_on(model, device_name, device_id, TASK, as_out(classifier)));
}

int mmdeploy_classifier_create_by_path(const char *model_path, const char *device_name,
                                       int device_id, mmdeploy_classifier_t *classifier) {
  return mmd_last_error_set(
      __func__,
      mmd_task_handle_create_by_path(model_path, device_name, device_id, TASK, as_out(classifier)));
}

int mmdeploy_classifier_create_v2(mmdeploy_model_t model, mmdeploy_context_t context,
                                  mmdeploy_classifier_t *classifier) {
  return mmd_last_error_set(__func__,
                            mmd_task_handle_create(model, context, TASK, as_out(classifier)));
}

void mmdeploy_classifier_destroy(mmdeploy_classifier_t classifier) {
  mmd_task_handle_destroy(as_handle(classifier));
}

//===--- results -----------------------------------------------------------===//

// Results and counts are one block: the counts, then the answers. What is handed out as |results|
// lies behind the header, so a release needs no counts.
typedef struct result_block_t {
  size_t total;
  size_t images;
  mmdeploy_classification_t answers[];
} result_block_t;

static mmd_status_t count_answers(const mmd_value_t *samples, size_t *out_total) {
  size_t total = 0;
  for (size_t i = 0; i < mmd_array_size(samples); ++i) {
    const mmd_value_t *answers = mmd_array_at(samples, i);
    if (mmd_value_kind(answers) != MMD_VALUE_ARRAY) {
      return MMD_ERROR(MMD_CORRUPT, "answer %zu is no list; is this the output of a classifier?",
                       i);
    }
    if (!mmd_checked_add(total, mmd_array_size(answers), &total)) return mmd_status_no_memory();
  }
  if (total > INT_MAX || mmd_array_size(samples) > INT_MAX) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu answers; at most %d can be returned", total, INT_MAX);
  }
  *out_total = total;
  return NULL;
}

static mmd_status_t read_answer(const mmd_value_t *answer, mmdeploy_classification_t *out_answer) {
  const mmd_value_t *label = mmd_object_get(answer, "label_id"),
                    *score = mmd_object_get(answer, "score");
  if (!mmd_value_is_number(label) || !mmd_value_is_number(score)) {
    return MMD_ERROR(MMD_CORRUPT,
                     "an answer has no label_id or score; is this the output of a classifier?");
  }
  out_answer->label_id = (int)mmd_value_get_int(label, 0);
  out_answer->score = (float)mmd_value_get_float(score, 0);
  return NULL;
}

static mmd_status_t fill_block(const mmd_value_t *samples, result_block_t *block, int *counts) {
  size_t k = 0;
  for (size_t i = 0; i < block->images; ++i) {
    const mmd_value_t *answers = mmd_array_at(samples, i);
    counts[i] = (int)mmd_array_size(answers);
    for (size_t j = 0; j < mmd_array_size(answers); ++j) {
      MMD_TRY(read_answer(mmd_array_at(answers, j), &block->answers[k++]));
    }
  }
  return NULL;
}

static mmd_status_t get_result(const mmd_value_t *output, mmdeploy_classification_t **results,
                               int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  MMD_CHECK_VALUE(output);
  const mmd_value_t *samples = mmd_array_at(output, 0);
  if (mmd_value_kind(samples) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_CORRUPT, "the value is no output of a classifier");
  }
  size_t total = 0, size = 0;
  MMD_TRY(count_answers(samples, &total));
  if (!mmd_checked_mul(total, sizeof(mmdeploy_classification_t), &size))
    return mmd_status_no_memory();
  result_block_t *block = mmd_alloc(sizeof *block + size);
  int *counts = mmd_alloc_array(mmd_array_size(samples) + 1, sizeof *counts);
  mmd_status_t status = block && counts ? NULL : mmd_status_no_memory();
  if (!status) {
    block->total = total;
    block->images = mmd_array_size(samples);
    status = fill_block(samples, block, counts);
  }
  if (status) {
    mmd_free(block);
    mmd_free(counts);
    return status;
  }
  *results = block->answers;
  *result_count = counts;
  return NULL;
}

int mmdeploy_classifier_get_result(mmdeploy_value_t output, mmdeploy_classification_t **results,
                                   int **result_count) {
  return mmd_last_error_set(__func__,
                            get_result((const mmd_value_t *)output, results, result_count));
}

void mmdeploy_classifier_release_result(mmdeploy_classification_t *results, const int *result_count,
                                        int count) {
  (void)count;
  if (results) mmd_free((char *)results - offsetof(result_block_t, answers));
  mmd_free((void *)(uintptr_t)result_count);
}

//===--- runs --------------------------------------------------------------===//

int mmdeploy_classifier_create_input(const mmdeploy_mat_t *mats, int mat_count,
                                     mmdeploy_value_t *value) {
  return mmd_last_error_set(__func__, mmd_input_create(mats, mat_count, (mmd_value_t **)value));
}

int mmdeploy_classifier_apply_v2(mmdeploy_classifier_t classifier, mmdeploy_value_t input,
                                 mmdeploy_value_t *output) {
  return mmd_last_error_set(
      __func__,
      mmd_task_handle_run(as_handle(classifier), (mmd_value_t *)input, (mmd_value_t **)output));
}

static mmd_status_t apply(mmd_task_handle_t *classifier, const mmdeploy_mat_t *mats, int mat_count,
                          mmdeploy_classification_t **results, int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  *results = NULL;
  *result_count = NULL;
  MMD_CHECK_HANDLE(classifier, MMD_TAG_TASK);
  mmd_value_t *input = NULL, *output = NULL;
  MMD_TRY(mmd_input_create(mats, mat_count, &input));
  mmd_status_t status = mmd_task_handle_run(classifier, input, &output);
  if (!status) status = get_result(output, results, result_count);
  mmd_value_release(output);
  mmd_value_release(input);
  return status;
}

int mmdeploy_classifier_apply(mmdeploy_classifier_t classifier, const mmdeploy_mat_t *mats,
                              int mat_count, mmdeploy_classification_t **results,
                              int **result_count) {
  return mmd_last_error_set(__func__,
                            apply(as_handle(classifier), mats, mat_count, results, result_count));
}
