// SPDX-License-Identifier: Apache-2.0
//
// The ResNet family: plain, deep stem (V1c), average pooling on the shortcut (V1d), groups
// (ResNeXt), squeeze-and-excitation, caffe style, deformable convolutions, plugins, Res2Net,
// ResNeSt, RegNet. The code bases' builders read their options into this struct.
#ifndef MMD_NN_RESNET_H_
#define MMD_NN_RESNET_H_

#include "nn/norm.h"
#include "value/options.h"

enum { MMD_RESNET_MAX_STAGES = 4 };

// A stage whose numbers do not follow from depth and base_channels (RegNet).
typedef struct mmd_resnet_stage_t {
  int64_t blocks, channels, groups, base_width;
} mmd_resnet_stage_t;

typedef struct mmd_resnet_t {
  int64_t depth, in_channels, stem_channels, base_channels;
  int64_t expansion;           // output by middle channels of a block; 0: the block's own
  int64_t groups, base_width;  // of the 3x3 convolutions; groups 0 or 1: plain
  int64_t se_ratio;            // 0: no squeeze-and-excitation
  int64_t scales;              // Res2Net: parts of the middle channels; 0: none
  int64_t radix, reduction;    // ResNeSt: split attention; radix 0: none
  bool avg_down_stride;        // ResNeSt: average pooling in place of the 3x3's stride
  int64_t num_stages;
  mmd_ints_t strides, dilations, out_indices;
  const mmd_resnet_stage_t *stages;  // |num_stages| of them; NULL: by depth and base_channels
  bool caffe;                        // a bottleneck strides in the first 1x1, not in the 3x3
  bool small_stem;                   // one 3x3 convolution without pooling
  bool deep_stem;                    // three 3x3 convolutions in place of the 7x7 one
  bool flat_stem;  // checkpoint names stem.0, stem.1, stem.3 …, not stem.0.conv, stem.0.bn …
  bool avg_down;   // average pooling in place of the stride on the shortcut
  bool avg_down_always;    // also where the stride is 1
  bool contract_dilation;  // the first block of a dilated stage dilates half
  mmd_norm_t norm;
  const mmd_value_t *conv_cfg;              // of every convolution but the deformable ones
  const mmd_value_t *dcn, *stage_with_dcn;  // conv_cfg of the 3x3s; a bool a stage
  const mmd_value_t *plugins;               // dicts of cfg, position, stages; NULL: none
} mmd_resnet_t;

// Features of the stages |out_indices|, in their order; |*out_count| says how many.
void mmd_nn_resnet(mmd_builder_t *builder, const mmd_resnet_t *resnet, mmd_edge_t *x,
                   mmd_edge_t *out_features[MMD_RESNET_MAX_STAGES], size_t *out_count);

#endif  // MMD_NN_RESNET_H_
