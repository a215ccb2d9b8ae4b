// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv.h"

#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

typedef struct {
  mmd_spatial_t spatial;
  int64_t batch, channels, out_channels, groups, group_channels;
  const double *x, *weight, *bias;
  double *y;
} conv_t;

static mmd_status_t read_conv(mmd_eval_context_t *c, conv_t *conv, mmd_shape_t *out_shape) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *weight = mmd_eval_input(c, 1);
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  if (weight->shape.rank != x->shape.rank) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input of rank %d, weight of rank %d",
                          x->shape.rank, weight->shape.rank);
  }
  MMD_TRY(mmd_spatial_read(c->node, &x->shape, weight->shape.dims + 2, &conv->spatial));
  conv->batch = x->shape.dims[0];
  conv->channels = x->shape.dims[1];
  conv->out_channels = weight->shape.dims[0];
  conv->group_channels = weight->shape.dims[1];
  conv->groups = mmd_node_attr_int(c->node, "group", 1);
  if (conv->groups < 1 || conv->channels % conv->groups != 0 ||
      conv->out_channels % conv->groups != 0 ||
      conv->channels / conv->groups != conv->group_channels) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "%lld groups of %lld input channels, weight %lld x %lld",
                          (long long)conv->groups, (long long)conv->channels,
                          (long long)conv->out_channels, (long long)conv->group_channels);
  }
  if (bias && mmd_tensor_count(bias) != (size_t)conv->out_channels) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%zu biases for %lld channels",
                          mmd_tensor_count(bias), (long long)conv->out_channels);
  }
  *out_shape = (mmd_shape_t){.rank = x->shape.rank, .dims = {conv->batch, conv->out_channels}};
  memcpy(out_shape->dims + 2, conv->spatial.out, (size_t)conv->spatial.rank * sizeof(int64_t));
  return NULL;
}

// Adds one input plane times one kernel element to one output plane, row by row.
static void add_plane(const mmd_spatial_t *s, const int64_t *k, double factor, const double *in,
                      double *out) {
  int last = s->rank - 1;
  int64_t offset[MMD_SPATIAL_MAX], first[MMD_SPATIAL_MAX], end[MMD_SPATIAL_MAX];
  int64_t at[MMD_SPATIAL_MAX], counts[MMD_SPATIAL_MAX], index[MMD_SPATIAL_MAX] = {0};
  for (int i = 0; i < s->rank; ++i) {
    mmd_spatial_range(s, i, k[i], &offset[i], &first[i], &end[i]);
    counts[i] = end[i] - first[i];
    if (counts[i] <= 0) return;
  }
  do {
    int64_t from = 0, to = 0;
    for (int i = 0; i < last; ++i) {
      at[i] = first[i] + index[i];
      from = from * s->in[i] + at[i] * s->stride[i] + offset[i];
      to = to * s->out[i] + at[i];
    }
    const double *row = in + from * s->in[last] + offset[last];
    double *sum = out + to * s->out[last];
    for (int64_t x = first[last]; x < end[last]; ++x) sum[x] += factor * row[x * s->stride[last]];
  } while (mmd_index_next(last, counts, index));
}

// Output planes [begin, end) of batch x out_channels.
static void conv_planes(void *context, size_t begin, size_t end) {
  const conv_t *c = context;
  const mmd_spatial_t *s = &c->spatial;
  int64_t in_size = mmd_spatial_count(s->in, s->rank),
          out_size = mmd_spatial_count(s->out, s->rank);
  int64_t per_group = c->out_channels / c->groups, kernel = mmd_spatial_count(s->kernel, s->rank);
  for (size_t plane = begin; plane < end; ++plane) {
    int64_t n = (int64_t)plane / c->out_channels, m = (int64_t)plane % c->out_channels;
    double *out = c->y + (int64_t)plane * out_size;
    for (int64_t i = 0; i < out_size; ++i) out[i] = c->bias ? c->bias[m] : 0;
    for (int64_t g = 0; g < c->group_channels; ++g) {
      int64_t channel = m / per_group * c->group_channels + g, k[MMD_SPATIAL_MAX] = {0};
      const double *in = c->x + (n * c->channels + channel) * in_size;
      const double *weight = c->weight + (m * c->group_channels + g) * kernel;
      do add_plane(s, k, *weight++, in, out);
      while (mmd_index_next(s->rank, s->kernel, k));
    }
  }
}

static mmd_status_t conv_plain(mmd_eval_context_t *c, conv_t *conv, const mmd_shape_t *shape) {
  const mmd_tensor_t *x = mmd_eval_input(c, 0), *bias = mmd_eval_input(c, 2);
  size_t count;
  mmd_status_t status = mmd_shape_count(shape, &count);
  if (status) return mmd_status_annotate(status, "Conv '%s'", c->node->name);
  MMD_TRY(mmd_eval_load_f64(c, x, &conv->x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &conv->weight));
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &conv->bias));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *conv->y, &conv->y));
  if (count > 0) {
    mmd_parallel_for(c->pool, (size_t)(conv->batch * conv->out_channels), 1, conv_planes, conv);
  }
  return mmd_eval_store_f64(c, 0, x->dtype, shape, conv->y);
}

