// SPDX-License-Identifier: Apache-2.0
//
// OpenCV's resize of float images.
#include <string.h>

#include "base/alloc.h"
#include "kernels/resize.h"
#include "kernels/resize_plan.h"

typedef struct sampler_t {
  const mmd_resize_t *resize;
  const uint8_t *src;
  size_t src_stride;
  int32_t *index;  // columns of the window
  float *fraction;
  float *rows[2];  // after the horizontal pass
  int64_t row_of[2];
} sampler_t;

static const float *source_row(const sampler_t *s, size_t y) {
  return (const float *)(const void *)(s->src + y * s->src_stride);
}

static void sample_row(const sampler_t *s, const float *src, float *out) {
  size_t channels = s->resize->channels;
  for (size_t x = 0; x < s->resize->window_width; ++x) {
    size_t i = (size_t)s->index[x];
    const float *a = src + i * channels;
    const float *b = i + 1 < s->resize->src_width ? a + channels : a;
    float f = s->fraction[x];
    for (size_t c = 0; c < channels; ++c) out[x * channels + c] = a[c] * (1.f - f) + b[c] * f;
  }
}

static const float *sampled_row(sampler_t *s, int64_t y) {
  int64_t last = (int64_t)s->resize->src_height - 1;
  int64_t row = y < 0 ? 0 : y > last ? last : y;
  size_t slot = (size_t)(row & 1);
  if (s->row_of[slot] != row) {
    sample_row(s, source_row(s, (size_t)row), s->rows[slot]);
    s->row_of[slot] = row;
  }
  return s->rows[slot];
}

static mmd_status_t sampler_init(const mmd_resize_t *r, const float *src, size_t src_stride,
                                 sampler_t *s) {
  size_t elements = r->window_width * r->channels;
  *s = (sampler_t){
      .resize = r, .src = (const uint8_t *)src, .src_stride = src_stride, .row_of = {-1, -1}};
  s->index = mmd_alloc_array(r->window_width, sizeof *s->index);
  s->fraction = mmd_alloc_array(r->window_width, sizeof *s->fraction);
  s->rows[0] = mmd_alloc_array(elements, sizeof(float));
  s->rows[1] = mmd_alloc_array(elements, sizeof(float));
  if (!s->index || !s->fraction || !s->rows[0] || !s->rows[1]) return mmd_status_no_memory();
  for (size_t x = 0; x < r->window_width; ++x) {
    mmd_linear_sample(r->src_width, r->width, r->window_x + x, s->index + x, s->fraction + x);
    int32_t last = (int32_t)r->src_width - 1;
    if (s->index[x] < 0 || s->index[x] >= last) {
      s->index[x] = s->index[x] < 0 ? 0 : last;
      s->fraction[x] = 0;
    }
  }
  return NULL;
}

static void sampler_deinit(sampler_t *s) {
  mmd_free(s->index);
  mmd_free(s->fraction);
  mmd_free(s->rows[0]);
  mmd_free(s->rows[1]);
}

static mmd_status_t resize_linear(const mmd_resize_t *r, const float *src, size_t src_stride,
                                  uint8_t *dst, size_t dst_stride) {
  sampler_t s;
  mmd_status_t status = sampler_init(r, src, src_stride, &s);
  for (size_t y = 0; !status && y < r->window_height; ++y) {
    int32_t at;
    float f;
    mmd_linear_sample(r->src_height, r->height, r->window_y + y, &at, &f);
    const float *row0 = sampled_row(&s, at);
    const float *row1 = sampled_row(&s, (int64_t)at + 1);
    float *out = (float *)(void *)(dst + y * dst_stride);
    for (size_t x = 0; x < r->window_width * r->channels; ++x) {
      out[x] = row0[x] * (1.f - f) + row1[x] * f;
    }
  }
  sampler_deinit(&s);
  return status;
}

static void halve(const mmd_resize_t *r, const uint8_t *src, size_t src_stride, uint8_t *dst,
                  size_t dst_stride) {
  size_t channels = r->channels;
  for (size_t y = 0; y < r->window_height; ++y) {
    const uint8_t *top = src + 2 * (y + r->window_y) * src_stride;
    const float *row0 = (const float *)(const void *)top;
    const float *row1 = (const float *)(const void *)(top + src_stride);
    float *out = (float *)(void *)(dst + y * dst_stride);
    for (size_t x = 0; x < r->window_width; ++x) {
      size_t at = 2 * (x + r->window_x) * channels;
      for (size_t c = 0; c < channels; ++c, ++at) {
        float sum = row0[at] + row0[at + channels] + row1[at] + row1[at + channels];
        out[x * channels + c] = sum * 0.25f;
      }
    }
  }
}

// Copies pixels; equal sizes pick every pixel.
static mmd_status_t pick(const mmd_resize_t *r, const uint8_t *src, size_t src_stride, uint8_t *dst,
                         size_t dst_stride) {
  int32_t *px = NULL;
  int32_t *py = NULL;
  size_t bytes = r->channels * sizeof(float);
  mmd_status_t status = mmd_pick_axis_cv(r->src_width, r->width, r->window_x, r->window_width, &px);
  if (!status) {
    status = mmd_pick_axis_cv(r->src_height, r->height, r->window_y, r->window_height, &py);
  }
  for (size_t y = 0; !status && y < r->window_height; ++y) {
    const uint8_t *from = src + (size_t)py[y] * src_stride;
    for (size_t x = 0; x < r->window_width; ++x) {
      memcpy(dst + y * dst_stride + x * bytes, from + (size_t)px[x] * bytes, bytes);
    }
  }
  mmd_free(px);
  mmd_free(py);
  return status;
}

mmd_status_t mmd_resize_f32(const mmd_resize_t *r, const float *src, size_t src_stride, float *dst,
                            size_t dst_stride) {
  MMD_TRY(mmd_resize_check(r));
  const uint8_t *from = (const uint8_t *)src;
  uint8_t *to = (uint8_t *)dst;
  bool same = r->width == r->src_width && r->height == r->src_height;
  if (r->kind == MMD_RESIZE_CV_NEAREST || (same && r->kind == MMD_RESIZE_CV_LINEAR)) {
    return pick(r, from, src_stride, to, dst_stride);
  }
  if (r->kind != MMD_RESIZE_CV_LINEAR) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "resize: Pillow's interpolation of float images");
  }
  if (r->src_width == 2 * r->width && r->src_height == 2 * r->height) {
    halve(r, from, src_stride, to, dst_stride);
    return NULL;
  }
  return resize_linear(r, src, src_stride, to, dst_stride);
}
