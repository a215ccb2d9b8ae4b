// SPDX-License-Identifier: Apache-2.0
//
// Inner loops over one image row, in one variant an instruction set. All variants give the same
// bits. Internal to the image kernels; use resize.h and fused.h.
#ifndef MMD_KERNELS_ROWS_H_
#define MMD_KERNELS_ROWS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One axis of OpenCV's 8-bit bilinear resize. Result i is made of the source pixels index[i] and
// index[i] + 1 (at the last pixel, of itself). Indexes never fall.
typedef struct mmd_linear_axis_t {
  size_t count;      // results
  int32_t *index;    // source pixel
  int16_t *weights;  // two a result, of 2048
} mmd_linear_axis_t;

// One axis of Pillow's convolution. Result i is the sum over size[i] source pixels from start[i]
// on. Its weights, of 2^22, are split as high * 4096 + low and stored in |pairs| groups of
// {low, low, high, high} for two pixels each; groups beyond size[i] are zero. Starts never fall.
typedef struct mmd_filter_axis_t {
  size_t count;      // results
  size_t pairs;      // groups a result, also where size[i] is smaller
  int32_t *start;    // first source pixel
  int32_t *size;     // source pixels
  int16_t *weights;  // 4 * pairs a result
} mmd_filter_axis_t;

// Pixels of |map| that a mask picks; rows of the mask lie side by side.
enum { MMD_MASK_UNIT = 8 };
typedef struct mmd_masked_t {
  const uint8_t *mask;   // 0 or 1
  size_t width, height;  // width: of whole units
  const float *map;
  size_t map_stride;
} mmd_masked_t;

typedef struct mmd_rows_t {
  // Horizontal bilinear pass over a row of |width| pixels with |channels| (1, 3, 4) interleaved
  // bytes. Results are the weighted sums >> 4, which is all that OpenCV keeps of them. Interleaved
  // when |plane| is 0, else channel c goes to out + c * plane.
  void (*linear_x)(const uint8_t *row, size_t width, size_t channels, const mmd_linear_axis_t *axis,
                   int16_t *out, size_t plane);
  // Vertical bilinear pass over |count| elements of two such rows.
  void (*linear_y)(const int16_t *row0, const int16_t *row1, const int16_t *weights, size_t count,
                   uint8_t *out);
  // The same, then (value - mean) * scale in float.
  void (*linear_y_normalize)(const int16_t *row0, const int16_t *row1, const int16_t *weights,
                             size_t count, float mean, float scale, float *out);
  // The vertical passes of cv2.warpAffine: rows are sums of 32, weights are of 32.
  void (*warp_y)(const int16_t *row0, const int16_t *row1, const int16_t *weights, size_t count,
                 uint8_t *out);
  void (*warp_y_normalize)(const int16_t *row0, const int16_t *row1, const int16_t *weights,
                           size_t count, float mean, float scale, float *out);
  // Horizontal pass of Pillow over an interleaved row.
  void (*filter_x)(const uint8_t *row, size_t width, size_t channels, const mmd_filter_axis_t *axis,
                   uint8_t *out);
  // Vertical pass of Pillow: |rows| has two pointers for each of |pairs| groups of weights.
  void (*filter_y)(const uint8_t *const *rows, const int16_t *weights, size_t pairs, size_t count,
                   uint8_t *out);
  // Interleaved bytes to normalised planes: plane p of the result reads channel order[p].
  void (*normalize)(const uint8_t *row, size_t width, size_t channels, size_t planes,
                    const uint8_t *order, const float *mean, const float *scale, float *out,
                    size_t plane);
  // out[i] = row[i] > threshold, for NaN 0; false, and nothing is written, when none is.
  bool (*above)(const float *row, size_t count, float threshold, int8_t *out);
  // Sum and number of the picked pixels. False where the order of the additions may matter; then
  // the sum is none.
  bool (*sum_masked)(const mmd_masked_t *pixels, double *out_sum, size_t *out_count);
} mmd_rows_t;

// The variant for mmd_cpu_isa().
const mmd_rows_t *mmd_rows_get(void);

extern const mmd_rows_t mmd_rows_generic;
extern const mmd_rows_t mmd_rows_sse2;
extern const mmd_rows_t mmd_rows_avx2;
extern const mmd_rows_t mmd_rows_neon;

#endif  // MMD_KERNELS_ROWS_H_
