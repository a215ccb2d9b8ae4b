// SPDX-License-Identifier: Apache-2.0
//
// Sample positions and float weights of one axis, for the kinds of resize that blend any number of
// source pixels. Internal to the image kernels.
#ifndef MMD_KERNELS_RESIZE_TAPS_H_
#define MMD_KERNELS_RESIZE_TAPS_H_

#include <stdint.h>

#include "kernels/resize.h"

// Result i of an axis is the sum over |taps| source pixels. Indexes are inside the source; within a
// result they rise, or stay where the source ends. Taps that a result does not need weigh 0.
typedef struct mmd_tap_axis_t {
  size_t count, taps;
  int32_t *index;  // count * taps
  float *weights;  // the same
} mmd_tap_axis_t;

// All: positions [begin, begin + count) of an axis that goes from |src| to |dst| pixels.
mmd_status_t mmd_tap_axis_linear(size_t src, size_t dst, size_t begin, size_t count,
                                 mmd_tap_axis_t *axis) MMD_MUST_USE;
// What OpenCV's area kind does where a side grows.
mmd_status_t mmd_tap_axis_area_linear(size_t src, size_t dst, size_t begin, size_t count,
                                      mmd_tap_axis_t *axis) MMD_MUST_USE;
mmd_status_t mmd_tap_axis_cubic(size_t src, size_t dst, size_t begin, size_t count,
                                mmd_tap_axis_t *axis) MMD_MUST_USE;
// For images with a side of less than MMD_CUBIC_MIN_SIDE pixels, which OpenCV enlarges itself.
enum { MMD_CUBIC_MIN_SIDE = 4 };
mmd_status_t mmd_tap_axis_small_cubic(size_t src, size_t dst, size_t begin, size_t count,
                                      mmd_tap_axis_t *axis) MMD_MUST_USE;
mmd_status_t mmd_tap_axis_lanczos(size_t src, size_t dst, size_t begin, size_t count,
                                  mmd_tap_axis_t *axis) MMD_MUST_USE;
// The part of each source pixel that a result pixel covers; |dst| is not larger than |src|.
mmd_status_t mmd_tap_axis_area(size_t src, size_t dst, size_t begin, size_t count,
                               mmd_tap_axis_t *axis) MMD_MUST_USE;
// Pillow's convolution.
mmd_status_t mmd_tap_axis_filter(mmd_resize_kind_t kind, size_t src, size_t dst, size_t begin,
                                 size_t count, mmd_tap_axis_t *axis) MMD_MUST_USE;

// Room for |count| results of |taps| pixels, all zero.
mmd_status_t mmd_tap_axis_init(size_t count, size_t taps, mmd_tap_axis_t *axis) MMD_MUST_USE;
void mmd_tap_axis_deinit(mmd_tap_axis_t *axis);

#endif  // MMD_KERNELS_RESIZE_TAPS_H_
