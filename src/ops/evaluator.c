// SPDX-License-Identifier: Apache-2.0
#include "ops/evaluator.h"

#include "base/alloc.h"
#include "graph/inline.h"
#include "ops/eval_util.h"
#include "ops/evaluator_internal.h"

// ---- Making one.

static mmd_status_t append_unknown(const mmd_region_t *region, mmd_map_t *seen, mmd_str_t *list);

static mmd_status_t append_unknown_inside(const mmd_node_t *node, mmd_map_t *seen,
                                          mmd_str_t *list) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(append_unknown(attr->u.region, seen, list));
    if (attr->kind != MMD_ATTR_REGIONS) continue;
    for (size_t k = 0; k < attr->count; ++k) {
      MMD_TRY(append_unknown(attr->u.regions[k], seen, list));
    }
  }
  return NULL;
}

static mmd_status_t append_unknown(const mmd_region_t *region, mmd_map_t *seen, mmd_str_t *list) {
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    MMD_TRY(append_unknown_inside(node, seen, list));
    const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
    if (op && op->evaluate) continue;
    mmd_str_t name = {0};
    mmd_status_t status =
        mmd_str_printf(&name, "%s%s%s-%lld", node->domain, *node->domain ? "." : "", node->op,
                       (long long)node->version);
    bool known = !status && mmd_map_has(seen, mmd_str_text(&name));
    if (!status && !known) status = mmd_map_set(seen, mmd_str_text(&name), seen, NULL);
    if (!status && !known) {
      status = mmd_str_printf(list, "%s%s", list->size ? ", " : "", mmd_str_text(&name));
    }
    mmd_str_deinit(&name);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t check_operators(const mmd_graph_t *graph) {
  mmd_str_t list = {0};
  mmd_map_t seen = {0};
  mmd_status_t status = append_unknown(graph->root, &seen, &list);
  if (!status && list.size > 0) {
    status =
        MMD_ERROR(MMD_NOT_SUPPORTED, "operators that cannot be evaluated: %s", mmd_str_text(&list));
  }
  mmd_str_deinit(&list);
  mmd_map_deinit(&seen);
  return status;
}

// Calls of functions are replaced by their bodies, in a copy.
static mmd_status_t take_graph(mmd_evaluator_t *evaluator, const mmd_graph_t *graph) {
  bool calls;
  evaluator->graph = graph;
  MMD_TRY(mmd_graph_calls_functions(graph, &calls));
  if (!calls) return NULL;
  MMD_TRY(mmd_graph_clone(graph, &evaluator->inlined));
  evaluator->graph = evaluator->inlined;
  return mmd_graph_inline_functions(evaluator->inlined);
}

mmd_status_t mmd_evaluator_create(const mmd_graph_t *graph, const mmd_evaluator_options_t *options,
                                  mmd_evaluator_t **out_evaluator) {
  *out_evaluator = NULL;
  mmd_evaluator_t *evaluator = mmd_alloc(sizeof *evaluator);
  MMD_TRY_ALLOC(evaluator);
  if (options) evaluator->options = *options;
  mmd_arena_init(&evaluator->arena);
  mmd_status_t status = take_graph(evaluator, graph);
  if (!status) status = check_operators(evaluator->graph);
  if (!status) status = mmd_evaluator_plan(evaluator);
  if (status) {
    mmd_evaluator_destroy(evaluator);
    return status;
  }
  *out_evaluator = evaluator;
  return NULL;
}

void mmd_evaluator_destroy(mmd_evaluator_t *evaluator) {
  if (!evaluator) return;
  for (size_t i = 0; i < evaluator->slot_count; ++i) mmd_datum_deinit(&evaluator->slots[i]);
  mmd_evaluator_drop_spares(evaluator, true);
  mmd_free(evaluator->spares);
  mmd_free(evaluator->slots);
  mmd_free(evaluator->plans);
  mmd_free(evaluator->holdings);
  mmd_map_deinit(&evaluator->slots_by_name);
  mmd_arena_deinit(&evaluator->arena);
  mmd_graph_destroy(evaluator->inlined);
  mmd_free(evaluator);
}

// ---- Running.

static mmd_status_t pack(mmd_datum_t *datum) {
  for (size_t i = 0; i < datum->item_count; ++i) MMD_TRY(pack(&datum->items[i]));
  mmd_tensor_t *tensor = &datum->tensor;
  if (!tensor->storage) return NULL;
  if (mmd_tensor_is_contiguous(tensor) && mmd_tensor_is_aligned(tensor)) {
    mmd_shape_strides(&tensor->shape, tensor->strides);
    return NULL;
  }
  mmd_tensor_t packed;
  MMD_TRY(mmd_tensor_contiguous(tensor, &packed));
  mmd_tensor_deinit(tensor);
  *tensor = packed;
  return NULL;
}

static mmd_status_t check_kinds(const mmd_op_t *op, const mmd_node_t *node,
                                const mmd_datum_t *const *inputs) {
  size_t count = node->input_count;
  if (count < (size_t)op->min_inputs || (op->max_inputs >= 0 && count > (size_t)op->max_inputs)) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%zu inputs", count);
  }
  if (node->output_count < (size_t)op->min_outputs ||
      (op->max_outputs >= 0 && node->output_count > (size_t)op->max_outputs)) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%zu outputs", node->output_count);
  }
  if (op->flags & MMD_OP_ANY_KIND) return NULL;
  for (size_t i = 0; i < count; ++i) {
    bool given = inputs[i] && inputs[i]->kind != MMD_TYPE_UNKNOWN;
    if (!given && i < (size_t)op->min_inputs) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT, "input %zu is missing", i);
    }
    if (given && inputs[i]->kind != MMD_TYPE_TENSOR) {
      return mmd_node_error(node, MMD_INVALID_ARGUMENT, "input %zu is not a tensor", i);
    }
  }
  return NULL;
}

