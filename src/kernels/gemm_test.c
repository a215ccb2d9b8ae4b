// SPDX-License-Identifier: Apache-2.0
//
// Against sums in double; numbers of PyTorch are in conv_test.c.
#include "kernels/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernels/cpu.h"

static uint32_t g_state = 5;

static uint32_t next_random(uint32_t limit) {
  g_state = g_state * 1664525u + 1013904223u;
  return (g_state >> 8) % limit;
}

static float *random_floats(size_t count) {
  float *out = malloc((count + 1) * sizeof *out);
  for (size_t i = 0; i < count; ++i) out[i] = (float)next_random(2001) / 1000.f - 1.f;
  return out;
}

static double want_at(const mmd_gemm_t *g, const float *c, size_t i, size_t j) {
  double sum = 0;
  for (size_t k = 0; k < g->k; ++k) {
    double a = g->transpose_a ? g->a[k * g->lda + i] : g->a[i * g->lda + k];
    double b = g->transpose_b ? g->b[j * g->ldb + k] : g->b[k * g->ldb + j];
    sum += a * b;
  }
  sum *= g->alpha;
  if (g->beta != 0.f) sum += g->beta * c[i * g->ldc + j];
  if (g->row_bias) sum += g->row_bias[i];
  if (g->column_bias) sum += g->column_bias[j];
  return fmax(g->low, fmin(g->high, sum));
}

static void check(size_t m, size_t n, size_t k, mmd_pool_t *pool) {
  size_t gap = next_random(5);
  bool ta = next_random(2), tb = next_random(2);
  mmd_gemm_t g = mmd_gemm_make(m, n, k, NULL, NULL, NULL);
  g.transpose_a = ta;
  g.transpose_b = tb;
  g.lda = (ta ? m : k) + gap;
  g.ldb = (tb ? k : n) + gap;
  g.ldc = n + gap;
  float *a = random_floats((ta ? k : m) * g.lda);
  float *b = random_floats((tb ? n : k) * g.ldb);
  float *c = random_floats(m * g.ldc);
  float *before = malloc((m * g.ldc + 1) * sizeof *c);
  memcpy(before, c, m * g.ldc * sizeof *c);
  float *bias = random_floats(m + n);
  g.a = a;
  g.b = b;
  g.c = c;
  if (next_random(2)) g.alpha = 0.5f;
  if (next_random(2)) g.beta = -1.25f;
  if (next_random(2)) g.row_bias = bias;
  if (next_random(2)) g.column_bias = bias + m;
  if (next_random(2)) g.low = 0.f, g.high = 3.f;
  if (g.beta == 0.f && m * n > 0) c[0] = NAN;
  assert_null(mmd_gemm_run(&g, pool));
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < g.ldc; ++j) {
      float got = c[i * g.ldc + j];
      if (j >= n) {
        assert_true(got == before[i * g.ldc + j]);
      } else {
        double want = want_at(&g, before, i, j);
        if (!(fabs(got - want) <= 1e-5 * (1 + (double)k / 50))) {
          fail_msg("%zux%zux%zu at %zu,%zu: %g, want %g", m, n, k, i, j, got, want);
        }
      }
    }
  }
  free(a);
  free(b);
  free(c);
  free(before);
  free(bias);
}

static void gemm_equals_double_sums(void **state) {
  (void)state;
  mmd_isa_t before = mmd_cpu_isa();
  mmd_pool_t *pool = NULL;
  assert_null(mmd_pool_create(3, &pool));
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (!mmd_cpu_set_isa((mmd_isa_t)isa)) continue;
    for (int i = 0; i < 60; ++i) {
      check(1 + next_random(30), 1 + next_random(60), next_random(50), i % 2 ? pool : NULL);
    }
    check(1, 70, 500, pool);
    check(2, 70, 800, NULL);
    check(7, 33, 900, pool);
    check(130, 40, 60, pool);
    check(5, 600, 390, NULL);
    for (size_t n = 30; n < 70; ++n) check(100, n, 20, n % 2 ? pool : NULL);  // all tails
    check(0, 5, 5, NULL);
    check(5, 0, 5, NULL);
  }
  mmd_pool_destroy(pool);
  mmd_cpu_set_isa(before);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(gemm_equals_double_sums)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
