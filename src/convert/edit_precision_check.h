// SPDX-License-Identifier: Apache-2.0
//
// Whether a network in half precision answers as it did in float32, and what would help if not.
//
// Where it decides (TopK, NonMaxSuppression, comparisons, rounding), near numbers change places,
// and the outputs say nothing about what was computed. So when they differ, the network is compared
// once more: what is decided on must be near, and what follows goes on from float32's decisions.
#ifndef MMD_CONVERT_EDIT_PRECISION_CHECK_H_
#define MMD_CONVERT_EDIT_PRECISION_CHECK_H_

#include "convert/edit_precision.h"
#include "convert/optimize_verify.h"

typedef struct mmd_precision_check_t {
  mmd_optimize_check_t outputs;  // as they are
  bool has_decided;              // they differ, and |decided| was tried
  mmd_optimize_check_t decided;  // with the decisions of float32
  size_t decisions;              // nodes
  bool differs;                  // after all
  mmd_str_t advice;              // options with which it would not; "" when none was found
  double advice_max_rel;         // with them
  size_t advice_kept;            // nodes that stay float32 with them
  bool is_cut_short;             // the time for the search was over
} mmd_precision_check_t;

void mmd_precision_check_deinit(mmd_precision_check_t *check);

// |graph| is in float32. |out_check| is zeroed first and must be deinitialised, also after an
// error.
mmd_status_t mmd_precision_check(const mmd_graph_t *graph, const mmd_precision_request_t *request,
                                 const mmd_optimize_trial_t *trial,
                                 mmd_precision_check_t *out_check) MMD_MUST_USE;

#endif  // MMD_CONVERT_EDIT_PRECISION_CHECK_H_
