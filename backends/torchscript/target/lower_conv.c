// SPDX-License-Identifier: Apache-2.0
//
// Convolutions, pooling, products.
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

//===--- windows -----------------------------------------------------------===//

enum { MAX_SPACE = 3 };

typedef struct window_t {
  size_t rank;  // spatial axes
  int64_t kernel[MAX_SPACE], strides[MAX_SPACE], dilations[MAX_SPACE];
  int64_t begins[MAX_SPACE], ends[MAX_SPACE];  // padding
} window_t;

static void fill(ts_lower_t *l, const char *name, int64_t fallback, size_t rank,
                 int64_t out[MAX_SPACE]) {
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(l->node, name, &count);
  if (numbers && count != rank)
    ts_refuse(l, "%s has %zu numbers, %zu are expected", name, count, rank);
  for (size_t i = 0; i < rank; ++i) out[i] = numbers && count == rank ? numbers[i] : fallback;
}

static void pad_same(ts_lower_t *l, window_t *w, bool is_upper) {
  for (size_t i = 0; i < w->rank; ++i) {
    const int64_t size = ts_known_size(l, 0, (int)i + 2);
    if (size < 0) {
      ts_refuse(l, "auto_pad needs known sizes");
      return;
    }
    const int64_t out = (size + w->strides[i] - 1) / w->strides[i];
    const int64_t span = (out - 1) * w->strides[i] + (w->kernel[i] - 1) * w->dilations[i] + 1;
    const int64_t sum = span > size ? span - size : 0;
    w->begins[i] = is_upper ? sum / 2 : sum - sum / 2;
    w->ends[i] = sum - w->begins[i];
  }
}

// What the node says about sizes instead of pads.
static bool has_wanted_sizes(const ts_lower_t *l) {
  return mmd_node_attr(l->node, "output_shape") ||
         strncmp(ts_attr_string(l, "auto_pad", "NOTSET"), "SAME_", 5) == 0;
}

static void read_pads(ts_lower_t *l, window_t *w) {
  size_t count = 0;
  const char *mode = ts_attr_string(l, "auto_pad", "NOTSET");
  const int64_t *pads = mmd_node_attr_ints(l->node, "pads", &count);
  if (strcmp(l->node->op, "ConvTranspose") == 0 && has_wanted_sizes(l)) return;
  if (strncmp(mode, "SAME_", 5) == 0) {
    pad_same(l, w, strcmp(mode, "SAME_UPPER") == 0);
  } else if (strcmp(mode, "NOTSET") == 0 && pads) {
    if (count != 2 * w->rank) {
      ts_refuse(l, "pads has %zu numbers, %zu are expected", count, 2 * w->rank);
      return;
    }
    for (size_t i = 0; i < w->rank; ++i) {
      w->begins[i] = pads[i];
      w->ends[i] = pads[w->rank + i];
      if (pads[i] < -INT32_MAX || pads[i] > INT32_MAX || w->ends[i] < -INT32_MAX ||
          w->ends[i] > INT32_MAX)
        ts_refuse(l, "pads of %lld and %lld", (long long)pads[i], (long long)w->ends[i]);
    }
  }
}

// So that sums and products stay within 64 bits.
static bool is_step(int64_t number) {
  return number > 0 && number <= INT32_MAX;
}

// |weights|: the input whose sizes from axis 2 on are the kernel's when there is no attribute.
static bool read_window(ts_lower_t *l, size_t weights, window_t *w) {
  const int rank = ts_rank(l, 0);
  *w = (window_t){.rank = (size_t)(rank - 2)};
  if (ts_ok(l) && (rank < 3 || rank > 2 + MAX_SPACE)) ts_refuse(l, "%d axes", rank);
  if (!ts_ok(l)) return false;
  fill(l, "kernel_shape", 0, w->rank, w->kernel);
  fill(l, "strides", 1, w->rank, w->strides);
  fill(l, "dilations", 1, w->rank, w->dilations);
  for (size_t i = 0; i < w->rank && ts_ok(l); ++i) {
    if (!w->kernel[i]) w->kernel[i] = ts_known_size(l, weights, (int)i + 2);
    if (!is_step(w->kernel[i]) || !is_step(w->strides[i]) || !is_step(w->dilations[i]))
      ts_refuse(l, "its kernel, strides and dilations must be known and above 0");
  }
  if (ts_ok(l)) read_pads(l, w);
  return ts_ok(l);
}

