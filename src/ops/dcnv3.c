// SPDX-License-Identifier: Apache-2.0
//
// TRTDCNv3, the core of InternImage's convolution, channels last: x (N x H x W x C), offset (N x OH
// x OW x groups * taps * 2) and mask (… * taps) give N x OH x OW x C.
#include "kernels/dcnv3.h"

#include "ops/bilinear.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  int64_t kernel[2], stride[2], pad[2], dilation[2];  // (h, w)
  int64_t groups, group_channels;
} attributes_t;

static mmd_status_t read_one(const mmd_node_t *node, const char *name, int64_t fallback,
                             int64_t least, int64_t *out_number) {
  *out_number = mmd_node_attr_int(node, name, fallback);
  if (*out_number >= least && *out_number <= 1 << 20) return NULL;
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%s of %lld", name, (long long)*out_number);
}

static mmd_status_t read_attributes(const mmd_node_t *node, attributes_t *a) {
  MMD_TRY(read_one(node, "kernel_h", 3, 1, &a->kernel[0]));
  MMD_TRY(read_one(node, "kernel_w", 3, 1, &a->kernel[1]));
  MMD_TRY(read_one(node, "stride_h", 1, 1, &a->stride[0]));
  MMD_TRY(read_one(node, "stride_w", 1, 1, &a->stride[1]));
  MMD_TRY(read_one(node, "pad_h", 1, 0, &a->pad[0]));
  MMD_TRY(read_one(node, "pad_w", 1, 0, &a->pad[1]));
  MMD_TRY(read_one(node, "dilation_h", 1, 1, &a->dilation[0]));
  MMD_TRY(read_one(node, "dilation_w", 1, 1, &a->dilation[1]));
  MMD_TRY(read_one(node, "group", 28, 1, &a->groups));
  return read_one(node, "group_channels", 16, 1, &a->group_channels);
}

static bool has_shape(const mmd_tensor_t *t, const int64_t *dims, int64_t channels) {
  const int64_t *have = t->shape.dims;
  return t->shape.rank == 4 && have[0] == dims[0] && have[1] == dims[1] && have[2] == dims[2] &&
         have[3] == channels;
}

static mmd_status_t read_dcnv3(mmd_eval_context_t *c, mmd_dcnv3_t *d, mmd_shape_t *shape) {
  const mmd_shape_t *x = &mmd_eval_input(c, 0)->shape;
  attributes_t a;
  MMD_TRY(read_attributes(c->node, &a));
  if (x->rank != 4 || x->dims[3] != a.groups * a.group_channels) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "the input is not N x H x W x %lld groups of %lld channels",
                          (long long)a.groups, (long long)a.group_channels);
  }
  *shape = *x;
  for (int i = 0; i < 2; ++i) {
    int64_t size = x->dims[i + 1] > 1 << 30 ? -1 : x->dims[i + 1];
    int64_t room = size + 2 * a.pad[i] - a.dilation[i] * (a.kernel[i] - 1) - 1;
    if (room < 0 || size < 0) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                            "the window does not fit on spatial axis %d", i);
    }
    shape->dims[i + 1] = room / a.stride[i] + 1;
  }
  int64_t maps = a.groups * a.kernel[0] * a.kernel[1];  // each at most 2^20
  if (!has_shape(mmd_eval_input(c, 1), shape->dims, 2 * maps) ||
      !has_shape(mmd_eval_input(c, 2), shape->dims, maps)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the offset or the mask does not fit");
  }
  *d = (mmd_dcnv3_t){
      .batch = (size_t)x->dims[0],
      .height = (size_t)x->dims[1],
      .width = (size_t)x->dims[2],
      .groups = (size_t)a.groups,
      .group_channels = (size_t)a.group_channels,
      .kernel_h = (size_t)a.kernel[0],
      .kernel_w = (size_t)a.kernel[1],
      .stride_h = (size_t)a.stride[0],
      .stride_w = (size_t)a.stride[1],
      .pad_h = (size_t)a.pad[0],
      .pad_w = (size_t)a.pad[1],
      .dilation_h = (size_t)a.dilation[0],
      .dilation_w = (size_t)a.dilation[1],
      .out_height = (size_t)shape->dims[1],
      .out_width = (size_t)shape->dims[2],
      .offset_scale = (float)mmd_node_attr_float(c->node, "offset_scale", 1),
  };
  return NULL;
}

