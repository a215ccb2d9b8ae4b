// SPDX-License-Identifier: Apache-2.0
//
// Float multi-scale deformable attention (Zhu et al. 2021): each query sums a few values that it
// reads between the pixels of several feature maps.
#ifndef MMD_KERNELS_MS_DEFORM_ATTN_H_
#define MMD_KERNELS_MS_DEFORM_ATTN_H_

#include "base/thread.h"

typedef struct mmd_ms_deform_attn_t {
  size_t batch, heads, channels, queries, levels, points;
  size_t positions;  // of all levels together
  // Height and width of each level, and its first position: those of the levels follow each other.
  const int64_t *sizes;   // levels x 2
  const int64_t *starts;  // levels
} mmd_ms_deform_attn_t;

// Fails when the levels do not fill the positions one after the other, or there is none.
mmd_status_t mmd_ms_deform_attn_check(const mmd_ms_deform_attn_t *attn) MMD_MUST_USE;

// |value| is batch x positions x heads x channels, |locations| batch x queries x heads x levels x
// points x (x, y) with 0 and 1 at the edges of a level, |weights| the same without the pair, |y|
// batch x queries x heads x channels. Outside the levels lie zeros. |pool| may be NULL.
mmd_status_t mmd_ms_deform_attn_run(const mmd_ms_deform_attn_t *attn, const float *value,
                                    const float *locations, const float *weights, float *y,
                                    mmd_pool_t *pool) MMD_MUST_USE;

#endif  // MMD_KERNELS_MS_DEFORM_ATTN_H_
