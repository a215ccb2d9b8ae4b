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

static bool has_room(const mmd_evaluator_t *evaluator, size_t size) {
  const size_t limit = evaluator->options.memory_limit;
  if (limit == 0) return true;
  size_t kept = evaluator->live_bytes;  // |size| is among them
  for (size_t i = 0; i < evaluator->spare_count; ++i) {
    kept += mmd_storage_size(evaluator->spares[i].storage);
  }
  return size <= limit && kept <= limit / 2;
}

// Large blocks come from the kernel page by page, so they are kept. An observer may hold on to
// results. Under a limit they and what lives may take half of it.
static bool is_spare(const mmd_evaluator_t *evaluator, int32_t slot) {
  enum { WORTH_KEEPING = 1 << 14 };
  const mmd_storage_t *storage = evaluator->slots[slot].tensor.storage;
  return evaluator->exclusive[slot] && storage && !evaluator->options.observe &&
         mmd_storage_size(storage) >= WORTH_KEEPING &&
         has_room(evaluator, mmd_storage_size(storage)) &&
         evaluator->slots[slot].tensor.dtype != MMD_STRING;
}

static void keep_spare(mmd_evaluator_t *evaluator, mmd_storage_t *storage) {
  const size_t count = evaluator->spare_count;
  if (mmd_status_ignore(MMD_GROW(evaluator->spares, evaluator->spare_capacity, count + 1))) return;
  evaluator->spares[evaluator->spare_count++] =
      (mmd_eval_spare_t){mmd_storage_retain(storage), evaluator->runs};
}

mmd_storage_t *mmd_evaluator_take_storage(void *given, size_t size) {
  mmd_evaluator_t *evaluator = given;
  mmd_eval_spare_t *best = NULL;
  if (!evaluator || size == 0) return NULL;
  for (size_t i = 0; i < evaluator->spare_count; ++i) {
    mmd_eval_spare_t *spare = &evaluator->spares[i];
    const size_t have = mmd_storage_size(spare->storage);
    if (have < size || have / 4 > size) continue;
    if (!best || have < mmd_storage_size(best->storage)) best = spare;
  }
  if (!best) return NULL;
  mmd_storage_t *storage = best->storage;
  *best = evaluator->spares[--evaluator->spare_count];
  return storage;
}

void mmd_evaluator_drop_spares(mmd_evaluator_t *evaluator, bool all) {
  size_t kept = 0;
  for (size_t i = 0; i < evaluator->spare_count; ++i) {
    mmd_eval_spare_t *spare = &evaluator->spares[i];
    if (all || spare->run < evaluator->runs) {
      mmd_storage_release(spare->storage);
    } else {
      evaluator->spares[kept++] = *spare;
    }
  }
  evaluator->spare_count = kept;
}

void mmd_evaluator_clear_slot(mmd_evaluator_t *evaluator, int32_t slot) {
  mmd_datum_t *datum = &evaluator->slots[slot];
  if (is_spare(evaluator, slot)) keep_spare(evaluator, datum->tensor.storage);
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
