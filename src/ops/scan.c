// SPDX-License-Identifier: Apache-2.0
//
// Scan: body(states…, elements…) -> states…, elements…. Until opset 8 the first input holds
// lengths, and all others and the outputs have a batch axis in front: one scan an item of the
// batch.
#include <string.h>

#include "base/alloc.h"
#include "ops/eval_util.h"
#include "ops/evaluator.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  const mmd_region_t *body;
  size_t first;  // node input that is the body's first
  size_t states, scanned_in, scanned_out;
  int64_t batch, item;            // 0, 0 without batch axis
  int64_t length;                 // of the scanned inputs
  int64_t steps;                  // of this item, <= |length|
  mmd_tensor_t *sources;          // what stands for the node's inputs: of one item
  mmd_datum_t *inputs, *outputs;  // of the body
} scan_t;

static void deinit_scan(scan_t *s) {
  for (size_t i = 0; s->inputs && i < s->states + s->scanned_in; ++i)
    mmd_datum_deinit(&s->inputs[i]);
  for (size_t i = 0; s->outputs && i < s->states + s->scanned_out; ++i) {
    mmd_datum_deinit(&s->outputs[i]);
  }
  for (size_t i = 0; s->sources && i < s->states + s->scanned_in; ++i)
    mmd_tensor_deinit(&s->sources[i]);
  mmd_free(s->sources);
  mmd_free(s->inputs);
  mmd_free(s->outputs);
}

static int64_t list_item(const mmd_node_t *node, const char *name, size_t i) {
  size_t count;
  const int64_t *list = mmd_node_attr_ints(node, name, &count);
  return i < count ? list[i] : 0;
}

static bool is_batched(const mmd_node_t *node) {
  return node->version < 9;
}

static bool is_backward(const mmd_node_t *node, size_t k) {
  return list_item(node, is_batched(node) ? "directions" : "scan_input_directions", k) != 0;
}

static mmd_status_t begin(mmd_eval_context_t *c, scan_t *s) {
  int64_t scanned = mmd_node_attr_int(c->node, "num_scan_inputs", 0);
  s->body = mmd_node_attr_region(c->node, "body");
  s->first = is_batched(c->node) ? 1 : 0;
  if (!s->body || scanned < 1 || c->input_count < s->first ||
      (uint64_t)scanned > c->input_count - s->first) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "no body, or no elements to scan");
  }
  size_t count = c->input_count - s->first;
  size_t states = count - (size_t)scanned;
  if (s->body->input_count != count || s->body->output_count != c->output_count ||
      c->output_count < states) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the body does not fit");
  }
  s->inputs = mmd_alloc_array(count + 1, sizeof *s->inputs);
  s->outputs = mmd_alloc_array(c->output_count + 1, sizeof *s->outputs);
  s->sources = mmd_alloc_array(count + 1, sizeof *s->sources);
  s->scanned_in = (size_t)scanned;
  s->states = states;
  s->scanned_out = c->output_count - states;
  MMD_TRY_ALLOC(s->inputs);
  MMD_TRY_ALLOC(s->outputs);
  MMD_TRY_ALLOC(s->sources);
  for (size_t i = 0; i < count; ++i) {
    const mmd_tensor_t *input = mmd_eval_input(c, i + s->first);
    if (!input) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu is missing", i + s->first);
    }
    if (!is_batched(c->node)) continue;
    if (i == 0 && input->shape.rank > 0) s->batch = input->shape.dims[0];
    if (input->shape.rank < 1 || input->shape.dims[0] != s->batch || s->batch == 0) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has another batch",
                            i + s->first);
    }
  }
  return NULL;
}

// Element |at| of |input| along |axis|, without that axis.
static mmd_status_t take(const mmd_tensor_t *input, int axis, int64_t at,
                         mmd_tensor_t *out_element) {
  mmd_tensor_t view, packed;
  MMD_TRY(mmd_tensor_slice(input, axis, at, at + 1, &view));
  mmd_status_t status = mmd_tensor_contiguous(&view, &packed);
  mmd_tensor_deinit(&view);
  MMD_TRY(status);
  mmd_shape_t shape = packed.shape;
  for (int i = axis; i + 1 < shape.rank; ++i) shape.dims[i] = shape.dims[i + 1];
  --shape.rank;
  status = mmd_tensor_reshape(&packed, &shape, out_element);
  mmd_tensor_deinit(&packed);
  return status;
}

