// SPDX-License-Identifier: Apache-2.0
//
// SwinTransformer: blocks of attention within windows, every second one with the windows moved by
// half their side; between the stages, 2x2 tokens become one.
#include <stdio.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/attention.h"
#include "nn/patch_embed.h"
#include "nn/tensor_ops.h"
#include "nn/window_attention.h"

enum { MAX_DEPTH = 1024 };

typedef struct swin_t {
  mmd_ints_t pretrain_img_size, depths, num_heads, strides, out_indices;
  int64_t in_channels, embed_dims, patch_size, window_size;
  double mlp_ratio, qk_scale;
  bool qkv_bias, patch_norm, use_abs_pos_embed;
  const mmd_value_t *act_cfg, *norm_cfg;
} swin_t;

static const mmd_option_t g_options[] = {
    MMD_OPT_INTS("pretrain_img_size", swin_t, pretrain_img_size, "[224]",
                 "Size that the absolute position embedding was made for."),
    MMD_OPT_COUNT("in_channels", swin_t, in_channels, "3", "Channels of the image."),
    MMD_OPT_COUNT("embed_dims", swin_t, embed_dims, "96", "Channels of the first stage."),
    MMD_OPT_COUNT("patch_size", swin_t, patch_size, "4", "Side of a patch."),
    MMD_OPT_COUNT("window_size", swin_t, window_size, "7", "Side of a window, in tokens."),
    {.name = "mlp_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(swin_t, mlp_ratio),
     .default_text = "4",
     .min = 1e-6,
     .max = 1024,
     .help = "Channels within the feed-forward networks, by those outside."},
    MMD_OPT_INTS("depths", swin_t, depths, "[2, 2, 6, 2]", "Blocks of each stage."),
    MMD_OPT_INTS("num_heads", swin_t, num_heads, "[3, 6, 12, 24]", "Heads of each stage."),
    MMD_OPT_INTS("strides", swin_t, strides, "[4, 2, 2, 2]",
                 "Stride of the patches and of each merging."),
    MMD_OPT_INTS("out_indices", swin_t, out_indices, "[0, 1, 2, 3]",
                 "Stages whose features are given out."),
    MMD_OPT_BOOL("qkv_bias", swin_t, qkv_bias, "true", "Queries, keys and values have a bias."),
    {.name = "qk_scale",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(swin_t, qk_scale),
     .min = 0,
     .max = 1e6,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Scale of the products; None: by the heads' channels."},
    MMD_OPT_BOOL("patch_norm", swin_t, patch_norm, "true", "Norms at patches and mergings."),
    MMD_OPT_BOOL("use_abs_pos_embed", swin_t, use_abs_pos_embed, "false",
                 "An absolute position embedding is added to the patches."),
    MMD_OPT_DICT("act_cfg", swin_t, act_cfg, "Activation, dict(type='GELU') by default."),
    MMD_OPT_DICT("norm_cfg", swin_t, norm_cfg, "Norm, dict(type='LN') by default."),
    MMD_OPT_TRAINING("drop_rate"),
    MMD_OPT_TRAINING("attn_drop_rate"),
    MMD_OPT_TRAINING("drop_path_rate"),
    MMD_OPT_TRAINING("with_cp"),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("convert_weights"),
    MMD_OPT_TRAINING("frozen_stages"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SwinTransformer", swin_t, g_options);

typedef struct plan_t {
  const swin_t *self;
  mmd_norm_t norm, patch_norm;
  mmd_activation_t activation;
} plan_t;

//===--- reading -----------------------------------------------------------===//

static mmd_status_t check_stages(const mmd_builder_t *b, const swin_t *self) {
  const int count = self->depths.count;
  if (count < 1 || self->num_heads.count != count || self->strides.count != count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: depths, num_heads and strides of one length are expected, not %d, %d, %d",
                     b->config_path, count, self->num_heads.count, self->strides.count);
  }
  if (self->strides.items[0] != self->patch_size) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.strides[0]: %lld, but patch_size is %lld",
                     b->config_path, (long long)self->strides.items[0],
                     (long long)self->patch_size);
  }
  for (int i = 0; i < count; ++i) {
    if (self->depths.items[i] <= MAX_DEPTH) continue;
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.depths[%d]: %lld; at most %d", b->config_path, i,
                     (long long)self->depths.items[i], MAX_DEPTH);
  }
  for (int i = 1; i < count; ++i) {
    if (self->strides.items[i] == 2) continue;
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.strides[%d]: %lld is not supported, only 2",
                     b->config_path, i, (long long)self->strides.items[i]);
  }
  return NULL;
}

