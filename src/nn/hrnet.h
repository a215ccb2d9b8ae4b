// SPDX-License-Identifier: Apache-2.0
//
// HRNet: branches of several resolutions that exchange what they found.
#ifndef MMD_NN_HRNET_H_
#define MMD_NN_HRNET_H_

#include "nn/norm.h"

enum { MMD_HRNET_MAX_BRANCHES = 8 };

typedef struct mmd_hrnet_t {
  int64_t in_channels;
  const mmd_value_t *extra;  // dicts stage1 … stage4 of num_modules, num_branches, block,
                             // num_blocks, num_channels
  const mmd_value_t *conv_cfg;
  mmd_norm_t norm;
  bool multiscale_output;  // all branches; else the finest one alone
} mmd_hrnet_t;

void mmd_nn_hrnet(mmd_builder_t *builder, const mmd_hrnet_t *hrnet, mmd_edge_t *x,
                  mmd_edge_t *out_features[MMD_HRNET_MAX_BRANCHES], size_t *out_count);

#endif  // MMD_NN_HRNET_H_
