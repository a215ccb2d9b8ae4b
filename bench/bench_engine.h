// SPDX-License-Identifier: Apache-2.0
//
// What the programs share that measure a session of ours beside the engine's own interface.
#ifndef MMD_BENCH_BENCH_ENGINE_H_
#define MMD_BENCH_BENCH_ENGINE_H_

#include "runtime/session.h"

// Sorts |times|.
double bench_median(double *times, int count);

// "net.bin" of "net.xml".
void bench_name_weights(const char *net, char weights[1024]);

// The weights lie beside the net, or in it.
mmd_status_t bench_open(const char *backend, const char *net, bool has_weights, int threads,
                        mmd_session_t **out_session) MMD_MUST_USE;

// Zeros for the first input. Free sizes are 1 and, of pictures, 224.
mmd_status_t bench_make_input(const mmd_session_t *session, mmd_tensor_t *out_input) MMD_MUST_USE;

#endif  // MMD_BENCH_BENCH_ENGINE_H_
