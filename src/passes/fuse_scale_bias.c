// SPDX-License-Identifier: Apache-2.0
//
// Add, Sub, Mul and Div by a constant of each channel, behind Conv, ConvTranspose or Gemm, go into
// the layer's weights and bias.
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "passes/layer_affine.h"

typedef enum { KIND_ADD, KIND_SUB, KIND_MUL, KIND_DIV, KIND_COUNT } kind_t;
static const char *const kind_names[KIND_COUNT] = {"Add", "Sub", "Mul", "Div"};

typedef struct {
  mmd_node_t *node, *layer;
  kind_t kind;
  size_t constant;  // index of the constant operand
} fusion_t;

static bool find_kind(const mmd_node_t *node, kind_t *out_kind) {
  if (node->input_count != 2 || node->version < 7) return false;
  for (int i = 0; i < KIND_COUNT; ++i) {
    if (!mmd_pass_is(node, kind_names[i])) continue;
    *out_kind = (kind_t)i;
    return true;
  }
  return false;
}

// One number a channel, or one for all, that does not make the result larger. The channel is axis 1
// of |rank|.
static bool is_per_channel(const mmd_tensor_t *tensor, int rank, int64_t channels) {
  if (!tensor || !mmd_dtype_is_float(tensor->dtype) || tensor->shape.rank > rank) return false;
  for (int i = 0; i < tensor->shape.rank; ++i) {
    bool is_channel = i + rank - tensor->shape.rank == 1;
    int64_t size = tensor->shape.dims[i];
    if (size != 1 && !(is_channel && size == channels)) return false;
  }
  return true;
}

static bool is_finite_divisor(const mmd_tensor_t *tensor) {
  for (size_t i = 0; i < mmd_tensor_count(tensor); ++i) {
    double number = mmd_tensor_get_f64(tensor, i);
    if (number == 0 || !isfinite(number)) return false;
  }
  return true;
}

static bool find_fusion(mmd_node_t *node, fusion_t *out_fusion) {
  fusion_t f = {.node = node};
  if (!find_kind(node, &f.kind)) return false;
  f.constant = mmd_pass_constant(node, 1) ? 1 : 0;
  const mmd_tensor_t *operand = mmd_pass_constant(node, f.constant);
  if (!operand || (f.kind == KIND_DIV && (f.constant == 0 || !is_finite_divisor(operand))))
    return false;
  f.layer = mmd_layer_before(node, 1 - f.constant);
  if (!f.layer) return false;
  const mmd_tensor_t *weight = mmd_pass_constant(f.layer, 1);
  if (weight->dtype != operand->dtype ||
      !is_per_channel(operand, weight->shape.rank, mmd_layer_channels(f.layer)))
    return false;
  *out_fusion = f;
  return true;
}

static void compute_factors(const fusion_t *f, size_t channels, double *factor, double *shift) {
  const mmd_tensor_t *operand = mmd_pass_constant(f->node, f->constant);
  bool is_one = mmd_tensor_count(operand) == 1;
  for (size_t c = 0; c < channels; ++c) {
    double number = mmd_tensor_get_f64(operand, is_one ? 0 : c);
    bool negates = f->kind == KIND_SUB && f->constant == 0;
    factor[c] = negates ? -1 : 1;
    shift[c] = 0;
    if (f->kind == KIND_ADD || negates) shift[c] = number;
    if (f->kind == KIND_SUB && !negates) shift[c] = -number;
    if (f->kind == KIND_MUL) factor[c] = number;
    if (f->kind == KIND_DIV) factor[c] = 1 / number;
  }
}

static mmd_status_t fuse(const fusion_t *f, mmd_pool_t *pool) {
  size_t channels = (size_t)mmd_layer_channels(f->layer);
  double *factor = mmd_alloc_array(channels, 2 * sizeof *factor), *shift = factor + channels;
  MMD_TRY_ALLOC(factor);
  compute_factors(f, channels, factor, shift);
  bool adds = f->kind == KIND_ADD || (f->kind == KIND_SUB && f->constant == 1);
  mmd_status_t status = mmd_layer_scale(f->layer, adds ? NULL : factor, shift, pool);
  mmd_free(factor);
  MMD_TRY(status);
  MMD_TRY(mmd_edge_forward(f->node->outputs[0], f->layer->outputs[0]));
  return mmd_node_erase(f->node);
}

typedef struct {
  mmd_pool_t *pool;
  bool changed;
} search_t;

static mmd_status_t visit(mmd_node_t *node, void *context) {
  search_t *search = context;
  fusion_t fusion;
  if (!find_fusion(node, &fusion)) return NULL;
  MMD_TRY(fuse(&fusion, search->pool));
  search->changed = true;
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  search_t search = {.pool = options->pool};
  MMD_TRY(mmd_pass_walk(graph, visit, &search));
  *out_changed |= search.changed;
  return NULL;
}

const mmd_pass_t mmd_pass_fuse_scale_bias = {
    .name = "fuse_scale_bias",
    .help = "put constant factors and summands into the weights of the layer before them",
    .run = run,
};
