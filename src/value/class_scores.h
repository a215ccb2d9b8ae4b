// SPDX-License-Identifier: Apache-2.0
//
// Classes with scores, as heads give them out: [{"label_id", "score"}, …].
#ifndef MMD_VALUE_CLASS_SCORES_H_
#define MMD_VALUE_CLASS_SCORES_H_

#include "value/value.h"

mmd_status_t mmd_class_score_append(mmd_value_t *array, size_t label, float score) MMD_MUST_USE;
// Appends the |k| best of |count| scores, best first. NaN is worse than everything; among equals
// the lower class comes first. |k| may be more than |count|.
mmd_status_t mmd_class_scores_append_best(const float *scores, size_t count, size_t k,
                                          mmd_value_t *array) MMD_MUST_USE;

#endif  // MMD_VALUE_CLASS_SCORES_H_
