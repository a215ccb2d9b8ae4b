// SPDX-License-Identifier: Apache-2.0
//
// What a codebase gives the converter for one task: the graph, and the metadata of the package.
#ifndef MMD_FRONTENDS_OPENMMLAB_TASK_H_
#define MMD_FRONTENDS_OPENMMLAB_TASK_H_

#include "frontends/openmmlab/module.h"
#include "frontends/openmmlab/weights.h"
#include "value/value.h"

// Configs come in two dialects: 0.x (img_norm_cfg, data.test.pipeline) and 1.x (data_preprocessor,
// test_pipeline).
typedef enum mmd_dialect_t { MMD_DIALECT_0X, MMD_DIALECT_1X } mmd_dialect_t;

typedef struct mmd_task_context_t {
  const mmd_value_t *deploy_cfg;  // resolved
  const mmd_value_t *model_cfg;   // resolved
  const char *model_cfg_path;
  const mmd_value_t *checkpoint_meta;  // object or null
  const mmd_module_t *const *modules;  // module registry
  mmd_dialect_t dialect;
  const char *backend;  // backend_config.type
} mmd_task_context_t;

// A predefined way to cut a network: what partition_config.type names.
typedef struct mmd_partition_set_t {
  const char *codebase, *type;  // "mmdet", "single_stage"
  const char *parts;            // JSON text of a partition_cfg list
} mmd_partition_set_t;

// An output [batch, rows, numbers] whose rows stand in the order of a score, and with it the rows
// of all outputs that have as many. The score is the largest of |score_count| numbers of a row from
// |first_score| on; 0: of all from there.
typedef struct mmd_ranking_t {
  const char *output;  // NULL ends a list
  size_t first_score, score_count;
} mmd_ranking_t;

typedef struct mmd_task_t {
  const char *codebase;        // "mmcls"
  const char *const *aliases;  // {"mmpretrain", NULL}
  const char *task;            // codebase_config.task: "Classification"
  const char *sdk_task;        // deploy.json's task: "Classifier"
  const char *sdk_module;      // pipeline.json's module of the post-processing: "mmcls"
  const char *release[2];      // release of the codebase whose behaviour is followed: 0.x, 1.x
                               // ("0.25.0", "1.2.0")
  bool
      postprocess_needs_input;  // input ["prep_output", "infer_output"] instead of ["infer_output"]

  // The network: inputs and outputs named and typed as ir_config says (input_names, output_names,
  // dynamic_axes, input_shape). Composite operators stay; nothing is optimised yet. Unsupported
  // modules are listed together.
  mmd_status_t (*build)(const mmd_task_context_t *context, mmd_weights_t *weights,
                        mmd_graph_t **out_graph);
  // Key patterns of the checkpoint that inference does not use, NULL-terminated.
  const char *const *ignored_keys;
  // "resnet": models[0].name of deploy.json; freed with mmd_free.
  mmd_status_t (*model_name)(const mmd_task_context_t *context, char **out_name);
  // The array of transforms in the SDK's language, exactly as the original exports it.
  mmd_status_t (*preprocess)(const mmd_task_context_t *context, mmd_value_t **out_transforms);
  // Component name (freed with mmd_free) and params object.
  mmd_status_t (*postprocess)(const mmd_task_context_t *context, char **out_component,
                              mmd_value_t **out_params);
  // Class names as an array of strings, from the checkpoint's meta or the data set of the config;
  // null value when unknown.
  mmd_status_t (*classes)(const mmd_task_context_t *context, mmd_value_t **out_classes);
  // Network input size [height, width] to trace with when ir_config.input_shape is None: from the
  // transforms. 0 = depends on the image.
  mmd_status_t (*input_size)(const mmd_task_context_t *context, int64_t out_size[2]);
  // Python that records the network's inputs and outputs as arrays, in 0.x and in 1.x; NULL = none.
  // {config}, {checkpoint} and {file} stand for string literals, {shape} for "1, 3, 224, 224".
  const char *snippet[2];
  const mmd_ranking_t *rankings;  // outputs that are ranked, by their usual names; NULL: none
} mmd_task_t;

#endif  // MMD_FRONTENDS_OPENMMLAB_TASK_H_
