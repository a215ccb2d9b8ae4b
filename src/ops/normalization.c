// SPDX-License-Identifier: Apache-2.0
//
// Batch, instance, group, layer and Lp normalisation, and LRN.
#include <math.h>
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t check_channels(const mmd_eval_context_t *c, size_t first, size_t last,
                                   int64_t channels) {
  for (size_t i = first; i <= last; ++i) {
    const mmd_tensor_t *input = mmd_eval_input(c, i);
    if (!input || mmd_tensor_count(input) == (size_t)channels) continue;
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has %zu elements, not %lld", i,
                          mmd_tensor_count(input), (long long)channels);
  }
  return NULL;
}

static mmd_status_t check_rank(const mmd_eval_context_t *c, int least) {
  int rank = mmd_eval_input(c, 0)->shape.rank;
  if (rank >= least) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the input has rank %d", rank);
}

// ---- BatchNormalization.

static mmd_status_t batch_norm_training(mmd_eval_context_t *c);

// Until opset 8 the numbers could be one of each element of an item.
static mmd_status_t batch_norm_elements(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5), *y;
  const double *in, *params[4];
  size_t count = mmd_tensor_count(x), size = mmd_shape_range(&x->shape, 1, x->shape.rank);
  MMD_TRY(check_channels(c, 1, 4, (int64_t)size));
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  for (size_t i = 0; i < 4; ++i) {
    MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, i + 1), &params[i]));
  }
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  for (size_t i = 0; i < count; ++i) {
    size_t k = i % size;
    y[i] = (in[i] - params[2][k]) / sqrt(params[3][k] + epsilon) * params[0][k] + params[1][k];
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

static mmd_status_t evaluate_batch_norm(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  const double *params[4];
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5), *scale, *shift;
  MMD_TRY(mmd_eval_check_number(c, x));
  if (x->shape.rank < 1) return check_rank(c, 1);
  int64_t channels = x->shape.rank > 1 ? x->shape.dims[1] : 1;
  if (c->node->version < 9 && mmd_node_attr_int(c->node, "spatial", 1) == 0) {
    return batch_norm_elements(c);
  }
  MMD_TRY(check_channels(c, 1, 4, channels));
  bool training = mmd_node_attr_int(c->node, "training_mode", 0) != 0;
  if (c->node->version < 7) training = mmd_node_attr_int(c->node, "is_test", 0) == 0;
  if (training) return batch_norm_training(c);
  for (size_t i = 0; i < 4; ++i) {
    MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, i + 1), &params[i]));
  }
  MMD_TRY(mmd_eval_scratch(c, (size_t)channels, sizeof *scale, &scale));
  MMD_TRY(mmd_eval_scratch(c, (size_t)channels, sizeof *shift, &shift));
  for (int64_t k = 0; k < channels; ++k) {
    scale[k] = params[0][k] / sqrt(params[3][k] + epsilon);
    shift[k] = params[1][k] - params[2][k] * scale[k];
  }
  void *y;
  MMD_TRY(mmd_eval_output_reuse(c, 0, 0, &x->shape, &y));
  const void *in = mmd_tensor_data(x);
  size_t planes = mmd_shape_range(&x->shape, 0, x->shape.rank > 1 ? 2 : 1);
  size_t size = mmd_shape_range(&x->shape, 2, x->shape.rank);
  bool fast = mmd_eval_fast_f32(c, 0, 4);
  for (size_t p = 0, at = 0; p < planes; ++p) {
    double a = scale[p % (size_t)channels], b = shift[p % (size_t)channels];
    if (fast) {
      const float *from = (const float *)in + at, fa = (float)a, fb = (float)b;
      float *to = (float *)y + at;
      for (size_t i = 0; i < size; ++i) to[i] = from[i] * fa + fb;
      at += size;
      continue;
    }
    for (size_t i = 0; i < size; ++i, ++at) {
      mmd_dtype_store_f64(x->dtype, y, at, mmd_dtype_load_f64(x->dtype, in, at) * a + b);
    }
  }
  return NULL;
}

