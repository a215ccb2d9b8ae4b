// SPDX-License-Identifier: Apache-2.0
#include "backends/torchscript/target/lower.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/target_util.h"
#include "base/alloc.h"

//===--- errors ------------------------------------------------------------===//

bool ts_ok(const ts_lower_t *l) {
  return !l->status;
}

void ts_fail(ts_lower_t *l, mmd_status_t status) {
  if (l->status) {
    mmd_status_free(status);
  } else {
    l->status = status;
  }
}

void ts_refuse(ts_lower_t *l, const char *fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  ts_fail(l, mmd_target_refusal("TorchScript", l->node, fmt, arguments));
  va_end(arguments);
}

//===--- code --------------------------------------------------------------===//

// Never NULL: what a failed context makes is not used.
static const char *kept(ts_lower_t *l, const char *text) {
  if (text) return text;
  ts_fail(l, mmd_status_no_memory());
  return "";
}

static const char *format(ts_lower_t *l, const char *fmt, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int size = vsnprintf(NULL, 0, fmt, arguments);
  char *text = size < 0 ? NULL : mmd_arena_alloc(&l->arena, (size_t)size + 1);
  if (text) vsnprintf(text, (size_t)size + 1, fmt, again);
  va_end(again);
  return kept(l, text);
}

const char *ts_text(ts_lower_t *l, const char *fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  const char *text = format(l, fmt, arguments);
  va_end(arguments);
  return text;
}

static void append_line(ts_lower_t *l, const char *text) {
  for (int i = 0; i < l->indent && ts_ok(l); ++i) ts_fail(l, mmd_str_append(&l->body, "  "));
  if (ts_ok(l)) ts_fail(l, mmd_str_printf(&l->body, "%s\n", text));
}

void ts_line(ts_lower_t *l, const char *fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  append_line(l, format(l, fmt, arguments));
  va_end(arguments);
}

const char *ts_variable(ts_lower_t *l) {
  return ts_text(l, "v%zu", l->variables++);
}

const char *ts_let(ts_lower_t *l, const char *fmt, ...) {
  va_list arguments;
  va_start(arguments, fmt);
  const char *expression = format(l, fmt, arguments);
  va_end(arguments);
  const char *name = ts_variable(l);
  append_line(l, ts_text(l, "%s = %s", name, expression));
  return name;
}

//===--- literals ----------------------------------------------------------===//

const char *ts_ints(ts_lower_t *l, size_t count, const int64_t *numbers) {
  mmd_str_t text = {0};
  mmd_status_t status = mmd_str_append(&text, "[");
  for (size_t i = 0; i < count && !status; ++i)
    status = mmd_str_printf(&text, "%s%lld", i ? ", " : "", (long long)numbers[i]);
  if (!status) status = mmd_str_append(&text, "]");
  if (status) ts_fail(l, status);
  const char *out = count ? ts_text(l, "%s", mmd_str_text(&text)) : "annotate(List[int], [])";
  mmd_str_deinit(&text);
  return out;
}

const char *ts_number(ts_lower_t *l, double number) {
  char text[32];
  mmd_format_double(number, text);
  return ts_text(l, "%s", text);
}

const char *ts_bool(bool truth) {
  return truth ? "True" : "False";
}

const char *ts_dtype(ts_lower_t *l, mmd_dtype_t dtype) {
  const int type = ts_scalar_type(dtype);
  if (type < 0) ts_refuse(l, "PyTorch has no element type %s", mmd_dtype_name(dtype));
  return ts_text(l, "%d", type);
}

const char *ts_scalar(ts_lower_t *l, mmd_dtype_t dtype, double number) {
  if (dtype == MMD_BOOL) return ts_bool(number != 0);
  if (mmd_dtype_is_float(dtype)) return ts_number(l, number);
  return ts_text(l, "%lld", (long long)number);
}

//===--- values ------------------------------------------------------------===//