// Element |at| of the result.
static double element(const mmd_dcnv3_t *d, const double *x, const double *offset,
                      const double *mask, size_t at) {
  size_t channels = d->groups * d->group_channels, taps = d->kernel_h * d->kernel_w;
  size_t channel = at % channels, pixel = at / channels, n = pixel / d->out_width / d->out_height;
  const mmd_plane_t plane = {x + n * d->height * d->width * channels + channel, (int64_t)d->height,
                             (int64_t)d->width, (int64_t)channels};
  double sum = 0, scale = (double)d->offset_scale;
  for (size_t t = 0; t < taps; ++t) {
    size_t map = (pixel * d->groups + channel / d->group_channels) * taps + t;
    double at_y, at_x;
    mmd_dcnv3_position(d, pixel / d->out_width % d->out_height, pixel % d->out_width, t, &at_y,
                       &at_x);
    at_x += offset[2 * map] * scale;
    at_y += offset[2 * map + 1] * scale;
    sum += mask[map] * mmd_plane_bilinear(&plane, at_y, at_x);
  }
  return sum;
}

static mmd_status_t evaluate_plain(mmd_eval_context_t *c, const mmd_dcnv3_t *d,
                                   const mmd_shape_t *shape) {
  const double *x, *offset, *mask;
  void *y;
  mmd_dtype_t dtype = mmd_eval_input(c, 0)->dtype;
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &x));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &offset));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &mask));
  MMD_TRY(mmd_eval_output_create(c, 0, dtype, shape, &y));
  size_t count = mmd_tensor_count(&c->outputs[0].tensor);
  for (size_t i = 0; i < count; ++i) {
    mmd_dtype_store_f64(dtype, y, i, element(d, x, offset, mask, i));
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  mmd_dcnv3_t d;
  mmd_shape_t shape;
  MMD_TRY(read_dcnv3(c, &d, &shape));
  MMD_TRY(mmd_eval_work(c, mmd_eval_product(shape.dims, shape.rank), d.kernel_h * d.kernel_w));
  if (!mmd_eval_fast_f32(c, 0, 2)) return evaluate_plain(c, &d, &shape);
  float *y;
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &y));
  if (mmd_tensor_count(&c->outputs[0].tensor) == 0) return NULL;
  return mmd_dcnv3_run(&d, mmd_tensor_data(mmd_eval_input(c, 0)),
                       mmd_tensor_data(mmd_eval_input(c, 1)), mmd_tensor_data(mmd_eval_input(c, 2)),
                       y, c->pool);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *x = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[4] = {NULL};
  attributes_t a;
  MMD_TRY(read_attributes(c->node, &a));
  dims[3] = mmd_infer_const(c, a.groups * a.group_channels);
  if (x && x->rank == 4) dims[0] = x->dims[0];
  for (int i = 0; i < 2 && x && x->rank == 4; ++i) {  // floor((in + room) / stride) + 1
    int64_t room = 2 * a.pad[i] - a.dilation[i] * (a.kernel[i] - 1) - 1;
    const mmd_dim_t *sum = mmd_dim_add(c->graph, x->dims[i + 1], mmd_infer_const(c, room));
    const mmd_dim_t *steps = mmd_dim_floor_div(c->graph, sum, mmd_infer_const(c, a.stride[i]));
    dims[i + 1] = mmd_dim_add(c->graph, steps, mmd_infer_const(c, 1));
  }
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 4, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "TRTDCNv3", 1, 3, 3, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_dcnv3 = MMD_OP_FAMILY(ops);
