// SPDX-License-Identifier: Apache-2.0
//
// Two graphs of the same interface on the same random inputs.
#ifndef MMD_CONVERT_OPTIMIZE_VERIFY_H_
#define MMD_CONVERT_OPTIMIZE_VERIFY_H_

#include "base/str.h"
#include "base/thread.h"
#include "graph/graph.h"

typedef struct mmd_optimize_check_t {
  int runs;        // how many sets of inputs both graphs were run with
  bool differs;    // |text| names the first output that does
  double max_rel;  // largest difference relative to the largest number of its output
  mmd_str_t text;  // why it differs, or what could not be run; "" when all is well
} mmd_optimize_check_t;

void mmd_optimize_check_deinit(mmd_optimize_check_t *check);

// Symbolic dimensions get sizes: batch 1 and 2, height and width 64 and 96; where |before| cannot
// do with these, a few larger ones are tried. What it cannot run at all is no difference.
// |out_check| is zeroed first and must be deinitialised, also after an error.
mmd_status_t mmd_optimize_verify(const mmd_graph_t *before, const mmd_graph_t *after,
                                 double tolerance, mmd_pool_t *pool,
                                 mmd_optimize_check_t *out_check) MMD_MUST_USE;

#endif  // MMD_CONVERT_OPTIMIZE_VERIFY_H_