// Statistics of the batch itself, and the running ones moved towards them.
static mmd_status_t batch_norm_training(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  const double *in, *params[4];
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5), *y, *mean, *var;
  double momentum = mmd_node_attr_float(c->node, "momentum", 0.9);
  int64_t channels = x->shape.rank > 1 ? x->shape.dims[1] : 1;
  size_t count = mmd_tensor_count(x), size = mmd_shape_range(&x->shape, 2, x->shape.rank);
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  for (size_t i = 0; i < 4; ++i)
    MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, i + 1), &params[i]));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *y, &y));
  MMD_TRY(mmd_eval_scratch(c, (size_t)channels, sizeof *mean, &mean));
  MMD_TRY(mmd_eval_scratch(c, (size_t)channels, sizeof *var, &var));
  double n = channels ? (double)count / (double)channels : 1;
  for (size_t i = 0; i < count; ++i) mean[i / size % (size_t)channels] += in[i] / n;
  for (size_t i = 0; i < count; ++i) {
    double d = in[i] - mean[i / size % (size_t)channels];
    var[i / size % (size_t)channels] += d * d / n;
  }
  for (size_t i = 0; i < count; ++i) {
    size_t k = i / size % (size_t)channels;
    y[i] = (in[i] - mean[k]) / sqrt(var[k] + epsilon) * params[0][k] + params[1][k];
  }
  for (int64_t k = 0; k < channels; ++k) {
    mean[k] = params[2][k] * momentum + mean[k] * (1 - momentum);
    var[k] = params[3][k] * momentum + var[k] * (1 - momentum);
  }
  const mmd_tensor_t *old_mean = mmd_eval_input(c, 3), *old_var = mmd_eval_input(c, 4);
  MMD_TRY(mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y));
  if (mmd_eval_wants(c, 1)) {
    MMD_TRY(mmd_eval_store_f64(c, 1, old_mean->dtype, &old_mean->shape, mean));
  }
  if (!mmd_eval_wants(c, 2)) return NULL;
  return mmd_eval_store_f64(c, 2, old_var->dtype, &old_var->shape, var);
}

static mmd_status_t infer_batch_norm(mmd_infer_context_t *c) {
  MMD_TRY(mmd_infer_same(c));
  MMD_TRY(mmd_infer_output_like(c, 1, mmd_infer_dtype(c, 3), mmd_infer_tensor(c, 3)));
  return mmd_infer_output_like(c, 2, mmd_infer_dtype(c, 4), mmd_infer_tensor(c, 4));
}

// ---- Rows: mean and variance of |size| consecutive elements.

typedef struct {
  double mean, inverse;  // 1 / sqrt(variance + epsilon)
} moments_t;

static moments_t row_moments(mmd_dtype_t dtype, const void *data, size_t first, size_t size,
                             double epsilon) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < size; ++i) sum += mmd_dtype_load_f64(dtype, data, first + i);
  double mean = size ? sum / (double)size : 0;
  for (size_t i = 0; i < size; ++i) {
    double d = mmd_dtype_load_f64(dtype, data, first + i) - mean;
    squares += d * d;
  }
  return (moments_t){mean, 1 / sqrt((size ? squares / (double)size : 0) + epsilon)};
}

// ---- LayerNormalization.

typedef struct {
  const float *x, *scale, *bias;
  float *y;
  size_t size;
  double epsilon;
} layer_norm_t;

static void layer_norm_rows(void *context, size_t begin, size_t end) {
  const layer_norm_t *l = context;
  for (size_t r = begin; r < end; ++r) {
    const float *x = l->x + r * l->size;
    float *y = l->y + r * l->size;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < l->size; ++i) sum += (double)x[i];
    float mean = (float)(sum / (double)l->size);
    for (size_t i = 0; i < l->size; ++i) {
      double d = (double)(x[i] - mean);
      squares += d * d;
    }
    float inverse = (float)(1 / sqrt(squares / (double)l->size + l->epsilon));
    for (size_t i = 0; i < l->size; ++i) {
      float normal = (x[i] - mean) * inverse * l->scale[i];
      y[i] = l->bias ? normal + l->bias[i] : normal;
    }
  }
}

