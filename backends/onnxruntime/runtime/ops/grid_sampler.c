// SPDX-License-Identifier: Apache-2.0
//
// grid_sampler: an image (N x C x H x W) read at positions (N x H' x W' x 2).
#include "kernels/grid_sample.h"

#include "backends/onnxruntime/runtime/ops/custom_op.h"
#include "base/checked.h"

typedef struct sampler_t {
  mmd_grid_mode_t mode;
  mmd_grid_padding_t padding;
  bool align_corners;
} sampler_t;

static mmd_status_t read(const ort_op_attrs_t *attrs, void *attributes) {
  sampler_t *s = attributes;
  int64_t mode, padding, align;
  MMD_TRY(ort_op_attr_int(attrs, "interpolation_mode", 0, &mode));
  MMD_TRY(ort_op_attr_int(attrs, "padding_mode", 0, &padding));
  MMD_TRY(ort_op_attr_int(attrs, "align_corners", 0, &align));
  if (mode < 0 || mode > MMD_GRID_CUBIC || padding < 0 || padding > MMD_GRID_REFLECTION) {
    return MMD_ERROR(MMD_NOT_SUPPORTED,
                     "interpolation_mode %lld, padding_mode %lld; 0 to 2 are supported",
                     (long long)mode, (long long)padding);
  }
  *s = (sampler_t){(mmd_grid_mode_t)mode, (mmd_grid_padding_t)padding, align != 0};
  return NULL;
}

static mmd_status_t compute(const void *attributes, const ort_op_call_t *call) {
  const sampler_t *s = attributes;
  const ort_op_tensor_t *x = &call->inputs[0], *grid = &call->inputs[1];
  const int axes = x->rank - 2;
  if (axes < 2 || axes > (s->mode == MMD_GRID_CUBIC ? 2 : 3) || grid->rank != x->rank ||
      grid->dims[0] != x->dims[0] || grid->dims[axes + 1] != axes) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "the grid (rank %d) does not fit the input (rank %d)",
                     grid->rank, x->rank);
  }
  mmd_grid_sample_t g = {.mode = s->mode,
                         .padding = s->padding,
                         .align_corners = s->align_corners,
                         .axes = axes,
                         .batch = (size_t)x->dims[0],
                         .channels = (size_t)x->dims[1],
                         .points = 1};
  int64_t dims[ORT_OP_MAX_RANK] = {x->dims[0], x->dims[1]};
  size_t pixels = 1;
  for (int i = 0; i < axes; ++i) {
    dims[i + 2] = grid->dims[i + 1];
    g.size[i] = (size_t)x->dims[i + 2];
    g.points *= (size_t)grid->dims[i + 1];  // of a tensor that is there
    pixels *= g.size[i];
  }
  if (pixels == 0 && g.points > 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "the input is empty");
  float *y = NULL;
  MMD_TRY(ort_op_output(call, x->rank, dims, &y));
  if (g.batch == 0 || g.channels == 0 || g.points == 0) return NULL;
  return mmd_grid_sample_run(&g, x->data, grid->data, y, call->pool);
}

const ort_op_def_t ort_op_grid_sampler = {"grid_sampler",    2,    2,      MMD_F32, 4,
                                          sizeof(sampler_t), read, compute};
