// SPDX-License-Identifier: Apache-2.0
//
// Deformable convolution over two spatial axes: every kernel element reads at its own offset.
// DeformConv of ONNX, and mmcv's operators of both versions, whose attributes are (h, w).
#include "kernels/deform_conv.h"

#include <string.h>

#include "base/checked.h"
#include "ops/bilinear.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"
#include "ops/spatial.h"

// Which input is what.
typedef struct {
  size_t weight, offset, mask, bias;
} ports_t;
enum { NONE = 99 };

typedef struct {
  ports_t ports;
  mmd_spatial_t s;
  int64_t batch, channels, out_channels, groups, offset_groups, kernel, out;
  const double *x, *weight, *offset, *bias, *mask;
  double *y;
} deform_t;

static ports_t find_ports(const mmd_node_t *node) {
  if (strcmp(node->op, "DeformConv") == 0) return (ports_t){1, 2, 4, 3};
  if (strcmp(node->op, "MMCVDeformConv2d") == 0) return (ports_t){2, 1, NONE, NONE};
  return (ports_t){3, 1, 2, 4};
}

static mmd_status_t fit_error(const mmd_node_t *node, const char *what) {
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%s does not fit", what);
}

// ---- Attributes.

// mmcv's: |padding| is (h, w), or (top, bottom, left, right) as MMDeploy's exporter writes it for
// MMCVDeformConv2d.
static mmd_status_t read_mmcv_window(const mmd_node_t *node, mmd_spatial_t *s) {
  size_t count = 0;
  const int64_t *pads = mmd_node_attr_ints(node, "padding", &count);
  MMD_TRY(mmd_node_ints(node, "stride", 2, 1, s->stride));
  MMD_TRY(mmd_node_ints(node, "dilation", 2, 1, s->dilation));
  if (pads && count != 2 && count != 4) return fit_error(node, "the padding");
  for (int i = 0; i < 2; ++i) {
    s->begin[i] = pads ? pads[count == 4 ? 2 * i : i] : 0;
    s->end[i] = pads ? pads[count == 4 ? 2 * i + 1 : i] : 0;
    const int64_t numbers[] = {s->stride[i], s->dilation[i], s->begin[i], s->end[i]};
    for (int k = 0; k < 4; ++k) {
      if (numbers[k] < (k < 2) || numbers[k] > 1 << 30) return fit_error(node, "a window");
    }
  }
  return NULL;
}

static mmd_status_t read_mmcv_spatial(const mmd_node_t *node, const mmd_shape_t *x,
                                      const mmd_shape_t *w, mmd_spatial_t *s) {
  *s = (mmd_spatial_t){.rank = 2};
  MMD_TRY(read_mmcv_window(node, s));
  for (int i = 0; i < 2; ++i) {
    s->in[i] = x->dims[i + 2];
    s->kernel[i] = w->dims[i + 2];
    if (s->in[i] > 1 << 30 || s->kernel[i] < 1 || s->kernel[i] > 1 << 30) {
      return fit_error(node, "a size");
    }
    int64_t room = s->in[i] + s->begin[i] + s->end[i] - (s->kernel[i] - 1) * s->dilation[i] - 1;
    if (room < 0) return fit_error(node, "a window that is larger than the input");
    s->out[i] = room / s->stride[i] + 1;
  }
  return NULL;
}

static bool has_shape(const mmd_tensor_t *t, int64_t a, int64_t b, const int64_t *size) {
  const int64_t *dims = t->shape.dims;
  return t->shape.rank == 4 && dims[0] == a && dims[1] == b && dims[2] == size[0] &&
         dims[3] == size[1];
}

static mmd_status_t check_inputs(const mmd_eval_context_t *c, const deform_t *d) {
  const mmd_shape_t *w = &mmd_eval_input(c, d->ports.weight)->shape;
  const mmd_tensor_t *offset = mmd_eval_input(c, d->ports.offset);
  const mmd_tensor_t *mask = mmd_eval_input(c, d->ports.mask);
  const mmd_tensor_t *bias = mmd_eval_input(c, d->ports.bias);
  int64_t maps, pairs;
  if (d->groups < 1 || d->channels % d->groups || d->channels / d->groups != w->dims[1] ||
      d->out_channels % d->groups || d->offset_groups < 1 || d->channels % d->offset_groups) {
    return fit_error(c->node, "a group");
  }
  if (!mmd_checked_mul_i64(d->offset_groups, d->kernel, &maps) ||
      !mmd_checked_mul_i64(maps, 2, &pairs) || !has_shape(offset, d->batch, pairs, d->s.out)) {
    return fit_error(c->node, "the offset");
  }
  if (mask && !has_shape(mask, d->batch, maps, d->s.out)) return fit_error(c->node, "the mask");
  if (bias && mmd_tensor_count(bias) != (size_t)d->out_channels) {
    return fit_error(c->node, "the bias");
  }
  return NULL;
}

