// SPDX-License-Identifier: Apache-2.0
//
// Non-local block: every cell gets the mean of all cells, weighed by likeness.
#ifndef MMD_NN_NON_LOCAL_H_
#define MMD_NN_NON_LOCAL_H_

#include "nn/norm.h"

typedef enum mmd_non_local_mode_t {
  MMD_NON_LOCAL_EMBEDDED_GAUSSIAN,
  MMD_NON_LOCAL_GAUSSIAN,
  MMD_NON_LOCAL_DOT_PRODUCT,
} mmd_non_local_mode_t;

typedef struct mmd_non_local_t {
  int64_t channels, reduction;
  mmd_non_local_mode_t mode;
  bool use_scale;   // embedded Gaussian: divide by the root of the channels inside
  bool sub_sample;  // the cells that are looked at are pooled 2x2
  const mmd_value_t *conv_cfg;
  mmd_norm_t norm;  // of conv_out
} mmd_non_local_t;

// Modules "<name>.g", "<name>.theta", "<name>.phi", "<name>.conv_out".
mmd_edge_t *mmd_nn_non_local(mmd_builder_t *builder, const char *name, const mmd_non_local_t *block,
                             mmd_edge_t *x);

#endif  // MMD_NN_NON_LOCAL_H_
