// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/sizes.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>

enum { BAD_INPUT = -1, NO_MEMORY = -100, STACK = 64 };

//===--- Sizes -------------------------------------------------------------===//

// How the operation changes the height of the stack.
static int growth(int operation) {
  if (operation == MMD_NCNN_SIZES_CONST || operation == MMD_NCNN_SIZES_AXIS) return 1;
  return -1;
}

bool ncnn_sizes_check(const ncnn_sizes_t *sizes) {
  int height = 0, given = 0;
  if (sizes->count < 2 || sizes->count % 2) return false;
  for (int i = 0; i < sizes->count; i += 2) {
    const int operation = sizes->code[i];
    const int needed = growth(operation) > 0 ? 0 : operation == MMD_NCNN_SIZES_GIVE ? 1 : 2;
    if (operation < 0 || operation > MMD_NCNN_SIZES_GIVE || height < needed) return false;
    height += growth(operation);
    given += operation == MMD_NCNN_SIZES_GIVE;
    if (height > STACK) return false;
  }
  return given > 0;
}

static int64_t divide(int64_t a, int64_t b, bool is_ceil) {
  const int64_t quotient = a / b, rest = a % b;
  if (!rest) return quotient;
  const bool is_below = (rest < 0) != (b < 0);
  return is_ceil ? quotient + !is_below : quotient - is_below;
}

// Sizes are far below what two of them overflow 64 bits with.
static bool apply(int operation, int64_t a, int64_t b, int64_t *out_number) {
  enum { FAR = INT_MAX };
  const bool is_division =
      operation == MMD_NCNN_SIZES_FLOOR_DIV || operation == MMD_NCNN_SIZES_CEIL_DIV;
  if (a > FAR || a < -FAR || b > FAR || b < -FAR || (is_division && !b)) return false;
  *out_number = operation == MMD_NCNN_SIZES_ADD   ? a + b
                : operation == MMD_NCNN_SIZES_MUL ? a * b
                : operation == MMD_NCNN_SIZES_MIN ? (a < b ? a : b)
                : operation == MMD_NCNN_SIZES_MAX
                    ? (a > b ? a : b)
                    : divide(a, b, operation == MMD_NCNN_SIZES_CEIL_DIV);
  return true;
}

static bool read_axis(int operand, int input_count, const ncnn_view_t *inputs, int64_t *out_size) {
  const int input = operand / MMD_NCNN_MAX_AXES, axis = operand % MMD_NCNN_MAX_AXES;
  if (operand < 0 || input >= input_count || axis >= inputs[input].rank) return false;
  *out_size = inputs[input].sizes[axis];
  return true;
}

int ncnn_sizes_run(const ncnn_library_t *library, const ncnn_sizes_t *sizes, int input_count,
                   const ncnn_view_t *inputs, ncnn_mat_t **out_mat) {
  int64_t stack[STACK + 1];
  int height = 0, given = 0, count = 0;
  ncnn_view_t out;
  for (int i = 0; i < sizes->count; i += 2) count += sizes->code[i] == MMD_NCNN_SIZES_GIVE;
  if (!ncnn_view_create(library, 1, &count, out_mat, &out)) return NO_MEMORY;
  for (int i = 0; i < sizes->count; i += 2) {
    const int operation = sizes->code[i], operand = sizes->code[i + 1];
    bool is_good = true;
    if (operation == MMD_NCNN_SIZES_CONST) {
      stack[height++] = operand;
    } else if (operation == MMD_NCNN_SIZES_AXIS) {
      is_good = read_axis(operand, input_count, inputs, &stack[height++]);
    } else if (operation == MMD_NCNN_SIZES_GIVE) {
      out.data[given++] = (float)stack[--height];
    } else {
      --height;
      is_good = apply(operation, stack[height - 1], stack[height], &stack[height - 1]);
    }
    if (!is_good) return BAD_INPUT;
  }
  return 0;
}

//===--- Pad ---------------------------------------------------------------===//

