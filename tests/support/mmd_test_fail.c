// SPDX-License-Identifier: Apache-2.0
#include "tests/support/mmd_test_fail.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "tests/support/mmd_test.h"

// Atomic, because worker threads allocate too.
static atomic_size_t calls, live;
static atomic_bool failed;
static size_t fail_at;
static bool fail_later;

static bool must_fail(void) {
  size_t call = atomic_fetch_add(&calls, 1) + 1;
  bool fail = fail_at != 0 && (call == fail_at || (fail_later && call > fail_at));
  if (fail) atomic_store(&failed, true);
  return fail;
}

static void *count_allocate(void *self, size_t size) {
  (void)self;
  void *block = must_fail() ? NULL : malloc(size);
  if (block) atomic_fetch_add(&live, 1);
  return block;
}

static void *count_reallocate(void *self, void *pointer, size_t size) {
  (void)self;
  void *block = must_fail() ? NULL : realloc(pointer, size);
  if (block && !pointer) atomic_fetch_add(&live, 1);
  return block;
}

static void count_free(void *self, void *pointer) {
  (void)self;
  if (pointer) atomic_fetch_sub(&live, 1);
  free(pointer);
}

void mmd_test_fail_begin(size_t at, bool later) {
  static const mmd_allocator_t allocator = {NULL, count_allocate, count_reallocate, count_free};
  atomic_store(&calls, 0);
  atomic_store(&live, 0);
  atomic_store(&failed, false);
  fail_at = at;
  fail_later = later;
  mmd_allocator_set(&allocator);
}

size_t mmd_test_live_blocks(void) {
  return atomic_load(&live);
}
size_t mmd_test_allocations(void) {
  return atomic_load(&calls);
}
bool mmd_test_failed_once(void) {
  return atomic_load(&failed);
}
void mmd_test_fail_end(void) {
  mmd_allocator_set(NULL);
}

// True when the run met no failure.
static bool run_once(mmd_test_fn fn, void *context, size_t at, bool later) {
  mmd_test_fail_begin(at, later);
  mmd_status_t status = fn(context);
  bool met = mmd_test_failed_once();
  mmd_code_t code = mmd_status_code(status);
  if (code != (met ? MMD_OUT_OF_MEMORY : MMD_OK)) {
    print_error("allocation %zu%s fails: the result is '%s': %s\n", at, later ? " and later" : "",
                mmd_code_name(code), mmd_status_message(status));
    fail();
  }
  mmd_status_free(status);
  size_t left = mmd_test_live_blocks();
  mmd_test_fail_end();
  if (left != 0) {
    print_error("allocation %zu%s fails: %zu blocks leak\n", at, later ? " and later" : "", left);
    fail();
  }
  return !met;
}

static void sweep(mmd_test_fn fn, void *context, bool later) {
  for (size_t at = 1; !run_once(fn, context, at, later);) at += at < 300 ? 1 : 1 + at / 50;
}

void mmd_test_sweep(mmd_test_fn fn, void *context) {
  sweep(fn, context, false);
  sweep(fn, context, true);
}
