// SPDX-License-Identifier: Apache-2.0
//
// Building graphs from layers. A builder carries the graph, the current module scope and the source
// of weights. Errors stick: after the first failure every function returns NULL and does nothing,
// and mmd_builder_finish reports it, so a model reads as the list of its layers.
//
// Weights are asked for by checkpoint key: scope + name + ".weight". What is missing or has another
// shape is noted and replaced by zeros (one stored element), so that one conversion reports all
// such keys at once.
#ifndef MMD_NN_BUILDER_H_
#define MMD_NN_BUILDER_H_

#include "graph/graph.h"
#include "value/value.h"

// Where weights come from (frontends/openmmlab/weights.h is the one over checkpoints).
typedef struct mmd_weight_source_t {
  void *self;
  // Always gives a tensor of |shape| in |dtype| (a view where possible); problems are recorded
  // inside. Fails only when memory is short. |wanted_by| is the config path.
  mmd_status_t (*get)(void *self, const char *key, mmd_dtype_t dtype, const mmd_shape_t *shape,
                      const char *wanted_by, mmd_tensor_t *out_tensor);
  // True when the key exists; its stored shape (for builders whose form depends on the checkpoint).
  bool (*peek)(void *self, const char *key, mmd_shape_t *out_shape);
} mmd_weight_source_t;

typedef struct mmd_builder_t {
  mmd_graph_t *graph;
  mmd_region_t *region;
  mmd_weight_source_t *weights;
  mmd_str_t scope;          // "backbone.layer1.0"
  const char *config_path;  // "model.backbone"; borrowed
  const char *backend;      // "onnxruntime"
  bool is_dynamic;          // height or width may vary
  // What heads that end the network need of the deploy config; set by the task, may stay zero.
  const mmd_value_t *post_processing;  // codebase_config.post_processing; borrowed
  mmd_edge_t *image;                   // the network's input
  bool is_1x;                          // the config's dialect, where behaviour differs
  bool has_marks;                      // partition_config.apply_marks
  bool has_detection_output;  // heads end in ncnn's form (nn/detection_output.h), with layers that
                              // the engine itself has
  bool leaves_suppression;    // heads end with all boxes [1, n, 4] and scores [1, n, classes],
                              // which the program suppresses (RKNN)
  const struct mmd_module_t *const
      *modules;         // registry for modules inside modules; set by their caller
  mmd_status_t status;  // first failure
} mmd_builder_t;

mmd_status_t mmd_builder_init(mmd_builder_t *builder, mmd_graph_t *graph,
                              mmd_weight_source_t *weights) MMD_MUST_USE;
// Returns the first failure and frees what the builder holds (not the graph).
mmd_status_t mmd_builder_finish(mmd_builder_t *builder) MMD_MUST_USE;
void mmd_builder_fail(mmd_builder_t *builder, mmd_status_t status);  // keeps the first
bool mmd_builder_ok(const mmd_builder_t *builder);

// Enters the child module |fmt|; returns what to give back to leave. Empty names stay where they
// are.
size_t mmd_scope_enter(mmd_builder_t *builder, const char *fmt, ...) MMD_PRINTF(2, 3);
void mmd_scope_leave(mmd_builder_t *builder, size_t mark);

// A weight as a constant edge; |name| is relative to the scope ("conv1.weight").
mmd_edge_t *mmd_nn_weight(mmd_builder_t *builder, const char *name, int rank, const int64_t *dims);
bool mmd_nn_has_weight(mmd_builder_t *builder, const char *name, mmd_shape_t *out_shape);

// One node with one output, named after scope and |op|; NULL inputs are left out.
mmd_edge_t *mmd_nn_op(mmd_builder_t *builder, const char *op, size_t input_count,
                      mmd_edge_t *const *inputs, mmd_node_t **out_node);
// The same of any domain ("mmdeploy": composite operators) with any number of outputs; NULL after a
// failure.
mmd_node_t *mmd_nn_node(mmd_builder_t *builder, const char *domain, const char *op,
                        size_t input_count, mmd_edge_t *const *inputs, size_t output_count);
mmd_edge_t *mmd_nn_constant_i64(mmd_builder_t *builder, size_t count,
                                const int64_t *numbers);                          // rank 1
mmd_edge_t *mmd_nn_constant_f32(mmd_builder_t *builder, float number);            // rank 0
mmd_edge_t *mmd_nn_constant(mmd_builder_t *builder, const mmd_tensor_t *tensor);  // retains

mmd_edge_t *mmd_nn_constant_f32s(mmd_builder_t *builder, int rank, const int64_t *dims,
                                 const float *numbers);

// Types of all that was built so far; then mmd_nn_size tells what is known of a size: the number,
// or -1.
void mmd_nn_infer(mmd_builder_t *builder);
int64_t mmd_nn_size(const mmd_edge_t *edge, int axis);

// Attributes of a node that mmd_nn_op gave; a NULL node (after a failure) is left alone.
void mmd_nn_set_int(mmd_builder_t *builder, mmd_node_t *node, const char *name, int64_t number);
void mmd_nn_set_float(mmd_builder_t *builder, mmd_node_t *node, const char *name, double number);
void mmd_nn_set_string(mmd_builder_t *builder, mmd_node_t *node, const char *name,
                       const char *text);
void mmd_nn_set_ints(mmd_builder_t *builder, mmd_node_t *node, const char *name, size_t count,
                     const int64_t *numbers);

mmd_edge_t *mmd_nn_unary(mmd_builder_t *builder, const char *op, mmd_edge_t *x);
mmd_edge_t *mmd_nn_binary(mmd_builder_t *builder, const char *op, mmd_edge_t *a, mmd_edge_t *b);

#endif  // MMD_NN_BUILDER_H_
