// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/vit_options.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define FIELD(field) offsetof(mmd_vit_options_t, field)
#define TRAINING_ONLY(label)                                                \
  {                                                                         \
    .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, \
    .help = "Training only."                                                \
  }

static const char *const modes[] = {"nearest", "bilinear", "bicubic", NULL};
static const char *const out_types[] = {"cls_token", "featmap", "avg_featmap", "raw", NULL};

// clang-format off
static const mmd_option_t vit_options[] = {
    {.name = "arch", .type = MMD_OPTION_VALUE, .offset = FIELD(arch),
     .help = "Name of an architecture or a dict of its sizes, 'base' by default."},
    {.name = "img_size", .type = MMD_OPTION_VALUE, .offset = FIELD(img_size),
     .help = "Size the position embedding is for, a number or (height, width), 224 by default."},
    {.name = "patch_size", .type = MMD_OPTION_VALUE, .offset = FIELD(patch_size),
     .help = "Size of a patch, a number or (height, width), 16 by default."},
    {.name = "in_channels", .type = MMD_OPTION_INT, .offset = FIELD(in_channels), .default_text = "3", .min = 1,
     .max = 65536, .help = "Channels of the image."},
    {.name = "out_indices", .type = MMD_OPTION_INTS, .offset = FIELD(out_indices), .default_text = "-1",
     .help = "Layers whose features are given out; negative ones count from the end."},
    {.name = "qkv_bias", .type = MMD_OPTION_BOOL, .offset = FIELD(qkv_bias), .default_text = "true",
     .help = "Bias of the attention's input layer."},
    {.name = "norm_cfg", .type = MMD_OPTION_VALUE, .offset = FIELD(norm_cfg),
     .help = "Kind of normalisation, dict(type='LN', eps=1e-6) by default."},
    {.name = "final_norm", .type = MMD_OPTION_BOOL, .offset = FIELD(final_norm), .default_text = "true",
     .help = "Normalisation behind the last layer."},
    {.name = "with_cls_token", .type = MMD_OPTION_BOOL, .offset = FIELD(with_cls_token), .default_text = "true",
     .help = "A class token in front of the patches."},
    {.name = "output_cls_token", .type = MMD_OPTION_VALUE, .offset = FIELD(output_cls_token),
     .help = "0.x: whether the class token is given out."},
    {.name = "out_type", .type = MMD_OPTION_CHOICE, .offset = FIELD(out_type), .choices = out_types,
     .default_text = "cls_token", .help = "1.x: what is given out."},
    {.name = "interpolate_mode", .type = MMD_OPTION_CHOICE, .offset = FIELD(interpolate_mode), .choices = modes,
     .default_text = "bicubic", .help = "How the position embedding is resized."},
    {.name = "layer_scale_init_value", .type = MMD_OPTION_FLOAT, .offset = FIELD(layer_scale_init_value),
     .default_text = "0.0", .help = "More than 0: learnt factors behind attention and feed-forward."},
    {.name = "patch_cfg", .type = MMD_OPTION_VALUE, .offset = FIELD(patch_cfg), .flags = MMD_OPTION_NULLABLE,
     .help = "Options of the patch embedding."},
    {.name = "layer_cfgs", .type = MMD_OPTION_VALUE, .offset = FIELD(layer_cfgs), .flags = MMD_OPTION_NULLABLE,
     .help = "Options of all encoder layers, or a list with those of each."},
    {.name = "pre_norm", .type = MMD_OPTION_BOOL, .offset = FIELD(pre_norm), .default_text = "false",
     .help = "Normalisation in front of the first layer; the patch embedding then has no bias."},
    TRAINING_ONLY("drop_rate"), TRAINING_ONLY("drop_path_rate"), TRAINING_ONLY("init_cfg"),
    TRAINING_ONLY("frozen_stages"), TRAINING_ONLY("pretrained"),
};
// clang-format on

const mmd_option_table_t mmd_vit_table =
    MMD_OPTION_TABLE("VisionTransformer", mmd_vit_options_t, vit_options);

typedef struct named_arch_t {
  const char *names[4];
  mmd_vit_arch_t arch;
} named_arch_t;

