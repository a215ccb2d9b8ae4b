// SPDX-License-Identifier: Apache-2.0
#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#define ROWS_SIMD 1
#define ROWS_NAME mmd_rows_neon
#define ROWS_Q 4
#define ROWS_LOAD 8
#include "kernels/unroll.h"

typedef int32x4_t P;
typedef int32x4_t Q;
typedef int16x8_t V;
typedef struct Y {
  int32x4_t lo[2], hi[2];
} Y;

// Two neighbouring pixels, each in the first lanes.
static inline int16x4x2_t p_load_pair(const uint8_t *p, size_t channels) {
  int16x8_t words = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(p)));
  int16x4_t low = vget_low_s16(words);
  int16x4_t high = vget_high_s16(words);
  int16x4x2_t pair = {{low, channels == 3 ? vext_s16(low, high, 3) : high}};
  return pair;
}

static inline P p_linear(const uint8_t *p, size_t channels, const int16_t *weights) {
  int16x4x2_t pair = p_load_pair(p, channels);
  return vmlal_n_s16(vmull_n_s16(pair.val[0], weights[0]), pair.val[1], weights[1]);
}

static inline void p_store_s16(P p, int16_t *out) {
  vst1_s16(out, vshrn_n_s32(p, 4));
}

static inline P p_zero(void) {
  return vdupq_n_s32(0);
}

static inline void p_filter(const uint8_t *p, size_t channels, const int16_t *weights, P *lo,
                            P *hi) {
  int16x4x2_t pair = p_load_pair(p, channels);
  *lo = vmlal_n_s16(vmlal_n_s16(*lo, pair.val[0], weights[0]), pair.val[1], weights[1]);
  *hi = vmlal_n_s16(vmlal_n_s16(*hi, pair.val[0], weights[2]), pair.val[1], weights[3]);
}

static inline int16x4_t p_sum(P lo, P hi) {
  int32x4_t sum = vaddq_s32(lo, vshlq_n_s32(hi, 12));
  return vqmovn_s32(vshrq_n_s32(vaddq_s32(sum, vdupq_n_s32(1 << 21)), 22));
}

static inline uint32_t p_narrow(P lo, P hi) {
  uint8x8_t bytes = vqmovun_s16(vcombine_s16(p_sum(lo, hi), vdup_n_s16(0)));
  return vget_lane_u32(vreinterpret_u32_u8(bytes), 0);
}

static inline void q_linear(const uint8_t *row, size_t channels, const int32_t *index,
                            const int16_t *weights, Q *q) {
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    q[k] = p_linear(row + (size_t)index[k] * channels, channels, weights + 2 * k);
  }
}

static inline void q_bytes(const uint8_t *row, size_t channels, Q *q) {
  MMD_UNROLL
  for (size_t k = 0; k < 4; ++k) {
    uint32_t bytes;
    memcpy(&bytes, row + k * channels, 4);
    uint16x8_t words = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(bytes)));
    q[k] = vreinterpretq_s32_u32(vmovl_u16(vget_low_u16(words)));
  }
}

static inline void q_transpose(Q *q) {
  int32x4x2_t a = vtrnq_s32(q[0], q[1]);
  int32x4x2_t b = vtrnq_s32(q[2], q[3]);
  q[0] = vcombine_s32(vget_low_s32(a.val[0]), vget_low_s32(b.val[0]));
  q[1] = vcombine_s32(vget_low_s32(a.val[1]), vget_low_s32(b.val[1]));
  q[2] = vcombine_s32(vget_high_s32(a.val[0]), vget_high_s32(b.val[0]));
  q[3] = vcombine_s32(vget_high_s32(a.val[1]), vget_high_s32(b.val[1]));
}

static inline void q_store_s16(Q q, int16_t *out) {
  p_store_s16(q, out);
}

static inline void q_store_f32(Q q, float mean, float scale, float *out) {
  float32x4_t value = vsubq_f32(vcvtq_f32_s32(q), vdupq_n_f32(mean));
  vst1q_f32(out, vmulq_f32(value, vdupq_n_f32(scale)));
}

static inline int16x8_t v_mulhi(int16x8_t v, int16_t weight) {
  int32x4_t low = vmull_n_s16(vget_low_s16(v), weight);
  int32x4_t high = vmull_n_s16(vget_high_s16(v), weight);
  return vcombine_s16(vshrn_n_s32(low, 16), vshrn_n_s32(high, 16));
}

static inline V v_linear(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  int16x8_t a = v_mulhi(vld1q_s16(row0), weights[0]);
  int16x8_t b = v_mulhi(vld1q_s16(row1), weights[1]);
  return vshrq_n_s16(vaddq_s16(vaddq_s16(a, b), vdupq_n_s16(2)), 2);
}

static inline V v_warp(const int16_t *row0, const int16_t *row1, const int16_t *weights) {
  int16x8_t a = vld1q_s16(row0);
  int16x8_t b = vld1q_s16(row1);
  int32x4_t lo = vmull_n_s16(vget_low_s16(a), weights[0]);
  int32x4_t hi = vmull_n_s16(vget_high_s16(a), weights[0]);
  lo = vmlal_n_s16(lo, vget_low_s16(b), weights[1]);
  hi = vmlal_n_s16(hi, vget_high_s16(b), weights[1]);
  return vcombine_s16(vrshrn_n_s32(lo, 10), vrshrn_n_s32(hi, 10));
}

static inline void v_store_u8(V v, uint8_t *out) {
  vst1_u8(out, vqmovun_s16(v));
}

static inline void v_store_f32(V v, float mean, float scale, float *out) {
  q_store_f32(vmovl_s16(vget_low_s16(v)), mean, scale, out);
  q_store_f32(vmovl_s16(vget_high_s16(v)), mean, scale, out + 4);
}

static inline Y y_zero(void) {
  int32x4_t zero = vdupq_n_s32(0);
  Y y = {{zero, zero}, {zero, zero}};
  return y;
}

static inline void y_add(Y *y, const uint8_t *a, const uint8_t *b, const int16_t *weights) {
  const uint8_t *rows[2] = {a, b};
  MMD_UNROLL
  for (int k = 0; k < 2; ++k) {
    int16x8_t words = vreinterpretq_s16_u16(vmovl_u8(vld1_u8(rows[k])));
    int16x4_t half[2] = {vget_low_s16(words), vget_high_s16(words)};
    MMD_UNROLL
    for (int i = 0; i < 2; ++i) {
      y->lo[i] = vmlal_n_s16(y->lo[i], half[i], weights[k]);
      y->hi[i] = vmlal_n_s16(y->hi[i], half[i], weights[2 + k]);
    }
  }
}

static inline void y_store(const Y *y, uint8_t *out) {
  vst1_u8(out, vqmovun_s16(vcombine_s16(p_sum(y->lo[0], y->hi[0]), p_sum(y->lo[1], y->hi[1]))));
}

#include "kernels/rows.inc"
