// SPDX-License-Identifier: Apache-2.0
//
// Fully connected layers.
#ifndef MMD_NN_LINEAR_H_
#define MMD_NN_LINEAR_H_

#include "nn/builder.h"

typedef struct mmd_linear_t {
  int64_t in_features, out_features;
  bool bias;
} mmd_linear_t;

// |rank| is that of |x|: 2 gives a Gemm, more a MatMul and an Add over the last axis.
// Weights "<name>.weight" [out, in] and "<name>.bias".
mmd_edge_t *mmd_nn_linear(mmd_builder_t *builder, const char *name, const mmd_linear_t *linear,
                          int rank, mmd_edge_t *x);

#endif  // MMD_NN_LINEAR_H_
