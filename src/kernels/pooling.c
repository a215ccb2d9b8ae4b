// SPDX-License-Identifier: Apache-2.0
#include "kernels/pooling.h"

#include <math.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "kernels/vec.h"
#include "kernels/window.h"

typedef struct job_t {
  const mmd_pooling_t *pooling;
  const float *x;
  float *y;
  bool is_max;
  atomic_bool short_of_memory;
} job_t;

size_t mmd_pooling_out_size(size_t size, size_t kernel, size_t stride, size_t dilation,
                            size_t pad_begin, size_t pad_end, bool ceil_mode) {
  size_t span = dilation * (kernel - 1) + 1;
  size_t padded = size + pad_begin + pad_end;
  if (padded < span) return ceil_mode && span - padded < stride && size + pad_begin > 0 ? 1 : 0;
  size_t rest = padded - span;
  size_t count = (ceil_mode ? rest + stride - 1 : rest) / stride + 1;
  if (ceil_mode && (count - 1) * stride >= size + pad_begin) --count;
  return count;
}

static void fill(float *out, size_t count, float value) {
  for (size_t i = 0; i < count; ++i) out[i] = value;
}

// The larger ones, or the sums, of the source rows under a window that begins at row |first|.
static void take_rows(const job_t *job, const mmd_vec_t *vec, const float *plane, int64_t first,
                      float *row) {
  const mmd_pooling_t *p = job->pooling;
  fill(row, p->width, job->is_max ? -INFINITY : 0.f);
  for (size_t ky = 0; ky < p->kernel_h; ++ky) {
    int64_t y = first + (int64_t)(ky * p->dilation_h);
    if (y < 0 || y >= (int64_t)p->height) continue;
    const float *in = plane + (size_t)y * p->width;
    if (job->is_max) vec->max_into(p->width, in, row);
    if (!job->is_max) vec->axpy(p->width, 1.f, in, row);
  }
}

// The same along that row, for kernel column |kx| of all windows.
static void take_column(const job_t *job, const mmd_vec_t *vec, const float *row, size_t kx,
                        float *out) {
  const mmd_pooling_t *p = job->pooling;
  int64_t x = (int64_t)(kx * p->dilation_w) - (int64_t)p->pad_left;
  mmd_window_t w = mmd_window_make(x, p->stride_w, p->width, p->out_width);
  size_t count = w.end - w.begin;
  if (count == 0) return;
  const float *in = row + (x + (int64_t)(w.begin * p->stride_w));
  out += w.begin;
  if (p->stride_w == 1) {
    if (job->is_max) vec->max_into(count, in, out);
    if (!job->is_max) vec->axpy(count, 1.f, in, out);
  } else if (job->is_max) {
    for (size_t i = 0; i < count; ++i, in += p->stride_w) {
      if (*in > out[i] || isnan(*in)) out[i] = *in;
    }
  } else {
    for (size_t i = 0; i < count; ++i, in += p->stride_w) out[i] += *in;
  }
}

// Kernel positions that count for a window beginning at |first|: inside [0, size), or, with
// padding, inside [-pad_begin, size + pad_end).
static size_t count_positions(int64_t first, size_t kernel, size_t dilation, size_t size,
                              size_t pad_begin, size_t pad_end, bool include_pad) {
  int64_t shift = include_pad ? (int64_t)pad_begin : 0;
  size_t span = include_pad ? size + pad_begin + pad_end : size;
  mmd_window_t w = mmd_window_make(first + shift, dilation, span, kernel);
  return w.end - w.begin;
}

static void divide_row(const mmd_pooling_t *p, int64_t y, float *out) {
  size_t rows = count_positions(y, p->kernel_h, p->dilation_h, p->height, p->pad_top, p->pad_bottom,
                                p->count_include_pad);
  for (size_t ox = 0; ox < p->out_width; ++ox) {
    int64_t x = (int64_t)(ox * p->stride_w) - (int64_t)p->pad_left;
    size_t columns = count_positions(x, p->kernel_w, p->dilation_w, p->width, p->pad_left,
                                     p->pad_right, p->count_include_pad);
    size_t count = rows * columns;
    out[ox] = count > 0 ? out[ox] / (float)count : 0.f;
  }
}

static void run_plane(const job_t *job, size_t plane, float *row) {
  const mmd_pooling_t *p = job->pooling;
  const mmd_vec_t *vec = mmd_vec_get();
  for (size_t oy = 0; oy < p->out_height; ++oy) {
    float *out = job->y + (plane * p->out_height + oy) * p->out_width;
    int64_t first = (int64_t)(oy * p->stride_h) - (int64_t)p->pad_top;
    take_rows(job, vec, job->x + plane * p->height * p->width, first, row);
    fill(out, p->out_width, job->is_max ? -INFINITY : 0.f);
    for (size_t kx = 0; kx < p->kernel_w; ++kx) take_column(job, vec, row, kx, out);
    if (!job->is_max) divide_row(p, first, out);
  }
}

static void run_planes(void *context, size_t begin, size_t end) {
  job_t *job = context;
  float *row = mmd_alloc_array(job->pooling->width + 1, sizeof *row);
  if (!row) atomic_store(&job->short_of_memory, true);
  for (size_t i = begin; row && i < end; ++i) run_plane(job, i, row);
  mmd_free(row);
}

static mmd_status_t run(const mmd_pooling_t *pooling, const float *x, float *y, bool is_max,
                        mmd_pool_t *pool) {
  job_t job = {.pooling = pooling, .x = x, .y = y, .is_max = is_max};
  mmd_parallel_for(pool, pooling->planes, 1, run_planes, &job);
  return atomic_load(&job.short_of_memory) ? mmd_status_no_memory() : NULL;
}

mmd_status_t mmd_pooling_max(const mmd_pooling_t *pooling, const float *x, float *y,
                             mmd_pool_t *pool) {
  return run(pooling, x, y, true, pool);
}

mmd_status_t mmd_pooling_average(const mmd_pooling_t *pooling, const float *x, float *y,
                                 mmd_pool_t *pool) {
  return run(pooling, x, y, false, pool);
}

void mmd_pooling_global_average(size_t planes, size_t size, const float *x, float *y) {
  const mmd_vec_t *vec = mmd_vec_get();
  for (size_t i = 0; i < planes; ++i) {
    y[i] = size > 0 ? vec->sum(size, x + i * size) / (float)size : 0.f;
  }
}

static bool has_nan(size_t size, const float *x) {
  bool found = false;
  for (size_t i = 0; i < size; ++i) found |= isnan(x[i]);
  return found;
}

void mmd_pooling_global_max(size_t planes, size_t size, const float *x, float *y) {
  const mmd_vec_t *vec = mmd_vec_get();
  for (size_t i = 0; i < planes; ++i, x += size) {
    y[i] = has_nan(size, x) ? NAN : size > 0 ? vec->max(size, x) : -INFINITY;
  }
}