static mmd_status_t read_deform(mmd_eval_context_t *c, deform_t *d) {
  d->ports = find_ports(c->node);
  bool onnx = strcmp(c->node->op, "DeformConv") == 0;
  const mmd_shape_t *x = &mmd_eval_input(c, 0)->shape;
  const mmd_shape_t *w = &mmd_eval_input(c, d->ports.weight)->shape;
  if (x->rank != 4 || w->rank != 4) return fit_error(c->node, "an input of another rank than 4");
  MMD_TRY(onnx ? mmd_spatial_read(c->node, x, w->dims + 2, &d->s)
               : read_mmcv_spatial(c->node, x, w, &d->s));
  d->batch = x->dims[0];
  d->channels = x->dims[1];
  d->out_channels = w->dims[0];
  d->groups = mmd_node_attr_int(c->node, onnx ? "group" : "groups", 1);
  d->offset_groups = mmd_node_attr_int(c->node, onnx ? "offset_group" : "deform_groups", 1);
  d->kernel = d->s.kernel[0] * d->s.kernel[1];
  MMD_TRY(check_inputs(c, d));
  d->out = d->s.out[0] * d->s.out[1];  // no overflow: the offset has these axes
  return NULL;
}

// ---- Plain mode.

// Element |at| of the result plane of channel |m|.
static double element(const deform_t *d, int64_t n, int64_t m, int64_t at) {
  int64_t per_group = d->channels / d->groups,
          first = m / (d->out_channels / d->groups) * per_group;
  double sum = d->bias ? d->bias[m] : 0;
  for (int64_t c = 0; c < per_group; ++c) {
    int64_t channel = first + c, og = channel / (d->channels / d->offset_groups);
    const mmd_plane_t plane = {d->x + (n * d->channels + channel) * d->s.in[0] * d->s.in[1],
                               d->s.in[0], d->s.in[1], 1};
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
      sum += weight[k] * mask * mmd_plane_bilinear(&plane, y, x);
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

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, deform_t *d, const mmd_shape_t *shape) {
  const mmd_tensor_t *bias = mmd_eval_input(c, d->ports.bias);
  const mmd_tensor_t *mask = mmd_eval_input(c, d->ports.mask);
  size_t count;
  mmd_status_t status = mmd_shape_count(shape, &count);
  if (status) return mmd_status_annotate(status, "%s '%s'", c->node->op, c->node->name);
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &d->x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, d->ports.weight), &d->weight));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, d->ports.offset), &d->offset));
  if (bias) MMD_TRY(mmd_eval_load_f64(c, bias, &d->bias));
  if (mask) MMD_TRY(mmd_eval_load_f64(c, mask, &d->mask));
  MMD_TRY(mmd_eval_scratch(c, count, sizeof *d->y, &d->y));
  if (count > 0) {
    mmd_parallel_for(c->pool, (size_t)(d->batch * d->out_channels), 1, planes, d);
  }
  return mmd_eval_store_f64(c, 0, mmd_eval_input(c, 0)->dtype, shape, d->y);
}

// ---- Fast mode.

