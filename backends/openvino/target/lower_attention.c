// SPDX-License-Identifier: Apache-2.0
//
// Attention, as mmcv and MMDeploy have it, by products, softmax and sampling.
#include <math.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- scaled dot products -----------------------------------------------===//

static ov_value_t softmax(ov_lower_t *l, ov_value_t x) {
  const ov_value_t out = ov_unary(l, "Softmax", "opset8", x);
  ov_set_int(l, out, "axis", -1);
  return out;
}

// q, k, v and maybe a mask that is added; the shares are the second output.
void ov_lower_scaled_dot_product(ov_lower_t *l) {
  const int64_t width = ov_input_size(l, 0, 2);
  if (width < 1) ov_refuse(l, "the width of q is not known");
  if (!ov_ok(l)) return;
  const ov_value_t root = ov_constant_number(l, ov_input_dtype(l, 0), sqrt((double)width));
  const ov_value_t q = ov_binary(l, "Divide", ov_input(l, 0), root);
  ov_value_t shares = ov_matmul(l, q, ov_input(l, 1), false, true);
  if (mmd_node_input(l->node, 3)) shares = ov_binary(l, "Add", shares, ov_input(l, 3));
  shares = softmax(l, shares);
  ov_output(l, 0, ov_matmul(l, shares, ov_input(l, 2), false, false));
  ov_output(l, 1, shares);
}

// x w' + b, as heads: [batch, n, width] to [batch, heads, n, width / heads].
static ov_value_t project(ov_lower_t *l, size_t input, size_t weight, int64_t heads) {
  const int64_t shape[] = {0, 0, heads, -1}, order[] = {0, 2, 1, 3};
  const ov_value_t out =
      ov_binary(l, "Add", ov_matmul(l, ov_input(l, input), ov_input(l, weight), false, true),
                ov_input(l, weight + 1));
  return ov_transpose(l, ov_reshape(l, out, ov_constant_i64s(l, 4, shape), true), 4, order);
}

// q, k, v, then weight and bias of their projections and of the result's.
void ov_lower_multi_head_attention(ov_lower_t *l) {
  const int64_t heads = ov_attr_int(l, "num_heads", 1), width = ov_attr_int(l, "embed_dim", 0);
  const int64_t order[] = {0, 2, 1, 3}, shape[] = {0, 0, -1};
  const int64_t size = width > 0 ? width : ov_input_size(l, 0, 2);
  if (heads < 1 || size < 1 || size % heads != 0)
    ov_refuse(l, "%lld heads for a width of %lld", (long long)heads, (long long)size);
  if (!ov_ok(l)) return;
  const double scale = 1 / sqrt((double)(size / heads));
  const ov_value_t q = ov_binary(l, "Multiply", project(l, 0, 3, heads),
                                 ov_constant_number(l, ov_input_dtype(l, 0), scale));
  const ov_value_t shares = softmax(l, ov_matmul(l, q, project(l, 1, 5, heads), false, true));
  ov_value_t out = ov_matmul(l, shares, project(l, 2, 7, heads), false, false);
  out = ov_transpose(l, out, 4, order);
  out = ov_reshape(l, out, ov_constant_i64s(l, 3, shape), true);
  out = ov_matmul(l, out, ov_input(l, 9), false, true);
  ov_output(l, 0, ov_binary(l, "Add", out, ov_input(l, 10)));
}

//===--- multi-scale deformable attention ----------------------------------===//

typedef struct deformable_t {
  int64_t heads, channels, levels, points;
  ov_value_t value;      // [batch * heads, positions, channels]
  ov_value_t locations;  // [batch, queries, heads, levels, points, 2], from 0 to 1
  ov_value_t weights;    // [batch, queries, heads, levels, points]
} deformable_t;

enum { MAX_LEVELS = 16 };

// [batch, n, heads, …] to [batch * heads, n, …]; what follows is |tail|.
static ov_value_t heads_first(ov_lower_t *l, ov_value_t x, int64_t n, size_t count,
                              const int64_t *tail) {
  int64_t order[MMD_MAX_RANK] = {0, 2, 1}, shape[MMD_MAX_RANK] = {-1, n};
  for (size_t i = 0; i < count; ++i) {
    order[3 + i] = 3 + (int64_t)i;
    shape[2 + i] = tail[i];
  }
  x = ov_transpose(l, x, 3 + count, order);
  return ov_reshape(l, x, ov_constant_i64s(l, 2 + count, shape), false);
}

