// SPDX-License-Identifier: Apache-2.0
//
// bench_backend BACKEND NET.onnx THREADS RUNS: a session of one of our backends on an input of
// zeros, through the module that a package would load. Free sizes are 1 and, of pictures, 224.
// Prints one line of key=value.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/thread.h"
#include "bench/bench_engine.h"

enum { WARM_UP = 3, MAX_OUTPUTS = 16 };

static double cpu_ms(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-3;
}

static mmd_status_t open_session(char *const *args, int threads, mmd_pool_t *pool,
                                 mmd_session_t **out_session) {
  mmd_backend_t *backend;
  const char *name = args[0], *path = args[1];
  mmd_session_options_t options = {
      .name = path, .net_path = path, .threads = threads, .pool = pool};
  MMD_TRY(mmd_storage_map_file(path, &options.net));
  mmd_status_t status = mmd_backend_get(name, &backend);
  if (!status) status = mmd_session_create(backend, &options, out_session);
  mmd_storage_release(options.net);
  return status;
}

static mmd_status_t run_once(mmd_session_t *session, const mmd_tensor_t *input, double *out_ms) {
  mmd_tensor_t outputs[MAX_OUTPUTS] = {0};
  const size_t count = mmd_session_output_count(session);
  if (count > MAX_OUTPUTS) return MMD_ERROR(MMD_NOT_SUPPORTED, "%zu outputs", count);
  const uint64_t begin = mmd_time_ns();
  MMD_TRY(mmd_session_run(session, input, 1, outputs, count));
  *out_ms = (double)(mmd_time_ns() - begin) * 1e-6;
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&outputs[i]);
  return NULL;
}

static mmd_status_t measure(mmd_session_t *session, int runs, double *times, double *out_cpu) {
  mmd_tensor_t input;
  MMD_TRY(bench_make_input(session, &input));
  mmd_status_t status = NULL;
  double ignored, begin = 0;
  for (int i = 0; i < WARM_UP + runs && !status; ++i) {
    if (i == WARM_UP) begin = cpu_ms();
    status = run_once(session, &input, i < WARM_UP ? &ignored : &times[i - WARM_UP]);
  }
  *out_cpu = (cpu_ms() - begin) / runs;
  mmd_tensor_deinit(&input);
  return status;
}

int main(int argc, char **argv) {
  const int runs = argc == 5 ? atoi(argv[4]) : 0;
  double *times = runs > 0 ? malloc(sizeof *times * (size_t)runs) : NULL;
  if (!times) return 2;
  const int threads = atoi(argv[3]);
  mmd_pool_t *pool = NULL;
  mmd_session_t *session = NULL;
  double cpu = 0;
  mmd_status_t status = mmd_pool_create((unsigned)threads, &pool);
  if (!status) status = open_session(argv + 1, threads, pool, &session);
  if (!status) status = measure(session, runs, times, &cpu);
  if (status) {
    fprintf(stderr, "%s\n", mmd_status_message(status));
    return mmd_status_ignore(status) ? 1 : 0;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double median = bench_median(times, runs);  // sorts them
  printf("min_ms=%.3f median_ms=%.3f cpu_ms=%.3f peak_kib=%ld\n", times[0], median, cpu,
         usage.ru_maxrss);
  mmd_session_destroy(session);
  mmd_pool_destroy(pool);
  free(times);
  return 0;
}
