// SPDX-License-Identifier: Apache-2.0
//
// Operators that move elements or make tensors.
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

//===--- sources -----------------------------------------------------------===//

// Only what an older pass left: constants are edges of their own.
void ts_lower_constant(ts_lower_t *l) {
  const mmd_tensor_t *tensor = mmd_node_attr_tensor(l->node, "value");
  mmd_tensor_t made = {0};
  size_t index = 0;
  mmd_status_t status = NULL;
  if (mmd_node_attr(l->node, "value_float")) {
    status = mmd_tensor_scalar_f32((float)ts_attr_float(l, "value_float", 0), &made);
  } else if (mmd_node_attr(l->node, "value_int")) {
    status = mmd_tensor_scalar_i64(ts_attr_int(l, "value_int", 0), &made);
  } else if (!tensor) {
    ts_refuse(l, "only tensors and numbers");
    return;
  }
  if (!status) status = ts_archive_add_constant(l->archive, tensor ? tensor : &made, &index);
  mmd_tensor_deinit(&made);
  ts_fail(l, status);
  ts_output(l, 0, ts_text(l, "CONSTANTS.c%zu", index));
}

void ts_lower_constant_of_shape(ts_lower_t *l) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(l->node, "value");
  const mmd_dtype_t dtype = value ? value->dtype : MMD_F32;
  const double number = value && mmd_tensor_count(value) ? mmd_tensor_get_f64(value, 0) : 0;
  ts_output(l, 0,
            ts_let(l, "torch.full(%s, %s, dtype=%s)", ts_int_list(l, 0),
                   ts_scalar(l, dtype, number), ts_dtype(l, dtype)));
}

void ts_lower_range(ts_lower_t *l) {
  const mmd_dtype_t dtype = ts_input_dtype(l, 0);
  const bool is_float = mmd_dtype_is_float(dtype);
  const char *part[3];
  for (size_t i = 0; i < 3; ++i) part[i] = is_float ? ts_float(l, i) : ts_int(l, i);
  ts_output(l, 0,
            ts_let(l, "torch.arange(%s, %s, %s, dtype=%s)", part[0], part[1], part[2],
                   ts_dtype(l, dtype)));
}

void ts_lower_eye_like(ts_lower_t *l) {
  const mmd_dtype_t dtype = (mmd_dtype_t)ts_attr_int(l, "dtype", ts_input_dtype(l, 0));
  const long long k = (long long)ts_attr_int(l, "k", 0);
  const char *ones = ts_let(l, "torch.full_like(%s, 1, dtype=6)", ts_input(l, 0));
  ts_output(l, 0,
            ts_let(l, "torch.to(torch.triu(torch.tril(%s, %lld), %lld), %s)", ones, k, k,
                   ts_dtype(l, dtype)));
}

//===--- sizes -------------------------------------------------------------===//

void ts_lower_shape(ts_lower_t *l) {
  const char *shape = ts_let(l, "torch._shape_as_tensor(%s)", ts_input(l, 0));
  const long long start = (long long)ts_attr_int(l, "start", 0);
  if (mmd_node_attr(l->node, "end")) {
    shape = ts_let(l, "torch.slice(%s, 0, %lld, %lld)", shape, start,
                   (long long)ts_attr_int(l, "end", 0));
  } else if (start) {
    shape = ts_let(l, "torch.slice(%s, 0, %lld)", shape, start);
  }
  ts_output(l, 0, shape);
}

// A literal whose zeros copy sizes.
static const char *literal_shape(ts_lower_t *l, size_t count, const int64_t *numbers) {
  const char *list = "";
  for (size_t i = 0; i < count; ++i) {
    const char *item =
        numbers[i] ? ts_text(l, "%lld", (long long)numbers[i]) : ts_size(l, 0, (int)i);
    list = ts_text(l, "%s%s%s", list, i ? ", " : "", item);
  }
  return ts_text(l, "[%s]", list);
}

void ts_lower_reshape(ts_lower_t *l) {
  int64_t numbers[MMD_MAX_RANK];
  size_t count = 0;
  const bool copies = ts_attr_int(l, "allowzero", 0) == 0;
  const char *x = ts_input(l, 0);
  if (ts_read_ints(l, NULL, 1, MMD_MAX_RANK, numbers, &count) && copies && count) {
    ts_output(l, 0, ts_let(l, "torch.reshape(%s, %s)", x, literal_shape(l, count, numbers)));
  } else {
    const char *name = copies ? ts_library(l, TS_RESHAPE) : "torch.reshape";
    ts_output(l, 0, ts_let(l, "%s(%s, %s)", name, x, ts_int_list(l, 1)));
  }
}

