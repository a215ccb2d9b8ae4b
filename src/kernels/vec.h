// SPDX-License-Identifier: Apache-2.0
//
// Float loops with a variant for each instruction set, on which gemm, conv, pool and softmax stand.
// Variants differ in rounding: some have fused multiply-add, and sums have another order. Internal
// to the kernels.
#ifndef MMD_KERNELS_VEC_H_
#define MMD_KERNELS_VEC_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  MMD_VEC_MAX_TILE = 16 * 32,  // floats of the largest gemm tile
  MMD_VEC_SLACK = 16,          // floats that |filter| and |gather| may read or write too much
};

// What happens to finished sums of |rows| x |columns| on their way to memory.
typedef struct mmd_vec_epilogue_t {
  size_t rows, columns;
  float alpha;       // factor of the sum
  float beta;        // factor of |add|; 0 does not read it
  const float *add;  // rows of |add_step| floats
  size_t add_step;
  const float *row_bias;     // one for each row, or NULL
  const float *column_bias;  // one for each column, or NULL
  float low, high;           // limits; infinities for none
  float *out;                // rows of |out_step| floats; may be |add|
  size_t out_step;
} mmd_vec_epilogue_t;

// Floats [begin, begin + count) of a source row go to |offset| of a result row.
typedef struct mmd_vec_run_t {
  size_t begin, offset, count;
} mmd_vec_run_t;

// out[y][x] = limit(sum over t of weights[t] * in[y][x + taps[t]] + bias).
typedef struct mmd_vec_filter_t {
  size_t tap_count;
  const size_t *taps;
  const float *weights;
  const float *in;
  size_t in_step;  // floats from the source of a result row to that of the next
  size_t rows, columns;
  float bias, low, high;
  float *out;  // packed
} mmd_vec_filter_t;

// out[i] = sum over t of weights[t][i] * in[at[t][i]], both packed; what is at a place below 0 is
// not read and is a zero.
enum { MMD_VEC_BLEND_TAPS = 4 };
typedef struct mmd_vec_blend_t {
  size_t count, step;  // numbers of a tap that count, and from one tap to the next
  const int32_t *at;
  const float *weights;
} mmd_vec_blend_t;

typedef struct mmd_vec_t {
  size_t lanes;
  // The largest tile of the matrix product; |tile_columns| is two vectors.
  size_t tile_rows, tile_columns;
  // tile[r * columns + c] = sum over k of a[r * a_row + k * a_step] * b[k * columns + c], for up to
  // |tile_rows| rows; |columns| is |tile_columns| or |lanes|.
  void (*multiply)(size_t rows, size_t columns, size_t k, const float *a, size_t a_row,
                   size_t a_step, const float *b, float *tile);
  // out = limit(alpha * sum + beta * add + row_bias + column_bias); rows of |sum| are |sum_step|
  // apart.
  void (*finish)(const mmd_vec_epilogue_t *epilogue, const float *sum, size_t sum_step);
  // Copies runs to one row. They lie side by side in the result and ascend, since each one may be
  // read and written up to MMD_VEC_SLACK floats too far.
  void (*gather)(const mmd_vec_run_t *runs, size_t run_count, const float *in, float *out);
  void (*copy)(size_t count, const float *in, float *out);
  void (*copy_even)(size_t count, const float *in, float *out);        // out[i] = in[2 * i]
  void (*axpy)(size_t count, float factor, const float *x, float *y);  // y += factor * x
  void (*filter)(const mmd_vec_filter_t *filter);  // reads up to MMD_VEC_SLACK floats too much
  void (*blend)(const mmd_vec_blend_t *blend, const float *in, float *out);
  float (*dot)(size_t count, const float *x, const float *y);
  float (*sum)(size_t count, const float *x);
  float (*max)(size_t count, const float *x);                // count > 0
  void (*max_into)(size_t count, const float *x, float *y);  // y = max(x, y), NaN if one is
  void (*scale)(size_t count, float factor, float *x);
  float (*exp_sum)(size_t count, float shift, const float *x, float *out);  // out = exp(x - shift)
} mmd_vec_t;

// The variant for mmd_cpu_isa().
const mmd_vec_t *mmd_vec_get(void);

extern const mmd_vec_t mmd_vec_generic;
extern const mmd_vec_t mmd_vec_avx2;
extern const mmd_vec_t mmd_vec_avx512;

#endif  // MMD_KERNELS_VEC_H_
