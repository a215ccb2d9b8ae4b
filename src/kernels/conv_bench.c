// SPDX-License-Identifier: Apache-2.0
//
// The convolutions of known networks at 224x224, one thread: medians of each and the sum.
#include "kernels/conv.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "kernels/cpu.h"

enum { ROUNDS = 7 };

typedef struct layer_t {
  size_t count, channels, size, out, kernel, stride, groups;
} layer_t;

static const layer_t kResNet18[] = {
    {1, 3, 224, 64, 7, 2, 1},   {4, 64, 56, 64, 3, 1, 1},   {1, 64, 56, 128, 3, 2, 1},
    {3, 128, 28, 128, 3, 1, 1}, {1, 64, 56, 128, 1, 2, 1},  {1, 128, 28, 256, 3, 2, 1},
    {3, 256, 14, 256, 3, 1, 1}, {1, 128, 28, 256, 1, 2, 1}, {1, 256, 14, 512, 3, 2, 1},
    {3, 512, 7, 512, 3, 1, 1},  {1, 256, 14, 512, 1, 2, 1},
};
static const layer_t kResNet50[] = {
    {1, 3, 224, 64, 7, 2, 1},     {1, 64, 56, 64, 1, 1, 1},    {3, 64, 56, 64, 3, 1, 1},
    {4, 64, 56, 256, 1, 1, 1},    {2, 256, 56, 64, 1, 1, 1},   {1, 256, 56, 128, 1, 1, 1},
    {1, 128, 56, 128, 3, 2, 1},   {3, 128, 28, 128, 3, 1, 1},  {4, 128, 28, 512, 1, 1, 1},
    {1, 256, 56, 512, 1, 2, 1},   {3, 512, 28, 128, 1, 1, 1},  {1, 512, 28, 256, 1, 1, 1},
    {1, 256, 28, 256, 3, 2, 1},   {5, 256, 14, 256, 3, 1, 1},  {6, 256, 14, 1024, 1, 1, 1},
    {1, 512, 28, 1024, 1, 2, 1},  {5, 1024, 14, 256, 1, 1, 1}, {1, 1024, 14, 512, 1, 1, 1},
    {1, 512, 14, 512, 3, 2, 1},   {2, 512, 7, 512, 3, 1, 1},   {3, 512, 7, 2048, 1, 1, 1},
    {1, 1024, 14, 2048, 1, 2, 1}, {2, 2048, 7, 512, 1, 1, 1},
};
static const layer_t kDepthwise[] = {
    {1, 32, 112, 32, 3, 1, 32},   {1, 96, 112, 96, 3, 2, 96},   {1, 144, 56, 144, 3, 1, 144},
    {1, 144, 56, 144, 3, 2, 144}, {2, 192, 28, 192, 3, 1, 192}, {1, 192, 28, 192, 3, 2, 192},
    {4, 384, 14, 384, 3, 1, 384}, {2, 576, 14, 576, 3, 1, 576}, {1, 576, 14, 576, 3, 2, 576},
    {3, 960, 7, 960, 3, 1, 960},
};

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static double time_layer(const layer_t *l, double *out_flops) {
  mmd_conv_t c = mmd_conv_make(1, l->channels, l->size, l->size, l->out, l->kernel, l->kernel);
  c.groups = l->groups;
  c.stride_h = c.stride_w = l->stride;
  c.pad_top = c.pad_left = c.pad_bottom = c.pad_right = l->kernel / 2;
  size_t area = mmd_conv_out_height(&c) * mmd_conv_out_width(&c);
  size_t depth = l->channels / l->groups * l->kernel * l->kernel;
  float *x = mmd_alloc_array(l->channels * l->size * l->size, sizeof *x);
  float *w = mmd_alloc_array(l->out * depth, sizeof *w);
  float *y = mmd_alloc_array(l->out * area, sizeof *y);
  uint64_t times[ROUNDS];
  for (int i = 0; i < ROUNDS; ++i) {
    uint64_t begin = mmd_time_ns();
    if (mmd_status_ignore(mmd_conv_run(&c, x, w, NULL, y, NULL))) exit(1);
    times[i] = mmd_time_ns() - begin;
  }
  qsort(times, ROUNDS, sizeof *times, compare);
  mmd_free(x);
  mmd_free(w);
  mmd_free(y);
  *out_flops = 2.0 * (double)(l->out * area * depth);
  return (double)times[ROUNDS / 2] / 1e6;
}

static void bench(const char *name, const layer_t *layers, size_t count) {
  double total = 0;
  double flops = 0;
  for (size_t i = 0; i < count; ++i) {
    double f;
    const layer_t *l = &layers[i];
    double ms = time_layer(l, &f);
    if (getenv("VERBOSE")) {
      printf("  %zux %zu %zu -> %zu, kernel %zu stride %zu: %.3f ms, %.1f GFLOP/s\n", l->count,
             l->channels, l->size, l->out, l->kernel, l->stride, ms, f / ms / 1e6);
    }
    total += ms * (double)l->count;
    flops += f * (double)l->count;
  }
  printf("%-24s %-8s %8.2f ms, %6.1f GFLOP/s\n", name, mmd_cpu_isa_name(mmd_cpu_isa()), total,
         flops / total / 1e6);
}

#define BENCH(name, layers) bench(name, layers, sizeof layers / sizeof layers[0])

int main(void) {
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (!mmd_cpu_set_isa((mmd_isa_t)isa)) continue;
    BENCH("ResNet-18", kResNet18);
    BENCH("ResNet-50", kResNet50);
    BENCH("MobileNetV2 depthwise", kDepthwise);
  }
  return 0;
}
