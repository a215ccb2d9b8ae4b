// SPDX-License-Identifier: Apache-2.0
#include "runtime/sender.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/alloc.h"
#include "base/thread.h"
#include "runtime/scheduler_internal.h"

enum { MAX_DEPTH = 2048 };  // of adapters over adapters: starting them recurses

// Where a result goes: |complete| takes |value| and |status| over, one of which is NULL.
typedef struct receiver_t {
  void (*complete)(void *self, mmd_value_t *value, mmd_status_t status);
  void *self;
} receiver_t;

typedef struct shared_t shared_t;
typedef struct child_t child_t;

// One struct for all kinds; each uses what it needs.
struct mmd_sender {
  mmd_work_t work;  // at offset 0
  // Takes the sender, with its receiver set.
  void (*start)(mmd_sender_t *self);
  unsigned depth;
  mmd_sender_t *input;
  mmd_scheduler_t *scheduler;
  receiver_t receiver;
  mmd_value_t *value;
  mmd_status_t status;
  mmd_then_fn then;
  mmd_let_fn let;
  void *context;
  void (*destroy_context)(void *context);
  shared_t *shared;
  mmd_sender_t *next_waiter;  // of |shared|
  child_t *children;          // of when_all
  size_t child_count;
  atomic_size_t pending;
};

//===--- life --------------------------------------------------------------===//

struct child_t {
  mmd_sender_t *parent, *input;
  mmd_value_t *value;
  mmd_status_t status;
};

static void release_shared(shared_t *shared);

// Frees |self| without the senders it takes its value from.
static void free_sender(mmd_sender_t *self) {
  if (self->destroy_context) self->destroy_context(self->context);
  mmd_value_release(self->value);
  mmd_status_free(self->status);
  for (size_t i = 0; i < self->child_count; ++i) {
    mmd_value_release(self->children[i].value);
    mmd_status_free(self->children[i].status);
  }
  mmd_free(self->children);
  release_shared(self->shared);
  mmd_scheduler_release(self->scheduler);
  mmd_free(self);
}

void mmd_sender_destroy(mmd_sender_t *sender) {
  if (!sender) return;
  mmd_sender_destroy(sender->input);
  for (size_t i = 0; i < sender->child_count; ++i) mmd_sender_destroy(sender->children[i].input);
  free_sender(sender);
}

static mmd_status_t check_depth(unsigned depth) {
  if (depth <= MAX_DEPTH) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "more than %d senders stand on one another", MAX_DEPTH);
}

// Takes |input| (may be NULL), also on failure.
static mmd_status_t create(mmd_sender_t *input, void (*start)(mmd_sender_t *self),
                           mmd_sender_t **out_sender) {
  *out_sender = NULL;
  const unsigned depth = input ? input->depth + 1 : 1;
  mmd_status_t status = check_depth(depth);
  mmd_sender_t *sender = status ? NULL : mmd_alloc(sizeof *sender);
  if (!status && !sender) status = mmd_status_no_memory();
  if (status) {
    mmd_sender_destroy(input);
    return status;
  }
  sender->start = start;
  sender->input = input;
  sender->depth = depth;
  *out_sender = sender;
  return NULL;
}

//===--- starting and completing -------------------------------------------===//

// Takes |sender|.
static void start(mmd_sender_t *sender, void (*complete)(void *, mmd_value_t *, mmd_status_t),
                  void *self) {
  sender->receiver = (receiver_t){complete, self};
  sender->start(sender);
}

static mmd_sender_t *take_input(mmd_sender_t *self) {
  mmd_sender_t *input = self->input;
  self->input = NULL;
  return input;
}

// The end of |self|: its value or its failure goes to the receiver.
static void finish(mmd_sender_t *self) {
  const receiver_t receiver = self->receiver;
  mmd_value_t *value = self->value;
  mmd_status_t status = self->status;
  self->value = NULL;
  self->status = NULL;
  free_sender(self);
  if (!value && !status) {
    value = mmd_value_null();
    if (!value) status = mmd_status_no_memory();
  }
  receiver.complete(receiver.self, value, status);
}

static void keep_and_finish(void *context, mmd_value_t *value, mmd_status_t status) {
  mmd_sender_t *self = context;
  self->value = value;
  self->status = status;
  finish(self);
}

//===--- just, transfer, on ------------------------------------------------===//

mmd_status_t mmd_sender_just(mmd_value_t *value, mmd_sender_t **out_sender) {
  MMD_TRY(create(NULL, finish, out_sender));
  (*out_sender)->value = mmd_value_retain(value);
  return NULL;
}

mmd_status_t mmd_sender_schedule(mmd_scheduler_t *scheduler, mmd_sender_t **out_sender) {
  mmd_sender_t *just = NULL;
  *out_sender = NULL;
  MMD_TRY(mmd_sender_just(NULL, &just));
  return mmd_sender_transfer(just, scheduler, out_sender);
}

