// SPDX-License-Identifier: Apache-2.0
//
// What one call on a pipeline may carry besides its input: parameters for the components, a token
// to cancel it and a deadline.
#ifndef MMD_VALUE_CALL_H_
#define MMD_VALUE_CALL_H_

#include <stdbool.h>
#include <stdint.h>

#include "value/options.h"

// A flag that one thread raises and others look at. Counted; never lowered again.
typedef struct mmd_cancel mmd_cancel_t;
mmd_status_t mmd_cancel_create(mmd_cancel_t **out_cancel) MMD_MUST_USE;
mmd_cancel_t *mmd_cancel_retain(mmd_cancel_t *cancel);  // NULL stays NULL
void mmd_cancel_release(mmd_cancel_t *cancel);          // NULL is fine
void mmd_cancel_request(mmd_cancel_t *cancel);
bool mmd_cancel_is_requested(const mmd_cancel_t *cancel);  // false for NULL

typedef struct mmd_call_t {
  const mmd_value_t *options;  // NULL or an object with keys of mmd_call_options
  mmd_cancel_t *cancel;        // may be NULL
  uint64_t deadline_ns;        // of mmd_time_ns; 0 = none
} mmd_call_t;

// The parameters that a call may override, with their types and ranges. A component reads those
// that mean something to it (mmd_call_float, mmd_call_int) and leaves the others alone.
extern const mmd_option_table_t mmd_call_options;

// Fails unless the options are an object of known keys with values of the right kind and range.
mmd_status_t mmd_call_validate(const mmd_call_t *call) MMD_MUST_USE;  // NULL is fine
// Fails with MMD_CANCELLED when the call was cancelled or its deadline is over. Cheap: long loops
// call it now and then.
mmd_status_t mmd_call_check(const mmd_call_t *call) MMD_MUST_USE;  // NULL is fine

// An option of the call, |fallback| when the call does not give it or is NULL.
double mmd_call_float(const mmd_call_t *call, const char *name, double fallback);
int64_t mmd_call_int(const mmd_call_t *call, const char *name, int64_t fallback);

#endif  // MMD_VALUE_CALL_H_
