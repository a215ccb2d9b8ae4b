// SPDX-License-Identifier: Apache-2.0
//
// For the tests of builders: networks from golden configs and checkpoints, run by both modes of the
// evaluator and compared with PyTorch's numbers (testdata/README.md).
#ifndef MMD_CODEBASES_MMCLS_MODELS_GOLDEN_SUPPORT_H_
#define MMD_CODEBASES_MMCLS_MODELS_GOLDEN_SUPPORT_H_

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "codebases/mmcls/models/modules.h"
#include "codebases/mmcls/task.h"
#include "convert/registry.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/npy/npy.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/openmmlab/config.h"
#include "graph/verify.h"
#include "ops/evaluator.h"
#include "tests/support/mmd_test.h"

#define GOLDEN_DIR MMD_SOURCE_DIR "/codebases/mmcls/models/testdata/"
#define GOLDEN_TOLERANCE 1e-4

enum { GOLDEN_INPUTS = 4, GOLDEN_OPTION_INPUTS = 2 };

typedef struct golden_t {
  mmd_value_t *config, *deploy, *arrays, *inputs;
  mmd_checkpoint_t *checkpoint;
  char config_path[512];
  bool is_option;  // one of testdata/options: two inputs, scores alone
} golden_t;

static inline mmd_value_t *golden_parse(const char *text, const char *name) {
  mmd_value_t *value = NULL;
  mmd_assert_ok(mmd_pyconfig_parse(text, strlen(text), name, NULL, &value));
  return value;
}

// A deploy config; |shape| is "None" or "[width, height]".
static inline mmd_value_t *golden_deploy(bool dynamic, const char *shape) {
  char text[1024];
  snprintf(text, sizeof text,
           "onnx_config = dict(type='onnx', opset_version=11, save_file='end2end.onnx',\n"
           "  input_names=['input'], output_names=['output'], input_shape=%s%s)\n"
           "codebase_config = dict(type='mmcls', task='Classification')\n"
           "backend_config = dict(type='onnxruntime')\n",
           shape,
           dynamic ? ", dynamic_axes={'input': {0: 'batch', 2: 'height', 3: 'width'}, "
                     "'output': {0: 'batch'}}"
                   : "");
  return golden_parse(text, "deploy.py");
}

// object[key] = |text|, a Python expression.
static inline void golden_set(mmd_value_t *object, const char *key, const char *text) {
  char assignment[1024];
  snprintf(assignment, sizeof assignment, "a = %s", text);
  mmd_value_t *parsed = golden_parse(assignment, "value.py");
  mmd_assert_ok(mmd_object_take(object, key, mmd_value_retain(mmd_object_get(parsed, "a"))));
  mmd_value_release(parsed);
}

static inline void golden_read(const char *folder, const char *file, mmd_value_t **out_arrays) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, file);
  mmd_assert_ok(mmd_npz_read_file(path, out_arrays));
}

// |name| is "mmcls/resnet18" or "options/mmcls/resnet_avg_down".
static inline void golden_open(golden_t *golden, const char *name) {
  char folder[256], path[512];
  memset(golden, 0, sizeof *golden);
  golden->is_option = mmd_str_starts_with(name, "options/");
  snprintf(folder, sizeof folder, GOLDEN_DIR "%s", name);
  snprintf(golden->config_path, sizeof golden->config_path, "%s/config.py", folder);
  mmd_assert_ok(mmd_pyconfig_read(golden->config_path, NULL, &golden->config));
  snprintf(path, sizeof path, "%s/checkpoint.pth", folder);
  mmd_assert_ok(mmd_checkpoint_open(path, NULL, &golden->checkpoint));
  golden_read(folder, golden->is_option ? "outputs.npz" : "arrays.npz", &golden->arrays);
  golden_read(GOLDEN_DIR, golden->is_option ? "options/inputs.npz" : "inputs.npz", &golden->inputs);
  golden->deploy = golden_deploy(true, "None");
}

static inline void golden_close(golden_t *golden) {
  mmd_value_release(golden->config);
  mmd_value_release(golden->deploy);
  mmd_value_release(golden->arrays);
  mmd_value_release(golden->inputs);
  mmd_checkpoint_destroy(golden->checkpoint);
}

