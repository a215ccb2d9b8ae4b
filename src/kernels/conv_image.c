// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv_image.h"

#include "base/checked.h"

bool mmd_conv_image_init(const mmd_conv_t *c, mmd_conv_image_t *out_image) {
  const size_t padded = c->width + c->pad_left + c->pad_right;
  mmd_conv_image_t image = {.conv = c, .vec = mmd_vec_get()};
  image.rows = c->height + c->pad_top + c->pad_bottom;
  image.phases = c->kernel_w == 1 ? 1 : c->stride_w;
  image.phase_width = (padded + c->stride_w - 1) / c->stride_w;
  bool fits = mmd_checked_mul(image.phases, image.phase_width, &image.row_width) &&
              mmd_checked_mul(image.rows, image.row_width, &image.plane);
  *out_image = image;
  return fits;
}

static void clear(float *out, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) out[i] = 0.f;
}

// One remainder of a row.
static void fill_phase(const mmd_conv_image_t *image, size_t phase, const float *in, float *out) {
  const mmd_conv_t *c = image->conv;
  const size_t stride = c->stride_w;
  // The first source column with this remainder, counted in the padded row.
  size_t at = phase;
  if (at < c->pad_left) at += (c->pad_left - at + stride - 1) / stride * stride;
  const size_t first = at - c->pad_left, begin = at / stride;
  const size_t count = first < c->width ? (c->width - first + stride - 1) / stride : 0;
  const size_t end = count > 0 ? begin + count : image->phase_width;
  clear(out, 0, count > 0 ? begin : image->phase_width);
  if (stride == 1) {
    image->vec->copy(count, in + first, out + begin);
  } else if (stride == 2) {
    image->vec->copy_even(count, in + first, out + begin);
  } else {
    for (size_t i = 0; i < count; ++i) out[begin + i] = in[first + i * stride];
  }
  clear(out, end, image->phase_width);
}

void mmd_conv_image_fill(const mmd_conv_image_t *image, const float *channel, float *out) {
  const mmd_conv_t *c = image->conv;
  // Rows that a kernel of one row passes over stay as they are.
  const size_t step = c->kernel_h == 1 ? c->stride_h : 1;
  for (size_t row = 0; row < image->rows; row += step) {
    float *to = out + row * image->row_width;
    if (row < c->pad_top || row - c->pad_top >= c->height) {
      clear(to, 0, image->row_width);
      continue;
    }
    const float *in = channel + (row - c->pad_top) * c->width;
    for (size_t phase = 0; phase < image->phases; ++phase) {
      fill_phase(image, phase, in, to + phase * image->phase_width);
    }
  }
}
