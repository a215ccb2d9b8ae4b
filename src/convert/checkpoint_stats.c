// SPDX-License-Identifier: Apache-2.0
#include "convert/checkpoint_stats.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 4096, DROP_BYTES = 4 << 20 };

double mmd_stats_deviation(const mmd_stats_t *stats) {
  return stats->count ? sqrt(stats->squares / (double)stats->count) : (double)NAN;
}

// Chan, Golub and LeVeque: means and squares of two parts give those of the whole.
static void merge_finite(mmd_stats_t *stats, const mmd_stats_t *more) {
  const double n = (double)stats->count, m = (double)more->count, step = more->mean - stats->mean;
  if (more->min < stats->min) stats->min = more->min;
  if (more->max > stats->max) stats->max = more->max;
  stats->squares += more->squares + step * step * n * m / (n + m);
  stats->mean += step * m / (n + m);
  stats->count += more->count;
}

void mmd_stats_merge(mmd_stats_t *stats, const mmd_stats_t *more) {
  const uint64_t nans = stats->nans + more->nans, infinities = stats->infinities + more->infinities;
  if (stats->count && more->count) merge_finite(stats, more);
  if (!stats->count) *stats = *more;
  stats->nans = nans;
  stats->infinities = infinities;
}

// Moves the finite numbers to the front and counts the others.
static size_t keep_finite(double *numbers, size_t count, mmd_stats_t *stats) {
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if (isfinite(numbers[i])) {
      numbers[kept++] = numbers[i];
    } else if (isnan(numbers[i])) {
      ++stats->nans;
    } else {
      ++stats->infinities;
    }
  }
  return kept;
}

static void add_chunk(mmd_stats_t *stats, double *numbers, size_t count) {
  mmd_stats_t part = {0};
  count = keep_finite(numbers, count, &part);
  double sum = 0, squares = 0;
  if (count) part.min = part.max = numbers[0];
  for (size_t i = 0; i < count; ++i) {
    sum += numbers[i];
    if (numbers[i] < part.min) part.min = numbers[i];
    if (numbers[i] > part.max) part.max = numbers[i];
  }
  part.count = count;
  part.mean = count ? sum / (double)count : 0;
  for (size_t i = 0; i < count; ++i) {
    squares += (numbers[i] - part.mean) * (numbers[i] - part.mean);
  }
  part.squares = squares;
  mmd_stats_merge(stats, &part);
}

static void load(const mmd_tensor_t *tensor, size_t first, size_t count, double *out) {
  if (!mmd_tensor_is_contiguous(tensor)) {
    for (size_t i = 0; i < count; ++i) out[i] = mmd_tensor_get_f64(tensor, first + i);
    return;
  }
  const uint8_t *data = mmd_tensor_data(tensor);
  if (tensor->dtype == MMD_F32) {  // nearly all there is
    for (size_t i = 0; i < count; ++i) {
      float number;
      memcpy(&number, data + (first + i) * sizeof number, sizeof number);
      out[i] = number;
    }
    return;
  }
  for (size_t i = 0; i < count; ++i) out[i] = mmd_dtype_load_f64(tensor->dtype, data, first + i);
}

void mmd_stats_add_tensor(mmd_stats_t *stats, const mmd_tensor_t *tensor) {
  double numbers[CHUNK];
  const size_t count = mmd_tensor_count(tensor), item = mmd_dtype_size(tensor->dtype);
  const bool streams = mmd_tensor_is_contiguous(tensor);
  if (!count || !item || tensor->dtype == MMD_C64 || tensor->dtype == MMD_C128) return;
  size_t dropped = 0;
  for (size_t first = 0; first < count; first += CHUNK) {
    const size_t size = count - first < CHUNK ? count - first : CHUNK;
    load(tensor, first, size, numbers);
    add_chunk(stats, numbers, size);
    const size_t done = (first + size) * item;
    if (!streams || (done - dropped < DROP_BYTES && first + size < count)) continue;
    mmd_storage_drop_pages(tensor->storage, tensor->offset + dropped, done - dropped);
    dropped = done;
  }
}
