// SPDX-License-Identifier: Apache-2.0
//
// If and Loop. Scan is in scan.c.
#include <string.h>

#include "base/alloc.h"
#include "ops/eval_util.h"
#include "ops/evaluator.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

static mmd_status_t missing_region(const mmd_node_t *node, const char *name) {
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "it has no graph '%s'", name);
}

// A bool of one element.
static mmd_status_t read_condition(const mmd_node_t *node, const mmd_datum_t *datum,
                                   bool *out_condition) {
  const mmd_tensor_t *tensor = &datum->tensor;
  if (datum->kind != MMD_TYPE_TENSOR || tensor->dtype != MMD_BOOL ||
      mmd_tensor_count(tensor) != 1) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "the condition is not one bool");
  }
  *out_condition = mmd_tensor_get_i64(tensor, 0) != 0;
  return NULL;
}

static bool is_given(const mmd_eval_context_t *c, size_t i) {
  return i < c->input_count && c->inputs[i] && c->inputs[i]->kind != MMD_TYPE_UNKNOWN;
}

// ---- If.

static mmd_status_t evaluate_if(mmd_eval_context_t *c) {
  bool condition;
  if (!is_given(c, 0)) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "no condition");
  MMD_TRY(read_condition(c->node, c->inputs[0], &condition));
  const char *name = condition ? "then_branch" : "else_branch";
  const mmd_region_t *region = mmd_node_attr_region(c->node, name);
  if (!region) return missing_region(c->node, name);
  return mmd_evaluator_run_region(c->evaluator, region, NULL, 0, c->outputs, c->output_count);
}

// What holds for both types.
static mmd_status_t join_types(mmd_infer_context_t *c, size_t i, const mmd_type_t *a,
                               const mmd_type_t *b) {
  if (a->kind != b->kind || a->kind == MMD_TYPE_UNKNOWN) return NULL;
  if (a->kind != MMD_TYPE_TENSOR) {
    return mmd_type_equal(a, b) ? mmd_infer_output_type(c, i, a) : NULL;
  }
  const mmd_dim_t *dims[MMD_MAX_RANK];
  mmd_dtype_t dtype = a->dtype == b->dtype ? a->dtype : MMD_DTYPE_UNDEFINED;
  bool ranked = a->has_rank && b->has_rank && a->rank == b->rank;
  for (int k = 0; ranked && k < a->rank; ++k) {
    dims[k] = a->dims[k] == b->dims[k] ? a->dims[k] : NULL;
  }
  return mmd_infer_output(c, i, dtype, ranked ? a->rank : -1, dims);
}

static mmd_status_t infer_if(mmd_infer_context_t *c) {
  mmd_region_t *branches[] = {mmd_node_attr_region(c->node, "then_branch"),
                              mmd_node_attr_region(c->node, "else_branch")};
  for (int i = 0; i < 2; ++i) {
    if (!branches[i]) return NULL;
    MMD_TRY(mmd_infer_region(c->graph, branches[i]));
    if (branches[i]->output_count < c->node->output_count) return NULL;
  }
  for (size_t i = 0; i < c->node->output_count; ++i) {
    MMD_TRY(join_types(c, i, &branches[0]->outputs[i]->type, &branches[1]->outputs[i]->type));
  }
  return NULL;
}

// ---- Loop: body(iteration, condition, carried…) -> condition, carried…, scanned….

typedef struct {
  const mmd_region_t *body;
  size_t carried, scanned;
  mmd_datum_t *inputs, *outputs;  // of the body
  mmd_datum_t *rows;              // scanned values of all iterations, |scanned| each
  size_t row_count, row_capacity;
} loop_t;

static void free_list(mmd_datum_t *datums, size_t count) {
  for (size_t i = 0; datums && i < count; ++i) mmd_datum_deinit(&datums[i]);
  mmd_free(datums);
}

static void deinit_loop(loop_t *loop) {
  free_list(loop->inputs, loop->carried + 2);
  free_list(loop->outputs, loop->carried + loop->scanned + 1);
  free_list(loop->rows, loop->row_count);
}

static mmd_status_t set_scalar(mmd_datum_t *datum, mmd_dtype_t dtype, int64_t number) {
  mmd_shape_t shape = {.rank = 0};
  mmd_datum_deinit(datum);
  MMD_TRY(mmd_tensor_create(dtype, &shape, true, &datum->tensor));
  mmd_dtype_store_i64(dtype, mmd_tensor_mutable_data(&datum->tensor), 0, number);
  datum->kind = MMD_TYPE_TENSOR;
  return NULL;
}