static bool is_even(const window_t *w) {
  return memcmp(w->begins, w->ends, sizeof w->begins) == 0;
}

// |x| padded with |value|, so that the window needs no padding any more.
static const char *pad(ts_lower_t *l, const char *x, window_t *w, const char *value) {
  int64_t pads[2 * MAX_SPACE] = {0};
  for (size_t i = 0; i < w->rank; ++i) {
    pads[2 * (w->rank - 1 - i)] = w->begins[i];
    pads[2 * (w->rank - 1 - i) + 1] = w->ends[i];
  }
  memset(w->begins, 0, sizeof w->begins);
  memset(w->ends, 0, sizeof w->ends);
  return ts_let(l, "torch.constant_pad_nd(%s, %s, %s)", x, ts_ints(l, 2 * w->rank, pads), value);
}

//===--- convolutions ------------------------------------------------------===//

const char *ts_conv(ts_lower_t *l, size_t weights, const char *x, const char *weight,
                    const char *bias) {
  window_t w;
  if (!read_window(l, weights, &w)) return x;
  if (!is_even(&w)) x = pad(l, x, &w, "0");
  return ts_let(l, "torch.conv%zud(%s, %s, %s, %s, %s, %s, %lld)", w.rank, x, weight, bias,
                ts_ints(l, w.rank, w.strides), ts_ints(l, w.rank, w.begins),
                ts_ints(l, w.rank, w.dilations), (long long)ts_attr_int(l, "group", 1));
}

void ts_lower_conv(ts_lower_t *l) {
  ts_output(l, 0, ts_conv(l, 1, ts_input(l, 0), ts_input(l, 1), ts_input(l, 2)));
}

// Uneven padding is cut off behind.
static const char *crop(ts_lower_t *l, const char *x, const window_t *w) {
  for (size_t i = 0; i < w->rank; ++i) {
    if (!w->begins[i] && !w->ends[i]) continue;
    x = ts_let(l, "torch.slice(%s, %zu, %lld, torch.sub(torch.size(%s, %zu), %lld))", x, i + 2,
               (long long)w->begins[i], x, i + 2, (long long)w->ends[i]);
  }
  return x;
}

// |x|, made without pads, cut or filled with zeros to the sizes that are wanted.
static const char *fit(ts_lower_t *l, const char *x, const window_t *w) {
  int64_t wanted[MAX_SPACE];
  const bool is_upper = ts_attr_is(l, "auto_pad", "NOTSET", "SAME_UPPER");
  const char *pads = "";
  fill(l, "output_shape", 0, w->rank, wanted);
  for (size_t i = w->rank; i--;) {
    const char *size = wanted[i] ? ts_text(l, "%lld", (long long)wanted[i])
                                 : ts_let(l, "torch.mul(torch.size(%s, %zu), %lld)", ts_input(l, 0),
                                          i + 2, (long long)w->strides[i]);
    const char *sum = ts_let(l, "torch.sub(torch.size(%s, %zu), %s)", x, i + 2, size);
    const char *half = ts_let(l, "torch.floordiv(%s, 2)", sum);
    const char *rest = ts_let(l, "torch.sub(%s, %s)", sum, half);
    pads = ts_text(l, "%s%storch.neg(%s), torch.neg(%s)", pads, *pads ? ", " : "",
                   is_upper ? half : rest, is_upper ? rest : half);
  }
  return ts_let(l, "torch.constant_pad_nd(%s, [%s], 0)", x, pads);
}

