// SPDX-License-Identifier: Apache-2.0
#include "kernels/fused.h"

#include <stdatomic.h>

#include "base/alloc.h"
#include "kernels/resize_plan.h"

enum {
  MAX_PAD = 1 << 20,
  // Rows that one thread takes at least; fewer would repeat too many horizontal passes.
  BAND = 32,
  // Pixels that one thread takes at least: about a millisecond of work. Waking another thread for
  // less costs more than it saves, above all while an engine's threads still spin.
  PIECE = 1 << 18,
};

typedef struct job_t {
  const mmd_fused_t *fused;
  mmd_resize_plan_t plan;
  const uint8_t *src;
  size_t src_stride;
  float *dst;
  float border[4];
  atomic_bool short_of_memory;
} job_t;

// Two source rows after the horizontal pass, as planes.
typedef struct linear_rows_t {
  int16_t *rows[2];
  size_t row_of[2];  // source row plus one, 0 = none
} linear_rows_t;

mmd_fused_t mmd_fused_make(const mmd_resize_t *resize) {
  mmd_fused_t fused = {.resize = *resize, .planes = resize->channels};
  for (size_t p = 0; p < 4; ++p) {
    fused.order[p] = (uint8_t)p;
    fused.scale[p] = 1.f;
  }
  return fused;
}

size_t mmd_fused_width(const mmd_fused_t *f) {
  return f->pad_left + f->resize.window_width + f->pad_right;
}

size_t mmd_fused_height(const mmd_fused_t *f) {
  return f->pad_top + f->resize.window_height + f->pad_bottom;
}

static mmd_status_t check(const mmd_fused_t *f) {
  MMD_TRY(mmd_resize_check(&f->resize));
  if (f->pad_left > MAX_PAD || f->pad_top > MAX_PAD || f->pad_right > MAX_PAD ||
      f->pad_bottom > MAX_PAD) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "pre-processing: padding of more than %d pixels", MAX_PAD);
  }
  if (f->planes < 1 || f->planes > 4) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "pre-processing: %zu planes, must be 1 to 4", f->planes);
  }
  for (size_t p = 0; p < f->planes; ++p) {
    if (f->order[p] >= f->resize.channels) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "pre-processing: channel %d of an image with %zu",
                       f->order[p], f->resize.channels);
    }
  }
  return NULL;
}

static float *plane_row(const job_t *job, size_t plane, size_t y) {
  size_t width = mmd_fused_width(job->fused);
  return job->dst + (plane * mmd_fused_height(job->fused) + y) * width;
}

static void fill(float *out, size_t count, float value) {
  for (size_t i = 0; i < count; ++i) out[i] = value;
}

// The border left and right of result row |y|, or the whole row.
static void fill_border(const job_t *job, size_t y, bool whole) {
  const mmd_fused_t *f = job->fused;
  size_t width = mmd_fused_width(f);
  for (size_t p = 0; p < f->planes; ++p) {
    float *row = plane_row(job, p, y);
    fill(row, whole ? width : f->pad_left, job->border[p]);
    if (!whole) fill(row + width - f->pad_right, f->pad_right, job->border[p]);
  }
}

static const int16_t *linear_row(const job_t *job, linear_rows_t *rows, size_t source) {
  const mmd_resize_t *r = &job->fused->resize;
  size_t slot = source & 1;
  if (rows->row_of[slot] != source + 1) {
    mmd_rows_get()->linear_x(job->src + source * job->src_stride, r->src_width, r->channels,
                             &job->plan.linear_x, rows->rows[slot], r->window_width);
    rows->row_of[slot] = source + 1;
  }
  return rows->rows[slot];
}

