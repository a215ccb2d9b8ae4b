// SPDX-License-Identifier: Apache-2.0
//
// Memory is accounted for only when there is a limit.
#include "base/alloc.h"
#include "ops/evaluator_internal.h"

static size_t find_holding(const mmd_evaluator_t *evaluator, const mmd_storage_t *storage) {
  size_t i = 0;
  while (i < evaluator->holding_count && evaluator->holdings[i].storage != storage) ++i;
  return i;
}

static mmd_status_t hold(mmd_evaluator_t *evaluator, const mmd_datum_t *datum) {
  for (size_t i = 0; i < datum->item_count; ++i) MMD_TRY(hold(evaluator, &datum->items[i]));
  const mmd_storage_t *storage = datum->tensor.storage;
  if (!storage) return NULL;
  size_t at = find_holding(evaluator, storage);
  if (at == evaluator->holding_count) {
    MMD_TRY(MMD_GROW(evaluator->holdings, evaluator->holding_capacity, at + 1));
    evaluator->holdings[at] = (mmd_eval_holding_t){.storage = storage};
    ++evaluator->holding_count;
    evaluator->live_bytes += mmd_storage_size(storage);
  }
  ++evaluator->holdings[at].references;
  return NULL;
}

static void let_go(mmd_evaluator_t *evaluator, const mmd_datum_t *datum) {
  for (size_t i = 0; i < datum->item_count; ++i) let_go(evaluator, &datum->items[i]);
  const mmd_storage_t *storage = datum->tensor.storage;
  size_t at = find_holding(evaluator, storage);
  if (!storage || at == evaluator->holding_count) return;
  if (--evaluator->holdings[at].references > 0) return;
  evaluator->live_bytes -= mmd_storage_size(storage);
  evaluator->holdings[at] = evaluator->holdings[--evaluator->holding_count];
}

void mmd_evaluator_clear_slot(mmd_evaluator_t *evaluator, int32_t slot) {
  mmd_datum_t *datum = &evaluator->slots[slot];
  if (evaluator->options.memory_limit) let_go(evaluator, datum);
  mmd_datum_deinit(datum);
  evaluator->exclusive[slot] = false;
}

mmd_status_t mmd_evaluator_set_slot(mmd_evaluator_t *evaluator, int32_t slot, mmd_datum_t *datum) {
  mmd_evaluator_clear_slot(evaluator, slot);
  if (evaluator->options.memory_limit) {
    mmd_status_t status = hold(evaluator, datum);
    if (status) {
      mmd_datum_deinit(datum);
      return status;
    }
  }
  evaluator->slots[slot] = *datum;
  *datum = (mmd_datum_t){0};
  return NULL;
}

size_t mmd_evaluator_memory_left(const mmd_evaluator_t *evaluator) {
  size_t limit = evaluator->options.memory_limit;
  if (limit == 0) return SIZE_MAX;
  return evaluator->live_bytes < limit ? limit - evaluator->live_bytes : 0;
}
