// SPDX-License-Identifier: Apache-2.0
//
// numpy's broadcasting: shapes align at the end, dimensions of one stretch.
#ifndef MMD_OPS_BROADCAST_H_
#define MMD_OPS_BROADCAST_H_

#include "ops/op.h"

enum { MMD_BROADCAST_MAX = 3 };

// How to walk |count| packed inputs together; neighbouring dimensions are joined where possible.
typedef struct mmd_broadcast_t {
  mmd_shape_t shape;  // of the result
  int count;
  int rank;  // of the joined dimensions, at least 1
  int64_t dims[MMD_MAX_RANK];
  int64_t strides[MMD_BROADCAST_MAX][MMD_MAX_RANK];
  size_t rows;  // number of rows along the last joined dimension
} mmd_broadcast_t;

mmd_status_t mmd_broadcast_shapes(const mmd_node_t *node, size_t count,
                                  const mmd_shape_t *const *shapes,
                                  mmd_shape_t *out_shape) MMD_MUST_USE;
mmd_status_t mmd_broadcast_plan(const mmd_node_t *node, size_t count,
                                const mmd_shape_t *const *shapes,
                                mmd_broadcast_t *out_plan) MMD_MUST_USE;

// One row: |size| results from |out| on; input k starts at |in[k]| and steps by |steps[k]| (0 or
// 1).
typedef struct mmd_broadcast_row_t {
  size_t out, size;
  size_t in[MMD_BROADCAST_MAX];
  size_t steps[MMD_BROADCAST_MAX];
} mmd_broadcast_row_t;
void mmd_broadcast_row(const mmd_broadcast_t *plan, size_t row, mmd_broadcast_row_t *out_row);

#endif  // MMD_OPS_BROADCAST_H_
