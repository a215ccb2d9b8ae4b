// SPDX-License-Identifier: Apache-2.0
//
// Tests for the case that memory is short: an allocator whose n-th call fails and that counts what
// is alive.
#ifndef MMD_TESTS_SUPPORT_MMD_TEST_FAIL_H_
#define MMD_TESTS_SUPPORT_MMD_TEST_FAIL_H_

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef mmd_status_t (*mmd_test_fn)(void *context);

// Runs |fn| with the first, second, ... allocation failing (that one alone, then all from it on)
// until it succeeds without a failure. After each run nothing may be left alive, and a run that met
// a failure must have returned MMD_OUT_OF_MEMORY. |fn| frees all that it makes and returns other
// failures only for defects. Of more than 300 allocations the later ones are sampled.
void mmd_test_sweep(mmd_test_fn fn, void *context);

// The same by hand. |fail_at| counts from 1, 0 never fails; with |later| all following calls fail
// too.
void mmd_test_fail_begin(size_t fail_at, bool later);
size_t mmd_test_live_blocks(void);
size_t mmd_test_allocations(void);  // calls since begin
bool mmd_test_failed_once(void);    // whether a call was made to fail
void mmd_test_fail_end(void);       // restores the default allocator

#endif  // MMD_TESTS_SUPPORT_MMD_TEST_FAIL_H_
