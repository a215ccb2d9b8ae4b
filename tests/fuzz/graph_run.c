// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/graph_run.h"

#define MEMORY_LIMIT ((size_t)64 << 20)
#define WORK_LIMIT ((uint64_t)1 << 21)
#define STEP_LIMIT 2000
#define MAX_INPUT_ELEMENTS 4096

static bool set_free_size(void *context, const char *symbol, int64_t *out_number) {
  (void)context;
  (void)symbol;
  *out_number = 2;
  return true;
}

static bool make_shape(const mmd_type_t *type, mmd_shape_t *out_shape) {
  size_t count = 0;
  *out_shape = (mmd_shape_t){.rank = type->has_rank ? type->rank : 1, .dims = {2}};
  for (int i = 0; type->has_rank && i < type->rank; ++i) {
    mmd_status_t status = mmd_dim_evaluate(type->dims[i], set_free_size, NULL, &out_shape->dims[i]);
    if (mmd_status_ignore(status) || out_shape->dims[i] < 0) return false;
  }
  return !mmd_status_ignore(mmd_shape_count(out_shape, &count)) && count <= MAX_INPUT_ELEMENTS;
}

static bool make_input(const mmd_type_t *type, mmd_datum_t *out_datum) {
  mmd_shape_t shape;
  if (type->kind == MMD_TYPE_OPTIONAL || type->kind == MMD_TYPE_SEQUENCE) {
    *out_datum = (mmd_datum_t){.kind = type->kind == MMD_TYPE_SEQUENCE ? MMD_TYPE_SEQUENCE
                                                                       : MMD_TYPE_UNKNOWN};
    return true;
  }
  const bool is_known = type->kind == MMD_TYPE_TENSOR && type->dtype != MMD_DTYPE_UNDEFINED;
  const mmd_dtype_t dtype = is_known ? type->dtype : MMD_F32;
  mmd_tensor_t tensor = {0};
  if (!make_shape(type, &shape) ||
      mmd_status_ignore(mmd_tensor_create(dtype, &shape, true, &tensor)))
    return false;
  const size_t count = mmd_tensor_count(&tensor);
  for (size_t i = 0; i < count && mmd_dtype_size(dtype); ++i) {
    if (dtype == MMD_C64 || dtype == MMD_C128) break;
    const double number = mmd_dtype_is_float(dtype) ? (double)(i % 7) / 2 : (double)(1 + i % 3);
    mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), i, number);
  }
  *out_datum = (mmd_datum_t){.kind = MMD_TYPE_TENSOR, .tensor = tensor};
  return true;
}

bool mmd_fuzz_make_inputs(const mmd_graph_t *graph, mmd_fuzz_run_t *out_run) {
  const mmd_region_t *root = graph->root;
  *out_run = (mmd_fuzz_run_t){.output_count = root->output_count};
  bool fits = root->input_count <= MMD_FUZZ_MAX_PORTS && root->output_count <= MMD_FUZZ_MAX_PORTS;
  for (size_t i = 0; fits && i < root->input_count; ++i) {
    fits = make_input(&root->inputs[i]->type, &out_run->inputs[i]);
    if (fits) ++out_run->input_count;
  }
  if (!fits) mmd_fuzz_run_deinit(out_run);
  return fits;
}

mmd_status_t mmd_fuzz_evaluate(const mmd_graph_t *graph, mmd_eval_mode_t mode,
                               mmd_status_t (*observe)(void *user, const mmd_node_t *node,
                                                       const mmd_datum_t *outputs),
                               mmd_fuzz_run_t *run) {
  const mmd_evaluator_options_t options = {.mode = mode,
                                           .memory_limit = MEMORY_LIMIT,
                                           .step_limit = STEP_LIMIT,
                                           .work_limit = WORK_LIMIT,
                                           .observe = observe};
  mmd_evaluator_t *evaluator = NULL;
  MMD_TRY(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_status_t status =
      mmd_evaluator_run(evaluator, run->inputs, run->input_count, run->outputs, run->output_count);
  mmd_evaluator_destroy(evaluator);
  return status;
}

void mmd_fuzz_clear_outputs(mmd_fuzz_run_t *run) {
  for (size_t i = 0; i < MMD_FUZZ_MAX_PORTS; ++i) mmd_datum_deinit(&run->outputs[i]);
}

void mmd_fuzz_run_deinit(mmd_fuzz_run_t *run) {
  mmd_fuzz_clear_outputs(run);
  for (size_t i = 0; i < MMD_FUZZ_MAX_PORTS; ++i) mmd_datum_deinit(&run->inputs[i]);
}
