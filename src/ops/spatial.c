// SPDX-License-Identifier: Apache-2.0
#include "ops/spatial.h"

#include <string.h>

#include "ops/eval_util.h"

// No size or step of a window is larger; products of two then fit in 64 bits.
#define LIMIT ((int64_t)1 << 30)

static mmd_status_t check_range(const mmd_node_t *node, const char *what, int rank,
                                const int64_t *numbers, int64_t low) {
  for (int i = 0; i < rank; ++i) {
    if (numbers[i] >= low && numbers[i] <= LIMIT) continue;
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%s of %lld on spatial axis %d", what,
                          (long long)numbers[i], i);
  }
  return NULL;
}

mmd_status_t mmd_spatial_read_window(const mmd_node_t *node, const mmd_shape_t *input,
                                     const int64_t *kernel, mmd_spatial_t *out_spatial) {
  mmd_spatial_t *s = out_spatial;
  *s = (mmd_spatial_t){.rank = input->rank - 2};
  if (s->rank < 1) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "the input has rank %d, at least 3 is needed",
                          input->rank);
  }
  size_t rank = (size_t)s->rank;
  memcpy(s->in, input->dims + 2, rank * sizeof *s->in);
  MMD_TRY(mmd_node_ints(node, "strides", rank, 1, s->stride));
  MMD_TRY(mmd_node_ints(node, "dilations", rank, 1, s->dilation));
  MMD_TRY(mmd_node_ints(node, "kernel_shape", rank, 0, s->kernel));
  if (kernel) memcpy(s->kernel, kernel, rank * sizeof *kernel);
  MMD_TRY(check_range(node, "a size", s->rank, s->in, 0));
  MMD_TRY(check_range(node, "a stride", s->rank, s->stride, 1));
  MMD_TRY(check_range(node, "a dilation", s->rank, s->dilation, 1));
  return check_range(node, "a kernel", s->rank, s->kernel, 1);
}

typedef enum { NOTSET, SAME_UPPER, SAME_LOWER, VALID, UNKNOWN } auto_pad_t;

static auto_pad_t read_auto_pad(const mmd_node_t *node) {
  const char *mode = mmd_node_attr_string(node, "auto_pad", "NOTSET");
  if (strcmp(mode, "NOTSET") == 0 || !*mode) return NOTSET;
  if (strcmp(mode, "SAME_UPPER") == 0) return SAME_UPPER;
  if (strcmp(mode, "SAME_LOWER") == 0) return SAME_LOWER;
  return strcmp(mode, "VALID") == 0 ? VALID : UNKNOWN;
}

// So that the result has ceil(in / stride) elements.
static void same_pads(mmd_spatial_t *s, int i, bool upper) {
  int64_t reach = (s->kernel[i] - 1) * s->dilation[i] + 1;
  int64_t out = (s->in[i] + s->stride[i] - 1) / s->stride[i];
  int64_t total = out > 0 ? (out - 1) * s->stride[i] + reach - s->in[i] : 0;
  if (total < 0) total = 0;
  s->begin[i] = upper ? total / 2 : total - total / 2;
  s->end[i] = total - s->begin[i];
}

mmd_status_t mmd_spatial_read(const mmd_node_t *node, const mmd_shape_t *input,
                              const int64_t *kernel, mmd_spatial_t *out_spatial) {
  mmd_spatial_t *s = out_spatial;
  MMD_TRY(mmd_spatial_read_window(node, input, kernel, s));
  auto_pad_t auto_pad = read_auto_pad(node);
  bool ceil_mode = mmd_node_attr_int(node, "ceil_mode", 0) != 0;
  if (auto_pad == UNKNOWN) return mmd_node_error(node, MMD_INVALID_ARGUMENT, "unknown auto_pad");
  if (auto_pad == NOTSET) {
    int64_t pads[2 * MMD_SPATIAL_MAX];
    MMD_TRY(mmd_node_ints(node, "pads", 2 * (size_t)s->rank, 0, pads));
    MMD_TRY(check_range(node, "a pad", 2 * s->rank, pads, 0));
    memcpy(s->begin, pads, (size_t)s->rank * sizeof *pads);
    memcpy(s->end, pads + s->rank, (size_t)s->rank * sizeof *pads);
  }
  for (int i = 0; i < s->rank; ++i) {
    if (auto_pad == SAME_UPPER || auto_pad == SAME_LOWER) same_pads(s, i, auto_pad == SAME_UPPER);
    int64_t reach = (s->kernel[i] - 1) * s->dilation[i] + 1;
    int64_t room = s->in[i] + s->begin[i] + s->end[i] - reach;
    bool reaches_out = ceil_mode && room > -s->stride[i] && s->in[i] + s->begin[i] > 0;
    if (room < 0 && !reaches_out) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT,
                            "a window of %lld does not fit into %lld elements on spatial axis %d",
                            (long long)reach, (long long)(room + reach), i);
    }
    s->out[i] = room < 0 ? 1 : room / s->stride[i] + 1;
    if (room < 0 || !ceil_mode || room % s->stride[i] == 0) continue;
    // One more window, unless it would begin in the padding behind.
    if (s->out[i] * s->stride[i] < s->in[i] + s->begin[i]) ++s->out[i];
  }
  return NULL;
}

