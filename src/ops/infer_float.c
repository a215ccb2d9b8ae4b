// SPDX-License-Identifier: Apache-2.0
//
// Sizes that were computed as floats: Cast to float, products and quotients with other sizes and
// constants, Floor or Ceil, Cast back. Numbers are followed backwards from the last Cast, as
// fractions of expressions.
//
// The answer must be that of the floats. A float of 32 bits holds numbers below 2^24 exactly, and
// so their products with fractions of a power of two; larger sizes are not thought of. A quotient
// by something else is not exact, but on the right side of the next whole number, so that it may be
// rounded at once; computing on with it may not: 37 x (64 / 37) is less than 64.
#include <math.h>
#include <string.h>

#include "ops/infer_util.h"

enum {
  MAX_STEPS = 256,  // for one element; also bounds the recursion
  MAX_DENOMINATOR = 256,
};

typedef struct fraction_t {
  const mmd_dim_t *top, *bottom;  // both NULL: not known
} fraction_t;

typedef struct follower_t {
  mmd_graph_t *graph;
  int steps;
} follower_t;

static const fraction_t unknown = {NULL, NULL};

static fraction_t whole(follower_t *f, const mmd_dim_t *dim) {
  return (fraction_t){dim, mmd_dim_const(f->graph, 1)};
}

static bool is_known(fraction_t x) {
  return x.top && x.bottom;
}

// Elements of a tensor of rank 0 or 1; 0 when not known.
static size_t element_count(const mmd_edge_t *edge) {
  const mmd_type_t *type = &edge->type;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank || type->rank > 1) return 0;
  const int64_t count = type->rank ? mmd_dim_number(type->dims[0]) : 1;
  return count > 0 && count <= MMD_INFER_MAX_ELEMENTS ? (size_t)count : 0;
}

// Constants with few binary digits behind the point: 2, 0.5, 0.125, 1.75.
static fraction_t follow_constant(follower_t *f, const mmd_tensor_t *tensor, size_t index) {
  if (index >= mmd_tensor_count(tensor) || !mmd_tensor_is_set(tensor)) return unknown;
  if (mmd_dtype_is_signed_int(tensor->dtype))
    return whole(f, mmd_dim_const(f->graph, mmd_tensor_get_i64(tensor, index)));
  if (!mmd_dtype_is_float(tensor->dtype)) return unknown;
  double number = mmd_tensor_get_f64(tensor, index);
  int64_t bottom = 1;
  if (!(fabs(number) < 16777216)) return unknown;
  for (; number != floor(number); number *= 2) {
    bottom *= 2;
    if (bottom > MAX_DENOMINATOR) return unknown;
  }
  return (fraction_t){mmd_dim_const(f->graph, (int64_t)number), mmd_dim_const(f->graph, bottom)};
}

// What a float holds without rounding.
static bool is_exact(fraction_t x) {
  if (!is_known(x) || !mmd_dim_is_const(x.bottom)) return false;
  const int64_t bottom = x.bottom->number;
  return bottom > 0 && bottom <= MAX_DENOMINATOR && (bottom & (bottom - 1)) == 0;
}

static fraction_t multiply(follower_t *f, fraction_t x, fraction_t y) {
  return (fraction_t){mmd_dim_mul(f->graph, x.top, y.top),
                      mmd_dim_mul(f->graph, x.bottom, y.bottom)};
}

static fraction_t add(follower_t *f, fraction_t x, fraction_t y, bool subtract) {
  const mmd_dim_t *a = mmd_dim_mul(f->graph, x.top, y.bottom);
  const mmd_dim_t *b = mmd_dim_mul(f->graph, y.top, x.bottom);
  return (fraction_t){
      subtract ? mmd_dim_sub(f->graph, a, b) : mmd_dim_add(f->graph, a, b),
      mmd_dim_mul(f->graph, x.bottom, y.bottom),
  };
}

// The divisor must be a size above 0, as sizes that divide are taken to be (dim.h).
static const mmd_dim_t *round_fraction(follower_t *f, fraction_t x, bool up) {
  if (!is_known(x)) return NULL;
  if (mmd_dim_is_const(x.bottom) ? x.bottom->number <= 0 : !mmd_infer_is_size(x.bottom))
    return NULL;
  return up ? mmd_dim_ceil_div(f->graph, x.top, x.bottom)
            : mmd_dim_floor_div(f->graph, x.top, x.bottom);
}

