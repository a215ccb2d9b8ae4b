// SPDX-License-Identifier: Apache-2.0
//
// DeformConv over two spatial axes: every kernel element reads at its own offset.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

typedef struct {
  mmd_spatial_t s;
  int64_t batch, channels, out_channels, groups, offset_groups, kernel, out;
  const double *x, *weight, *offset, *bias, *mask;
  double *y;
} deform_t;

static mmd_status_t fit_error(const mmd_eval_context_t *c, const char *what) {
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "%s does not fit", what);
}

static mmd_status_t read_deform(mmd_eval_context_t *c, deform_t *d) {
  const mmd_shape_t *x = &mmd_eval_input(c, 0)->shape, *w = &mmd_eval_input(c, 1)->shape;
  const mmd_tensor_t *offset = mmd_eval_input(c, 2), *bias = mmd_eval_input(c, 3);
  const mmd_tensor_t *mask = mmd_eval_input(c, 4);
  if (x->rank != 4 || w->rank != 4) return fit_error(c, "an input of another rank than 4");
  MMD_TRY(mmd_spatial_read(c->node, x, w->dims + 2, &d->s));
  d->batch = x->dims[0];
  d->channels = x->dims[1];
  d->out_channels = w->dims[0];
  d->groups = mmd_node_attr_int(c->node, "group", 1);
  d->offset_groups = mmd_node_attr_int(c->node, "offset_group", 1);
  d->kernel = d->s.kernel[0] * d->s.kernel[1];
  d->out = d->s.out[0] * d->s.out[1];
  if (d->groups < 1 || d->channels % d->groups || d->channels / d->groups != w->dims[1] ||
      d->out_channels % d->groups || d->offset_groups < 1 || d->channels % d->offset_groups) {
    return fit_error(c, "a group");
  }
  size_t maps = (size_t)(d->batch * d->offset_groups * d->kernel * d->out);
  if (mmd_tensor_count(offset) != 2 * maps) return fit_error(c, "the offset");
  if (mask && mmd_tensor_count(mask) != maps) return fit_error(c, "the mask");
  if (bias && mmd_tensor_count(bias) != (size_t)d->out_channels) return fit_error(c, "the bias");
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &d->x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &d->weight));
  MMD_TRY(mmd_eval_load_f64(c, offset, &d->offset));
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &d->bias));
  return mask ? mmd_eval_load_f64(c, mask, &d->mask) : NULL;
}

static double pixel(const deform_t *d, const double *plane, double y, double x) {
  if (y < 0 || x < 0 || y >= (double)d->s.in[0] || x >= (double)d->s.in[1]) return 0;
  return plane[(int64_t)y * d->s.in[1] + (int64_t)x];
}

static double bilinear(const deform_t *d, const double *plane, double y, double x) {
  double y0 = floor(y), x0 = floor(x), ly = y - y0, lx = x - x0;
  if (!(y > -1 && x > -1 && y < (double)d->s.in[0] && x < (double)d->s.in[1])) return 0;
  return (1 - ly) * ((1 - lx) * pixel(d, plane, y0, x0) + lx * pixel(d, plane, y0, x0 + 1)) +
         ly * ((1 - lx) * pixel(d, plane, y0 + 1, x0) + lx * pixel(d, plane, y0 + 1, x0 + 1));
}

// Element |at| of the result plane of channel |m|.
static double element(const deform_t *d, int64_t n, int64_t m, int64_t at) {
  int64_t per_group = d->channels / d->groups,
          first = m / (d->out_channels / d->groups) * per_group;
  double sum = d->bias ? d->bias[m] : 0;
  for (int64_t c = 0; c < per_group; ++c) {
    int64_t channel = first + c, og = channel / (d->channels / d->offset_groups);
    const double *plane = d->x + (n * d->channels + channel) * d->s.in[0] * d->s.in[1];
    const double *weight = d->weight + (m * per_group + c) * d->kernel;
    for (int64_t k = 0; k < d->kernel; ++k) {
      int64_t map = (n * d->offset_groups + og) * d->kernel + k;
      double y = (double)(at / d->s.out[1] * d->s.stride[0] - d->s.begin[0] +
                          k / d->s.kernel[1] * d->s.dilation[0]);
      double x = (double)(at % d->s.out[1] * d->s.stride[1] - d->s.begin[1] +
                          k % d->s.kernel[1] * d->s.dilation[1]);
      y += d->offset[2 * map * d->out + at];
      x += d->offset[(2 * map + 1) * d->out + at];
      double mask = d->mask ? d->mask[map * d->out + at] : 1;
      sum += weight[k] * mask * bilinear(d, plane, y, x);
    }
  }
  return sum;
}

static void planes(void *context, size_t begin, size_t end) {
  const deform_t *d = context;
  for (size_t p = begin; p < end; ++p) {
    int64_t n = (int64_t)p / d->out_channels, m = (int64_t)p % d->out_channels;
    for (int64_t i = 0; i < d->out; ++i) d->y[(int64_t)p * d->out + i] = element(d, n, m, i);
  }
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  deform_t d = {.groups = 1};
  size_t count;
  MMD_TRY(read_deform(c, &d));
  mmd_shape_t shape = {.rank = 4, .dims = {d.batch, d.out_channels, d.s.out[0], d.s.out[1]}};
  mmd_status_t status = mmd_shape_count(&shape, &count);
  if (status) return mmd_status_annotate(status, "DeformConv '%s'", c->node->name);
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *d.y, &d.y));
  if (count > 0) {
    mmd_parallel_for(c->pool, (size_t)(d.batch * d.out_channels), 1, planes, &d);
  }
  return mmd_eval_store_f64(c, 0, mmd_eval_input(c, 0)->dtype, &shape, d.y);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *weight = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  if (!x || x->rank != 4) return mmd_infer_dtype_only(c);
  dims[0] = x->dims[0];
  if (weight && weight->rank == 4) {
    dims[1] = weight->dims[0];
    MMD_TRY(mmd_spatial_infer(c->graph, c->node, x, weight, dims + 2));
  }
  return mmd_infer_output(c, 0, x->dtype, 4, dims);
}

static const mmd_op_t ops[] = {
    {"", "DeformConv", 19, 3, 5, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_deform_conv = MMD_OP_FAMILY(ops);
