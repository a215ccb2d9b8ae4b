// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/alloc.h"
#include "ops/evaluator_internal.h"

int32_t mmd_evaluator_find_slot(const mmd_evaluator_t *evaluator, const mmd_edge_t *edge) {
  if (!edge) return MMD_NO_SLOT;
  size_t found = (size_t)(uintptr_t)mmd_map_get(&evaluator->slots_by_name, edge->name);
  return (int32_t)found - 1;
}

static mmd_status_t add_slot(mmd_evaluator_t *evaluator, const mmd_edge_t *edge,
                             int32_t *out_slot) {
  if (evaluator->slot_count >= INT32_MAX - 1) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "the graph has too many edges");
  }
  MMD_TRY(MMD_GROW(evaluator->slots, evaluator->slot_capacity, evaluator->slot_count + 1));
  evaluator->slots[evaluator->slot_count++] = (mmd_datum_t){0};
  *out_slot = (int32_t)(evaluator->slot_count - 1);
  return mmd_map_set(&evaluator->slots_by_name, edge->name,
                     (void *)(uintptr_t)evaluator->slot_count, NULL);
}

// Operators want packed and aligned elements; weights in a file may be neither.
static mmd_status_t add_constant(mmd_evaluator_t *evaluator, const mmd_edge_t *edge) {
  int32_t slot;
  MMD_TRY(add_slot(evaluator, edge, &slot));
  mmd_datum_t *datum = &evaluator->slots[slot];
  mmd_status_t status = mmd_tensor_contiguous(&edge->constant, &datum->tensor);
  if (status) return mmd_status_annotate(status, "constant '%s'", edge->name);
  datum->kind = MMD_TYPE_TENSOR;
  return NULL;
}

static mmd_status_t plan_region(mmd_evaluator_t *evaluator, const mmd_region_t *region);

static mmd_status_t plan_regions_of(mmd_evaluator_t *evaluator, const mmd_node_t *node) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(plan_region(evaluator, attr->u.region));
    if (attr->kind != MMD_ATTR_REGIONS) continue;
    for (size_t k = 0; k < attr->count; ++k) {
      MMD_TRY(plan_region(evaluator, attr->u.regions[k]));
    }
  }
  return NULL;
}

static mmd_status_t unseen_edge(const mmd_node_t *node, const mmd_edge_t *edge) {
  return mmd_node_error(node, MMD_INVALID_ARGUMENT, "input '%s' is not defined before the node",
                        edge->name);
}

static mmd_status_t plan_step(mmd_evaluator_t *evaluator, mmd_eval_plan_t *plan,
                              const mmd_node_t *node, mmd_eval_step_t *step) {
  step->node = node;
  step->op = mmd_op_find(node->domain, node->op, node->version);
  step->inputs = mmd_arena_alloc_array(&evaluator->arena, node->input_count + 1, sizeof(int32_t));
  step->outputs = mmd_arena_alloc_array(&evaluator->arena, node->output_count + 1, sizeof(int32_t));
  MMD_TRY_ALLOC(step->inputs);
  MMD_TRY_ALLOC(step->outputs);
  for (size_t i = 0; i < node->input_count; ++i) {
    step->inputs[i] = mmd_evaluator_find_slot(evaluator, node->inputs[i]);
    if (node->inputs[i] && step->inputs[i] == MMD_NO_SLOT)
      return unseen_edge(node, node->inputs[i]);
  }
  MMD_TRY(plan_regions_of(evaluator, node));
  for (size_t i = 0; i < node->output_count; ++i) {
    step->outputs[i] = MMD_NO_SLOT;
    if (!node->outputs[i]) continue;
    MMD_TRY(add_slot(evaluator, node->outputs[i], &step->outputs[i]));
    plan->slots[plan->slot_count++] = step->outputs[i];
  }
  return NULL;
}

// The node of |region| in which a use lies, or NULL for an output of the region.
static const mmd_node_t *user_in(const mmd_region_t *region, const mmd_use_t *use) {
  const mmd_node_t *node = use->node ? use->node : use->region->owner;
  if (!use->node && use->region == region) return NULL;
  while (node && node->region != region) node = node->region->owner;
  return node;
}

static int compare_nodes(const void *a, const void *b) {
  const mmd_node_t *x = (*(const mmd_eval_step_t *const *)a)->node,
                   *y = (*(const mmd_eval_step_t *const *)b)->node;
  return (x > y) - (x < y);
}

static const mmd_eval_step_t *find_step(const mmd_eval_step_t *const *by_node, size_t count,
                                        const mmd_node_t *node) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (by_node[middle]->node == node) return by_node[middle];
    if (by_node[middle]->node < node) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}

// The step after which |edge| is not needed any more, or NULL when it lives to the end.
static mmd_eval_step_t *last_user(mmd_eval_plan_t *plan, const mmd_eval_step_t *const *by_node,
                                  const mmd_edge_t *edge, mmd_eval_step_t *producer) {
  mmd_eval_step_t *last = producer;
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    const mmd_node_t *node = user_in(plan->region, use);
    const mmd_eval_step_t *found = node ? find_step(by_node, plan->step_count, node) : NULL;
    if (!found) return NULL;
    mmd_eval_step_t *step = &plan->steps[found - plan->steps];
    if (!last || step > last) last = step;
  }
  return last;
}

typedef struct {
  mmd_eval_step_t *step;
  int32_t slot;
} death_t;

static int compare_deaths(const void *a, const void *b) {
  const death_t *x = a, *y = b;
  return (x->step > y->step) - (x->step < y->step);
}

