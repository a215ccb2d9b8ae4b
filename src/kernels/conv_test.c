// SPDX-License-Identifier: Apache-2.0
//
// Convolution, pooling, softmax and linear layers against PyTorch: testdata/net_golden.txt, made by
// make_net_golden.py; and convolution against sums in double.
#include "kernels/conv.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cpu.h"
#include "kernels/gemm.h"
#include "kernels/pooling.h"
#include "kernels/softmax.h"

typedef struct line_t {
  char what[16];
  size_t p[13];
  size_t count;
  double picks[5];
} line_t;

static float *fill(uint32_t seed, size_t count, float factor) {
  float *out = malloc((count + 1) * sizeof *out);
  for (size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    out[i] = ((float)(seed >> 16) / 32768.f - 1.f) * factor;
  }
  return out;
}

static void check_picks(const line_t *line, const float *y, size_t count) {
  assert_int_equal(count, line->count);
  const size_t at[5] = {0, count / 4, count / 2, 3 * count / 4, count - 1};
  for (int i = 0; i < 5; ++i) {
    double want = line->picks[i];
    if (fabs(y[at[i]] - want) <= 2e-5 * (1 + fabs(want))) continue;
    fail_msg("%s %zu %zu %zu %zu, %s, at %zu: %g, want %g", line->what, line->p[0], line->p[1],
             line->p[2], line->p[3], mmd_cpu_isa_name(mmd_cpu_isa()), at[i], y[at[i]], want);
  }
}

static void check_conv(const line_t *line, mmd_pool_t *pool) {
  const size_t *p = line->p;
  mmd_conv_t c = mmd_conv_make(p[0], p[1], p[2], p[3], p[4], p[6], p[7]);
  c.groups = p[5];
  c.stride_h = p[8], c.stride_w = p[9];
  c.dilation_h = p[10], c.dilation_w = p[11];
  c.pad_top = c.pad_left = c.pad_bottom = c.pad_right = p[12];
  float *x = fill(1, p[0] * p[1] * p[2] * p[3], 1.f);
  float *w = fill(2, p[4] * p[1] / p[5] * p[6] * p[7], 1.f);
  float *b = fill(3, p[4], 1.f);
  size_t count = p[0] * p[4] * mmd_conv_out_height(&c) * mmd_conv_out_width(&c);
  float *y = malloc(count * sizeof *y);
  assert_null(mmd_conv_run(&c, x, w, b, y, pool));
  check_picks(line, y, count);
  free(x);
  free(w);
  free(b);
  free(y);
}

static void check_pooling(const line_t *line, mmd_pool_t *pool) {
  const size_t *p = line->p;
  mmd_pooling_t q = {.planes = p[0],
                     .height = p[1],
                     .width = p[2],
                     .kernel_h = p[3],
                     .kernel_w = p[4],
                     .stride_h = p[5],
                     .stride_w = p[6],
                     .dilation_h = 1,
                     .dilation_w = 1};
  q.pad_top = q.pad_left = q.pad_bottom = q.pad_right = p[7];
  q.out_height = mmd_pooling_out_size(p[1], p[3], p[5], 1, p[7], p[7], p[8] != 0);
  q.out_width = mmd_pooling_out_size(p[2], p[4], p[6], 1, p[7], p[7], p[8] != 0);
  q.count_include_pad = p[9] != 0;
  size_t count = p[0] * q.out_height * q.out_width;
  float *x = fill(4, p[0] * p[1] * p[2], 1.f);
  float *y = malloc(count * sizeof *y);
  bool is_max = strcmp(line->what, "max") == 0;
  assert_null((is_max ? mmd_pooling_max : mmd_pooling_average)(&q, x, y, pool));
  check_picks(line, y, count);
  free(x);
  free(y);
}

static void check_softmax(const line_t *line, mmd_pool_t *pool) {
  mmd_softmax_t s = {line->p[0], line->p[1], line->p[2]};
  size_t count = s.outer * s.count * s.inner;
  float *x = fill(5, count, 20.f);
  (strcmp(line->what, "softmax") == 0 ? mmd_softmax_run : mmd_softmax_run_log)(&s, x, x, pool);
  check_picks(line, x, count);
  free(x);
}

