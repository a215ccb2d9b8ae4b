// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/diff_graph.h"
#include "ops/evaluator.h"

// What the first graph computed, by name; the second run takes it out again.
typedef struct layers_t {
  const mmd_diff_numbers_t *request;
  mmd_map_t *expected;  // name -> mmd_tensor_t *
  mmd_value_t *rows, *first;
  size_t compared, different;
} layers_t;

static void drop_tensor(mmd_tensor_t *tensor) {
  if (tensor) mmd_tensor_deinit(tensor);
  mmd_free(tensor);
}

static void deinit(layers_t *layers) {
  for (size_t i = 0; layers->expected && i < mmd_map_size(layers->expected); ++i)
    drop_tensor(mmd_map_at(layers->expected, i).value);
  mmd_map_destroy(layers->expected);
}

// Only tensors of the main graph that the other graph has too.
static bool is_shared(const mmd_node_t *node, size_t i, const mmd_datum_t *outputs,
                      const mmd_graph_t *own, const mmd_graph_t *other) {
  if (node->region != own->root || !node->outputs[i]) return false;
  if (outputs[i].kind != MMD_TYPE_TENSOR || outputs[i].tensor.dtype == MMD_STRING) return false;
  const mmd_edge_t *edge = mmd_graph_find_edge(other, node->outputs[i]->name);
  return edge && edge->producer && edge->region == other->root;
}

