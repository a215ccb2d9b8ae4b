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
  BLOCK_K = 384,    // rows of b in a panel
  BLOCK_M = 96,     // rows of a in a block
  BLOCK_N = 256,    // columns that one task packs, a multiple of the tile's
  SMALL_M = 2,      // up to here packing does not pay
  FEW_COLUMNS = 2,  // up to here dot products are cheaper than a tile
  PACK_ROWS = 8,    // packing b costs about as much as so many rows of the product
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

// The epilogue of |rows| x |columns| at |row|, |column|, after k-block |k| of |depth| rows. Sums of
// further blocks are added to those in c.
static mmd_vec_epilogue_t make_epilogue(const mmd_gemm_t *g, range_t rows, range_t columns,
                                        size_t k, size_t depth) {
  const bool first = k == 0, last = k + depth >= g->k;
  const size_t at = rows.begin * g->ldc + columns.begin;
  return (mmd_vec_epilogue_t){
      .rows = rows.end - rows.begin,
      .columns = columns.end - columns.begin,
      .alpha = g->alpha,
      .beta = first ? g->beta : 1.f,
      .add = (first && g->add ? g->add : g->c) + at,
      .add_step = g->ldc,
      .row_bias = last && g->row_bias ? g->row_bias + rows.begin : NULL,
      .column_bias = last && g->column_bias ? g->column_bias + columns.begin : NULL,
      .low = last ? g->low : -INFINITY,
      .high = last ? g->high : INFINITY,
      .out = g->c + at,
      .out_step = g->ldc,
  };
}

// How wide the next panel is packed when |rest| columns are left.
static size_t panel_width(const work_t *w, size_t rest) {
  const bool rows_are_packed = !w->gemm->transpose_a;
  if (rest >= w->vec->tile_columns) return w->vec->tile_columns;
  if (rest <= FEW_COLUMNS && rows_are_packed) return 1;
  const size_t more = rest - (rest < w->vec->lanes ? rest : w->vec->lanes);
  return more == 0 || (more <= FEW_COLUMNS && rows_are_packed) ? w->vec->lanes
                                                               : w->vec->tile_columns;
}

// One column by dot products.
static void multiply_column(const work_t *w, range_t rows, size_t column, size_t k, size_t depth,
                            const float *packed) {
  const mmd_gemm_t *g = w->gemm;
  for (size_t row = rows.begin; row < rows.end; ++row) {
    const float sum = w->vec->dot(depth, g->a + row * g->lda + k, packed);
    mmd_vec_epilogue_t e =
        make_epilogue(g, (range_t){row, row + 1}, (range_t){column, column + 1}, k, depth);
    w->vec->finish(&e, &sum, 1);
  }
}

// Rows of the block times one panel. The rows are spread evenly over as few tiles as possible.
static void multiply_panel(const work_t *w, range_t rows, range_t columns, size_t width, size_t k,
                           size_t depth, const float *panel) {
  const mmd_gemm_t *g = w->gemm;
  const size_t a_row = g->transpose_a ? 1 : g->lda, a_step = g->transpose_a ? g->lda : 1;
  const size_t tiles = divide_up(rows.end - rows.begin, w->vec->tile_rows);
  float tile[MMD_VEC_MAX_TILE];
  size_t row = rows.begin;
  for (size_t left = tiles; left > 0; --left) {
    const range_t at = {row, row + divide_up(rows.end - row, left)};
    const float *a = g->a + row * a_row + k * a_step;
    w->vec->multiply(at.end - row, width, depth, a, a_row, a_step, panel, tile);
    const mmd_vec_epilogue_t e = make_epilogue(g, at, columns, k, depth);
    w->vec->finish(&e, tile, width);
    row = at.end;
  }
}

// One k-block of a task: packs b, then walks over blocks of a.
static void multiply_block(const work_t *w, range_t rows, range_t columns, size_t k, size_t depth,
                           float *packed) {
  for (size_t n = columns.begin, width; n < columns.end; n += width) {
    width = panel_width(w, columns.end - n);
    w->pack(w->context, k, depth, n, min_size(width, columns.end - n), width,
            packed + (n - columns.begin) * depth);
  }
  for (size_t m = rows.begin; m < rows.end; m += BLOCK_M) {
    const range_t block = {m, min_size(m + BLOCK_M, rows.end)};
    for (size_t n = columns.begin, width; n < columns.end; n += width) {
      width = panel_width(w, columns.end - n);
      const float *panel = packed + (n - columns.begin) * depth;
      if (width == 1) {
        multiply_column(w, block, n, k, depth, panel);
      } else {
        multiply_panel(w, block, (range_t){n, min_size(n + width, columns.end)}, width, k, depth,
                       panel);
      }
    }
  }
}

static void run_tasks(void *context, size_t begin, size_t end) {
  work_t *w = context;
  const mmd_gemm_t *g = w->gemm;
  size_t columns = round_up(min_size(w->size_n, g->n), w->vec->tile_columns);
  size_t count = columns * min_size(BLOCK_K, g->k) + MMD_VEC_SLACK;
  float *packed = mmd_alloc_aligned(count * sizeof *packed, 64);
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
      mmd_vec_epilogue_t e =
          make_epilogue(g, (range_t){m, m + 1}, (range_t){n, min_size(n + 64, g->n)}, 0, 0);
      w->vec->finish(&e, kZeros, 64);
    }
  }
}

// Tries how many panels a task takes, with all rows or an equal share of them, and keeps what the
// busiest thread is done with first. Each task packs its own columns.
static void cut(work_t *w, size_t threads) {
  const size_t unit = w->vec->tile_columns, m = w->gemm->m, n = w->gemm->n;
  size_t best = SIZE_MAX;
  for (size_t panels = BLOCK_N / unit; panels > 0; --panels) {
    for (size_t tasks_m = 1; tasks_m <= threads; tasks_m += threads > 1 ? threads - 1 : 1) {
      const size_t tasks_n = divide_up(n, panels * unit);
      const size_t size_m = divide_up(m, tasks_m);
      const size_t rounds = divide_up(tasks_n * divide_up(m, size_m), threads);
      const size_t cost = rounds * min_size(panels, divide_up(n, unit)) * (size_m + PACK_ROWS);
      if (cost >= best) continue;
      best = cost;
      w->size_m = size_m;
      w->size_n = panels * unit;
      w->tasks_n = tasks_n;
      w->tasks_m = divide_up(m, size_m);
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
  cut(&w, mmd_pool_threads(pool));
  mmd_parallel_for(pool, w.tasks_m * w.tasks_n, 1, run_tasks, &w);
  return atomic_load(&w.short_of_memory) ? mmd_status_no_memory() : NULL;
}

static void pack_rows(const void *context, size_t k, size_t rows, size_t n, size_t columns,
                      size_t width, float *out) {
  const mmd_gemm_t *g = context;
  const mmd_vec_t *vec = mmd_vec_get();
  const float *b = g->b + k * g->ldb + n;
  for (size_t i = 0; i < rows; ++i, b += g->ldb, out += width) {
    vec->copy(columns, b, out);
    for (size_t c = columns; c < width; ++c) out[c] = 0.f;
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
      mmd_vec_epilogue_t e = make_epilogue(g, (range_t){m, m + 1}, (range_t){n, n + 1}, 0, g->k);
      vec->finish(&e, &sum, 1);
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
