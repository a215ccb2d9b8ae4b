// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: the table of engines, a graph in the form of one of them in a
// scratch folder, and sessions over it.
#ifndef MMD_TESTS_INTEGRATION_ENGINES_ENGINE_TESTING_H_
#define MMD_TESTS_INTEGRATION_ENGINES_ENGINE_TESTING_H_

#include "graph/graph.h"
#include "runtime/session.h"
#include "tests/support/mmd_test_skip.h"

enum { ENGINE_MAX_OPS = 24 };

// What a network is written with; NULLs are the defaults.
typedef struct engine_settings_t {
  const char *backend_config;  // JSON
  const char *precision;       // "FP32" or "FP16"
} engine_settings_t;

typedef struct engine_op_t {
  const char *name;
  size_t least;  // cases that must be computed
} engine_op_t;

// All that the shared tests know of an engine.
typedef struct engine_t {
  const char *name;               // of the backend
  const char *save_file;          // as a deploy config would name it
  const char *net_file;           // what the target writes then
  const char *weights_file;       // NULL: the net holds them
  double relative, absolute;      // tolerances of ONNX's cases
  float low, high;                // pixels of pictures for real networks
  bool has_ranges;                // of sizes that are not constant
  bool is_apart_on_nearest;       // halfway between two elements it takes another one than PyTorch
  bool lacks_empty;               // tensors without elements
  const engine_settings_t *half;  // for weights in half precision; NULL: cannot
  engine_op_t ops[ENGINE_MAX_OPS];  // for engine_custom_ops_test, up to the one without a name
} engine_t;

// NULL for an unknown one.
const engine_t *engine_find(const char *name);

// The one that a program's only argument names; NULL and a message without.
const engine_t *engine_of_arguments(int argc, char **argv);

// Loads the engine; skips the test where there is none.
mmd_backend_t *engine_open(const engine_t *engine);

//===--- networks ----------------------------------------------------------===//

typedef struct engine_net_t {
  const engine_t *engine;
  char *folder, *net, *weights;  // paths; |weights| NULL where the net holds them
} engine_net_t;

void engine_net_init(engine_net_t *net, const engine_t *engine);  // makes the folder
void engine_net_deinit(engine_net_t *net);

// Writes the graph, which stays as it is. |settings| may be NULL.
mmd_status_t engine_net_write(const engine_net_t *net, const mmd_graph_t *graph,
                              const engine_settings_t *settings) MMD_MUST_USE;

// Over the files in the folder. NULLs are the defaults.
mmd_status_t engine_net_open(const engine_net_t *net, const char *device, const char *options,
                             mmd_session_t **out_session) MMD_MUST_USE;

// Write, open, run once, close.
mmd_status_t engine_run(const engine_t *engine, const mmd_graph_t *graph,
                        const mmd_tensor_t *inputs, size_t input_count, mmd_tensor_t *outputs,
                        size_t output_count) MMD_MUST_USE;

//===--- small graphs ------------------------------------------------------===//

// Numbers from |low| to |high|, the same ones each time.
mmd_tensor_t engine_draw(int rank, const int64_t *sizes, float low, float high);

// As engine_run does, with ONNX Runtime; skips the test where there is none.
mmd_status_t engine_run_onnxruntime(const mmd_graph_t *graph, const mmd_tensor_t *inputs,
                                    mmd_tensor_t *outputs) MMD_MUST_USE;

// Fails unless all numbers are within |tolerance| of the largest wanted one.
void engine_compare(const char *name, const mmd_tensor_t *want, const mmd_tensor_t *have,
                    double tolerance);

//===--- bad files ---------------------------------------------------------===//

mmd_graph_t *engine_parse(const char *text);

// Two sums of three channels: of ones 6 and 15.
#define ENGINE_SUMS                                                   \
  "graph \"g\" { opset \"\" 20 input %x : f32[batch,3,height,width] " \
  "constant %w : f32[2,3,1,1] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0] "      \
  "%y = Conv(%x, %w) name \"conv\" output %y }"

// Writes a graph's text.
void engine_net_write_text(const engine_net_t *net, const char *text,
                           const engine_settings_t *settings);

// Runs three channels of ones; |*out_last| is the last element of the only output.
mmd_status_t engine_run_ones(mmd_session_t *session, int64_t batch, int64_t height, int64_t width,
                             double *out_last) MMD_MUST_USE;

// The first |from| in the file becomes |to|.
void engine_file_edit(const char *path, const char *from, const char *to);

// Leaves the first |size| bytes.
void engine_file_cut(const char *path, size_t size);

#endif  // MMD_TESTS_INTEGRATION_ENGINES_ENGINE_TESTING_H_
