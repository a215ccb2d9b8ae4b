// SPDX-License-Identifier: Apache-2.0
#include "passes/layer_affine.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

enum { PARALLEL_GRAIN = 1 << 18 };  // elements that are worth a thread

//===--- what fits ---------------------------------------------------------===//

static bool is_float(const mmd_tensor_t *tensor) {
  return tensor && mmd_dtype_is_float(tensor->dtype);
}

static bool is_vector(const mmd_tensor_t *tensor, int64_t count) {
  return is_float(tensor) && tensor->shape.rank == 1 && tensor->shape.dims[0] == count;
}

static size_t bias_port(const mmd_node_t *layer) {
  return strcmp(layer->op, "DeformConv") == 0 ? 3 : 2;
}

static int64_t conv_channels(const mmd_tensor_t *weight) {
  return weight->shape.dims[0];
}

static int64_t conv_transpose_channels(const mmd_node_t *node, const mmd_tensor_t *weight) {
  int64_t group = mmd_node_attr_int(node, "group", 1), channels = 0;
  bool divides = group > 0 && weight->shape.dims[0] % group == 0;
  if (!divides || !mmd_checked_mul_i64(weight->shape.dims[1], group, &channels)) return -1;
  return channels;
}

static int64_t gemm_channels(const mmd_node_t *node, const mmd_tensor_t *weight) {
  return weight->shape.dims[mmd_node_attr_int(node, "transB", 0) ? 0 : 1];
}

static int64_t count_channels(const mmd_node_t *node) {
  const mmd_tensor_t *weight = mmd_pass_constant(node, 1);
  if (!is_float(weight)) return -1;
  if (mmd_pass_is(node, "Conv") || mmd_pass_is(node, "DeformConv"))
    return weight->shape.rank >= 3 ? conv_channels(weight) : -1;
  if (mmd_pass_is(node, "ConvTranspose"))
    return weight->shape.rank >= 3 ? conv_transpose_channels(node, weight) : -1;
  if (mmd_pass_is(node, "Gemm") && node->version >= 7)
    return weight->shape.rank == 2 ? gemm_channels(node, weight) : -1;
  return -1;
}

// A bias of one number a channel, or one for all (Gemm).
static bool is_bias(const mmd_node_t *layer, const mmd_tensor_t *bias, int64_t channels) {
  if (is_vector(bias, channels)) return true;
  if (!is_float(bias) || strcmp(layer->op, "Gemm") != 0) return false;
  size_t count = mmd_tensor_count(bias);
  bool is_row =
      bias->shape.rank == 2 && bias->shape.dims[0] == 1 && bias->shape.dims[1] == channels;
  return is_row || count == 1;
}

int64_t mmd_layer_channels(const mmd_node_t *node) {
  int64_t channels = count_channels(node);
  if (channels <= 0) return -1;
  const size_t port = bias_port(node);
  bool fits = !mmd_node_input(node, port) || is_bias(node, mmd_pass_constant(node, port), channels);
  return fits ? channels : -1;
}

mmd_node_t *mmd_layer_before(const mmd_node_t *node, size_t index) {
  mmd_edge_t *edge = mmd_node_input(node, index);
  mmd_node_t *layer = edge ? edge->producer : NULL;
  if (!layer || layer->region != node->region) return NULL;
  if (node->output_count == 0 || !node->outputs[0]) return NULL;
  if (mmd_edge_use_count(edge) != 1 || !mmd_edge_can_forward(node->outputs[0], edge)) return NULL;
  return mmd_layer_channels(layer) > 0 ? layer : NULL;
}

//===--- weights -----------------------------------------------------------===//

// A run of |count| elements that belong to one channel.
static void scale_run(const mmd_tensor_t *from, mmd_tensor_t *to, size_t first, size_t count,
                      double factor) {
  mmd_dtype_t dtype = from->dtype;
  const unsigned char *in = mmd_tensor_data(from);
  void *out = mmd_tensor_mutable_data(to);
  if (dtype != MMD_F32) {
    for (size_t i = first; i < first + count; ++i)
      mmd_dtype_store_f64(dtype, out, i, mmd_dtype_load_f64(dtype, in, i) * factor);
    return;
  }
  in += first * sizeof(float);
  float *numbers = (float *)out + first;
  for (size_t i = 0; i < count; ++i) {
    float number;  // the view may be unaligned
    memcpy(&number, in + i * sizeof number, sizeof number);
    numbers[i] = (float)((double)number * factor);
  }
}

// The channel of weights[i][j][...]; all behind the second index belongs to it.
static size_t weight_channel(const mmd_node_t *layer, const mmd_tensor_t *weight, size_t i,
                             size_t j) {
  if (strcmp(layer->op, "Conv") == 0 || strcmp(layer->op, "DeformConv") == 0) return i;
  if (strcmp(layer->op, "Gemm") == 0) return mmd_node_attr_int(layer, "transB", 0) ? i : j;
  size_t inputs = (size_t)weight->shape.dims[0], outputs = (size_t)weight->shape.dims[1];
  size_t group_inputs = inputs / (size_t)mmd_node_attr_int(layer, "group", 1);
  return i / group_inputs * outputs + j;
}

typedef struct {
  const mmd_node_t *layer;
  const double *factor;
  const mmd_tensor_t *from;
  mmd_tensor_t *to;
  size_t columns, run;
} scaling_t;

static void scale_rows(void *context, size_t begin, size_t end) {
  const scaling_t *s = context;
  for (size_t i = begin; i < end; ++i)
    for (size_t j = 0; j < s->columns; ++j)
      scale_run(s->from, s->to, (i * s->columns + j) * s->run, s->run,
                s->factor[weight_channel(s->layer, s->from, i, j)]);
}