static void read_deformable(ov_lower_t *l, int64_t queries, deformable_t *d) {
  d->heads = ov_input_size(l, 0, 2);
  d->channels = ov_input_size(l, 0, 3);
  d->levels = ov_input_size(l, 3, 3);
  d->points = ov_input_size(l, 3, 4);
  const int64_t positions = ov_input_size(l, 0, 1);
  const bool is_known = d->heads > 0 && d->channels > 0 && d->levels > 0 && d->points > 0;
  if (!is_known || positions < 1 || queries < 1) ov_refuse(l, "sizes that are not known");
  if (d->levels > MAX_LEVELS) ov_refuse(l, "%lld levels", (long long)d->levels);
  if (!ov_ok(l)) return;
  const int64_t of_location[] = {d->levels, d->points, 2}, of_weight[] = {d->levels, d->points};
  d->value = heads_first(l, ov_input(l, 0), positions, 1, &d->channels);
  d->locations = heads_first(l, ov_input(l, 3), queries, 3, of_location);
  d->weights = heads_first(l, ov_input(l, 4), queries, 2, of_weight);
}

// [batch * heads, channels, queries] of a level.
static ov_value_t sample_level(ov_lower_t *l, const deformable_t *d, int64_t level,
                               const int64_t size[2], int64_t start) {
  const int64_t order[] = {0, 2, 1}, plane[] = {0, d->channels, size[0], size[1]};
  const int64_t two = 2, one = 1, last = 3;
  ov_value_t value = ov_slice(l, d->value, 1, start, start + size[0] * size[1]);
  value = ov_reshape(l, ov_transpose(l, value, 3, order), ov_constant_i64s(l, 4, plane), true);
  ov_value_t grid = ov_squeeze(l, ov_slice(l, d->locations, 2, level, level + 1), 1, &two);
  grid = ov_binary(l, "Multiply", grid, ov_constant_number(l, MMD_F32, 2));
  grid = ov_binary(l, "Subtract", grid, ov_constant_number(l, MMD_F32, 1));
  const ov_value_t inputs[] = {value, grid};
  ov_value_t out = ov_emit(l, "GridSample", "opset9", 2, inputs);
  ov_set(l, out, "mode", "bilinear");
  ov_set(l, out, "padding_mode", "zeros");
  ov_set_bool(l, out, "align_corners", false);
  ov_value_t weight = ov_squeeze(l, ov_slice(l, d->weights, 2, level, level + 1), 1, &two);
  out = ov_binary(l, "Multiply", out, ov_unsqueeze(l, weight, 1, &one));
  return ov_reduce(l, "ReduceSum", out, 1, &last, false);
}

void ov_lower_ms_deform_attn(ov_lower_t *l) {
  deformable_t d = {0};
  int64_t sizes[2 * MAX_LEVELS], starts[MAX_LEVELS];
  size_t size_count = 0, start_count = 0;
  const int64_t queries = ov_input_size(l, 3, 1);
  read_deformable(l, queries, &d);
  ov_read_ints(l, "", 1, 2 * MAX_LEVELS, sizes, &size_count);
  ov_read_ints(l, "", 2, MAX_LEVELS, starts, &start_count);
  if (size_count != 2 * (size_t)d.levels || start_count != (size_t)d.levels)
    ov_refuse(l, "sizes of %zu levels", start_count);
  if (!ov_ok(l)) return;
  ov_value_t sum = sample_level(l, &d, 0, sizes, starts[0]);
  for (int64_t i = 1; i < d.levels; ++i)
    sum = ov_binary(l, "Add", sum, sample_level(l, &d, i, sizes + 2 * i, starts[i]));
  const int64_t shape[] = {-1, d.heads * d.channels, queries}, order[] = {0, 2, 1};
  sum = ov_reshape(l, sum, ov_constant_i64s(l, 3, shape), false);
  ov_output(l, 0, ov_transpose(l, sum, 3, order));
}