static const named_arch_t named_archs[] = {
    {{"s", "small"}, {768, 8, 8, 2304}},
    {{"b", "base"}, {768, 12, 12, 3072}},
    {{"l", "large"}, {1024, 24, 16, 4096}},
    {{"h", "huge"}, {1280, 32, 16, 5120}},
    {{"eva-g", "eva-giant"}, {1408, 40, 16, 6144}},
    {{"deit-t", "deit-tiny"}, {192, 12, 3, 768}},
    {{"deit-s", "deit-small", "dinov2-s", "dinov2-small"}, {384, 12, 6, 1536}},
    {{"deit-b", "deit-base"}, {768, 12, 12, 3072}},
    {{"dinov2-g", "dinov2-giant"}, {1536, 40, 24, 6144}},
};

static bool equal_ignoring_case(const char *a, const char *b) {
  for (; *a && *b; ++a, ++b) {
    if (tolower((unsigned char)*a) != tolower((unsigned char)*b)) return false;
  }
  return *a == *b;
}

static mmd_status_t read_named_arch(const mmd_builder_t *builder, const char *name,
                                    mmd_vit_arch_t *out_arch) {
  for (size_t i = 0; i < sizeof named_archs / sizeof named_archs[0]; ++i) {
    for (int j = 0; j < 4 && named_archs[i].names[j]; ++j) {
      if (!equal_ignoring_case(name, named_archs[i].names[j])) continue;
      *out_arch = named_archs[i].arch;
      return NULL;
    }
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.arch: '%s' is none of small, base, large, huge, deit-tiny, deit-small, "
                   "deit-base, eva-giant, dinov2-small, dinov2-giant",
                   builder->config_path, name);
}

static mmd_status_t read_size(const mmd_builder_t *builder, const mmd_value_t *arch,
                              const char *key, int64_t max, int64_t *out_number) {
  const int64_t number = mmd_value_get_int(mmd_object_get(arch, key), 0);
  if (number < 1 || number > max) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.arch.%s: expected a number of 1..%lld",
                     builder->config_path, key, (long long)max);
  }
  *out_number = number;
  return NULL;
}

mmd_status_t mmd_vit_arch_read(const mmd_builder_t *builder, const mmd_value_t *arch,
                               mmd_vit_arch_t *out_arch) {
  if (!arch) return read_named_arch(builder, "base", out_arch);
  const char *name = mmd_value_get_string(arch, NULL);
  if (name) return read_named_arch(builder, name, out_arch);
  enum { MAX_LAYERS = 1024, MAX_CHANNELS = 1 << 20 };
  MMD_TRY(read_size(builder, arch, "embed_dims", MAX_CHANNELS, &out_arch->embed_dims));
  MMD_TRY(read_size(builder, arch, "num_layers", MAX_LAYERS, &out_arch->num_layers));
  MMD_TRY(read_size(builder, arch, "num_heads", MAX_CHANNELS, &out_arch->num_heads));
  return read_size(builder, arch, "feedforward_channels", MAX_CHANNELS,
                   &out_arch->feedforward_channels);
}

// A number for both, or a pair; absent leaves |pair| as it is.
static mmd_status_t read_pair(const mmd_builder_t *builder, const char *key,
                              const mmd_value_t *value, int64_t pair[2]) {
  if (mmd_value_is_null(value)) return NULL;
  const bool list = mmd_value_kind(value) == MMD_VALUE_ARRAY;
  const size_t count = mmd_array_size(value);
  const int64_t first = mmd_value_get_int(list ? mmd_array_at(value, 0) : value, -1);
  const int64_t second = list && count == 2 ? mmd_value_get_int(mmd_array_at(value, 1), -1) : first;
  if (first < 0 || second < 0 || (list && (count < 1 || count > 2))) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: expected a number or a pair of numbers",
                     builder->config_path, key);
  }
  pair[0] = first;
  pair[1] = second;
  return NULL;
}

typedef struct patch_cfg_t {
  const mmd_value_t *in_channels, *input_size, *kernel_size, *stride, *padding, *dilation, *bias,
      *norm_cfg;
  const char *conv_type;
} patch_cfg_t;

#define PATCH_VALUE(field, text)                                                      \
  {                                                                                   \
    .name = #field, .type = MMD_OPTION_VALUE, .offset = offsetof(patch_cfg_t, field), \
    .help = (text)                                                                    \
  }