static mmd_status_t scan_axis(const mmd_eval_context_t *c, const scan_t *s, size_t k,
                              int *out_axis) {
  int64_t wanted = is_batched(c->node) ? 0 : list_item(c->node, "scan_input_axes", k);
  return mmd_node_axis(c->node, wanted, s->sources[s->states + k].shape.rank, out_axis);
}

static mmd_status_t read_steps(mmd_eval_context_t *c, scan_t *s) {
  const mmd_tensor_t *lengths = s->first ? mmd_eval_input(c, 0) : NULL;
  s->steps = s->length;
  if (lengths) {
    if (mmd_tensor_count(lengths) != (size_t)s->batch || !mmd_dtype_is_integer(lengths->dtype)) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the lengths do not fit");
    }
    s->steps = mmd_tensor_get_i64(lengths, (size_t)s->item);
  }
  if (s->steps >= 0 && s->steps <= s->length) return NULL;
  return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "a length of %lld", (long long)s->steps);
}

// The inputs of one item of the batch.
static mmd_status_t begin_item(mmd_eval_context_t *c, scan_t *s) {
  s->length = -1;
  for (size_t i = 0; i < s->states + s->scanned_in; ++i) {
    const mmd_tensor_t *input = mmd_eval_input(c, i + s->first);
    int axis;
    mmd_tensor_deinit(&s->sources[i]);
    if (s->batch > 0) {
      MMD_TRY(take(input, 0, s->item, &s->sources[i]));
    } else {
      s->sources[i] = mmd_tensor_retain(input);
    }
    if (i < s->states) {
      s->inputs[i].tensor = mmd_tensor_retain(&s->sources[i]);
      s->inputs[i].kind = MMD_TYPE_TENSOR;
      continue;
    }
    MMD_TRY(scan_axis(c, s, i - s->states, &axis));
    if (s->length < 0) s->length = s->sources[i].shape.dims[axis];
    if (s->length != s->sources[i].shape.dims[axis]) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "input %zu has another length",
                            i + s->first);
    }
  }
  return read_steps(c, s);
}

static mmd_status_t take_scanned(mmd_eval_context_t *c, scan_t *s, size_t k, int64_t at) {
  mmd_datum_t *out = &s->inputs[s->states + k];
  int axis;
  MMD_TRY(scan_axis(c, s, k, &axis));
  if (is_backward(c->node, k)) at = s->steps - 1 - at;
  mmd_datum_deinit(out);
  MMD_TRY(take(&s->sources[s->states + k], axis, at, &out->tensor));
  out->kind = MMD_TYPE_TENSOR;
  return NULL;
}

// Output |i| gets |shape|, or has it already.
static mmd_status_t need_output(mmd_eval_context_t *c, size_t i, mmd_dtype_t dtype,
                                const mmd_shape_t *shape) {
  mmd_tensor_t *result = &c->outputs[i].tensor;
  if (c->outputs[i].kind == MMD_TYPE_UNKNOWN) {
    void *data;
    MMD_TRY(mmd_eval_output_create(c, i, dtype, shape, &data));
    // Places behind the end of a short item stay 0.
    if (dtype != MMD_STRING) memset(data, 0, mmd_tensor_byte_size(result));
    return NULL;
  }
  if (result->dtype == dtype && mmd_shape_equal(&result->shape, shape)) return NULL;
  return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "output %zu changes its type", i);
}

// Writes element |at| of scanned output |k|, which the first step makes.
static mmd_status_t put(mmd_eval_context_t *c, const scan_t *s, size_t k, int64_t at) {
  const mmd_datum_t *item = &s->outputs[s->states + k];
  const mmd_tensor_t *element = &item->tensor;
  int axis = 0, lead = s->batch > 0 ? 1 : 0, rank = element->shape.rank + 1 + lead;
  if (item->kind != MMD_TYPE_TENSOR || rank > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "output %zu of the body", s->states + k);
  }
  if (lead == 0)
    MMD_TRY(mmd_node_axis(c->node, list_item(c->node, "scan_output_axes", k), rank, &axis));
  mmd_shape_t shape = {.rank = rank};
  if (lead) shape.dims[0] = s->batch;
  for (int i = lead, n = 0; i < rank; ++i)
    shape.dims[i] = i == axis + lead ? s->length : element->shape.dims[n++];
  MMD_TRY(need_output(c, s->states + k, element->dtype, &shape));
  if (lead == 0 && list_item(c->node, "scan_output_directions", k)) at = s->steps - 1 - at;
  size_t outer = mmd_shape_range(&shape, lead, axis + lead);
  size_t inner = mmd_shape_range(&shape, axis + lead + 1, rank);
  size_t first = (size_t)s->item * outer * (size_t)s->length * inner;
  for (size_t o = 0; o < outer; ++o) {
    size_t to = first + (o * (size_t)s->length + (size_t)at) * inner;
    MMD_TRY(mmd_eval_copy(&c->outputs[s->states + k].tensor, to, element, o * inner, inner));
  }
  return NULL;
}