static mmd_status_t evaluate_fast(mmd_eval_context_t *c, const deform_t *d,
                                  const mmd_shape_t *shape) {
  const mmd_spatial_t *s = &d->s;
  const mmd_tensor_t *bias = mmd_eval_input(c, d->ports.bias);
  const mmd_tensor_t *mask = mmd_eval_input(c, d->ports.mask);
  mmd_conv_t k =
      mmd_conv_make((size_t)d->batch, (size_t)d->channels, (size_t)s->in[0], (size_t)s->in[1],
                    (size_t)d->out_channels, (size_t)s->kernel[0], (size_t)s->kernel[1]);
  k.groups = (size_t)d->groups;
  k.stride_h = (size_t)s->stride[0], k.stride_w = (size_t)s->stride[1];
  k.dilation_h = (size_t)s->dilation[0], k.dilation_w = (size_t)s->dilation[1];
  k.pad_top = (size_t)s->begin[0], k.pad_left = (size_t)s->begin[1];
  k.pad_bottom = (size_t)s->end[0], k.pad_right = (size_t)s->end[1];
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, shape, &y));
  return mmd_deform_conv_run(&k, (size_t)d->offset_groups, mmd_tensor_data(mmd_eval_input(c, 0)),
                             mmd_tensor_data(mmd_eval_input(c, d->ports.offset)),
                             mask ? mmd_tensor_data(mask) : NULL,
                             mmd_tensor_data(mmd_eval_input(c, d->ports.weight)),
                             bias ? mmd_tensor_data(bias) : NULL, y, c->pool);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  deform_t d = {.groups = 1};
  MMD_TRY(read_deform(c, &d));
  mmd_shape_t shape = {.rank = 4, .dims = {d.batch, d.out_channels, d.s.out[0], d.s.out[1]}};
  const mmd_shape_t *weight = &mmd_eval_input(c, d.ports.weight)->shape;
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank),
                        mmd_eval_product(weight->dims + 1, weight->rank - 1)));
  if (mmd_eval_fast_f32(c, 0, 4)) return evaluate_fast(c, &d, &shape);
  return evaluate_plain(c, &d, &shape);
}

// ---- Types.

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

// floor((in + pads - reach) / stride) + 1
static const mmd_dim_t *out_dim(mmd_infer_context_t *c, const mmd_spatial_t *s, int axis,
                                const mmd_dim_t *in, int64_t kernel) {
  if (kernel < 1 || kernel > 1 << 30) return NULL;
  int64_t reach = (kernel - 1) * s->dilation[axis] + 1;
  const mmd_dim_t *more = mmd_infer_const(c, s->begin[axis] + s->end[axis] - reach);
  const mmd_dim_t *steps = mmd_dim_floor_div(c->graph, mmd_dim_add(c->graph, in, more),
                                             mmd_infer_const(c, s->stride[axis]));
  return mmd_dim_add(c->graph, steps, mmd_infer_const(c, 1));
}

static mmd_status_t infer_mmcv(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_type_t *weight = mmd_infer_ranked(c, find_ports(c->node).weight);
  const mmd_type_t *offset = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[4] = {NULL};
  mmd_spatial_t s = {.rank = 2};
  MMD_TRY(read_mmcv_window(c->node, &s));
  if (x && x->rank == 4) dims[0] = x->dims[0];
  if (weight && weight->rank == 4) dims[1] = weight->dims[0];
  for (int i = 0; i < 2; ++i) {
    if (x && x->rank == 4 && weight && weight->rank == 4) {
      dims[i + 2] = out_dim(c, &s, i, x->dims[i + 2], mmd_dim_number(weight->dims[i + 2]));
    }
    bool known = mmd_dim_is_const(dims[i + 2]);
    if (known && dims[i + 2]->number < 1) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                            "the window does not fit on spatial axis %d", i);
    }
    // The offset has the size of the result.
    if (offset && offset->rank == 4 && (!dims[i + 2] || mmd_dim_is_const(offset->dims[i + 2]))) {
      if (!known) dims[i + 2] = offset->dims[i + 2];
    }
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, dims);
}

static const mmd_op_t ops[] = {
    {"", "DeformConv", 19, 3, 5, 1, 1, infer, evaluate, 0},
    {"mmcv", "MMCVDeformConv2d", 1, 3, 3, 1, 1, infer_mmcv, evaluate, 0},
    {"mmcv", "MMCVModulatedDeformConv2d", 1, 4, 5, 1, 1, infer_mmcv, evaluate, 0},
    {"mmdeploy", "MMCVDeformConv2d", 1, 3, 3, 1, 1, infer_mmcv, evaluate, 0},
    {"mmdeploy", "MMCVModulatedDeformConv2d", 1, 4, 5, 1, 1, infer_mmcv, evaluate, 0},
};
const mmd_op_family_t mmd_ops_deform_conv = MMD_OP_FAMILY(ops);