void ts_lower_conv_transpose(ts_lower_t *l) {
  static const int64_t none[MAX_SPACE];
  window_t w;
  int64_t extra[MAX_SPACE];
  const bool is_fitted = has_wanted_sizes(l);
  if (!read_window(l, 1, &w)) return;
  fill(l, "output_padding", 0, w.rank, extra);
  const bool even = is_even(&w) && !is_fitted;
  const char *out = ts_let(l, "torch.conv_transpose%zud(%s, %s, %s, %s, %s, %s, %lld, %s)", w.rank,
                           ts_input(l, 0), ts_input(l, 1), is_fitted ? "None" : ts_input(l, 2),
                           ts_ints(l, w.rank, w.strides),
                           ts_ints(l, w.rank, even ? w.begins : none), ts_ints(l, w.rank, extra),
                           (long long)ts_attr_int(l, "group", 1), ts_ints(l, w.rank, w.dilations));
  if (is_fitted) {
    out = fit(l, out, &w);
    if (ts_has_input(l, 2))
      out = ts_let(l, "torch.add(%s, torch.reshape(%s, %s))", out, ts_input(l, 2),
                   ts_ints(l, w.rank + 1, (const int64_t[]){-1, 1, 1, 1}));
  } else if (!even) {
    out = crop(l, out, &w);
  }
  ts_output(l, 0, out);
}

// The end of the padding only decides how many places there are, which the offsets say as well.
void ts_lower_deform_conv(ts_lower_t *l) {
  window_t w;
  if (!read_window(l, 1, &w)) return;
  if (w.rank != 2) ts_refuse(l, "%zu spatial axes", w.rank);
  const char *none = "torch.zeros([0])";
  const char *out = ts_let(
      l, "%s(%s, %s, %s, %s, %s, %s, %s, %lld, %lld)", ts_library(l, TS_DEFORM_CONV),
      ts_input(l, 0), ts_input(l, 1), ts_input(l, 2), ts_has_input(l, 4) ? ts_input(l, 4) : none,
      ts_ints(l, 2, w.strides), ts_ints(l, 2, w.begins), ts_ints(l, 2, w.dilations),
      (long long)ts_attr_int(l, "group", 1), (long long)ts_attr_int(l, "offset_group", 1));
  if (ts_has_input(l, 3))
    out = ts_let(l, "torch.add(%s, torch.reshape(%s, [-1, 1, 1]))", out, ts_input(l, 3));
  ts_output(l, 0, out);
}

//===--- pooling -----------------------------------------------------------===//

// PyTorch takes at most half of the kernel.
static bool is_padding_small(const window_t *w) {
  for (size_t i = 0; i < w->rank; ++i) {
    if (2 * w->begins[i] > w->kernel[i]) return false;
  }
  return true;
}

// PyTorch numbers the places of a channel, ONNX those of the whole tensor.
static const char *whole_places(ts_lower_t *l, const window_t *w, const char *places) {
  const char *plane = "1", *shape = "";
  for (size_t i = 0; i < w->rank; ++i) {
    plane = ts_text(l, "torch.mul(%s, %s)", plane, ts_size(l, 0, (int)i + 2));
    shape = ts_text(l, "%s, 1", shape);
  }
  plane = ts_let(l, "%s", plane);
  if (ts_attr_int(l, "storage_order", 0)) {
    const char *width = ts_size(l, 0, 3), *height = ts_size(l, 0, 2);
    if (w->rank != 2) ts_refuse(l, "storage_order over %zu axes", w->rank);
    places =
        ts_let(l, "torch.add(torch.mul(torch.remainder(%s, %s), %s), torch.floor_divide(%s, %s))",
               places, width, height, places, width);
  }
  const char *n = ts_size(l, 0, 0), *c = ts_size(l, 0, 1);
  return ts_let(l,
                "torch.add(%s, torch.reshape(torch.mul(torch.arange(torch.mul(%s, %s), dtype=4), "
                "%s), [%s, %s%s]))",
                places, n, c, plane, n, c, shape);
}

void ts_lower_max_pool(ts_lower_t *l) {
  window_t w;
  const mmd_dtype_t dtype = ts_input_dtype(l, 0);
  const bool is_float = mmd_dtype_is_float(dtype), wants_places = ts_wants_output(l, 1);
  if (!is_float && mmd_dtype_size(dtype) > 2) ts_refuse(l, "elements of %s", mmd_dtype_name(dtype));
  if (!read_window(l, 0, &w)) return;
  const char *x = is_float ? ts_input(l, 0) : ts_let(l, "torch.to(%s, 6)", ts_input(l, 0));
  const bool is_padded = !is_even(&w) || !is_padding_small(&w);
  if (is_padded && wants_places) ts_refuse(l, "indices with these pads");
  if (is_padded) x = pad(l, x, &w, "-inf");
  const char *all =
      ts_text(l, "%s, %s, %s, %s, %s, %s", x, ts_ints(l, w.rank, w.kernel),
              ts_ints(l, w.rank, w.strides), ts_ints(l, w.rank, w.begins),
              ts_ints(l, w.rank, w.dilations), ts_bool(ts_attr_int(l, "ceil_mode", 0) != 0));
  const char *y = ts_variable(l), *places = ts_variable(l);
  if (wants_places) {
    ts_line(l, "%s, %s, = torch.max_pool%zud_with_indices(%s)", y, places, w.rank, all);
    ts_output(l, 1, whole_places(l, &w, places));
  } else {
    ts_line(l, "%s = torch.max_pool%zud(%s)", y, w.rank, all);
  }
  ts_output(l, 0, is_float ? y : ts_let(l, "torch.to(%s, %s)", y, ts_dtype(l, dtype)));
}

