// SPDX-License-Identifier: Apache-2.0
#include "kernels/ms_deform_attn.h"

#include <string.h>

#include "base/checked.h"
#include "kernels/corners.h"

typedef struct {
  const mmd_ms_deform_attn_t *attn;
  const float *value, *locations, *weights;
  float *y;
} job_t;

mmd_status_t mmd_ms_deform_attn_check(const mmd_ms_deform_attn_t *attn) {
  const mmd_ms_deform_attn_t *a = attn;
  int64_t next = 0, area;
  bool fits = a->levels > 0;
  for (size_t i = 0; i < a->levels && fits; ++i) {
    const int64_t *size = a->sizes + 2 * i;
    fits = size[0] > 0 && size[1] > 0 && a->starts[i] == next &&
           mmd_checked_mul_i64(size[0], size[1], &area) && mmd_checked_add_i64(next, area, &next);
  }
  if (fits && (uint64_t)next == a->positions) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "deformable attention: %zu levels that do not fill %zu positions in order",
                   a->levels, a->positions);
}

// Adds one value, read at (x, y) of a level, to |out|.
static void add_value(const mmd_ms_deform_attn_t *a, size_t level, const float *value, float x,
                      float y, float weight, float *out) {
  int64_t height = a->sizes[2 * level], width = a->sizes[2 * level + 1];
  mmd_corners_t corners =
      mmd_corners_zero(height, width, y * (float)height - 0.5f, x * (float)width - 0.5f);
  size_t step = a->heads * a->channels;
  for (int t = 0; t < 4; ++t) {
    if (corners.at[t] < 0) continue;
    const float *in = value + (size_t)(a->starts[level] + corners.at[t]) * step;
    float factor = weight * corners.weight[t];
    for (size_t c = 0; c < a->channels; ++c) out[c] += factor * in[c];
  }
}

// Rows [begin, end) of batch x queries x heads.
static void run_rows(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  const mmd_ms_deform_attn_t *a = job->attn;
  size_t samples = a->levels * a->points;
  for (size_t row = begin; row < end; ++row) {
    size_t head = row % a->heads, n = row / a->heads / a->queries;
    const float *value = job->value + (n * a->positions * a->heads + head) * a->channels;
    float *out = job->y + row * a->channels;
    memset(out, 0, a->channels * sizeof *out);
    for (size_t i = 0; i < samples; ++i) {
      const float *at = job->locations + 2 * (row * samples + i);
      add_value(a, i / a->points, value, at[0], at[1], job->weights[row * samples + i], out);
    }
  }
}

mmd_status_t mmd_ms_deform_attn_run(const mmd_ms_deform_attn_t *attn, const float *value,
                                    const float *locations, const float *weights, float *y,
                                    mmd_pool_t *pool) {
  MMD_TRY(mmd_ms_deform_attn_check(attn));
  job_t job = {.attn = attn, .value = value, .locations = locations, .weights = weights, .y = y};
  size_t rows = attn->batch * attn->queries * attn->heads;
  if (attn->channels > 0) mmd_parallel_for(pool, rows, 16, run_rows, &job);
  return NULL;
}
