// SPDX-License-Identifier: Apache-2.0
//
// Scan since opset 9: body(states…, elements…) -> states…, elements….
#include <string.h>

#include "base/alloc.h"
#include "ops/eval_util.h"
#include "ops/evaluator.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  const mmd_region_t *body;
  size_t states, scanned_in, scanned_out;
  int64_t steps;
  mmd_datum_t *inputs, *outputs;  // of the body
} scan_t;

static void deinit_scan(scan_t *s) {
  for (size_t i = 0; s->inputs && i < s->states + s->scanned_in; ++i)
    mmd_datum_deinit(&s->inputs[i]);
  for (size_t i = 0; s->outputs && i < s->states + s->scanned_out; ++i) {
    mmd_datum_deinit(&s->outputs[i]);
  }
  mmd_free(s->inputs);
  mmd_free(s->outputs);
}

static int64_t list_item(const mmd_node_t *node, const char *name, size_t i) {
  size_t count;
  const int64_t *list = mmd_node_attr_ints(node, name, &count);
  return i < count ? list[i] : 0;
}

static mmd_status_t begin(mmd_eval_context_t *c, scan_t *s) {
  int64_t scanned = mmd_node_attr_int(c->node, "num_scan_inputs", 0);
  s->body = mmd_node_attr_region(c->node, "body");
  if (!s->body || scanned < 1 || (uint64_t)scanned > c->input_count) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "no body, or no elements to scan");
  }
  s->scanned_in = (size_t)scanned;
  s->states = c->input_count - s->scanned_in;
  if (s->body->input_count != c->input_count || s->body->output_count != c->output_count ||
      c->output_count < s->states) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the body does not fit");
  }
  s->scanned_out = c->output_count - s->states;
  s->inputs = mmd_alloc_array(c->input_count + 1, sizeof *s->inputs);
  s->outputs = mmd_alloc_array(c->output_count + 1, sizeof *s->outputs);
  MMD_TRY_ALLOC(s->inputs);
  MMD_TRY_ALLOC(s->outputs);
  s->steps = -1;
  for (size_t i = 0; i < c->input_count; ++i) {
    const mmd_tensor_t *input = mmd_eval_input(c, i);
    int axis;
    if (!input) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is missing", i);
    if (i < s->states) {
      MMD_TRY(mmd_datum_copy(c->inputs[i], &s->inputs[i]));
      continue;
    }
    int64_t wanted = list_item(c->node, "scan_input_axes", i - s->states);
    MMD_TRY(mmd_node_axis(c->node, wanted, input->shape.rank, &axis));
    if (s->steps < 0) s->steps = input->shape.dims[axis];
    if (s->steps != input->shape.dims[axis]) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has another length", i);
    }
  }
  return NULL;
}

// Element |at| of scanned input |k|.
static mmd_status_t take(mmd_eval_context_t *c, scan_t *s, size_t k, int64_t at) {
  const mmd_tensor_t *input = mmd_eval_input(c, s->states + k);
  mmd_datum_t *out = &s->inputs[s->states + k];
  mmd_tensor_t view, packed;
  int axis;
  MMD_TRY(
      mmd_node_axis(c->node, list_item(c->node, "scan_input_axes", k), input->shape.rank, &axis));
  if (list_item(c->node, "scan_input_directions", k)) at = s->steps - 1 - at;
  mmd_datum_deinit(out);
  MMD_TRY(mmd_tensor_slice(input, axis, at, at + 1, &view));
  mmd_status_t status = mmd_tensor_contiguous(&view, &packed);
  mmd_tensor_deinit(&view);
  MMD_TRY(status);
  mmd_shape_t shape = packed.shape;
  for (int i = axis; i + 1 < shape.rank; ++i) shape.dims[i] = shape.dims[i + 1];
  --shape.rank;
  status = mmd_tensor_reshape(&packed, &shape, &out->tensor);
  mmd_tensor_deinit(&packed);
  if (!status) out->kind = MMD_TYPE_TENSOR;
  return status;
}