static inline mmd_task_context_t golden_context(const golden_t *golden) {
  return (mmd_task_context_t){
      .deploy_cfg = golden->deploy,
      .model_cfg = golden->config,
      .model_cfg_path = golden->config_path,
      .checkpoint_meta = golden->checkpoint ? mmd_checkpoint_meta(golden->checkpoint) : NULL,
      .modules = mmd_module_registry,
      .dialect = mmd_dialect_detect(golden->config),
      .backend = "onnxruntime",
  };
}

// Builds and reports as the converter does.
static inline mmd_status_t golden_build(const golden_t *golden, mmd_graph_t **out_graph) {
  const mmd_task_context_t context = golden_context(golden);
  const mmd_task_t *task = &mmd_mmcls_classification;
  mmd_weights_t *weights = NULL;
  mmd_status_t status = mmd_weights_create(golden->checkpoint, "checkpoint.pth", &weights);
  for (size_t i = 0; !status && task->ignored_keys[i]; ++i) {
    status = mmd_weights_ignore(weights, task->ignored_keys[i]);
  }
  if (!status) status = task->build(&context, weights, out_graph);
  if (!status) {
    status = mmd_weights_report(weights);
    if (status) mmd_graph_destroy(*out_graph);
  }
  mmd_weights_destroy(weights);
  return status;
}

// The logits, which the softmax takes, become a second output.
static inline void golden_add_logits(mmd_graph_t *graph) {
  mmd_node_t *softmax = graph->root->outputs[0]->producer;
  assert_string_equal(softmax->op, "Softmax");
  mmd_assert_ok(mmd_region_add_output(graph->root, softmax->inputs[0]));
}

static inline const mmd_tensor_t *golden_input(const golden_t *golden, int k) {
  char key[32];
  snprintf(key, sizeof key, "input_%d", k);
  const bool is_shared = k > 0 || golden->is_option;  // input 0 is the golden's own photo
  const mmd_value_t *value = mmd_object_get(is_shared ? golden->inputs : golden->arrays, key);
  assert_non_null(mmd_value_get_tensor(value));
  return mmd_value_get_tensor(value);
}

static inline void golden_compare(const golden_t *golden, const char *what, int k,
                                  const mmd_tensor_t *found) {
  char key[32];
  mmd_difference_t difference;
  snprintf(key, sizeof key, "%s_%d", what, k);
  const mmd_tensor_t *expected = mmd_value_get_tensor(mmd_object_get(golden->arrays, key));
  assert_non_null(expected);
  mmd_assert_ok(mmd_tensor_difference(found, expected, &difference));
  if (!(difference.max_rel <= GOLDEN_TOLERANCE)) {
    print_error("%s: %s differs by %g\n", golden->config_path, key, difference.max_rel);
  }
  assert_true(difference.max_rel <= GOLDEN_TOLERANCE);
}

static inline void golden_run(const golden_t *golden, const mmd_graph_t *graph,
                              mmd_eval_mode_t mode, int k) {
  const mmd_evaluator_options_t options = {.mode = mode};
  mmd_evaluator_t *evaluator = NULL;
  mmd_tensor_t outputs[2] = {{0}, {0}};
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(mmd_evaluator_run_tensors(evaluator, golden_input(golden, k), 1, outputs, 2));
  golden_compare(golden, "output", k, &outputs[0]);
  if (!golden->is_option) golden_compare(golden, "logits", k, &outputs[1]);
  for (int i = 0; i < 2; ++i) mmd_tensor_deinit(&outputs[i]);
  mmd_evaluator_destroy(evaluator);
}

// Static network of the size of input |k|.
static inline void golden_check_static(golden_t *golden, int k) {
  char shape[64];
  const mmd_tensor_t *input = golden_input(golden, k);
  mmd_graph_t *graph = NULL;
  snprintf(shape, sizeof shape, "[%lld, %lld]", (long long)input->shape.dims[3],
           (long long)input->shape.dims[2]);
  mmd_value_release(golden->deploy);
  golden->deploy = golden_deploy(false, shape);
  mmd_assert_ok(golden_build(golden, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  golden_add_logits(graph);
  golden_run(golden, graph, MMD_EVAL_PLAIN, k);
  golden_run(golden, graph, MMD_EVAL_FAST, k);
  mmd_graph_destroy(graph);
}

// The golden at all its inputs: dynamic, both modes, and static at two sizes.
static inline void golden_check(const char *name) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, name);
  mmd_assert_ok(golden_build(&golden, &graph));
  mmd_assert_ok(mmd_graph_verify(graph));
  golden_add_logits(graph);
  for (int k = 0; k < (golden.is_option ? GOLDEN_OPTION_INPUTS : GOLDEN_INPUTS); ++k) {
    golden_run(&golden, graph, MMD_EVAL_PLAIN, k);
    golden_run(&golden, graph, MMD_EVAL_FAST, k);
  }
  mmd_graph_destroy(graph);
  golden_check_static(&golden, 1);
  if (!golden.is_option) golden_check_static(&golden, 3);
  golden_close(&golden);
}

