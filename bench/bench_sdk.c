// SPDX-License-Identifier: Apache-2.0
//
// bench_sdk LIBRARY PACKAGE IMAGE.raw HEIGHT WIDTH RUNS [PROFILE]: times a classifier through the C
// API of any library that has it (ours or the original's: the ABI is the same), opened by path.
// Prints one line of key=value.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "mmdeploy/classifier.h"

enum { WARM_UP = 10 };

// X(function, result, parameters)
#define FUNCTIONS(X)                                                                            \
  X(mmdeploy_model_create_by_path, int, (const char *, mmdeploy_model_t *))                     \
  X(mmdeploy_model_destroy, void, (mmdeploy_model_t))                                           \
  X(mmdeploy_context_create_by_device, int, (const char *, int, mmdeploy_context_t *))          \
  X(mmdeploy_context_add, int,                                                                  \
    (mmdeploy_context_t, mmdeploy_context_type_t, const char *, const void *))                  \
  X(mmdeploy_context_destroy, void, (mmdeploy_context_t))                                       \
  X(mmdeploy_profiler_create, int, (const char *, mmdeploy_profiler_t *))                       \
  X(mmdeploy_profiler_destroy, void, (mmdeploy_profiler_t))                                     \
  X(mmdeploy_classifier_create_v2, int,                                                         \
    (mmdeploy_model_t, mmdeploy_context_t, mmdeploy_classifier_t *))                            \
  X(mmdeploy_classifier_apply, int,                                                             \
    (mmdeploy_classifier_t, const mmdeploy_mat_t *, int, mmdeploy_classification_t **, int **)) \
  X(mmdeploy_classifier_release_result, void, (mmdeploy_classification_t *, const int *, int))  \
  X(mmdeploy_classifier_destroy, void, (mmdeploy_classifier_t))

typedef struct sdk_t {
#define X(function, result, parameters) result(*function) parameters;
  FUNCTIONS(X)
#undef X
} sdk_t;

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int open_sdk(const char *path, sdk_t *sdk) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 0;
  }
#define X(function, result, parameters)             \
  {                                                 \
    void *symbol = dlsym(library, #function);       \
    if (!symbol) return 0;                          \
    memcpy(&sdk->function, &symbol, sizeof symbol); \
  }
  FUNCTIONS(X)
#undef X
  return 1;
}

static unsigned char *read_raw(const char *path, size_t size) {
  unsigned char *data = malloc(size);
  FILE *file = fopen(path, "rb");
  if (!data || !file || fread(data, 1, size, file) != size) return NULL;
  fclose(file);
  return data;
}

int main(int argc, char **argv) {
  sdk_t sdk;
  if (argc < 7) return 2;
  const double begin = now_ms();
  if (!open_sdk(argv[1], &sdk)) return 3;
  const int height = atoi(argv[4]), width = atoi(argv[5]), runs = atoi(argv[6]);
  mmdeploy_mat_t mat = {read_raw(argv[3], (size_t)height * (size_t)width * 3),
                        height,
                        width,
                        3,
                        MMDEPLOY_PIXEL_FORMAT_BGR,
                        MMDEPLOY_DATA_TYPE_UINT8,
                        NULL};
  double *times = malloc(sizeof *times * (size_t)(runs > 0 ? runs : 1));
  if (!mat.data || !times || runs < 1) return 4;
  mmdeploy_model_t model = NULL;
  mmdeploy_context_t context = NULL;
  mmdeploy_profiler_t profiler = NULL;
  mmdeploy_classifier_t classifier = NULL;
  if (sdk.mmdeploy_model_create_by_path(argv[2], &model)) return 5;
  if (sdk.mmdeploy_context_create_by_device("cpu", 0, &context)) return 5;
  if (argc > 7) {
    if (sdk.mmdeploy_profiler_create(argv[7], &profiler)) return 5;
    if (sdk.mmdeploy_context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, profiler)) return 5;
  }
  if (sdk.mmdeploy_classifier_create_v2(model, context, &classifier)) return 6;
  const double loaded = now_ms();
  double answered = 0;
  int label = -1;
  float score = 0;
  for (int i = -WARM_UP; i < runs; ++i) {
    mmdeploy_classification_t *results = NULL;
    int *counts = NULL;
    const double start = now_ms();
    if (sdk.mmdeploy_classifier_apply(classifier, &mat, 1, &results, &counts)) return 7;
    const double end = now_ms();
    label = results[0].label_id;
    score = results[0].score;
    sdk.mmdeploy_classifier_release_result(results, counts, 1);
    if (i == -WARM_UP) {
      answered = end;
      if (runs == 1) break;  // only the first answer was asked for
    }
    if (i >= 0) times[i] = end - start;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  if (runs > 1) qsort(times, (size_t)runs, sizeof *times, compare);
  printf("load_ms=%.3f first_ms=%.3f median_ms=%.4f peak_kib=%ld label=%d score=%.6f\n",
         loaded - begin, answered - begin, runs > 1 ? times[runs / 2] : 0.0, usage.ru_maxrss, label,
         (double)score);
  sdk.mmdeploy_classifier_destroy(classifier);
  if (profiler) sdk.mmdeploy_profiler_destroy(profiler);
  sdk.mmdeploy_context_destroy(context);
  sdk.mmdeploy_model_destroy(model);
  free(times);
  free(mat.data);
  return 0;
}