// Input |i|, scale or bias, as one number for each element of a row of that shape and |size|.
static mmd_status_t load_row(mmd_eval_context_t *c, size_t i, const mmd_shape_t *row, size_t size,
                             const double **out_numbers) {
  const mmd_tensor_t *input = mmd_eval_input(c, i);
  const mmd_shape_t *shapes[] = {row, &input->shape};
  mmd_broadcast_t plan;
  double *numbers;
  MMD_TRY(mmd_eval_load_f64(c, input, out_numbers));
  if (mmd_tensor_count(input) == size) return NULL;
  MMD_TRY(mmd_broadcast_plan(c->node, 2, shapes, &plan));
  if (!mmd_shape_equal(&plan.shape, row)) return check_channels(c, i, i, (int64_t)size);
  MMD_TRY(mmd_eval_scratch(c, size, sizeof *numbers, &numbers));
  for (size_t r = 0; r < plan.rows; ++r) {
    mmd_broadcast_row_t at;
    mmd_broadcast_row(&plan, r, &at);
    for (size_t k = 0; k < at.size; ++k) {
      numbers[at.out + k] = (*out_numbers)[at.in[1] + k * at.steps[1]];
    }
  }
  *out_numbers = numbers;
  return NULL;
}

static bool has_whole_rows(const mmd_eval_context_t *c, size_t size) {
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  return mmd_tensor_count(mmd_eval_input(c, 1)) == size &&
         (!bias || mmd_tensor_count(bias) == size);
}

static mmd_status_t evaluate_layer_norm(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *scale = mmd_eval_input(c, 1);
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5);
  int axis;
  MMD_TRY(mmd_eval_check_number(c, x));
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), x->shape.rank, &axis));
  size_t rows = mmd_shape_range(&x->shape, 0, axis);
  size_t size = mmd_shape_range(&x->shape, axis, x->shape.rank);
  mmd_shape_t reduced = x->shape, row = {.rank = x->shape.rank - axis};
  for (int i = axis; i < reduced.rank; ++i) {
    row.dims[i - axis] = reduced.dims[i];
    reduced.dims[i] = 1;
  }
  void *y, *means = NULL, *inverses = NULL;
  MMD_TRY(mmd_eval_output_create(c, 0, x->dtype, &x->shape, &y));
  mmd_dtype_t stash = (mmd_dtype_t)mmd_node_attr_int(c->node, "stash_type", MMD_F32);
  if (stash != MMD_F32 && !mmd_dtype_is_float(stash)) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "stash_type %d", (int)stash);
  }
  if (mmd_eval_wants(c, 1)) MMD_TRY(mmd_eval_output_create(c, 1, stash, &reduced, &means));
  if (mmd_eval_wants(c, 2)) MMD_TRY(mmd_eval_output_create(c, 2, stash, &reduced, &inverses));
  if (mmd_eval_fast_f32(c, 0, 2) && !means && !inverses && has_whole_rows(c, size)) {
    layer_norm_t fast = {mmd_tensor_data(x),
                         mmd_tensor_data(scale),
                         bias ? mmd_tensor_data(bias) : NULL,
                         y,
                         size,
                         epsilon};
    mmd_parallel_for(c->pool, rows, 1 + 4096 / (size + 1), layer_norm_rows, &fast);
    return NULL;
  }
  const double *scales, *biases = NULL;
  MMD_TRY(load_row(c, 1, &row, size, &scales));
  if (bias) MMD_TRY(load_row(c, 2, &row, size, &biases));
  const void *in = mmd_tensor_data(x);
  for (size_t r = 0; r < rows; ++r) {
    moments_t m = row_moments(x->dtype, in, r * size, size, epsilon);
    for (size_t i = 0; i < size; ++i) {
      double value = (mmd_dtype_load_f64(x->dtype, in, r * size + i) - m.mean) * m.inverse;
      mmd_dtype_store_f64(x->dtype, y, r * size + i, value * scales[i] + (biases ? biases[i] : 0));
    }
    if (means) mmd_dtype_store_f64(stash, means, r, m.mean);
    if (inverses) mmd_dtype_store_f64(stash, inverses, r, m.inverse);
  }
  return NULL;
}

static mmd_status_t infer_layer_norm(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  mmd_dtype_t stash = (mmd_dtype_t)mmd_node_attr_int(c->node, "stash_type", MMD_F32);
  const mmd_dim_t *dims[MMD_MAX_RANK];
  int axis;
  MMD_TRY(mmd_infer_same(c));
  if (!type) return NULL;
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), type->rank, &axis));
  for (int i = 0; i < type->rank; ++i) dims[i] = i < axis ? type->dims[i] : mmd_infer_const(c, 1);
  MMD_TRY(mmd_infer_output(c, 1, stash, type->rank, dims));
  return mmd_infer_output(c, 2, stash, type->rank, dims);
}