static mmd_status_t check(const mmd_builder_t *b, const swin_t *self) {
  MMD_TRY(check_stages(b, self));
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] < self->depths.count) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage, there are %d",
                     b->config_path, (long long)self->out_indices.items[i], self->depths.count);
  }
  if (self->pretrain_img_size.count == 1 || self->pretrain_img_size.count == 2) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.pretrain_img_size: one or two numbers are expected",
                   b->config_path);
}

//===--- position embedding ------------------------------------------------===//

// 0.x fits the embedding, a map, to the image.
static mmd_edge_t *fitted_positions(mmd_builder_t *b, const mmd_token_map_t *map,
                                    const int64_t grid[2]) {
  const int64_t dims[] = {1, map->channels, grid[0], grid[1]}, front[] = {1, map->channels};
  mmd_edge_t *embedding = mmd_nn_weight(b, "absolute_pos_embed", 4, dims);
  if (map->size[0] == grid[0] && map->size[1] == grid[1])
    return mmd_nn_map_to_tokens(b, map->channels, embedding);
  mmd_edge_t *const sizes[] = {
      mmd_nn_constant_i64(b, 2, front),
      mmd_token_map_is_static(map) ? mmd_nn_constant_i64(b, 2, map->size) : map->at_run};
  mmd_edge_t *const inputs[] = {embedding, NULL, NULL, mmd_nn_concat(b, 0, 2, sizes)};
  mmd_node_t *node;
  embedding = mmd_nn_op(b, "Resize", 4, inputs, &node);
  mmd_nn_set_string(b, node, "mode", "cubic");
  mmd_nn_set_string(b, node, "coordinate_transformation_mode", "half_pixel");
  mmd_nn_set_float(b, node, "cubic_coeff_a", -0.75);
  return mmd_nn_map_to_tokens(b, map->channels, embedding);
}

// 1.x adds it as it is, so that one size is possible.
static mmd_edge_t *fixed_positions(mmd_builder_t *b, const mmd_token_map_t *map,
                                   const int64_t grid[2]) {
  const int64_t dims[] = {1, grid[0] * grid[1], map->channels};
  if (map->size[0] * map->size[1] != dims[1] || !mmd_token_map_is_static(map)) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_NOT_SUPPORTED,
                     "%s.use_abs_pos_embed: mmdet 3 can do that for images of pretrain_img_size "
                     "alone; give that as the static input shape",
                     b->config_path));
    return NULL;
  }
  return mmd_nn_weight(b, "absolute_pos_embed", 3, dims);
}

static mmd_edge_t *positions(mmd_builder_t *b, const swin_t *self, const mmd_token_map_t *map) {
  const mmd_ints_t *size = &self->pretrain_img_size;
  const int64_t grid[] = {size->items[0] / self->patch_size,
                          size->items[size->count - 1] / self->patch_size};
  return b->is_1x ? fixed_positions(b, map, grid) : fitted_positions(b, map, grid);
}

//===--- building ----------------------------------------------------------===//

static mmd_edge_t *build_block(mmd_builder_t *b, const plan_t *plan, int64_t heads,
                               int64_t channels, const mmd_windows_t *windows, mmd_edge_t *x) {
  const mmd_window_attention_t attention = {channels, heads, plan->self->qkv_bias,
                                            plan->self->qk_scale};
  const mmd_ffn_t ffn = {.channels = channels,
                         .hidden_channels = (int64_t)((double)channels * plan->self->mlp_ratio),
                         .layers = 2,
                         .activation = plan->activation};
  mmd_edge_t *out = mmd_nn_norm(b, "norm1", &plan->norm, channels, x);
  x = mmd_nn_binary(b, "Add", x,
                    mmd_nn_window_attention(b, "attn.w_msa", &attention, windows, out));
  out = mmd_nn_norm(b, "norm2", &plan->norm, channels, x);
  return mmd_nn_binary(b, "Add", x, mmd_nn_ffn(b, "ffn", &ffn, out));
}

