// SPDX-License-Identifier: Apache-2.0
//
// Typed views of deploy and model configs. Views borrow from the configs.
#ifndef MMD_FRONTENDS_OPENMMLAB_CONFIG_H_
#define MMD_FRONTENDS_OPENMMLAB_CONFIG_H_

#include "frontends/openmmlab/task.h"
#include "value/value.h"

// MMDeploy's file order of a network file's inputs and outputs is short; more names are an error.
#define MMD_DEPLOY_MAX_NAMES 32

typedef struct mmd_deploy_view_t {
  const mmd_value_t *ir;  // ir_config, else onnx_config
  const mmd_value_t *codebase_config;
  const mmd_value_t *backend_config;  // NULL when missing
  const mmd_value_t *dynamic_axes;    // NULL when absent
  const char *ir_type;                // "onnx"
  const char *save_file;              // "end2end.onnx"
  const char *codebase, *task;        // "mmcls", "Classification"
  const char *model_type;             // "end2end"
  const char *backend;                // "onnxruntime"
  size_t input_count, output_count;
  const char *input_names[MMD_DEPLOY_MAX_NAMES], *output_names[MMD_DEPLOY_MAX_NAMES];
  int64_t opset_version;             // 11 when missing
  bool keep_initializers_as_inputs;  // true when missing, as the original has it
  bool optimize;                     // false when missing
  bool has_input_shape;
  int64_t input_width, input_height;  // of input_shape, which is [width, height]
} mmd_deploy_view_t;

// Checks kinds and ranges; messages name the config path ("onnx_config.input_shape").
mmd_status_t mmd_deploy_view_read(const mmd_value_t *deploy_cfg,
                                  mmd_deploy_view_t *out_view) MMD_MUST_USE;

// True when |axis| of the input or output |name| is dynamic. |out_label| (may be NULL) gets the
// axis' name from the dict form of dynamic_axes, or NULL. A TorchScript config has no dynamic_axes:
// batch, height and width of its inputs are free.
bool mmd_deploy_axis(const mmd_deploy_view_t *view, const char *name, int axis,
                     const char **out_label);
// |name| NULL = the first input.
bool mmd_deploy_is_dynamic_batch(const mmd_deploy_view_t *view, const char *name);
// 0.x: the axes 2 and 3; 1.x: 2 or 3; TorchScript: always.
bool mmd_deploy_is_dynamic_shape(const mmd_deploy_view_t *view, const char *name,
                                 mmd_dialect_t dialect);
// The type of a network's input or output: |dims| with the dynamic axes as symbols. The label of an
// axis without one is
// "<name>_dynamic_axes_<n>", as PyTorch's exporter has it.
mmd_status_t mmd_deploy_tensor_type(const mmd_deploy_view_t *view, mmd_graph_t *graph,
                                    const char *name, mmd_dtype_t dtype, int rank,
                                    const int64_t *dims, mmd_type_t *out_type) MMD_MUST_USE;

mmd_dialect_t mmd_dialect_detect(const mmd_value_t *model_cfg);

// The code base of a registry scope: "mmpretrain" and "mmcls" give "mmcls"; an unknown name gives
// itself.
const char *mmd_codebase_of_scope(const char *scope);
// "mmcls.ResNet" without what stands in front of the last dot.
const char *mmd_type_without_scope(const char *type);

// |value| with the members |names| (NULL-terminated) left out; a shallow copy.
mmd_status_t mmd_object_without(const mmd_value_t *value, const char *const *names,
                                mmd_value_t **out_copy) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_CONFIG_H_
