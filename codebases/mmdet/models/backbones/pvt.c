// SPDX-License-Identifier: Apache-2.0
//
// PyramidVisionTransformer and its second version, whose patches overlap and whose feed-forward
// networks have a 3x3 convolution in place of a position embedding.
#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/activation.h"
#include "nn/multihead_attention.h"
#include "nn/patch_embed.h"
#include "nn/pos_embed.h"
#include "nn/token_map.h"

typedef struct pvt_t {
  mmd_ints_t pretrain_img_size, num_layers, num_heads, patch_sizes, strides, paddings, sr_ratios;
  mmd_ints_t mlp_ratios, out_indices;
  int64_t in_channels, embed_dims, num_stages;
  bool qkv_bias, use_abs_pos_embed, norm_after_stage, use_conv_ffn;
  const mmd_value_t *act_cfg, *norm_cfg;
} pvt_t;

#define PVT_OPTIONS                                                                               \
  MMD_OPT_INTS("pretrain_img_size", pvt_t, pretrain_img_size, "[224]",                            \
               "Size that the position embeddings were made for."),                               \
      MMD_OPT_COUNT("in_channels", pvt_t, in_channels, "3", "Channels of the image."),            \
      MMD_OPT_COUNT("embed_dims", pvt_t, embed_dims, "64", "Channels of a head."),                \
      MMD_OPT_COUNT("num_stages", pvt_t, num_stages, "4", "Stages."),                             \
      MMD_OPT_INTS("num_layers", pvt_t, num_layers, "[3, 4, 6, 3]", "Layers of each stage."),     \
      MMD_OPT_INTS("num_heads", pvt_t, num_heads, "[1, 2, 5, 8]", "Heads of each stage."),        \
      MMD_OPT_INTS("strides", pvt_t, strides, "[4, 2, 2, 2]", "Strides of the patches."),         \
      MMD_OPT_INTS("sr_ratios", pvt_t, sr_ratios, "[8, 4, 2, 1]",                                 \
                   "How much smaller the map of keys and values is."),                            \
      MMD_OPT_INTS("mlp_ratios", pvt_t, mlp_ratios, "[8, 8, 4, 4]",                               \
                   "Channels within the feed-forward networks, by those outside."),               \
      MMD_OPT_INTS("out_indices", pvt_t, out_indices, "[0, 1, 2, 3]",                             \
                   "Stages whose features are given out."),                                       \
      MMD_OPT_BOOL("qkv_bias", pvt_t, qkv_bias, "true", "Projections of attention have a bias."), \
      MMD_OPT_DICT("act_cfg", pvt_t, act_cfg, "Activation, dict(type='GELU') by default."),       \
      MMD_OPT_DICT("norm_cfg", pvt_t, norm_cfg, "Norm, dict(type='LN', eps=1e-6) by default."),   \
      MMD_OPT_TRAINING("drop_rate"), MMD_OPT_TRAINING("attn_drop_rate"),                          \
      MMD_OPT_TRAINING("drop_path_rate"), MMD_OPT_TRAINING("pretrained"),                         \
      MMD_OPT_TRAINING("convert_weights"), MMD_OPT_TRAINING("init_cfg")

static const mmd_option_t g_options[] = {
    PVT_OPTIONS,
    MMD_OPT_INTS("patch_sizes", pvt_t, patch_sizes, "[4, 2, 2, 2]", "Sides of the patches."),
    MMD_OPT_INTS("paddings", pvt_t, paddings, "[0, 0, 0, 0]", "Padding of the patches."),
    MMD_OPT_BOOL("use_abs_pos_embed", pvt_t, use_abs_pos_embed, "true",
                 "A position embedding in each stage."),
    MMD_OPT_BOOL("norm_after_stage", pvt_t, norm_after_stage, "false", "A norm behind each stage."),
    MMD_OPT_BOOL("use_conv_ffn", pvt_t, use_conv_ffn, "false",
                 "A depthwise convolution in the feed-forward networks."),
};
static const mmd_option_t g_v2_options[] = {PVT_OPTIONS};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("PyramidVisionTransformer", pvt_t, g_options);
static const mmd_option_table_t g_v2_table =
    MMD_OPTION_TABLE("PyramidVisionTransformerV2", pvt_t, g_v2_options);

typedef struct plan_t {
  const pvt_t *self;
  mmd_norm_t norm;
  mmd_activation_t activation;
} plan_t;

//===--- reading -----------------------------------------------------------===//

