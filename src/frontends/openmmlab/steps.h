// SPDX-License-Identifier: Apache-2.0
//
// Steps of a test pipeline, rewritten in the language of pipeline.json: dicts with a "type".
#ifndef MMD_FRONTENDS_OPENMMLAB_STEPS_H_
#define MMD_FRONTENDS_OPENMMLAB_STEPS_H_

#include "value/value.h"

// "Resize" of dict(type='mmdet.Resize'); "" where there is none.
const char *mmd_step_type(const mmd_value_t *step);
bool mmd_step_is(const mmd_value_t *step, const char *type);

// dict(type=|type|).
mmd_status_t mmd_step_create(const char *type, mmd_value_t **out_step) MMD_MUST_USE;
// A copy of |source| behind the others, with the scope off its type. |where| names it in errors.
mmd_status_t mmd_steps_append_copy(mmd_value_t *steps, const mmd_value_t *source, const char *where,
                                   size_t index) MMD_MUST_USE;
// A new step in front of |*index|, which then counts it.
mmd_status_t mmd_steps_insert(mmd_value_t *steps, size_t *index, const char *type,
                              mmd_value_t **out_step) MMD_MUST_USE;

// step[key] = [a, b].
mmd_status_t mmd_step_set_pair(mmd_value_t *step, const char *key, int64_t a,
                               int64_t b) MMD_MUST_USE;
// step[key] = a copy of |numbers|, or three times |fallback| where they are null.
mmd_status_t mmd_step_set_numbers(mmd_value_t *step, const char *key, const mmd_value_t *numbers,
                                  int64_t fallback) MMD_MUST_USE;
// step[to] = step[from], where that is there; |from| goes.
mmd_status_t mmd_step_rename(mmd_value_t *step, const char *from, const char *to) MMD_MUST_USE;
// step["keys"] = ["img"].
mmd_status_t mmd_step_set_image_key(mmd_value_t *step) MMD_MUST_USE;
// step["meta_keys"] = what every Collect keeps of an image's metadata, with "pad_param" when
// |has_pad_param|, and the step's own.
mmd_status_t mmd_step_set_meta_keys(mmd_value_t *step, bool has_pad_param) MMD_MUST_USE;

// RKNN normalises itself: the step before the last goes, Normalize does nothing.
mmd_status_t mmd_steps_adapt_to_rknn(mmd_value_t *steps) MMD_MUST_USE;
// Ascend's networks have fixed sizes: where a picture keeps its proportions and is padded to a
// multiple, it is padded to that of the size that it is fitted into, upright or not.
mmd_status_t mmd_steps_adapt_to_ascend(mmd_value_t *steps) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_STEPS_H_
