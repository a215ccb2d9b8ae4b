// SPDX-License-Identifier: Apache-2.0
//
// Factors and summands of each channel in front of a Conv go into its weights and bias:
//   Conv(x * s)      ->  the weights of channel i times s[i]
//   Conv(x + b)      ->  bias plus the sum of weights times b; without padding only
//   Conv(x * s + b)  ->  Conv(x + b / s) with the factor in the weights, when there is padding
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "ops/infer.h"
#include "passes/layer_affine.h"

typedef struct {
  mmd_node_t *conv, *node, *scale;  // |node| feeds |conv|; |scale| feeds |node| or is NULL
  size_t constant;                  // index of the constant operand of |node|
  size_t scale_constant;            // and of |scale|
  size_t channels, rank;            // of the input
} fusion_t;

//===--- search ------------------------------------------------------------===//

static bool is_padded(const mmd_node_t *conv) {
  size_t count = 0;
  const int64_t *pads = mmd_node_attr_ints(conv, "pads", &count);
  for (size_t i = 0; i < count; ++i)
    if (pads[i] != 0) return true;
  const char *rule = mmd_node_attr_string(conv, "auto_pad", "NOTSET");
  return strcmp(rule, "NOTSET") != 0 && strcmp(rule, "VALID") != 0;
}

// One number a channel, or one for all.
static bool is_per_channel(const fusion_t *f, const mmd_tensor_t *tensor) {
  if (!tensor || !mmd_dtype_is_float(tensor->dtype) || tensor->shape.rank > (int)f->rank)
    return false;
  for (int i = 0; i < tensor->shape.rank; ++i) {
    bool is_channel = i + (int)f->rank - tensor->shape.rank == 1;
    int64_t size = tensor->shape.dims[i];
    if (size != 1 && !(is_channel && size == (int64_t)f->channels)) return false;
  }
  return true;
}

// |op| of something and a constant of each channel, read by nobody but |user|.
static mmd_node_t *find_operand(const fusion_t *f, const mmd_node_t *user, size_t index,
                                const char *op, size_t *out_constant) {
  mmd_edge_t *edge = mmd_node_input(user, index);
  mmd_node_t *node = edge ? edge->producer : NULL;
  if (!node || node->region != user->region || mmd_edge_use_count(edge) != 1) return NULL;
  if (!mmd_pass_is(node, op) || node->version < 7 || node->input_count != 2) return NULL;
  *out_constant = mmd_pass_constant(node, 1) ? 1 : 0;
  const mmd_edge_t *x = node->inputs[1 - *out_constant];
  // A broadcast of x itself would change which channel is which.
  bool is_same = x && x->type.kind == MMD_TYPE_TENSOR && x->type.has_rank &&
                 x->type.rank == (int)f->rank &&
                 mmd_dim_number(x->type.dims[1]) == (int64_t)f->channels;
  return is_same && is_per_channel(f, mmd_pass_constant(node, *out_constant)) ? node : NULL;
}

static bool can_divide(const mmd_tensor_t *tensor) {
  for (size_t i = 0; i < mmd_tensor_count(tensor); ++i) {
    double number = fabs(mmd_tensor_get_f64(tensor, i));
    if (!(number > 1e-3 && number < 1e3)) return false;
  }
  return true;
}

static bool find_fusion(mmd_node_t *conv, fusion_t *out_fusion) {
  if (!mmd_pass_is(conv, "Conv") || mmd_layer_channels(conv) <= 0) return false;
  const mmd_shape_t *weight = &mmd_pass_constant(conv, 1)->shape;
  int64_t group = mmd_node_attr_int(conv, "group", 1);
  if (group <= 0 || weight->dims[0] % group != 0 || weight->dims[1] > INT32_MAX / group)
    return false;
  fusion_t f = {
      .conv = conv, .channels = (size_t)(weight->dims[1] * group), .rank = (size_t)weight->rank};
  f.node = find_operand(&f, conv, 0, "Mul", &f.constant);
  if (!f.node) {
    f.node = find_operand(&f, conv, 0, "Add", &f.constant);
    if (!f.node) return false;
    if (is_padded(conv)) {
      f.scale = find_operand(&f, f.node, 1 - f.constant, "Mul", &f.scale_constant);
      if (!f.scale || !can_divide(mmd_pass_constant(f.scale, f.scale_constant))) return false;
    }
  }
  *out_fusion = f;
  return true;
}

//===--- numbers -----------------------------------------------------------===//

static double number_at(const mmd_tensor_t *tensor, size_t channel) {
  return mmd_tensor_get_f64(tensor, mmd_tensor_count(tensor) == 1 ? 0 : channel);
}

typedef struct {
  size_t outputs, inputs, run, group_outputs;  // weights[outputs][inputs][run]
} layout_t;

static layout_t layout_of(const mmd_node_t *conv) {
  const mmd_shape_t *shape = &mmd_pass_constant(conv, 1)->shape;
  layout_t layout = {(size_t)shape->dims[0], (size_t)shape->dims[1], 1, 0};
  for (int i = 2; i < shape->rank; ++i) layout.run *= (size_t)shape->dims[i];
  layout.group_outputs = layout.outputs / (size_t)mmd_node_attr_int(conv, "group", 1);
  return layout;
}

