// SPDX-License-Identifier: Apache-2.0
//
// The operators, computed in the plainest way.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tiny.h"

int32_t tiny_fail(mmdeploy_plugin_error_t *error, int32_t code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->code = code;
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return code;
}

static size_t count_of(const tiny_tensor_t *tensor) {
  size_t count = 1;
  for (int i = 0; i < tensor->rank; ++i) count *= (size_t)tensor->dims[i];
  return count;
}

// Memory for out->dims, which are set.
static int32_t make(const mmdeploy_host_t *host, tiny_tensor_t *out, const char *op,
                    mmdeploy_plugin_error_t *error) {
  const size_t limit = (size_t)1 << 31;  // elements
  size_t count = 1;
  for (int i = 0; i < out->rank; ++i) {
    const int64_t size = out->dims[i];
    if (size < 0 || (size > 0 && count > limit / (size_t)size)) {
      return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_RANGE, "%s: a result of %lld does not fit", op,
                       (long long)size);
    }
    count *= (size_t)size;
  }
  out->memory = host->allocate(host->self, count ? count * sizeof(float) : 1);
  if (!out->memory) return tiny_fail(error, MMDEPLOY_PLUGIN_OUT_OF_MEMORY, "out of memory");
  out->data = out->memory;
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t wrong_sizes(mmdeploy_plugin_error_t *error, const char *op) {
  return tiny_fail(error, MMDEPLOY_PLUGIN_INVALID_ARGUMENT,
                   "%s: the sizes of its inputs do not fit together", op);
}

//===--- one number at a time ----------------------------------------------===//

static int32_t same_sizes(const mmdeploy_host_t *host, const tiny_tensor_t *x, const char *op,
                          tiny_tensor_t *out, mmdeploy_plugin_error_t *error) {
  out->rank = x->rank;
  memcpy(out->dims, x->dims, sizeof out->dims);
  return make(host, out, op, error);
}

