// SPDX-License-Identifier: Apache-2.0
//
// For the tests of the graph tools: calls a command, makes small ONNX files from text.
#ifndef MMD_CONVERT_RUN_ONNX_TESTING_H_
#define MMD_CONVERT_RUN_ONNX_TESTING_H_

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "formats/npy/npy.h"
#include "frontends/onnx/import.h"
#include "graph/text.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"
#include "writers/onnx/export.h"

// A scratch folder with paths into it.
typedef struct scene_t {
  char *folder;
  char *paths[4];  // "a.onnx", "b.onnx", "c.onnx", "x.npy"
  mmd_str_t text;  // of the last command
  mmd_value_t *result;
  int exit_status;
} scene_t;

static inline void scene_init(scene_t *scene) {
  static const char *const names[] = {"a.onnx", "b.onnx", "c.onnx", "x.npy"};
  *scene = (scene_t){.folder = mmd_test_make_directory()};
  for (size_t i = 0; i < 4; ++i) scene->paths[i] = mmd_path_join(scene->folder, names[i]);
}

static inline void scene_deinit(scene_t *scene) {
  mmd_test_remove_tree(scene->folder);
  for (size_t i = 0; i < 4; ++i) mmd_free(scene->paths[i]);
  mmd_free(scene->folder);
  mmd_str_deinit(&scene->text);
  mmd_value_release(scene->result);
}

static inline void scene_model(scene_t *scene, size_t index, const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  mmd_assert_ok(mmd_onnx_export(graph, NULL, scene->paths[index]));
  mmd_graph_destroy(graph);
}

static inline mmd_graph_t *scene_read(const scene_t *scene, size_t index) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_onnx_import(scene->paths[index], NULL, &graph));
  return graph;
}

static inline void scene_array(scene_t *scene, const float *numbers, int rank,
                               const int64_t *dims) {
  mmd_shape_t shape = {0};
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_shape_make(rank, dims, &shape));
  mmd_assert_ok(mmd_tensor_from_data(MMD_F32, &shape, numbers, &tensor));
  mmd_assert_ok(mmd_npy_write_file(scene->paths[3], &tensor));
  mmd_tensor_deinit(&tensor);
}

static inline void scene_take_text(void *user, const char *text) {
  mmd_assert_ok(mmd_str_append(user, text));
}

// |words| ends with NULL; "@0" to "@3" at the end of a word stand for the paths.
static inline mmd_status_t scene_run(scene_t *scene, const mmd_command_t *command,
                                     const char *const *words) {
  alignas(max_align_t) unsigned char options[1024];
  mmd_str_t expanded[24] = {0};
  char *argv[24];
  int argc = 0;
  bool help = false;
  mmd_value_t *parsed = NULL;
  for (; words[argc]; ++argc) {
    const size_t size = strlen(words[argc]);
    const bool is_path = size > 1 && words[argc][size - 2] == '@';
    mmd_assert_ok(mmd_str_append_n(&expanded[argc], words[argc], is_path ? size - 2 : size));
    if (is_path)
      mmd_assert_ok(mmd_str_append(&expanded[argc], scene->paths[words[argc][size - 1] - '0']));
    argv[argc] = expanded[argc].data;
  }
  mmd_str_clear(&scene->text);
  mmd_value_release(scene->result);
  scene->result = mmd_value_object();
  const mmdeploy_command_callbacks_t callbacks = {.user = &scene->text, .text = scene_take_text};
  mmd_command_context_t context = {.callbacks = &callbacks, .result = scene->result};
  assert_true(command->options->struct_size <= sizeof options);
  mmd_status_t status = mmd_options_parse_args(command->options, argc, argv, &help, &parsed);
  if (!status) status = mmd_options_read(command->options, parsed, command->name, true, options);
  if (!status) status = command->run(options, &context);
  scene->exit_status = context.exit_status;
  mmd_value_release(parsed);
  for (int i = 0; i < argc; ++i) mmd_str_deinit(&expanded[i]);
  return status;
}
#define SCENE_RUN(scene, command, ...) \
  scene_run((scene), &(command), (const char *const[]){__VA_ARGS__, NULL})

// The command on |words| (no "@") with every allocation failing once.
typedef struct scene_call_t {
  const mmd_command_t *command;
  const char *const *words;
} scene_call_t;

static inline mmd_status_t scene_call(void *user) {
  const scene_call_t *call = user;
  alignas(max_align_t) unsigned char options[1024];
  char *argv[24];
  int argc = 0;
  bool help = false;
  mmd_value_t *parsed = NULL;
  mmd_command_context_t context = {.result = mmd_value_object()};
  MMD_TRY_ALLOC(context.result);
  for (; call->words[argc]; ++argc) argv[argc] = (char *)(uintptr_t)call->words[argc];
  mmd_status_t status = mmd_options_parse_args(call->command->options, argc, argv, &help, &parsed);
  if (!status)
    status = mmd_options_read(call->command->options, parsed, call->command->name, true, options);
  if (!status) status = call->command->run(options, &context);
  mmd_value_release(parsed);
  mmd_value_release(context.result);
  return status;
}
#define SCENE_SWEEP(swept, ...) \
  mmd_test_sweep(scene_call, &(scene_call_t){&(swept), (const char *const[]){__VA_ARGS__, NULL}})

static inline double scene_number(const scene_t *scene, const char *path) {
  const mmd_value_t *value = mmd_object_get_path(scene->result, path);
  if (!mmd_value_is_number(value)) fail_msg("no number at %s", path);
  return mmd_value_get_float(value, 0);
}

static inline const char *scene_string(const scene_t *scene, const char *path) {
  return mmd_value_get_string(mmd_object_get_path(scene->result, path), "");
}

#endif  // MMD_CONVERT_RUN_ONNX_TESTING_H_
