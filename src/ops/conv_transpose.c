// SPDX-License-Identifier: Apache-2.0
//
// The gradient of a convolution: every input element adds a weighted kernel to the result.
#include <string.h>

#include "kernels/gemm.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

typedef struct {
  mmd_spatial_t spatial;  // |out|, |begin| and |end| are of the result
  int64_t batch, channels, out_channels, groups, group_out;
  const double *x, *weight, *bias;
  double *y;
} conv_t;

// Sizes by ONNX's text: output_shape decides the pads, else auto_pad, else pads.
static mmd_status_t read_sizes(const mmd_node_t *node, mmd_spatial_t *s) {
  int64_t extra[MMD_SPATIAL_MAX], wanted[MMD_SPATIAL_MAX], pads[2 * MMD_SPATIAL_MAX];
  size_t rank = (size_t)s->rank, given = 0;
  const int64_t *shape = mmd_node_attr_ints(node, "output_shape", &given);
  const char *mode = mmd_node_attr_string(node, "auto_pad", "NOTSET");
  bool upper = strcmp(mode, "SAME_UPPER") == 0, same = upper || strcmp(mode, "SAME_LOWER") == 0;
  MMD_TRY(mmd_node_ints(node, "output_padding", rank, 0, extra));
  MMD_TRY(mmd_node_ints(node, "pads", 2 * rank, 0, pads));
  if (shape && given > rank) shape += given - rank;  // some give the whole shape
  for (int i = 0; i < s->rank; ++i) {
    if (extra[i] < 0 || extra[i] > INT32_MAX || pads[i] < 0 || pads[i] > INT32_MAX ||
        pads[s->rank + i] < 0 || pads[s->rank + i] > INT32_MAX) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT, "pads on spatial axis %d", i);
    }
    int64_t full =
        (s->in[i] - 1) * s->stride[i] + extra[i] + (s->kernel[i] - 1) * s->dilation[i] + 1;
    wanted[i] = shape ? (i < (int)given ? shape[i] : 0) : same ? s->in[i] * s->stride[i] : 0;
    if (shape || same) {
      if (wanted[i] < 0 || wanted[i] > INT32_MAX) {
        return mmd_node_error(node, MMD_INVALID_ARGUMENT, "output_shape");
      }
      int64_t total = full - wanted[i];
      if (total < 0) total = 0;
      s->begin[i] = upper ? total / 2 : total - total / 2;
      s->end[i] = total - s->begin[i];
      s->out[i] = wanted[i];
    } else {
      s->begin[i] = pads[i];
      s->end[i] = pads[s->rank + i];
      s->out[i] = full - s->begin[i] - s->end[i];
    }
    if (s->out[i] < 0) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT, "the pads leave nothing on spatial axis %d",
                            i);
    }
  }
  return NULL;
}

static mmd_status_t read_conv(mmd_eval_context_t *c, conv_t *conv, mmd_shape_t *out_shape) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *weight = mmd_eval_input(c, 1);
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  if (weight->shape.rank != x->shape.rank) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input of rank %d, weight of rank %d",
                          x->shape.rank, weight->shape.rank);
  }
  MMD_TRY(mmd_spatial_read_window(c->node, &x->shape, weight->shape.dims + 2, &conv->spatial));
  MMD_TRY(read_sizes(c->node, &conv->spatial));
  conv->batch = x->shape.dims[0];
  conv->channels = x->shape.dims[1];
  conv->groups = mmd_node_attr_int(c->node, "group", 1);
  conv->group_out = weight->shape.dims[1];
  if (conv->groups < 1 || conv->channels % conv->groups != 0 ||
      weight->shape.dims[0] != conv->channels ||
      __builtin_mul_overflow(conv->group_out, conv->groups, &conv->out_channels)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%lld groups of %lld channels",
                          (long long)conv->groups, (long long)conv->channels);
  }
  if (bias && mmd_tensor_count(bias) != (size_t)conv->out_channels) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu biases for %lld channels",
                          mmd_tensor_count(bias), (long long)conv->out_channels);
  }
  *out_shape = (mmd_shape_t){.rank = x->shape.rank, .dims = {conv->batch, conv->out_channels}};
  memcpy(out_shape->dims + 2, conv->spatial.out, (size_t)conv->spatial.rank * sizeof(int64_t));
  return NULL;
}