#define UNARY(op, expression)                                                          \
  static int32_t run_##op(const mmdeploy_host_t *host, const tiny_tensor_t *const *in, \
                          const int64_t *numbers, tiny_tensor_t *out,                  \
                          mmdeploy_plugin_error_t *error) {                            \
    (void)numbers;                                                                     \
    const int32_t code = same_sizes(host, in[0], #op, out, error);                     \
    if (code) return code;                                                             \
    for (size_t i = 0, count = count_of(out); i < count; ++i) {                        \
      const float x = in[0]->data[i];                                                  \
      out->memory[i] = (expression);                                                   \
    }                                                                                  \
    return MMDEPLOY_PLUGIN_OK;                                                         \
  }

UNARY(Abs, fabsf(x))
UNARY(Identity, x)
UNARY(Neg, -x)
UNARY(Relu, x < 0 ? 0 : x)

// Sizes of the result of two inputs, NumPy's rule.
static int broadcast(const tiny_tensor_t *a, const tiny_tensor_t *b, tiny_tensor_t *out) {
  out->rank = a->rank > b->rank ? a->rank : b->rank;
  for (int i = 0; i < out->rank; ++i) {
    const int at_a = i - (out->rank - a->rank), at_b = i - (out->rank - b->rank);
    const int64_t m = at_a < 0 ? 1 : a->dims[at_a], n = at_b < 0 ? 1 : b->dims[at_b];
    if (m != n && m != 1 && n != 1) return 0;
    out->dims[i] = m == 1 ? n : m;
  }
  return 1;
}

// Where element |index| of |out| lies in |x|.
static size_t source_of(const tiny_tensor_t *out, const tiny_tensor_t *x, size_t index) {
  size_t at = 0, step = 1;
  for (int i = out->rank - 1, k = x->rank - 1; k >= 0; --i, --k) {
    const size_t place = index % (size_t)out->dims[i];
    index /= (size_t)out->dims[i];
    if (x->dims[k] != 1) at += place * step;
    step *= (size_t)x->dims[k];
  }
  return at;
}

#define BINARY(op, expression)                                                         \
  static int32_t run_##op(const mmdeploy_host_t *host, const tiny_tensor_t *const *in, \
                          const int64_t *numbers, tiny_tensor_t *out,                  \
                          mmdeploy_plugin_error_t *error) {                            \
    (void)numbers;                                                                     \
    if (!broadcast(in[0], in[1], out)) return wrong_sizes(error, #op);                 \
    const int32_t code = make(host, out, #op, error);                                  \
    if (code) return code;                                                             \
    for (size_t i = 0, count = count_of(out); i < count; ++i) {                        \
      const float a = in[0]->data[source_of(out, in[0], i)];                           \
      const float b = in[1]->data[source_of(out, in[1], i)];                           \
      out->memory[i] = (expression);                                                   \
    }                                                                                  \
    return MMDEPLOY_PLUGIN_OK;                                                         \
  }

BINARY(Add, a + b)
BINARY(Mul, a *b)
BINARY(Sub, a - b)

//===--- matrices ----------------------------------------------------------===//

static int32_t multiply(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                        int is_transposed, const char *op, tiny_tensor_t *out,
                        mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *a = in[0], *b = in[1], *bias = in[2];
  if (a->rank != 2 || b->rank != 2) return wrong_sizes(error, op);
  const int64_t depth = a->dims[1], columns = b->dims[is_transposed ? 0 : 1];
  if (b->dims[is_transposed ? 1 : 0] != depth) return wrong_sizes(error, op);
  *out = (tiny_tensor_t){.rank = 2, .dims = {a->dims[0], columns}};
  tiny_tensor_t sizes = {0};
  if (bias && (!broadcast(out, bias, &sizes) || sizes.rank != 2 || sizes.dims[0] != out->dims[0] ||
               sizes.dims[1] != columns)) {
    return wrong_sizes(error, op);
  }
  const int32_t code = make(host, out, op, error);
  if (code) return code;
  for (size_t i = 0, count = count_of(out); i < count; ++i) {
    const int64_t row = (int64_t)i / columns, column = (int64_t)i % columns;
    double sum = bias ? bias->data[source_of(out, bias, i)] : 0;
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t at = is_transposed ? column * depth + k : k * columns + column;
      sum += (double)a->data[row * depth + k] * b->data[at];
    }
    out->memory[i] = (float)sum;
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t run_MatMul(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                          const int64_t *numbers, tiny_tensor_t *out,
                          mmdeploy_plugin_error_t *error) {
  (void)numbers;
  return multiply(host, in, 0, "MatMul", out, error);
}

static int32_t run_Gemm(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                        const int64_t *numbers, tiny_tensor_t *out,
                        mmdeploy_plugin_error_t *error) {
  return multiply(host, in, numbers[0] != 0, "Gemm", out, error);
}

//===--- windows -----------------------------------------------------------===//

// How often a window of |kernel| fits; 0 when it does not. The numbers come from a file.
static int64_t windows(int64_t size, int64_t kernel, int64_t stride, int64_t dilation,
                       int64_t before, int64_t after) {
  const int64_t most = 1 << 20;
  if (size > (1 << 30) || kernel < 1 || kernel > most || stride < 1 || stride > most ||
      dilation < 1 || dilation > most || before < 0 || before > most || after < 0 || after > most)
    return 0;
  const int64_t room = size + before + after - ((kernel - 1) * dilation + 1);
  return room < 0 ? 0 : room / stride + 1;
}

typedef struct conv_t {
  const tiny_tensor_t *x, *w, *bias;
  const int64_t *numbers;
  int64_t per_group;  // output channels of a group
} conv_t;

// One element of a convolution's result.
static float conv_at(const conv_t *conv, int64_t n, int64_t channel, int64_t row, int64_t column) {
  const tiny_tensor_t *x = conv->x, *w = conv->w;
  const int64_t *stride = conv->numbers, *pad = conv->numbers + 2, *dilation = conv->numbers + 6;
  const int64_t depth = w->dims[1], first = channel / conv->per_group * depth;
  double sum = conv->bias ? conv->bias->data[channel] : 0;
  for (int64_t c = 0; c < depth; ++c) {
    const float *plane = x->data + (n * x->dims[1] + first + c) * x->dims[2] * x->dims[3];
    const float *kernel = w->data + (channel * depth + c) * w->dims[2] * w->dims[3];
    for (int64_t i = 0; i < w->dims[2]; ++i) {
      const int64_t y = row * stride[0] - pad[0] + i * dilation[0];
      if (y < 0 || y >= x->dims[2]) continue;
      for (int64_t j = 0; j < w->dims[3]; ++j) {
        const int64_t z = column * stride[1] - pad[1] + j * dilation[1];
        if (z < 0 || z >= x->dims[3]) continue;
        sum += (double)plane[y * x->dims[3] + z] * kernel[i * w->dims[3] + j];
      }
    }
  }
  return (float)sum;
}

static int32_t run_Conv(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                        const int64_t *numbers, tiny_tensor_t *out,
                        mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *x = in[0], *w = in[1], *bias = in[2];
  const int64_t group = numbers[8];
  if (x->rank != 4 || w->rank != 4 || group < 1 || w->dims[0] < 1 || w->dims[0] % group ||
      x->dims[1] % group || x->dims[1] / group != w->dims[1] ||
      (bias && (bias->rank != 1 || bias->dims[0] != w->dims[0]))) {
    return wrong_sizes(error, "Conv");
  }
  out->rank = 4;
  out->dims[0] = x->dims[0];
  out->dims[1] = w->dims[0];
  for (int i = 0; i < 2; ++i) {
    out->dims[2 + i] = windows(x->dims[2 + i], w->dims[2 + i], numbers[i], numbers[6 + i],
                               numbers[2 + i], numbers[4 + i]);
    if (!out->dims[2 + i]) return wrong_sizes(error, "Conv");
  }
  const int32_t code = make(host, out, "Conv", error);
  if (code) return code;
  const conv_t conv = {x, w, bias, numbers, w->dims[0] / group};
  float *to = out->memory;
  for (int64_t n = 0; n < out->dims[0]; ++n) {
    for (int64_t c = 0; c < out->dims[1]; ++c) {
      for (int64_t i = 0; i < out->dims[2]; ++i) {
        for (int64_t j = 0; j < out->dims[3]; ++j) *to++ = conv_at(&conv, n, c, i, j);
      }
    }
  }
  return MMDEPLOY_PLUGIN_OK;
}

static float max_at(const float *plane, const tiny_tensor_t *x, const int64_t *numbers, int64_t row,
                    int64_t column) {
  const int64_t *kernel = numbers, *stride = numbers + 2, *pad = numbers + 4;
  float largest = -INFINITY;
  for (int64_t i = 0; i < kernel[0]; ++i) {
    const int64_t y = row * stride[0] - pad[0] + i;
    if (y < 0 || y >= x->dims[2]) continue;
    for (int64_t j = 0; j < kernel[1]; ++j) {
      const int64_t z = column * stride[1] - pad[1] + j;
      if (z < 0 || z >= x->dims[3]) continue;
      largest = fmaxf(largest, plane[y * x->dims[3] + z]);
    }
  }
  return largest;
}

static int32_t run_MaxPool(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                           const int64_t *numbers, tiny_tensor_t *out,
                           mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *x = in[0];
  if (x->rank != 4) return wrong_sizes(error, "MaxPool");
  out->rank = 4;
  memcpy(out->dims, x->dims, sizeof out->dims);
  for (int i = 0; i < 2; ++i) {
    out->dims[2 + i] =
        windows(x->dims[2 + i], numbers[i], numbers[2 + i], 1, numbers[4 + i], numbers[6 + i]);
    if (!out->dims[2 + i]) return wrong_sizes(error, "MaxPool");
  }
  const int32_t code = make(host, out, "MaxPool", error);
  if (code) return code;
  float *to = out->memory;
  for (int64_t plane = 0; plane < x->dims[0] * x->dims[1]; ++plane) {
    const float *from = x->data + plane * x->dims[2] * x->dims[3];
    for (int64_t i = 0; i < out->dims[2]; ++i) {
      for (int64_t j = 0; j < out->dims[3]; ++j) *to++ = max_at(from, x, numbers, i, j);
    }
  }
  return MMDEPLOY_PLUGIN_OK;
}

static int32_t run_GlobalAveragePool(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                                     const int64_t *numbers, tiny_tensor_t *out,
                                     mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *x = in[0];
  (void)numbers;
  if (x->rank != 4) return wrong_sizes(error, "GlobalAveragePool");
  *out = (tiny_tensor_t){.rank = 4, .dims = {x->dims[0], x->dims[1], 1, 1}};
  const int32_t code = make(host, out, "GlobalAveragePool", error);
  if (code) return code;
  const size_t area = (size_t)(x->dims[2] * x->dims[3]);
  for (size_t plane = 0, count = count_of(out); plane < count; ++plane) {
    double sum = 0;
    for (size_t i = 0; i < area; ++i) sum += x->data[plane * area + i];
    out->memory[plane] = (float)(sum / (double)area);
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- the rest ----------------------------------------------------------===//

static int32_t run_Flatten(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                           const int64_t *numbers, tiny_tensor_t *out,
                           mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *x = in[0];
  if (numbers[0] < 0 || numbers[0] > x->rank) return wrong_sizes(error, "Flatten");
  *out = (tiny_tensor_t){.rank = 2, .dims = {1, 1}};
  for (int i = 0; i < x->rank; ++i) out->dims[i >= numbers[0]] *= x->dims[i];
  const int32_t code = make(host, out, "Flatten", error);
  if (!code) memcpy(out->memory, x->data, count_of(out) * sizeof(float));
  return code;
}

// Over the last axis.
static int32_t run_Softmax(const mmdeploy_host_t *host, const tiny_tensor_t *const *in,
                           const int64_t *numbers, tiny_tensor_t *out,
                           mmdeploy_plugin_error_t *error) {
  const tiny_tensor_t *x = in[0];
  (void)numbers;
  if (x->rank < 1) return wrong_sizes(error, "Softmax");
  const int32_t code = same_sizes(host, x, "Softmax", out, error);
  if (code) return code;
  const size_t width = (size_t)x->dims[x->rank - 1], count = count_of(x);
  for (size_t at = 0; at < count; at += width) {
    float largest = -INFINITY;
    double sum = 0;
    for (size_t i = 0; i < width; ++i) largest = fmaxf(largest, x->data[at + i]);
    for (size_t i = 0; i < width; ++i) sum += exp((double)x->data[at + i] - largest);
    for (size_t i = 0; i < width; ++i)
      out->memory[at + i] = (float)(exp((double)x->data[at + i] - largest) / sum);
  }
  return MMDEPLOY_PLUGIN_OK;
}

//===--- table -------------------------------------------------------------===//

const tiny_op_t *tiny_op_find(const char *name) {
#define ENTRY(op, least, most, numbers) {#op, least, most, numbers, run_##op},
  static const tiny_op_t table[] = {TINY_OPS(ENTRY)};
#undef ENTRY
  for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
    if (strcmp(table[i].name, name) == 0) return &table[i];
  }
  return NULL;
}