void ts_lower_flatten(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", 1), rank = ts_rank(l, 0);
  const char *x = ts_input(l, 0);
  if (axis == 0) {
    ts_output(l, 0, ts_let(l, "torch.reshape(%s, [1, torch.numel(%s)])", x, x));
  } else if (axis == rank) {
    ts_output(l, 0, ts_let(l, "torch.reshape(%s, [torch.numel(%s), 1])", x, x));
  } else {
    x = ts_let(l, "torch.flatten(%s, %d, -1)", x, axis);
    ts_output(l, 0, axis == 1 ? x : ts_let(l, "torch.flatten(%s, 0, %d)", x, axis - 1));
  }
}

void ts_lower_squeeze(ts_lower_t *l) {
  int64_t axes[MMD_MAX_RANK];
  size_t count = 0;
  const char *x = ts_input(l, 0);
  if (ts_has_input(l, 1) && !ts_constant(l, 1)) {
    ts_output(l, 0, ts_let(l, "%s(%s, %s)", ts_library(l, TS_SQUEEZE), x, ts_int_list(l, 1)));
    return;
  }
  if (!ts_read_axes(l, 1, ts_rank(l, 0), axes, &count)) {
    ts_output(l, 0, ts_let(l, "torch.squeeze(%s)", x));
    return;
  }
  while (count--) x = ts_let(l, "torch.squeeze(%s, %lld)", x, (long long)axes[count]);
  ts_output(l, 0, x);
}

void ts_lower_unsqueeze(ts_lower_t *l) {
  int64_t axes[MMD_MAX_RANK];
  size_t count = 0;
  const char *x = ts_input(l, 0);
  if (ts_has_input(l, 1) && !ts_constant(l, 1)) {
    ts_output(l, 0, ts_let(l, "%s(%s, %s)", ts_library(l, TS_UNSQUEEZE), x, ts_int_list(l, 1)));
    return;
  }
  const int rank = ts_rank(l, 0);
  if (!ts_need_ints(l, "axes", 1, MMD_MAX_RANK, axes, &count)) return;
  if (!ts_read_axes(l, 1, rank + (int)count, axes, &count)) return;
  for (size_t i = 0; i < count; ++i)
    x = ts_let(l, "torch.unsqueeze(%s, %lld)", x, (long long)axes[i]);
  ts_output(l, 0, x);
}

// Both sides may grow.
void ts_lower_expand(ts_lower_t *l) {
  const char *shape = ts_int_list(l, 1);
  const char *both = ts_let(l, "torch.broadcast_tensors([%s, torch.expand(torch.zeros([1]), %s)])",
                            ts_input(l, 0), ts_has_input(l, 1) ? shape : "[1]");
  ts_output(l, 0, ts_let(l, "%s[0]", both));
}

void ts_lower_tile(ts_lower_t *l) {
  ts_output(l, 0, ts_let(l, "torch.repeat(%s, %s)", ts_input(l, 0), ts_int_list(l, 1)));
}

//===--- parts -------------------------------------------------------------===//

void ts_lower_transpose(ts_lower_t *l) {
  size_t count = 0;
  int64_t order[MMD_MAX_RANK];
  const int64_t *perm = mmd_node_attr_ints(l->node, "perm", &count);
  const int rank = ts_rank(l, 0);
  for (int i = 0; i < rank; ++i) order[i] = rank - 1 - i;
  if (perm && count != (size_t)rank) ts_refuse(l, "perm has %zu numbers for rank %d", count, rank);
  ts_output(l, 0,
            ts_let(l, "torch.permute(%s, %s)", ts_input(l, 0),
                   ts_ints(l, (size_t)rank, perm ? perm : order)));
}

void ts_lower_concat(ts_lower_t *l) {
  const char *list = "";
  for (size_t i = 0; i < l->node->input_count; ++i)
    list = ts_text(l, "%s%s%s", list, i ? ", " : "", ts_input(l, i));
  ts_output(l, 0, ts_let(l, "torch.cat([%s], %d)", list, ts_axis(l, "axis", 0)));
}