// The element that stands at |at|, which may lie outside; -1 = none.
static int64_t source(int mode, int64_t at, int64_t size) {
  if (at >= 0 && at < size) return at;
  if (mode == NCNN_PAD_EDGE) return at < 0 ? 0 : size - 1;
  if (mode == NCNN_PAD_WRAP) return (at % size + size) % size;
  if (mode != NCNN_PAD_REFLECT) return -1;
  const int64_t period = size > 1 ? 2 * (size - 1) : 1;
  const int64_t place = (at % period + period) % period;
  return place < size ? place : period - place;
}

static bool read_pads(const ncnn_view_t *data, const ncnn_view_t *pads, int *begins, int *sizes) {
  if (pads->rank != 1 || pads->sizes[0] != 2 * data->rank) return false;
  for (int i = 0; i < data->rank; ++i) {
    const double begin = floor((double)pads->data[i] + 0.5);
    const double size = begin + data->sizes[i] + floor((double)pads->data[data->rank + i] + 0.5);
    if (!(fabs(begin) < INT_MAX && size >= 1 && size < INT_MAX)) return false;
    begins[i] = (int)begin;
    sizes[i] = (int)size;
  }
  return true;
}

int ncnn_pad_run(const ncnn_library_t *library, int mode, float value, const ncnn_view_t *data,
                 const ncnn_view_t *pads, ncnn_mat_t **out_mat) {
  int begins[NCNN_VIEW_AXES], sizes[NCNN_VIEW_AXES], index[NCNN_VIEW_AXES] = {0};
  ncnn_view_t out;
  if (!read_pads(data, pads, begins, sizes)) return BAD_INPUT;
  if (!ncnn_view_create(library, data->rank, sizes, out_mat, &out)) return NO_MEMORY;
  do {
    size_t to = 0, from = 0;
    bool is_inside = true;
    for (int i = 0; i < data->rank && is_inside; ++i) {
      const int64_t at = source(mode, (int64_t)index[i] - begins[i], data->sizes[i]);
      is_inside = at >= 0;
      if (is_inside) from += (size_t)at * data->strides[i];
    }
    for (int i = 0; i < data->rank; ++i) to += (size_t)index[i] * out.strides[i];
    out.data[to] = is_inside ? data->data[from] : value;
  } while (ncnn_view_next(data->rank, sizes, index));
  return 0;
}

//===--- Rearrange ---------------------------------------------------------===//

static bool read_sizes(const ncnn_view_t *view, int count, int *out_sizes, size_t *out_total) {
  *out_total = 1;
  if (view->rank != 1 || view->sizes[0] != count) return false;
  for (int i = 0; i < count; ++i) {
    const double size = floor((double)view->data[i] + 0.5);
    if (!(size >= 1 && size * (double)*out_total <= INT_MAX)) return false;
    out_sizes[i] = (int)size;
    *out_total *= (size_t)size;
  }
  return true;
}

int ncnn_rearrange_run(const ncnn_library_t *library, int count, const int *order,
                       const ncnn_view_t *inputs, ncnn_mat_t **out_mat) {
  int from[NCNN_REARRANGE_AXES], to[NCNN_REARRANGE_AXES], index[NCNN_REARRANGE_AXES] = {0};
  size_t strides[NCNN_REARRANGE_AXES], steps[NCNN_REARRANGE_AXES], total = 0, all = 0, stride = 1;
  ncnn_view_t out;
  if (inputs[0].rank != 1 || !read_sizes(&inputs[1], count, from, &total) ||
      !read_sizes(&inputs[2], count, to, &all) || total != (size_t)inputs[0].sizes[0])
    return BAD_INPUT;
  for (int i = count - 1; i >= 0; --i) {
    strides[i] = from[i] == 1 ? 0 : stride;
    stride *= (size_t)from[i];
  }
  for (int i = 0; i < count; ++i) {
    steps[i] = strides[order[i]];
    if (steps[i] && to[i] != from[order[i]]) return BAD_INPUT;
  }
  const int size = (int)all;
  if (!ncnn_view_create(library, 1, &size, out_mat, &out)) return NO_MEMORY;
  size_t at = 0;
  do {
    size_t offset = 0;
    for (int i = 0; i < count; ++i) offset += (size_t)index[i] * steps[i];
    out.data[at++] = inputs[0].data[offset];
  } while (ncnn_view_next(count, to, index));
  return 0;
}