static fraction_t follow(follower_t *f, const mmd_edge_t *edge, size_t index);

static fraction_t follow_input(follower_t *f, const mmd_node_t *node, size_t input, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, input);
  const size_t count = edge ? element_count(edge) : 0;
  return count ? follow(f, edge, count == 1 ? 0 : index) : unknown;
}

static fraction_t follow_binary(follower_t *f, const mmd_node_t *node, size_t index) {
  const fraction_t x = follow_input(f, node, 0, index), y = follow_input(f, node, 1, index);
  if (!is_exact(x) || !is_exact(y)) return unknown;
  if (strcmp(node->op, "Mul") == 0) return multiply(f, x, y);
  if (strcmp(node->op, "Div") == 0) return multiply(f, x, (fraction_t){y.bottom, y.top});
  return add(f, x, y, strcmp(node->op, "Sub") == 0);
}

static fraction_t follow_concat(follower_t *f, const mmd_node_t *node, size_t index) {
  for (size_t i = 0; i < node->input_count; ++i) {
    const size_t count = node->inputs[i] ? element_count(node->inputs[i]) : 0;
    if (!count) return unknown;
    if (index < count) return follow(f, node->inputs[i], index);
    index -= count;
  }
  return unknown;
}

static bool is_one_of(const mmd_node_t *node, const char *const *ops) {
  for (; *ops; ++ops) {
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, *ops)) return true;
  }
  return false;
}

static fraction_t follow_node(follower_t *f, const mmd_node_t *node, size_t index) {
  static const char *const binary[] = {"Add", "Sub", "Mul", "Div", NULL};
  static const char *const same[] = {"Cast",    "Identity",  "Reshape", "Squeeze",
                                     "Flatten", "Unsqueeze", NULL};
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Floor"))
    return whole(f, round_fraction(f, follow_input(f, node, 0, index), false));
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Ceil"))
    return whole(f, round_fraction(f, follow_input(f, node, 0, index), true));
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Concat")) return follow_concat(f, node, index);
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Cast")) {
    const fraction_t x = follow_input(f, node, 0, index);
    return is_exact(x) ? x : unknown;
  }
  if (is_one_of(node, same)) return follow_input(f, node, 0, index);
  return is_one_of(node, binary) ? follow_binary(f, node, index) : unknown;
}

static fraction_t follow(follower_t *f, const mmd_edge_t *edge, size_t index) {
  if (f->steps++ >= MAX_STEPS) return unknown;
  if (edge->elements)
    return index < edge->element_count ? whole(f, edge->elements[index]) : unknown;
  if (edge->is_constant) return follow_constant(f, &edge->constant, index);
  const mmd_node_t *node = edge->producer;
  // Integer arithmetic has its elements already, where they are known; smaller floats round sizes.
  if (!node || (edge->type.dtype != MMD_F32 && edge->type.dtype != MMD_F64)) return unknown;
  if (mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant")) {
    const mmd_tensor_t *tensor = mmd_node_attr_tensor(node, "value");
    return tensor ? follow_constant(f, tensor, index) : unknown;
  }
  return follow_node(f, node, index);
}

// A cast drops what is behind the point; that is the floor for what is not negative.
static const mmd_dim_t *truncate(follower_t *f, fraction_t x) {
  const mmd_dim_t *floor_of_x = round_fraction(f, x, false);
  const bool is_whole = floor_of_x && mmd_dim_is_const(x.bottom) && x.bottom->number == 1;
  return is_whole || (floor_of_x && mmd_infer_is_size(x.top)) ? floor_of_x : NULL;
}

mmd_status_t mmd_infer_truncated(mmd_infer_context_t *c) {
  const mmd_edge_t *edge = mmd_node_input(c->node, 0);
  const mmd_dim_t *results[MMD_INFER_MAX_ELEMENTS];
  const size_t count = edge && mmd_dtype_is_float(edge->type.dtype) ? element_count(edge) : 0;
  if (!count) return NULL;
  for (size_t i = 0; i < count; ++i) {
    follower_t f = {.graph = c->graph};
    results[i] = truncate(&f, follow(&f, edge, i));
    if (!results[i]) return NULL;
  }
  return mmd_infer_output_elements(c, 0, count, results);
}
