// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "ops/broadcast.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef enum { AND, OR, XOR, LEFT, RIGHT } operation_t;

static uint64_t apply(operation_t operation, uint64_t a, uint64_t b) {
  switch (operation) {
    case AND:
      return a & b;
    case OR:
      return a | b;
    case XOR:
      return a ^ b;
    case LEFT:
      return b < 64 ? a << b : 0;
    case RIGHT:
      return b < 64 ? a >> b : 0;
  }
  return 0;
}

static operation_t find_operation(const mmd_node_t *node) {
  if (strcmp(node->op, "BitwiseAnd") == 0) return AND;
  if (strcmp(node->op, "BitwiseOr") == 0) return OR;
  if (strcmp(node->op, "BitwiseXor") == 0) return XOR;
  return strcmp(mmd_node_attr_string(node, "direction", ""), "LEFT") == 0 ? LEFT : RIGHT;
}

static mmd_status_t check_types(const mmd_eval_context_t *c, const mmd_tensor_t *a,
                                const mmd_tensor_t *b) {
  if (mmd_dtype_is_integer(a->dtype) && a->dtype == b->dtype) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "element types %s and %s",
                        mmd_dtype_name(a->dtype), mmd_dtype_name(b->dtype));
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *a = mmd_eval_input(c, 0), *b = mmd_eval_input(c, 1);
  const mmd_shape_t *shapes[] = {&a->shape, &b->shape};
  operation_t operation = find_operation(c->node);
  mmd_broadcast_t plan;
  void *out;
  MMD_TRY(check_types(c, a, b));
  MMD_TRY(mmd_broadcast_plan(c->node, 2, shapes, &plan));
  MMD_TRY(mmd_eval_output_create(c, 0, a->dtype, &plan.shape, &out));
  for (size_t r = 0; r < plan.rows; ++r) {
    mmd_broadcast_row_t row;
    mmd_broadcast_row(&plan, r, &row);
    for (size_t i = 0; i < row.size; ++i) {
      int64_t x = mmd_dtype_load_i64(a->dtype, mmd_tensor_data(a), row.in[0] + i * row.steps[0]);
      int64_t y = mmd_dtype_load_i64(b->dtype, mmd_tensor_data(b), row.in[1] + i * row.steps[1]);
      uint64_t z = apply(operation, (uint64_t)x, (uint64_t)y);
      mmd_dtype_store_i64(a->dtype, out, row.out + i, (int64_t)z);
    }
  }
  return NULL;
}

static mmd_status_t evaluate_not(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  void *out;
  size_t count = mmd_tensor_count(input);
  MMD_TRY(check_types(c, input, input));
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &input->shape, &out));
  for (size_t i = 0; i < count; ++i) {
    int64_t x = mmd_dtype_load_i64(input->dtype, mmd_tensor_data(input), i);
    mmd_dtype_store_i64(input->dtype, out, i, ~x);
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "BitShift", 11, 2, 2, 1, 1, mmd_infer_numpy, evaluate, 0},
    {"", "BitwiseAnd", 18, 2, 2, 1, 1, mmd_infer_numpy, evaluate, 0},
    {"", "BitwiseNot", 18, 1, 1, 1, 1, mmd_infer_same, evaluate_not, 0},
    {"", "BitwiseOr", 18, 2, 2, 1, 1, mmd_infer_numpy, evaluate, 0},
    {"", "BitwiseXor", 18, 2, 2, 1, 1, mmd_infer_numpy, evaluate, 0},
};
const mmd_op_family_t mmd_ops_bitwise = MMD_OP_FAMILY(ops);
