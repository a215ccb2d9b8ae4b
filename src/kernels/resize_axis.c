// SPDX-License-Identifier: Apache-2.0
//
// Sample positions and weights of one axis. The order and the width of every operation here decides
// bits of the result, so nothing may be simplified.
#include <math.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "kernels/resize_plan.h"

mmd_status_t mmd_pick_axis_cv(size_t src, size_t dst, size_t begin, size_t count,
                              int32_t **out_index) {
  int32_t *index = mmd_alloc_array(count, sizeof *index);
  MMD_TRY_ALLOC(index);
  double scale = 1.0 / ((double)dst / (double)src);
  for (size_t i = 0; i < count; ++i) {
    double at = floor((double)(begin + i) * scale);
    double last = (double)src - 1;
    index[i] = (int32_t)(at < last ? at : last);
  }
  *out_index = index;
  return NULL;
}

// Pillow steps along the axis, so rounding errors add up.
mmd_status_t mmd_pick_axis_pil(size_t src, size_t dst, size_t begin, size_t count,
                               int32_t **out_index) {
  int32_t *index = mmd_alloc_array(count, sizeof *index);
  MMD_TRY_ALLOC(index);
  double step = (double)src / (double)dst;
  double at = step * 0.5;
  for (size_t i = 0; i < begin + count; ++i, at += step) {
    double last = (double)src - 1;
    if (i >= begin) index[i - begin] = (int32_t)(at < last ? at : last);
  }
  *out_index = index;
  return NULL;
}

void mmd_linear_sample(size_t src, size_t dst, size_t i, int32_t *out_index, float *out_fraction) {
  double scale = 1.0 / ((double)dst / (double)src);
  float at = (float)(((double)i + 0.5) * scale - 0.5);
  float base = floorf(at);
  *out_index = (int32_t)base;
  *out_fraction = at - base;
}

void mmd_area_linear_sample(size_t src, size_t dst, size_t i, int32_t *out_index,
                            float *out_fraction) {
  double inverse = (double)dst / (double)src;
  double scale = 1.0 / inverse;
  double base = floor((double)i * scale);
  float fraction = (float)((double)(i + 1) - (base + 1) * inverse);
  *out_index = (int32_t)base;
  *out_fraction = fraction <= 0 ? 0.f : fraction - floorf(fraction);
}

mmd_status_t mmd_linear_axis_init(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                  size_t count, bool clamp, mmd_linear_axis_t *axis) {
  *axis = (mmd_linear_axis_t){.count = count};
  axis->index = mmd_alloc_array(count, sizeof *axis->index);
  axis->weights = mmd_alloc_array(count, 2 * sizeof *axis->weights);
  if (!axis->index || !axis->weights) {
    mmd_linear_axis_deinit(axis);
    return mmd_status_no_memory();
  }
  for (size_t i = 0; i < count; ++i) {
    int32_t index;
    float fraction;
    (kind == MMD_RESIZE_CV_AREA ? mmd_area_linear_sample : mmd_linear_sample)(src, dst, begin + i,
                                                                              &index, &fraction);
    if (clamp && index < 0) {
      index = 0;
      fraction = 0;
    }
    if (clamp && index >= (int32_t)src - 1) {
      index = (int32_t)src - 1;
      fraction = 0;
    }
    axis->index[i] = index;
    axis->weights[2 * i] = (int16_t)lrintf((1.f - fraction) * 2048.f);
    axis->weights[2 * i + 1] = (int16_t)lrintf(fraction * 2048.f);
  }
  return NULL;
}

mmd_status_t mmd_place_axis_init(const int32_t *places, size_t src, size_t count, bool clamp,
                                 mmd_linear_axis_t *axis) {
  enum { STEPS = 32 };
  const int32_t last = (int32_t)src - 1, unit = clamp ? 16 : 1;
  *axis = (mmd_linear_axis_t){.count = count};
  axis->index = mmd_alloc_array(count, sizeof *axis->index);
  axis->weights = mmd_alloc_array(count, 2 * sizeof *axis->weights);
  if (!axis->index || !axis->weights) {
    mmd_linear_axis_deinit(axis);
    return mmd_status_no_memory();
  }
  for (size_t i = 0; i < count; ++i) {
    const int32_t at = places[i] >> 5, fraction = places[i] & (STEPS - 1);
    // Pixels outside weigh nothing.
    const int32_t first = at >= 0 && at <= last ? (STEPS - fraction) * unit : 0;
    const int32_t second = at >= -1 && at < last ? fraction * unit : 0;
    const bool is_before = clamp && at == -1;
    axis->index[i] = at < -1 ? (clamp ? 0 : -1) : at > last ? last : is_before ? 0 : at;
    axis->weights[2 * i] = (int16_t)(is_before ? second : first);
    axis->weights[2 * i + 1] = (int16_t)(is_before ? 0 : second);
  }
  return NULL;
}

void mmd_linear_axis_deinit(mmd_linear_axis_t *axis) {
  mmd_free(axis->index);
  mmd_free(axis->weights);
  *axis = (mmd_linear_axis_t){0};
}

static double box(double x) {
  return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
}

static double triangle(double x) {
  if (x < 0.0) x = -x;
  return x < 1.0 ? 1.0 - x : 0.0;
}

static const double kPi = 3.14159265358979323846;

