// SPDX-License-Identifier: Apache-2.0
//
// Options of VisionTransformer and of its encoder layers.
#ifndef MMD_CODEBASES_MMCLS_MODELS_VIT_OPTIONS_H_
#define MMD_CODEBASES_MMCLS_MODELS_VIT_OPTIONS_H_

#include "frontends/openmmlab/module.h"
#include "nn/attention.h"
#include "nn/norm.h"
#include "nn/patch_embed.h"

// Order of the names of out_type.
typedef enum mmd_vit_output_t {
  MMD_VIT_CLASS_TOKEN,
  MMD_VIT_FEATURE_MAP,
  MMD_VIT_AVERAGE,
  MMD_VIT_RAW,
} mmd_vit_output_t;

typedef struct mmd_vit_options_t {
  const mmd_value_t *arch, *img_size, *patch_size, *norm_cfg, *patch_cfg, *layer_cfgs;
  const mmd_value_t *output_cls_token;  // 0.x alone; NULL = not given
  int64_t in_channels;
  mmd_ints_t out_indices;
  bool qkv_bias, final_norm, with_cls_token, pre_norm;
  double layer_scale_init_value;
  int interpolate_mode, out_type;
} mmd_vit_options_t;

extern const mmd_option_table_t mmd_vit_table;

typedef struct mmd_vit_arch_t {
  int64_t embed_dims, num_layers, num_heads, feedforward_channels;
} mmd_vit_arch_t;

// |arch| is a name ("base", "b", "deit-tiny") or a dict of the four numbers; NULL is "base".
mmd_status_t mmd_vit_arch_read(const mmd_builder_t *builder, const mmd_value_t *arch,
                               mmd_vit_arch_t *out_arch) MMD_MUST_USE;

// patch_size with patch_cfg on top; |out_image_size| is img_size as height, width.
mmd_status_t mmd_vit_patch_read(mmd_builder_t *builder, const mmd_vit_options_t *options,
                                const mmd_vit_arch_t *arch, mmd_patch_embed_t *out_patch,
                                int64_t out_image_size[2]) MMD_MUST_USE;

// One encoder layer.
typedef struct mmd_vit_layer_t {
  mmd_attention_t attention;
  mmd_ffn_t ffn;
  mmd_norm_t norm;
} mmd_vit_layer_t;

// The options of layer |index|, with layer_cfgs on top.
mmd_vit_layer_t mmd_vit_layer_read(mmd_builder_t *builder, const mmd_vit_options_t *options,
                                   const mmd_vit_arch_t *arch, const mmd_norm_t *norm,
                                   int64_t index);
mmd_edge_t *mmd_vit_layer_build(mmd_builder_t *builder, const mmd_vit_layer_t *layer,
                                mmd_edge_t *x);

#endif  // MMD_CODEBASES_MMCLS_MODELS_VIT_OPTIONS_H_
