// SPDX-License-Identifier: Apache-2.0
#include "value/class_scores.h"

#include <math.h>

#include "base/alloc.h"

mmd_status_t mmd_class_score_append(mmd_value_t *array, size_t label, float score) {
  mmd_value_t *item = mmd_value_object();
  MMD_TRY_ALLOC(item);
  mmd_status_t status = mmd_object_take(item, "label_id", mmd_value_int((int64_t)label));
  if (!status) status = mmd_object_take(item, "score", mmd_value_float((double)score));
  if (!status) return mmd_array_take(array, item);
  mmd_value_release(item);
  return status;
}

// NaN is worse than everything; among equals the lower class comes first.
static bool is_better(const float *scores, size_t a, size_t b) {
  if (isnan(scores[a])) return false;
  return isnan(scores[b]) || scores[a] > scores[b];
}

// Insertion into a sorted list of |k|: topk is small, and most classes fail its first comparison.
static void find_best(const float *scores, size_t count, size_t k, size_t *best) {
  size_t size = 0;
  for (size_t i = 0; i < count; ++i) {
    if (size == k && !is_better(scores, i, best[k - 1])) continue;
    size_t at = size < k ? size++ : k - 1;
    for (; at > 0 && is_better(scores, i, best[at - 1]); --at) best[at] = best[at - 1];
    best[at] = i;
  }
}

mmd_status_t mmd_class_scores_append_best(const float *scores, size_t count, size_t k,
                                          mmd_value_t *array) {
  if (k > count) k = count;
  size_t *best = mmd_alloc_array(k, sizeof *best);
  MMD_TRY_ALLOC(best);
  find_best(scores, count, k, best);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < k && !status; ++i) {
    status = mmd_class_score_append(array, best[i], scores[best[i]]);
  }
  mmd_free(best);
  return status;
}
