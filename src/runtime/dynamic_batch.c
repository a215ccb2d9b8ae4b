// SPDX-License-Identifier: Apache-2.0
//
// Batches over several callers, without a thread of its own: whichever waiting caller sees that a
// batch is full, or that its time is over, takes it and runs it for all whose samples are in it.
#include <limits.h>
#include <time.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "runtime/scheduler_internal.h"

enum { MAX_PARTS = 256 };                 // requests of a batch
#define CANCEL_POLL_NS UINT64_C(5000000)  // how often a waiting caller looks at its token

// One caller's samples; lives on its stack until all that was taken is done.
typedef struct mmd_batch_request {
  struct mmd_batch_request *next;
  const mmd_batch_task_t *task;
  mmd_value_t *const *inputs;
  mmd_value_t **results;  // output k of sample s at [k * count + s]
  size_t count, taken, done;
  uint64_t arrival_ns;
  mmd_status_t status;
} request_t;

// Samples of one request in a batch.
typedef struct part_t {
  request_t *request;
  size_t begin, count;
  mmd_status_t status;
} part_t;

typedef struct batch_t {
  part_t parts[MAX_PARTS];
  size_t part_count;
} batch_t;

//===--- running a batch; no lock held ---===//

static mmd_status_t append_samples(mmd_value_t *array, const part_t *part, size_t input) {
  for (size_t i = part->begin; i < part->begin + part->count; ++i) {
    mmd_value_t *sample = mmd_value_retain(mmd_array_at(part->request->inputs[input], i));
    MMD_TRY(mmd_array_take(array, sample));
  }
  return NULL;
}

static mmd_status_t join_inputs(const part_t *parts, size_t count, mmd_value_t **inputs) {
  for (size_t k = 0; k < parts[0].request->task->input_count; ++k) {
    inputs[k] = mmd_value_array();
    MMD_TRY_ALLOC(inputs[k]);
    for (size_t p = 0; p < count; ++p) MMD_TRY(append_samples(inputs[k], &parts[p], k));
  }
  return NULL;
}

// Gives the outputs out among the parts.
static mmd_status_t deal(const part_t *parts, size_t count, mmd_value_t *const *outputs) {
  for (size_t k = 0; k < parts[0].request->task->output_count; ++k) {
    size_t at = 0, total = 0;
    for (size_t p = 0; p < count; ++p) total += parts[p].count;
    if (mmd_array_size(outputs[k]) != total) {
      return MMD_ERROR(MMD_INTERNAL, "a batch of %zu samples gave %zu results", total,
                       mmd_array_size(outputs[k]));
    }
    for (size_t p = 0; p < count; ++p) {
      request_t *request = parts[p].request;
      for (size_t i = 0; i < parts[p].count; ++i, ++at) {
        request->results[k * request->count + parts[p].begin + i] =
            mmd_value_retain(mmd_array_at(outputs[k], at));
      }
    }
  }
  return NULL;
}

static void release_all(mmd_value_t **values, size_t count) {
  for (size_t i = 0; values && i < count; ++i) mmd_value_release(values[i]);
  mmd_free(values);
}

static mmd_status_t run_parts(const part_t *parts, size_t count) {
  const mmd_batch_task_t *task = parts[0].request->task;
  mmd_value_t **inputs = mmd_alloc_array(task->input_count, sizeof *inputs);
  mmd_value_t **outputs = mmd_alloc_array(task->output_count, sizeof *outputs);
  mmd_status_t status = inputs && outputs ? NULL : mmd_status_no_memory();
  if (!status) status = join_inputs(parts, count, inputs);
  if (!status) status = task->run(task->context, inputs, outputs);
  if (!status) status = deal(parts, count, outputs);
  release_all(inputs, task->input_count);
  release_all(outputs, task->output_count);
  return status;
}

// Of several callers the one whose samples fail must be found.
static void run_batch(void *context, size_t index) {
  batch_t *batch = context;
  (void)index;
  mmd_status_t status = run_parts(batch->parts, batch->part_count);
  if (status && batch->part_count == 1) {
    batch->parts[0].status = status;
  } else if (mmd_status_ignore(status)) {
    for (size_t p = 0; p < batch->part_count; ++p) {
      batch->parts[p].status = run_parts(&batch->parts[p], 1);
    }
  }
}

//===--- making a batch; with the lock held ---===//

static size_t count_waiting(const mmd_scheduler_t *self, const void *key) {
  size_t count = 0;
  for (const request_t *r = self->requests; r; r = r->next) {
    if (r->task->key == key) count += r->count - r->taken;
  }
  return count;
}

static uint64_t first_arrival(const mmd_scheduler_t *self, const void *key) {
  const request_t *request = self->requests;
  while (request->task->key != key) request = request->next;
  return request->arrival_ns;
}

static void unlink_request(mmd_scheduler_t *self, const request_t *request) {
  request_t **link = &self->requests;
  while (*link && *link != request) link = &(*link)->next;
  if (*link) *link = request->next;
}

// The oldest samples under the key of |own|.
static void take_batch(mmd_scheduler_t *self, const request_t *own, batch_t *batch) {
  size_t room = self->max_batch;
  batch->part_count = 0;
  for (request_t *r = self->requests, *next = NULL; r && room; r = next) {
    next = r->next;
    if (r->task->key != own->task->key || batch->part_count == MAX_PARTS) continue;
    const size_t left = r->count - r->taken, count = left < room ? left : room;
    batch->parts[batch->part_count++] = (part_t){r, r->taken, count, NULL};
    r->taken += count;
    room -= count;
    if (r->taken == r->count) unlink_request(self, r);
  }
}

