// SPDX-License-Identifier: Apache-2.0
//
// Reading and writing the members of a sample. The sample object belongs to the run, its members
// may be shared: they are replaced, never changed.
#ifndef MMD_PIPELINE_TRANSFORMS_SAMPLE_H_
#define MMD_PIPELINE_TRANSFORMS_SAMPLE_H_

#include "pipeline/transforms/steps.h"

// sample[key], which must be a tensor [1, H, W, C]; packed, the caller deinits it. |step| stands in
// messages.
mmd_status_t mmd_sample_image(const mmd_value_t *sample, const char *key, const char *step,
                              mmd_tensor_t *out_image, mmd_frame_t *out_frame) MMD_MUST_USE;
// sample[key] = the tensor, whose reference is taken also on failure.
mmd_status_t mmd_sample_set_tensor(mmd_value_t *sample, const char *key,
                                   mmd_tensor_t *tensor) MMD_MUST_USE;
// Fails when |to| has a side that no image has, or more pixels than make sense; |from| stands in
// the message.
mmd_status_t mmd_frame_check(const char *step, const mmd_frame_t *from,
                             const mmd_frame_t *to) MMD_MUST_USE;
// An uninitialised tensor [1, H, W, C].
mmd_status_t mmd_frame_create(const mmd_frame_t *frame, mmd_tensor_t *out_image) MMD_MUST_USE;
size_t mmd_frame_row_bytes(const mmd_frame_t *frame);
// The pixels at |src| with the size of |to|; see resize.c. |step| stands in messages.
mmd_status_t mmd_frame_resize(const char *step, mmd_resize_kind_t kind, const void *src,
                              size_t src_stride, const mmd_frame_t *from, const mmd_frame_t *to,
                              mmd_tensor_t *out_image) MMD_MUST_USE;

// sample[key] = the numbers; with |append| behind those that stand there already.
mmd_status_t mmd_sample_note_ints(mmd_value_t *sample, const char *key, bool append,
                                  const int64_t *numbers, size_t count) MMD_MUST_USE;
mmd_status_t mmd_sample_note_floats(mmd_value_t *sample, const char *key, bool append,
                                    const double *numbers, size_t count) MMD_MUST_USE;
// The same for [1, height, width, channels].
mmd_status_t mmd_sample_note_shape(mmd_value_t *sample, const char *key, bool append,
                                   const mmd_frame_t *frame) MMD_MUST_USE;

// What a transform does to one image of the sample: |image| is borrowed, |frame| is its size.
typedef mmd_status_t (*mmd_image_fn)(const void *options, mmd_value_t *sample, const char *key,
                                     const mmd_tensor_t *image, const mmd_frame_t *frame);
// The whole of such a transform: calls |fn| for each key of sample["img_fields"] (a name or a list
// of names), "img" when it is absent, and returns the sample. |step| stands in messages.
mmd_status_t mmd_sample_apply(const void *options, const char *step, mmd_value_t *sample,
                              mmd_image_fn fn, mmd_value_t **out_sample) MMD_MUST_USE;

// sample[key]: [1, H, W, C] becomes [1, C, H, W].
mmd_status_t mmd_sample_to_planes(mmd_value_t *sample, const char *key,
                                  const char *step) MMD_MUST_USE;

// Fails unless |names| is a list of names.
mmd_status_t mmd_check_names(const mmd_value_t *names, const char *where,
                             const char *key) MMD_MUST_USE;

#endif  // MMD_PIPELINE_TRANSFORMS_SAMPLE_H_