static void add_kernel(const mmd_spatial_t *s, const int64_t *index, double factor,
                       const double *kernel, double *out) {
  int64_t k[MMD_SPATIAL_MAX] = {0};
  do {
    int64_t to = 0;
    bool inside = true;
    for (int i = 0; inside && i < s->rank; ++i) {
      int64_t at = index[i] * s->stride[i] + k[i] * s->dilation[i] - s->begin[i];
      inside = at >= 0 && at < s->out[i];
      to = to * s->out[i] + at;
    }
    if (inside) out[to] += factor * *kernel;
    ++kernel;
  } while (mmd_index_next(s->rank, s->kernel, k));
}

static void conv_planes(void *context, size_t begin, size_t end) {
  const conv_t *c = context;
  const mmd_spatial_t *s = &c->spatial;
  int64_t in_size = mmd_spatial_count(s->in, s->rank),
          out_size = mmd_spatial_count(s->out, s->rank);
  int64_t per_group = c->channels / c->groups, kernel = mmd_spatial_count(s->kernel, s->rank);
  for (size_t plane = begin; plane < end; ++plane) {
    int64_t n = (int64_t)plane / c->out_channels, m = (int64_t)plane % c->out_channels;
    int64_t group = m / c->group_out;
    double *out = c->y + (int64_t)plane * out_size;
    for (int64_t i = 0; i < out_size; ++i) out[i] = c->bias ? c->bias[m] : 0;
    for (int64_t g = 0; g < per_group; ++g) {
      int64_t channel = group * per_group + g, index[MMD_SPATIAL_MAX] = {0};
      const double *in = c->x + (n * c->channels + channel) * in_size;
      const double *weight = c->weight + (channel * c->group_out + m % c->group_out) * kernel;
      do add_kernel(s, index, *in++, weight, out);
      while (mmd_index_next(s->rank, s->in, index));
    }
  }
}

static mmd_status_t conv_plain(mmd_eval_context_t *c, conv_t *conv, const mmd_shape_t *shape,
                               size_t count) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *bias = mmd_eval_input(c, 2);
  MMD_TRY(mmd_eval_load_f64(c, x, &conv->x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &conv->weight));
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &conv->bias));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *conv->y, &conv->y));
  if (count > 0 && mmd_tensor_count(x) > 0) {
    mmd_parallel_for(c->pool, (size_t)(conv->batch * conv->out_channels), 1, conv_planes, conv);
  }
  return mmd_eval_store_f64(c, 0, x->dtype, shape, conv->y);
}

//===--- in float ----------------------------------------------------------===//

// What all input elements of some rows (of the last axis) give to each element of the kernel is one
// matrix product; then each kernel element's part goes where it belongs.
typedef struct {
  const mmd_spatial_t *spatial;
  size_t group_out, kernel, width, first_row, rows;
  const float *parts;  // group_out x kernel x rows x width
  float *y;            // the group's planes
} scatter_t;

enum { MAX_PARTS = 1 << 20 };  // elements that are held at once, where one row does not have more

static void add_row(const mmd_spatial_t *s, int64_t k, const float *in, float *out) {
  const int last = s->rank - 1;
  const int64_t stride = s->stride[last], offset = k * s->dilation[last] - s->begin[last];
  const int64_t room = s->out[last] - 1 - offset;
  int64_t first = offset < 0 ? (-offset + stride - 1) / stride : 0;
  int64_t end = room < 0 ? 0 : room / stride + 1;
  if (end > s->in[last]) end = s->in[last];
  for (int64_t i = first; i < end; ++i) out[i * stride + offset] += in[i];
}

