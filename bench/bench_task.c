// SPDX-License-Identifier: Apache-2.0
//
// bench_task LIBRARY TASK PACKAGE HEIGHT WIDTH RUNS [PROFILE]: times a task (detector, segmentor,
// pose_detector, text_detector) through the C API of any library that has it (ours or the
// original's: the ABI is the same), opened by path, on a smooth picture. Prints one line of
// key=value.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mmdeploy/pose_detector.h"

enum { WARM_UP = 10 };

typedef void *handle_t;

// Functions that each task has with the same parameters but for the handle's type.
typedef struct task_t {
  int (*create)(mmdeploy_model_t, mmdeploy_context_t, handle_t *);
  void (*destroy)(handle_t);
  int (*apply)(handle_t, mmdeploy_value_t, mmdeploy_value_t *);
} task_t;

typedef struct sdk_t {
  int (*model_create)(const char *, mmdeploy_model_t *);
  void (*model_destroy)(mmdeploy_model_t);
  int (*context_create)(const char *, int, mmdeploy_context_t *);
  int (*context_add)(mmdeploy_context_t, mmdeploy_context_type_t, const char *, const void *);
  void (*context_destroy)(mmdeploy_context_t);
  int (*profiler_create)(const char *, mmdeploy_profiler_t *);
  void (*profiler_destroy)(mmdeploy_profiler_t);
  int (*input)(const mmdeploy_mat_t *, int, mmdeploy_value_t *);
  int (*pose_input)(const mmdeploy_mat_t *, int, const mmdeploy_rect_t *, const int *,
                    mmdeploy_value_t *);
  void (*value_destroy)(mmdeploy_value_t);
  task_t task;
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

// |function| points to a function pointer.
static int find(void *library, const char *task, const char *name, void *function) {
  char symbol[128];
  snprintf(symbol, sizeof symbol, "mmdeploy_%s%s%s", task, *task ? "_" : "", name);
  void *address = dlsym(library, symbol);
  if (!address) fprintf(stderr, "no %s\n", symbol);
  memcpy(function, &address, sizeof address);
  return address != NULL;
}

static int open_sdk(const char *path, const char *task, sdk_t *sdk) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 0;
  }
  return find(library, "", "model_create_by_path", &sdk->model_create) &&
         find(library, "", "model_destroy", &sdk->model_destroy) &&
         find(library, "", "context_create_by_device", &sdk->context_create) &&
         find(library, "", "context_add", &sdk->context_add) &&
         find(library, "", "context_destroy", &sdk->context_destroy) &&
         find(library, "", "profiler_create", &sdk->profiler_create) &&
         find(library, "", "profiler_destroy", &sdk->profiler_destroy) &&
         find(library, "", "value_destroy", &sdk->value_destroy) &&
         find(library, task, "create_input",
              strcmp(task, "pose_detector") ? (void *)&sdk->input : (void *)&sdk->pose_input) &&
         find(library, task, "create_v2", &sdk->task.create) &&
         find(library, task, "destroy", &sdk->task.destroy) &&
         find(library, task, "apply_v2", &sdk->task.apply);
}

static unsigned char *make_picture(int height, int width) {
  unsigned char *data = malloc((size_t)height * (size_t)width * 3);
  unsigned char *pixel = data;
  for (int y = 0; data && y < height; ++y) {
    for (int x = 0; x < width; ++x, pixel += 3) {
      pixel[0] = (unsigned char)(x / 3 + y);
      pixel[1] = (unsigned char)(x * y / 512);
      pixel[2] = (unsigned char)(255 - x / 5 - y / 7);
    }
  }
  return data;
}

// One call; its time goes to |out_ms|.
static int run(const sdk_t *sdk, handle_t handle, const mmdeploy_mat_t *mat, double *out_ms) {
  const float width = (float)mat->width, height = (float)mat->height;
  const mmdeploy_rect_t person = {width * .3f, height * .1f, width * .7f, height * .9f};
  const int one = 1;
  mmdeploy_value_t input = NULL, output = NULL;
  const double begin = now_ms();
  int code =
      sdk->input ? sdk->input(mat, 1, &input) : sdk->pose_input(mat, 1, &person, &one, &input);
  if (!code) code = sdk->task.apply(handle, input, &output);
  *out_ms = now_ms() - begin;
  if (input) sdk->value_destroy(input);
  if (output) sdk->value_destroy(output);
  return code;
}

int main(int argc, char **argv) {
  sdk_t sdk = {0};
  if (argc < 7) return 2;
  if (!open_sdk(argv[1], argv[2], &sdk)) return 3;
  const int height = atoi(argv[4]), width = atoi(argv[5]), runs = atoi(argv[6]);
  if (height < 1 || width < 1 || runs < 1) return 2;
  mmdeploy_mat_t mat = {make_picture(height, width), height, width, 3, MMDEPLOY_PIXEL_FORMAT_BGR,
                        MMDEPLOY_DATA_TYPE_UINT8,    NULL};
  double *times = malloc(sizeof *times * (size_t)runs);
  if (!mat.data || !times) return 4;
  mmdeploy_model_t model = NULL;
  mmdeploy_context_t context = NULL;
  mmdeploy_profiler_t profiler = NULL;
  handle_t handle = NULL;
  if (sdk.model_create(argv[3], &model)) return 5;
  if (sdk.context_create("cpu", 0, &context)) return 5;
  if (argc > 7) {
    if (sdk.profiler_create(argv[7], &profiler)) return 5;
    if (sdk.context_add(context, MMDEPLOY_TYPE_PROFILER, NULL, profiler)) return 5;
  }
  if (sdk.task.create(model, context, &handle)) return 6;
  for (int i = -WARM_UP; i < runs; ++i) {
    double ms;
    if (run(&sdk, handle, &mat, &ms)) return 7;
    if (i >= 0) times[i] = ms;
  }
  qsort(times, (size_t)runs, sizeof *times, compare);
  printf("median_ms=%.4f\n", times[runs / 2]);
  sdk.task.destroy(handle);
  if (profiler) sdk.profiler_destroy(profiler);
  sdk.context_destroy(context);
  sdk.model_destroy(model);
  free(times);
  free(mat.data);
  return 0;
}