static void build_stage(mmd_builder_t *b, const plan_t *plan, int index, mmd_token_map_t *map) {
  const swin_t *self = plan->self;
  const int64_t depth = self->depths.items[index], side = self->window_size;
  const mmd_windows_t windows[] = {
      mmd_nn_windows(b, map, side, 0),
      depth > 1 ? mmd_nn_windows(b, map, side, side / 2) : (mmd_windows_t){0}};
  for (int64_t i = 0; i < depth && mmd_builder_ok(b); ++i) {
    const size_t mark = mmd_scope_enter(b, "blocks.%lld", (long long)i);
    map->tokens = build_block(b, plan, self->num_heads.items[index], map->channels, &windows[i % 2],
                              map->tokens);
    mmd_scope_leave(b, mark);
  }
}

static void give_out(mmd_builder_t *b, const plan_t *plan, int index, const mmd_token_map_t *map,
                     mmd_features_t *out_outputs) {
  const mmd_ints_t *wanted = &plan->self->out_indices;
  for (int i = 0; i < wanted->count; ++i) {
    if (wanted->items[i] != index) continue;
    mmd_token_map_t normed = *map;
    char name[16];
    snprintf(name, sizeof name, "norm%d", index);
    normed.tokens = mmd_nn_norm(b, name, &plan->norm, map->channels, map->tokens);
    out_outputs->items[out_outputs->count++] = mmd_nn_tokens_to_map(b, &normed);
    return;
  }
}

static mmd_token_map_t embed(mmd_builder_t *b, const plan_t *plan, mmd_edge_t *image) {
  const swin_t *self = plan->self;
  mmd_patch_embed_t patches = {.conv = mmd_conv_square(self->in_channels, self->embed_dims,
                                                       self->patch_size, self->patch_size, 0),
                               .padding = MMD_PADDING_CORNER,
                               .norm = plan->patch_norm};
  mmd_edge_t *whole;
  patches.conv.bias = true;
  mmd_edge_t *x = mmd_nn_patch_embed(b, "patch_embed", &patches, image, &whole);
  mmd_token_map_t map = mmd_nn_token_map(b, x, self->embed_dims, whole);
  if (self->use_abs_pos_embed && mmd_builder_ok(b))
    map.tokens = mmd_nn_binary(b, "Add", map.tokens, positions(b, self, &map));
  return map;
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const swin_t *self = options;
  plan_t plan = {.self = self,
                 .norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "LN", 1e-5),
                 .patch_norm = {.kind = MMD_NORM_NONE, .abbr = ""},
                 .activation = mmd_activation_read(b, "act_cfg", self->act_cfg, "GELU")};
  mmd_status_t status = check(b, self);
  if (status) mmd_builder_fail(b, status);
  if (!mmd_builder_ok(b)) return;
  if (self->patch_norm) plan.patch_norm = plan.norm;
  mmd_token_map_t map = embed(b, &plan, inputs->items[0]);
  for (int i = 0; i < self->depths.count && mmd_builder_ok(b); ++i) {
    const size_t mark = mmd_scope_enter(b, "stages.%d", i);
    build_stage(b, &plan, i, &map);
    mmd_token_map_t merged = map;
    if (i + 1 < self->depths.count)
      merged = mmd_nn_patch_merging(b, "downsample", &plan.patch_norm, 2 * map.channels, &map);
    mmd_scope_leave(b, mark);
    give_out(b, &plan, i, &map, out_outputs);
    map = merged;
  }
}

const mmd_module_t mmd_mmdet_swin_transformer = {.codebase = "mmdet",
                                                 .kind = "backbone",
                                                 .type = "SwinTransformer",
                                                 .options = &g_table,
                                                 .build = build};
