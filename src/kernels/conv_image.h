// SPDX-License-Identifier: Apache-2.0
//
// The channels of an image with their padding, and columns sorted by their remainder modulo the
// stride: the values that one kernel position meets along a result row lie side by side then.
// Shared by conv.c and conv_depthwise.c.
#ifndef MMD_KERNELS_CONV_IMAGE_H_
#define MMD_KERNELS_CONV_IMAGE_H_

#include "kernels/conv.h"
#include "kernels/vec.h"

typedef struct mmd_conv_image_t {
  const mmd_conv_t *conv;
  const mmd_vec_t *vec;
  size_t rows;
  size_t phases;       // remainders that the kernel meets
  size_t phase_width;  // columns of one remainder
  size_t row_width;
  size_t plane;  // floats of a channel
} mmd_conv_image_t;

// False when sizes overflow.
bool mmd_conv_image_init(const mmd_conv_t *conv, mmd_conv_image_t *out_image);

// |out| is one plane, of which all that the kernel reads is written.
void mmd_conv_image_fill(const mmd_conv_image_t *image, const float *channel, float *out);

// Where kernel row |ky|, column |kx| of result 0, 0 reads. Results to the right read the next
// floats, results below stride_h rows further down.
static inline size_t mmd_conv_image_tap(const mmd_conv_image_t *image, size_t ky, size_t kx) {
  const mmd_conv_t *c = image->conv;
  const size_t x = kx * c->dilation_w;
  return ky * c->dilation_h * image->row_width + x % c->stride_w * image->phase_width +
         x / c->stride_w;
}

#endif  // MMD_KERNELS_CONV_IMAGE_H_
