// SPDX-License-Identifier: Apache-2.0
//
// What results are made of: an array for the caller with a hidden block before it, which owns all
// that the items point to. So a release needs no counts.
#ifndef MMD_SDK_RESULT_H_
#define MMD_SDK_RESULT_H_

#include <stddef.h>

#include "value/value.h"

// |count| zeroed items of |item_size|; not NULL for 0 items.
mmd_status_t mmd_result_create(size_t count, size_t item_size, void **out_items) MMD_MUST_USE;
// Zeroed memory that lives as long as |items|. NULL when memory is short.
void *mmd_result_alloc(void *items, size_t count, size_t size);
// Keeps |value| alive with |items|, so that an item may point into it.
mmd_status_t mmd_result_keep(void *items, const mmd_value_t *value) MMD_MUST_USE;
void mmd_result_release(void *items);  // NULL is fine

// How a task's answers become items. |task| is for messages. |member|: where a sample's answers are
// in it; NULL: the sample itself.
typedef mmd_status_t (*mmd_result_read_fn)(void *items, const mmd_value_t *answer, void *item);
typedef struct mmd_result_kind_t {
  const char *task, *member;
  size_t item_size;
  mmd_result_read_fn read;
} mmd_result_kind_t;

// For tasks with several answers a sample: |*results| gets an item for each answer, |*result_count|
// their numbers. |results| is the address of a pointer to items; both are NULL after an error.
mmd_status_t mmd_result_get_counted(const mmd_value_t *output, const mmd_result_kind_t *kind,
                                    void *results, int **result_count) MMD_MUST_USE;
// Checks and sets both pointers to NULL; what a function does before it can fail otherwise.
mmd_status_t mmd_result_clear_counted(void *results, int **result_count) MMD_MUST_USE;
void mmd_result_release_counted(void *items, const int *counts);
// For one answer a sample; without |member|.
mmd_status_t mmd_result_get_fixed(const mmd_value_t *output, const mmd_result_kind_t *kind,
                                  void *results) MMD_MUST_USE;
mmd_status_t mmd_result_clear_fixed(void *results) MMD_MUST_USE;

// Numbers of an answer; fails when |key| is not there.
mmd_status_t mmd_result_int(const mmd_value_t *answer, const char *key,
                            int *out_number) MMD_MUST_USE;
mmd_status_t mmd_result_float(const mmd_value_t *answer, const char *key,
                              float *out_number) MMD_MUST_USE;
mmd_status_t mmd_result_floats(const mmd_value_t *answer, const char *key, size_t count,
                               float *out_numbers) MMD_MUST_USE;

#endif  // MMD_SDK_RESULT_H_