void mmd_spatial_range(const mmd_spatial_t *spatial, int axis, int64_t k, int64_t *out_offset,
                       int64_t *out_first, int64_t *out_last) {
  int64_t stride = spatial->stride[axis];
  int64_t offset = k * spatial->dilation[axis] - spatial->begin[axis];
  int64_t room = spatial->in[axis] - 1 - offset;
  *out_offset = offset;
  *out_first = offset < 0 ? (-offset + stride - 1) / stride : 0;
  *out_last = room < 0 ? 0 : room / stride + 1;
  if (*out_last > spatial->out[axis]) *out_last = spatial->out[axis];
}

int64_t mmd_spatial_count(const int64_t *dims, int rank) {
  int64_t count = 1;
  for (int i = 0; i < rank; ++i) count *= dims[i];
  return count;
}

static const mmd_dim_t *out_dim(mmd_graph_t *graph, const mmd_dim_t *in, int64_t kernel,
                                int64_t stride, int64_t dilation, int64_t begin, int64_t end,
                                auto_pad_t auto_pad, bool ceil_mode) {
  const mmd_dim_t *step = mmd_dim_const(graph, stride), *one = mmd_dim_const(graph, 1);
  if (auto_pad == SAME_UPPER || auto_pad == SAME_LOWER) return mmd_dim_ceil_div(graph, in, step);
  int64_t reach = (kernel - 1) * dilation + 1, more = 0;
  if (ceil_mode && !mmd_dim_is_const(in)) {
    // Whether the last window stays is known where it cannot begin in the padding.
    if (end > reach - stride) return NULL;
    more = stride - 1;
  }
  const mmd_dim_t *room = mmd_dim_add(graph, in, mmd_dim_const(graph, begin + end - reach + more));
  return mmd_dim_add(graph, mmd_dim_floor_div(graph, room, step), one);
}

mmd_status_t mmd_spatial_infer(mmd_graph_t *graph, const mmd_node_t *node, const mmd_type_t *input,
                               const mmd_type_t *weight, const mmd_dim_t **out_dims) {
  mmd_shape_t shape = {.rank = input->rank};
  int64_t kernel[MMD_SPATIAL_MAX], pads[2 * MMD_SPATIAL_MAX];
  int rank = input->rank - 2;
  for (int i = 0; i < rank; ++i) out_dims[i] = NULL;
  if (weight && (!weight->has_rank || weight->rank != input->rank)) return NULL;
  for (int i = 0; i < rank; ++i) {
    int64_t dim = mmd_dim_number(input->dims[i + 2]);
    shape.dims[i + 2] = dim < 0 ? 1 : dim;
    if (weight) kernel[i] = mmd_dim_number(weight->dims[i + 2]);
    if (weight && kernel[i] < 0) return NULL;
  }
  mmd_spatial_t s;
  auto_pad_t auto_pad = read_auto_pad(node);
  bool ceil_mode = mmd_node_attr_int(node, "ceil_mode", 0) != 0, all_known = true;
  MMD_TRY(mmd_spatial_read_window(node, &shape, weight ? kernel : NULL, &s));
  MMD_TRY(mmd_node_ints(node, "pads", 2 * (size_t)rank, 0, pads));
  MMD_TRY(check_range(node, "a pad", 2 * rank, pads, 0));
  for (int i = 0; i < rank; ++i) all_known = all_known && mmd_dim_is_const(input->dims[i + 2]);
  if (all_known) MMD_TRY(mmd_spatial_read(node, &shape, weight ? kernel : NULL, &s));
  for (int i = 0; i < rank; ++i) {
    const bool has_pads = auto_pad == NOTSET;
    out_dims[i] = all_known ? mmd_dim_const(graph, s.out[i])
                            : out_dim(graph, input->dims[i + 2], s.kernel[i], s.stride[i],
                                      s.dilation[i], has_pads ? pads[i] : 0,
                                      has_pads ? pads[rank + i] : 0, auto_pad, ceil_mode);
    if (mmd_dim_is_const(out_dims[i]) && out_dims[i]->number < 1) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT,
                            "the window does not fit on spatial axis %d", i);
    }
  }
  return NULL;
}