// The row of the result that input row |row| meets at kernel position |k|; false: none.
static bool find_row(const mmd_spatial_t *s, size_t row, const int64_t *k, int64_t *out_row) {
  int64_t rest = (int64_t)row, size = 1;
  *out_row = 0;
  for (int i = s->rank - 2; i >= 0; --i) {
    const int64_t at = rest % s->in[i] * s->stride[i] + k[i] * s->dilation[i] - s->begin[i];
    if (at < 0 || at >= s->out[i]) return false;
    *out_row += at * size;
    size *= s->out[i];
    rest /= s->in[i];
  }
  return true;
}

static void scatter_planes(void *context, size_t begin, size_t end) {
  const scatter_t *t = context;
  const mmd_spatial_t *s = t->spatial;
  const int64_t width = s->out[s->rank - 1], size = mmd_spatial_count(s->out, s->rank);
  for (size_t m = begin; m < end; ++m) {
    const float *in = t->parts + m * t->kernel * t->rows * t->width;
    float *plane = t->y + (int64_t)m * size;
    int64_t k[MMD_SPATIAL_MAX] = {0}, row = 0;
    do {
      for (size_t r = 0; r < t->rows; ++r, in += t->width)
        if (find_row(s, t->first_row + r, k, &row))
          add_row(s, k[s->rank - 1], in, plane + row * width);
    } while (mmd_index_next(s->rank, s->kernel, k));
  }
}

static mmd_status_t conv_group(mmd_eval_context_t *c, const conv_t *conv, const float *x,
                               const float *weight, size_t chunk, float *parts, float *y) {
  const mmd_spatial_t *s = &conv->spatial;
  const size_t per_group = (size_t)(conv->channels / conv->groups);
  scatter_t t = {.spatial = s,
                 .group_out = (size_t)conv->group_out,
                 .kernel = (size_t)mmd_spatial_count(s->kernel, s->rank),
                 .width = (size_t)s->in[s->rank - 1],
                 .parts = parts,
                 .y = y};
  const size_t in_size = (size_t)mmd_spatial_count(s->in, s->rank), all = in_size / t.width;
  for (; t.first_row < all; t.first_row += t.rows) {
    t.rows = all - t.first_row < chunk ? all - t.first_row : chunk;
    mmd_gemm_t gemm = mmd_gemm_make(t.group_out * t.kernel, t.rows * t.width, per_group, weight,
                                    x + t.first_row * t.width, parts);
    gemm.transpose_a = true;
    gemm.lda = t.group_out * t.kernel;
    gemm.ldb = in_size;
    MMD_TRY(mmd_gemm_run(&gemm, c->pool));
    mmd_parallel_for(c->pool, t.group_out, 1 + 16384 / (t.kernel * t.rows * t.width + 1),
                     scatter_planes, &t);
  }
  return NULL;
}

static void fill_bias(const conv_t *conv, const float *bias, float *y) {
  const int64_t size = mmd_spatial_count(conv->spatial.out, conv->spatial.rank);
  for (int64_t plane = 0; plane < conv->batch * conv->out_channels; ++plane, y += size) {
    const float number = bias ? bias[plane % conv->out_channels] : 0;
    for (int64_t i = 0; i < size; ++i) y[i] = number;
  }
}