static const char *average(ts_lower_t *l, const char *x, const window_t *w, bool counts_padding) {
  return ts_let(l, "torch.avg_pool%zud(%s, %s, %s, %s, %s, %s)", w->rank, x,
                ts_ints(l, w->rank, w->kernel), ts_ints(l, w->rank, w->strides),
                ts_ints(l, w->rank, w->begins), ts_bool(ts_attr_int(l, "ceil_mode", 0) != 0),
                ts_bool(counts_padding));
}

static bool has_dilations(const window_t *w) {
  for (size_t i = 0; i < w->rank; ++i) {
    if (w->dilations[i] != 1) return true;
  }
  return false;
}

// Room behind the end for a last window that begins within the picture and leaves it.
static void add_ceil(ts_lower_t *l, window_t *w) {
  for (size_t i = 0; i < w->rank && ts_attr_int(l, "ceil_mode", 0); ++i) {
    const int64_t known = ts_known_size(l, 0, (int)i + 2), stride = w->strides[i];
    const int64_t size = known + w->begins[i] + w->ends[i];
    const int64_t span = (w->kernel[i] - 1) * w->dilations[i] + 1;
    int64_t count = (size - span + stride - 1) / stride + 1;
    if (known < 0) ts_refuse(l, "dilations and ceil_mode over sizes that are not known");
    if ((count - 1) * stride >= known + w->begins[i]) --count;
    const int64_t more = (count - 1) * stride + span - size;
    if (more > 0) w->ends[i] += more;
  }
}

// Sums of windows whose places lie apart, by a convolution of each channel with ones.
static const char *sum_apart(ts_lower_t *l, const char *x, const window_t *w) {
  const char *ones = ts_let(l, "torch.ones(torch.add([1, 1], %s), dtype=%s)",
                            ts_ints(l, w->rank, w->kernel), ts_dtype(l, ts_input_dtype(l, 0)));
  const char *flat = ts_let(l, "torch.unsqueeze(torch.flatten(%s, 0, 1), 1)", x);
  int64_t none[MAX_SPACE] = {0};
  const char *y = ts_let(l, "torch.conv%zud(%s, %s, None, %s, %s, %s, 1)", w->rank, flat, ones,
                         ts_ints(l, w->rank, w->strides), ts_ints(l, w->rank, none),
                         ts_ints(l, w->rank, w->dilations));
  return ts_let(l,
                "torch.reshape(%s, torch.add(torch.slice(torch.size(%s), 0, 2), "
                "torch.slice(torch.size(%s), 2)))",
                y, x, y);
}

static const char *average_apart(ts_lower_t *l, const char *x, const window_t *w, bool counts) {
  window_t whole = *w, inner = *w, outer = *w;
  add_ceil(l, &whole);
  const window_t padded = whole;
  const char *ones = ts_let(l, "torch.ones_like(%s)", x);
  if (counts) {
    ones = pad(l, ones, &inner, "1");
    for (size_t i = 0; i < w->rank; ++i) {
      outer.begins[i] = 0;
      outer.ends[i] = padded.ends[i] - w->ends[i];
    }
  } else {
    outer = padded;
  }
  const char *sum = sum_apart(l, pad(l, x, &whole, "0"), w);
  return ts_let(l, "torch.div(%s, %s)", sum, sum_apart(l, pad(l, ones, &outer, "0"), w));
}