static size_t collect_deaths(mmd_evaluator_t *evaluator, mmd_eval_plan_t *plan,
                             const mmd_eval_step_t *const *by_node, death_t *deaths) {
  size_t count = 0;
  for (size_t i = 0; i < plan->region->input_count; ++i) {
    const mmd_edge_t *edge = plan->region->inputs[i];
    mmd_eval_step_t *last = last_user(plan, by_node, edge, NULL);
    if (last) deaths[count++] = (death_t){last, mmd_evaluator_find_slot(evaluator, edge)};
  }
  for (size_t s = 0; s < plan->step_count; ++s) {
    mmd_eval_step_t *step = &plan->steps[s];
    for (size_t i = 0; i < step->node->output_count; ++i) {
      if (step->outputs[i] == MMD_NO_SLOT) continue;
      mmd_eval_step_t *last = last_user(plan, by_node, step->node->outputs[i], step);
      if (last) deaths[count++] = (death_t){last, step->outputs[i]};
    }
  }
  qsort(deaths, count, sizeof *deaths, compare_deaths);
  return count;
}

// Lists for each step the slots that die with it.
static mmd_status_t plan_deaths(mmd_evaluator_t *evaluator, mmd_eval_plan_t *plan) {
  const mmd_eval_step_t **by_node = mmd_alloc_array(plan->step_count + 1, sizeof *by_node);
  death_t *deaths = mmd_alloc_array(plan->slot_count + 1, sizeof *deaths);
  int32_t *slots = mmd_arena_alloc_array(&evaluator->arena, plan->slot_count + 1, sizeof *slots);
  mmd_status_t status = by_node && deaths && slots ? NULL : mmd_status_no_memory();
  if (!status) {
    for (size_t i = 0; i < plan->step_count; ++i) by_node[i] = &plan->steps[i];
    qsort(by_node, plan->step_count, sizeof *by_node, compare_nodes);
    size_t count = collect_deaths(evaluator, plan, by_node, deaths);
    for (size_t i = 0; i < count; ++i) {
      mmd_eval_step_t *step = deaths[i].step;
      slots[i] = deaths[i].slot;
      if (step->dying_count++ == 0) step->dying = &slots[i];
      for (size_t k = 0; k < step->node->input_count && k < 32; ++k) {
        if (step->inputs[k] == slots[i]) step->last_uses |= (uint32_t)1 << k;
      }
    }
  }
  mmd_free(by_node);
  mmd_free(deaths);
  return status;
}

static size_t count_slots(const mmd_region_t *region) {
  size_t count = region->input_count;
  for (const mmd_node_t *node = region->first; node; node = node->next) count += node->output_count;
  return count;
}

static mmd_status_t check_outputs(const mmd_evaluator_t *evaluator, const mmd_region_t *region) {
  for (size_t i = 0; i < region->output_count; ++i) {
    if (mmd_evaluator_find_slot(evaluator, region->outputs[i]) != MMD_NO_SLOT) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "output %zu of region '%s' is not defined in it", i,
                     region->name ? region->name : "");
  }
  return NULL;
}

// The graph bounds how deep regions nest.
static mmd_status_t plan_region(mmd_evaluator_t *evaluator, const mmd_region_t *region) {
  mmd_eval_plan_t plan = {.region = region, .step_count = 0};
  size_t node_count = 0;
  for (const mmd_node_t *node = region->first; node; node = node->next) ++node_count;
  plan.steps = mmd_arena_alloc_array(&evaluator->arena, node_count + 1, sizeof *plan.steps);
  plan.slots =
      mmd_arena_alloc_array(&evaluator->arena, count_slots(region) + 1, sizeof *plan.slots);
  MMD_TRY_ALLOC(plan.steps);
  MMD_TRY_ALLOC(plan.slots);
  for (size_t i = 0; i < region->input_count; ++i) {
    MMD_TRY(add_slot(evaluator, region->inputs[i], &plan.slots[plan.slot_count++]));
  }
  for (size_t i = 0; i < region->constant_count; ++i) {
    MMD_TRY(add_constant(evaluator, region->constants[i]));
  }
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    MMD_TRY(plan_step(evaluator, &plan, node, &plan.steps[plan.step_count]));
    ++plan.step_count;
  }
  MMD_TRY(check_outputs(evaluator, region));
  MMD_TRY(plan_deaths(evaluator, &plan));
  MMD_TRY(mmd_evaluator_plan_fusions(evaluator, &plan));
  MMD_TRY(MMD_GROW(evaluator->plans, evaluator->plan_capacity, evaluator->plan_count + 1));
  evaluator->plans[evaluator->plan_count++] = plan;
  return NULL;
}

static int compare_plans(const void *a, const void *b) {
  const mmd_region_t *x = ((const mmd_eval_plan_t *)a)->region,
                     *y = ((const mmd_eval_plan_t *)b)->region;
  return (x > y) - (x < y);
}

mmd_status_t mmd_evaluator_plan(mmd_evaluator_t *evaluator) {
  MMD_TRY(plan_region(evaluator, evaluator->graph->root));
  qsort(evaluator->plans, evaluator->plan_count, sizeof *evaluator->plans, compare_plans);
  evaluator->exclusive =
      mmd_arena_alloc_array(&evaluator->arena, evaluator->slot_count + 1, sizeof(bool));
  MMD_TRY_ALLOC(evaluator->exclusive);
  return NULL;
}

const mmd_eval_plan_t *mmd_evaluator_find_plan(const mmd_evaluator_t *evaluator,
                                               const mmd_region_t *region) {
  mmd_eval_plan_t key = {.region = region};
  return bsearch(&key, evaluator->plans, evaluator->plan_count, sizeof *evaluator->plans,
                 compare_plans);
}
