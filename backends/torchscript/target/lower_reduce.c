// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

typedef struct axes_t {
  size_t count;
  int64_t axes[MMD_MAX_RANK];
  const char *list, *keep;
} axes_t;

// False when the node reduces nothing.
static bool read_reduced(ts_lower_t *l, axes_t *out) {
  const int rank = ts_rank(l, 0);
  *out = (axes_t){.keep = ts_bool(ts_attr_int(l, "keepdims", 1) != 0)};
  if (ts_has_input(l, 1) && !ts_constant(l, 1)) {
    out->list = ts_int_list(l, 1);
    return ts_ok(l);
  }
  const bool has_axes = ts_read_axes(l, 1, rank, out->axes, &out->count);
  if (!has_axes || !out->count) {
    if (ts_attr_int(l, "noop_with_empty_axes", 0)) return false;
    for (int i = 0; i < rank; ++i) out->axes[i] = i;
    out->count = (size_t)rank;
  }
  out->list = ts_ints(l, out->count, out->axes);
  return ts_ok(l);
}

// Sums of whole numbers keep their type.
static const char *sum(ts_lower_t *l, const char *x, const axes_t *axes) {
  return ts_let(l, "torch.sum(%s, %s, %s, dtype=%s)", x, axes->list, axes->keep,
                ts_dtype(l, ts_input_dtype(l, 0)));
}

static const char *product(ts_lower_t *l, const char *x, const axes_t *axes) {
  if (!axes->count)
    return ts_let(l, "torch.to(%s(%s, %s, %s), %s)", ts_library(l, TS_PROD), x, axes->list,
                  axes->keep, ts_dtype(l, ts_input_dtype(l, 0)));
  for (size_t i = axes->count; i--;) {
    x = ts_let(l, "torch.prod(%s, %lld, %s, dtype=%s)", x, (long long)axes->axes[i], axes->keep,
               ts_dtype(l, ts_input_dtype(l, 0)));
  }
  return x;
}

static const char *mean(ts_lower_t *l, const char *x, const axes_t *axes) {
  const mmd_dtype_t dtype = ts_input_dtype(l, 0);
  if (mmd_dtype_is_float(dtype))
    return ts_let(l, "torch.mean(%s, %s, %s)", x, axes->list, axes->keep);
  return ts_let(l, "torch.to(torch.trunc(torch.mean(%s, %s, %s, dtype=7)), %s)", x, axes->list,
                axes->keep, ts_dtype(l, dtype));
}

static const char *reduce(ts_lower_t *l, const char *op, const axes_t *axes) {
  const char *x = ts_input(l, 0);
  if (strcmp(op, "Mean") == 0) return mean(l, x, axes);
  if (strcmp(op, "Prod") == 0) return product(l, x, axes);
  if (strcmp(op, "Sum") == 0) return sum(l, x, axes);
  if (strcmp(op, "L1") == 0) return sum(l, ts_let(l, "torch.abs(%s)", x), axes);
  if (strcmp(op, "LogSum") == 0) return ts_let(l, "torch.log(%s)", sum(l, x, axes));
  if (strcmp(op, "LogSumExp") == 0)
    return ts_let(l, "torch.logsumexp(%s, %s, %s)", x, axes->list, axes->keep);
  if (strcmp(op, "Max") == 0 || strcmp(op, "Min") == 0)
    return ts_let(l, "torch.%s(%s, %s, %s)", op[1] == 'a' ? "amax" : "amin", x, axes->list,
                  axes->keep);
  const char *squares = sum(l, ts_let(l, "torch.mul(%s, %s)", x, x), axes);
  return strcmp(op, "L2") == 0 ? ts_let(l, "torch.sqrt(%s)", squares) : squares;
}

// Computed axes may be none, which can mean that nothing is reduced.
static void reduce_some(ts_lower_t *l, const axes_t *axes) {
  const char *out = ts_variable(l);
  ts_line(l, "if torch.eq(torch.len(%s), 0):", axes->list);
  ++l->indent;
  ts_line(l, "%s = %s", out, ts_input(l, 0));
  --l->indent;
  ts_line(l, "else:");
  ++l->indent;
  const char *reduced = reduce(l, l->node->op + strlen("Reduce"), axes);
  ts_line(l, "%s = %s", out, reduced);
  --l->indent;
  ts_output(l, 0, out);
}

void ts_lower_reduce(ts_lower_t *l) {
  axes_t axes;
  if (read_reduced(l, &axes) && !axes.count && ts_attr_int(l, "noop_with_empty_axes", 0)) {
    reduce_some(l, &axes);
  } else if (axes.list) {
    ts_output(l, 0, reduce(l, l->node->op + strlen("Reduce"), &axes));
  } else if (ts_ok(l)) {
    ts_output(l, 0, ts_input(l, 0));
  }
}

// The first of equal ones, or the last.
void ts_lower_arg_max(ts_lower_t *l) {
  const char *name = strcmp(l->node->op, "ArgMax") == 0 ? "argmax" : "argmin";
  const char *keep = ts_bool(ts_attr_int(l, "keepdims", 1) != 0);
  const int axis = ts_axis(l, "axis", 0);
  const char *x = ts_input(l, 0);
  if (!ts_attr_int(l, "select_last_index", 0)) {
    ts_output(l, 0, ts_let(l, "torch.%s(%s, %d, %s)", name, x, axis, keep));
    return;
  }
  const char *back = ts_let(l, "torch.%s(torch.flip(%s, [%d]), %d, %s)", name, x, axis, axis, keep);
  ts_output(l, 0, ts_let(l, "torch.rsub(%s, torch.sub(%s, 1))", back, ts_size(l, 0, axis)));
}

void ts_lower_cum_sum(ts_lower_t *l) {
  const mmd_tensor_t *given = ts_constant(l, 1);
  const bool is_reverse = ts_attr_int(l, "reverse", 0) != 0;
  const char *x = ts_input(l, 0);
  const char *axis =
      given ? ts_text(l, "%lld", (long long)mmd_tensor_get_i64(given, 0)) : ts_int(l, 1);
  const char *from = is_reverse ? ts_let(l, "torch.flip(%s, [%s])", x, axis) : x;
  const char *out =
      ts_let(l, "torch.cumsum(%s, %s, dtype=%s)", from, axis, ts_dtype(l, ts_input_dtype(l, 0)));
  if (ts_attr_int(l, "exclusive", 0)) out = ts_let(l, "torch.sub(%s, %s)", out, from);
  ts_output(l, 0, is_reverse ? ts_let(l, "torch.flip(%s, [%s])", out, axis) : out);
}
