// SPDX-License-Identifier: Apache-2.0
#include "graph/dim_range.h"

#include "base/checked.h"

// ---- One operation over ranges.

static mmd_dim_range_t add(mmd_dim_range_t a, mmd_dim_range_t b) {
  mmd_dim_range_t out = {0};
  out.has_least = a.has_least && b.has_least && mmd_checked_add_i64(a.least, b.least, &out.least);
  out.has_most = a.has_most && b.has_most && mmd_checked_add_i64(a.most, b.most, &out.most);
  return out;
}

static mmd_dim_range_t swap(mmd_dim_range_t a) {
  return (mmd_dim_range_t){a.has_most, a.has_least, a.most, a.least};
}

static mmd_dim_range_t scale(mmd_dim_range_t a, int64_t factor) {
  mmd_dim_range_t from = factor < 0 ? swap(a) : a, out = {0};
  out.has_least = from.has_least && mmd_checked_mul_i64(from.least, factor, &out.least);
  out.has_most = from.has_most && mmd_checked_mul_i64(from.most, factor, &out.most);
  return out;
}

static bool is_size(mmd_dim_range_t a) {
  return a.has_least && a.least >= 0;
}

static mmd_dim_range_t mul(mmd_dim_range_t a, mmd_dim_range_t b) {
  mmd_dim_range_t out = {0};
  if (!is_size(a) || !is_size(b)) return out;
  out.has_least = mmd_checked_mul_i64(a.least, b.least, &out.least);
  out.has_most = a.has_most && b.has_most && mmd_checked_mul_i64(a.most, b.most, &out.most);
  return out;
}

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static int64_t ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}

static mmd_dim_range_t divide(mmd_dim_range_t a, int64_t divisor, bool up) {
  a.least = up ? ceil_div(a.least, divisor) : floor_div(a.least, divisor);
  a.most = up ? ceil_div(a.most, divisor) : floor_div(a.most, divisor);
  return a;
}

static mmd_dim_range_t smaller(mmd_dim_range_t a, mmd_dim_range_t b) {
  mmd_dim_range_t out = {.has_least = a.has_least && b.has_least,
                         .has_most = a.has_most || b.has_most};
  out.least = a.least < b.least ? a.least : b.least;
  out.most = !b.has_most || (a.has_most && a.most < b.most) ? a.most : b.most;
  return out;
}

static mmd_dim_range_t larger(mmd_dim_range_t a, mmd_dim_range_t b) {
  mmd_dim_range_t out = {.has_least = a.has_least || b.has_least,
                         .has_most = a.has_most && b.has_most};
  out.least = !b.has_least || (a.has_least && a.least > b.least) ? a.least : b.least;
  out.most = a.most > b.most ? a.most : b.most;
  return out;
}

// ---- Expressions. They are small, see dim.h.

static mmd_dim_range_t product(const mmd_dim_t *dim) {
  if (mmd_dim_is_const(dim->a)) return scale(mmd_dim_range(dim->b), dim->a->number);
  if (mmd_dim_is_const(dim->b)) return scale(mmd_dim_range(dim->a), dim->b->number);
  return mul(mmd_dim_range(dim->a), mmd_dim_range(dim->b));
}

static mmd_dim_range_t quotient(const mmd_dim_t *dim) {
  const mmd_dim_range_t a = mmd_dim_range(dim->a);
  if (mmd_dim_is_const(dim->b) && dim->b->number > 0)
    return divide(a, dim->b->number, dim->kind == MMD_DIM_CEIL_DIV);
  const bool sizes = is_size(a) && is_size(mmd_dim_range(dim->b));
  return (mmd_dim_range_t){.has_least = sizes, .least = 0};
}

mmd_dim_range_t mmd_dim_range(const mmd_dim_t *dim) {
  switch (dim->kind) {
    case MMD_DIM_CONST:
      return (mmd_dim_range_t){true, true, dim->number, dim->number};
    case MMD_DIM_SYMBOL:
      return (mmd_dim_range_t){.has_least = true, .least = 0};
    case MMD_DIM_ADD:
      return add(mmd_dim_range(dim->a), mmd_dim_range(dim->b));
    case MMD_DIM_MUL:
      return product(dim);
    case MMD_DIM_FLOOR_DIV:
    case MMD_DIM_CEIL_DIV:
      return quotient(dim);
    case MMD_DIM_MIN:
      return smaller(mmd_dim_range(dim->a), mmd_dim_range(dim->b));
    case MMD_DIM_MAX:
      return larger(mmd_dim_range(dim->a), mmd_dim_range(dim->b));
  }
  return (mmd_dim_range_t){0};
}
