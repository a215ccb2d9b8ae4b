// SPDX-License-Identifier: Apache-2.0
//
// Medians of the pre-processing of a 640x427 photo, one thread. fused_bench.py beside the test data
// times the same work with OpenCV.
#include "kernels/fused.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "kernels/cpu.h"

enum { ROUNDS = 201 };

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a;
  uint64_t y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static mmd_fused_t make_case(mmd_resize_kind_t kind, size_t width, size_t height, size_t crop) {
  mmd_resize_t r = mmd_resize_make(kind, 3, 640, 427, width, height);
  if (crop > 0) {
    r.window_x = (width - crop) / 2;
    r.window_y = (height - crop) / 2;
    r.window_width = r.window_height = crop;
  }
  mmd_fused_t f = mmd_fused_make(&r);
  for (size_t p = 0; p < 3; ++p) {
    f.order[p] = (uint8_t)(2 - p);
    f.mean[p] = 110.f + (float)p;
    f.scale[p] = 1.f / 57.f;
  }
  return f;
}

static void bench(const char *name, const mmd_fused_t *f, const uint8_t *src) {
  size_t count = f->planes * mmd_fused_width(f) * mmd_fused_height(f);
  float *out = mmd_alloc_array(count, sizeof *out);
  uint64_t times[ROUNDS];
  for (int i = 0; i < ROUNDS; ++i) {
    uint64_t begin = mmd_time_ns();
    if (mmd_status_ignore(mmd_fused_run(f, src, 640 * 3, out, NULL))) exit(1);
    times[i] = mmd_time_ns() - begin;
  }
  qsort(times, ROUNDS, sizeof *times, compare);
  printf("%-36s %-8s %.4f ms\n", name, mmd_cpu_isa_name(mmd_cpu_isa()),
         (double)times[ROUNDS / 2] / 1e6);
  mmd_free(out);
}

int main(void) {
  static uint8_t photo[640 * 427 * 3];
  for (size_t i = 0; i < sizeof photo; ++i) photo[i] = (uint8_t)(i * 2654435761u >> 24);
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (!mmd_cpu_set_isa((mmd_isa_t)isa)) continue;
    mmd_fused_t f = make_case(MMD_RESIZE_CV_LINEAR, 383, 256, 224);
    bench("cv2 bilinear 256, crop 224", &f, photo);
    f = make_case(MMD_RESIZE_PIL_BILINEAR, 383, 256, 224);
    bench("pillow bilinear 256, crop 224", &f, photo);
    f = make_case(MMD_RESIZE_PIL_BICUBIC, 383, 256, 224);
    bench("pillow bicubic 256, crop 224", &f, photo);
    f = make_case(MMD_RESIZE_CV_LINEAR, 1199, 800, 0);
    f.pad_right = 1216 - 1199;
    bench("cv2 bilinear 1199x800, pad 1216", &f, photo);
  }
  return 0;
}