static void check_linear(const line_t *line, mmd_pool_t *pool) {
  size_t m = line->p[0], n = line->p[1], k = line->p[2];
  float *x = fill(6, m * k, 1.f);
  float *w = fill(7, n * k, 1.f);
  float *b = fill(8, n, 1.f);
  float *y = malloc(m * n * sizeof *y);
  mmd_gemm_t g = mmd_gemm_make(m, n, k, x, w, y);
  g.transpose_b = true;
  g.ldb = k;
  g.column_bias = b;
  assert_null(mmd_gemm_run(&g, pool));
  check_picks(line, y, m * n);
  free(x);
  free(w);
  free(b);
  free(y);
}

static bool read_line(FILE *file, line_t *line) {
  if (fscanf(file, "%15s", line->what) != 1) return false;
  char kind = line->what[0];
  int ints = kind == 'c' ? 13 : kind == 'm' || kind == 'a' ? 10 : 3;
  for (int i = 0; i < ints; ++i) assert_int_equal(fscanf(file, "%zu", &line->p[i]), 1);
  assert_int_equal(fscanf(file, "%zu", &line->count), 1);
  for (int i = 0; i < 5; ++i) assert_int_equal(fscanf(file, "%lf", &line->picks[i]), 1);
  return true;
}

static int check_file(mmd_pool_t *pool) {
  FILE *file = fopen(MMD_SOURCE_DIR "/src/kernels/testdata/net_golden.txt", "r");
  assert_non_null(file);
  int lines = 0;
  for (line_t line; read_line(file, &line); ++lines) {
    switch (line.what[0]) {
      case 'c':
        check_conv(&line, pool);
        break;
      case 'm':
      case 'a':
        check_pooling(&line, pool);
        break;
      case 's':
        check_softmax(&line, pool);
        break;
      case 'l':
        (line.what[1] == 'o' ? check_softmax : check_linear)(&line, pool);
        break;
      default:
        fail_msg("unknown case %s", line.what);
    }
  }
  fclose(file);
  return lines;
}

static void for_each_isa(void (*check)(mmd_pool_t *)) {
  mmd_isa_t before = mmd_cpu_isa();
  mmd_pool_t *pool = NULL;
  assert_null(mmd_pool_create(3, &pool));
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (!mmd_cpu_set_isa((mmd_isa_t)isa)) continue;
    check(NULL);
    check(pool);
  }
  mmd_pool_destroy(pool);
  mmd_cpu_set_isa(before);
}

static void check_goldens(mmd_pool_t *pool) {
  assert_true(check_file(pool) >= 35);
}

static void layers_equal_pytorch(void **state) {
  (void)state;
  for_each_isa(check_goldens);
}

static uint32_t g_state = 3;

static size_t next_random(size_t from, size_t to) {
  g_state = g_state * 1664525u + 1013904223u;
  return from + (g_state >> 8) % (to - from + 1);
}

static double want_at(const mmd_conv_t *c, const float *x, const float *w, size_t i) {
  size_t ow = mmd_conv_out_width(c), oh = mmd_conv_out_height(c);
  size_t ox = i % ow, oy = i / ow % oh, o = i / ow / oh % c->out_channels;
  size_t image = i / ow / oh / c->out_channels, in = c->channels / c->groups;
  size_t first = o / (c->out_channels / c->groups) * in;
  double sum = 0;
  for (size_t k = 0; k < in * c->kernel_h * c->kernel_w; ++k) {
    size_t kx = k % c->kernel_w, ky = k / c->kernel_w % c->kernel_h;
    size_t channel = image * c->channels + first + k / c->kernel_w / c->kernel_h;
    size_t y = oy * c->stride_h + ky * c->dilation_h - c->pad_top;
    size_t at = ox * c->stride_w + kx * c->dilation_w - c->pad_left;
    if (y >= c->height || at >= c->width) continue;
    sum += (double)x[(channel * c->height + y) * c->width + at] *
           w[o * in * c->kernel_h * c->kernel_w + k];
  }
  if (c->add) sum += c->add[i];
  return fmax(c->low, fmin(c->high, sum));
}

