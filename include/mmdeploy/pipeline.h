// SPDX-License-Identifier: Apache-2.0
//
// Pipelines: a package, or a graph of several, run on values.
#ifndef MMDEPLOY_PIPELINE_H
#define MMDEPLOY_PIPELINE_H

#include "mmdeploy/common.h"
#include "mmdeploy/executor.h"
#include "mmdeploy/model.h"

#ifdef __cplusplus
extern "C" {
#endif

// A pipeline. The handles of all tasks are pipelines: casting one to the other works.
typedef struct mmdeploy_pipeline *mmdeploy_pipeline_t;

// A pipeline from a config in the language of pipeline.json (docs/pipeline.md; made by
// mmdeploy_value_from_json of ext.h). |config| is copied. Models and schedulers that it names are
// looked up in |context|, which may be NULL when the config has a context of its own.
MMDEPLOY_API int mmdeploy_pipeline_create_v3(mmdeploy_value_t config, mmdeploy_context_t context,
                                             mmdeploy_pipeline_t *pipeline);

// The package's own pipeline.
MMDEPLOY_API int mmdeploy_pipeline_create_from_model(mmdeploy_model_t model,
                                                     mmdeploy_context_t context,
                                                     mmdeploy_pipeline_t *pipeline);

// Runs on |input|, which stays the caller's: one array an input of the pipeline, each with one
// element a sample. |*output|, which is the caller's to destroy, is one array an output.
MMDEPLOY_API int mmdeploy_pipeline_apply(mmdeploy_pipeline_t pipeline, mmdeploy_value_t input,
                                         mmdeploy_value_t *output);

// |*output| receives a sender of the output value; it consumes |input| and starts with whoever
// waits for it (executor.h). The pipeline must outlive it.
MMDEPLOY_API int mmdeploy_pipeline_apply_async(mmdeploy_pipeline_t pipeline,
                                               mmdeploy_sender_t input, mmdeploy_sender_t *output);

// Frees the handle. No call and no sender on it may be running.
MMDEPLOY_API void mmdeploy_pipeline_destroy(mmdeploy_pipeline_t pipeline);

#ifdef __cplusplus
}
#endif

#endif  // MMDEPLOY_PIPELINE_H
