// SPDX-License-Identifier: Apache-2.0
//
// A vendor's compiler as a child process: what is told of each, and the one way to run them.
#ifndef MMD_BACKENDS_EXTERNAL_TARGET_COMPILER_H_
#define MMD_BACKENDS_EXTERNAL_TARGET_COMPILER_H_

#include "base/status.h"
#include "base/str.h"
#include "mmdeploy/plugin/target.h"
#include "value/value.h"

enum { EXT_MAX_OUTPUTS = 2 };

// One conversion as the functions below see it.
typedef struct ext_request_t {
  const mmdeploy_target_host_t *host;
  const mmdeploy_graph_t *graph;
  const mmdeploy_target_request_t *target;
  const mmd_value_t *backend_config;
} ext_request_t;

typedef struct ext_compiler_t {
  const char *backend;   // "tensorrt"
  const char *program;   // "trtexec"; NULL for a script
  const char *variable;  // "MMDEPLOY_TRTEXEC": the environment's path of the program
  const char *script;    // of share/mmdeploy/vendor: "tvm_compile.py"
  const char *package;   // that the script imports: "tvm"
  const char *origin;    // where one gets it, as half a sentence
  // NULL-terminated. "{name}" stands for a value; an argument whose value is missing is left out,
  // and one that is nothing but "{name}" becomes as many as the value's list has. Always there:
  // net, output and stem (paths of the input, the first file to make, and that without its
  // suffix), directory, backend_config (a JSON file), compiler_args (of the backend_config), trial
  // (a folder, when there is something to try).
  const char *const *arguments;
  const char *suffixes[EXT_MAX_OUTPUTS];  // of the files that it makes; NULL = no more
  // The first suffix where it depends on the config; may be NULL.
  const char *(*suffix)(const mmd_value_t *backend_config);
  bool writes_interface;  // the second file is ours: ext_interface_write
  // The network's file in the folder that |where| names; NULL: ONNX.
  mmd_status_t (*write_net)(const ext_request_t *request, const mmdeploy_target_request_t *where,
                            mmdeploy_target_result_t *out_file);
  // More values; may be NULL. Messages name the config path.
  mmd_status_t (*fill)(const ext_request_t *request, mmd_value_t *values);
  // Refuses configs that cannot be converted, before anything else is done; may be NULL.
  mmd_status_t (*check)(const mmd_value_t *backend_config);
} ext_compiler_t;

// Checks the config, and that the program is there.
mmd_status_t ext_compiler_prepare(const ext_compiler_t *compiler,
                                  const mmdeploy_target_request_t *request) MMD_MUST_USE;

// "/usr/bin/atc"; "package tvm of /usr/bin/python3".
mmd_status_t ext_compiler_find(const ext_compiler_t *compiler,
                               const mmdeploy_target_request_t *request, char *out_text,
                               size_t text_size) MMD_MUST_USE;

// Writes the ONNX file, runs the program, and moves both files into the work directory. After a
// failure they hold neither, only the program's log, which the message names.
mmd_status_t ext_compiler_run(const ext_compiler_t *compiler, const mmdeploy_target_host_t *host,
                              const mmdeploy_graph_t *graph,
                              const mmdeploy_target_request_t *request,
                              mmdeploy_target_result_t *out_result) MMD_MUST_USE;

//===--- its parts ---------------------------------------------------------===//

// |templates| with |values| (an object of strings and of arrays of strings) put in: an array of
// strings.
mmd_status_t ext_arguments_make(const char *const *templates, const mmd_value_t *values,
                                mmd_value_t **out_arguments) MMD_MUST_USE;

// The program, or the interpreter and the script, that begin the command line: an array of strings.
mmd_status_t ext_program_find(const ext_compiler_t *compiler,
                              const mmdeploy_target_request_t *request,
                              mmd_value_t **out_command) MMD_MUST_USE;

mmd_status_t ext_interface_write(const ext_request_t *request, const char *path) MMD_MUST_USE;

//===--- shapes in configs -------------------------------------------------===//

// backend_config.model_inputs[0].<member>, or NULL.
const mmd_value_t *ext_model_input(const mmd_value_t *backend_config, const char *member);

// Of an object by name or an array in the order of the inputs: what belongs to input |index|.
const mmd_value_t *ext_of_input(const mmd_value_t *list, const char *name, size_t index);

// Appends the sizes of an array, "1x3x224x224" with 'x'; |path| is for messages.
mmd_status_t ext_sizes_print(const mmd_value_t *sizes, char separator, const char *path,
                             mmd_str_t *out_text) MMD_MUST_USE;

mmd_status_t ext_tensorrt_fill(const ext_request_t *request, mmd_value_t *values) MMD_MUST_USE;
mmd_status_t ext_tensorrt_check(const mmd_value_t *backend_config) MMD_MUST_USE;
mmd_status_t ext_ascend_fill(const ext_request_t *request, mmd_value_t *values) MMD_MUST_USE;
mmd_status_t ext_coreml_legalize(const mmdeploy_target_host_t *host, mmdeploy_graph_t *graph,
                                 const mmdeploy_target_request_t *request) MMD_MUST_USE;
mmd_status_t ext_coreml_write_net(const ext_request_t *request,
                                  const mmdeploy_target_request_t *where,
                                  mmdeploy_target_result_t *out_file) MMD_MUST_USE;
mmd_status_t ext_coreml_fill(const ext_request_t *request, mmd_value_t *values) MMD_MUST_USE;
mmd_status_t ext_coreml_check(const mmd_value_t *backend_config) MMD_MUST_USE;
const char *ext_coreml_suffix(const mmd_value_t *backend_config);
mmd_status_t ext_rknn_check(const mmd_value_t *backend_config) MMD_MUST_USE;
mmd_status_t ext_tvm_check(const mmd_value_t *backend_config) MMD_MUST_USE;

#endif  // MMD_BACKENDS_EXTERNAL_TARGET_COMPILER_H_
