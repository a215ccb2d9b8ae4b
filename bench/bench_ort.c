// SPDX-License-Identifier: Apache-2.0
//
// bench_ort LIBRARY NET.onnx THREADS RUNS: the least program on ONNX Runtime's C API: one session,
// a 1x3x224x224 input of zeros. Prints one line of key=value.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "backends/onnxruntime/runtime/ort_api.h"

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void ignore_log(void *param, int severity, const char *category, const char *id,
                       const char *location, const char *message) {
  (void)param;
  (void)severity;
  (void)category;
  (void)id;
  (void)location;
  (void)message;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const double begin = now_ms();
  void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  void *symbol = library ? dlsym(library, "OrtGetApiBase") : NULL;
  if (!symbol) return 3;
  ort_get_api_base_fn get_base;
  memcpy(&get_base, &symbol, sizeof symbol);
  const OrtApi *api = get_base()->GetApi(ORT_API_OLDEST);
  ort_functions_t fn;
#define X(slot, name, result, parameters) \
  memcpy(&fn.name, (const char *)api + (slot) * sizeof(void *), sizeof(void *));
  MMD_ORT_FUNCTIONS(X)
#undef X
  static float input[3 * 224 * 224];
  const int64_t dims[] = {1, 3, 224, 224};
  const char *in_names[] = {"input"}, *out_names[] = {"output"};
  const int runs = atoi(argv[4]);
  double *times = malloc(sizeof *times * (size_t)(runs > 0 ? runs : 1));
  OrtEnv *env;
  OrtSessionOptions *options;
  OrtSession *session;
  OrtMemoryInfo *memory;
  OrtValue *in;
  if (!times || runs < 1 ||
      fn.CreateEnvWithCustomLogger(ignore_log, NULL, ORT_LOG_ERROR, "bench", &env) ||
      fn.CreateSessionOptions(&options) || fn.SetIntraOpNumThreads(options, atoi(argv[3])) ||
      fn.CreateSession(env, argv[2], options, &session) ||
      fn.CreateCpuMemoryInfo(ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, &memory) ||
      fn.CreateTensorWithDataAsOrtValue(memory, input, sizeof input, dims, 4, 1, &in)) {
    return 4;
  }
  double first = 0;
  for (int i = 0; i < runs; ++i) {
    OrtValue *out = NULL;
    const double start = now_ms();
    if (fn.Run(session, NULL, in_names, (const OrtValue *const *)&in, 1, out_names, 1, &out))
      return 5;
    times[i] = now_ms() - start;
    if (i == 0) first = now_ms() - begin;
    fn.ReleaseValue(out);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  qsort(times, (size_t)runs, sizeof *times, compare);
  printf("first_ms=%.3f median_ms=%.4f peak_kib=%ld\n", first, times[runs / 2], usage.ru_maxrss);
  return 0;
}