static void finish_work(mmd_work_t *work) {
  finish((mmd_sender_t *)work);
}

static void transfer_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  mmd_sender_t *self = context;
  self->value = value;
  self->status = status;
  self->work.run = finish_work;
  // The work may free the sender, and with it the scheduler, while it is being submitted.
  mmd_scheduler_t *scheduler = mmd_scheduler_retain(self->scheduler);
  mmd_scheduler_submit(scheduler, &self->work);
  mmd_scheduler_release(scheduler);
}

static void start_transfer(mmd_sender_t *self) {
  start(take_input(self), transfer_arrived, self);
}

mmd_status_t mmd_sender_transfer(mmd_sender_t *input, mmd_scheduler_t *scheduler,
                                 mmd_sender_t **out_sender) {
  MMD_TRY(create(input, start_transfer, out_sender));
  (*out_sender)->scheduler = mmd_scheduler_retain(scheduler);
  return NULL;
}

static void start_input(mmd_work_t *work) {
  mmd_sender_t *self = (mmd_sender_t *)work;
  start(take_input(self), keep_and_finish, self);
}

static void start_on(mmd_sender_t *self) {
  self->work.run = start_input;
  mmd_scheduler_t *scheduler = mmd_scheduler_retain(self->scheduler);
  mmd_scheduler_submit(scheduler, &self->work);
  mmd_scheduler_release(scheduler);
}

mmd_status_t mmd_sender_on(mmd_scheduler_t *scheduler, mmd_sender_t *input,
                           mmd_sender_t **out_sender) {
  MMD_TRY(create(input, start_on, out_sender));
  (*out_sender)->scheduler = mmd_scheduler_retain(scheduler);
  return NULL;
}

//===--- then, let_value ---------------------------------------------------===//

static void then_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  mmd_sender_t *self = context;
  self->status = status;
  if (!status) self->status = self->then(self->context, value, &self->value);
  if (self->status) {
    mmd_value_release(self->value);
    self->value = NULL;
  }
  finish(self);
}

static void start_then(mmd_sender_t *self) {
  start(take_input(self), then_arrived, self);
}

static mmd_status_t create_call(mmd_sender_t *input, void (*begin)(mmd_sender_t *), void *context,
                                void (*destroy)(void *context), mmd_sender_t **out_sender) {
  mmd_status_t status = create(input, begin, out_sender);
  if (status) {
    if (destroy) destroy(context);
    return status;
  }
  (*out_sender)->context = context;
  (*out_sender)->destroy_context = destroy;
  return NULL;
}

mmd_status_t mmd_sender_then(mmd_sender_t *input, mmd_then_fn fn, void *context,
                             void (*destroy)(void *context), mmd_sender_t **out_sender) {
  MMD_TRY(create_call(input, start_then, context, destroy, out_sender));
  (*out_sender)->then = fn;
  return NULL;
}

static void let_done(void *context, mmd_value_t *value, mmd_status_t status) {
  mmd_sender_t *self = context;
  mmd_value_release(self->value);
  keep_and_finish(self, value, status);
}

static void let_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  mmd_sender_t *self = context, *inner = NULL;
  if (!status) status = self->let(self->context, value, &inner);
  if (!status && !inner) status = MMD_ERROR(MMD_INVALID_ARGUMENT, "let_value: no sender was given");
  if (status) {
    mmd_sender_destroy(inner);
    mmd_value_release(value);
    keep_and_finish(self, NULL, status);
    return;
  }
  self->value = value;
  start(inner, let_done, self);
}

static void start_let(mmd_sender_t *self) {
  start(take_input(self), let_arrived, self);
}

mmd_status_t mmd_sender_let_value(mmd_sender_t *input, mmd_let_fn fn, void *context,
                                  void (*destroy)(void *context), mmd_sender_t **out_sender) {
  MMD_TRY(create_call(input, start_let, context, destroy, out_sender));
  (*out_sender)->let = fn;
  return NULL;
}

//===--- split, ensure_started ---------------------------------------------===//

// A result that several senders wait for.
struct shared_t {
  _Atomic uint32_t references;
  mmd_mutex_t mutex;
  mmd_sender_t *input;    // until the start
  mmd_sender_t *waiters;  // started, in no order
  bool is_started, is_done, is_copyable;
  mmd_value_t *value;
  mmd_status_t status;
};

static void release_shared(shared_t *shared) {
  if (!shared) return;
  if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1) return;
  mmd_sender_destroy(shared->input);
  mmd_value_release(shared->value);
  mmd_status_free(shared->status);
  mmd_mutex_deinit(&shared->mutex);
  mmd_free(shared);
}