// Elements of inputs are work even where an operator makes few of many.
static mmd_status_t count_inputs(const mmd_eval_context_t *context) {
  if (!context->work_left) return NULL;
  for (size_t i = 0; i < context->input_count; ++i) {
    const mmd_tensor_t *tensor = mmd_eval_input(context, i);
    if (tensor) MMD_TRY(mmd_eval_work(context, mmd_eval_extent(&tensor->shape), 1));
  }
  return NULL;
}

// A view that repeats elements may be small until it is packed.
static mmd_status_t count_packing(const mmd_eval_context_t *context, const mmd_datum_t *datum) {
  const mmd_tensor_t *tensor = &datum->tensor;
  if (!tensor->storage || mmd_tensor_is_contiguous(tensor)) return NULL;
  const size_t bytes = mmd_tensor_byte_size(tensor);
  if (bytes > context->memory_left) {
    return mmd_node_error(context->node, MMD_OUT_OF_MEMORY,
                          "%zu more bytes would go over the memory limit", bytes);
  }
  return mmd_eval_work(context, mmd_tensor_count(tensor), 1);
}

static mmd_status_t check_results(const mmd_eval_context_t *context) {
  for (size_t i = 0; i < context->node->output_count; ++i) {
    if (!context->node->outputs[i]) continue;
    MMD_TRY(count_packing(context, &context->outputs[i]));
    MMD_TRY(pack(&context->outputs[i]));
  }
  return NULL;
}

static void deinit_all(mmd_datum_t *datums, size_t count) {
  for (size_t i = 0; i < count; ++i) mmd_datum_deinit(&datums[i]);
}

