// SPDX-License-Identifier: Apache-2.0
#include "convert/optimize_verify.h"

#include <string.h>

#include "base/alloc.h"
#include "convert/optimize_numbers.h"
#include "convert/run_onnx_inputs.h"
#include "ops/evaluator.h"

enum { WANTED_RUNS = 2 };

// Sizes to try until two sets of inputs went well. |other| is that of inputs behind the first,
// whose dynamic sizes are often a batch in another place.
typedef struct {
  int64_t batch, size, other;
} assignment_t;

static const assignment_t assignments[] = {
    {1, 64, 64}, {2, 96, 96}, {1, 48, 1}, {2, 32, 2}, {1, 512, 1}, {1, 640, 1}, {1, 1024, 64},
};
enum { ASSIGNMENT_COUNT = sizeof assignments / sizeof *assignments };

// A few roundings of numbers around 1. An output that is almost zero everywhere (a text detector's
// sigmoid on noise) differs by as much, and that says nothing about the graph.
#define ROUNDING 1e-6

void mmd_optimize_check_deinit(mmd_optimize_check_t *check) {
  mmd_str_deinit(&check->text);
}

//===--- inputs ------------------------------------------------------------===//

typedef struct {
  const mmd_region_t *root;
  const assignment_t *assignment;
} sizes_t;

static int64_t size_at(const mmd_type_t *type, int axis, bool is_first, const assignment_t *a) {
  if (axis == 0) return a->batch;
  if (type->rank >= 4 && axis == 1) return 3;
  return is_first ? a->size : a->other;
}

static bool find_symbol(const mmd_dim_t *dim, const char *symbol) {
  if (!dim) return false;
  if (dim->kind == MMD_DIM_SYMBOL) return strcmp(dim->symbol, symbol) == 0;
  return dim->kind != MMD_DIM_CONST && (find_symbol(dim->a, symbol) || find_symbol(dim->b, symbol));
}

// The first place where the symbol stands says what it may be.
static bool look_up(void *context, const char *symbol, int64_t *out_number) {
  const sizes_t *sizes = context;
  for (size_t i = 0; i < sizes->root->input_count; ++i) {
    const mmd_type_t *type = &sizes->root->inputs[i]->type;
    for (int j = 0; j < type->rank; ++j) {
      if (!find_symbol(type->dims[j], symbol)) continue;
      *out_number = size_at(type, j, i == 0, sizes->assignment);
      return true;
    }
  }
  return false;
}

static mmd_status_t make_input(const mmd_edge_t *edge, sizes_t *sizes, uint32_t seed,
                               mmd_tensor_t *out_tensor) {
  const mmd_type_t *type = &edge->type;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank || type->dtype == MMD_STRING ||
      type->dtype == MMD_DTYPE_UNDEFINED)
    return MMD_ERROR(MMD_NOT_SUPPORTED, "input '%s' is no tensor of numbers with a known rank",
                     edge->name);
  mmd_shape_t shape = {.rank = type->rank};
  for (int i = 0; i < type->rank; ++i)
    MMD_TRY(mmd_dim_evaluate(type->dims[i], look_up, sizes, &shape.dims[i]));
  MMD_TRY(mmd_tensor_create(type->dtype, &shape, true, out_tensor));
  mmd_optimize_fill(edge, seed, out_tensor);
  return NULL;
}

static mmd_status_t make_inputs(const mmd_region_t *root, int assignment, mmd_datum_t *inputs) {
  sizes_t sizes = {.root = root, .assignment = &assignments[assignment]};
  for (size_t i = 0; i < root->input_count; ++i) {
    inputs[i].kind = MMD_TYPE_TENSOR;
    MMD_TRY(make_input(root->inputs[i], &sizes, (uint32_t)assignment, &inputs[i].tensor));
  }
  return NULL;
}

