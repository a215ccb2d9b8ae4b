// SPDX-License-Identifier: Apache-2.0
//
// MMCVDeformConv2d (x, offset, weight) and MMCVModulatedDeformConv2d (x, offset, mask, weight, bias
// or none).
#include "kernels/deform_conv.h"

#include "backends/onnxruntime/runtime/ops/custom_op.h"
#include "base/checked.h"

enum { MAX_SIZE = 1 << 30 };

typedef struct deform_t {
  int64_t stride[2], dilation[2], begin[2], end[2];
  int64_t groups, deform_groups;
} deform_t;

//===--- attributes --------------------------------------------------------===//

static mmd_status_t read_pair(const ort_op_attrs_t *attrs, const char *name, int64_t *pair) {
  size_t count;
  pair[0] = pair[1] = 1;
  MMD_TRY(ort_op_attr_ints(attrs, name, 2, pair, &count));
  if (count == 1) pair[1] = pair[0];
  for (int i = 0; i < 2; ++i) {
    if (pair[i] < 1 || pair[i] > MAX_SIZE) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute %s: %lld", name, (long long)pair[i]);
    }
  }
  return NULL;
}

// (h, w), or (top, bottom, left, right) as MMDeploy's exporter writes it for MMCVDeformConv2d.
static mmd_status_t read_padding(const ort_op_attrs_t *attrs, deform_t *d) {
  int64_t pads[4] = {0};
  size_t count;
  MMD_TRY(ort_op_attr_ints(attrs, "padding", 4, pads, &count));
  if (count == 1 || count == 3) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute padding: %zu numbers, 2 or 4 are expected",
                     count);
  }
  for (int i = 0; i < 2; ++i) {
    d->begin[i] = pads[count == 4 ? 2 * i : i];
    d->end[i] = pads[count == 4 ? 2 * i + 1 : i];
    if (d->begin[i] < 0 || d->end[i] < 0 || d->begin[i] > MAX_SIZE || d->end[i] > MAX_SIZE) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "attribute padding: %lld, %lld",
                       (long long)d->begin[i], (long long)d->end[i]);
    }
  }
  return NULL;
}

static mmd_status_t read(const ort_op_attrs_t *attrs, void *attributes) {
  deform_t *d = attributes;
  MMD_TRY(read_pair(attrs, "stride", d->stride));
  MMD_TRY(read_pair(attrs, "dilation", d->dilation));
  MMD_TRY(read_padding(attrs, d));
  MMD_TRY(ort_op_attr_int(attrs, "groups", 1, &d->groups));
  MMD_TRY(ort_op_attr_int(attrs, "deform_groups", 1, &d->deform_groups));
  if (d->groups < 1 || d->deform_groups < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "groups %lld, deform_groups %lld", (long long)d->groups,
                     (long long)d->deform_groups);
  }
  return NULL;
}

//===--- inputs ------------------------------------------------------------===//

typedef struct inputs_t {
  const ort_op_tensor_t *x, *offset, *mask, *weight, *bias;
} inputs_t;

static mmd_status_t fit_error(const char *what) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s does not fit", what);
}

static mmd_status_t check_groups(const deform_t *d, const inputs_t *in) {
  const int64_t channels = in->x->dims[1], *w = in->weight->dims;
  if (channels % d->groups || channels / d->groups != w[1] || w[0] % d->groups ||
      channels % d->deform_groups || channels == 0) {
    return fit_error("a group");
  }
  return NULL;
}

static bool has_shape(const ort_op_tensor_t *t, int64_t images, int64_t maps, const int64_t *out) {
  return t->rank == 4 && t->dims[0] == images && t->dims[1] == maps && t->dims[2] == out[0] &&
         t->dims[3] == out[1];
}

