// SPDX-License-Identifier: Apache-2.0
#include "kernels/bicubic.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

typedef struct {
  int64_t at[4];
  float weight[4];
} taps_t;

typedef struct {
  const mmd_bicubic_t *bicubic;
  const taps_t *rows, *columns;
  const float *x;
  float *y;
} job_t;

int64_t mmd_bicubic_position(size_t size, size_t out_size, double step, bool align_corners,
                             size_t i, double *out_part) {
  double at = ((double)i + 0.5) * step - 0.5;
  if (align_corners)
    at = out_size > 1 ? (double)(size - 1) / (double)(out_size - 1) * (double)i : 0;
  double base = floor(at);
  *out_part = at - base;
  // Steps that are not those of the sizes may lead far outside; there all is border.
  base = fmin(fmax(base, -4), (double)size + 4);
  return (int64_t)base - 1;
}

void mmd_bicubic_weights(double part, double out_weights[4]) {
  const double a = -0.75, x[] = {part + 1, part, 1 - part, 2 - part};
  for (int i = 0; i < 4; i += 3) {
    out_weights[i] = ((a * x[i] - 5 * a) * x[i] + 8 * a) * x[i] - 4 * a;
  }
  for (int i = 1; i < 3; ++i) out_weights[i] = ((a + 2) * x[i] - (a + 3)) * x[i] * x[i] + 1;
}

static mmd_status_t make_taps(size_t size, size_t out_size, double step, bool align_corners,
                              taps_t **out_taps) {
  taps_t *taps = *out_taps = mmd_alloc_array(out_size, sizeof *taps);
  MMD_TRY_ALLOC(taps);
  for (size_t i = 0; i < out_size; ++i) {
    double part, weights[4];
    int64_t first = mmd_bicubic_position(size, out_size, step, align_corners, i, &part);
    mmd_bicubic_weights(part, weights);
    for (int t = 0; t < 4; ++t) {
      int64_t at = first + t, last = (int64_t)size - 1;
      taps[i].at[t] = at < 0 ? 0 : at > last ? last : at;
      taps[i].weight[t] = (float)weights[t];
    }
  }
  return NULL;
}

static float take_row(const taps_t *c, const float *row) {
  return row[c->at[0]] * c->weight[0] + row[c->at[1]] * c->weight[1] +
         row[c->at[2]] * c->weight[2] + row[c->at[3]] * c->weight[3];
}

// Rows [begin, end) of all planes of the result.
static void run_rows(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_bicubic_t *b = job->bicubic;
  for (size_t i = begin; i < end; ++i) {
    const taps_t *r = &job->rows[i % b->out_height];
    const float *plane = job->x + i / b->out_height * b->height * b->width, *in[4];
    float *out = job->y + i * b->out_width;
    for (int t = 0; t < 4; ++t) in[t] = plane + (size_t)r->at[t] * b->width;
    for (size_t x = 0; x < b->out_width; ++x) {
      const taps_t *c = &job->columns[x];
      out[x] = take_row(c, in[0]) * r->weight[0] + take_row(c, in[1]) * r->weight[1] +
               take_row(c, in[2]) * r->weight[2] + take_row(c, in[3]) * r->weight[3];
    }
  }
}

size_t mmd_bicubic_scratch(const mmd_bicubic_t *bicubic) {
  size_t count, bytes;
  bool fits = mmd_checked_add(bicubic->out_height, bicubic->out_width, &count) &&
              mmd_checked_mul(count, sizeof(taps_t), &bytes);
  return fits ? bytes : SIZE_MAX;
}

mmd_status_t mmd_bicubic_run(const mmd_bicubic_t *bicubic, const float *x, float *y,
                             mmd_pool_t *pool) {
  const mmd_bicubic_t *b = bicubic;
  if (b->planes == 0 || b->out_height == 0 || b->out_width == 0) return NULL;
  if (b->height == 0 || b->width == 0) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "bicubic: planes of %zu x %zu", b->height, b->width);
  }
  bool same = b->height == b->out_height && b->width == b->out_width;
  if (same && (b->align_corners || (b->step_h == 1 && b->step_w == 1))) {
    memcpy(y, x, b->planes * b->height * b->width * sizeof *y);
    return NULL;
  }
  taps_t *rows = NULL, *columns = NULL;
  mmd_status_t status = make_taps(b->height, b->out_height, b->step_h, b->align_corners, &rows);
  if (!status) {
    status = make_taps(b->width, b->out_width, b->step_w, b->align_corners, &columns);
  }
  if (!status) {
    job_t job = {.bicubic = b, .rows = rows, .columns = columns, .x = x, .y = y};
    mmd_parallel_for(pool, b->planes * b->out_height, 8, run_rows, &job);
  }
  mmd_free(rows);
  mmd_free(columns);
  return status;
}