// Given arrays; in the runs behind the first, other numbers in place of their floats.
static mmd_status_t make_given(const mmd_graph_t *graph, const mmd_optimize_trial_t *trial, int run,
                               mmd_datum_t *inputs) {
  mmd_run_inputs_t made = {0};
  MMD_TRY(mmd_run_inputs_make(graph, trial->inputs, trial->shapes, run, &made));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < made.count && !status; ++i) {
    const mmd_tensor_t *given = &made.tensors[i];
    inputs[i].kind = MMD_TYPE_TENSOR;
    if (run == 0 || !mmd_dtype_is_float(given->dtype)) {
      inputs[i].tensor = mmd_tensor_retain(given);
      continue;
    }
    status = mmd_tensor_create(given->dtype, &given->shape, true, &inputs[i].tensor);
    if (!status) mmd_optimize_fill(graph->root->inputs[i], (uint32_t)run, &inputs[i].tensor);
  }
  mmd_run_inputs_deinit(&made);
  return status;
}

static bool has_symbols(const mmd_region_t *root) {
  for (size_t i = 0; i < root->input_count; ++i)
    if (!mmd_type_is_static(&root->inputs[i]->type)) return true;
  return false;
}

//===--- comparison --------------------------------------------------------===//

typedef struct {
  const mmd_graph_t *before, *after;
  const mmd_optimize_trial_t *trial;
  mmd_evaluator_t *evaluators[2];
  size_t input_count, output_count;  // of |before|, with what is handed over
  mmd_datum_t *inputs, *outputs;     // outputs of both
  mmd_optimize_check_t *check;
} comparison_t;

static void clear(mmd_datum_t *items, size_t count) {
  for (size_t i = 0; items && i < count; ++i) mmd_datum_deinit(&items[i]);
  if (items) memset(items, 0, count * sizeof *items);
}

static mmd_status_t compare_tensors(comparison_t *c, const char *name, const mmd_tensor_t *a,
                                    const mmd_tensor_t *b) {
  mmd_optimize_check_t *check = c->check;
  if (a->dtype != b->dtype || !mmd_shape_equal(&a->shape, &b->shape)) {
    check->differs = true;
    MMD_TRY(mmd_str_printf(&check->text, "output '%s' is ", name));
    MMD_TRY(mmd_tensor_format(b, &check->text));
    MMD_TRY(mmd_str_append(&check->text, ", it was "));
    return mmd_tensor_format(a, &check->text);
  }
  mmd_difference_t difference = {0};
  if (a->dtype == MMD_STRING || mmd_tensor_equal(a, b)) return NULL;
  MMD_TRY(mmd_tensor_difference(b, a, &difference));
  if (difference.max_abs <= ROUNDING) return NULL;
  if (difference.max_rel > check->max_rel) check->max_rel = difference.max_rel;
  if (difference.max_rel <= c->trial->tolerance) return NULL;
  check->differs = true;
  return mmd_str_printf(&check->text,
                        "output '%s' differs by %.3g, relative to its largest number by %.3g", name,
                        difference.max_abs, difference.max_rel);
}

static mmd_status_t compare_data(comparison_t *c, const char *name, const mmd_datum_t *a,
                                 const mmd_datum_t *b) {
  if (a->kind != b->kind || a->item_count != b->item_count) {
    c->check->differs = true;
    return mmd_str_printf(&c->check->text, "output '%s' is of another kind", name);
  }
  if (a->kind == MMD_TYPE_TENSOR) return compare_tensors(c, name, &a->tensor, &b->tensor);
  for (size_t i = 0; i < a->item_count && !c->check->differs; ++i)
    MMD_TRY(compare_data(c, name, &a->items[i], &b->items[i]));
  return NULL;
}

static size_t after_output_count(const comparison_t *c) {
  return c->output_count - c->trial->handed_over;
}

static mmd_status_t compare_outputs(comparison_t *c) {
  for (size_t i = 0; i < after_output_count(c) && !c->check->differs; ++i)
    MMD_TRY(compare_data(c, c->before->root->outputs[i]->name, &c->outputs[i],
                         &c->outputs[c->output_count + i]));
  return NULL;
}

// Lack of memory of ours and a caller's wish to stop are no matter of the graphs.
static bool is_about_graph(mmd_status_t status) {
  const mmd_code_t code = mmd_status_code(status);
  return code != MMD_CANCELLED && code != MMD_INTERNAL;
}

static mmd_status_t note(mmd_str_t *text, const char *what, mmd_status_t status) {
  if (!is_about_graph(status)) return status;
  mmd_str_clear(text);
  mmd_status_t noted = mmd_str_printf(text, "%s%s", what, mmd_status_message(status));
  mmd_status_free(status);
  return noted;
}

