// SPDX-License-Identifier: Apache-2.0
//
// Inside the pre-processing: finds the steps at the beginning of a list that become one pass, and
// runs that pass.
#ifndef MMD_PIPELINE_FUSE_H_
#define MMD_PIPELINE_FUSE_H_

#include "runtime/profiler.h"
#include "value/component.h"

// A transform of the list with its parameters.
typedef struct mmd_step_t {
  const mmd_component_t *component;
  mmd_value_t *config;            // holds the texts of |options|
  void *options;                  // the struct of the component's table
  struct mmd_preprocess *lifted;  // of Lift: its own list; else NULL
  mmd_profiler_scope_t *scope;
} mmd_step_t;

// The steps [first, first + count) of a list that can be one pass for byte images:
// LoadImageFromFile at the beginning of the list, or whatever leaves an image; then Resize and
// CenterCrop, then Normalize and a constant Pad in either order, to ImageToTensor or
// DefaultFormatBundle. |count| is 0 when there are none.
typedef struct mmd_fuse_t {
  size_t first, count;
} mmd_fuse_t;
mmd_fuse_t mmd_fuse_find(const mmd_step_t *steps, size_t count);

// Runs |count| steps from |steps| on, as mmd_fuse_find found them, on |sample|. |*out_done| is
// false, and nothing has happened, when the sample is not of the kind that the pass is for.
mmd_status_t mmd_fuse_run(const mmd_step_t *steps, size_t count,
                          const mmd_component_context_t *context, mmd_value_t *sample,
                          bool *out_done) MMD_MUST_USE;

#endif  // MMD_PIPELINE_FUSE_H_
