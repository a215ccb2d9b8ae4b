// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/runtime/requests.h"

#include "base/alloc.h"
#include "base/thread.h"

enum { MAX_IDLE = 16 };

struct ov_requests_t {
  ov_library_t *library;  // borrowed; the host closes it last
  ov_compiled_model_t *compiled;
  mmd_mutex_t mutex;
  size_t shares;  // the session and the loans
  ov_loan_t *idle[MAX_IDLE];
  size_t idle_count;
};

static void destroy_loan(ov_loan_t *loan) {
  if (loan->native) loan->requests->library->fn.infer_request_free(loan->native);
  mmd_free(loan);
}

mmd_status_t ov_requests_create(ov_library_t *library, ov_compiled_model_t *compiled,
                                ov_requests_t **out_requests) {
  ov_requests_t *requests = mmd_alloc(sizeof *requests);
  mmd_status_t status = requests ? mmd_mutex_init(&requests->mutex) : mmd_status_no_memory();
  if (status) {
    library->fn.compiled_model_free(compiled);
    mmd_free(requests);
    return status;
  }
  requests->library = library;
  requests->compiled = compiled;
  requests->shares = 1;
  *out_requests = requests;
  return NULL;
}

static void destroy(ov_requests_t *requests) {
  for (size_t i = 0; i < requests->idle_count; ++i) destroy_loan(requests->idle[i]);
  requests->library->fn.compiled_model_free(requests->compiled);
  mmd_mutex_deinit(&requests->mutex);
  mmd_free(requests);
}

void ov_requests_release(ov_requests_t *requests) {
  if (!requests) return;
  mmd_mutex_lock(&requests->mutex);
  const bool is_last = --requests->shares == 0;
  mmd_mutex_unlock(&requests->mutex);
  if (is_last) destroy(requests);
}

static mmd_status_t create_loan(ov_requests_t *requests, ov_loan_t **out_loan) {
  ov_library_t *library = requests->library;
  ov_loan_t *loan = mmd_alloc(sizeof *loan);
  MMD_TRY_ALLOC(loan);
  loan->requests = requests;
  mmd_status_t status = ov_check(
      library, library->fn.compiled_model_create_infer_request(requests->compiled, &loan->native),
      "infer request");
  if (status) {
    destroy_loan(loan);
    return status;
  }
  *out_loan = loan;
  return NULL;
}

mmd_status_t ov_requests_borrow(ov_requests_t *requests, ov_loan_t **out_loan) {
  ov_loan_t *loan = NULL;
  mmd_mutex_lock(&requests->mutex);
  if (requests->idle_count) loan = requests->idle[--requests->idle_count];
  ++requests->shares;
  mmd_mutex_unlock(&requests->mutex);
  mmd_status_t status = loan ? NULL : create_loan(requests, &loan);
  if (status) {
    ov_requests_release(requests);
    return status;
  }
  loan->users = 1;
  *out_loan = loan;
  return NULL;
}

void ov_loan_retain(ov_loan_t *loan) {
  mmd_mutex_lock(&loan->requests->mutex);
  ++loan->users;
  mmd_mutex_unlock(&loan->requests->mutex);
}

void ov_loan_release(void *opaque) {
  ov_loan_t *loan = opaque;
  ov_requests_t *requests = loan->requests;
  mmd_mutex_lock(&requests->mutex);
  const bool is_last = --loan->users == 0;
  const bool is_kept = is_last && !loan->is_spent && requests->idle_count < MAX_IDLE;
  if (is_kept) requests->idle[requests->idle_count++] = loan;
  mmd_mutex_unlock(&requests->mutex);
  if (!is_last) return;
  if (!is_kept) destroy_loan(loan);
  ov_requests_release(requests);
}