static const mmd_option_t patch_cfg_options[] = {
    PATCH_VALUE(in_channels, "Channels of the image."),
    PATCH_VALUE(input_size, "Size the position embedding is for."),
    PATCH_VALUE(kernel_size, "Size of a patch."),
    PATCH_VALUE(stride, "Distance of patches; None is the patch size."),
    PATCH_VALUE(padding, "'corner' (default), 'same', or a number of pixels."),
    PATCH_VALUE(dilation, "Dilation of the convolution."),
    PATCH_VALUE(bias, "Bias of the convolution."),
    PATCH_VALUE(norm_cfg, "Normalisation of the patches, none by default."),
    {.name = "conv_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(patch_cfg_t, conv_type),
     .default_text = "Conv2d",
     .help = "Kind of convolution."},
    TRAINING_ONLY("init_cfg"),
};
static const mmd_option_table_t patch_cfg_table =
    MMD_OPTION_TABLE("patch_cfg", patch_cfg_t, patch_cfg_options);

static mmd_status_t read_padding(const mmd_builder_t *builder, const mmd_value_t *value,
                                 mmd_patch_embed_t *patch) {
  const char *text = mmd_value_get_string(value, mmd_value_is_null(value) ? "corner" : NULL);
  if (!text) {
    patch->padding = MMD_PADDING_FIXED;
    return read_pair(builder, "patch_cfg.padding", value, patch->conv.padding);
  }
  const bool same = mmd_str_equal(text, "same");
  patch->padding = same ? MMD_PADDING_SAME : MMD_PADDING_CORNER;
  if (same || mmd_str_equal(text, "corner")) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.patch_cfg.padding: expected 'corner', 'same' or a number, found '%s'",
                   builder->config_path, text);
}

mmd_status_t mmd_vit_patch_read(mmd_builder_t *builder, const mmd_vit_options_t *options,
                                const mmd_vit_arch_t *arch, mmd_patch_embed_t *out_patch,
                                int64_t out_image_size[2]) {
  char where[256];
  patch_cfg_t cfg;
  snprintf(where, sizeof where, "%s.patch_cfg", builder->config_path);
  MMD_TRY(mmd_options_read(&patch_cfg_table, options->patch_cfg, where, true, &cfg));
  if (!mmd_str_equal(cfg.conv_type, "Conv2d") && !mmd_str_equal(cfg.conv_type, "Conv")) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.conv_type: '%s' is not supported, only Conv2d", where,
                     cfg.conv_type);
  }
  memset(out_patch, 0, sizeof *out_patch);
  mmd_conv_t *conv = &out_patch->conv;
  *conv = mmd_conv_square(options->in_channels, arch->embed_dims, 16, 16, 0);
  conv->in_channels = mmd_value_get_int(cfg.in_channels, conv->in_channels);
  conv->bias = mmd_value_get_bool(cfg.bias, !options->pre_norm);
  MMD_TRY(read_pair(builder, "patch_size", options->patch_size, conv->kernel));
  memcpy(conv->stride, conv->kernel, sizeof conv->stride);
  MMD_TRY(read_pair(builder, "patch_cfg.kernel_size", cfg.kernel_size, conv->kernel));
  if (cfg.stride && mmd_value_is_null(cfg.stride)) {
    memcpy(conv->stride, conv->kernel, sizeof conv->stride);
  }
  MMD_TRY(read_pair(builder, "patch_cfg.stride", cfg.stride, conv->stride));
  MMD_TRY(read_pair(builder, "patch_cfg.dilation", cfg.dilation, conv->dilation));
  MMD_TRY(read_padding(builder, cfg.padding, out_patch));
  if (!mmd_value_is_null(cfg.norm_cfg)) {
    out_patch->norm = mmd_norm_read(builder, "patch_cfg.norm_cfg", cfg.norm_cfg, "LN", 1e-5);
  }
  out_image_size[0] = out_image_size[1] = 224;
  MMD_TRY(read_pair(builder, "img_size", options->img_size, out_image_size));
  return read_pair(builder, "patch_cfg.input_size", cfg.input_size, out_image_size);
}

typedef struct layer_cfg_t {
  const mmd_value_t *num_heads, *feedforward_channels, *qkv_bias, *norm_cfg, *act_cfg,
      *layer_scale_init_value;
  int64_t num_fcs;
  const char *ffn_type;
} layer_cfg_t;

#define LAYER_VALUE(field, text)                                                      \
  {                                                                                   \
    .name = #field, .type = MMD_OPTION_VALUE, .offset = offsetof(layer_cfg_t, field), \
    .help = (text)                                                                    \
  }