// Runs the operator; frees the outputs when it fails.
static mmd_status_t call(const mmd_op_t *op, mmd_eval_context_t *context) {
  mmd_arena_t scratch;
  mmd_arena_init(&scratch);
  context->scratch = &scratch;
  mmd_status_t status = check_kinds(op, context->node, context->inputs);
  if (!status) status = count_inputs(context);
  if (!status) status = mmd_evaluator_call_op(op, context);
  if (!status) status = check_results(context);
  mmd_arena_deinit(&scratch);
  if (status) deinit_all(context->outputs, context->output_count);
  return status;
}

// The same, noted as the node at work.
static mmd_status_t call_in(mmd_evaluator_t *evaluator, const mmd_op_t *op,
                            mmd_eval_context_t *context) {
  const mmd_eval_context_t *outer = evaluator->running;
  const size_t outer_had = evaluator->running_had;
  evaluator->running = context;
  evaluator->running_had = context->memory_left;
  mmd_status_t status = call(op, context);
  evaluator->running = outer;
  evaluator->running_had = outer_had;
  return status;
}

// Inputs whose memory the operator may write to.
static uint32_t reusable_inputs(const mmd_evaluator_t *evaluator, const mmd_eval_step_t *step) {
  uint32_t result = 0;
  for (size_t i = 0; i < step->node->input_count && i < 32; ++i) {
    bool dies = (step->last_uses >> i & 1) != 0;
    if (dies && evaluator->exclusive[step->inputs[i]]) result |= (uint32_t)1 << i;
  }
  return result;
}

static bool has_storage(const mmd_evaluator_t *evaluator, const int32_t *slots, size_t count,
                        const mmd_storage_t *storage) {
  for (size_t i = 0; i < count; ++i) {
    if (slots[i] != MMD_NO_SLOT && evaluator->slots[slots[i]].tensor.storage == storage)
      return true;
  }
  return false;
}

// Outputs that are not new may be views of inputs, which then share their memory; new ones may have
// taken the memory of an input that dies.
static void note_sharing(mmd_evaluator_t *evaluator, const mmd_eval_step_t *step,
                         const int32_t *outputs, uint32_t fresh) {
  const size_t count = step->node->output_count;
  bool all_fresh = true;
  for (size_t i = 0; i < count; ++i) {
    bool is_fresh = i < 32 && (fresh >> i & 1) != 0;
    if (outputs[i] == MMD_NO_SLOT) continue;
    evaluator->exclusive[outputs[i]] = is_fresh;
    all_fresh = all_fresh && is_fresh;
  }
  for (size_t i = 0; i < step->node->input_count; ++i) {
    const int32_t slot = step->inputs[i];
    if (slot == MMD_NO_SLOT || !evaluator->exclusive[slot]) continue;
    evaluator->exclusive[slot] =
        all_fresh && !has_storage(evaluator, outputs, count, evaluator->slots[slot].tensor.storage);
  }
}

static mmd_status_t keep_outputs(mmd_evaluator_t *evaluator, const int32_t *slots, size_t count,
                                 mmd_datum_t *outputs) {
  mmd_status_t status = NULL;
  for (size_t i = 0; i < count; ++i) {
    if (status || slots[i] == MMD_NO_SLOT) {
      mmd_datum_deinit(&outputs[i]);
    } else {
      status = mmd_evaluator_set_slot(evaluator, slots[i], &outputs[i]);
    }
  }
  return status;
}

static void clear_dying(mmd_evaluator_t *evaluator, const mmd_eval_step_t *step) {
  for (size_t i = 0; i < step->dying_count; ++i) {
    mmd_evaluator_clear_slot(evaluator, step->dying[i]);
  }
}

static mmd_status_t count_step(mmd_evaluator_t *evaluator, const mmd_node_t *node) {
  const uint64_t limit = evaluator->options.step_limit;
  if (limit == 0 || ++evaluator->steps <= limit) return NULL;
  return mmd_node_error(node, MMD_OUT_OF_RANGE, "more than %llu nodes were run",
                        (unsigned long long)limit);
}