// Of equal parts the last may be smaller.
static const char *part_sizes(ts_lower_t *l, int axis) {
  const size_t count = l->node->output_count;
  int64_t sizes[256];
  int64_t left = ts_known_size(l, 0, axis);
  if (count > 256 || left < 0) return NULL;
  const int64_t size = (left + (int64_t)count - 1) / (int64_t)count;
  for (size_t i = 0; i < count; ++i, left -= sizes[i - 1]) sizes[i] = left < size ? left : size;
  return ts_ints(l, count, sizes);
}

void ts_lower_split(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", 0);
  int64_t sizes[256];
  size_t count = 0;
  const char *list;
  if (ts_read_ints(l, "split", 1, 256, sizes, &count)) {
    list = ts_ints(l, count, sizes);
  } else {
    list = ts_has_input(l, 1) ? ts_int_list(l, 1) : part_sizes(l, axis);
  }
  const char *x = ts_input(l, 0);
  const char *parts = list ? ts_let(l, "torch.split_with_sizes(%s, %s, %d)", x, list, axis)
                           : ts_let(l, "torch.chunk(%s, %zu, %d)", x, l->node->output_count, axis);
  for (size_t i = 0; i < l->node->output_count; ++i)
    ts_output(l, i, ts_let(l, "%s[%zu]", parts, i));
}

// Item |k| of starts or ends as text.
static const char *bound(ts_lower_t *l, size_t i, size_t k, const char *list) {
  const mmd_tensor_t *tensor = ts_constant(l, i);
  if (tensor && k >= mmd_tensor_count(tensor)) {
    ts_refuse(l, "starts, ends, axes and steps do not fit each other");
    return "0";
  }
  if (tensor) return ts_text(l, "%lld", (long long)mmd_tensor_get_i64(tensor, k));
  return ts_text(l, "%s[%zu]", list, k);
}

// |count| times the number |start| + k * |step|.
static const char *numbered(ts_lower_t *l, int64_t count, int64_t start, int64_t step) {
  int64_t numbers[MMD_MAX_RANK];
  for (int64_t k = 0; k < count; ++k) numbers[k] = start + k * step;
  return ts_ints(l, (size_t)count, numbers);
}

// Axes or steps that are computed, and steps below 0, at run time.
static void slice_computed(ts_lower_t *l, int64_t count) {
  if (count < 0) ts_refuse(l, "the number of its axes is not known");
  if (!ts_ok(l)) return;
  const char *axes = ts_has_input(l, 3) ? ts_int_list(l, 3) : numbered(l, count, 0, 1);
  const char *steps = ts_has_input(l, 4) ? ts_int_list(l, 4) : numbered(l, count, 1, 0);
  const char *starts = ts_int_list(l, 1), *ends = ts_int_list(l, 2);
  ts_output(l, 0,
            ts_let(l, "%s(%s, %s, %s, %s, %s)", ts_library(l, TS_SLICE), ts_input(l, 0), starts,
                   ends, axes, steps));
}

static bool is_computed(const ts_lower_t *l, size_t i) {
  return ts_has_input(l, i) && !ts_constant(l, i);
}

void ts_lower_slice(ts_lower_t *l) {
  int64_t axes[MMD_MAX_RANK], steps[MMD_MAX_RANK];
  size_t axis_count = 0, step_count = 0;
  const int rank = ts_rank(l, 0);
  const bool has_axes = ts_read_ints(l, NULL, 3, MMD_MAX_RANK, axes, &axis_count);
  const bool has_steps = ts_read_ints(l, NULL, 4, MMD_MAX_RANK, steps, &step_count);
  const int64_t count = has_axes ? (int64_t)axis_count : ts_known_size(l, 1, 0);
  bool is_simple = !is_computed(l, 3) && !is_computed(l, 4);
  for (size_t k = 0; k < step_count; ++k) is_simple = is_simple && steps[k] > 0;
  if (!is_simple) {
    slice_computed(l, count > rank ? -1 : count);
    return;
  }
  if (count < 0 || count > rank || (has_steps && (int64_t)step_count != count))
    ts_refuse(l, "starts, ends, axes and steps do not fit each other");
  if (!ts_ok(l)) return;
  const char *x = ts_input(l, 0);
  const char *from = ts_constant(l, 1) ? "" : ts_int_list(l, 1);
  const char *to = ts_constant(l, 2) ? "" : ts_int_list(l, 2);
  for (size_t k = 0; k < (size_t)count; ++k) {
    const int64_t axis = !has_axes ? (int64_t)k : axes[k] < 0 ? axes[k] + rank : axes[k];
    x = ts_let(l, "torch.slice(%s, %lld, %s, %s, %lld)", x, (long long)axis, bound(l, 1, k, from),
               bound(l, 2, k, to), has_steps ? (long long)steps[k] : 1ll);
  }
  ts_output(l, 0, x);
}