static mmd_status_t check_lists(const mmd_builder_t *b, const pvt_t *self) {
  const struct {
    const char *name;
    const mmd_ints_t *list;
    int64_t least, most;
  } lists[] = {
      {"num_layers", &self->num_layers, 0, 1024},   {"num_heads", &self->num_heads, 1, 1024},
      {"patch_sizes", &self->patch_sizes, 1, 1024}, {"strides", &self->strides, 1, 1024},
      {"paddings", &self->paddings, 0, 1024},       {"sr_ratios", &self->sr_ratios, 1, 1024},
      {"mlp_ratios", &self->mlp_ratios, 1, 1024},
  };
  for (size_t i = 0; i < sizeof lists / sizeof *lists; ++i) {
    bool is_good = lists[i].list->count == self->num_stages;
    for (int k = 0; is_good && k < lists[i].list->count; ++k)
      is_good =
          lists[i].list->items[k] >= lists[i].least && lists[i].list->items[k] <= lists[i].most;
    if (is_good) continue;
    return MMD_ERROR(
        MMD_INVALID_ARGUMENT, "%s.%s: %lld numbers (num_stages), none below %lld, are expected",
        b->config_path, lists[i].name, (long long)self->num_stages, (long long)lists[i].least);
  }
  return NULL;
}

static mmd_status_t check(const mmd_builder_t *b, const pvt_t *self) {
  MMD_TRY(check_lists(b, self));
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] < self->num_stages) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage, there are %lld",
                     b->config_path, (long long)self->out_indices.items[i],
                     (long long)self->num_stages);
  }
  if (self->pretrain_img_size.count == 1 || self->pretrain_img_size.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.pretrain_img_size: one or two numbers are expected",
                   b->config_path);
}

//===--- position embedding ------------------------------------------------===//

// Patches of an image of pretrain_img_size behind the stages up to |stage|.
static mmd_status_t grid_of(const mmd_builder_t *b, const pvt_t *self, int stage,
                            int64_t out_grid[2]) {
  const mmd_ints_t *size = &self->pretrain_img_size;
  out_grid[0] = size->items[0];
  out_grid[1] = size->items[size->count - 1];
  for (int i = 0; i <= stage; ++i) {
    out_grid[0] /= self->patch_sizes.items[i];
    out_grid[1] /= self->patch_sizes.items[i];
  }
  if (out_grid[0] > 0 && out_grid[1] > 0) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.pretrain_img_size: no patch of stage %d fits",
                   b->config_path, stage);
}

// The embedding, fitted to |map|, of which |whole| is the NCHW form.
static mmd_edge_t *positions(mmd_builder_t *b, const pvt_t *self, int stage,
                             const mmd_token_map_t *map, mmd_edge_t *whole) {
  int64_t grid[2];
  mmd_status_t status = grid_of(b, self, stage, grid);
  if (status) {
    mmd_builder_fail(b, status);
    return NULL;
  }
  const int64_t dims[] = {1, grid[0] * grid[1], map->channels};
  mmd_edge_t *embedding = mmd_nn_weight(b, "1.0.pos_embed", 3, dims);
  if (!embedding) return NULL;
  if (!mmd_token_map_is_static(map)) {
    return mmd_nn_pos_embed_fit(b, embedding, grid, 0, map->channels, MMD_INTERPOLATE_BILINEAR,
                                whole);
  }
  mmd_tensor_t fitted = {0};
  status = mmd_pos_embed_resize(&embedding->constant, grid, map->size, 0, MMD_INTERPOLATE_BILINEAR,
                                &fitted);
  if (!status) status = mmd_edge_set_constant(embedding, &fitted);
  mmd_tensor_deinit(&fitted);
  if (status) mmd_builder_fail(b, status);
  return embedding;
}

//===--- building ----------------------------------------------------------===//

// Every token attends to those of a smaller map.
static mmd_edge_t *attend(mmd_builder_t *b, const plan_t *plan, int stage,
                          const mmd_token_map_t *map) {
  const int64_t channels = map->channels, ratio = plan->self->sr_ratios.items[stage];
  const mmd_multihead_attention_t attention = {channels, plan->self->num_heads.items[stage],
                                               plan->self->qkv_bias};
  mmd_edge_t *keys = map->tokens;
  const size_t mark = mmd_scope_enter(b, "attn");
  if (ratio > 1) {
    mmd_conv_t reduce = mmd_conv_square(channels, channels, ratio, ratio, 0);
    reduce.bias = true;
    keys = mmd_nn_conv(b, "sr", &reduce, mmd_nn_tokens_to_map(b, map));
    keys = mmd_nn_norm(b, "norm", &plan->norm, channels, mmd_nn_map_to_tokens(b, channels, keys));
  }
  mmd_edge_t *out = mmd_nn_multihead_attention(b, "attn", &attention, map->tokens, keys, keys);
  mmd_scope_leave(b, mark);
  return out;
}

