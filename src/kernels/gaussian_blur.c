// SPDX-License-Identifier: Apache-2.0
#include "kernels/gaussian_blur.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

// |size| weights that add up to 1, as cv2.getGaussianKernel(size, 0) has them. |size| is odd.
static void fill_weights(size_t size, float *out_weights) {
  // From the middle outwards; OpenCV has these in a table.
  static const float small[][5] = {
      {1},
      {.5F, .25F},
      {.375F, .25F, .0625F},
      {.28125F, .21875F, .109375F, .03125F},
      {.234375F, .19921875F, .1171875F, .05078125F, .015625F},
  };
  const size_t radius = size / 2;
  if (radius < sizeof small / sizeof small[0]) {
    for (size_t i = 0; i <= radius; ++i) {
      out_weights[radius - i] = out_weights[radius + i] = small[radius][i];
    }
    return;
  }
  const double sigma = 0.3 * (((double)size - 1) * 0.5 - 1) + 0.8;
  double sum = 1;
  for (size_t i = 1; i <= radius; ++i) {
    sum += 2 * exp(-(double)(i * i) / (2 * sigma * sigma));
  }
  for (size_t i = 0; i <= radius; ++i) {
    const double weight = exp(-(double)(i * i) / (2 * sigma * sigma)) / sum;
    out_weights[radius - i] = out_weights[radius + i] = (float)weight;
  }
}

// Where the pixel |at| of a line of |count| is found, mirrored as often as needed.
static size_t mirrored(ptrdiff_t at, size_t count) {
  const ptrdiff_t last = (ptrdiff_t)count - 1;
  if (last == 0) return 0;
  while (at < 0 || at > last) at = at < 0 ? -at : 2 * last - at;
  return (size_t)at;
}

// a * b + c, rounded once but for what double rounds off: OpenCV uses fused instructions.
static inline float multiply_add(float a, float b, float c) {
  return (float)((double)a * (double)b + (double)c);
}

// One line of |count| pixels, |step| floats apart, with its borders.
static void read_line(const float *pixels, size_t count, size_t step, size_t radius, float *line) {
  for (size_t i = 0; i < count + 2 * radius; ++i) {
    line[i] = pixels[mirrored((ptrdiff_t)i - (ptrdiff_t)radius, count) * step];
  }
}

// OpenCV adds the pixels of a row one after the other, those of a column in pairs.
static float row_sum(const float *line, const float *weights, size_t radius) {
  float sum = 0;
  for (size_t k = 0; k <= 2 * radius; ++k) sum = multiply_add(line[k], weights[k], sum);
  return sum;
}

static float column_sum(const float *line, const float *weights, size_t radius) {
  float sum = line[radius] * weights[radius];
  for (size_t k = 1; k <= radius; ++k) {
    sum = multiply_add(line[radius + k] + line[radius - k], weights[radius + k], sum);
  }
  return sum;
}

mmd_status_t mmd_gaussian_blur_f32(float *plane, size_t width, size_t height, size_t size) {
  float weights[MMD_GAUSSIAN_MAX_SIZE];
  const size_t radius = size / 2;
  if (size % 2 == 0 || size > MMD_GAUSSIAN_MAX_SIZE) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "a Gaussian kernel of %zu pixels; odd sizes up to %d are accepted", size,
                     MMD_GAUSSIAN_MAX_SIZE);
  }
  if (width == 0 || height == 0 || size == 1) return NULL;
  float *line = mmd_alloc_array((width > height ? width : height) + size, sizeof *line);
  MMD_TRY_ALLOC(line);
  fill_weights(size, weights);
  for (size_t y = 0; y < height; ++y) {
    read_line(plane + y * width, width, 1, radius, line);
    for (size_t x = 0; x < width; ++x) {
      plane[y * width + x] = row_sum(line + x, weights, radius);
    }
  }
  for (size_t x = 0; x < width; ++x) {
    read_line(plane + x, height, width, radius, line);
    for (size_t y = 0; y < height; ++y) {
      plane[y * width + x] = column_sum(line + y, weights, radius);
    }
  }
  mmd_free(line);
  return NULL;
}
