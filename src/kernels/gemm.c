// SPDX-License-Identifier: Apache-2.0
//
// Blocks as in Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008): a
// panel of b stays in the first cache, a block of a in the second. Only b is packed; rows of a are
// read where they are, since a tile needs one value at a time of them.
#include "kernels/gemm.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "kernels/vec.h"

enum {
  BLOCK_K = 384,  // rows of b in a panel
  BLOCK_M = 96,   // rows of a in a block
  BLOCK_N = 256,  // columns that one task packs, a multiple of the tile's
  SMALL_M = 2,    // up to here packing does not pay
  MAX_ROWS = 16,  // rows of the largest tile
};

typedef struct work_t {
  const mmd_gemm_t *gemm;
  const mmd_vec_t *vec;
  mmd_gemm_pack_fn pack;
  const void *context;
  size_t tasks_m, tasks_n;  // how the result is cut
  size_t size_m, size_n;    // rows and columns of a task, the last ones smaller
  atomic_bool short_of_memory;
} work_t;

typedef struct range_t {
  size_t begin, end;
} range_t;

mmd_gemm_t mmd_gemm_make(size_t m, size_t n, size_t k, const float *a, const float *b, float *c) {
  return (mmd_gemm_t){.m = m,
                      .n = n,
                      .k = k,
                      .a = a,
                      .lda = k,
                      .b = b,
                      .ldb = n,
                      .c = c,
                      .ldc = n,
                      .alpha = 1,
                      .low = -INFINITY,
                      .high = INFINITY};
}

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

static size_t round_up(size_t a, size_t unit) {
  return divide_up(a, unit) * unit;
}

// The epilogue of result row |row| from column |column| on, after k-block |k| of |rows| rows.
static mmd_vec_epilogue_t make_epilogue(const mmd_gemm_t *g, size_t row, size_t column, size_t k,
                                        size_t rows) {
  bool first = k == 0;
  bool last = k + rows >= g->k;
  return (mmd_vec_epilogue_t){
      .alpha = g->alpha,
      .beta = first ? g->beta : 1.f,
      .bias = last && g->row_bias ? g->row_bias[row] : 0.f,
      .column_bias = last && g->column_bias ? g->column_bias + column : NULL,
      .low = last ? g->low : -INFINITY,
      .high = last ? g->high : INFINITY,
  };
}

// Rows of the block times one panel.
static void multiply_panel(const work_t *w, range_t rows, size_t column, size_t columns, size_t k,
                           size_t depth, const float *panel) {
  const mmd_gemm_t *g = w->gemm;
  float tile[MMD_VEC_MAX_TILE];
  size_t a_row = g->transpose_a ? 1 : g->lda;
  size_t a_step = g->transpose_a ? g->lda : 1;
  for (size_t row = rows.begin; row < rows.end; row += w->vec->tile_rows) {
    size_t count = min_size(w->vec->tile_rows, rows.end - row);
    const float *a[MAX_ROWS];
    for (size_t r = 0; r < w->vec->tile_rows; ++r) {
      // Rows past the end repeat the last one; their sums are dropped.
      a[r] = g->a + (row + min_size(r, count - 1)) * a_row + k * a_step;
    }
    w->vec->multiply(depth, a, a_step, panel, tile);
    for (size_t r = 0; r < count; ++r) {
      mmd_vec_epilogue_t e = make_epilogue(g, row + r, column, k, depth);
      w->vec->finish(&e, tile + r * w->vec->tile_columns, columns,
                     g->c + (row + r) * g->ldc + column);
    }
  }
}

// One k-block of a task: packs b, then walks over blocks of a.
static void multiply_block(const work_t *w, range_t rows, range_t columns, size_t k, size_t depth,
                           float *packed) {
  size_t width = w->vec->tile_columns;
  for (size_t n = columns.begin; n < columns.end; n += width) {
    w->pack(w->context, k, depth, n, min_size(width, columns.end - n), width,
            packed + (n - columns.begin) * depth);
  }
  for (size_t m = rows.begin; m < rows.end; m += BLOCK_M) {
    range_t block = {m, min_size(m + BLOCK_M, rows.end)};
    for (size_t n = columns.begin; n < columns.end; n += width) {
      multiply_panel(w, block, n, min_size(width, columns.end - n), k, depth,
                     packed + (n - columns.begin) * depth);
    }
  }
}