static shared_t *retain_shared(shared_t *shared) {
  atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
  return shared;
}

static mmd_status_t copy_status(mmd_status_t status) {
  if (!status) return NULL;
  return mmd_status_make(mmd_status_code(status), mmd_status_file(status), mmd_status_line(status),
                         "%s", mmd_status_message(status));
}

// |shared| is done and does not change any more.
static void finish_from(const shared_t *shared, mmd_sender_t *self) {
  keep_and_finish(self, mmd_value_retain(shared->value), copy_status(shared->status));
}

static void shared_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  shared_t *shared = context;
  mmd_mutex_lock(&shared->mutex);
  shared->value = value;
  shared->status = status;
  shared->is_done = true;
  mmd_sender_t *waiter = shared->waiters;
  shared->waiters = NULL;
  mmd_mutex_unlock(&shared->mutex);
  while (waiter) {
    mmd_sender_t *next = waiter->next_waiter;
    finish_from(shared, waiter);
    waiter = next;
  }
  release_shared(shared);
}

static void start_shared_input(shared_t *shared) {
  mmd_mutex_lock(&shared->mutex);
  mmd_sender_t *input = shared->input;
  shared->input = NULL;
  shared->is_started = true;
  mmd_mutex_unlock(&shared->mutex);
  if (input) start(input, shared_arrived, retain_shared(shared));
}

static void start_split(mmd_sender_t *self) {
  shared_t *shared = retain_shared(self->shared);
  mmd_mutex_lock(&shared->mutex);
  const bool is_done = shared->is_done;
  if (!is_done) {
    self->next_waiter = shared->waiters;
    shared->waiters = self;
  }
  mmd_mutex_unlock(&shared->mutex);
  if (is_done)
    finish_from(shared, self);
  else
    start_shared_input(shared);
  release_shared(shared);
}

static mmd_status_t create_shared(mmd_sender_t *input, bool is_copyable,
                                  mmd_sender_t **out_sender) {
  mmd_status_t status = NULL;
  *out_sender = NULL;
  shared_t *shared = mmd_alloc(sizeof *shared);
  if (!shared) status = mmd_status_no_memory();
  if (!status) status = mmd_mutex_init(&shared->mutex);
  if (status) {
    mmd_free(shared);
    mmd_sender_destroy(input);
    return status;
  }
  atomic_init(&shared->references, 1);
  shared->input = input;
  shared->is_copyable = is_copyable;
  status = check_depth(input->depth + 1);
  if (!status) status = create(NULL, start_split, out_sender);
  if (status) {
    release_shared(shared);
    return status;
  }
  (*out_sender)->depth = input->depth + 1;
  (*out_sender)->shared = shared;
  return NULL;
}

mmd_status_t mmd_sender_split(mmd_sender_t *input, mmd_sender_t **out_sender) {
  return create_shared(input, true, out_sender);
}

mmd_status_t mmd_sender_ensure_started(mmd_sender_t *input, mmd_sender_t **out_sender) {
  MMD_TRY(create_shared(input, false, out_sender));
  start_shared_input((*out_sender)->shared);
  return NULL;
}

mmd_status_t mmd_sender_copy(const mmd_sender_t *sender, mmd_sender_t **out_sender) {
  *out_sender = NULL;
  if (sender->start == finish) return mmd_sender_just(sender->value, out_sender);
  if (!sender->shared || !sender->shared->is_copyable) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "only senders made by split and just can be copied");
  }
  MMD_TRY(create(NULL, start_split, out_sender));
  (*out_sender)->depth = sender->depth;
  (*out_sender)->shared = retain_shared(sender->shared);
  return NULL;
}

//===--- when_all ----------------------------------------------------------===//

static mmd_status_t gather(mmd_sender_t *self, mmd_value_t **out_array) {
  mmd_status_t status = NULL;
  mmd_value_t *array = mmd_value_array();
  if (!array) return mmd_status_no_memory();
  for (size_t i = 0; i < self->child_count; ++i) {
    child_t *child = &self->children[i];
    status = mmd_status_join(status, child->status);
    child->status = NULL;
    if (!status) {
      status = mmd_array_take(array, child->value);
      child->value = NULL;
    }
  }
  if (status)
    mmd_value_release(array);
  else
    *out_array = array;
  return status;
}

static void child_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  child_t *child = context;
  mmd_sender_t *self = child->parent;
  child->value = value;
  child->status = status;
  if (atomic_fetch_sub_explicit(&self->pending, 1, memory_order_acq_rel) != 1) return;
  self->status = gather(self, &self->value);
  finish(self);
}