static mmd_status_t begin_loop(mmd_eval_context_t *c, loop_t *loop) {
  loop->body = mmd_node_attr_region(c->node, "body");
  if (!loop->body) return missing_region(c->node, "body");
  loop->carried = c->input_count > 2 ? c->input_count - 2 : 0;
  bool fits = loop->body->input_count == loop->carried + 2 && c->output_count >= loop->carried &&
              loop->body->output_count == c->output_count + 1;
  if (!fits) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "%zu carried values and %zu outputs do not fit a body of %zu inputs and "
                          "%zu outputs",
                          loop->carried, c->output_count, loop->body->input_count,
                          loop->body->output_count);
  }
  loop->scanned = c->output_count - loop->carried;
  loop->inputs = mmd_alloc_array(loop->carried + 2, sizeof *loop->inputs);
  loop->outputs = mmd_alloc_array(c->output_count + 1, sizeof *loop->outputs);
  MMD_TRY_ALLOC(loop->inputs);
  MMD_TRY_ALLOC(loop->outputs);
  for (size_t i = 0; i < loop->carried; ++i) {
    if (!is_given(c, i + 2)) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "carried value %zu has no first value",
                            i);
    }
    MMD_TRY(mmd_datum_copy(c->inputs[i + 2], &loop->inputs[i + 2]));
  }
  return NULL;
}

static mmd_status_t run_iteration(mmd_eval_context_t *c, loop_t *loop, int64_t iteration,
                                  bool *condition) {
  MMD_TRY(set_scalar(&loop->inputs[0], MMD_I64, iteration));
  MMD_TRY(set_scalar(&loop->inputs[1], MMD_BOOL, *condition));
  size_t outputs = loop->carried + loop->scanned + 1;
  MMD_TRY(mmd_evaluator_run_region(c->evaluator, loop->body, loop->inputs, loop->carried + 2,
                                   loop->outputs, outputs));
  MMD_TRY(read_condition(c->node, &loop->outputs[0], condition));
  mmd_datum_deinit(&loop->outputs[0]);
  for (size_t i = 0; i < loop->carried; ++i)
    MMD_TRY(mmd_eval_carry(c, i, &loop->inputs[i + 2], &loop->outputs[i + 1]));
  MMD_TRY(MMD_GROW(loop->rows, loop->row_capacity, loop->row_count + loop->scanned));
  for (size_t i = 0; i < loop->scanned; ++i) {
    mmd_datum_t *row = &loop->outputs[loop->carried + 1 + i];
    size_t bytes = mmd_tensor_byte_size(&row->tensor) + 2 * sizeof *row;
    if (bytes > c->memory_left) {
      return mmd_node_error(c->node, MMD_OUT_OF_MEMORY,
                            "the scanned values go over the memory limit");
    }
    c->memory_left -= bytes;
    loop->rows[loop->row_count++] = *row;
    *row = (mmd_datum_t){0};
  }
  return NULL;
}

// Stacks the values of all iterations along a new first axis. Without an iteration the body's
// type tells what an empty result looks like.
static mmd_status_t stack_rows(mmd_eval_context_t *c, const loop_t *loop, size_t which,
                               size_t output) {
  size_t count = loop->scanned ? loop->row_count / loop->scanned : 0;
  mmd_shape_t shape = {.rank = 1, .dims = {(int64_t)count}};
  const mmd_type_t *type = &loop->body->outputs[loop->carried + 1 + which]->type;
  if (count == 0) {
    if (type->kind != MMD_TYPE_TENSOR || type->dtype == MMD_DTYPE_UNDEFINED ||
        type->rank >= MMD_MAX_RANK) {
      return mmd_node_error(c->node, MMD_NOT_SUPPORTED, "an empty result of unknown type");
    }
    for (int i = 0; type->has_rank && i < type->rank; ++i) {
      int64_t dim = mmd_dim_number(type->dims[i]);
      shape.dims[shape.rank++] = dim < 0 ? 0 : dim;
    }
    return mmd_eval_output_create(c, output, type->dtype, &shape, NULL);
  }
  const mmd_tensor_t *first = &loop->rows[which].tensor;
  for (size_t k = 0; k < count; ++k) {
    const mmd_datum_t *row = &loop->rows[k * loop->scanned + which];
    if (row->kind == MMD_TYPE_TENSOR && row->tensor.dtype == first->dtype &&
        mmd_shape_equal(&row->tensor.shape, &first->shape) && first->shape.rank < MMD_MAX_RANK) {
      continue;
    }
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "scanned output %zu changes its type in iteration %zu", which, k);
  }
  for (int i = 0; i < first->shape.rank; ++i) shape.dims[shape.rank++] = first->shape.dims[i];
  MMD_TRY(mmd_eval_output_create(c, output, first->dtype, &shape, NULL));
  size_t size = mmd_tensor_count(first);
  for (size_t k = 0; k < count; ++k) {
    MMD_TRY(mmd_eval_copy(&c->outputs[output].tensor, k * size,
                          &loop->rows[k * loop->scanned + which].tensor, 0, size));
  }
  return NULL;
}

