// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "tools/mmdeploy/run.h"

void *run_copy(const void *data, size_t count, size_t size) {
  if (!data || (size && count > SIZE_MAX / size - 1)) return NULL;
  void *copy = malloc(count * size + 1);
  if (copy) memcpy(copy, data, count * size);
  return copy;
}

run_item_t *run_answer_add(run_answer_t *answer) {
  if (answer->count == answer->capacity) {
    const size_t capacity = answer->capacity ? answer->capacity * 2 : 16;
    run_item_t *items = realloc(answer->items, capacity * sizeof *items);
    if (!items) return NULL;
    answer->items = items;
    answer->capacity = capacity;
  }
  run_item_t *item = &answer->items[answer->count++];
  memset(item, 0, sizeof *item);
  return item;
}

void run_item_deinit(run_item_t *item) {
  free(item->polygon);
  free(item->text);
  free(item->keypoints);
  free(item->keypoint_scores);
  free(item->mask);
}

void run_answer_deinit(run_answer_t *answer) {
  for (size_t i = 0; i < answer->count; ++i) run_item_deinit(&answer->items[i]);
  free(answer->items);
  free(answer->labels);
  free(answer->picture);
  memset(answer, 0, sizeof *answer);
}

void run_answer_limit(run_answer_t *answer, float threshold, int most) {
  size_t kept = 0;
  for (size_t i = 0; i < answer->count; ++i) {
    run_item_t *item = &answer->items[i];
    const bool is_low = (item->fields & RUN_SCORE) && !(item->score >= threshold);
    if ((threshold >= 0 && is_low) || (most > 0 && kept == (size_t)most)) {
      run_item_deinit(item);
    } else {
      answer->items[kept++] = *item;
    }
  }
  answer->count = kept;
}

static void merge(run_item_t *items, run_item_t *scratch, size_t middle, size_t end) {
  size_t a = 0, b = middle;
  for (size_t i = 0; i < end; ++i) {
    const bool takes_first = b == end || (a < middle && !(items[b].score > items[a].score));
    scratch[i] = takes_first ? items[a++] : items[b++];
  }
  memcpy(items, scratch, end * sizeof *items);
}

static void sort(run_item_t *items, run_item_t *scratch, size_t count) {
  if (count < 2) return;
  sort(items, scratch, count / 2);
  sort(items + count / 2, scratch, count - count / 2);
  merge(items, scratch, count / 2, count);
}

void run_answer_sort(run_answer_t *answer) {
  run_item_t *scratch = malloc(answer->count * sizeof *scratch + 1);
  if (!scratch) return;  // the order is a courtesy
  sort(answer->items, scratch, answer->count);
  free(scratch);
}