static const mmd_option_t layer_cfg_options[] = {
    LAYER_VALUE(num_heads, "Attention heads."),
    LAYER_VALUE(feedforward_channels, "Hidden channels of the feed-forward network."),
    LAYER_VALUE(qkv_bias, "Bias of the attention's input layer."),
    LAYER_VALUE(norm_cfg, "Kind of normalisation."),
    LAYER_VALUE(act_cfg, "Activation, dict(type='GELU') by default."),
    LAYER_VALUE(layer_scale_init_value, "More than 0: learnt factors."),
    {.name = "num_fcs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(layer_cfg_t, num_fcs),
     .default_text = "2",
     .min = 2,
     .max = 64,
     .help = "Linear layers of the feed-forward network."},
    {.name = "ffn_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(layer_cfg_t, ffn_type),
     .default_text = "origin",
     .help = "Kind of feed-forward network."},
    TRAINING_ONLY("drop_rate"),
    TRAINING_ONLY("attn_drop_rate"),
    TRAINING_ONLY("drop_path_rate"),
    TRAINING_ONLY("init_cfg"),
};
static const mmd_option_table_t layer_cfg_table =
    MMD_OPTION_TABLE("layer_cfgs", layer_cfg_t, layer_cfg_options);

static mmd_status_t read_layer_cfg(const mmd_builder_t *builder, const mmd_vit_options_t *options,
                                   int64_t index, layer_cfg_t *out_cfg) {
  char where[256];
  const mmd_value_t *cfg = options->layer_cfgs;
  snprintf(where, sizeof where, "%s.layer_cfgs", builder->config_path);
  if (mmd_value_kind(cfg) == MMD_VALUE_ARRAY) {
    snprintf(where, sizeof where, "%s.layer_cfgs[%lld]", builder->config_path, (long long)index);
    if ((size_t)index >= mmd_array_size(cfg)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: missing, the list ends at %zu", where,
                       mmd_array_size(cfg));
    }
    cfg = mmd_array_at(cfg, (size_t)index);
  }
  MMD_TRY(mmd_options_read(&layer_cfg_table, cfg, where, true, out_cfg));
  if (mmd_str_equal(out_cfg->ffn_type, "origin")) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.ffn_type: '%s' is not supported, only 'origin'", where,
                   out_cfg->ffn_type);
}

mmd_vit_layer_t mmd_vit_layer_read(mmd_builder_t *builder, const mmd_vit_options_t *options,
                                   const mmd_vit_arch_t *arch, const mmd_norm_t *norm,
                                   int64_t index) {
  layer_cfg_t cfg = {0};
  mmd_vit_layer_t layer = {.norm = *norm};
  mmd_status_t status = read_layer_cfg(builder, options, index, &cfg);
  if (status) {
    mmd_builder_fail(builder, status);
    return layer;
  }
  const double scale =
      mmd_value_get_float(cfg.layer_scale_init_value, options->layer_scale_init_value);
  if (cfg.norm_cfg)
    layer.norm = mmd_norm_read(builder, "layer_cfgs.norm_cfg", cfg.norm_cfg, "LN", 1e-5);
  layer.attention = (mmd_attention_t){
      .channels = arch->embed_dims,
      .heads = mmd_value_get_int(cfg.num_heads, arch->num_heads),
      .qkv_bias = mmd_value_get_bool(cfg.qkv_bias, options->qkv_bias),
      .proj_bias = true,
      .scale_name = scale > 0 ? "gamma1.weight" : NULL,
  };
  layer.ffn = (mmd_ffn_t){
      .channels = arch->embed_dims,
      .hidden_channels = mmd_value_get_int(cfg.feedforward_channels, arch->feedforward_channels),
      .layers = (int)cfg.num_fcs,
      .activation = mmd_activation_read(builder, "layer_cfgs.act_cfg", cfg.act_cfg, "GELU"),
      .scale_name = scale > 0 ? "gamma2.weight" : NULL,
  };
  return layer;
}

mmd_edge_t *mmd_vit_layer_build(mmd_builder_t *builder, const mmd_vit_layer_t *layer,
                                mmd_edge_t *x) {
  const int64_t channels = layer->attention.channels;
  if (!mmd_builder_ok(builder)) return NULL;
  mmd_edge_t *y = mmd_nn_norm_numbered(builder, 1, &layer->norm, channels, x);
  y = mmd_nn_self_attention(builder, "attn", &layer->attention, y);
  x = mmd_nn_binary(builder, "Add", x, y);
  y = mmd_nn_norm_numbered(builder, 2, &layer->norm, channels, x);
  y = mmd_nn_ffn(builder, "ffn", &layer->ffn, y);
  return mmd_nn_binary(builder, "Add", x, y);
}
