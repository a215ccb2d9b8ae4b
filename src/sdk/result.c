// SPDX-License-Identifier: Apache-2.0
#include "sdk/result.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/checked.h"
#include "sdk/handle.h"

typedef struct block_t {
  mmd_arena_t arena;
  mmd_value_t *kept;  // an array, or NULL
  max_align_t items[];
} block_t;

static block_t *block_of(void *items) {
  return (block_t *)((char *)items - offsetof(block_t, items));
}

mmd_status_t mmd_result_create(size_t count, size_t item_size, void **out_items) {
  size_t size = 0;
  if (!mmd_checked_mul(count, item_size, &size) ||
      !mmd_checked_add(size, sizeof(block_t) + sizeof(max_align_t), &size)) {
    return mmd_status_no_memory();
  }
  block_t *block = mmd_alloc(size);
  MMD_TRY_ALLOC(block);
  mmd_arena_init(&block->arena);
  *out_items = block->items;
  return NULL;
}

void *mmd_result_alloc(void *items, size_t count, size_t size) {
  return mmd_arena_alloc_array(&block_of(items)->arena, count ? count : 1, size);
}

mmd_status_t mmd_result_keep(void *items, const mmd_value_t *value) {
  block_t *block = block_of(items);
  if (!block->kept) block->kept = mmd_value_array();
  MMD_TRY_ALLOC(block->kept);
  return mmd_array_take(block->kept, mmd_value_retain((mmd_value_t *)(uintptr_t)value));
}

void mmd_result_release(void *items) {
  if (!items) return;
  block_t *block = block_of(items);
  mmd_value_release(block->kept);
  mmd_arena_deinit(&block->arena);
  mmd_free(block);
}

//===--- reading ---===//

static mmd_status_t find_samples(const mmd_value_t *output, const char *task,
                                 const mmd_value_t **out_samples) {
  MMD_CHECK_VALUE(output);
  *out_samples = mmd_array_at(output, 0);
  if (mmd_value_kind(*out_samples) != MMD_VALUE_ARRAY) {
    return MMD_ERROR(MMD_CORRUPT, "the value is no output of a %s", task);
  }
  if (mmd_array_size(*out_samples) <= INT_MAX) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu samples; at most %d can be returned",
                   mmd_array_size(*out_samples), INT_MAX);
}

static const mmd_value_t *answers_of(const mmd_value_t *sample, const char *member) {
  return member ? mmd_object_get(sample, member) : sample;
}

static mmd_status_t count_answers(const mmd_value_t *samples, const mmd_result_kind_t *kind,
                                  size_t *out_total) {
  size_t total = 0;
  for (size_t i = 0; i < mmd_array_size(samples); ++i) {
    const mmd_value_t *answers = answers_of(mmd_array_at(samples, i), kind->member);
    // A sample that a Cond left out has no answers.
    const bool is_left_out = mmd_value_is_null(mmd_array_at(samples, i));
    if (mmd_value_kind(answers) != MMD_VALUE_ARRAY && !is_left_out) {
      return MMD_ERROR(MMD_CORRUPT, "answer %zu is no list; is this the output of a %s?", i,
                       kind->task);
    }
    if (!mmd_checked_add(total, mmd_array_size(answers), &total)) return mmd_status_no_memory();
  }
  if (total > INT_MAX) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu answers; at most %d can be returned", total, INT_MAX);
  }
  *out_total = total;
  return NULL;
}

static mmd_status_t fill_counted(const mmd_value_t *samples, const mmd_result_kind_t *kind,
                                 void *items, int *counts) {
  char *item = items;
  for (size_t i = 0; i < mmd_array_size(samples); ++i) {
    const mmd_value_t *answers = answers_of(mmd_array_at(samples, i), kind->member);
    counts[i] = (int)mmd_array_size(answers);
    for (size_t k = 0; k < mmd_array_size(answers); ++k, item += kind->item_size) {
      MMD_TRY(kind->read(items, mmd_array_at(answers, k), item));
    }
  }
  return NULL;
}

