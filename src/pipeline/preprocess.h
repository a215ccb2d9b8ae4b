// SPDX-License-Identifier: Apache-2.0
//
// A list of transforms, compiled: where the list allows, resize, crop, colour, normalisation and
// layout become one pass over memory with results equal to the steps one by one.
#ifndef MMD_PIPELINE_PREPROCESS_H_
#define MMD_PIPELINE_PREPROCESS_H_

#include "runtime/profiler.h"
#include "value/component.h"

typedef struct mmd_preprocess mmd_preprocess_t;

// |transforms| is pipeline.json's array; |where| its config path for messages. |release| is the
// package's major version: sizes are [h, w] in packages of 0.x and [w, h] in those of 1.x.
// |is_fused| false runs the steps one by one. |scope| (may be NULL) gets a child "Compose" with a
// child a step; one "Fused" stands for those that became one pass.
mmd_status_t mmd_preprocess_create(const mmd_value_t *transforms, int release, const char *where,
                                   bool is_fused, mmd_profiler_scope_t *scope,
                                   mmd_preprocess_t **out_preprocess) MMD_MUST_USE;
void mmd_preprocess_destroy(mmd_preprocess_t *preprocess);
// |sample| is {"ori_img": image, …}; the result has "img" (or what Collect names) and "img_metas".
// Thread-safe.
mmd_status_t mmd_preprocess_run(const mmd_preprocess_t *preprocess,
                                const mmd_component_context_t *context, mmd_value_t *sample,
                                mmd_value_t **out_sample) MMD_MUST_USE;
// The effective steps with every number, as an array of objects (for inspect).
mmd_status_t mmd_preprocess_describe(const mmd_preprocess_t *preprocess,
                                     mmd_value_t **out_steps) MMD_MUST_USE;

// All transforms that this build has, NULL-terminated (transforms/registry.c).
extern const mmd_component_t *const mmd_transform_registry[];

#endif  // MMD_PIPELINE_PREPROCESS_H_