static mmd_status_t run_after(comparison_t *c) {
  const size_t count = after_output_count(c), handed = c->trial->handed_over;
  for (size_t i = 0; i < handed; ++i) {
    c->inputs[c->input_count + i].kind = MMD_TYPE_TENSOR;
    c->inputs[c->input_count + i].tensor = mmd_tensor_retain(&c->outputs[count + i].tensor);
  }
  mmd_status_t status = mmd_evaluator_run(c->evaluators[1], c->inputs, c->input_count + handed,
                                          c->outputs + c->output_count, count);
  if (status) {
    c->check->differs = true;
    return note(&c->check->text, "the result cannot be run: ", status);
  }
  mmd_str_clear(&c->check->text);
  ++c->check->runs;
  return compare_outputs(c);
}

static bool is_given(const comparison_t *c) {
  return mmd_array_size(c->trial->inputs) > 0 || mmd_array_size(c->trial->shapes) > 0;
}

static mmd_status_t run_both(comparison_t *c) {
  mmd_status_t status =
      mmd_evaluator_run(c->evaluators[0], c->inputs, c->input_count, c->outputs, c->output_count);
  if (status) return is_given(c) ? status : note(&c->check->text, "", status);
  return run_after(c);
}

static mmd_status_t run_once(comparison_t *c, int run) {
  mmd_status_t status = NULL;
  if (is_given(c)) {
    status = make_given(c->before, c->trial, run, c->inputs);
    if (!status) status = run_both(c);
  } else {
    status = make_inputs(c->before->root, run, c->inputs);
    status = status ? note(&c->check->text, "", status) : run_both(c);
  }
  clear(c->inputs, c->input_count + c->trial->handed_over);
  clear(c->outputs, 2 * c->output_count);
  return status;
}

static mmd_status_t prepare(comparison_t *c, bool *out_ready) {
  // Where the sizes are a guess, a run that goes over the limits says that it was a bad one.
  const mmd_limits_t limits = MMD_LIMITS_DEFAULT;
  mmd_evaluator_options_t options = {.mode = MMD_EVAL_FAST, .pool = c->trial->pool};
  mmd_limits_evaluator(c->trial->limits ? c->trial->limits : &limits, &options);
  c->input_count = c->before->root->input_count;
  c->output_count = c->before->root->output_count;
  c->inputs = mmd_alloc_array(c->input_count + c->trial->handed_over + 1, sizeof *c->inputs);
  c->outputs = mmd_alloc_array(2 * c->output_count + 1, sizeof *c->outputs);
  if (!c->inputs || !c->outputs) return mmd_status_no_memory();
  mmd_status_t status = mmd_evaluator_create(c->before, &options, &c->evaluators[0]);
  if (!status) status = mmd_evaluator_create(c->after, &options, &c->evaluators[1]);
  *out_ready = !status;
  return status ? note(&c->check->text, "", status) : NULL;
}

// Integers that choose between branches take other values with another seed, so a static graph
// that has them is run more than once too.
static int count_runs(const comparison_t *c) {
  if (is_given(c)) return WANTED_RUNS;
  return has_symbols(c->before->root) || mmd_optimize_has_choices(c->before) ? ASSIGNMENT_COUNT : 1;
}

static mmd_status_t compare(comparison_t *c) {
  bool is_ready = false;
  MMD_TRY(prepare(c, &is_ready));
  const int count = count_runs(c);
  for (int i = 0; i < count && is_ready && !c->check->differs && c->check->runs < WANTED_RUNS; ++i)
    MMD_TRY(run_once(c, i));
  if (c->check->runs && !c->check->differs) mmd_str_clear(&c->check->text);
  return NULL;
}

mmd_status_t mmd_optimize_verify(const mmd_graph_t *before, const mmd_graph_t *after,
                                 const mmd_optimize_trial_t *trial,
                                 mmd_optimize_check_t *out_check) {
  *out_check = (mmd_optimize_check_t){0};
  comparison_t c = {.before = before, .after = after, .trial = trial, .check = out_check};
  mmd_status_t status = compare(&c);
  mmd_evaluator_destroy(c.evaluators[0]);
  mmd_evaluator_destroy(c.evaluators[1]);
  mmd_free(c.inputs);
  mmd_free(c.outputs);
  return status;
}
