// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/layers.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "backends/ncnn/runtime/ops/deform_conv.h"
#include "backends/ncnn/runtime/ops/generate.h"
#include "backends/ncnn/runtime/ops/multi_class_nms.h"
#include "backends/ncnn/runtime/ops/roi_align.h"
#include "backends/ncnn/runtime/ops/sizes.h"
#include "backends/ncnn/runtime/ops/top_k.h"
#include "backends/ncnn/runtime/ops/view.h"
#include "base/alloc.h"

enum { FAILED = -1, NO_MEMORY = -100, MAX_INPUTS = 1 + NCNN_ROI_LEVELS };

//===--- state of a layer --------------------------------------------------===//

typedef struct slice_t {
  int count;
  int starts[NCNN_VIEW_AXES], ends[NCNN_VIEW_AXES], axes[NCNN_VIEW_AXES], steps[NCNN_VIEW_AXES];
} slice_t;

typedef struct state_t {
  const ncnn_library_t *library;
  mmd_pool_t *pool;
  const ncnn_layer_type_t *type;
  int axis;
  float value;
  slice_t slice;
  ncnn_top_k_t top_k;
  ncnn_nms_t nms;
  ncnn_roi_t roi;
  ncnn_non_zero_t non_zero;
  ncnn_one_hot_t one_hot;
  ncnn_deform_t deform;
  ncnn_sizes_t sizes;
  int mode;
  int order[NCNN_REARRANGE_AXES], order_count;
} state_t;

struct ncnn_layer_type_t {
  const char *name;
  bool one_blob_only;
  int input_min, input_max;
  int (*load)(state_t *state, const ncnn_paramdict_t *params);  // may be NULL
  int (*run)(const state_t *state, int input_count, const ncnn_view_t *inputs, int output_count,
             ncnn_mat_t **outputs);
};

// The engine's struct has no place for state. No layer here works in place, so the slot of that
// function, which nobody calls, holds the pointer.
static void set_state(ncnn_layer_t *layer, state_t *state) {
  memcpy(&layer->forward_inplace_n, &state, sizeof state);
}

static state_t *get_state(const ncnn_layer_t *layer) {
  state_t *state = NULL;
  memcpy(&state, &layer->forward_inplace_n, sizeof state);
  return state;
}

//===--- sizes and indices -------------------------------------------------===//

static int to_int(float number) {
  const double rounded = floor((double)number + 0.5);
  return rounded >= INT_MIN && rounded <= INT_MAX ? (int)rounded : INT_MIN;
}

static int wrap_axis(int axis, int rank) {
  return axis < 0 ? axis + rank : axis;
}

// Sizes of a shape blob, whose first element is the batch.
static int read_shape(const ncnn_view_t *shape, int *out_sizes) {
  if (shape->rank != 1 || shape->sizes[0] < 2 || shape->sizes[0] > NCNN_VIEW_AXES + 1) return 0;
  for (int i = 1; i < shape->sizes[0]; ++i) out_sizes[i - 1] = to_int(shape->data[i]);
  return shape->sizes[0] - 1;
}

//===--- Shape, ConstantOfShape, Expand, Where -----------------------------===//

static int run_shape(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  ncnn_view_t out;
  const int size = inputs[0].rank + 1;
  if (!ncnn_view_create(state->library, 1, &size, &outputs[0], &out)) return NO_MEMORY;
  out.data[0] = 1;
  for (int i = 0; i < inputs[0].rank; ++i) out.data[i + 1] = (float)inputs[0].sizes[i];
  return 0;
}

static int load_value(state_t *state, const ncnn_paramdict_t *params) {
  state->value = state->library->fn.paramdict_get_float(params, 0, 0);
  return 0;
}