// Output 0 with what shall be added to it, in whose memory it may lie. False: the nodes that follow
// stay what they are.
static mmd_status_t open_epilogue(mmd_eval_context_t *c, const mmd_shape_t *shape, mmd_conv_t *k,
                                  float **out_y) {
  mmd_eval_epilogue_t *e = c->epilogue;
  const mmd_tensor_t *add = e && e->add ? &e->add->tensor : NULL;
  const bool fits = e && (!add || (e->add->kind == MMD_TYPE_TENSOR && add->dtype == MMD_F32 &&
                                   mmd_shape_equal(&add->shape, shape)));
  if (fits) {
    c->did_epilogue = true;
    k->add = add ? mmd_tensor_data(add) : NULL;
    k->low = e->low;
    k->high = e->high;
  }
  if (!fits || !add || !e->may_take_add) {
    return mmd_eval_output_create(c, 0, MMD_F32, shape, out_y);
  }
  mmd_tensor_t tensor = mmd_tensor_retain(add);
  *out_y = mmd_tensor_mutable_data(&tensor);
  mmd_eval_output(c, 0, &tensor);
  c->fresh |= 1;
  e->takes_add = true;
  return NULL;
}

static mmd_status_t reserve_scratch(mmd_eval_context_t *c, const mmd_conv_t *k) {
  mmd_conv_scratch_t scratch;
  mmd_status_t status = mmd_conv_scratch(k, c->pool, &scratch);
  if (status) return mmd_status_annotate(status, "Conv '%s'", c->node->name);
  MMD_TRY(mmd_eval_reserve(c, scratch.bytes));
  return mmd_eval_work(c, scratch.floats, 1);
}

// One or two spatial axes in float.
static mmd_status_t conv_fast(mmd_eval_context_t *c, const conv_t *conv, const mmd_shape_t *shape) {
  const mmd_spatial_t *s = &conv->spatial;
  const mmd_tensor_t *bias = mmd_eval_input(c, 2);
  int h = s->rank == 2 ? 0 : -1, w = s->rank - 1;
  mmd_conv_t k = mmd_conv_make(
      (size_t)conv->batch, (size_t)conv->channels, h < 0 ? 1 : (size_t)s->in[h], (size_t)s->in[w],
      (size_t)conv->out_channels, h < 0 ? 1 : (size_t)s->kernel[h], (size_t)s->kernel[w]);
  k.groups = (size_t)conv->groups;
  k.stride_w = (size_t)s->stride[w];
  k.dilation_w = (size_t)s->dilation[w];
  k.pad_left = (size_t)s->begin[w];
  k.pad_right = (size_t)s->end[w];
  if (h >= 0) {
    k.stride_h = (size_t)s->stride[h];
    k.dilation_h = (size_t)s->dilation[h];
    k.pad_top = (size_t)s->begin[h];
    k.pad_bottom = (size_t)s->end[h];
  }
  float *y;
  MMD_TRY(open_epilogue(c, shape, &k, &y));
  if (mmd_tensor_count(&c->outputs[0].tensor) == 0) return NULL;
  MMD_TRY(reserve_scratch(c, &k));
  return mmd_conv_run(&k, mmd_tensor_data(mmd_eval_input(c, 0)),
                      mmd_tensor_data(mmd_eval_input(c, 1)), bias ? mmd_tensor_data(bias) : NULL, y,
                      c->pool);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  conv_t conv = {.groups = 1};
  mmd_shape_t shape;
  MMD_TRY(read_conv(c, &conv, &shape));
  const mmd_shape_t *weight = &mmd_eval_input(c, 1)->shape;
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank),
                        mmd_eval_product(weight->dims + 1, weight->rank - 1)));
  bool empty = mmd_tensor_count(mmd_eval_input(c, 0)) == 0;
  if (!empty && mmd_eval_fast_f32(c, 0, 2) && conv.spatial.rank <= 2) {
    return conv_fast(c, &conv, &shape);
  }
  return conv_plain(c, &conv, &shape);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *weight = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!x || x->rank < 3) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  if (weight && weight->rank > 0) dims[1] = weight->dims[0];
  if (weight) MMD_TRY(mmd_spatial_infer(c->graph, c->node, x, weight, dims + 2));
  if (weight && weight->rank == x->rank) {
    int64_t have = mmd_dim_number(x->dims[1]), want = mmd_dim_number(weight->dims[1]);
    int64_t groups = mmd_node_attr_int(c->node, "group", 1);
    if (have >= 0 && want >= 0 && groups > 0 && (have % groups != 0 || have / groups != want)) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                            "input has %lld channels, the weight takes %lld in %lld groups",
                            (long long)have, (long long)want, (long long)groups);
    }
  }
  return mmd_infer_output(c, 0, x->dtype, x->rank, dims);
}

static const mmd_op_t ops[] = {
    {"", "Conv", 1, 2, 3, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_conv = MMD_OP_FAMILY(ops);