static void scale_weight(const mmd_node_t *layer, const double *factor, mmd_pool_t *pool,
                         const mmd_tensor_t *from, mmd_tensor_t *to) {
  size_t rows = (size_t)from->shape.dims[0], columns = (size_t)from->shape.dims[1], run = 1;
  for (int i = 2; i < from->shape.rank; ++i) run *= (size_t)from->shape.dims[i];
  bool by_row = strcmp(layer->op, "ConvTranspose") != 0 && columns > 1 &&
                weight_channel(layer, from, 0, columns - 1) == 0;
  if (by_row) {
    run *= columns;
    columns = 1;
  }
  scaling_t scaling = {layer, factor, from, to, columns, run};
  size_t row_size = columns * run + 1;
  mmd_parallel_for(pool, rows, PARALLEL_GRAIN / row_size + 1, scale_rows, &scaling);
}

static mmd_status_t make_weight(const mmd_node_t *layer, const double *factor, mmd_pool_t *pool,
                                mmd_tensor_t *out_tensor) {
  const mmd_tensor_t *weight = mmd_pass_constant(layer, 1);
  mmd_tensor_t packed = {0};
  if (mmd_tensor_is_contiguous(weight)) {
    packed = mmd_tensor_retain(weight);
  } else {
    MMD_TRY(mmd_tensor_contiguous(weight, &packed));
  }
  mmd_status_t status = mmd_tensor_create(weight->dtype, &weight->shape, false, out_tensor);
  if (!status) {
    scale_weight(layer, factor, pool, &packed, out_tensor);
    // The old bytes are read no more; a mapped file need not keep them in memory.
    mmd_storage_drop_pages(packed.storage, packed.offset, mmd_tensor_byte_size(&packed));
  }
  mmd_tensor_deinit(&packed);
  return status;
}

//===--- bias --------------------------------------------------------------===//

static double old_bias(const mmd_node_t *layer, size_t channel) {
  const mmd_tensor_t *bias = mmd_pass_constant(layer, bias_port(layer));
  if (!bias) return 0;
  double beta = strcmp(layer->op, "Gemm") == 0 ? mmd_node_attr_float(layer, "beta", 1) : 1;
  return beta * mmd_tensor_get_f64(bias, mmd_tensor_count(bias) == 1 ? 0 : channel);
}

static mmd_status_t make_bias(const mmd_node_t *layer, const double *factor, const double *shift,
                              mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = 1, .dims = {mmd_layer_channels(layer)}};
  mmd_dtype_t dtype = mmd_pass_constant(layer, 1)->dtype;
  MMD_TRY(mmd_tensor_create(dtype, &shape, false, out_tensor));
  for (size_t c = 0; c < (size_t)shape.dims[0]; ++c)
    mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(out_tensor), c,
                        old_bias(layer, c) * (factor ? factor[c] : 1) + shift[c]);
  return NULL;
}

// "a.conv.bias" for "a.conv.weight", else "<weight>_bias".
static mmd_status_t bias_name(const mmd_node_t *layer, const char **out_name) {
  const char *weight = layer->inputs[1]->name;
  size_t size = strlen(weight);
  bool is_weight = size > 7 && strcmp(weight + size - 7, ".weight") == 0;
  mmd_arena_t *arena = &layer->region->graph->arena;
  *out_name = is_weight ? mmd_arena_printf(arena, "%.*s.bias", (int)(size - 7), weight)
                        : mmd_arena_printf(arena, "%s_bias", weight);
  MMD_TRY_ALLOC(*out_name);
  return NULL;
}

// Input |index| of the layer gets new weights; in place when nobody else uses the old ones.
static mmd_status_t set_weights(mmd_node_t *layer, size_t index, const char *name,
                                mmd_tensor_t *tensor) {
  mmd_edge_t *old = mmd_node_input(layer, index), *edge = NULL;
  if (old && mmd_edge_use_count(old) == 1) {
    mmd_status_t status = mmd_edge_set_constant(old, tensor);
    mmd_tensor_deinit(tensor);
    return status;
  }
  MMD_TRY(mmd_pass_add_constant(layer, name, tensor, &edge));
  return mmd_node_set_input(layer, index, edge);
}

static mmd_status_t make_tensors(const mmd_node_t *layer, const double *factor, const double *shift,
                                 mmd_pool_t *pool, mmd_tensor_t *out_weight,
                                 mmd_tensor_t *out_bias) {
  if (factor) MMD_TRY(make_weight(layer, factor, pool, out_weight));
  return make_bias(layer, factor, shift, out_bias);
}

static mmd_status_t scale_layer(mmd_node_t *layer, const char *bias, mmd_tensor_t *new_weight,
                                mmd_tensor_t *new_bias) {
  if (mmd_tensor_is_set(new_weight))
    MMD_TRY(set_weights(layer, 1, layer->inputs[1]->name, new_weight));
  MMD_TRY(set_weights(layer, bias_port(layer), bias, new_bias));
  return mmd_node_attr(layer, "beta") ? mmd_node_set_float(layer, "beta", 1) : NULL;
}

mmd_status_t mmd_layer_scale(mmd_node_t *layer, const double *factor, const double *shift,
                             mmd_pool_t *pool) {
  mmd_tensor_t weight = {0}, bias = {0};
  const char *name = NULL;
  MMD_TRY(bias_name(layer, &name));
  mmd_status_t status = make_tensors(layer, factor, shift, pool, &weight, &bias);
  if (!status) status = scale_layer(layer, name, &weight, &bias);
  mmd_tensor_deinit(&weight);
  mmd_tensor_deinit(&bias);
  return status;
}