static bool linear_band(const job_t *job, size_t begin, size_t end) {
  const mmd_fused_t *f = job->fused;
  size_t width = f->resize.window_width;
  size_t elements = width * f->resize.channels;
  int16_t *memory = mmd_alloc_array(elements, 2 * sizeof *memory);
  if (!memory) return false;
  linear_rows_t rows = {{memory, memory + elements}, {0, 0}};
  const mmd_rows_t *loops = mmd_rows_get();
  void (*const blend)(const int16_t *, const int16_t *, const int16_t *, size_t, float, float,
                      float *) =
      job->plan.method == MMD_RESIZE_WARP ? loops->warp_y_normalize : loops->linear_y_normalize;
  for (size_t y = begin; y < end; ++y) {
    size_t source[2];
    mmd_resize_plan_linear_rows(&job->plan, y, source);
    const int16_t *row0 = linear_row(job, &rows, source[0]);
    const int16_t *row1 = linear_row(job, &rows, source[1]);
    const int16_t *weights = job->plan.linear_y.weights + 2 * y;
    for (size_t p = 0; p < f->planes; ++p) {
      size_t at = f->order[p] * width;
      blend(row0 + at, row1 + at, weights, width, f->mean[p], f->scale[p],
            plane_row(job, p, y + f->pad_top) + f->pad_left);
    }
  }
  mmd_free(memory);
  return true;
}

static void normalize_row(const job_t *job, const uint8_t *row, size_t y) {
  const mmd_fused_t *f = job->fused;
  size_t plane = mmd_fused_width(f) * mmd_fused_height(f);
  mmd_rows_get()->normalize(row, f->resize.window_width, f->resize.channels, f->planes, f->order,
                            f->mean, f->scale, plane_row(job, 0, y + f->pad_top) + f->pad_left,
                            plane);
}

static void copy_band(const job_t *job, size_t begin, size_t end) {
  const mmd_resize_t *r = &job->fused->resize;
  for (size_t y = begin; y < end; ++y) {
    const uint8_t *row = job->src + (y + r->window_y) * job->src_stride + r->window_x * r->channels;
    normalize_row(job, row, y);
  }
}

static bool resized_band(const job_t *job, size_t begin, size_t end) {
  const mmd_resize_t *r = &job->fused->resize;
  mmd_resize_rows_t rows;
  uint8_t *row = mmd_alloc_array(r->window_width, r->channels);
  bool ok =
      row && !mmd_status_ignore(mmd_resize_rows_init(&job->plan, job->src, job->src_stride, &rows));
  if (ok) {
    for (size_t y = begin; y < end; ++y) {
      mmd_resize_rows_get(&rows, y, row);
      normalize_row(job, row, y);
    }
    mmd_resize_rows_deinit(&rows);
  }
  mmd_free(row);
  return ok;
}

// Rows [begin, end) of the window.
static void run_band(void *context, size_t begin, size_t end) {
  job_t *job = context;
  bool ok = true;
  switch (job->plan.method) {
    case MMD_RESIZE_COPY:
      copy_band(job, begin, end);
      break;
    case MMD_RESIZE_LINEAR:
    case MMD_RESIZE_WARP:
      ok = linear_band(job, begin, end);
      break;
    default:
      ok = resized_band(job, begin, end);
  }
  if (!ok) atomic_store(&job->short_of_memory, true);
  for (size_t y = begin; y < end; ++y) fill_border(job, y + job->fused->pad_top, false);
}

static void fill_top_and_bottom(const job_t *job) {
  const mmd_fused_t *f = job->fused;
  for (size_t y = 0; y < f->pad_top; ++y) fill_border(job, y, true);
  size_t end = mmd_fused_height(f);
  for (size_t y = end - f->pad_bottom; y < end; ++y) fill_border(job, y, true);
}

mmd_status_t mmd_fused_run(const mmd_fused_t *f, const uint8_t *src, size_t src_stride, float *dst,
                           mmd_pool_t *pool) {
  MMD_TRY(check(f));
  job_t job = {.fused = f, .src = src, .src_stride = src_stride, .dst = dst};
  for (size_t p = 0; p < f->planes; ++p) {
    job.border[p] = f->pad_first ? (f->pad_value - f->mean[p]) * f->scale[p] : f->pad_value;
  }
  MMD_TRY(mmd_resize_plan_init(&f->resize, &job.plan));
  const size_t rows = PIECE / f->resize.window_width;
  mmd_parallel_for(pool, f->resize.window_height, rows > BAND ? rows : BAND, run_band, &job);
  fill_top_and_bottom(&job);
  mmd_resize_plan_deinit(&job.plan);
  return atomic_load(&job.short_of_memory) ? mmd_status_no_memory() : NULL;
}