// Writes element |at| of scanned output |k|, which the first step makes.
static mmd_status_t put(mmd_eval_context_t *c, const scan_t *s, size_t k, int64_t at) {
  const mmd_datum_t *item = &s->outputs[s->states + k];
  const mmd_tensor_t *element = &item->tensor;
  mmd_datum_t *result = &c->outputs[s->states + k];
  int axis, rank = element->shape.rank + 1;
  if (item->kind != MMD_TYPE_TENSOR || rank > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "output %zu of the body", s->states + k);
  }
  MMD_TRY(mmd_node_axis(c->node, list_item(c->node, "scan_output_axes", k), rank, &axis));
  mmd_shape_t shape = {.rank = rank};
  for (int i = 0, n = 0; i < rank; ++i)
    shape.dims[i] = i == axis ? s->steps : element->shape.dims[n++];
  if (at == 0) {
    MMD_TRY(mmd_eval_output_create(c, s->states + k, element->dtype, &shape, NULL));
  } else if (result->tensor.dtype != element->dtype ||
             !mmd_shape_equal(&result->tensor.shape, &shape)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "output %zu changes its type", k);
  }
  if (list_item(c->node, "scan_output_directions", k)) at = s->steps - 1 - at;
  size_t outer = mmd_shape_range(&shape, 0, axis), inner = mmd_shape_range(&shape, axis + 1, rank);
  for (size_t o = 0; o < outer; ++o) {
    size_t to = (o * (size_t)s->steps + (size_t)at) * inner;
    MMD_TRY(mmd_eval_copy(&result->tensor, to, element, o * inner, inner));
  }
  return NULL;
}

static mmd_status_t step(mmd_eval_context_t *c, scan_t *s, int64_t at) {
  for (size_t k = 0; k < s->scanned_in; ++k) MMD_TRY(take(c, s, k, at));
  MMD_TRY(mmd_evaluator_run_region(c->evaluator, s->body, s->inputs, c->input_count, s->outputs,
                                   c->output_count));
  for (size_t k = 0; k < s->scanned_out; ++k) {
    MMD_TRY(put(c, s, k, at));
    mmd_datum_deinit(&s->outputs[s->states + k]);
  }
  for (size_t i = 0; i < s->states; ++i) {
    mmd_datum_deinit(&s->inputs[i]);
    s->inputs[i] = s->outputs[i];
    s->outputs[i] = (mmd_datum_t){0};
  }
  return NULL;
}

static mmd_status_t run(mmd_eval_context_t *c, scan_t *s) {
  MMD_TRY(begin(c, s));
  if (s->steps == 0) return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "nothing to scan");
  for (int64_t at = 0; at < s->steps; ++at) MMD_TRY(step(c, s, at));
  for (size_t i = 0; i < s->states; ++i) {
    c->outputs[i] = s->inputs[i];
    s->inputs[i] = (mmd_datum_t){0};
  }
  return NULL;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  scan_t scan = {0};
  mmd_status_t status = run(c, &scan);
  deinit_scan(&scan);
  return status;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  mmd_region_t *body = mmd_node_attr_region(c->node, "body");
  int64_t scanned = mmd_node_attr_int(c->node, "num_scan_inputs", 0);
  if (!body || body->output_count != c->node->output_count || scanned < 0 ||
      (uint64_t)scanned > c->node->input_count) {
    return NULL;
  }
  MMD_TRY(mmd_infer_region(c->graph, body));
  for (size_t i = 0; i < c->node->output_count; ++i) {
    const mmd_type_t *type = &body->outputs[i]->type;
    if (type->kind != MMD_TYPE_TENSOR) continue;
    bool state = i < c->node->input_count - (size_t)scanned;
    int rank = type->has_rank ? type->rank + !state : -1;
    MMD_TRY(mmd_infer_output(c, i, type->dtype, rank > MMD_MAX_RANK ? -1 : rank, NULL));
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "Scan", 9, 1, -1, 1, -1, infer, evaluate, MMD_OP_ANY_KIND},
};
const mmd_op_family_t mmd_ops_scan = MMD_OP_FAMILY(ops);