// ---- InstanceNormalization and GroupNormalization: moments over groups of channels.

static mmd_status_t normalize_groups(mmd_eval_context_t *c, int64_t groups, bool per_group) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  double epsilon = mmd_node_attr_float(c->node, "epsilon", 1e-5);
  const double *scale, *bias;
  int64_t channels = x->shape.dims[1];
  MMD_TRY(mmd_eval_check_number(c, x));
  if (groups < 1 || channels % groups != 0) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%lld groups of %lld channels",
                          (long long)groups, (long long)channels);
  }
  MMD_TRY(check_channels(c, 1, 2, per_group ? groups : channels));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &scale));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &bias));
  void *y;
  MMD_TRY(mmd_eval_output_create(c, 0, x->dtype, &x->shape, &y));
  size_t plane = mmd_shape_range(&x->shape, 2, x->shape.rank);
  size_t in_group = (size_t)(channels / groups), rows = (size_t)(x->shape.dims[0] * groups);
  const void *in = mmd_tensor_data(x);
  for (size_t r = 0; r < rows; ++r) {
    size_t first = r * in_group * plane, group = r % (size_t)groups;
    moments_t m = row_moments(x->dtype, in, first, in_group * plane, epsilon);
    for (size_t i = 0; i < in_group * plane; ++i) {
      size_t k = per_group ? group : group * in_group + i / plane;
      double value = (mmd_dtype_load_f64(x->dtype, in, first + i) - m.mean) * m.inverse;
      mmd_dtype_store_f64(x->dtype, y, first + i, value * scale[k] + bias[k]);
    }
  }
  return NULL;
}

static mmd_status_t evaluate_instance_norm(mmd_eval_context_t *c) {
  MMD_TRY(check_rank(c, 2));
  if (mmd_eval_input(c, 0)->shape.dims[1] == 0) return normalize_groups(c, 1, false);
  return normalize_groups(c, mmd_eval_input(c, 0)->shape.dims[1], false);
}

// Scale and bias are one a group until opset 20, one a channel since.
static mmd_status_t evaluate_group_norm(mmd_eval_context_t *c) {
  MMD_TRY(check_rank(c, 2));
  return normalize_groups(c, mmd_node_attr_int(c->node, "num_groups", 0), c->node->version < 21);
}

// ---- MeanVarianceNormalization over the given axes.