// A copy, because the evaluator may compute in the tensor's memory afterwards.
static mmd_status_t keep(void *user, const mmd_node_t *node, const mmd_datum_t *outputs) {
  layers_t *layers = user;
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!is_shared(node, i, outputs, layers->request->a, layers->request->b)) continue;
    mmd_tensor_t *copy = mmd_alloc(sizeof *copy);
    MMD_TRY_ALLOC(copy);
    void *old = NULL;
    mmd_status_t status = mmd_tensor_copy(&outputs[i].tensor, copy);
    if (!status) status = mmd_map_set(layers->expected, node->outputs[i]->name, copy, &old);
    drop_tensor(status ? copy : old);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t fill_row(const mmd_node_t *node, const char *name, const mmd_tensor_t *found,
                             const mmd_tensor_t *expected, double tolerance, mmd_value_t *row,
                             bool *out_passed) {
  // Float types may differ, as after a change of precision: the numbers are compared.
  const bool is_float = mmd_dtype_is_float(found->dtype) && mmd_dtype_is_float(expected->dtype);
  *out_passed = (is_float || found->dtype == expected->dtype) &&
                mmd_shape_equal(&found->shape, &expected->shape);
  MMD_TRY(mmd_object_take(row, "name", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(row, "node", mmd_value_string(node->name)));
  MMD_TRY(mmd_object_take(row, "op", mmd_value_string(node->op)));
  mmd_value_t *dims = mmd_value_array();
  MMD_TRY(mmd_object_take(row, "shape", dims));
  for (int i = 0; i < found->shape.rank; ++i)
    MMD_TRY(mmd_array_take(dims, mmd_value_int(found->shape.dims[i])));
  if (!*out_passed) {
    mmd_str_t note = {0};
    mmd_status_t status = mmd_tensor_format(expected, &note);
    if (!status) status = mmd_str_append(&note, " -> ");
    if (!status) status = mmd_tensor_format(found, &note);
    if (!status) status = mmd_object_take(row, "note", mmd_value_string(mmd_str_text(&note)));
    mmd_str_deinit(&note);
    return status;
  }
  mmd_difference_t d;
  MMD_TRY(mmd_tensor_difference(found, expected, &d));
  *out_passed = mmd_dtype_is_float(found->dtype)
                    ? d.max_rel <= tolerance || (isinf(d.max_rel) && d.max_abs <= 1e-7)
                    : d.max_abs <= 0;
  MMD_TRY(mmd_object_take(row, "max_abs", mmd_value_float(d.max_abs)));
  return mmd_object_take(row, "max_rel", mmd_value_float(d.max_rel));
}

static mmd_status_t compare(void *user, const mmd_node_t *node, const mmd_datum_t *outputs) {
  layers_t *layers = user;
  for (size_t i = 0; i < node->output_count; ++i) {
    if (!is_shared(node, i, outputs, layers->request->b, layers->request->a)) continue;
    const char *name = node->outputs[i]->name;
    mmd_tensor_t *expected = mmd_map_remove(layers->expected, name);
    if (!expected) continue;
    mmd_value_t *row = mmd_value_object();
    bool passed = false;
    mmd_status_t status = mmd_array_take(layers->rows, row);
    if (!status) {
      status = fill_row(node, name, &outputs[i].tensor, expected, layers->request->tolerance, row,
                        &passed);
    }
    drop_tensor(expected);
    MMD_TRY(status);
    MMD_TRY(mmd_object_take(row, "passed", mmd_value_bool(passed)));
    ++layers->compared;
    if (!passed && !layers->different++) layers->first = row;
  }
  return NULL;
}

static mmd_status_t evaluate(const mmd_graph_t *graph, const layers_t *layers,
                             const mmd_run_inputs_t *inputs,
                             mmd_status_t (*observe)(void *user, const mmd_node_t *node,
                                                     const mmd_datum_t *outputs)) {
  const mmd_limits_t limits = MMD_LIMITS_DEFAULT, *wanted = layers->request->limits;
  mmd_evaluator_options_t options = {
      .mode = layers->request->mode, .observe = observe, .user = (void *)(uintptr_t)layers};
  mmd_limits_evaluator(wanted ? wanted : &limits, &options);
  const size_t count = graph->root->output_count;
  mmd_evaluator_t *evaluator = NULL;
  mmd_datum_t *in = mmd_alloc_array(inputs->count + 1, sizeof *in);
  mmd_datum_t *out = mmd_alloc_array(count + 1, sizeof *out);
  for (size_t i = 0; in && i < inputs->count; ++i)
    in[i] = (mmd_datum_t){.kind = MMD_TYPE_TENSOR, .tensor = inputs->tensors[i]};
  mmd_status_t status =
      in && out ? mmd_evaluator_create(graph, &options, &evaluator) : mmd_status_no_memory();
  if (!status) status = mmd_evaluator_run(evaluator, in, inputs->count, out, count);
  for (size_t i = 0; out && i < count; ++i) mmd_datum_deinit(&out[i]);
  mmd_evaluator_destroy(evaluator);
  mmd_free(in);
  mmd_free(out);
  return status;
}

// In the float type that the other graph has; else as it is.
static mmd_status_t take_input(const mmd_edge_t *edge, const mmd_tensor_t *tensor,
                               mmd_tensor_t *out_tensor) {
  const mmd_dtype_t dtype = edge->type.kind == MMD_TYPE_TENSOR ? edge->type.dtype : tensor->dtype;
  if (dtype != tensor->dtype && mmd_dtype_is_float(dtype) && mmd_dtype_is_float(tensor->dtype))
    return mmd_tensor_cast(tensor, dtype, out_tensor);
  *out_tensor = mmd_tensor_retain(tensor);
  return NULL;
}

// The arrays of the first graph's inputs in the order of the second's.
static mmd_status_t rearrange(const mmd_diff_numbers_t *request, const mmd_run_inputs_t *from,
                              mmd_run_inputs_t *to) {
  const mmd_region_t *a = request->a->root, *b = request->b->root;
  to->count = b->input_count;
  to->tensors = mmd_alloc_array(b->input_count + 1, sizeof *to->tensors);
  MMD_TRY_ALLOC(to->tensors);
  for (size_t i = 0; i < b->input_count; ++i) {
    size_t k = 0;
    while (k < a->input_count && strcmp(a->inputs[k]->name, b->inputs[i]->name) != 0) ++k;
    if (k == a->input_count) {
      return MMD_ERROR(MMD_MISMATCH,
                       "numbers need the same inputs: the second graph's '%s' is not the first's",
                       b->inputs[i]->name);
    }
    MMD_TRY(take_input(b->inputs[i], &from->tensors[k], &to->tensors[i]));
  }
  return NULL;
}

static mmd_status_t report(const layers_t *layers, mmd_value_t *result) {
  MMD_TRY(mmd_object_take(result, "compared", mmd_value_int((int64_t)layers->compared)));
  MMD_TRY(mmd_object_take(result, "different", mmd_value_int((int64_t)layers->different)));
  return mmd_object_take(result, "first",
                         layers->first ? mmd_value_retain(layers->first) : mmd_value_null());
}

mmd_status_t mmd_diff_numbers(const mmd_diff_numbers_t *request, mmd_value_t *result,
                              bool *out_passed) {
  layers_t layers = {.request = request, .rows = mmd_value_array()};
  mmd_run_inputs_t inputs = {0}, rearranged = {0};
  MMD_TRY(mmd_object_take(result, "layers", layers.rows));
  MMD_TRY(
      mmd_run_inputs_make(request->a, request->inputs, request->shapes, request->seed, &inputs));
  mmd_status_t status = mmd_map_create(&layers.expected);
  if (!status) status = rearrange(request, &inputs, &rearranged);
  if (!status)
    status = mmd_status_annotate(evaluate(request->a, &layers, &inputs, keep), "the first graph");
  if (!status) {
    status = mmd_status_annotate(evaluate(request->b, &layers, &rearranged, compare),
                                 "the second graph");
  }
  if (!status) status = report(&layers, result);
  *out_passed = !status && layers.compared && !layers.different;
  mmd_run_inputs_deinit(&rearranged);
  mmd_run_inputs_deinit(&inputs);
  deinit(&layers);
  return status;
}