static int run_constant_of_shape(const state_t *state, int input_count, const ncnn_view_t *inputs,
                                 int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  ncnn_view_t out;
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  const int rank = read_shape(&inputs[0], sizes);
  if (!ncnn_view_create(state->library, rank, sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t offset = 0;
    for (int i = 0; i < rank; ++i) offset += (size_t)index[i] * out.strides[i];
    out.data[offset] = state->value;
  } while (ncnn_view_next(rank, sizes, index));
  return 0;
}

// The common size of all inputs; 0 where they do not fit.
static int broadcast(int count, const ncnn_view_t *inputs, int *out_sizes) {
  int rank = 0;
  for (int i = 0; i < count; ++i) rank = inputs[i].rank > rank ? inputs[i].rank : rank;
  for (int axis = 0; axis < rank; ++axis) {
    out_sizes[axis] = 1;
    for (int i = 0; i < count; ++i) {
      const int shift = rank - inputs[i].rank;
      const int size = axis < shift ? 1 : inputs[i].sizes[axis - shift];
      if (size == 1 || size == out_sizes[axis]) continue;
      if (out_sizes[axis] != 1) return 0;
      out_sizes[axis] = size;
    }
  }
  return rank;
}

static int run_expand(const state_t *state, int input_count, const ncnn_view_t *inputs,
                      int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  ncnn_view_t both[2] = {inputs[0], {0}}, out;
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  both[1].rank = read_shape(&inputs[1], both[1].sizes);
  const int rank = both[1].rank ? broadcast(2, both, sizes) : 0;
  if (!rank) return FAILED;
  if (!ncnn_view_create(state->library, rank, sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t offset = 0;
    for (int k = 0; k < rank; ++k) offset += (size_t)index[k] * out.strides[k];
    out.data[offset] = ncnn_view_at(&inputs[0], rank, index);
  } while (ncnn_view_next(rank, sizes, index));
  return 0;
}

static int run_where(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  (void)output_count;
  ncnn_view_t out;
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  const int rank = broadcast(input_count, inputs, sizes);
  if (!rank) return FAILED;
  if (!ncnn_view_create(state->library, rank, sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t offset = 0;
    for (int k = 0; k < rank; ++k) offset += (size_t)index[k] * out.strides[k];
    const bool is_true = ncnn_view_at(&inputs[0], rank, index) != 0.0F;
    out.data[offset] = ncnn_view_at(&inputs[is_true ? 1 : 2], rank, index);
  } while (ncnn_view_next(rank, sizes, index));
  return 0;
}

//===--- Gather ------------------------------------------------------------===//

static int load_axis(state_t *state, const ncnn_paramdict_t *params) {
  state->axis = state->library->fn.paramdict_get_int(params, 0, 0);
  return 0;
}

static int run_gather(const state_t *state, int input_count, const ncnn_view_t *inputs,
                      int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  const ncnn_view_t *data = &inputs[0], *indices = &inputs[1];
  const int axis = wrap_axis(state->axis, data->rank);
  ncnn_view_t out;
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  if (axis < 0 || axis >= data->rank || indices->rank != 1) return FAILED;
  memcpy(sizes, data->sizes, sizeof sizes);
  sizes[axis] = indices->sizes[0];
  for (int i = 0; i < sizes[axis]; ++i) {
    const int at = to_int(indices->data[i]);
    if (at < -data->sizes[axis] || at >= data->sizes[axis]) return FAILED;
  }
  if (!ncnn_view_create(state->library, data->rank, sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t to = 0, from = 0;
    for (int i = 0; i < data->rank; ++i) {
      const int at = to_int(indices->data[index[axis]]);
      to += (size_t)index[i] * out.strides[i];
      from += (size_t)(i == axis ? wrap_axis(at, data->sizes[axis]) : index[i]) * data->strides[i];
    }
    out.data[to] = data->data[from];
  } while (ncnn_view_next(data->rank, sizes, index));
  return 0;
}

// The index has the data's axes, each at most as long, and says where along one of them.
static int run_gather_elements(const state_t *state, int input_count, const ncnn_view_t *inputs,
                               int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  const ncnn_view_t *data = &inputs[0], *indices = &inputs[1];
  const int rank = data->rank, axis = wrap_axis(state->axis, rank);
  ncnn_view_t out;
  int index[NCNN_VIEW_AXES] = {0};
  if (axis < 0 || axis >= rank || indices->rank != rank) return FAILED;
  for (int i = 0; i < rank; ++i) {
    if (i != axis && indices->sizes[i] > data->sizes[i]) return FAILED;
  }
  if (!ncnn_view_create(state->library, rank, indices->sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t to = 0, from = 0, where = 0;
    for (int i = 0; i < rank; ++i) {
      to += (size_t)index[i] * out.strides[i];
      where += (size_t)index[i] * indices->strides[i];
    }
    const int at = wrap_axis(to_int(indices->data[where]), data->sizes[axis]);
    if (at < 0 || at >= data->sizes[axis]) return FAILED;
    for (int i = 0; i < rank; ++i) from += (size_t)(i == axis ? at : index[i]) * data->strides[i];
    out.data[to] = data->data[from];
  } while (ncnn_view_next(rank, indices->sizes, index));
  return 0;
}

//===--- TensorSlice -------------------------------------------------------===//

// At most |max| numbers of four bytes; -1 when there are more.
static int load_array(const ncnn_library_t *library, const ncnn_paramdict_t *params, int id,
                      int max, void *out_numbers) {
  const ncnn_functions_t *fn = &library->fn;
  ncnn_mat_t *empty = fn->mat_create();
  if (!empty) return -1;
  ncnn_mat_t *mat = fn->paramdict_get_array(params, id, empty);
  const void *data = mat ? fn->mat_get_data(mat) : NULL;
  const int count = data ? fn->mat_get_w(mat) : 0;
  if (count > 0 && count <= max) memcpy(out_numbers, data, (size_t)count * sizeof(int));
  if (mat) fn->mat_destroy(mat);
  fn->mat_destroy(empty);
  return count <= max ? count : -1;
}

static int load_slice(state_t *state, const ncnn_paramdict_t *params) {
  slice_t *s = &state->slice;
  const ncnn_library_t *library = state->library;
  s->count = load_array(library, params, 0, NCNN_VIEW_AXES, s->starts);
  if (s->count < 1 || load_array(library, params, 1, NCNN_VIEW_AXES, s->ends) != s->count)
    return FAILED;
  const int axes = load_array(library, params, 2, NCNN_VIEW_AXES, s->axes);
  const int steps = load_array(library, params, 3, NCNN_VIEW_AXES, s->steps);
  if ((axes && axes != s->count) || (steps && steps != s->count)) return FAILED;
  for (int i = 0; i < s->count; ++i) {
    if (!axes) s->axes[i] = i + 1;
    if (!steps) s->steps[i] = 1;
    if (!s->steps[i]) return FAILED;
  }
  return 0;
}

static int clamp(int number, int low, int high) {
  return number < low ? low : number > high ? high : number;
}

// Numpy's rules; axes count from 1, behind the batch. Of a mat with one axis they do not matter.
static bool resolve_slice(const slice_t *s, int i, const ncnn_view_t *data, int *out_axis,
                          int *out_start, int *out_count) {
  const int axis = data->rank == 1 ? 0 : s->axes[i] < 0 ? s->axes[i] + data->rank : s->axes[i] - 1;
  if (axis < 0 || axis >= data->rank) return false;
  const int size = data->sizes[axis], step = s->steps[i];
  const int64_t first = s->starts[i], last = s->ends[i];
  const int low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const int start =
      clamp((int)(first < 0 ? (first + size < low ? low : first + size) : first), low, high);
  const int end =
      clamp((int)(last < 0 ? (last + size < low ? low : last + size) : last), low, high);
  const int64_t span = step > 0 ? (int64_t)end - start : (int64_t)start - end;
  const int64_t stride = step > 0 ? step : -(int64_t)step;
  *out_axis = axis;
  *out_start = start;
  *out_count = span > 0 ? (int)((span + stride - 1) / stride) : 0;
  return true;
}

static int run_slice(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  const slice_t *s = &state->slice;
  const ncnn_view_t *data = &inputs[0];
  ncnn_view_t out;
  int sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  int starts[NCNN_VIEW_AXES] = {0}, steps[NCNN_VIEW_AXES] = {1, 1, 1, 1};
  if (s->count > data->rank) return NO_MEMORY;
  memcpy(sizes, data->sizes, sizeof sizes);
  for (int i = 0; i < s->count; ++i) {
    int axis = 0, start = 0, count = 0;
    if (!resolve_slice(s, i, data, &axis, &start, &count)) return FAILED;
    starts[axis] = start;
    steps[axis] = s->steps[i];
    sizes[axis] = count;
  }
  if (!ncnn_view_create(state->library, data->rank, sizes, &outputs[0], &out)) return NO_MEMORY;
  do {
    size_t to = 0, from = 0;
    for (int i = 0; i < data->rank; ++i) {
      to += (size_t)index[i] * out.strides[i];
      from += (size_t)(starts[i] + index[i] * steps[i]) * data->strides[i];
    }
    out.data[to] = data->data[from];
  } while (ncnn_view_next(data->rank, sizes, index));
  return 0;
}

//===--- TopK --------------------------------------------------------------===//

static int load_top_k(state_t *state, const ncnn_paramdict_t *params) {
  const ncnn_functions_t *fn = &state->library->fn;
  state->top_k = (ncnn_top_k_t){.axis = fn->paramdict_get_int(params, 0, -1),
                                .is_largest = fn->paramdict_get_int(params, 1, 1) != 0,
                                .is_sorted = fn->paramdict_get_int(params, 2, 1) != 0,
                                .keeps_dims = fn->paramdict_get_int(params, 3, 1) != 0};
  return 0;
}

static int run_top_k(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  const int k = input_count > 1 && ncnn_view_count(&inputs[1]) ? to_int(inputs[1].data[0]) : 1;
  return ncnn_top_k_run(state->library, &state->top_k, &inputs[0], k, output_count, outputs);
}

//===--- MultiClassNMS -----------------------------------------------------===//

static int load_nms(state_t *state, const ncnn_paramdict_t *params) {
  const ncnn_functions_t *fn = &state->library->fn;
  state->nms = (ncnn_nms_t){.score_threshold = fn->paramdict_get_float(params, 0, 0),
                            .iou_threshold = fn->paramdict_get_float(params, 1, 0),
                            .class_limit = fn->paramdict_get_int(params, 2, 1000),
                            .pre_top_k = fn->paramdict_get_int(params, 3, -1),
                            .keep = fn->paramdict_get_int(params, 4, -1),
                            .is_agnostic = fn->paramdict_get_int(params, 5, 0) != 0};
  return 0;
}

static int run_nms(const state_t *state, int input_count, const ncnn_view_t *inputs,
                   int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  return ncnn_nms_run(state->library, &state->nms, &inputs[0], &inputs[1], output_count, outputs);
}

//===--- RoIAlign ----------------------------------------------------------===//

static int load_roi(state_t *state, const ncnn_paramdict_t *params) {
  const ncnn_functions_t *fn = &state->library->fn;
  ncnn_roi_t *roi = &state->roi;
  const float min_size = fn->paramdict_get_float(params, 4, -1);
  roi->align = (mmd_roi_align_t){.out_height = fn->paramdict_get_int(params, 0, 7),
                                 .out_width = fn->paramdict_get_int(params, 1, 7),
                                 .sampling_ratio = fn->paramdict_get_int(params, 2, 2),
                                 .offset = fn->paramdict_get_float(params, 3, 0),
                                 .min_size = min_size < 0 ? -INFINITY : min_size,
                                 .pool = (mmd_roi_pool_t)fn->paramdict_get_int(params, 5, 0),
                                 .rotated = fn->paramdict_get_int(params, 6, 0) != 0,
                                 .clockwise = fn->paramdict_get_int(params, 7, 0) != 0,
                                 .finest_scale = fn->paramdict_get_float(params, 8, 56),
                                 .roi_scale_factor = fn->paramdict_get_float(params, 9, -1),
                                 .roi_border = fn->paramdict_get_float(params, 10, 1)};
  roi->level_count = load_array(state->library, params, 11, NCNN_ROI_LEVELS, roi->scales);
  return ncnn_roi_check(roi) ? 0 : FAILED;
}

static int run_roi(const state_t *state, int input_count, const ncnn_view_t *inputs,
                   int output_count, ncnn_mat_t **outputs) {
  (void)output_count;
  return ncnn_roi_run(state->library, state->pool, &state->roi, input_count, inputs, &outputs[0]);
}

//===--- deformable convolution --------------------------------------------===//

// The numbers of the parameters are those of the engine's convolutions.
static int load_deform(state_t *state, const ncnn_paramdict_t *params) {
  static const int ids[] = {0, 1, 11, 2, 12, 3, 13, 7, 8, 4, 15, 14, 16};
  enum { COUNT = sizeof ids / sizeof *ids, POSITIVE = 9 };
  const ncnn_functions_t *fn = &state->library->fn;
  ncnn_deform_t *d = &state->deform;
  size_t numbers[COUNT];
  for (int i = 0; i < COUNT; ++i) {
    const int number = fn->paramdict_get_int(params, ids[i], i < POSITIVE ? 1 : 0);
    if (number < (i < POSITIVE ? 1 : 0)) return FAILED;
    numbers[i] = (size_t)number;
  }
  d->conv = mmd_conv_make(1, 1, 1, 1, numbers[0], numbers[2], numbers[1]);
  d->conv.dilation_w = numbers[3], d->conv.dilation_h = numbers[4];
  d->conv.stride_w = numbers[5], d->conv.stride_h = numbers[6];
  d->conv.groups = numbers[7];
  d->offset_groups = numbers[8];
  d->conv.pad_left = numbers[9], d->conv.pad_right = numbers[10];
  d->conv.pad_top = numbers[11], d->conv.pad_bottom = numbers[12];
  d->has_bias = fn->paramdict_get_int(params, 5, 0) != 0;
  d->has_mask = fn->paramdict_get_int(params, 9, 0) != 0;
  return 0;
}

static int run_deform(const state_t *state, int input_count, const ncnn_view_t *inputs,
                      int output_count, ncnn_mat_t **outputs) {
  (void)output_count;
  return ncnn_deform_run(state->library, state->pool, &state->deform, input_count, inputs,
                         &outputs[0]);
}

//===--- NonZero, Range, OneHot --------------------------------------------===//

static int load_non_zero(state_t *state, const ncnn_paramdict_t *params) {
  ncnn_non_zero_t *n = &state->non_zero;
  n->count = load_array(state->library, params, 0, NCNN_NON_ZERO_AXES, n->axes);
  return n->count > 0 ? 0 : FAILED;
}

static int run_non_zero(const state_t *state, int input_count, const ncnn_view_t *inputs,
                        int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  return ncnn_non_zero_run(state->library, &state->non_zero, &inputs[0], &outputs[0]);
}

static int run_range(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  return ncnn_range_run(state->library, inputs, &outputs[0]);
}

static int load_one_hot(state_t *state, const ncnn_paramdict_t *params) {
  const ncnn_functions_t *fn = &state->library->fn;
  state->one_hot = (ncnn_one_hot_t){.depth = fn->paramdict_get_int(params, 0, 0),
                                    .off = fn->paramdict_get_float(params, 1, 0),
                                    .on = fn->paramdict_get_float(params, 2, 1)};
  return state->one_hot.depth > 0 ? 0 : FAILED;
}

static int run_one_hot(const state_t *state, int input_count, const ncnn_view_t *inputs,
                       int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  return ncnn_one_hot_run(state->library, &state->one_hot, &inputs[0], &outputs[0]);
}

//===--- Sizes, Pad --------------------------------------------------------===//

static int load_sizes(state_t *state, const ncnn_paramdict_t *params) {
  ncnn_sizes_t *s = &state->sizes;
  s->count = load_array(state->library, params, 0, 2 * MMD_NCNN_MAX_PROGRAM, s->code);
  return ncnn_sizes_check(s) ? 0 : FAILED;
}

static int run_sizes(const state_t *state, int input_count, const ncnn_view_t *inputs,
                     int output_count, ncnn_mat_t **outputs) {
  (void)output_count;
  return ncnn_sizes_run(state->library, &state->sizes, input_count, inputs, &outputs[0]);
}

static int load_pad(state_t *state, const ncnn_paramdict_t *params) {
  state->mode = state->library->fn.paramdict_get_int(params, 0, NCNN_PAD_CONSTANT);
  state->value = state->library->fn.paramdict_get_float(params, 1, 0);
  return state->mode >= 0 && state->mode < NCNN_PAD_MODES ? 0 : FAILED;
}

static int run_pad(const state_t *state, int input_count, const ncnn_view_t *inputs,
                   int output_count, ncnn_mat_t **outputs) {
  (void)output_count;
  const float value = input_count > 2 ? inputs[2].data[0] : state->value;
  return ncnn_pad_run(state->library, state->mode, value, &inputs[0], &inputs[1], &outputs[0]);
}

static int load_rearrange(state_t *state, const ncnn_paramdict_t *params) {
  state->order_count = load_array(state->library, params, 0, NCNN_REARRANGE_AXES, state->order);
  for (int i = 0; i < state->order_count; ++i) {
    if (state->order[i] < 0 || state->order[i] >= state->order_count) return FAILED;
  }
  return state->order_count > 0 ? 0 : FAILED;
}

static int run_rearrange(const state_t *state, int input_count, const ncnn_view_t *inputs,
                         int output_count, ncnn_mat_t **outputs) {
  (void)input_count;
  (void)output_count;
  return ncnn_rearrange_run(state->library, state->order_count, state->order, inputs, &outputs[0]);
}

//===--- the engine's side -------------------------------------------------===//

static const ncnn_layer_type_t g_types[NCNN_LAYER_TYPES] = {
    {"Shape", true, 1, 1, NULL, run_shape},
    {"ConstantOfShape", true, 1, 1, load_value, run_constant_of_shape},
    {"Gather", false, 2, 2, load_axis, run_gather},
    {"GatherElements", false, 2, 2, load_axis, run_gather_elements},
    {"TensorSlice", true, 1, 1, load_slice, run_slice},
    {"Expand", false, 2, 2, NULL, run_expand},
    {"TopK", false, 1, 2, load_top_k, run_top_k},
    {"Where", false, 3, 3, NULL, run_where},
    {"MultiClassNMS", false, 2, 2, load_nms, run_nms},
    {"MMCVMultiLevelRoiAlign", false, 2, 1 + NCNN_ROI_LEVELS, load_roi, run_roi},
    {"MMCVModulatedDeformConv2d", false, 3, 5, load_deform, run_deform},
    {"NonZero", true, 1, 1, load_non_zero, run_non_zero},
    {"Range", false, 3, 3, NULL, run_range},
    {"Sizes", false, 1, MAX_INPUTS, load_sizes, run_sizes},
    {"Pad", false, 2, 3, load_pad, run_pad},
    {"Rearrange", false, 3, 3, load_rearrange, run_rearrange},
    {"OneHot", true, 1, 1, load_one_hot, run_one_hot},
};

static int on_load_param(ncnn_layer_t *layer, const ncnn_paramdict_t *params) {
  state_t *state = get_state(layer);
  if (!state) return NO_MEMORY;
  return state->type->load ? state->type->load(state, params) : 0;
}

static int run(const ncnn_layer_t *layer, ncnn_mat_t *const *bottoms, int bottom_count,
               ncnn_mat_t **tops, int top_count) {
  const state_t *state = get_state(layer);
  const ncnn_functions_t *fn = &state->library->fn;
  ncnn_view_t inputs[MAX_INPUTS];
  int code = FAILED;
  bool is_good = bottom_count >= state->type->input_min && bottom_count <= state->type->input_max;
  for (int i = 0; i < bottom_count && is_good; ++i) {
    inputs[i] = ncnn_view_of(state->library, bottoms[i]);
    is_good = ncnn_view_count(&inputs[i]) > 0 && fn->mat_get_elemsize(bottoms[i]) == sizeof(float);
  }
  if (is_good) code = state->type->run(state, bottom_count, inputs, top_count, tops);
  for (int i = 0; i < top_count; ++i) {
    if (!tops[i]) tops[i] = fn->mat_create();
  }
  return code;
}

static int on_forward_1(const ncnn_layer_t *layer, const ncnn_mat_t *bottom, ncnn_mat_t **top,
                        const ncnn_option_t *option) {
  ncnn_mat_t *input = NULL;
  (void)option;
  memcpy(&input, &bottom, sizeof input);  // only read
  *top = NULL;
  return run(layer, &input, 1, top, 1);
}

static int on_forward_n(const ncnn_layer_t *layer, ncnn_mat_t *const *bottoms, int bottom_count,
                        ncnn_mat_t **tops, int top_count, const ncnn_option_t *option) {
  (void)option;
  for (int i = 0; i < top_count; ++i) tops[i] = NULL;
  return run(layer, bottoms, bottom_count, tops, top_count);
}

static ncnn_layer_t *on_create(void *user) {
  const ncnn_layer_maker_t *maker = user;
  const ncnn_functions_t *fn = &maker->library->fn;
  ncnn_layer_t *layer = fn->layer_create();
  if (!layer) return NULL;
  state_t *state = mmd_alloc(sizeof *state);
  if (state) {
    state->library = maker->library;
    state->pool = maker->pool;
    state->type = maker->type;
  }
  layer->load_param = on_load_param;  // refuses a layer without state
  layer->forward_1 = on_forward_1;
  layer->forward_n = on_forward_n;
  set_state(layer, state);
  fn->layer_set_one_blob_only(layer, maker->type->one_blob_only);
  return layer;
}

static void on_destroy(ncnn_layer_t *layer, void *user) {
  const ncnn_layer_maker_t *maker = user;
  mmd_free(get_state(layer));
  maker->library->fn.layer_destroy(layer);
}

bool ncnn_layers_have(const char *type) {
  for (int i = 0; i < NCNN_LAYER_TYPES; ++i) {
    if (strcmp(g_types[i].name, type) == 0) return true;
  }
  return false;
}

void ncnn_layers_register(ncnn_layers_t *layers, const ncnn_library_t *library, mmd_pool_t *pool,
                          ncnn_net_t *net) {
  for (int i = 0; i < NCNN_LAYER_TYPES; ++i) {
    layers->makers[i] = (ncnn_layer_maker_t){library, pool, &g_types[i]};
    library->fn.net_register_custom_layer_by_type(net, g_types[i].name, on_create, on_destroy,
                                                  &layers->makers[i]);
  }
}
