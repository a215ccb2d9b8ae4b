// SPDX-License-Identifier: Apache-2.0
//
// BatchNormalization behind Conv, DeformConv, ConvTranspose or Gemm goes into their weights:
//   y = (w * x + b - mean) * f + shift,  f = scale / sqrt(var + epsilon)
//     = (w f) * x + ((b - mean) f + shift)
#include <math.h>

#include "base/alloc.h"
#include "passes/layer_affine.h"

static bool is_float(const mmd_tensor_t *tensor) {
  return tensor && mmd_dtype_is_float(tensor->dtype);
}

static bool is_vector(const mmd_tensor_t *tensor, int64_t count) {
  return is_float(tensor) && tensor->shape.rank == 1 && tensor->shape.dims[0] == count;
}

static bool is_inference_norm(const mmd_node_t *node) {
  for (size_t i = 1; i < node->output_count; ++i)
    if (mmd_pass_output_used(node, i)) return false;
  if (node->version < 7 && mmd_node_attr_int(node, "is_test", 0) == 0) return false;
  return mmd_node_attr_int(node, "spatial", 1) == 1 &&
         mmd_node_attr_int(node, "training_mode", 0) == 0;
}

static mmd_node_t *find_layer(const mmd_node_t *norm) {
  if (!mmd_pass_is(norm, "BatchNormalization") || !is_inference_norm(norm)) return NULL;
  mmd_node_t *layer = mmd_layer_before(norm, 0);
  if (!layer) return NULL;
  for (size_t i = 1; i <= 4; ++i)
    if (!is_vector(mmd_pass_constant(norm, i), mmd_layer_channels(layer))) return NULL;
  return layer;
}

static void compute_factors(const mmd_node_t *norm, size_t channels, double *factor,
                            double *shift) {
  // The attribute is a float32, and so is what runtimes add.
  double epsilon = (double)(float)mmd_node_attr_float(norm, "epsilon", 1e-5);
  for (size_t c = 0; c < channels; ++c) {
    double mean = mmd_tensor_get_f64(mmd_pass_constant(norm, 3), c);
    double var = mmd_tensor_get_f64(mmd_pass_constant(norm, 4), c);
    factor[c] = mmd_tensor_get_f64(mmd_pass_constant(norm, 1), c) / sqrt(var + epsilon);
    shift[c] = mmd_tensor_get_f64(mmd_pass_constant(norm, 2), c) - mean * factor[c];
  }
}

static mmd_status_t fuse(mmd_node_t *norm, mmd_node_t *layer, mmd_pool_t *pool) {
  size_t channels = (size_t)mmd_layer_channels(layer);
  double *factor = mmd_alloc_array(channels, 2 * sizeof *factor);
  MMD_TRY_ALLOC(factor);
  compute_factors(norm, channels, factor, factor + channels);
  mmd_status_t status = mmd_layer_scale(layer, factor, factor + channels, pool);
  mmd_free(factor);
  MMD_TRY(status);
  MMD_TRY(mmd_edge_forward(norm->outputs[0], layer->outputs[0]));
  return mmd_node_erase(norm);
}

typedef struct {
  mmd_pool_t *pool;
  bool changed;
} search_t;

static mmd_status_t visit(mmd_node_t *node, void *context) {
  search_t *search = context;
  mmd_node_t *layer = find_layer(node);
  if (!layer) return NULL;
  MMD_TRY(fuse(node, layer, search->pool));
  search->changed = true;
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  search_t search = {.pool = options->pool};
  MMD_TRY(mmd_pass_walk(graph, visit, &search));
  *out_changed |= search.changed;
  return NULL;
}

const mmd_pass_t mmd_pass_fuse_batch_norm = {
    .name = "fuse_batch_norm",
    .help = "put BatchNormalization into the weights of the layer before it",
    .run = run,
};
