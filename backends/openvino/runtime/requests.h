// SPDX-License-Identifier: Apache-2.0
//
// A compiled network and its infer requests. A request serves one run at a time and keeps the
// results in its own memory, so it is lent out until the last of them is released. The pool lives
// until its session and all loans are gone.
#ifndef MMD_BACKENDS_OPENVINO_RUNTIME_REQUESTS_H_
#define MMD_BACKENDS_OPENVINO_RUNTIME_REQUESTS_H_

#include "backends/openvino/runtime/library.h"

typedef struct ov_requests_t ov_requests_t;

// One request on loan.
typedef struct ov_loan_t {
  ov_requests_t *requests;
  ov_infer_request_t *native;
  size_t users;   // guarded by the pool
  bool is_spent;  // a run failed, after which the engine may answer with that failure for ever
} ov_loan_t;

// Takes |compiled|, also on failure.
mmd_status_t ov_requests_create(ov_library_t *library, ov_compiled_model_t *compiled,
                                ov_requests_t **out_requests) MMD_MUST_USE;
void ov_requests_release(ov_requests_t *requests);  // the session's share; NULL is fine

// An idle request, or a new one; the caller is its first user.
mmd_status_t ov_requests_borrow(ov_requests_t *requests, ov_loan_t **out_loan) MMD_MUST_USE;
void ov_loan_retain(ov_loan_t *loan);
void ov_loan_release(void *loan);  // an ov_loan_t

#endif  // MMD_BACKENDS_OPENVINO_RUNTIME_REQUESTS_H_