static mmd_status_t step(mmd_eval_context_t *c, scan_t *s, int64_t at) {
  for (size_t k = 0; k < s->scanned_in; ++k) MMD_TRY(take_scanned(c, s, k, at));
  MMD_TRY(mmd_evaluator_run_region(c->evaluator, s->body, s->inputs, s->states + s->scanned_in,
                                   s->outputs, c->output_count));
  for (size_t k = 0; k < s->scanned_out; ++k) {
    MMD_TRY(put(c, s, k, at));
    mmd_datum_deinit(&s->outputs[s->states + k]);
  }
  for (size_t i = 0; i < s->states; ++i)
    MMD_TRY(mmd_eval_carry(c, i, &s->inputs[i], &s->outputs[i]));
  return NULL;
}

// The last state |i| of an item.
static mmd_status_t put_state(mmd_eval_context_t *c, scan_t *s, size_t i) {
  const mmd_tensor_t *state = &s->inputs[i].tensor;
  mmd_shape_t shape = {.rank = state->shape.rank + 1};
  if (s->batch == 0) {
    c->outputs[i] = s->inputs[i];
    s->inputs[i] = (mmd_datum_t){0};
    return NULL;
  }
  if (s->inputs[i].kind != MMD_TYPE_TENSOR || shape.rank > MMD_MAX_RANK) {
    return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "output %zu of the body", i);
  }
  shape.dims[0] = s->batch;
  for (int k = 1; k < shape.rank; ++k) shape.dims[k] = state->shape.dims[k - 1];
  MMD_TRY(need_output(c, i, state->dtype, &shape));
  size_t size = mmd_shape_range(&shape, 1, shape.rank);
  MMD_TRY(mmd_eval_copy(&c->outputs[i].tensor, (size_t)s->item * size, state, 0, size));
  mmd_datum_deinit(&s->inputs[i]);
  return NULL;
}

static mmd_status_t run(mmd_eval_context_t *c, scan_t *s) {
  MMD_TRY(begin(c, s));
  do {
    MMD_TRY(begin_item(c, s));
    if (s->length == 0 || (s->item == 0 && s->steps == 0)) {
      return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "nothing to scan");
    }
    for (int64_t at = 0; at < s->steps; ++at) MMD_TRY(step(c, s, at));
    for (size_t i = 0; i < s->states; ++i) MMD_TRY(put_state(c, s, i));
  } while (++s->item < s->batch);
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
  size_t first = is_batched(c->node) ? 1 : 0, inputs = c->node->input_count;
  if (!body || body->output_count != c->node->output_count || scanned < 0 || inputs < first ||
      (uint64_t)scanned > inputs - first) {
    return NULL;
  }
  for (size_t i = 0; i < body->input_count && i < inputs - first; ++i) {
    MMD_TRY(mmd_infer_region_input(c, i + first, body->inputs[i]));
  }
  MMD_TRY(mmd_infer_region(c->graph, body));
  for (size_t i = 0; i < c->node->output_count; ++i) {
    const mmd_type_t *type = &body->outputs[i]->type;
    if (type->kind != MMD_TYPE_TENSOR) continue;
    bool state = i < inputs - first - (size_t)scanned;
    int rank = type->has_rank ? type->rank + !state + (int)first : -1;
    MMD_TRY(mmd_infer_output(c, i, type->dtype, rank > MMD_MAX_RANK ? -1 : rank, NULL));
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "Scan", 8, 1, -1, 1, -1, infer, evaluate, MMD_OP_ANY_KIND},
    {"", "Scan", 9, 1, -1, 1, -1, infer, evaluate, MMD_OP_ANY_KIND},
};
const mmd_op_family_t mmd_ops_scan = MMD_OP_FAMILY(ops);