static double hamming(double x) {
  if (x < 0.0) x = -x;
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= kPi;
  return sin(x) / x * (0.54 + 0.46 * cos(x));
}

static double cubic(double x) {
  const double a = -0.5;
  if (x < 0.0) x = -x;
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

static double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= kPi;
  return sin(x) / x;
}

static double lanczos(double x) {
  return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0;
}

typedef struct filter_t {
  double (*weight)(double);
  double scale;    // source pixels a result pixel, at least 1
  double step;     // source pixels from one result pixel to the next
  double support;  // source pixels on each side
  size_t taps;     // source pixels a result pixel, at most
} filter_t;

static filter_t make_filter(mmd_resize_kind_t kind, size_t src, size_t dst) {
  static const struct {
    double (*weight)(double);
    double support;
  } kFilters[] = {
      [MMD_RESIZE_PIL_BOX] = {box, 0.5},       [MMD_RESIZE_PIL_BILINEAR] = {triangle, 1},
      [MMD_RESIZE_PIL_HAMMING] = {hamming, 1}, [MMD_RESIZE_PIL_BICUBIC] = {cubic, 2},
      [MMD_RESIZE_PIL_LANCZOS] = {lanczos, 3},
  };
  filter_t f = {.weight = kFilters[kind].weight, .step = (double)src / (double)dst};
  f.scale = f.step < 1.0 ? 1.0 : f.step;
  f.support = kFilters[kind].support * f.scale;
  f.taps = (size_t)ceil(f.support) * 2 + 1;
  if (f.taps > src) f.taps = src;
  return f;
}

static int32_t fixed_weight(double weight) {
  double scaled = weight * (1 << 22);
  return (int32_t)(weight < 0 ? -0.5 + scaled : 0.5 + scaled);
}

// Weights of result pixel |i|; returns their number.
static size_t fill_weights(const filter_t *f, size_t src, size_t i, double *k, int32_t *out_start) {
  double center = ((double)i + 0.5) * f->step;
  double inverse = 1.0 / f->scale;
  int32_t begin = (int32_t)(center - f->support + 0.5);
  int32_t end = (int32_t)(center + f->support + 0.5);
  if (begin < 0) begin = 0;
  if (end > (int32_t)src) end = (int32_t)src;
  int32_t size = end - begin;
  double total = 0.0;
  for (int32_t x = 0; x < size; ++x) {
    k[x] = f->weight((x + begin - center + 0.5) * inverse);
    total += k[x];
  }
  for (int32_t x = 0; x < size && total != 0.0; ++x) k[x] /= total;
  *out_start = begin;
  return (size_t)size;
}

static void split_weights(const double *k, size_t size, int16_t *out) {
  for (size_t x = 0; x < size; ++x) {
    int32_t fixed = fixed_weight(k[x]);
    int32_t low = fixed & 4095;
    out[4 * (x / 2) + x % 2] = (int16_t)low;
    out[4 * (x / 2) + x % 2 + 2] = (int16_t)((fixed - low) / 4096);
  }
}

mmd_status_t mmd_filter_axis_init(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                  size_t count, mmd_filter_axis_t *axis) {
  filter_t f = make_filter(kind, src, dst);
  *axis = (mmd_filter_axis_t){.count = count, .pairs = (f.taps + 1) / 2};
  size_t groups = 0;
  double *scratch = mmd_alloc_array(f.taps, sizeof *scratch);
  axis->start = mmd_alloc_array(count, sizeof *axis->start);
  axis->size = mmd_alloc_array(count, sizeof *axis->size);
  if (mmd_checked_mul(count, axis->pairs, &groups)) {
    axis->weights = mmd_alloc_array(groups, 4 * sizeof *axis->weights);
  }
  if (!scratch || !axis->start || !axis->size || !axis->weights) {
    mmd_free(scratch);
    mmd_filter_axis_deinit(axis);
    return mmd_status_no_memory();
  }
  for (size_t i = 0; i < count; ++i) {
    size_t size = fill_weights(&f, src, begin + i, scratch, axis->start + i);
    axis->size[i] = (int32_t)size;
    split_weights(scratch, size, axis->weights + 4 * axis->pairs * i);
  }
  mmd_free(scratch);
  return NULL;
}

mmd_status_t mmd_tap_axis_filter(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                 size_t count, mmd_tap_axis_t *axis) {
  filter_t f = make_filter(kind, src, dst);
  MMD_TRY(mmd_tap_axis_init(count, f.taps, axis));
  double *scratch = mmd_alloc_array(f.taps, sizeof *scratch);
  if (!scratch) {
    mmd_tap_axis_deinit(axis);
    return mmd_status_no_memory();
  }
  for (size_t i = 0; i < count; ++i) {
    int32_t start;
    size_t size = fill_weights(&f, src, begin + i, scratch, &start);
    for (size_t k = 0; k < f.taps; ++k) {
      axis->index[i * f.taps + k] = start + (int32_t)(k < size ? k : 0);
      axis->weights[i * f.taps + k] = k < size ? (float)scratch[k] : 0.f;
    }
  }
  mmd_free(scratch);
  return NULL;
}

void mmd_filter_axis_deinit(mmd_filter_axis_t *axis) {
  mmd_free(axis->start);
  mmd_free(axis->size);
  mmd_free(axis->weights);
  *axis = (mmd_filter_axis_t){0};
}