// One more is pending than there are children, so that the last child cannot end the sender while
// the others are still being started.
static void start_all(mmd_sender_t *self) {
  for (size_t i = 0; i < self->child_count; ++i) {
    mmd_sender_t *input = self->children[i].input;
    self->children[i].input = NULL;
    start(input, child_arrived, &self->children[i]);
  }
  if (atomic_fetch_sub_explicit(&self->pending, 1, memory_order_acq_rel) != 1) return;
  self->status = gather(self, &self->value);
  finish(self);
}

mmd_status_t mmd_sender_when_all(mmd_sender_t *const *inputs, size_t count,
                                 mmd_sender_t **out_sender) {
  unsigned depth = 0;
  for (size_t i = 0; i < count; ++i) depth = inputs[i]->depth > depth ? inputs[i]->depth : depth;
  mmd_status_t status = check_depth(depth + 1);
  child_t *children = mmd_alloc_array(count + 1, sizeof *children);
  if (!status && !children) status = mmd_status_no_memory();
  *out_sender = NULL;
  if (!status) status = create(NULL, start_all, out_sender);
  if (status) {
    for (size_t i = 0; i < count; ++i) mmd_sender_destroy(inputs[i]);
    mmd_free(children);
    return status;
  }
  for (size_t i = 0; i < count; ++i) {
    children[i] = (child_t){.parent = *out_sender, .input = inputs[i]};
  }
  (*out_sender)->depth = depth + 1;
  (*out_sender)->children = children;
  (*out_sender)->child_count = count;
  atomic_init(&(*out_sender)->pending, count + 1);
  return NULL;
}

//===--- consumers ---------------------------------------------------------===//

static void drop(void *context, mmd_value_t *value, mmd_status_t status) {
  (void)context;
  mmd_value_release(value);
  mmd_status_free(status);
}

mmd_status_t mmd_sender_start_detached(mmd_sender_t *input) {
  start(input, drop, NULL);
  return NULL;
}

// Held by the waiter and by the work, of which either may go first.
typedef struct wait_t {
  _Atomic uint32_t references;
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool is_done;
  mmd_value_t *value;
  mmd_status_t status;
} wait_t;

static void release_wait(wait_t *wait) {
  if (atomic_fetch_sub_explicit(&wait->references, 1, memory_order_acq_rel) != 1) return;
  mmd_value_release(wait->value);
  mmd_status_free(wait->status);
  pthread_cond_destroy(&wait->done);
  pthread_mutex_destroy(&wait->lock);
  mmd_free(wait);
}

static void wait_arrived(void *context, mmd_value_t *value, mmd_status_t status) {
  wait_t *wait = context;
  pthread_mutex_lock(&wait->lock);
  wait->value = value;
  wait->status = status;
  wait->is_done = true;
  pthread_cond_signal(&wait->done);
  pthread_mutex_unlock(&wait->lock);
  release_wait(wait);
}

static wait_t *create_wait(void) {
  wait_t *wait = mmd_alloc(sizeof *wait);
  if (!wait) return NULL;
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_mutex_init(&wait->lock, NULL);
  pthread_cond_init(&wait->done, &attributes);
  pthread_condattr_destroy(&attributes);
  atomic_init(&wait->references, 2);
  return wait;
}

static void block(wait_t *wait, uint64_t timeout_ns) {
  const uint64_t now = mmd_time_ns();
  const bool has_limit = timeout_ns < UINT64_MAX - now;
  const uint64_t until_ns = has_limit ? now + timeout_ns : 0;
  const struct timespec until = {.tv_sec = (time_t)(until_ns / UINT64_C(1000000000)),
                                 .tv_nsec = (long)(until_ns % UINT64_C(1000000000))};
  int code = 0;
  while (!wait->is_done && !code) {
    code = has_limit ? pthread_cond_timedwait(&wait->done, &wait->lock, &until)
                     : pthread_cond_wait(&wait->done, &wait->lock);
  }
}

mmd_status_t mmd_sender_wait(mmd_sender_t *input, uint64_t timeout_ns, mmd_value_t **out_value) {
  if (out_value) *out_value = NULL;
  wait_t *wait = create_wait();
  if (!wait) {
    mmd_sender_destroy(input);
    return mmd_status_no_memory();
  }
  start(input, wait_arrived, wait);
  mmd_scheduler_block_begin();
  pthread_mutex_lock(&wait->lock);
  block(wait, timeout_ns);
  mmd_status_t status = NULL;
  if (wait->is_done) {
    status = wait->status;
    wait->status = NULL;
    if (out_value && !status) {
      *out_value = wait->value;
      wait->value = NULL;
    }
  } else {
    status = MMD_ERROR(MMD_CANCELLED, "the work did not complete in time");
  }
  pthread_mutex_unlock(&wait->lock);
  mmd_scheduler_block_end();
  release_wait(wait);
  return status;
}