void ts_bind(ts_lower_t *l, const mmd_edge_t *edge, const char *text) {
  if (ts_ok(l)) ts_fail(l, mmd_map_set(&l->values, edge->name, (void *)(uintptr_t)text, NULL));
}

// Small constants are numbers rather than weights and keep their bits, and so do those that half
// precision cannot hold.
static bool is_halved(const ts_lower_t *l, const mmd_tensor_t *tensor) {
  enum { SMALL = 16 };
  const size_t count = mmd_tensor_count(tensor);
  if (!l->archive->use_f16 || tensor->dtype != MMD_F32 || count < SMALL) return false;
  for (size_t i = 0; i < count; ++i) {
    if (!(fabs(mmd_tensor_get_f64(tensor, i)) < 65504)) return false;
  }
  return true;
}

static const char *store(ts_lower_t *l, const mmd_tensor_t *tensor, mmd_status_t *out_status) {
  const bool is_weight = is_halved(l, tensor);
  size_t index = 0;
  *out_status =
      (is_weight ? ts_archive_add_weight : ts_archive_add_constant)(l->archive, tensor, &index);
  return ts_text(l, is_weight ? "self.w%zu" : "CONSTANTS.c%zu", index);
}

const char *ts_edge(ts_lower_t *l, const mmd_edge_t *edge) {
  if (!ts_ok(l)) return "";
  const char *found = mmd_map_get(&l->values, edge->name);
  if (found) return found;
  if (!edge->is_constant) {
    ts_fail(l, MMD_ERROR(MMD_INTERNAL, "TorchScript: nothing gives '%s'", edge->name));
    return "";
  }
  mmd_status_t status = NULL;
  const char *text = store(l, &edge->constant, &status);
  ts_fail(l, mmd_status_annotate(status, "constant '%s'", edge->name));
  ts_bind(l, edge, text);
  return text;
}

const char *ts_input(ts_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge ? ts_edge(l, edge) : "None";
}

bool ts_has_input(const ts_lower_t *l, size_t i) {
  return mmd_node_input(l->node, i) != NULL;
}

bool ts_wants_output(const ts_lower_t *l, size_t i) {
  return i < l->node->output_count && l->node->outputs[i];
}

void ts_output(ts_lower_t *l, size_t i, const char *text) {
  if (ts_ok(l) && ts_wants_output(l, i)) ts_bind(l, l->node->outputs[i], text);
}

//===--- reading the node --------------------------------------------------===//

int64_t ts_attr_int(const ts_lower_t *l, const char *name, int64_t fallback) {
  return mmd_node_attr_int(l->node, name, fallback);
}

double ts_attr_float(const ts_lower_t *l, const char *name, double fallback) {
  return mmd_node_attr_float(l->node, name, fallback);
}

const char *ts_attr_string(const ts_lower_t *l, const char *name, const char *fallback) {
  return mmd_node_attr_string(l->node, name, fallback);
}

bool ts_attr_is(const ts_lower_t *l, const char *name, const char *fallback, const char *value) {
  return strcmp(ts_attr_string(l, name, fallback), value) == 0;
}

int ts_rank(ts_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (edge && edge->type.has_rank) return edge->type.rank;
  ts_refuse(l, "the rank of input %zu is not known", i);
  return 0;
}

mmd_dtype_t ts_input_dtype(const ts_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge ? edge->type.dtype : MMD_DTYPE_UNDEFINED;
}

int64_t ts_known_size(const ts_lower_t *l, size_t i, int axis) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || !edge->type.has_rank || axis < 0 || axis >= edge->type.rank) return -1;
  const mmd_dim_t *dim = edge->type.dims[axis];
  return dim->kind == MMD_DIM_CONST ? dim->number : -1;
}

const char *ts_size(ts_lower_t *l, size_t i, int axis) {
  const int64_t known = ts_known_size(l, i, axis);
  if (known >= 0) return ts_text(l, "%lld", (long long)known);
  return ts_text(l, "torch.size(%s, %d)", ts_input(l, i), axis);
}