static mmd_status_t run_step(mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                             const mmd_eval_step_t *step) {
  enum { FEW = 8 };
  const mmd_node_t *node = step->node;
  const mmd_evaluator_options_t *options = &evaluator->options;
  MMD_TRY(count_step(evaluator, node));
  if (step->is_done) {
    clear_dying(evaluator, step);
    return NULL;
  }
  const mmd_datum_t *few_inputs[FEW], **inputs = few_inputs;
  mmd_datum_t few_outputs[FEW] = {{0}}, *outputs = few_outputs;
  void *more = NULL;
  if (node->input_count > FEW || node->output_count > FEW) {
    size_t bytes =
        node->output_count * sizeof *outputs;  // both counts are those of arrays in memory
    more = mmd_alloc(bytes + node->input_count * sizeof *inputs);
    MMD_TRY_ALLOC(more);
    outputs = more;
    inputs = (const mmd_datum_t **)(void *)((char *)more + bytes);
  }
  for (size_t i = 0; i < node->input_count; ++i) {
    inputs[i] = step->inputs[i] == MMD_NO_SLOT ? NULL : &evaluator->slots[step->inputs[i]];
  }
  mmd_eval_context_t context = {.node = node,
                                .mode = options->mode,
                                .pool = options->pool,
                                .input_count = node->input_count,
                                .inputs = inputs,
                                .output_count = node->output_count,
                                .outputs = outputs,
                                .evaluator = evaluator,
                                .memory_left = mmd_evaluator_memory_left(evaluator),
                                .work_left = options->work_limit ? &evaluator->work_left : NULL,
                                .reusable = reusable_inputs(evaluator, step)};
  mmd_eval_epilogue_t epilogue;
  if (mmd_evaluator_open_fusion(evaluator, plan, step, &epilogue)) context.epilogue = &epilogue;
  mmd_status_t status = call_in(evaluator, step->op, &context);
  if (!status && options->observe) {
    status = options->observe(options->user, node, outputs);
    if (status) deinit_all(outputs, node->output_count);
  }
  const int32_t *slots = step->outputs;
  if (!status && context.did_epilogue) {
    slots = mmd_evaluator_close_fusion(evaluator, plan, step, &epilogue);
  }
  if (!status) status = keep_outputs(evaluator, slots, node->output_count, outputs);
  if (!status) note_sharing(evaluator, step, slots, context.fresh);
  mmd_free(more);
  if (!status) clear_dying(evaluator, step);
  return status;
}

static mmd_status_t set_inputs(mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                               const mmd_datum_t *inputs) {
  for (size_t i = 0; i < plan->region->input_count; ++i) {
    mmd_datum_t copy;
    MMD_TRY(mmd_datum_copy(&inputs[i], &copy));
    mmd_status_t status = pack(&copy);
    if (status) {
      mmd_datum_deinit(&copy);
      return status;
    }
    MMD_TRY(mmd_evaluator_set_slot(evaluator, plan->slots[i], &copy));
  }
  return NULL;
}

static mmd_status_t run_plan(mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                             const mmd_datum_t *inputs, mmd_datum_t *outputs) {
  const mmd_region_t *region = plan->region;
  mmd_status_t status = set_inputs(evaluator, plan, inputs);
  for (size_t i = 0; i < plan->step_count; ++i) plan->steps[i].is_done = false;
  for (size_t i = 0; !status && i < plan->step_count; ++i) {
    status = run_step(evaluator, plan, &plan->steps[i]);
  }
  size_t done = 0;
  for (; !status && done < region->output_count; ++done) {
    int32_t slot = mmd_evaluator_find_slot(evaluator, region->outputs[done]);
    status = mmd_datum_copy(&evaluator->slots[slot], &outputs[done]);
    evaluator->exclusive[slot] = false;  // it may be an outer one, which lives on
  }
  for (size_t i = 0; i < plan->slot_count; ++i) mmd_evaluator_clear_slot(evaluator, plan->slots[i]);
  if (status) deinit_all(outputs, done);
  return status;
}

