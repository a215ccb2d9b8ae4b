// SPDX-License-Identifier: Apache-2.0
//
// Senders: lazily started work that completes with one value or one failure. A sender is owned by
// its caller until an adapter or a consumer takes it; it is started at most once. Every function
// below consumes the senders that it is given, also when it fails, and gives a new one.
//
// A failure passes by the functions of |then| and |let_value| and arrives at whoever waits.
// Functions run on the thread that completed the step before.
#ifndef MMD_RUNTIME_SENDER_H_
#define MMD_RUNTIME_SENDER_H_

#include "runtime/scheduler.h"

typedef struct mmd_sender mmd_sender_t;

// For senders that were not handed on. NULL is fine.
void mmd_sender_destroy(mmd_sender_t *sender);

// Completes with |value|, which is retained.
mmd_status_t mmd_sender_just(mmd_value_t *value, mmd_sender_t **out_sender) MMD_MUST_USE;
// Completes with the null value on |scheduler|, which is retained here and below.
mmd_status_t mmd_sender_schedule(mmd_scheduler_t *scheduler,
                                 mmd_sender_t **out_sender) MMD_MUST_USE;
// Continues on |scheduler| when |input| has completed.
mmd_status_t mmd_sender_transfer(mmd_sender_t *input, mmd_scheduler_t *scheduler,
                                 mmd_sender_t **out_sender) MMD_MUST_USE;
// Starts |input| on |scheduler|.
mmd_status_t mmd_sender_on(mmd_scheduler_t *scheduler, mmd_sender_t *input,
                           mmd_sender_t **out_sender) MMD_MUST_USE;

// |value| is taken over; |*out_value| is a new reference (NULL reads as the null value).
typedef mmd_status_t (*mmd_then_fn)(void *context, mmd_value_t *value, mmd_value_t **out_value);
// |destroy| (may be NULL) is called with |context| when the sender ends, started or not, and also
// when making it fails.
mmd_status_t mmd_sender_then(mmd_sender_t *input, mmd_then_fn fn, void *context,
                             void (*destroy)(void *context),
                             mmd_sender_t **out_sender) MMD_MUST_USE;
// |value| is borrowed until the sender that |fn| gives has completed.
typedef mmd_status_t (*mmd_let_fn)(void *context, mmd_value_t *value, mmd_sender_t **out_sender);
mmd_status_t mmd_sender_let_value(mmd_sender_t *input, mmd_let_fn fn, void *context,
                                  void (*destroy)(void *context),
                                  mmd_sender_t **out_sender) MMD_MUST_USE;

// A sender that can be copied: |input| runs once, with the first start of a copy, and all complete
// with its value.
mmd_status_t mmd_sender_split(mmd_sender_t *input, mmd_sender_t **out_sender) MMD_MUST_USE;
// Another sender of the same value; of senders made by just and split only, which it leaves alone.
mmd_status_t mmd_sender_copy(const mmd_sender_t *sender, mmd_sender_t **out_sender) MMD_MUST_USE;
// Completes with the array of the values in order, or with the first failure, when all |count|
// inputs have completed. The C array stays with the caller.
mmd_status_t mmd_sender_when_all(mmd_sender_t *const *inputs, size_t count,
                                 mmd_sender_t **out_sender) MMD_MUST_USE;
// Starts |input| now; the result completes when it has completed.
mmd_status_t mmd_sender_ensure_started(mmd_sender_t *input, mmd_sender_t **out_sender) MMD_MUST_USE;

// Starts |input|; value and failure are dropped.
mmd_status_t mmd_sender_start_detached(mmd_sender_t *input) MMD_MUST_USE;
// Starts |input| and waits. After |timeout_ns| (UINT64_MAX = no limit) it fails with MMD_CANCELLED
// and the work goes on without its waiter. |out_value| may be NULL.
mmd_status_t mmd_sender_wait(mmd_sender_t *input, uint64_t timeout_ns,
                             mmd_value_t **out_value) MMD_MUST_USE;

#endif  // MMD_RUNTIME_SENDER_H_