// Padding that PyTorch does not have is made before; where it does not count, the part of each
// window that does is averaged in the same way.
void ts_lower_average_pool(ts_lower_t *l) {
  window_t w;
  if (!read_window(l, 0, &w)) return;
  const bool counts = ts_attr_int(l, "count_include_pad", 0) != 0;
  const char *x = ts_input(l, 0);
  if (has_dilations(&w)) {
    ts_output(l, 0, average_apart(l, x, &w, counts));
    return;
  }
  if (is_even(&w) && is_padding_small(&w)) {
    ts_output(l, 0, average(l, x, &w, counts));
    return;
  }
  window_t again = w;
  const char *sum = average(l, pad(l, x, &w, "0"), &w, counts);
  if (!counts) {
    const char *ones = ts_let(l, "torch.ones_like(%s)", x);
    sum = ts_let(l, "torch.div(%s, %s)", sum, average(l, pad(l, ones, &again, "0"), &again, false));
  }
  ts_output(l, 0, sum);
}

// The p-th root of sums of powers; padding adds nothing.
void ts_lower_lp_pool(ts_lower_t *l) {
  window_t w;
  const double p = (double)ts_attr_int(l, "p", 2);
  if (!read_window(l, 0, &w)) return;
  add_ceil(l, &w);
  const char *x = ts_let(l, "torch.pow(torch.abs(%s), %s)", ts_input(l, 0), ts_number(l, p));
  x = sum_apart(l, pad(l, x, &w, "0"), &w);
  ts_output(l, 0, ts_let(l, "torch.pow(%s, %s)", x, ts_number(l, 1 / p)));
}

void ts_lower_global_pool(ts_lower_t *l) {
  int64_t axes[MMD_MAX_RANK];
  const int rank = ts_rank(l, 0);
  for (int i = 2; i < rank; ++i) axes[i - 2] = i;
  const char *name = strcmp(l->node->op, "GlobalMaxPool") == 0 ? "amax" : "mean";
  if (rank < 3) ts_refuse(l, "rank %d", rank);
  if (ts_ok(l))
    ts_output(l, 0,
              ts_let(l, "torch.%s(%s, %s, True)", name, ts_input(l, 0),
                     ts_ints(l, (size_t)rank - 2, axes)));
}

//===--- products ----------------------------------------------------------===//

static const char *turned(ts_lower_t *l, size_t i, const char *attribute) {
  const char *x = ts_input(l, i);
  return ts_attr_int(l, attribute, 0) ? ts_text(l, "torch.t(%s)", x) : x;
}

void ts_lower_gemm(ts_lower_t *l) {
  const double alpha = ts_attr_float(l, "alpha", 1), beta = ts_attr_float(l, "beta", 1);
  const mmd_dtype_t dtype = ts_input_dtype(l, 0);
  const bool is_linear = alpha == 1 && beta == 1 && ts_attr_int(l, "transB", 0) &&
                         !ts_attr_int(l, "transA", 0) && mmd_dtype_is_float(dtype) &&
                         (!ts_has_input(l, 2) || ts_rank(l, 2) == 1);
  if (is_linear) {
    ts_output(
        l, 0,
        ts_let(l, "torch.linear(%s, %s, %s)", ts_input(l, 0), ts_input(l, 1), ts_input(l, 2)));
    return;
  }
  const char *out =
      ts_let(l, "torch.matmul(%s, %s)", turned(l, 0, "transA"), turned(l, 1, "transB"));
  if (alpha != 1) out = ts_let(l, "torch.mul(%s, %s)", out, ts_scalar(l, dtype, alpha));
  if (ts_has_input(l, 2))
    out = ts_let(l, "torch.add(%s, %s, alpha=%s)", out, ts_input(l, 2), ts_scalar(l, dtype, beta));
  ts_output(l, 0, out);
}

void ts_lower_einsum(ts_lower_t *l) {
  const char *list = "";
  const char *equation = ts_attr_string(l, "equation", "");
  for (size_t i = 0; i < l->node->input_count; ++i)
    list = ts_text(l, "%s%s%s", list, i ? ", " : "", ts_input(l, i));
  if (strspn(equation, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,-> ") !=
      strlen(equation)) {
    ts_refuse(l, "the equation '%s'", equation);
    return;
  }
  ts_output(l, 0, ts_let(l, "torch.einsum(\"%s\", [%s])", equation, list));
}
