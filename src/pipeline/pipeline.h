// SPDX-License-Identifier: Apache-2.0
//
// The graph language of pipeline.json, built for a package and run.
#ifndef MMD_PIPELINE_PIPELINE_H_
#define MMD_PIPELINE_PIPELINE_H_

#include "pipeline/package.h"
#include "runtime/profiler.h"

typedef struct mmd_pipeline mmd_pipeline_t;

typedef struct mmd_pipeline_options_t {
  const char *device_name;  // NULL = "cpu"
  int device_id;
  int threads;  // of the engine and of our loops together; 0 = processors of this process
  mmd_profiler_t *profiler;          // retained; may be NULL
  const char *backend_options_json;  // NULL = "{}"
} mmd_pipeline_options_t;

// Loads the networks and compiles the pre-processing. The package is retained.
mmd_status_t mmd_pipeline_create(mmd_package_t *package, const mmd_pipeline_options_t *options,
                                 mmd_pipeline_t **out_pipeline) MMD_MUST_USE;
void mmd_pipeline_destroy(mmd_pipeline_t *pipeline);

// |input| is one array an input of the pipeline, each over the batch: [[{"ori_img": image}, …]];
// |*out_output| is one array an output. May be called from several threads at once.
mmd_status_t mmd_pipeline_run(mmd_pipeline_t *pipeline, mmd_value_t *input,
                              mmd_value_t **out_output) MMD_MUST_USE;

#endif  // MMD_PIPELINE_PIPELINE_H_