static mmd_status_t find_output(const deform_t *d, const inputs_t *in, int64_t *out) {
  for (int i = 0; i < 2; ++i) {
    const int64_t size = in->x->dims[i + 2], kernel = in->weight->dims[i + 2];
    if (size > MAX_SIZE || kernel < 1 || kernel > MAX_SIZE) return fit_error("a size");
    const int64_t room = size + d->begin[i] + d->end[i] - (kernel - 1) * d->dilation[i] - 1;
    if (room < 0) return fit_error("a window that is larger than the input");
    out[i] = room / d->stride[i] + 1;
  }
  return NULL;
}

static mmd_status_t check_inputs(const deform_t *d, const inputs_t *in, int64_t *out) {
  int64_t taps, maps, pairs;
  if (in->x->rank != 4 || in->weight->rank != 4) {
    return fit_error("an input of another rank than 4");
  }
  MMD_TRY(find_output(d, in, out));
  MMD_TRY(check_groups(d, in));
  if (!mmd_checked_mul_i64(in->weight->dims[2], in->weight->dims[3], &taps) ||
      !mmd_checked_mul_i64(d->deform_groups, taps, &maps) ||
      !mmd_checked_mul_i64(maps, 2, &pairs) || !has_shape(in->offset, in->x->dims[0], pairs, out)) {
    return fit_error("the offset");
  }
  if (in->mask && !has_shape(in->mask, in->x->dims[0], maps, out)) return fit_error("the mask");
  if (in->bias && (in->bias->rank != 1 || in->bias->dims[0] != in->weight->dims[0])) {
    return fit_error("the bias");
  }
  return NULL;
}

//===--- runs --------------------------------------------------------------===//

static mmd_status_t run(const deform_t *d, const ort_op_call_t *call, const inputs_t *in) {
  const int64_t *x = in->x->dims, *w = in->weight->dims;
  int64_t out[2];
  MMD_TRY(check_inputs(d, in, out));
  const int64_t dims[4] = {x[0], w[0], out[0], out[1]};
  float *y = NULL;
  MMD_TRY(ort_op_output(call, 4, dims, &y));
  if (x[0] == 0 || w[0] == 0) return NULL;
  mmd_conv_t conv = mmd_conv_make((size_t)x[0], (size_t)x[1], (size_t)x[2], (size_t)x[3],
                                  (size_t)w[0], (size_t)w[2], (size_t)w[3]);
  conv.groups = (size_t)d->groups;
  conv.stride_h = (size_t)d->stride[0], conv.stride_w = (size_t)d->stride[1];
  conv.dilation_h = (size_t)d->dilation[0], conv.dilation_w = (size_t)d->dilation[1];
  conv.pad_top = (size_t)d->begin[0], conv.pad_left = (size_t)d->begin[1];
  conv.pad_bottom = (size_t)d->end[0], conv.pad_right = (size_t)d->end[1];
  return mmd_deform_conv_run(&conv, (size_t)d->deform_groups, in->x->data, in->offset->data,
                             in->mask ? in->mask->data : NULL, in->weight->data,
                             in->bias ? in->bias->data : NULL, y, call->pool);
}

static mmd_status_t compute_plain(const void *attributes, const ort_op_call_t *call) {
  const ort_op_tensor_t *t = call->inputs;
  return run(attributes, call, &(inputs_t){.x = &t[0], .offset = &t[1], .weight = &t[2]});
}

static mmd_status_t compute_modulated(const void *attributes, const ort_op_call_t *call) {
  const ort_op_tensor_t *t = call->inputs;
  return run(attributes, call, &(inputs_t){&t[0], &t[1], &t[2], &t[3], t[4].data ? &t[4] : NULL});
}

const ort_op_def_t ort_op_deform_conv = {
    "MMCVDeformConv2d", 3, 3, MMD_F32, 4, sizeof(deform_t), read, compute_plain};
const ort_op_def_t ort_op_modulated_deform_conv = {
    "MMCVModulatedDeformConv2d", 5, 4, MMD_F32, 4, sizeof(deform_t), read, compute_modulated};