void ts_lower_trilu(ts_lower_t *l) {
  const char *k = ts_has_input(l, 1) ? ts_int(l, 1) : "0";
  ts_output(l, 0,
            ts_let(l, "torch.%s(%s, %s)", ts_attr_int(l, "upper", 1) ? "triu" : "tril",
                   ts_input(l, 0), k));
}

//===--- padding -----------------------------------------------------------===//

// All pads of the node as PyTorch has them: last axis first, begin and end. NULL: not constant.
static const char *known_pads(ts_lower_t *l, int rank, int *out_axes) {
  int64_t pads[2 * MMD_MAX_RANK], axes[MMD_MAX_RANK], turned[2 * MMD_MAX_RANK] = {0};
  size_t count = 0, axis_count = 0;
  if (!ts_read_ints(l, "pads", 1, 2 * MMD_MAX_RANK, pads, &count)) return NULL;
  if (!ts_need_ints(l, NULL, 3, MMD_MAX_RANK, axes, &axis_count)) axis_count = (size_t)rank;
  if (count != 2 * axis_count) {
    ts_refuse(l, "%zu pads for %zu axes", count, axis_count);
    return "";
  }
  *out_axes = 0;
  for (size_t i = 0; i < axis_count; ++i) {
    const int axis = ts_has_input(l, 3) ? (int)(axes[i] < 0 ? axes[i] + rank : axes[i]) : (int)i;
    if (axis < 0 || axis >= rank) {
      ts_refuse(l, "axis %d of rank %d", axis, rank);
      return "";
    }
    const int place = rank - 1 - axis;
    turned[2 * place] = pads[i];
    turned[2 * place + 1] = pads[axis_count + i];
    if ((pads[i] || pads[axis_count + i]) && place + 1 > *out_axes) *out_axes = place + 1;
  }
  return ts_ints(l, 2 * (size_t)*out_axes, turned);
}

static const char *computed_pads(ts_lower_t *l, int rank) {
  const char *axes = ts_has_input(l, 3) ? ts_int_list(l, 3) : numbered(l, rank, 0, 1);
  return ts_let(l, "%s(%s, %s, %d)", ts_library(l, TS_PAD_LIST), ts_int_list(l, 1), axes, rank);
}

static const char *pad_constant(ts_lower_t *l, const char *x, const char *pads) {
  const char *value = "0";
  if (ts_has_input(l, 2))
    value = mmd_dtype_is_float(ts_input_dtype(l, 2)) ? ts_float(l, 2) : ts_int(l, 2);
  return ts_let(l, "torch.constant_pad_nd(%s, %s, %s)", x, pads, value);
}

// PyTorch repeats or mirrors the last axes alone, of tensors with two more at most.
static const char *pad_from_inside(ts_lower_t *l, const char *x, const char *pads, bool is_known,
                                   int rank, int axes) {
  static const char *const modes[] = {"edge", "reflect", "wrap"};
  for (int i = 0; i < 3; ++i) {
    if (!ts_attr_is(l, "mode", "constant", modes[i])) continue;
    if (i < 2 && is_known && axes < 4 && rank > axes && rank - axes < 3) {
      return ts_let(l, "torch.%s_pad%dd(%s, %s)", i ? "reflection" : "replication", axes, x, pads);
    }
    return ts_let(l, "%s(%s, %s, %d)", ts_library(l, TS_PAD), x, pads, i);
  }
  ts_refuse(l, "mode %s", ts_attr_string(l, "mode", "constant"));
  return x;
}

void ts_lower_pad(ts_lower_t *l) {
  const int rank = ts_rank(l, 0);
  int axes = rank;
  const char *x = ts_input(l, 0);
  const bool is_known = !is_computed(l, 3);
  const char *known = is_known && ts_ok(l) ? known_pads(l, rank, &axes) : NULL;
  if (!ts_ok(l)) return;
  const char *pads = known ? known : computed_pads(l, rank);
  if (known && axes == 0) {
    ts_output(l, 0, x);
  } else if (ts_attr_is(l, "mode", "constant", "constant")) {
    ts_output(l, 0, pad_constant(l, x, pads));
  } else {
    ts_output(l, 0, pad_from_inside(l, x, pads, known != NULL, rank, axes));
  }
}
