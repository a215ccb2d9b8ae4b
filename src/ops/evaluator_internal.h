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

// Steps that the step before them may do: Add, then Relu or Clip, one of them at least.
typedef struct {
  size_t steps[2];  // places in the plan
  size_t count;
  int32_t add;  // slot, or MMD_NO_SLOT
  size_t add_input;
  bool add_is_idle;  // nobody reads |add| between the two steps
  float low, high;
} mmd_eval_fusion_t;

typedef struct {
  const mmd_node_t *node;
  const mmd_op_t *op;
  int32_t *inputs, *outputs;  // slots, MMD_NO_SLOT where left out
  int32_t *dying;             // slots whose last use this node is
  size_t dying_count;
  uint32_t last_uses;         // bit i: input i dies here
  mmd_eval_fusion_t *fusion;  // or NULL
  bool is_done;               // in this run, by the step it is fused with
} mmd_eval_step_t;

typedef struct {
  const mmd_region_t *region;
  mmd_eval_step_t *steps;
  size_t step_count;
  int32_t *slots;  // of all edges defined in it but constants
  size_t slot_count;
} mmd_eval_plan_t;

// Memory that waits for the next result.
typedef struct {
  mmd_storage_t *storage;
  uint64_t run;  // in which it was used last
} mmd_eval_spare_t;

// A storage that live slots refer to, counted once however many do; NULL in a free place.
typedef struct {
  const mmd_storage_t *storage;
  size_t references;
} mmd_eval_holding_t;

struct mmd_evaluator {
  const mmd_graph_t *graph;
  mmd_graph_t *inlined;  // the same when it is a copy of our own, else NULL
  mmd_evaluator_options_t options;
  mmd_arena_t arena;
  mmd_map_t slots_by_name;
  mmd_eval_plan_t *plans;  // sorted by region
  size_t plan_count, plan_capacity;
  mmd_datum_t *slots;
  size_t slot_count, slot_capacity;
  bool *exclusive;  // of slots: its tensor shares memory with nothing else
  uint64_t steps;
  uint64_t work_left;
  size_t live_bytes;
  size_t reserved_bytes;              // what nodes whose regions run now have taken
  const mmd_eval_context_t *running;  // the node at work, or NULL
  size_t running_had;                 // its |memory_left| when it began
  mmd_eval_holding_t *holdings;       // open addressing; |holding_capacity| is a power of two
  size_t holding_count, holding_capacity;
  mmd_eval_spare_t *spares;
  size_t spare_count, spare_capacity;
  uint64_t runs;
};

// Of an edge that was planned, else MMD_NO_SLOT.
int32_t mmd_evaluator_find_slot(const mmd_evaluator_t *evaluator, const mmd_edge_t *edge);

// evaluator_plan.c: slots, steps and deaths of all regions.
mmd_status_t mmd_evaluator_plan(mmd_evaluator_t *evaluator) MMD_MUST_USE;
const mmd_eval_plan_t *mmd_evaluator_find_plan(const mmd_evaluator_t *evaluator,
                                               const mmd_region_t *region);

// evaluator_fuse.c: convolutions with what follows them, in fast mode.
mmd_status_t mmd_evaluator_plan_fusions(mmd_evaluator_t *evaluator,
                                        mmd_eval_plan_t *plan) MMD_MUST_USE;
// False when the step has to run alone this time.
bool mmd_evaluator_open_fusion(const mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                               const mmd_eval_step_t *step, mmd_eval_epilogue_t *out_epilogue);
// After the step did it all: marks the others as done; their result's slots are returned.
const int32_t *mmd_evaluator_close_fusion(mmd_evaluator_t *evaluator, const mmd_eval_plan_t *plan,
                                          const mmd_eval_step_t *step,
                                          const mmd_eval_epilogue_t *epilogue);

// evaluator_half.c: evaluates the node, float16 and bfloat16 products by the float32 kernels.
mmd_status_t mmd_evaluator_call_op(const mmd_op_t *op, mmd_eval_context_t *context) MMD_MUST_USE;

// evaluator_slots.c: what lives, and how many bytes that are.
void mmd_evaluator_clear_slot(mmd_evaluator_t *evaluator, int32_t slot);
// Moves |datum| into the slot; frees it on failure.
mmd_status_t mmd_evaluator_set_slot(mmd_evaluator_t *evaluator, int32_t slot,
                                    mmd_datum_t *datum) MMD_MUST_USE;
void mmd_evaluator_drop_spares(mmd_evaluator_t *evaluator, bool all);  // else the unused ones
size_t mmd_evaluator_memory_left(const mmd_evaluator_t *evaluator);

#endif  // MMD_OPS_EVALUATOR_INTERNAL_H_
