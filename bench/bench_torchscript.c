// SPDX-License-Identifier: Apache-2.0
//
// bench_torchscript NET.pt THREADS RUNS: one picture of zeros through a session of ours and through
// C++ calls of libtorch, in turns. Free sizes are 1 and, of pictures, 224. Prints one line of
// key=value.
#include <stdio.h>
#include <stdlib.h>

#include "base/thread.h"
#include "bench/bench_engine.h"
#include "bench/bench_libtorch.h"

enum { WARM_UP = 20, MAX_OUTPUTS = 16 };

static mmd_status_t run_ours(mmd_session_t *session, const mmd_tensor_t *input, double *out_us) {
  mmd_tensor_t outputs[MAX_OUTPUTS] = {0};
  const size_t count = mmd_session_output_count(session);
  if (count > MAX_OUTPUTS) return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu outputs", count);
  const uint64_t begin = mmd_time_ns();
  MMD_TRY(mmd_session_run(session, input, 1, outputs, count));
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&outputs[i]);
  *out_us = (double)(mmd_time_ns() - begin) * 1e-3;
  return NULL;
}

static mmd_status_t run_bare(void *module, mmd_tensor_t *input, double *out_us) {
  int64_t dims[MMD_MAX_RANK];
  float *data = mmd_tensor_mutable_data(input);
  for (int i = 0; i < input->shape.rank; ++i) dims[i] = input->shape.dims[i];
  const uint64_t begin = mmd_time_ns();
  if (bench_libtorch_run(module, data, dims, input->shape.rank))
    return MMD_ERROR(MMD_INTERNAL, "libtorch failed");
  *out_us = (double)(mmd_time_ns() - begin) * 1e-3;
  return NULL;
}

static mmd_status_t measure(void *module, mmd_session_t *session, int runs, double *times) {
  mmd_tensor_t input;
  mmd_status_t status = bench_make_input(session, &input);
  double ignored;
  for (int i = 0; i < 2 * (WARM_UP + runs) && !status; ++i) {
    // Who is first changes, since the second finds the caches warm.
    const bool is_ours = (i + i / 2) % 2 != 0;
    const int round = i / 2 - WARM_UP;
    double *time = round < 0 ? &ignored : &times[is_ours ? runs + round : round];
    status = is_ours ? run_ours(session, &input, time) : run_bare(module, &input, time);
  }
  mmd_tensor_deinit(&input);
  return status;
}

int main(int argc, char **argv) {
  const int runs = argc == 4 ? atoi(argv[3]) : 0;
  double *times = runs > 0 ? malloc(2 * sizeof *times * (size_t)runs) : NULL;
  void *module = times ? bench_libtorch_open(argv[1], atoi(argv[2])) : NULL;
  if (!module) return 2;
  mmd_session_t *session = NULL;
  mmd_status_t status = bench_open("torchscript", argv[1], false, atoi(argv[2]), &session);
  if (!status) status = measure(module, session, runs, times);
  if (status) {
    fprintf(stderr, "%s\n", mmd_status_message(status));
    return mmd_status_ignore(status) ? 1 : 0;
  }
  const double bare_us = bench_median(times, runs), ours_us = bench_median(times + runs, runs);
  printf("bare_us=%.1f ours_us=%.1f bare_min_us=%.1f ours_min_us=%.1f\n", bare_us, ours_us,
         times[0], times[runs]);
  mmd_session_destroy(session);
  bench_libtorch_close(module);
  free(times);
  return 0;
}
