// SPDX-License-Identifier: Apache-2.0
//
// Two graphs of the same interface on the same inputs, random and given ones.
#ifndef MMD_CONVERT_OPTIMIZE_VERIFY_H_
#define MMD_CONVERT_OPTIMIZE_VERIFY_H_

#include "base/str.h"
#include "base/thread.h"
#include "convert/limits.h"
#include "graph/graph.h"
#include "value/value.h"

typedef struct mmd_optimize_check_t {
  int runs;        // how many sets of inputs both graphs were run with
  bool differs;    // |text| names the first output that does
  double max_rel;  // largest difference relative to the largest number of its output
  mmd_str_t text;  // why it differs, or what could not be run; "" when all is well
} mmd_optimize_check_t;

void mmd_optimize_check_deinit(mmd_optimize_check_t *check);

// What both graphs are run with.
typedef struct mmd_optimize_trial_t {
  double tolerance;            // of a difference relative to the largest number of its output
  mmd_pool_t *pool;            // borrowed, may be NULL
  const mmd_value_t *inputs;   // "NAME=FILE.npy", see run_onnx_inputs.h; NULL: none is given
  const mmd_value_t *shapes;   // "NAME=1x3x224x224"
  const mmd_limits_t *limits;  // of each run; NULL: the defaults
  // The last outputs of |before|, tensors, become the last inputs of |after| and are not compared.
  size_t handed_over;
} mmd_optimize_trial_t;

// Without given inputs and shapes, symbolic dimensions get sizes: batch 1 and 2, height and width
// 64 and 96; where |before| cannot do with these, a few larger ones are tried. Floats lie in
// [-1, 1); integers are such as the graph expects (optimize_numbers.h). With given ones, the first
// run takes them as they are, and further ones put other numbers in place of the floats; when
// |before| cannot be run with these, that is the error. Else, what it cannot run is no difference.
// |out_check| is zeroed first and must be deinitialised, also after an error.
mmd_status_t mmd_optimize_verify(const mmd_graph_t *before, const mmd_graph_t *after,
                                 const mmd_optimize_trial_t *trial,
                                 mmd_optimize_check_t *out_check) MMD_MUST_USE;

#endif  // MMD_CONVERT_OPTIMIZE_VERIFY_H_
