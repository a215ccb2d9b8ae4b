// SPDX-License-Identifier: Apache-2.0
//
// libtorch as a C++ program would call it, for bench_torchscript.
#ifndef MMD_BENCH_BENCH_LIBTORCH_H_
#define MMD_BENCH_BENCH_LIBTORCH_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// NULL and a message on standard error when the file is none.
void *bench_libtorch_open(const char *path, int threads);

// One f32 input; the results are let go. 0 = ok.
int bench_libtorch_run(void *module, float *data, const int64_t *dims, int rank);

void bench_libtorch_close(void *module);

#ifdef __cplusplus
}
#endif

#endif  // MMD_BENCH_BENCH_LIBTORCH_H_