static void check_random_convs(mmd_pool_t *pool) {
  for (int round = 0; round < 60; ++round) {
    size_t groups = next_random(1, 4);
    mmd_conv_t c = mmd_conv_make(next_random(1, 2), groups * next_random(1, 5), next_random(1, 24),
                                 next_random(1, 24), groups * next_random(1, 9), next_random(1, 4),
                                 next_random(1, 4));
    c.groups = groups;
    c.stride_h = next_random(1, 3), c.stride_w = next_random(1, 3);
    c.dilation_h = next_random(1, 2), c.dilation_w = next_random(1, 2);
    c.pad_top = next_random(0, 3), c.pad_bottom = next_random(0, 3);
    c.pad_left = next_random(0, 3), c.pad_right = next_random(0, 3);
    if (round % 3 == 0) c.low = 0.f, c.high = 1.f;
    if (round % 7 == 0) c.out_channels = groups * next_random(20, 40);  // several tiles
    size_t area = mmd_conv_out_height(&c) * mmd_conv_out_width(&c);
    float *x = fill(g_state, c.batch * c.channels * c.height * c.width, 1.f);
    float *w = fill(9, c.out_channels * c.channels / groups * c.kernel_h * c.kernel_w, 1.f);
    float *y = malloc((c.batch * c.out_channels * area + 1) * sizeof *y);
    float *add = fill(10, c.batch * c.out_channels * area, 2.f);
    memcpy(y, add, c.batch * c.out_channels * area * sizeof *y);
    if (round % 2) c.add = round % 4 == 1 ? y : add;  // in place too
    assert_null(mmd_conv_run(&c, x, w, NULL, y, pool));
    if (c.add) c.add = add;
    for (size_t i = 0; i < c.batch * c.out_channels * area; ++i) {
      assert_true(fabs(y[i] - want_at(&c, x, w, i)) < 1e-4);
    }
    free(x);
    free(w);
    free(y);
    free(add);
  }
}

static void conv_equals_double_sums(void **state) {
  (void)state;
  for_each_isa(check_random_convs);
}

// A NaN reaches just the results that look at it, and limits let it pass.
static void check_nans(mmd_pool_t *pool) {
  enum { SIZE = 9, CHANNELS = 3 };
  for (size_t groups = 1; groups <= CHANNELS; groups += CHANNELS - 1) {
    mmd_conv_t c = mmd_conv_make(1, CHANNELS, SIZE, SIZE, CHANNELS, 3, 3);
    c.groups = groups;
    c.low = 0.f, c.high = 6.f;
    float *x = fill(1, CHANNELS * SIZE * SIZE, 1.f), *w = fill(2, CHANNELS * CHANNELS * 9, 1.f);
    float y[CHANNELS * (SIZE - 2) * (SIZE - 2)];
    x[4 * SIZE + 5] = NAN;
    assert_null(mmd_conv_run(&c, x, w, NULL, y, pool));
    for (int i = 0; i < CHANNELS * (SIZE - 2) * (SIZE - 2); ++i) {
      int row = i / (SIZE - 2) % (SIZE - 2), column = i % (SIZE - 2), channel = i / 49;
      bool sees = abs(row - 3) <= 1 && abs(column - 4) <= 1 && (groups == 1 || channel == 0);
      assert_true((isnan(y[i]) != 0) == sees);
    }
    free(x);
    free(w);
  }
}

static void conv_keeps_nans(void **state) {
  (void)state;
  for_each_isa(check_nans);
}

static void conv_refuses_bad_groups(void **state) {
  (void)state;
  mmd_conv_t c = mmd_conv_make(1, 3, 4, 4, 3, 1, 1);
  c.groups = 2;
  float x[48] = {0};
  assert_true(mmd_status_ignore(mmd_conv_run(&c, x, x, NULL, x, NULL)));
  c.groups = 0;
  assert_true(mmd_status_ignore(mmd_conv_run(&c, x, x, NULL, x, NULL)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_equal_pytorch),
      cmocka_unit_test(conv_equals_double_sums),
      cmocka_unit_test(conv_keeps_nans),
      cmocka_unit_test(conv_refuses_bad_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
