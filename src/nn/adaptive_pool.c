// SPDX-License-Identifier: Apache-2.0
#include "nn/adaptive_pool.h"

#include "nn/tensor_ops.h"

enum { MAX_LIMIT = 64 };

// One spatial axis: the sizes in front and behind as tensors of one element.
typedef struct axis_t {
  int64_t axis, limit;
  mmd_edge_t *in, *out;
} axis_t;

static mmd_edge_t *size_of(mmd_builder_t *b, int64_t axis, mmd_edge_t *x) {
  return mmd_nn_slice(b, 0, axis, axis + 1, mmd_nn_unary(b, "Shape", x));
}

static mmd_edge_t *number(mmd_builder_t *b, int64_t number) {
  return mmd_nn_constant_i64(b, 1, &number);
}

static mmd_edge_t *min(mmd_builder_t *b, mmd_edge_t *a, mmd_edge_t *limit) {
  mmd_edge_t *const inputs[] = {mmd_nn_binary(b, "Less", a, limit), a, limit};
  return mmd_nn_op(b, "Where", 3, inputs, NULL);
}

// 0, 1 … of all windows, as a column.
static mmd_edge_t *windows(mmd_builder_t *b, const axis_t *axis) {
  mmd_edge_t *const range[] = {mmd_nn_squeeze(b, 0, number(b, 0)), mmd_nn_squeeze(b, 0, axis->out),
                               mmd_nn_squeeze(b, 0, number(b, 1))};
  return mmd_nn_unsqueeze(b, 1, mmd_nn_op(b, "Range", 3, range, NULL));
}

// 0, 1 … of the cells of a window, as a row.
static mmd_edge_t *cells(mmd_builder_t *b, const axis_t *axis) {
  int64_t row[MAX_LIMIT];
  for (int64_t i = 0; i < axis->limit; ++i) row[i] = i;
  return mmd_nn_unsqueeze(b, 0, mmd_nn_constant_i64(b, (size_t)axis->limit, row));
}

// The largest of |x| at the places |index| [windows, cells] along the axis.
static mmd_edge_t *largest(mmd_builder_t *b, const axis_t *axis, mmd_edge_t *x, mmd_edge_t *index) {
  return mmd_nn_reduce_max(b, axis->axis + 1, mmd_nn_gather(b, axis->axis, x, index));
}

// Window i is [floor(i * in / out), ceil((i + 1) * in / out)).
static mmd_edge_t *adaptive(mmd_builder_t *b, const axis_t *axis, mmd_edge_t *x) {
  mmd_edge_t *i = windows(b, axis);
  mmd_edge_t *begin = mmd_nn_binary(b, "Mul", i, axis->in);
  mmd_edge_t *end = mmd_nn_binary(b, "Add", begin, mmd_nn_binary(b, "Sub", axis->in, number(b, 1)));
  begin = mmd_nn_binary(b, "Div", begin, axis->out);
  end = mmd_nn_binary(b, "Div", end, axis->out);
  return largest(b, axis, x, min(b, mmd_nn_binary(b, "Add", begin, cells(b, axis)), end));
}

// Windows of ceil(in / out) cells; the zeros that they have too many stand half in front. All zeros
// are one cell that is put behind.
static mmd_edge_t *padded(mmd_builder_t *b, const axis_t *axis, mmd_edge_t *x) {
  int64_t pads[8] = {0};
  pads[4 + axis->axis] = 1;
  mmd_edge_t *one = number(b, 1), *zero = number(b, 0);
  mmd_edge_t *rest = mmd_nn_binary(b, "Sub", axis->out, one);
  mmd_edge_t *size = mmd_nn_binary(b, "Div", mmd_nn_binary(b, "Add", axis->in, rest), axis->out);
  mmd_edge_t *front = mmd_nn_binary(
      b, "Div", mmd_nn_binary(b, "Sub", mmd_nn_binary(b, "Mul", size, axis->out), axis->in),
      number(b, 2));
  mmd_edge_t *begin =
      mmd_nn_binary(b, "Sub", mmd_nn_binary(b, "Mul", windows(b, axis), size), front);
  mmd_edge_t *cell = min(b, cells(b, axis), mmd_nn_binary(b, "Sub", size, one));
  mmd_edge_t *index = mmd_nn_binary(b, "Add", begin, cell);
  mmd_edge_t *const inside[] = {mmd_nn_binary(b, "Less", index, zero), axis->in, index};
  index = min(b, mmd_nn_op(b, "Where", 3, inside, NULL), axis->in);
  mmd_edge_t *const pad[] = {x, mmd_nn_constant_i64(b, 8, pads)};
  return largest(b, axis, mmd_nn_op(b, "Pad", 2, pad, NULL), index);
}

// Known sizes that fit make windows of one size without zeros.
static mmd_edge_t *plain_pool(mmd_builder_t *b, mmd_edge_t *x, mmd_edge_t *like) {
  int64_t kernel[2];
  mmd_node_t *node;
  for (int i = 0; i < 2; ++i) {
    const int64_t in = mmd_nn_size(x, i + 2), out = mmd_nn_size(like, i + 2);
    if (in < 1 || out < 1 || in % out) return NULL;
    kernel[i] = in / out;
  }
  if (kernel[0] == 1 && kernel[1] == 1) return x;
  mmd_edge_t *pooled = mmd_nn_op(b, "MaxPool", 1, &x, &node);
  mmd_nn_set_ints(b, node, "kernel_shape", 2, kernel);
  mmd_nn_set_ints(b, node, "strides", 2, kernel);
  return pooled;
}

typedef mmd_edge_t *(*pool_fn)(mmd_builder_t *b, const axis_t *axis, mmd_edge_t *x);

static mmd_edge_t *pool_like(mmd_builder_t *b, pool_fn pool, int64_t limit, mmd_edge_t *x,
                             mmd_edge_t *like) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  mmd_edge_t *plain = plain_pool(b, x, like);
  if (plain) return plain;
  for (int64_t i = 2; i < 4; ++i) {
    const axis_t axis = {.axis = i,
                         .limit = limit < MAX_LIMIT ? limit : MAX_LIMIT,
                         .in = size_of(b, i, x),
                         .out = size_of(b, i, like)};
    x = pool(b, &axis, x);
  }
  return x;
}

mmd_edge_t *mmd_nn_adaptive_max_pool_like(mmd_builder_t *b, int64_t limit, mmd_edge_t *x,
                                          mmd_edge_t *like) {
  return pool_like(b, adaptive, limit, x, like);
}

mmd_edge_t *mmd_nn_padded_max_pool_like(mmd_builder_t *b, int64_t limit, mmd_edge_t *x,
                                        mmd_edge_t *like) {
  return pool_like(b, padded, limit, x, like);
}
