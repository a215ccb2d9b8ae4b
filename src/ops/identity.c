// SPDX-License-Identifier: Apache-2.0
//
// Identity, and Dropout as inference has it.
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t evaluate_identity(mmd_eval_context_t *c) {
  if (c->input_count == 0 || !c->inputs[0]) return NULL;
  return mmd_datum_copy(c->inputs[0], &c->outputs[0]);
}

// Dropping with a seed is for training; without it, and with a ratio of 0, all elements stay.
static mmd_status_t evaluate_dropout(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0), *training = mmd_eval_input(c, 2);
  double ratio;
  MMD_TRY(mmd_eval_scalar_f64(c, 1, 0.5, &ratio));
  if (training && mmd_tensor_count(training) == 1 && mmd_tensor_get_i64(training, 0) != 0 &&
      ratio != 0) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "training mode");
  }
  MMD_TRY(mmd_eval_output_view(c, 0, input, &input->shape));
  if (!mmd_eval_wants(c, 1)) return NULL;
  uint8_t *mask;
  size_t count = mmd_tensor_count(input);
  mmd_dtype_t dtype = c->node->version < 10 ? input->dtype : MMD_BOOL;
  MMD_TRY(mmd_eval_output_create(c, 1, dtype, &input->shape, &mask));
  for (size_t i = 0; i < count; ++i) mmd_dtype_store_i64(dtype, mask, i, 1);
  return NULL;
}

static mmd_status_t infer_identity(mmd_infer_context_t *c) {
  const mmd_edge_t *input = mmd_node_input(c->node, 0);
  if (input && input->type.kind > MMD_TYPE_TENSOR) return mmd_infer_output_type(c, 0, &input->type);
  if (!mmd_infer_tensor(c, 0)) return NULL;
  return mmd_infer_same(c);
}

static mmd_status_t infer_dropout(mmd_infer_context_t *c) {
  MMD_TRY(mmd_infer_same(c));
  mmd_dtype_t dtype = c->node->version < 10 ? mmd_infer_dtype(c, 0) : MMD_BOOL;
  return mmd_infer_output_like(c, 1, dtype, mmd_infer_tensor(c, 0));
}

static const mmd_op_t ops[] = {
    {"", "Dropout", 7, 1, 3, 1, 2, infer_dropout, evaluate_dropout, 0},
    {"", "Identity", 1, 1, 1, 1, 1, infer_identity, evaluate_identity, MMD_OP_ANY_KIND},
    {"mmdeploy", "Mark", 1, 1, 1, 1, 1, infer_identity, evaluate_identity, MMD_OP_ANY_KIND},
};
const mmd_op_family_t mmd_ops_identity = MMD_OP_FAMILY(ops);