static void scale_weight(const mmd_tensor_t *from, const layout_t *l, const mmd_tensor_t *factors,
                         mmd_tensor_t *to) {
  const void *in = mmd_tensor_data(from);
  void *out = mmd_tensor_mutable_data(to);
  for (size_t o = 0, at = 0; o < l->outputs; ++o)
    for (size_t i = 0; i < l->inputs; ++i) {
      double factor = number_at(factors, o / l->group_outputs * l->inputs + i);
      for (size_t k = 0; k < l->run; ++k, ++at)
        mmd_dtype_store_f64(from->dtype, out, at, mmd_dtype_load_f64(from->dtype, in, at) * factor);
    }
}

static mmd_status_t fuse_factors(const fusion_t *f, const mmd_tensor_t *factors) {
  mmd_edge_t *edge = f->conv->inputs[1];
  const layout_t layout = layout_of(f->conv);
  mmd_tensor_t packed = {0}, weight = {0};
  MMD_TRY(mmd_tensor_contiguous(&edge->constant, &packed));
  mmd_status_t status = mmd_tensor_create(packed.dtype, &packed.shape, false, &weight);
  if (!status) scale_weight(&packed, &layout, factors, &weight);
  mmd_tensor_deinit(&packed);
  if (status) return status;
  if (mmd_edge_use_count(edge) == 1) {
    status = mmd_edge_set_constant(edge, &weight);
    mmd_tensor_deinit(&weight);
    return status;
  }
  MMD_TRY(mmd_pass_add_constant(f->conv, edge->name, &weight, &edge));
  return mmd_node_set_input(f->conv, 1, edge);
}

static mmd_status_t fuse_summands(const fusion_t *f, const mmd_tensor_t *summands) {
  const mmd_tensor_t *weight = mmd_pass_constant(f->conv, 1);
  const layout_t l = layout_of(f->conv);
  double *shift = mmd_alloc_array(l.outputs, sizeof *shift);
  MMD_TRY_ALLOC(shift);
  for (size_t o = 0, at = 0; o < l.outputs; ++o)
    for (size_t i = 0; i < l.inputs; ++i)
      for (size_t k = 0; k < l.run; ++k, ++at)
        shift[o] += mmd_tensor_get_f64(weight, at) *
                    number_at(summands, o / l.group_outputs * l.inputs + i);
  mmd_status_t status = mmd_layer_scale(f->conv, NULL, shift, NULL);
  mmd_free(shift);
  return status;
}

// b / s of each channel, in a shape that stands beside x.
static mmd_status_t divide_summands(const fusion_t *f) {
  const mmd_tensor_t *summands = mmd_pass_constant(f->node, f->constant);
  const mmd_tensor_t *factors = mmd_pass_constant(f->scale, f->scale_constant);
  bool is_one = mmd_tensor_count(summands) == 1 && mmd_tensor_count(factors) == 1;
  mmd_shape_t shape = {.rank = is_one ? 0 : (int)f->rank - 1};
  for (int i = 0; i < shape.rank; ++i) shape.dims[i] = i ? 1 : (int64_t)f->channels;
  mmd_tensor_t tensor = {0};
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_tensor_create(summands->dtype, &shape, false, &tensor));
  for (size_t c = 0; c < (is_one ? 1 : f->channels); ++c)
    mmd_dtype_store_f64(tensor.dtype, mmd_tensor_mutable_data(&tensor), c,
                        number_at(summands, c) / number_at(factors, c));
  MMD_TRY(mmd_pass_add_constant(f->node, f->node->inputs[f->constant]->name, &tensor, &edge));
  return mmd_node_set_input(f->node, f->constant, edge);
}

//===--- change ------------------------------------------------------------===//

static mmd_status_t fuse_past_sum(const fusion_t *f) {
  const size_t x = 1 - f->constant;
  MMD_TRY(fuse_factors(f, mmd_pass_constant(f->scale, f->scale_constant)));
  MMD_TRY(divide_summands(f));
  MMD_TRY(mmd_node_set_input(f->node, x, f->scale->inputs[1 - f->scale_constant]));
  return mmd_node_erase(f->scale);
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  fusion_t f;
  if (!find_fusion(node, &f)) return NULL;
  *(bool *)context = true;
  if (f.scale) return fuse_past_sum(&f);
  const mmd_tensor_t *numbers = mmd_pass_constant(f.node, f.constant);
  MMD_TRY(strcmp(f.node->op, "Mul") == 0 ? fuse_factors(&f, numbers) : fuse_summands(&f, numbers));
  MMD_TRY(mmd_node_set_input(node, 0, f.node->inputs[1 - f.constant]));
  return mmd_node_erase(f.node);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  for (bool changed = true; changed; *out_changed |= changed) {
    changed = false;
    MMD_TRY(mmd_pass_walk(graph, visit, &changed));
  }
  return NULL;
}

const mmd_pass_t mmd_pass_fuse_input_scale = {
    .name = "fuse_input_scale",
    .help = "put constant factors and summands into the weights of the Conv behind them",
    .run = run,
};