static void run_tasks(void *context, size_t begin, size_t end) {
  work_t *w = context;
  const mmd_gemm_t *g = w->gemm;
  size_t columns = round_up(min_size(w->size_n, g->n), w->vec->tile_columns);
  float *packed = mmd_alloc_aligned(columns * min_size(BLOCK_K, g->k) * sizeof *packed, 64);
  if (!packed) {
    atomic_store(&w->short_of_memory, true);
    return;
  }
  for (size_t task = begin; task < end; ++task) {
    size_t m = task % w->tasks_m * w->size_m;
    size_t n = task / w->tasks_m * w->size_n;
    range_t rows = {m, min_size(m + w->size_m, g->m)};
    range_t cols = {n, min_size(n + w->size_n, g->n)};
    for (size_t k = 0; k < g->k; k += BLOCK_K) {
      multiply_block(w, rows, cols, k, min_size(BLOCK_K, g->k - k), packed);
    }
  }
  mmd_free_aligned(packed);
}

// A product without terms: beta, bias and limits alone.
static void finish_empty(const work_t *w) {
  static const float kZeros[64];
  const mmd_gemm_t *g = w->gemm;
  for (size_t m = 0; m < g->m; ++m) {
    for (size_t n = 0; n < g->n; n += 64) {
      mmd_vec_epilogue_t e = make_epilogue(g, m, n, 0, 0);
      w->vec->finish(&e, kZeros, min_size(64, g->n - n), g->c + m * g->ldc + n);
    }
  }
}

mmd_status_t mmd_gemm_run_packed(const mmd_gemm_t *gemm, mmd_gemm_pack_fn pack, const void *context,
                                 mmd_pool_t *pool) {
  work_t w = {.gemm = gemm, .vec = mmd_vec_get(), .pack = pack, .context = context};
  if (gemm->m == 0 || gemm->n == 0) return NULL;
  if (gemm->k == 0) {
    finish_empty(&w);
    return NULL;
  }
  // Columns first; rows only when there are not columns enough for all threads, because every
  // task packs its own columns.
  size_t threads = mmd_pool_threads(pool);
  size_t share = round_up(divide_up(gemm->n, threads), w.vec->tile_columns);
  w.size_n = min_size(BLOCK_N, share);
  w.tasks_n = divide_up(gemm->n, w.size_n);
  size_t cuts = w.tasks_n >= threads ? 1 : divide_up(threads, w.tasks_n);
  w.size_m = round_up(divide_up(gemm->m, cuts), w.vec->tile_rows);
  w.tasks_m = divide_up(gemm->m, w.size_m);
  mmd_parallel_for(pool, w.tasks_m * w.tasks_n, 1, run_tasks, &w);
  return atomic_load(&w.short_of_memory) ? mmd_status_no_memory() : NULL;
}

static void pack_rows(const void *context, size_t k, size_t rows, size_t n, size_t columns,
                      size_t width, float *out) {
  const mmd_gemm_t *g = context;
  const float *b = g->b + k * g->ldb + n;
  for (size_t i = 0; i < rows; ++i, b += g->ldb, out += width) {
    if (columns == 16) {
      memcpy(out, b, 16 * sizeof *out);
    } else {
      memcpy(out, b, columns * sizeof *out);
      memset(out + columns, 0, (width - columns) * sizeof *out);
    }
  }
}

static void pack_transposed(const void *context, size_t k, size_t rows, size_t n, size_t columns,
                            size_t width, float *out) {
  const mmd_gemm_t *g = context;
  if (columns < width) memset(out, 0, rows * width * sizeof *out);
  // Four source rows at a time, so that each line of the result is touched less often.
  size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    const float *b = g->b + (n + c) * g->ldb + k;
    for (size_t i = 0; i < rows; ++i) {
      float *to = out + i * width + c;
      to[0] = b[i];
      to[1] = b[g->ldb + i];
      to[2] = b[2 * g->ldb + i];
      to[3] = b[3 * g->ldb + i];
    }
  }
  for (; c < columns; ++c) {
    const float *b = g->b + (n + c) * g->ldb + k;
    for (size_t i = 0; i < rows; ++i) out[i * width + c] = b[i];
  }
}

// A few rows times a transposed matrix: dot products of what lies in memory.
static void run_dots(void *context, size_t begin, size_t end) {
  const mmd_gemm_t *g = context;
  const mmd_vec_t *vec = mmd_vec_get();
  for (size_t n = begin; n < end; ++n) {
    for (size_t m = 0; m < g->m; ++m) {
      float sum = vec->dot(g->k, g->a + m * g->lda, g->b + n * g->ldb);
      mmd_vec_epilogue_t e = make_epilogue(g, m, n, 0, g->k);
      vec->finish(&e, &sum, 1, g->c + m * g->ldc + n);
    }
  }
}

mmd_status_t mmd_gemm_run(const mmd_gemm_t *gemm, mmd_pool_t *pool) {
  if (gemm->m <= SMALL_M && gemm->transpose_b && !gemm->transpose_a) {
    mmd_parallel_for(pool, gemm->n, 64, run_dots, (void *)(uintptr_t)gemm);
    return NULL;
  }
  return mmd_gemm_run_packed(gemm, gemm->transpose_b ? pack_transposed : pack_rows, gemm, pool);
}
