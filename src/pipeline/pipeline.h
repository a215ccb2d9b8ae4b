// SPDX-License-Identifier: Apache-2.0
//
// The graph language of pipeline.json, built for a package (or for a config that names packages)
// and run. docs/pipeline.md tells the language.
#ifndef MMD_PIPELINE_PIPELINE_H_
#define MMD_PIPELINE_PIPELINE_H_

#include "pipeline/package.h"
#include "runtime/profiler.h"
#include "runtime/scheduler.h"
#include "value/call.h"

typedef struct mmd_pipeline mmd_pipeline_t;

// What the config may find by name. The pipeline retains what it uses.
typedef struct mmd_named_package_t {
  const char *name;
  mmd_package_t *package;
} mmd_named_package_t;
typedef struct mmd_named_scheduler_t {
  const char *name;
  mmd_scheduler_t *scheduler;
} mmd_named_scheduler_t;

typedef struct mmd_pipeline_options_t {
  const char *device_name;  // NULL = "cpu"
  int device_id;
  int threads;  // of the engine and of our loops together; 0 = processors of this process
  mmd_profiler_t *profiler;           // retained; may be NULL
  const char *backend_options_json;   // NULL = "{}"
  const mmd_named_package_t *models;  // for Inference; borrowed for the call
  size_t model_count;
  const mmd_named_scheduler_t *schedulers;  // for the key "scheduler"; borrowed for the call
  size_t scheduler_count;
} mmd_pipeline_options_t;

// The pipeline.json of a package: loads the networks and compiles the pre-processing. The package
// is retained.
mmd_status_t mmd_pipeline_create(mmd_package_t *package, const mmd_pipeline_options_t *options,
                                 mmd_pipeline_t **out_pipeline) MMD_MUST_USE;
// Any config: a node, or an object with the key "pipeline" as pipeline.json is. |config| is copied.
// Its models are named by options.models, by its own "context": {"model": {NAME: value}} with
// values of mmd_package_value, or are paths; its schedulers likewise.
mmd_status_t mmd_pipeline_create_from_config(const mmd_value_t *config,
                                             const mmd_pipeline_options_t *options,
                                             mmd_pipeline_t **out_pipeline) MMD_MUST_USE;
void mmd_pipeline_destroy(mmd_pipeline_t *pipeline);  // NULL is fine

size_t mmd_pipeline_input_count(const mmd_pipeline_t *pipeline);
size_t mmd_pipeline_output_count(const mmd_pipeline_t *pipeline);

// |input| is one array an input of the pipeline, each over the batch: [[{"ori_img": image}, …]];
// |*out_output| is one array an output. May be called from several threads at once.
mmd_status_t mmd_pipeline_run(mmd_pipeline_t *pipeline, mmd_value_t *input,
                              mmd_value_t **out_output) MMD_MUST_USE;
// The same with parameters of the call (NULL = none), which are looked at between steps too: a
// cancelled call fails with MMD_CANCELLED. |out_raw| (may be NULL) gets what the networks gave out,
// in the order in which they ran: [{"net": NAME, "node": config path, "outputs": [{tensor name:
// tensor, …} a sample]}, …].
mmd_status_t mmd_pipeline_run_call(mmd_pipeline_t *pipeline, const mmd_call_t *call,
                                   mmd_value_t *input, mmd_value_t **out_output,
                                   mmd_value_t **out_raw) MMD_MUST_USE;

// A package and a scheduler as values, for configs; the value holds a reference. NULL when memory
// is short. The getters give NULL for other values.
mmd_value_t *mmd_package_value(mmd_package_t *package);
mmd_package_t *mmd_value_get_package(const mmd_value_t *value);
mmd_value_t *mmd_scheduler_value(mmd_scheduler_t *scheduler);
mmd_scheduler_t *mmd_value_get_scheduler(const mmd_value_t *value);

#endif  // MMD_PIPELINE_PIPELINE_H_
