// SPDX-License-Identifier: Apache-2.0
//
// Between which numbers a dimension expression lies, taking its symbols for sizes: 0 and up.
#ifndef MMD_GRAPH_DIM_RANGE_H_
#define MMD_GRAPH_DIM_RANGE_H_

#include "graph/dim.h"

typedef struct mmd_dim_range_t {
  bool has_least, has_most;
  int64_t least, most;
} mmd_dim_range_t;

// The range holds every value of |dim|; it may be wider than it must be.
mmd_dim_range_t mmd_dim_range(const mmd_dim_t *dim);

#endif  // MMD_GRAPH_DIM_RANGE_H_