static mmd_status_t read_counted(const mmd_value_t *output, const mmd_result_kind_t *kind,
                                 void **out_items, int **out_counts) {
  const mmd_value_t *samples = NULL;
  size_t total = 0;
  void *items = NULL;
  MMD_TRY(find_samples(output, kind->task, &samples));
  MMD_TRY(count_answers(samples, kind, &total));
  int *counts = mmd_alloc_array(mmd_array_size(samples) + 1, sizeof *counts);
  MMD_TRY_ALLOC(counts);
  mmd_status_t status = mmd_result_create(total, kind->item_size, &items);
  if (!status) status = fill_counted(samples, kind, items, counts);
  if (status) {
    mmd_result_release_counted(items, counts);
    return mmd_status_annotate(status, "output of a %s", kind->task);
  }
  *out_items = items;
  *out_counts = counts;
  return NULL;
}

// The type of the caller's pointer is unknown here: its bytes are set.
static void set_pointer(void *results, const void *items) {
  memcpy(results, &items, sizeof items);
}

mmd_status_t mmd_result_clear_counted(void *results, int **result_count) {
  MMD_CHECK_POINTER(results);
  MMD_CHECK_POINTER(result_count);
  set_pointer(results, NULL);
  *result_count = NULL;
  return NULL;
}

mmd_status_t mmd_result_get_counted(const mmd_value_t *output, const mmd_result_kind_t *kind,
                                    void *results, int **result_count) {
  void *items = NULL;
  MMD_TRY(mmd_result_clear_counted(results, result_count));
  MMD_TRY(read_counted(output, kind, &items, result_count));
  set_pointer(results, items);
  return NULL;
}

void mmd_result_release_counted(void *items, const int *counts) {
  mmd_result_release(items);
  mmd_free((void *)(uintptr_t)counts);
}

static mmd_status_t read_fixed(const mmd_value_t *output, const mmd_result_kind_t *kind,
                               void **out_items) {
  const mmd_value_t *samples = NULL;
  void *items = NULL;
  MMD_TRY(find_samples(output, kind->task, &samples));
  MMD_TRY(mmd_result_create(mmd_array_size(samples), kind->item_size, &items));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < mmd_array_size(samples) && !status; ++i) {
    status = kind->read(items, mmd_array_at(samples, i), (char *)items + i * kind->item_size);
  }
  if (status) {
    mmd_result_release(items);
    return mmd_status_annotate(status, "output of a %s", kind->task);
  }
  *out_items = items;
  return NULL;
}

mmd_status_t mmd_result_clear_fixed(void *results) {
  MMD_CHECK_POINTER(results);
  set_pointer(results, NULL);
  return NULL;
}

mmd_status_t mmd_result_get_fixed(const mmd_value_t *output, const mmd_result_kind_t *kind,
                                  void *results) {
  void *items = NULL;
  MMD_TRY(mmd_result_clear_fixed(results));
  MMD_TRY(read_fixed(output, kind, &items));
  set_pointer(results, items);
  return NULL;
}

//===--- members ---===//

mmd_status_t mmd_result_int(const mmd_value_t *answer, const char *key, int *out_number) {
  const mmd_value_t *value = mmd_object_get(answer, key);
  if (!mmd_value_is_number(value)) return MMD_ERROR(MMD_CORRUPT, "an answer has no %s", key);
  *out_number = (int)mmd_value_get_int(value, 0);
  return NULL;
}

mmd_status_t mmd_result_float(const mmd_value_t *answer, const char *key, float *out_number) {
  const mmd_value_t *value = mmd_object_get(answer, key);
  if (!mmd_value_is_number(value)) return MMD_ERROR(MMD_CORRUPT, "an answer has no %s", key);
  *out_number = (float)mmd_value_get_float(value, 0);
  return NULL;
}

mmd_status_t mmd_result_floats(const mmd_value_t *answer, const char *key, size_t count,
                               float *out_numbers) {
  const mmd_value_t *list = mmd_object_get(answer, key);
  if (mmd_array_size(list) != count) {
    return MMD_ERROR(MMD_CORRUPT, "an answer has no %s of %zu numbers", key, count);
  }
  for (size_t i = 0; i < count; ++i) {
    out_numbers[i] = (float)mmd_value_get_float(mmd_array_at(list, i), 0);
  }
  return NULL;
}