static mmd_status_t run_loop(mmd_eval_context_t *c, loop_t *loop) {
  int64_t limit = INT64_MAX;
  bool condition = true;
  MMD_TRY(begin_loop(c, loop));
  if (is_given(c, 0)) MMD_TRY(mmd_eval_scalar_i64(c, 0, 0, &limit));
  if (is_given(c, 1)) MMD_TRY(read_condition(c->node, c->inputs[1], &condition));
  for (int64_t i = 0; i < limit && condition; ++i) MMD_TRY(run_iteration(c, loop, i, &condition));
  for (size_t i = 0; i < loop->carried; ++i) {
    c->outputs[i] = loop->inputs[i + 2];
    loop->inputs[i + 2] = (mmd_datum_t){0};
  }
  for (size_t i = 0; i < loop->scanned; ++i) MMD_TRY(stack_rows(c, loop, i, loop->carried + i));
  return NULL;
}

static mmd_status_t evaluate_loop(mmd_eval_context_t *c) {
  loop_t loop = {0};
  mmd_status_t status = run_loop(c, &loop);
  deinit_loop(&loop);
  return status;
}

static mmd_status_t infer_body_scalar(mmd_edge_t *input, mmd_dtype_t dtype) {
  const mmd_type_t type = {.kind = MMD_TYPE_TENSOR, .dtype = dtype, .has_rank = true};
  return input->type.kind == MMD_TYPE_UNKNOWN ? mmd_edge_set_type(input, &type) : NULL;
}

// Carried values may change their sizes from one iteration to the next: only element type and,
// when the body keeps it, rank are taken over.
static mmd_status_t infer_loop(mmd_infer_context_t *c) {
  mmd_region_t *body = mmd_node_attr_region(c->node, "body");
  size_t carried = c->node->input_count > 2 ? c->node->input_count - 2 : 0;
  if (!body || body->input_count != carried + 2 ||
      body->output_count != c->node->output_count + 1) {
    return NULL;
  }
  MMD_TRY(infer_body_scalar(body->inputs[0], MMD_I64));
  MMD_TRY(infer_body_scalar(body->inputs[1], MMD_BOOL));
  for (size_t i = 0; i < carried; ++i) {
    MMD_TRY(mmd_infer_region_input(c, i + 2, body->inputs[i + 2]));
  }
  MMD_TRY(mmd_infer_region(c->graph, body));
  for (size_t i = 0; i < c->node->output_count; ++i) {
    const mmd_type_t *type = &body->outputs[i + 1]->type;
    if (type->kind != MMD_TYPE_TENSOR) {
      if (type->kind != MMD_TYPE_UNKNOWN) MMD_TRY(mmd_infer_output_type(c, i, type));
    } else if (i < carried) {
      // The loop may end before the body ran once.
      const mmd_type_t *start = mmd_infer_tensor(c, i + 2);
      bool same = start && start->has_rank && type->has_rank && start->rank == type->rank;
      mmd_dtype_t dtype = start && start->dtype == type->dtype ? type->dtype : MMD_DTYPE_UNDEFINED;
      MMD_TRY(mmd_infer_output(c, i, dtype, same ? type->rank : -1, NULL));
    } else if (type->has_rank && type->rank < MMD_MAX_RANK) {
      const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
      for (int k = 0; k < type->rank; ++k) {
        dims[k + 1] = mmd_dim_is_const(type->dims[k]) ? type->dims[k] : NULL;
      }
      MMD_TRY(mmd_infer_output(c, i, type->dtype, type->rank + 1, dims));
    } else {
      MMD_TRY(mmd_infer_output(c, i, type->dtype, -1, NULL));
    }
  }
  return NULL;
}

static const mmd_op_t ops[] = {
    {"", "If", 1, 1, 1, 1, -1, infer_if, evaluate_if, MMD_OP_ANY_KIND},
    {"", "Loop", 1, 0, -1, 0, -1, infer_loop, evaluate_loop, MMD_OP_ANY_KIND},
};
const mmd_op_family_t mmd_ops_control_flow = MMD_OP_FAMILY(ops);