static mmd_status_t evaluate_mvn(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  int axes[MMD_MAX_RANK], count, rank = x->shape.rank;
  bool reduced[MMD_MAX_RANK] = {false};
  const double *in;
  double *y, *mean, *var;
  MMD_TRY(mmd_eval_axes(c, SIZE_MAX, "axes", rank, axes, &count));
  for (int i = 0; i < count; ++i) reduced[axes[i]] = true;
  if (count == 0) {
    for (int i = 0; i < rank; ++i) reduced[i] = i != 1;
  }
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  size_t total = mmd_tensor_count(x), kept = 1;
  int64_t strides[MMD_MAX_RANK];
  for (int i = rank - 1; i >= 0; --i) {
    strides[i] = reduced[i] ? 0 : (int64_t)kept;
    if (!reduced[i]) kept *= (size_t)x->shape.dims[i];
  }
  MMD_TRY(mmd_eval_scratch(c, total, sizeof *y, &y));
  MMD_TRY(mmd_eval_scratch(c, kept, sizeof *mean, &mean));
  MMD_TRY(mmd_eval_scratch(c, kept, sizeof *var, &var));
  double n = kept ? (double)total / (double)kept : 1;
  for (int pass = 0; pass < 3 && total > 0; ++pass) {
    int64_t index[MMD_MAX_RANK] = {0};
    for (size_t i = 0; i < total; ++i, mmd_index_next(rank, x->shape.dims, index)) {
      int64_t k = 0;
      for (int a = 0; a < rank; ++a) k += index[a] * strides[a];
      double d = in[i] - mean[k];
      if (pass == 0) mean[k] += in[i] / n;
      if (pass == 1) var[k] += d * d / n;
      if (pass == 2) y[i] = d / (sqrt(var[k]) + 1e-9);
    }
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

// ---- LpNormalization: lines of |axis| divided by their norm; a line of zeros stays.

static mmd_status_t evaluate_lp_norm(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  int64_t p = mmd_node_attr_int(c->node, "p", 2);
  const double *in;
  double *y;
  int axis;
  MMD_TRY(mmd_eval_check_number(c, x));
  if (p != 1 && p != 2)
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "p %lld", (long long)p);
  MMD_TRY(mmd_node_axis(c->node, mmd_node_attr_int(c->node, "axis", -1), x->shape.rank, &axis));
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_scratch(c, mmd_tensor_count(x), sizeof *y, &y));
  size_t size = (size_t)x->shape.dims[axis];
  size_t inner = mmd_shape_range(&x->shape, axis + 1, x->shape.rank);
  size_t lines = size ? mmd_tensor_count(x) / size : 0;
  for (size_t line = 0; line < lines; ++line) {
    size_t first = line / inner * size * inner + line % inner;
    double norm = 0;
    for (size_t k = 0; k < size; ++k) {
      double value = fabs(in[first + k * inner]);
      norm += p == 1 ? value : value * value;
    }
    if (p == 2) norm = sqrt(norm);
    for (size_t k = 0; k < size; ++k) {
      y[first + k * inner] = norm == 0 ? 0 : in[first + k * inner] / norm;
    }
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

// ---- LRN: squares of the neighbouring channels.

static mmd_status_t evaluate_lrn(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  double alpha = mmd_node_attr_float(c->node, "alpha", 0.0001);
  double beta = mmd_node_attr_float(c->node, "beta", 0.75);
  double bias = mmd_node_attr_float(c->node, "bias", 1);
  int64_t size = mmd_node_attr_int(c->node, "size", 0);
  const double *in;
  double *y;
  MMD_TRY(check_rank(c, 2));
  if (size < 1) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "size %lld", (long long)size);
  MMD_TRY(mmd_eval_load_f64(c, x, &in));
  MMD_TRY(mmd_eval_scratch(c, mmd_tensor_count(x), sizeof *y, &y));
  int64_t channels = x->shape.dims[1];
  MMD_TRY(mmd_eval_work(c, mmd_tensor_count(x), (size_t)(size < channels ? size : channels)));
  int64_t before = (size - 1) / 2, after = size - 1 - before;
  int64_t plane = (int64_t)mmd_shape_range(&x->shape, 2, x->shape.rank);
  int64_t planes = x->shape.dims[0] * channels;
  for (int64_t p = 0; p < planes; ++p) {
    int64_t k = p % channels;
    int64_t low = k > before ? k - before : 0;
    int64_t high = after < channels - 1 - k ? k + after : channels - 1;
    for (int64_t i = 0; i < plane; ++i) {
      double sum = 0;
      for (int64_t j = low; j <= high; ++j) {
        double value = in[(p - k + j) * plane + i];
        sum += value * value;
      }
      y[p * plane + i] = in[p * plane + i] / pow(bias + alpha / (double)size * sum, beta);
    }
  }
  return mmd_eval_store_f64(c, 0, x->dtype, &x->shape, y);
}

static const mmd_op_t ops[] = {
    {"", "BatchNormalization", 6, 5, 5, 1, 5, infer_batch_norm, evaluate_batch_norm, 0},
    {"", "GroupNormalization", 18, 3, 3, 1, 1, mmd_infer_same, evaluate_group_norm, 0},
    {"", "GroupNormalization", 21, 3, 3, 1, 1, mmd_infer_same, evaluate_group_norm, 0},
    {"", "InstanceNormalization", 1, 3, 3, 1, 1, mmd_infer_same, evaluate_instance_norm, 0},
    {"", "LRN", 1, 1, 1, 1, 1, mmd_infer_same, evaluate_lrn, 0},
    {"", "LayerNormalization", 17, 2, 3, 1, 3, infer_layer_norm, evaluate_layer_norm, 0},
    {"", "LpNormalization", 1, 1, 1, 1, 1, mmd_infer_same, evaluate_lp_norm, 0},
    {"", "MeanVarianceNormalization", 9, 1, 1, 1, 1, mmd_infer_same, evaluate_mvn, 0},
};
const mmd_op_family_t mmd_ops_normalization = MMD_OP_FAMILY(ops);
