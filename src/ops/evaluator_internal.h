// SPDX-License-Identifier: Apache-2.0
//
// Shared by evaluator*.c only.
//
// Every edge of the graph has one slot. Regions nest but never call themselves, so one set of slots
// serves all of them, and outer edges need no look-up: the owner waits while its region runs.
#ifndef MMD_OPS_EVALUATOR_INTERNAL_H_
#define MMD_OPS_EVALUATOR_INTERNAL_H_

#include "base/map.h"
#include "ops/evaluator.h"

enum { MMD_NO_SLOT = -1 };

typedef struct {
  const mmd_node_t *node;
  const mmd_op_t *op;
  int32_t *inputs, *outputs;  // slots, MMD_NO_SLOT where left out
  int32_t *dying;             // slots whose last use this node is
  size_t dying_count;
  uint32_t last_uses;  // bit i: input i dies here
} mmd_eval_step_t;

typedef struct {
  const mmd_region_t *region;
  mmd_eval_step_t *steps;
  size_t step_count;
  int32_t *slots;  // of all edges defined in it but constants
  size_t slot_count;
} mmd_eval_plan_t;

// A storage that live slots refer to, counted once however many do.
typedef struct {
  const mmd_storage_t *storage;
  size_t references;
} mmd_eval_holding_t;

struct mmd_evaluator {
  const mmd_graph_t *graph;
  mmd_evaluator_options_t options;
  mmd_arena_t arena;
  mmd_map_t slots_by_name;
  mmd_eval_plan_t *plans;  // sorted by region
  size_t plan_count, plan_capacity;
  mmd_datum_t *slots;
  size_t slot_count, slot_capacity;
  bool *exclusive;  // of slots: its tensor shares memory with nothing else
  uint64_t steps;
  size_t live_bytes;
  mmd_eval_holding_t *holdings;
  size_t holding_count, holding_capacity;
};

// Of an edge that was planned, else MMD_NO_SLOT.
int32_t mmd_evaluator_find_slot(const mmd_evaluator_t *evaluator, const mmd_edge_t *edge);

// evaluator_plan.c: slots, steps and deaths of all regions.
mmd_status_t mmd_evaluator_plan(mmd_evaluator_t *evaluator) MMD_MUST_USE;
const mmd_eval_plan_t *mmd_evaluator_find_plan(const mmd_evaluator_t *evaluator,
                                               const mmd_region_t *region);

// evaluator_slots.c: what lives, and how many bytes that are.
void mmd_evaluator_clear_slot(mmd_evaluator_t *evaluator, int32_t slot);
// Moves |datum| into the slot; frees it on failure.
mmd_status_t mmd_evaluator_set_slot(mmd_evaluator_t *evaluator, int32_t slot,
                                    mmd_datum_t *datum) MMD_MUST_USE;
size_t mmd_evaluator_memory_left(const mmd_evaluator_t *evaluator);

#endif  // MMD_OPS_EVALUATOR_INTERNAL_H_
