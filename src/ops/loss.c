// SPDX-License-Identifier: Apache-2.0
//
// NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss.
#include <math.h>
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  const double *scores;  // N x C x rest, logarithms of probabilities
  const int64_t *labels;
  const double *weights;
  int64_t batch, classes, rest;
} loss_t;

static mmd_status_t read_loss(mmd_eval_context_t *c, loss_t *l) {
  const mmd_tensor_t *scores = mmd_eval_input(c, 0), *labels = mmd_eval_input(c, 1);
  const mmd_tensor_t *weights = mmd_eval_input(c, 2);
  if (scores->shape.rank < 2) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input of rank %d", scores->shape.rank);
  }
  *l = (loss_t){.batch = scores->shape.dims[0], .classes = scores->shape.dims[1]};
  l->rest = (int64_t)mmd_shape_range(&scores->shape, 2, scores->shape.rank);
  if (mmd_tensor_count(labels) != (size_t)(l->batch * l->rest) ||
      (weights && mmd_tensor_count(weights) != (size_t)l->classes)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "labels or weights do not fit");
  }
  MMD_TRY(mmd_eval_load_f64(c, scores, &l->scores));
  MMD_TRY(mmd_eval_load_i64(c, labels, &l->labels));
  return weights ? mmd_eval_load_f64(c, weights, &l->weights) : NULL;
}

static mmd_status_t store_loss(mmd_eval_context_t *c, const loss_t *l) {
  const mmd_tensor_t *scores = mmd_eval_input(c, 0), *labels = mmd_eval_input(c, 1);
  const char *reduction = mmd_node_attr_string(c->node, "reduction", "mean");
  const mmd_attr_t *ignore = mmd_node_attr(c->node, "ignore_index");
  double sum = 0, weight_sum = 0, *losses;
  mmd_shape_t scalar = {.rank = 0};
  MMD_TRY(mmd_eval_scratch(c, (size_t)(l->batch * l->rest), sizeof *losses, &losses));
  for (int64_t i = 0; i < l->batch * l->rest; ++i) {
    int64_t label = l->labels[i];
    if (ignore && ignore->kind == MMD_ATTR_INT && label == ignore->u.integer) continue;
    if (label < 0 || label >= l->classes) {
      return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "label %lld of %lld", (long long)label,
                            (long long)l->classes);
    }
    double weight = l->weights ? l->weights[label] : 1;
    losses[i] = -l->scores[(i / l->rest * l->classes + label) * l->rest + i % l->rest] * weight;
    sum += losses[i];
    weight_sum += weight;
  }
  if (strcmp(reduction, "none") == 0) {
    return mmd_eval_store_f64(c, 0, scores->dtype, &labels->shape, losses);
  }
  if (strcmp(reduction, "mean") == 0) sum /= weight_sum;
  return mmd_eval_store_f64(c, 0, scores->dtype, &scalar, &sum);
}

static mmd_status_t evaluate_nll(mmd_eval_context_t *c) {
  loss_t loss;
  MMD_TRY(read_loss(c, &loss));
  return store_loss(c, &loss);
}

static mmd_status_t evaluate_cross_entropy(mmd_eval_context_t *c) {
  const mmd_tensor_t *scores = mmd_eval_input(c, 0);
  loss_t l;
  double *logs;
  MMD_TRY(read_loss(c, &l));
  MMD_TRY(mmd_eval_scratch(c, mmd_tensor_count(scores), sizeof *logs, &logs));
  for (int64_t i = 0; i < l.batch * l.rest; ++i) {
    int64_t first = i / l.rest * l.classes * l.rest + i % l.rest;
    double largest = -(double)INFINITY, sum = 0;
    for (int64_t k = 0; k < l.classes; ++k) largest = fmax(largest, l.scores[first + k * l.rest]);
    for (int64_t k = 0; k < l.classes; ++k) sum += exp(l.scores[first + k * l.rest] - largest);
    for (int64_t k = 0; k < l.classes; ++k) {
      logs[first + k * l.rest] = l.scores[first + k * l.rest] - largest - log(sum);
    }
  }
  if (mmd_eval_wants(c, 1)) {
    MMD_TRY(mmd_eval_store_f64(c, 1, scores->dtype, &scores->shape, logs));
  }
  l.scores = logs;
  return store_loss(c, &l);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  bool none = strcmp(mmd_node_attr_string(c->node, "reduction", "mean"), "none") == 0;
  MMD_TRY(mmd_infer_output_like(c, 1, mmd_infer_dtype(c, 0), mmd_infer_tensor(c, 0)));
  if (none) return mmd_infer_output_like(c, 0, mmd_infer_dtype(c, 0), mmd_infer_tensor(c, 1));
  return mmd_infer_output(c, 0, mmd_infer_dtype(c, 0), 0, NULL);
}

static const mmd_op_t ops[] = {
    {"", "NegativeLogLikelihoodLoss", 12, 2, 3, 1, 1, infer, evaluate_nll, 0},
    {"", "SoftmaxCrossEntropyLoss", 12, 2, 3, 1, 2, infer, evaluate_cross_entropy, 0},
};
const mmd_op_family_t mmd_ops_loss = MMD_OP_FAMILY(ops);