static mmd_status_t check_counts(const mmd_region_t *region, size_t inputs, size_t outputs) {
  if (inputs == region->input_count && outputs == region->output_count) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "region '%s' has %zu inputs and %zu outputs, it was given %zu and asked for %zu",
                   region->name ? region->name : "", region->input_count, region->output_count,
                   inputs, outputs);
}

static mmd_status_t input_error(const mmd_edge_t *edge, const mmd_tensor_t *tensor) {
  mmd_str_t have = {0}, want = {0};
  mmd_status_t status = mmd_tensor_format(tensor, &have);
  if (!status) status = mmd_type_format(&edge->type, &want);
  if (!status) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' is %s, the graph takes %s", edge->name,
                       mmd_str_text(&have), mmd_str_text(&want));
  }
  mmd_str_deinit(&have);
  mmd_str_deinit(&want);
  return status;
}

// Kind and element type.
static mmd_status_t check_input(const mmd_edge_t *edge, const mmd_datum_t *input) {
  const mmd_type_t *type = &edge->type;
  if (type->kind == MMD_TYPE_UNKNOWN || type->kind == MMD_TYPE_OPTIONAL) return NULL;
  if (input->kind != type->kind) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "input '%s' is not of the kind that the graph takes",
                     edge->name);
  }
  bool fits = type->kind != MMD_TYPE_TENSOR || type->dtype == MMD_DTYPE_UNDEFINED ||
              type->dtype == input->tensor.dtype;
  return fits ? NULL : input_error(edge, &input->tensor);
}

// The sizes that are known.
static mmd_status_t check_sizes(const mmd_edge_t *edge, const mmd_datum_t *input) {
  const mmd_type_t *type = &edge->type;
  const mmd_tensor_t *tensor = &input->tensor;
  if (type->kind != MMD_TYPE_TENSOR || !type->has_rank) return NULL;
  bool fits = type->rank == tensor->shape.rank;
  for (int i = 0; fits && i < type->rank; ++i) {
    int64_t dim = mmd_dim_number(type->dims[i]);
    fits = dim < 0 || dim == tensor->shape.dims[i];
  }
  return fits ? NULL : input_error(edge, tensor);
}

static mmd_status_t check_region_inputs(const mmd_region_t *region, const mmd_datum_t *inputs) {
  for (size_t i = 0; i < region->input_count; ++i) {
    mmd_status_t status = check_input(region->inputs[i], &inputs[i]);
    if (!status) continue;
    const mmd_node_t *owner = region->owner;
    return owner ? mmd_status_annotate(status, "%s '%s'", owner->op, owner->name) : status;
  }
  return NULL;
}

mmd_status_t mmd_evaluator_run_region(void *given, const mmd_region_t *region,
                                      const mmd_datum_t *inputs, size_t input_count,
                                      mmd_datum_t *outputs, size_t output_count) {
  mmd_evaluator_t *evaluator = given;
  const mmd_eval_plan_t *plan = evaluator ? mmd_evaluator_find_plan(evaluator, region) : NULL;
  if (!plan) return MMD_ERROR(MMD_NOT_SUPPORTED, "regions cannot be run without their graph");
  MMD_TRY(check_counts(region, input_count, output_count));
  MMD_TRY(check_region_inputs(region, inputs));
  if (region->owner) MMD_TRY(count_step(evaluator, region->owner));  // its body may be empty
  // Rows of a loop and the like lie in no slot.
  const mmd_eval_context_t *owner = evaluator->running;
  const size_t taken = owner ? evaluator->running_had - owner->memory_left : 0;
  evaluator->reserved_bytes += taken;
  mmd_status_t status = run_plan(evaluator, plan, inputs, outputs);
  evaluator->reserved_bytes -= taken;
  return status;
}