// A weight source that only writes down what is asked for.
typedef struct golden_recorder_t {
  mmd_weight_source_t source;
  mmd_str_t *lines;
  size_t count, capacity;
} golden_recorder_t;

static inline mmd_status_t golden_record(void *self, const char *key, mmd_dtype_t dtype,
                                         const mmd_shape_t *shape, const char *wanted_by,
                                         mmd_tensor_t *out_tensor) {
  golden_recorder_t *recorder = self;
  const int64_t strides[MMD_MAX_RANK] = {0};  // one zero stands for all elements
  mmd_storage_t *storage = NULL;
  (void)wanted_by;
  MMD_TRY(MMD_GROW(recorder->lines, recorder->capacity, recorder->count + 1));
  mmd_str_t *line = &recorder->lines[recorder->count++];
  memset(line, 0, sizeof *line);
  MMD_TRY(mmd_str_printf(line, "%s ", key));
  for (int i = 0; i < shape->rank; ++i) {
    MMD_TRY(mmd_str_printf(line, "%s%lld", i ? "," : "", (long long)shape->dims[i]));
  }
  MMD_TRY(mmd_storage_create(16, true, &storage));
  mmd_status_t status = mmd_tensor_view_strided(storage, 0, dtype, shape, strides, out_tensor);
  mmd_storage_release(storage);
  return status;
}

static inline int golden_compare_lines(const void *a, const void *b) {
  return strcmp(mmd_str_text(a), mmd_str_text(b));
}

// The keys that the model of |config| asks for are those of testdata/keys/mmcls/<name>.txt.
static inline void golden_check_keys(const char *name, const char *config) {
  char path[512];
  golden_recorder_t recorder = {.source = {&recorder, golden_record, NULL}};
  mmd_value_t *model = golden_parse(config, "model.py");
  mmd_graph_t *graph = NULL;
  mmd_edge_t *image = NULL;
  mmd_builder_t builder;
  const int64_t dims[] = {-1, 3, -1, -1};
  mmd_assert_ok(mmd_graph_create("keys", &graph));
  mmd_assert_ok(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 20));
  const mmd_type_t type = mmd_type_tensor(graph, MMD_F32, 4, dims);
  mmd_assert_ok(mmd_region_add_input(graph->root, "input", &type, &image));
  mmd_assert_ok(mmd_builder_init(&builder, graph, &recorder.source));
  const mmd_features_t inputs = {.count = 1, .items = {image}};
  mmd_features_t outputs;
  mmd_module_build(&builder, mmd_module_registry, "mmcls", "classifier",
                   mmd_object_get(model, "model"), "model", &inputs, &outputs);
  mmd_assert_ok(mmd_builder_finish(&builder));
  qsort(recorder.lines, recorder.count, sizeof *recorder.lines, golden_compare_lines);

  char *text = NULL;
  size_t size, i = 0;
  snprintf(path, sizeof path, GOLDEN_DIR "keys/mmcls/%s.txt", name);
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    if (strstr(line, "num_batches_tracked ")) continue;
    assert_true(i < recorder.count);
    assert_string_equal(line, mmd_str_text(&recorder.lines[i++]));
  }
  assert_int_equal(i, recorder.count);
  mmd_free(text);
  for (i = 0; i < recorder.count; ++i) mmd_str_deinit(&recorder.lines[i]);
  mmd_free(recorder.lines);
  mmd_graph_destroy(graph);
  mmd_value_release(model);
}

#endif  // MMD_CODEBASES_MMCLS_MODELS_GOLDEN_SUPPORT_H_
