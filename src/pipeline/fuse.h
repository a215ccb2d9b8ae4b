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
  mmd_value_t *config;  // holds the texts of |options|
  void *options;        // the struct of the component's table
  mmd_profiler_scope_t *scope;
} mmd_step_t;

// How many steps from the first on can be one pass for byte images: LoadImageFromFile, then Resize
// and CenterCrop, then Normalize and a constant Pad in either order, to ImageToTensor or
// DefaultFormatBundle; 0 when the list does not begin so.
size_t mmd_fuse_count(const mmd_step_t *steps, size_t count);

// Runs the first |count| steps on |sample|. |*out_done| is false, and nothing has happened, when
// the sample is not of the kind that the pass is for.
mmd_status_t mmd_fuse_run(const mmd_step_t *steps, size_t count,
                          const mmd_component_context_t *context, mmd_value_t *sample,
                          bool *out_done) MMD_MUST_USE;

#endif  // MMD_PIPELINE_FUSE_H_
