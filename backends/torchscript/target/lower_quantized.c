// SPDX-License-Identifier: Apache-2.0
//
// Quantised numbers, computed in double, which holds their sums exactly.
#include "backends/torchscript/target/lower_table.h"

// Input |i| of scales or zero points as type |to|: one number, or one a slice along |axis| of a
// tensor of |rank| axes.
static const char *along(ts_lower_t *l, size_t i, int axis, int rank, int to) {
  const char *x = ts_let(l, "torch.to(%s, %d)", ts_input(l, i), to);
  if (ts_rank(l, i) != 1 || ts_known_size(l, i, 0) == 1) return x;
  const char *shape = "-1";
  for (int k = axis + 1; k < rank; ++k) shape = ts_text(l, "%s, 1", shape);
  return ts_let(l, "torch.reshape(%s, [%s])", x, shape);
}

// The same of the node's own axis.
static const char *along_axis(ts_lower_t *l, size_t i) {
  const bool has_axis = ts_rank(l, i) == 1 && ts_known_size(l, i, 0) != 1;
  if (ts_attr_int(l, "block_size", 0)) ts_refuse(l, "blocks");
  return along(l, i, has_axis ? ts_axis(l, "axis", 1) : 0, has_axis ? ts_rank(l, 0) : 1, 6);
}

// Into the range of |dtype| and to it.
static const char *saturate(ts_lower_t *l, const char *x, mmd_dtype_t dtype) {
  const char *range = dtype == MMD_U8   ? "0., 255."
                      : dtype == MMD_I8 ? "-128., 127."
                                        : "-32768., 32767.";
  if (dtype != MMD_U8 && dtype != MMD_I8 && dtype != MMD_I16)
    ts_refuse(l, "element type %s", mmd_dtype_name(dtype));
  return ts_let(l, "torch.to(torch.clamp(%s, %s), %s)", x, range, ts_dtype(l, dtype));
}

void ts_lower_quantize_linear(ts_lower_t *l) {
  const bool has_zero = ts_has_input(l, 2);
  const mmd_dtype_t dtype =
      has_zero ? ts_input_dtype(l, 2) : (mmd_dtype_t)ts_attr_int(l, "output_dtype", MMD_U8);
  const char *x = ts_let(l, "torch.round(torch.div(%s, %s))", ts_input(l, 0), along_axis(l, 1));
  if (has_zero) x = ts_let(l, "torch.add(%s, %s)", x, along_axis(l, 2));
  ts_output(l, 0, saturate(l, x, dtype));
}

void ts_lower_dequantize_linear(ts_lower_t *l) {
  const char *x = ts_let(l, "torch.to(%s, 6)", ts_input(l, 0));
  if (ts_has_input(l, 2)) x = ts_let(l, "torch.sub(%s, %s)", x, along_axis(l, 2));
  x = ts_let(l, "torch.mul(%s, %s)", x, along_axis(l, 1));
  const mmd_dtype_t dtype = ts_input_dtype(l, 1);
  ts_output(l, 0, dtype == MMD_F32 ? x : ts_let(l, "torch.to(%s, %s)", x, ts_dtype(l, dtype)));
}

// Scale and zero point of the numbers themselves, between which 0 lies.
void ts_lower_dynamic_quantize_linear(ts_lower_t *l) {
  const char *x = ts_input(l, 0);
  const char *low = ts_let(l, "torch.clamp_max(torch.min(%s), 0)", x);
  const char *high = ts_let(l, "torch.clamp_min(torch.max(%s), 0)", x);
  const char *scale = ts_let(l, "torch.div(torch.sub(%s, %s), 255)", high, low);
  const char *zero =
      ts_let(l, "torch.clamp(torch.round(torch.neg(torch.div(%s, %s))), 0, 255)", low, scale);
  const char *y = ts_let(l, "torch.add(torch.round(torch.div(%s, %s)), %s)", x, scale, zero);
  ts_output(l, 0, saturate(l, y, MMD_U8));
  ts_output(l, 1, scale);
  ts_output(l, 2, ts_let(l, "torch.to(%s, 0)", zero));
}

//===--- products ----------------------------------------------------------===//

// Input |i| less its zero point, which is input |zero|: a number or one a slice along |axis|.
static const char *centred(ts_lower_t *l, size_t i, size_t zero, int axis) {
  const char *x = ts_let(l, "torch.to(%s, 7)", ts_input(l, i));
  if (!ts_has_input(l, zero)) return x;
  return ts_let(l, "torch.sub(%s, %s)", x, along(l, zero, axis, ts_rank(l, i), 7));
}

void ts_lower_matmul_integer(ts_lower_t *l) {
  const char *a = centred(l, 0, 2, ts_rank(l, 0) - 2);
  const char *b = centred(l, 1, 3, ts_rank(l, 1) - 1);
  ts_output(l, 0, ts_let(l, "torch.to(torch.matmul(%s, %s), 3)", a, b));
}

void ts_lower_conv_integer(ts_lower_t *l) {
  const char *x = centred(l, 0, 2, 0), *w = centred(l, 1, 3, 0);
  ts_output(l, 0, ts_let(l, "torch.to(%s, 3)", ts_conv(l, 1, x, w, "None")));
}

// |sums| with the scales of both sides (|ours| and inputs 1 and 6) and the zero point of input 7.
static const char *rescale(ts_lower_t *l, const char *sums, const char *theirs, const char *ours) {
  const char *factor =
      ts_let(l, "torch.div(torch.mul(%s, %s), torch.to(%s, 7))", theirs, ours, ts_input(l, 6));
  const char *y = ts_let(l, "torch.add(torch.round(torch.mul(%s, %s)), torch.to(%s, 7))", sums,
                         factor, ts_input(l, 7));
  return saturate(l, y, ts_input_dtype(l, 7));
}

void ts_lower_qlinear_matmul(ts_lower_t *l) {
  const int rank_a = ts_rank(l, 0), rank_b = ts_rank(l, 3);
  const char *a = centred(l, 0, 2, rank_a - 2), *b = centred(l, 3, 5, rank_b - 1);
  const char *sums = ts_let(l, "torch.matmul(%s, %s)", a, b);
  ts_output(
      l, 0,
      rescale(l, sums, along(l, 1, rank_a - 2, rank_a, 7), along(l, 4, rank_b - 1, rank_b, 7)));
}

// The bias has the scale of the sums.
void ts_lower_qlinear_conv(ts_lower_t *l) {
  const char *bias = ts_has_input(l, 8) ? ts_let(l, "torch.to(%s, 7)", ts_input(l, 8)) : "None";
  const char *x = centred(l, 0, 2, 0), *w = centred(l, 3, 5, 0);
  const char *sums = ts_conv(l, 3, x, w, bias);
  ts_output(l, 0, rescale(l, sums, along(l, 1, 0, 1, 7), along(l, 4, 1, ts_rank(l, 3), 7)));
}
