// SPDX-License-Identifier: Apache-2.0
//
// Comparisons and logic: two inputs with broadcasting to bool; Not, IsNaN, IsInf.
#include <math.h>
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { LESS, LESS_EQUAL, EQUAL, GREATER_EQUAL, GREATER, AND, OR, XOR } relation_t;

static const struct {
  const char *name;
  relation_t relation;
} relations[] = {
    {"Less", LESS},
    {"LessOrEqual", LESS_EQUAL},
    {"Equal", EQUAL},
    {"Greater", GREATER},
    {"GreaterOrEqual", GREATER_EQUAL},
    {"And", AND},
    {"Or", OR},
    {"Xor", XOR},
};

#define HOLDS(type)                                               \
  static bool holds_##type(relation_t relation, type a, type b) { \
    switch (relation) {                                           \
      case LESS:                                                  \
        return a < b;                                             \
      case LESS_EQUAL:                                            \
        return a <= b;                                            \
      case EQUAL:                                                 \
        return a == b;                                            \
      case GREATER_EQUAL:                                         \
        return a >= b;                                            \
      case GREATER:                                               \
        return a > b;                                             \
      case AND:                                                   \
        return a != 0 && b != 0;                                  \
      case OR:                                                    \
        return a != 0 || b != 0;                                  \
      case XOR:                                                   \
        return (a != 0) != (b != 0);                              \
    }                                                             \
    return false;                                                 \
  }
HOLDS(double)
HOLDS(int64_t)
HOLDS(uint64_t)

static relation_t find_relation(const mmd_node_t *node) {
  size_t i = 0;
  while (strcmp(relations[i].name, node->op) != 0) ++i;  // every operator below has a row
  return relations[i].relation;
}

static bool strings_equal(const mmd_tensor_t *a, size_t i, const mmd_tensor_t *b, size_t k) {
  size_t a_size, b_size;
  const char *x = mmd_tensor_get_string(a, i, &a_size), *y = mmd_tensor_get_string(b, k, &b_size);
  return a_size == b_size && memcmp(x, y, a_size) == 0;
}

static bool compare_elements(relation_t relation, const mmd_tensor_t *a, size_t i,
                             const mmd_tensor_t *b, size_t k) {
  const void *x = mmd_tensor_data(a), *y = mmd_tensor_data(b);
  if (a->dtype == MMD_STRING) return strings_equal(a, i, b, k);
  if (mmd_dtype_is_float(a->dtype)) {
    return holds_double(relation, mmd_dtype_load_f64(a->dtype, x, i),
                        mmd_dtype_load_f64(b->dtype, y, k));
  }
  int64_t p = mmd_dtype_load_i64(a->dtype, x, i), q = mmd_dtype_load_i64(b->dtype, y, k);
  if (a->dtype == MMD_U64) return holds_uint64_t(relation, (uint64_t)p, (uint64_t)q);
  return holds_int64_t(relation, p, q);
}

static mmd_status_t check_types(const mmd_eval_context_t *c, relation_t relation,
                                const mmd_tensor_t *a, const mmd_tensor_t *b) {
  if (a->dtype != b->dtype) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types differ: %s and %s",
                          mmd_dtype_name(a->dtype), mmd_dtype_name(b->dtype));
  }
  if (relation == EQUAL && a->dtype == MMD_STRING) return NULL;
  return mmd_eval_check_number(c, a);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *b = mmd_eval_input(c, 1);
  const mmd_shape_t *shapes[] = {&a->shape, &b->shape};
  relation_t relation = find_relation(c->node);
  mmd_broadcast_t plan;
  uint8_t *out;
  MMD_TRY(check_types(c, relation, a, b));
  MMD_TRY(mmd_broadcast_plan(c->node, 2, shapes, &plan));
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_BOOL, &plan.shape, &out));
  for (size_t r = 0; r < plan.rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(&plan, r, &row);
    for (size_t i = 0; i < row.size; ++i) {
      out[row.out + i] = compare_elements(relation, a, row.in[0] + i * row.steps[0], b,
                                          row.in[1] + i * row.steps[1]);
    }
  }
  return NULL;
}

static mmd_status_t evaluate_not(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const void *in = mmd_tensor_data(input);
  uint8_t *out;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_BOOL, &input->shape, &out));
  for (size_t i = 0; i < count; ++i) out[i] = mmd_dtype_load_i64(input->dtype, in, i) == 0;
  return NULL;
}

static mmd_status_t evaluate_is(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  const void *in = mmd_tensor_data(input);
  bool nan = strcmp(c->node->op, "IsNaN") == 0;
  bool negative = mmd_node_attr_int(c->node, "detect_negative", 1) != 0;
  bool positive = mmd_node_attr_int(c->node, "detect_positive", 1) != 0;
  uint8_t *out;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(mmd_eval_check_number(c, input));
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_BOOL, &input->shape, &out));
  for (size_t i = 0; i < count; ++i) {
    double x = mmd_dtype_load_f64(input->dtype, in, i);
    bool infinite = isinf(x) && (x > 0 ? positive : negative);
    out[i] = nan ? x != x : infinite;
  }
  return NULL;
}

// NULL when not known. Exporters ask whether a size is -1, to leave it alone.
static const mmd_dim_t *compare_dims(mmd_graph_t *graph, relation_t relation, const mmd_dim_t *a,
                                     const mmd_dim_t *b) {
  if (mmd_dim_is_const(a) && mmd_dim_is_const(b)) {
    return mmd_dim_const(graph, holds_int64_t(relation, a->number, b->number));
  }
  bool negative = mmd_dim_is_const(b) && b->number < 0 && mmd_infer_is_size(a);
  return relation == EQUAL && negative ? mmd_dim_const(graph, 0) : NULL;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_dim_t *const *a, *const *b;
  const mmd_dim_t *results[MMD_INFER_MAX_ELEMENTS];
  size_t a_count, b_count;
  MMD_TRY(mmd_infer_numpy_bool(c));
  if (!mmd_infer_elements(c, 0, &a, &a_count) || !mmd_infer_elements(c, 1, &b, &b_count)) {
    return NULL;
  }
  if (a_count != b_count && b_count != 1) return NULL;
  const mmd_type_t *x = mmd_infer_ranked(c, 0), *y = mmd_infer_ranked(c, 1);
  if (!x || !y || x->rank > 1 || y->rank > 1) return NULL;
  relation_t relation = find_relation(c->node);
  for (size_t i = 0; i < a_count; ++i) {
    const mmd_dim_t *p = a[i], *q = b[b_count == 1 ? 0 : i];
    results[i] = compare_dims(c->graph, relation, p, q);
  }
  return mmd_infer_output_elements(c, 0, a_count, results);
}

#define RELATION(name, since) \
  { "", name, since, 2, 2, 1, 1, infer, evaluate, 0 }
static const mmd_op_t ops[] = {
    RELATION("And", 7),
    RELATION("Equal", 7),
    RELATION("Greater", 7),
    RELATION("GreaterOrEqual", 12),
    RELATION("Less", 7),
    RELATION("LessOrEqual", 12),
    RELATION("Or", 7),
    RELATION("Xor", 7),
    {"", "IsInf", 10, 1, 1, 1, 1, mmd_infer_same_bool, evaluate_is, 0},
    {"", "IsNaN", 9, 1, 1, 1, 1, mmd_infer_same_bool, evaluate_is, 0},
    {"", "Not", 1, 1, 1, 1, 1, mmd_infer_same_bool, evaluate_not, 0},
};
const mmd_op_family_t mmd_ops_compare = MMD_OP_FAMILY(ops);
