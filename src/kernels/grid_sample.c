// SPDX-License-Identifier: Apache-2.0
#include "kernels/grid_sample.h"

#include <math.h>

enum {
  PIECE = 32,     // points whose taps are kept at once
  MAX_TAPS = 16,  // of a point
  AXIS_TAPS = 4,
};

typedef struct {
  const mmd_grid_sample_t *sample;
  int axis_taps, taps;
  size_t plane;
  const float *x, *grid;
  float *y;
} job_t;

// Pixels along one axis; -1 stands for a zero.
typedef struct {
  int64_t at[AXIS_TAPS];
  float weight[AXIS_TAPS];
} axis_t;

typedef struct {
  int64_t at[MAX_TAPS][PIECE];
  float weight[MAX_TAPS][PIECE];
} table_t;

static float reflect(float x, float low, float high) {
  float span = high - low;
  if (span <= 0) return 0;
  float distance = fabsf(x - low), rest = fmodf(distance, span);
  bool odd = fmodf(floorf(distance / span), 2) != 0;
  return odd ? high - rest : low + rest;
}

static float pad(const mmd_grid_sample_t *s, size_t size, float x) {
  float last = (float)size - 1, margin = s->align_corners ? 0 : 0.5f;
  if (s->padding == MMD_GRID_ZEROS) return x;
  if (s->padding == MMD_GRID_REFLECTION) x = reflect(x, -margin, last + margin);
  return x < 0 ? 0 : x > last ? last : x;
}

static void set_tap(axis_t *axis, int tap, size_t size, float at, float weight) {
  bool inside = at >= 0 && at < (float)size;
  axis->at[tap] = inside ? (int64_t)at : -1;
  axis->weight[tap] = inside ? weight : 0;
}

// Cubic convolution (Keys 1981) with a = -0.75.
static void cubic_weights(float t, float *out) {
  const float a = -0.75f;
  const float x[] = {t + 1, t, 1 - t, 2 - t};
  for (int i = 0; i < 4; i += 3) out[i] = ((a * x[i] - 5 * a) * x[i] + 8 * a) * x[i] - 4 * a;
  for (int i = 1; i < 3; ++i) out[i] = ((a + 2) * x[i] - (a + 3)) * x[i] * x[i] + 1;
}

static axis_t find_axis(const mmd_grid_sample_t *s, size_t size, float v) {
  axis_t axis = {{-1, -1, -1, -1}, {0, 0, 0, 0}};
  float n = (float)size, x = s->align_corners ? (v + 1) / 2 * (n - 1) : ((v + 1) * n - 1) / 2;
  if (!isfinite(x)) return axis;
  if (s->mode == MMD_GRID_CUBIC) {  // pads the taps, not the position
    float base = floorf(x), weights[4];
    cubic_weights(x - base, weights);
    for (int t = 0; t < 4; ++t) {
      set_tap(&axis, t, size, pad(s, size, base + (float)(t - 1)), weights[t]);
    }
    return axis;
  }
  x = pad(s, size, x);
  if (s->mode == MMD_GRID_NEAREST) {
    set_tap(&axis, 0, size, rintf(x), 1);
    return axis;
  }
  float base = floorf(x), part = x - base;
  set_tap(&axis, 0, size, base, 1 - part);
  set_tap(&axis, 1, size, base + 1, part);
  return axis;
}

static void find_point(const job_t *job, const float *position, size_t i, table_t *table) {
  const mmd_grid_sample_t *s = job->sample;
  axis_t axes[3];
  for (int k = 0; k < s->axes; ++k) axes[k] = find_axis(s, s->size[k], position[s->axes - 1 - k]);
  for (int t = 0; t < job->taps; ++t) {
    int64_t at = 0;
    float weight = 1;
    int digit = job->taps, rest = t;
    for (int k = 0; k < s->axes; ++k) {
      digit /= job->axis_taps;
      int tap = rest / digit;
      rest %= digit;
      int64_t pixel = axes[k].at[tap];
      at = at < 0 || pixel < 0 ? -1 : at * (int64_t)s->size[k] + pixel;
      weight *= axes[k].weight[tap];
    }
    table->at[t][i] = at;
    table->weight[t][i] = weight;
  }
}

static void take_points(const job_t *job, const table_t *table, size_t count, const float *x,
                        float *y) {
  const mmd_grid_sample_t *s = job->sample;
  for (size_t c = 0; c < s->channels; ++c, x += job->plane, y += s->points) {
    for (size_t i = 0; i < count; ++i) {
      float sum = 0;
      for (int t = 0; t < job->taps; ++t) {
        int64_t at = table->at[t][i];
        sum += at < 0 ? 0.f : table->weight[t][i] * x[at];
      }
      y[i] = sum;
    }
  }
}

// Points [begin, end) of all images.
static void run_points(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_grid_sample_t *s = job->sample;
  table_t table;
  while (begin < end) {
    size_t n = begin / s->points, p = begin % s->points, count = end - begin;
    if (count > PIECE) count = PIECE;
    if (count > s->points - p) count = s->points - p;
    for (size_t i = 0; i < count; ++i) {
      find_point(job, job->grid + (begin + i) * (size_t)s->axes, i, &table);
    }
    take_points(job, &table, count, job->x + n * s->channels * job->plane,
                job->y + n * s->channels * s->points + p);
    begin += count;
  }
}

mmd_status_t mmd_grid_sample_run(const mmd_grid_sample_t *sample, const float *x, const float *grid,
                                 float *y, mmd_pool_t *pool) {
  const mmd_grid_sample_t *s = sample;
  bool cubic = s->mode == MMD_GRID_CUBIC;
  if (s->axes < 2 || s->axes > (cubic ? 2 : 3) || s->mode < MMD_GRID_LINEAR ||
      s->mode > MMD_GRID_CUBIC || s->padding < MMD_GRID_ZEROS || s->padding > MMD_GRID_REFLECTION) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "grid sample: mode %d, padding %d, %d axes", (int)s->mode,
                     (int)s->padding, s->axes);
  }
  job_t job = {.sample = s, .taps = 1, .plane = 1, .x = x, .grid = grid, .y = y};
  job.axis_taps = cubic ? 4 : s->mode == MMD_GRID_LINEAR ? 2 : 1;
  for (int k = 0; k < s->axes; ++k) {
    job.taps *= job.axis_taps;
    job.plane *= s->size[k];
  }
  if (s->batch == 0 || s->channels == 0 || s->points == 0) return NULL;
  if (job.plane == 0) return MMD_ERROR(MMD_INVALID_ARGUMENT, "grid sample: the image is empty");
  mmd_parallel_for(pool, s->batch * s->points, 4 * PIECE, run_points, &job);
  return NULL;
}
