// SPDX-License-Identifier: Apache-2.0
//
// The file format that both sides share, and the operators.
//
// A net is a text of lines, its weights are 32-bit floats in a second file:
//
//   tiny 1
//   input NAME RANK SIZE...                  a size is a number or a name ("batch")
//   constant RANK SIZE... FIRST              FIRST float of the weights file
//   node OPERATOR INPUTS VALUE... NUMBERS NUMBER...
//   output NAME VALUE RANK SIZE...
//
// Every input, constant and node makes one value; values are numbered from 0 in the order of their
// lines, and -1 is an input that is left out. All values are 32-bit floats.
#ifndef TINY_H_
#define TINY_H_

#include <stdint.h>

#include "mmdeploy/plugin/common.h"

#define TINY_MAGIC "tiny 1\n"
#define TINY_MAX_RANK MMDEPLOY_PLUGIN_MAX_RANK

enum { TINY_MAX_INPUTS = 3, TINY_MAX_NUMBERS = 10, TINY_MAX_NAME = 128 };

// Name, least and most inputs, numbers of a node line:
// Conv     stride h w, pad top left bottom right, dilation h w, groups
// MaxPool  kernel h w, stride h w, pad top left bottom right
// Flatten  axis
// Gemm     1 when the second input is transposed
#define TINY_OPS(X)             \
  X(Abs, 1, 1, 0)               \
  X(Add, 2, 2, 0)               \
  X(Conv, 2, 3, 9)              \
  X(Flatten, 1, 1, 1)           \
  X(Gemm, 2, 3, 1)              \
  X(GlobalAveragePool, 1, 1, 0) \
  X(Identity, 1, 1, 0)          \
  X(MatMul, 2, 2, 0)            \
  X(MaxPool, 1, 1, 8)           \
  X(Mul, 2, 2, 0)               \
  X(Neg, 1, 1, 0)               \
  X(Relu, 1, 1, 0)              \
  X(Softmax, 1, 1, 0)           \
  X(Sub, 2, 2, 0)

// A tensor of a run; |memory| is what must be freed, NULL when the numbers are borrowed.
typedef struct tiny_tensor_t {
  int rank;
  int64_t dims[TINY_MAX_RANK];
  const float *data;
  float *memory;
} tiny_tensor_t;

// Computes one node: |inputs| holds NULLs for what is left out; |out| gets its sizes and memory of
// the host's. A failure names the operator.
typedef int32_t (*tiny_op_fn)(const mmdeploy_host_t *host, const tiny_tensor_t *const *inputs,
                              const int64_t *numbers, tiny_tensor_t *out,
                              mmdeploy_plugin_error_t *error);

typedef struct tiny_op_t {
  const char *name;
  int least, most, numbers;
  tiny_op_fn run;
} tiny_op_t;

// NULL when there is none of this name.
const tiny_op_t *tiny_op_find(const char *name);

// Fills |error| as snprintf does and returns |code|.
int32_t tiny_fail(mmdeploy_plugin_error_t *error, int32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif  // TINY_H_