// MixFFN.
static mmd_edge_t *feed_forward(mmd_builder_t *b, const plan_t *plan, int stage,
                                const mmd_token_map_t *map) {
  const int64_t channels = map->channels;
  const int64_t hidden = channels * plan->self->mlp_ratios.items[stage];
  const bool has_conv = plan->self->use_conv_ffn;
  mmd_conv_t in = mmd_conv_square(channels, hidden, 1, 1, 0);
  mmd_conv_t middle = mmd_conv_square(hidden, hidden, 3, 1, 1);
  mmd_conv_t out = mmd_conv_square(hidden, channels, 1, 1, 0);
  middle.groups = hidden;
  in.bias = middle.bias = out.bias = true;
  const size_t mark = mmd_scope_enter(b, "ffn.layers");
  mmd_edge_t *x = mmd_nn_conv(b, "0", &in, mmd_nn_tokens_to_map(b, map));
  if (has_conv) x = mmd_nn_conv(b, "1", &middle, x);
  x = mmd_nn_activation(b, &plan->activation, x);
  x = mmd_nn_map_to_tokens(b, channels, mmd_nn_conv(b, has_conv ? "4" : "3", &out, x));
  mmd_scope_leave(b, mark);
  return x;
}

static void build_layer(mmd_builder_t *b, const plan_t *plan, int stage, mmd_token_map_t *map) {
  mmd_token_map_t normed = *map;
  normed.tokens = mmd_nn_norm(b, "norm1", &plan->norm, map->channels, map->tokens);
  map->tokens = mmd_nn_binary(b, "Add", map->tokens, attend(b, plan, stage, &normed));
  normed.tokens = mmd_nn_norm(b, "norm2", &plan->norm, map->channels, map->tokens);
  map->tokens = mmd_nn_binary(b, "Add", map->tokens, feed_forward(b, plan, stage, &normed));
}

static mmd_token_map_t embed(mmd_builder_t *b, const plan_t *plan, int stage, int64_t in_channels,
                             mmd_edge_t *x) {
  const pvt_t *self = plan->self;
  const int64_t channels = self->embed_dims * self->num_heads.items[stage];
  mmd_patch_embed_t patches = {
      .conv = mmd_conv_square(in_channels, channels, self->patch_sizes.items[stage],
                              self->strides.items[stage], self->paddings.items[stage]),
      .norm = plan->norm};
  mmd_edge_t *whole;
  patches.conv.bias = true;
  mmd_edge_t *tokens = mmd_nn_patch_embed(b, "0", &patches, x, &whole);
  mmd_token_map_t map = mmd_nn_token_map(b, tokens, channels, whole);
  if (self->use_abs_pos_embed && mmd_builder_ok(b)) {
    mmd_edge_t *embedding = positions(b, self, stage, &map, whole);
    map.tokens = mmd_nn_binary(b, "Add", map.tokens, embedding);
  }
  return map;
}

static mmd_edge_t *build_stage(mmd_builder_t *b, const plan_t *plan, int stage, int64_t in_channels,
                               mmd_edge_t *x) {
  const pvt_t *self = plan->self;
  mmd_token_map_t map = embed(b, plan, stage, in_channels, x);
  for (int64_t i = 0; i < self->num_layers.items[stage] && mmd_builder_ok(b); ++i) {
    const size_t mark = mmd_scope_enter(b, "1.%lld", (long long)(i + self->use_abs_pos_embed));
    build_layer(b, plan, stage, &map);
    mmd_scope_leave(b, mark);
  }
  if (self->norm_after_stage)
    map.tokens = mmd_nn_norm(b, "2", &plan->norm, map.channels, map.tokens);
  return mmd_nn_tokens_to_map(b, &map);
}

static bool is_wanted(const pvt_t *self, int64_t stage) {
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] == stage) return true;
  }
  return false;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const pvt_t *self = options;
  const plan_t plan = {.self = self,
                       .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "LN", 1e-6),
                       .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "GELU")};
  mmd_status_t status = check(b, self);
  if (status) mmd_builder_fail(b, status);
  int64_t channels = self->in_channels;
  mmd_edge_t *x = inputs->items[0];
  for (int i = 0; i < self->num_stages && mmd_builder_ok(b); ++i) {
    const size_t mark = mmd_scope_enter(b, "layers.%d", i);
    x = build_stage(b, &plan, i, channels, x);
    mmd_scope_leave(b, mark);
    channels = self->embed_dims * self->num_heads.items[i];
    if (is_wanted(self, i)) out_outputs->items[out_outputs->count++] = x;
  }
}

// What the second version fixes.
static void build_v2(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                     mmd_features_t *out_outputs) {
  pvt_t self = *(const pvt_t *)options;
  self.patch_sizes = (mmd_ints_t){4, {7, 3, 3, 3}};
  self.paddings = (mmd_ints_t){4, {3, 1, 1, 1}};
  self.norm_after_stage = self.use_conv_ffn = true;
  build(b, &self, inputs, out_outputs);
}

const mmd_module_t mmd_mmdet_pvt = {.codebase = "mmdet",
                                    .kind = "backbone",
                                    .type = "PyramidVisionTransformer",
                                    .options = &g_table,
                                    .build = build};
const mmd_module_t mmd_mmdet_pvt_v2 = {.codebase = "mmdet",
                                       .kind = "backbone",
                                       .type = "PyramidVisionTransformerV2",
                                       .options = &g_v2_table,
                                       .build = build_v2};