static void run_one_batch(mmd_scheduler_t *self, const request_t *own) {
  batch_t batch;
  take_batch(self, own, &batch);
  pthread_mutex_unlock(&self->lock);
  mmd_scheduler_for_each(self->inner, 1, run_batch, &batch);
  pthread_mutex_lock(&self->lock);
  for (size_t p = 0; p < batch.part_count; ++p) {
    request_t *request = batch.parts[p].request;
    request->done += batch.parts[p].count;
    request->status = mmd_status_join(request->status, batch.parts[p].status);
  }
  pthread_cond_broadcast(&self->changed);
}

static void wait_until(mmd_scheduler_t *self, uint64_t until_ns) {
  if (until_ns == UINT64_MAX) {
    pthread_cond_wait(&self->changed, &self->lock);
    return;
  }
  const struct timespec until = {.tv_sec = (time_t)(until_ns / UINT64_C(1000000000)),
                                 .tv_nsec = (long)(until_ns % UINT64_C(1000000000))};
  pthread_cond_timedwait(&self->changed, &self->lock, &until);
}

static uint64_t earlier(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

// Waits for the samples of |own| and runs batches that are due. A cancelled caller takes back what
// nobody has taken.
static mmd_status_t serve(mmd_scheduler_t *self, request_t *own, const mmd_call_t *call) {
  mmd_status_t status = NULL;
  while (own->done < own->taken || (!status && own->taken < own->count)) {
    uint64_t until = UINT64_MAX;
    if (!status && own->taken < own->count) {
      const uint64_t now = mmd_time_ns();
      if (self->timeout_ns >= 0) {
        until = first_arrival(self, own->task->key) + (uint64_t)self->timeout_ns;
      }
      if (now >= until || count_waiting(self, own->task->key) >= self->max_batch) {
        run_one_batch(self, own);
        continue;
      }
      status = mmd_call_check(call);
      if (status) {
        unlink_request(self, own);
        continue;
      }
      if (call && call->deadline_ns) until = earlier(until, call->deadline_ns);
      if (call && call->cancel) until = earlier(until, now + CANCEL_POLL_NS);
    }
    mmd_scheduler_block_begin();
    wait_until(self, until);
    mmd_scheduler_block_end();
  }
  return status;
}

//===--- the whole ---===//

static mmd_status_t gather(const request_t *request, mmd_value_t **outputs) {
  for (size_t k = 0; k < request->task->output_count; ++k) {
    outputs[k] = mmd_value_array();
    MMD_TRY_ALLOC(outputs[k]);
    for (size_t i = 0; i < request->count; ++i) {
      mmd_value_t *result = mmd_value_retain(request->results[k * request->count + i]);
      MMD_TRY(mmd_array_take(outputs[k], result));
    }
  }
  return NULL;
}

mmd_status_t mmd_scheduler_run_batched(mmd_scheduler_t *scheduler, const mmd_batch_task_t *task,
                                       const mmd_call_t *call, mmd_value_t *const *inputs,
                                       mmd_value_t **outputs) {
  request_t request = {.task = task, .inputs = inputs, .count = mmd_array_size(inputs[0])};
  if (!request.count) return task->run(task->context, inputs, outputs);
  request.results = mmd_alloc_array(task->output_count, request.count * sizeof *request.results);
  MMD_TRY_ALLOC(request.results);
  pthread_mutex_lock(&scheduler->lock);
  request_t **end = &scheduler->requests;
  while (*end) end = &(*end)->next;
  *end = &request;
  request.arrival_ns = mmd_time_ns();
  mmd_status_t status = serve(scheduler, &request, call);
  pthread_mutex_unlock(&scheduler->lock);
  status = mmd_status_join(request.status, status);
  if (!status) status = gather(&request, outputs);
  for (size_t k = 0; status && k < task->output_count; ++k) {
    mmd_value_release(outputs[k]);
    outputs[k] = NULL;
  }
  release_all(request.results, task->output_count * request.count);
  return status;
}

bool mmd_scheduler_is_dynamic_batch(const mmd_scheduler_t *scheduler) {
  return scheduler->kind == MMD_SCHEDULER_DYNAMIC_BATCH;
}

mmd_status_t mmd_scheduler_create_dynamic_batch(mmd_scheduler_t *inner, int max_batch,
                                                int64_t timeout_us,
                                                mmd_scheduler_t **out_scheduler) {
  *out_scheduler = NULL;
  if (max_batch < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "a batch of at most %d samples; 1 or more are accepted",
                     max_batch);
  }
  MMD_TRY(mmd_scheduler_new(MMD_SCHEDULER_DYNAMIC_BATCH, out_scheduler));
  mmd_scheduler_t *self = *out_scheduler;
  self->inner = mmd_scheduler_retain(inner);
  self->max_batch = (size_t)max_batch;
  if (timeout_us > INT64_MAX / 2000) timeout_us = INT64_MAX / 2000;
  self->timeout_ns = timeout_us < 0 ? -1 : timeout_us * 1000;
  return NULL;
}
