// SPDX-License-Identifier: Apache-2.0
//
// Conv -> Add -> Relu or Clip: a convolution that knows what follows saves passes over memory. The
// graph stays as it is: a step that did the work of later ones marks them as done, and when it
// cannot (element types, shapes), they run as they always do.
#include <math.h>
#include <string.h>

#include "ops/evaluator_internal.h"

static bool is_node(const mmd_node_t *node, const char *op) {
  return *node->domain == '\0' && strcmp(node->op, op) == 0;
}

// The only user of a node's only result, in the same region.
static const mmd_node_t *only_user(const mmd_node_t *node) {
  const mmd_edge_t *edge = node->output_count == 1 ? node->outputs[0] : NULL;
  const mmd_use_t *use = edge ? edge->uses : NULL;
  bool alone = use && !use->next && use->node && use->node->region == node->region;
  return alone ? use->node : NULL;
}

// SIZE_MAX when it is not in the plan behind |from|. What follows a convolution is near.
static size_t find_place(const mmd_eval_plan_t *plan, size_t from, const mmd_node_t *node) {
  enum { NEAR = 64 };
  for (size_t i = from; i < plan->step_count && i < from + NEAR; ++i) {
    if (plan->steps[i].node == node) return i;
  }
  return SIZE_MAX;
}

// A limit of Clip: an attribute before opset 11, a constant input since.
static bool read_limit(const mmd_node_t *clip, size_t input, const char *attr, float *inout_limit) {
  if (clip->version < 11) {
    *inout_limit = (float)mmd_node_attr_float(clip, attr, *inout_limit);
    return true;
  }
  const mmd_edge_t *edge = input < clip->input_count ? clip->inputs[input] : NULL;
  if (!edge) return true;
  const mmd_tensor_t *tensor = &edge->constant;
  if (!edge->is_constant || tensor->dtype != MMD_F32 || mmd_tensor_count(tensor) != 1) return false;
  *inout_limit = (float)mmd_tensor_get_f64(tensor, 0);
  return true;
}

static bool read_limits(const mmd_node_t *node, mmd_eval_fusion_t *fusion) {
  if (is_node(node, "Relu")) {
    fusion->low = 0.f;
    return true;
  }
  float low = fusion->low, high = fusion->high;
  if (!is_node(node, "Clip") || !read_limit(node, 1, "min", &low) ||
      !read_limit(node, 2, "max", &high)) {
    return false;
  }
  fusion->low = low;
  fusion->high = high;
  return true;
}

// Whether a step in (after, before) reads |slot|, or the one at |after| does.
static bool is_read(const mmd_eval_plan_t *plan, int32_t slot, size_t after, size_t before) {
  for (size_t s = after; s < before; ++s) {
    const mmd_eval_step_t *step = &plan->steps[s];
    for (size_t i = 0; i < step->node->input_count; ++i) {
      if (step->inputs[i] == slot) return true;
    }
    for (size_t i = 0; i < step->node->attr_count; ++i) {  // regions may read anything
      const mmd_attr_kind_t kind = step->node->attrs[i].kind;
      if (kind == MMD_ATTR_REGION || kind == MMD_ATTR_REGIONS) return true;
    }
  }
  return false;
}

// Whether a step in (after, before) makes |slot|.
static bool is_made(const mmd_eval_plan_t *plan, int32_t slot, size_t after, size_t before) {
  for (size_t s = after + 1; s < before; ++s) {
    const mmd_eval_step_t *step = &plan->steps[s];
    for (size_t i = 0; i < step->node->output_count; ++i) {
      if (step->outputs[i] == slot) return true;
    }
  }
  return false;
}

// The other summand must be there when the step at |first| runs.
static bool read_add(const mmd_eval_plan_t *plan, size_t first, size_t place,
                     mmd_eval_fusion_t *fusion) {
  const mmd_eval_step_t *add = &plan->steps[place];
  if (!is_node(add->node, "Add") || add->node->version < 7 || add->node->input_count != 2) {
    return false;
  }
  const size_t input = add->inputs[0] == plan->steps[first].outputs[0] ? 1 : 0;
  const int32_t slot = add->inputs[input];
  if (slot == MMD_NO_SLOT || is_made(plan, slot, first, place)) return false;
  fusion->add = slot;
  fusion->add_input = input;
  fusion->add_is_idle = !is_read(plan, slot, first, place);
  return true;
}

static void find_fusion(const mmd_eval_plan_t *plan, size_t first, mmd_eval_fusion_t *fusion) {
  *fusion = (mmd_eval_fusion_t){.add = MMD_NO_SLOT, .low = -INFINITY, .high = INFINITY};
  const mmd_node_t *node = only_user(plan->steps[first].node);
  size_t place = node ? find_place(plan, first + 1, node) : SIZE_MAX;
  if (place == SIZE_MAX) return;
  if (read_add(plan, first, place, fusion)) {
    fusion->steps[fusion->count++] = place;
    node = only_user(node);
    place = node ? find_place(plan, place + 1, node) : SIZE_MAX;
    if (place == SIZE_MAX) return;
  }
  if (read_limits(node, fusion)) fusion->steps[fusion->count++] = place;
}

mmd_status_t mmd_evaluator_plan_fusions(mmd_evaluator_t *evaluator, mmd_eval_plan_t *plan) {
  if (evaluator->options.mode != MMD_EVAL_FAST || evaluator->options.observe) return NULL;
  for (size_t i = 0; i < plan->step_count; ++i) {
    mmd_eval_fusion_t fusion;
    if (!is_node(plan->steps[i].node, "Conv")) continue;
    find_fusion(plan, i, &fusion);
    if (fusion.count == 0) continue;
    plan->steps[i].fusion = mmd_arena_alloc(&evaluator->arena, sizeof fusion);
    MMD_TRY_ALLOC(plan->steps[i].fusion);
    *plan->steps[i].fusion = fusion;
  }
  return NULL;
}

bool mmd_evaluator_open_fusion(const mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                               const mmd_eval_step_t *step, mmd_eval_epilogue_t *out_epilogue) {
  const mmd_eval_fusion_t *f = step->fusion;
  if (!f) return false;
  *out_epilogue = (mmd_eval_epilogue_t){.low = f->low, .high = f->high};
  if (f->add == MMD_NO_SLOT) return true;
  const bool dies = (plan->steps[f->steps[0]].last_uses >> f->add_input & 1) != 0;
  out_epilogue->add = &evaluator->slots[f->add];
  out_epilogue->may_take_add = dies && f->add_is_idle && evaluator->exclusive[f->add];
  return true;
}

const int32_t *mmd_evaluator_close_fusion(mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                                          const mmd_eval_step_t *step,
                                          const mmd_eval_epilogue_t *epilogue) {
  const mmd_eval_fusion_t *f = step->fusion;
  for (size_t i = 0; i < f->count; ++i) plan->steps[f->steps[i]].is_done = true;
  // The slot dies later than its memory changes hands.
  if (epilogue->takes_add) evaluator->exclusive[f->add] = false;
  return plan->steps[f->steps[f->count - 1]].outputs;
}