// No size is 0.
static mmd_status_t conv_fast(mmd_eval_context_t *c, const conv_t *conv, const mmd_shape_t *shape) {
  const mmd_spatial_t *s = &conv->spatial;
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  const float *x = mmd_tensor_data(mmd_eval_input(c, 0));
  const float *weight = mmd_tensor_data(mmd_eval_input(c, 1));
  const size_t in_size = (size_t)mmd_spatial_count(s->in, s->rank);
  const size_t out_size = (size_t)mmd_spatial_count(s->out, s->rank);
  const size_t width = (size_t)s->in[s->rank - 1], rows = in_size / width;
  const size_t per_group = (size_t)(conv->channels / conv->groups);
  const size_t m = (size_t)(conv->group_out * mmd_spatial_count(s->kernel, s->rank));
  size_t chunk = MAX_PARTS / width / m, count = 0;
  if (chunk > rows) chunk = rows;
  if (chunk == 0) chunk = 1;
  float *y = NULL, *parts = NULL;
  if (__builtin_mul_overflow(m, chunk * width, &count))
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the kernel is too large");
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, shape, &y));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *parts, &parts));
  fill_bias(conv, bias ? mmd_tensor_data(bias) : NULL, y);
  for (int64_t n = 0; n < conv->batch * conv->groups; ++n) {
    const int64_t group = n % conv->groups;
    MMD_TRY(conv_group(c, conv, x + (size_t)n * per_group * in_size,
                       weight + (size_t)group * per_group * m, chunk, parts,
                       y + (size_t)(n * conv->group_out) * out_size));
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0);
  conv_t conv = {.groups = 1};
  mmd_shape_t shape;
  size_t count;
  MMD_TRY(read_conv(c, &conv, &shape));
  mmd_status_t status = mmd_shape_count(&shape, &count);
  if (status) return mmd_status_annotate(status, "ConvTranspose '%s'", c->node->name);
  const mmd_shape_t *weight = &mmd_eval_input(c, 1)->shape;
  MMD_TRY(
      mmd_eval_work(c, mmd_tensor_count(x), mmd_eval_product(weight->dims + 1, weight->rank - 1)));
  const bool is_empty = !count || !mmd_tensor_count(x) || !mmd_tensor_count(mmd_eval_input(c, 1));
  if (!is_empty && mmd_eval_fast_f32(c, 0, 2)) return conv_fast(c, &conv, &shape);
  return conv_plain(c, &conv, &shape, count);
}

static const mmd_dim_t *out_dim(mmd_infer_context_t *c, const mmd_dim_t *in, const mmd_spatial_t *s,
                                int i) {
  // The size grows with the input by the stride; the rest is what one element gives.
  const mmd_dim_t *rest = mmd_infer_const(c, s->out[i] - s->stride[i]);
  const mmd_dim_t *grown = mmd_dim_mul(c->graph, in, mmd_infer_const(c, s->stride[i]));
  return mmd_dim_add(c->graph, grown, rest);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *weight = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  int64_t kernel[MMD_SPATIAL_MAX];
  if (!x || x->rank < 3) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  if (!weight || weight->rank != x->rank) return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
  dims[1] = mmd_dim_mul(c->graph, weight->dims[1],
                        mmd_infer_const(c, mmd_node_attr_int(c->node, "group", 1)));
  bool known = true, fixed = mmd_node_attr(c->node, "output_shape") != NULL;
  mmd_shape_t shape = {.rank = x->rank};
  for (int i = 0; i < x->rank - 2; ++i) {
    kernel[i] = mmd_dim_number(weight->dims[i + 2]);
    known = known && kernel[i] >= 0;
    shape.dims[i + 2] = fixed && mmd_dim_is_const(x->dims[i + 2]) ? x->dims[i + 2]->number : 1;
  }
  if (!known) return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
  mmd_spatial_t s;
  MMD_TRY(mmd_spatial_read_window(c->node, &shape, kernel, &s));
  mmd_status_t status = read_sizes(c->node, &s);
  // One element may give less than nothing where many give something.
  bool sized = !mmd_status_ignore(status);
  for (int i = 0; sized && i < s.rank; ++i) {
    dims[i + 2] = fixed ? mmd_infer_const(c, s.out[i]) : out_dim(c, x->dims[i + 2], &s, i);
  }
  return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "ConvTranspose", 1, 2, 3, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_conv_transpose = MMD_OP_FAMILY(ops);
