// SPDX-License-Identifier: Apache-2.0
//
// Sums of products in half precision, in fast mode: the float32 kernels on widened inputs, and the
// result rounded. Plain mode rounds sums of doubles, so the two differ by a rounding at most.
#include <string.h>

#include "ops/eval_util.h"
#include "ops/evaluator_internal.h"

enum { MAX_INPUTS = 3 };

static bool is_product(const mmd_node_t *node) {
  static const char *const ops[] = {"Conv", "ConvTranspose", "Gemm", "MatMul"};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, ops[i])) return true;
  return false;
}

static bool is_half(const mmd_eval_context_t *c) {
  const mmd_tensor_t *first = mmd_eval_input(c, 0);
  if (c->mode != MMD_EVAL_FAST || c->input_count > MAX_INPUTS || !first || !is_product(c->node))
    return false;
  for (size_t i = 0; i < c->input_count; ++i) {
    const mmd_tensor_t *tensor = mmd_eval_input(c, i);
    if (tensor && tensor->dtype != first->dtype) return false;
  }
  return first->dtype == MMD_F16 || first->dtype == MMD_BF16;
}

static mmd_status_t widen(mmd_eval_context_t *c, mmd_datum_t *wide, const mmd_datum_t **inputs) {
  for (size_t i = 0; i < c->input_count; ++i) {
    const mmd_tensor_t *tensor = mmd_eval_input(c, i);
    if (!tensor) continue;
    MMD_TRY(mmd_eval_reserve(c, mmd_tensor_count(tensor) * sizeof(float)));
    wide[i].kind = MMD_TYPE_TENSOR;
    MMD_TRY(mmd_tensor_cast(tensor, MMD_F32, &wide[i].tensor));
    inputs[i] = &wide[i];
  }
  return NULL;
}

static mmd_status_t round_result(mmd_eval_context_t *c, const mmd_tensor_t *wide) {
  const mmd_dtype_t dtype = mmd_eval_input(c, 0)->dtype;
  mmd_tensor_t half = {0};
  MMD_TRY(mmd_eval_reserve(c, mmd_tensor_count(wide) * 2));
  MMD_TRY(mmd_tensor_cast(wide, dtype, &half));
  mmd_eval_output(c, 0, &half);
  c->fresh |= 1;
  return NULL;
}

mmd_status_t mmd_evaluator_call_op(const mmd_op_t *op, mmd_eval_context_t *c) {
  mmd_datum_t wide[MAX_INPUTS] = {0}, result = {0};
  const mmd_datum_t *inputs[MAX_INPUTS] = {NULL};
  if (!is_half(c)) return op->evaluate(c);
  mmd_status_t status = widen(c, wide, inputs);
  mmd_eval_context_t inner = *c;
  inner.inputs = inputs;
  inner.outputs = &result;
  inner.output_count = 1;
  inner.reusable = inner.fresh = 0;
  inner.epilogue = NULL;  // it works on float32
  if (!status) status = op->evaluate(&inner);
  if (!status) status = round_result(c, &result.tensor);
  mmd_datum_deinit(&result);
  for (size_t i = 0; i < MAX_INPUTS; ++i) mmd_datum_deinit(&wide[i]);
  return status;
}
