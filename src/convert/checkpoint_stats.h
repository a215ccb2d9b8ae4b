// SPDX-License-Identifier: Apache-2.0
//
// Numbers about the numbers of a tensor, in one pass over it.
#ifndef MMD_CONVERT_CHECKPOINT_STATS_H_
#define MMD_CONVERT_CHECKPOINT_STATS_H_

#include "tensor/tensor.h"

// Minimum to squares are of the finite elements only.
typedef struct mmd_stats_t {
  uint64_t count;  // finite elements
  uint64_t nans, infinities;
  double min, max, mean;
  double squares;  // sum of squared distances from the mean
} mmd_stats_t;

// Adds the elements of |tensor|. Pages of a mapped file are given back while it reads. Strings and
// complex numbers are left out.
void mmd_stats_add_tensor(mmd_stats_t *stats, const mmd_tensor_t *tensor);
// As if the elements behind |more| had been added to |stats|.
void mmd_stats_merge(mmd_stats_t *stats, const mmd_stats_t *more);
double mmd_stats_deviation(const mmd_stats_t *stats);  // of the population; NaN when empty

#endif  // MMD_CONVERT_CHECKPOINT_STATS_H_
