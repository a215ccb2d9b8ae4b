// SPDX-License-Identifier: Apache-2.0
//
// Memory is accounted for only when there is a limit.
#include "base/alloc.h"
#include "base/hash.h"
#include "ops/evaluator_internal.h"

//===--- what lives --------------------------------------------------------===//

static size_t home_of(const mmd_evaluator_t *evaluator, const mmd_storage_t *storage) {
  const uint64_t hash = mmd_hash_bytes(MMD_HASH_SEED, &storage, sizeof storage);
  return (size_t)hash & (evaluator->holding_capacity - 1);
}

// The place of |storage| in the table, or the free one where it belongs.
static size_t find_holding(const mmd_evaluator_t *evaluator, const mmd_storage_t *storage) {
  const size_t mask = evaluator->holding_capacity - 1;
  size_t at = home_of(evaluator, storage);
  while (evaluator->holdings[at].storage && evaluator->holdings[at].storage != storage) {
    at = (at + 1) & mask;
  }
  return at;
}

// At least half of the table stays free.
static mmd_status_t grow_holdings(mmd_evaluator_t *evaluator) {
  enum { FIRST_CAPACITY = 64 };
  mmd_eval_holding_t *old = evaluator->holdings;
  const size_t old_capacity = evaluator->holding_capacity;
  if (evaluator->holding_count < old_capacity / 2) return NULL;
  const size_t capacity = old_capacity ? 2 * old_capacity : FIRST_CAPACITY;
  mmd_eval_holding_t *table = mmd_alloc_array(capacity, sizeof *table);
  MMD_TRY_ALLOC(table);
  evaluator->holdings = table;
  evaluator->holding_capacity = capacity;
  for (size_t i = 0; i < old_capacity; ++i) {
    if (old[i].storage) table[find_holding(evaluator, old[i].storage)] = old[i];
  }
  mmd_free(old);
  return NULL;
}

// Those behind |at| that no longer are where a search would come by move up.
static void remove_holding(mmd_evaluator_t *evaluator, size_t at) {
  const size_t mask = evaluator->holding_capacity - 1;
  mmd_eval_holding_t *table = evaluator->holdings;
  for (size_t next = (at + 1) & mask; table[next].storage; next = (next + 1) & mask) {
    const size_t home = home_of(evaluator, table[next].storage);
    if (((next - home) & mask) < ((next - at) & mask)) continue;
    table[at] = table[next];
    at = next;
  }
  table[at] = (mmd_eval_holding_t){0};
  --evaluator->holding_count;
}

static mmd_status_t hold(mmd_evaluator_t *evaluator, const mmd_datum_t *datum) {
  for (size_t i = 0; i < datum->item_count; ++i) MMD_TRY(hold(evaluator, &datum->items[i]));
  const mmd_storage_t *storage = datum->tensor.storage;
  if (!storage) return NULL;
  MMD_TRY(grow_holdings(evaluator));
  mmd_eval_holding_t *holding = &evaluator->holdings[find_holding(evaluator, storage)];
  if (!holding->storage) {
    holding->storage = storage;
    ++evaluator->holding_count;
    evaluator->live_bytes += mmd_storage_size(storage);
  }
  ++holding->references;
  return NULL;
}

static void let_go(mmd_evaluator_t *evaluator, const mmd_datum_t *datum) {
  for (size_t i = 0; i < datum->item_count; ++i) let_go(evaluator, &datum->items[i]);
  const mmd_storage_t *storage = datum->tensor.storage;
  if (!storage || evaluator->holding_count == 0) return;
  const size_t at = find_holding(evaluator, storage);
  if (!evaluator->holdings[at].storage || --evaluator->holdings[at].references > 0) return;
  evaluator->live_bytes -= mmd_storage_size(storage);
  remove_holding(evaluator, at);
}

//===--- what may be used again --------------------------------------------===//

static bool has_room(const mmd_evaluator_t *evaluator, size_t size) {
  enum { MAX_SPARES = 256 };  // they are searched one by one
  const size_t limit = evaluator->options.memory_limit;
  if (evaluator->spare_count >= MAX_SPARES) return false;
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
  const size_t taken = evaluator->live_bytes + evaluator->reserved_bytes;
  return taken < limit ? limit - taken : 0;
}