mmd_status_t mmd_evaluator_run(mmd_evaluator_t *evaluator, const mmd_datum_t *inputs,
                               size_t input_count, mmd_datum_t *outputs, size_t output_count) {
  const mmd_region_t *root = evaluator->graph->root;
  MMD_TRY(check_counts(root, input_count, output_count));
  for (size_t i = 0; i < input_count; ++i) {
    MMD_TRY(check_input(root->inputs[i], &inputs[i]));
    MMD_TRY(check_sizes(root->inputs[i], &inputs[i]));
  }
  evaluator->steps = 0;
  evaluator->work_left = evaluator->options.work_limit;
  ++evaluator->runs;
  mmd_status_t status =
      run_plan(evaluator, mmd_evaluator_find_plan(evaluator, root), inputs, outputs);
  mmd_evaluator_drop_spares(evaluator, false);
  return status;
}

static mmd_status_t take_tensors(const mmd_region_t *root, mmd_datum_t *datums,
                                 mmd_tensor_t *outputs) {
  for (size_t i = 0; i < root->output_count; ++i) {
    if (datums[i].kind == MMD_TYPE_TENSOR) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "output '%s' is not a tensor", root->outputs[i]->name);
  }
  for (size_t i = 0; i < root->output_count; ++i) {
    outputs[i] = datums[i].tensor;
    datums[i].tensor = (mmd_tensor_t){0};
  }
  return NULL;
}

mmd_status_t mmd_evaluator_run_tensors(mmd_evaluator_t *evaluator, const mmd_tensor_t *inputs,
                                       size_t input_count, mmd_tensor_t *outputs,
                                       size_t output_count) {
  mmd_datum_t *datums = mmd_alloc_array(input_count + output_count + 1, sizeof *datums);
  MMD_TRY_ALLOC(datums);
  for (size_t i = 0; i < input_count; ++i) {
    datums[i] = (mmd_datum_t){.kind = MMD_TYPE_TENSOR, .tensor = inputs[i]};  // borrowed
  }
  mmd_datum_t *results = datums + input_count;
  mmd_status_t status = mmd_evaluator_run(evaluator, datums, input_count, results, output_count);
  if (!status) {
    status = take_tensors(evaluator->graph->root, results, outputs);
    deinit_all(results, output_count);
  }
  mmd_free(datums);
  return status;
}

#define NODE_WORK ((uint64_t)1 << 32)

mmd_status_t mmd_evaluate_node(const mmd_node_t *node, mmd_eval_mode_t mode, mmd_pool_t *pool,
                               const mmd_datum_t *const *inputs, mmd_datum_t *outputs) {
  const mmd_op_t *op = mmd_op_find(node->domain, node->op, node->version);
  if (!op || !op->evaluate) {
    return mmd_node_error(node, MMD_NOT_SUPPORTED, "the operator cannot be evaluated");
  }
  mmd_datum_t *packed = mmd_alloc_array(node->input_count + 1, sizeof *packed);
  const mmd_datum_t **pointers = mmd_alloc_array(node->input_count + 1, sizeof *pointers);
  mmd_status_t status = packed && pointers ? NULL : mmd_status_no_memory();
  for (size_t i = 0; !status && i < node->input_count; ++i) {
    if (!inputs[i]) continue;
    pointers[i] = &packed[i];
    status = mmd_datum_copy(inputs[i], &packed[i]);
    if (!status) status = pack(&packed[i]);
  }
  for (size_t i = 0; i < node->output_count; ++i) outputs[i] = (mmd_datum_t){0};
  if (!status) {
    uint64_t work = NODE_WORK;
    mmd_eval_context_t context = {.node = node,
                                  .mode = mode,
                                  .pool = pool,
                                  .input_count = node->input_count,
                                  .inputs = pointers,
                                  .output_count = node->output_count,
                                  .outputs = outputs,
                                  .memory_left = SIZE_MAX,
                                  .work_left = &work};
    status = call(op, &context);
  }
  if (packed) deinit_all(packed, node->input_count);
  mmd_free(packed);
  mmd_free(pointers);
  return status;
}