int ts_axis(ts_lower_t *l, const char *name, int64_t fallback) {
  const int64_t axis = ts_attr_int(l, name, fallback);
  const int rank = ts_rank(l, 0);
  const int64_t from_start = axis < 0 ? axis + rank : axis;
  if (ts_ok(l) && (from_start < 0 || from_start > rank))
    ts_refuse(l, "%s %lld is not within rank %d", name, (long long)axis, rank);
  return ts_ok(l) ? (int)from_start : 0;
}

const mmd_tensor_t *ts_constant(const ts_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  return edge && edge->is_constant ? &edge->constant : NULL;
}

static bool read_constant(ts_lower_t *l, const mmd_tensor_t *tensor, size_t max,
                          int64_t *out_numbers, size_t *out_count) {
  const size_t count = mmd_tensor_count(tensor);
  if (count > max) {
    ts_refuse(l, "a list of %zu numbers, at most %zu are expected", count, max);
    return false;
  }
  for (size_t k = 0; k < count; ++k) out_numbers[k] = mmd_tensor_get_i64(tensor, k);
  *out_count = count;
  return true;
}

bool ts_read_ints(ts_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count) {
  *out_count = 0;
  if (!ts_ok(l)) return false;
  size_t count = 0;
  const int64_t *numbers = name ? mmd_node_attr_ints(l->node, name, &count) : NULL;
  if (!numbers) {
    const mmd_tensor_t *tensor = ts_constant(l, i);
    return tensor && read_constant(l, tensor, max, out_numbers, out_count);
  }
  if (count > max) {
    ts_refuse(l, "%s has %zu numbers, at most %zu are expected", name, count, max);
    return false;
  }
  memcpy(out_numbers, numbers, count * sizeof *numbers);
  *out_count = count;
  return true;
}

bool ts_need_ints(ts_lower_t *l, const char *name, size_t i, size_t max, int64_t *out_numbers,
                  size_t *out_count) {
  const bool is_read = ts_read_ints(l, name, i, max, out_numbers, out_count);
  if (!is_read && ts_ok(l) && ts_has_input(l, i)) ts_refuse(l, "input %zu must be constant", i);
  return is_read;
}

const char *ts_int_list(ts_lower_t *l, size_t i) {
  int64_t numbers[64];
  size_t count = 0;
  if (ts_read_ints(l, NULL, i, 64, numbers, &count)) return ts_ints(l, count, numbers);
  const char *x = ts_input(l, i);
  if (ts_input_dtype(l, i) != MMD_I64) x = ts_text(l, "torch.to(%s, 4)", x);
  return ts_let(l, "annotate(List[int], (%s).tolist())", x);
}

const char *ts_int(ts_lower_t *l, size_t i) {
  const mmd_tensor_t *tensor = ts_constant(l, i);
  if (tensor && mmd_tensor_count(tensor) == 1)
    return ts_text(l, "%lld", (long long)mmd_tensor_get_i64(tensor, 0));
  return ts_let(l, "int(%s)", ts_input(l, i));
}

const char *ts_float(ts_lower_t *l, size_t i) {
  const mmd_tensor_t *tensor = ts_constant(l, i);
  if (tensor && mmd_tensor_count(tensor) == 1) return ts_number(l, mmd_tensor_get_f64(tensor, 0));
  return ts_let(l, "float(%s)", ts_input(l, i));
}

static int by_number(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

bool ts_read_axes(ts_lower_t *l, size_t i, int rank, int64_t *out_axes, size_t *out_count) {
  if (!ts_need_ints(l, "axes", i, MMD_MAX_RANK, out_axes, out_count)) return false;
  for (size_t k = 0; k < *out_count; ++k) {
    if (out_axes[k] < 0) out_axes[k] += rank;
    if (out_axes[k] < 0 || out_axes[k] >= rank) {
      ts_refuse(l, "axes lie outside rank %d", rank);
      return false;
    }
  }
  qsort(out_axes, *out_count, sizeof *out_axes, by_number);
  return true;
}
