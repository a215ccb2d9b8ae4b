// SPDX-License-Identifier: Apache-2.0
#include "nn/plugin_layer.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nn/context_block.h"
#include "nn/conv_module.h"
#include "nn/generalized_attention.h"
#include "nn/non_local.h"
#include "value/options.h"

// Options of all types; each table has its own.
typedef struct plugin_t {
  double ratio, position_magnitude;
  int pooling, mode;
  bool use_scale, sub_sample;
  const char *attention_type;
  const mmd_value_t *fusion_types, *conv_cfg, *norm_cfg, *act_cfg, *bias;
  int64_t out_channels, reduction, groups;
  int64_t spatial_range, num_heads, position_embedding_dim, kv_stride, q_stride;
  mmd_ints_t kernel_size, stride, padding, dilation;
} plugin_t;

enum { POOLING_ATT, POOLING_AVG };
static const char *const poolings[] = {"att", "avg", NULL};
static const char *const modes[] = {"embedded_gaussian", "gaussian", "dot_product", NULL};

#define VALUE(label, field, text) \
  { .name = (label), .type = MMD_OPTION_VALUE, .offset = offsetof(plugin_t, field), .help = (text) }
#define IGNORED(label, text) \
  { .name = (label), .type = MMD_OPTION_VALUE, .flags = MMD_OPTION_IGNORED, .help = (text) }
#define PAIR(label, field, fallback, least, text)                                  \
  {                                                                                \
    .name = (label), .type = MMD_OPTION_INTS, .offset = offsetof(plugin_t, field), \
    .default_text = (fallback), .min = (least), .max = 1024, .help = (text)        \
  }
#define COUNT(label, field, fallback, text)                                       \
  {                                                                               \
    .name = (label), .type = MMD_OPTION_INT, .offset = offsetof(plugin_t, field), \
    .default_text = (fallback), .min = 1, .max = 65536, .help = (text)            \
  }
#define POSTFIX IGNORED("postfix", "Behind the module's name.")

static const mmd_option_t context_options[] = {
    {.name = "ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(plugin_t, ratio),
     .min = 1e-6,
     .max = 1024,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Share of the channels inside."},
    {.name = "pooling_type",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(plugin_t, pooling),
     .choices = poolings,
     .default_text = "att",
     .help = "How the map becomes one cell."},
    VALUE("fusion_types", fusion_types, "List of channel_add (default) and channel_mul."),
    POSTFIX,
};
static const mmd_option_t non_local_options[] = {
    COUNT("reduction", reduction, "2", "Channels by channels inside."),
    {.name = "use_scale",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(plugin_t, use_scale),
     .default_text = "true",
     .help = "Divide likeness by the root of the channels."},
    {.name = "mode",
     .type = MMD_OPTION_CHOICE,
     .offset = offsetof(plugin_t, mode),
     .choices = modes,
     .default_text = "embedded_gaussian",
     .help = "What likeness is."},
    {.name = "sub_sample",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(plugin_t, sub_sample),
     .default_text = "false",
     .help = "Pool the cells that are looked at."},
    VALUE("conv_cfg", conv_cfg, "Kind of convolution."),
    VALUE("norm_cfg", norm_cfg, "Kind of normalisation; None: none."),
    IGNORED("std", "Training only."),
    IGNORED("zeros_init", "Training only."),
    POSTFIX,
};
static const mmd_option_t conv_options[] = {
    COUNT("out_channels", out_channels, NULL, "Channels behind it: as many as in front."),
    PAIR("kernel_size", kernel_size, "[1]", 1, "Size of the kernel."),
    PAIR("stride", stride, "[1]", 1, "Stride."),
    PAIR("padding", padding, "[0]", 0, "Padding."),
    PAIR("dilation", dilation, "[1]", 1, "Dilation."),
    COUNT("groups", groups, "1", "Groups."),
    VALUE("bias", bias, "Whether there is a bias; 'auto': where there is no norm."),
    VALUE("conv_cfg", conv_cfg, "Kind of convolution."),
    VALUE("norm_cfg", norm_cfg, "Kind of normalisation; None: none."),
    VALUE("act_cfg", act_cfg, "Kind of activation; dict(type='ReLU') by default."),
    IGNORED("inplace", "Speed."),
    POSTFIX,
};
static const mmd_option_t attention_options[] = {
    {.name = "spatial_range",
     .type = MMD_OPTION_INT,
     .offset = offsetof(plugin_t, spatial_range),
     .default_text = "-1",
     .help = "How far cells see; only -1, without limit, is known."},
    COUNT("num_heads", num_heads, "9", "Number of heads."),
    {.name = "position_embedding_dim",
     .type = MMD_OPTION_INT,
     .offset = offsetof(plugin_t, position_embedding_dim),
     .default_text = "-1",
     .min = -1,
     .max = 16384,
     .help = "Numbers that stand for a distance; -1: as many as channels."},
    {.name = "position_magnitude",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(plugin_t, position_magnitude),
     .default_text = "1",
     .help = "Factor of distances."},
    COUNT("kv_stride", kv_stride, "2", "Stride of the cells that are asked."),
    COUNT("q_stride", q_stride, "1", "Stride of the cells that ask."),
    {.name = "attention_type",
     .type = MMD_OPTION_STRING,
     .offset = offsetof(plugin_t, attention_type),
     .default_text = "1111",
     .help = "Four flags: query and key, query and place, key alone, place alone."},
    POSTFIX,
};
static const mmd_option_t drop_options[] = {IGNORED("drop_prob", "Training only."),
                                            IGNORED("block_size", "Training only."),
                                            IGNORED("warmup_iters", "Training only."), POSTFIX};

//===--- layers ------------------------------------------------------------===//

static mmd_edge_t *context_block(mmd_builder_t *b, const char *name, const plugin_t *self,
                                 int64_t channels, mmd_edge_t *x) {
  mmd_context_block_t block = {.channels = channels,
                               .ratio = self->ratio,
                               .has_attention = self->pooling == POOLING_ATT,
                               .has_add = !self->fusion_types};
  for (size_t i = 0; i < mmd_array_size(self->fusion_types); ++i) {
    const char *type = mmd_value_get_string(mmd_array_at(self->fusion_types, i), "");
    block.has_add = block.has_add || strcmp(type, "channel_add") == 0;
    block.has_mul = block.has_mul || strcmp(type, "channel_mul") == 0;
  }
  return mmd_nn_context_block(b, name, &block, x);
}

static mmd_edge_t *non_local(mmd_builder_t *b, const char *name, const plugin_t *self,
                             int64_t channels, mmd_edge_t *x) {
  mmd_non_local_t block = {.channels = channels,
                           .reduction = self->reduction,
                           .mode = (mmd_non_local_mode_t)self->mode,
                           .use_scale = self->use_scale,
                           .sub_sample = self->sub_sample,
                           .conv_cfg = self->conv_cfg,
                           .norm = {.kind = MMD_NORM_NONE, .abbr = ""}};
  if (self->norm_cfg) block.norm = mmd_norm_read(b, "plugins.norm_cfg", self->norm_cfg, "BN", 1e-5);
  return mmd_nn_non_local(b, name, &block, x);
}

static mmd_edge_t *conv_module(mmd_builder_t *b, const char *name, const plugin_t *self,
                               int64_t channels, mmd_edge_t *x) {
  mmd_conv_t conv = {.in_channels = channels,
                     .out_channels = self->out_channels,
                     .groups = self->groups,
                     .bias = mmd_value_get_bool(self->bias, false),
                     .cfg = self->conv_cfg};
  for (int i = 0; i < 2; ++i) {
    conv.kernel[i] = self->kernel_size.items[self->kernel_size.count > 1 ? i : 0];
    conv.stride[i] = self->stride.items[self->stride.count > 1 ? i : 0];
    conv.padding[i] = self->padding.items[self->padding.count > 1 ? i : 0];
    conv.dilation[i] = self->dilation.items[self->dilation.count > 1 ? i : 0];
  }
  mmd_norm_t norm = {.kind = MMD_NORM_NONE, .abbr = ""};
  if (self->norm_cfg) norm = mmd_norm_read(b, "plugins.norm_cfg", self->norm_cfg, "BN", 1e-5);
  const mmd_activation_t activation =
      mmd_activation_read(b, "plugins.act_cfg", self->act_cfg, "ReLU");
  if (conv.out_channels != channels) {
    mmd_builder_fail(b,
                     MMD_ERROR(MMD_INVALID_ARGUMENT,
                               "%s.plugins: out_channels of a ConvModule is %lld, but the block "
                               "has %lld channels there",
                               b->config_path, (long long)conv.out_channels, (long long)channels));
  }
  return mmd_nn_conv_module(b, name, &conv, &norm, &activation, x);
}

static mmd_edge_t *generalized_attention(mmd_builder_t *b, const char *name, const plugin_t *self,
                                         int64_t channels, mmd_edge_t *x) {
  const char *type = self->attention_type;
  if (strlen(type) != 4 || strspn(type, "01") != 4 || self->spatial_range >= 0) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.plugins: a GeneralizedAttention with attention_type '%s' and "
                                  "spatial_range %lld is not supported; four flags and -1 are",
                                  b->config_path, type, (long long)self->spatial_range));
    return NULL;
  }
  const mmd_generalized_attention_t attention = {
      .channels = channels,
      .heads = self->num_heads,
      .embedding = self->position_embedding_dim > 0 ? self->position_embedding_dim : channels,
      .magnitude = self->position_magnitude,
      .q_stride = self->q_stride,
      .kv_stride = self->kv_stride,
      .has_query_key = type[0] == '1',
      .has_query_place = type[1] == '1',
      .has_key = type[2] == '1',
      .has_place = type[3] == '1'};
  return mmd_nn_generalized_attention(b, name, &attention, x);
}

static mmd_edge_t *drop_block(mmd_builder_t *b, const char *name, const plugin_t *self,
                              int64_t channels, mmd_edge_t *x) {
  (void)b, (void)name, (void)self, (void)channels;
  return x;
}

#define TYPE(label, abbr, options, function) \
  { (label), (abbr), MMD_OPTION_TABLE((label), plugin_t, options), (function) }
static const struct {
  const char *type, *abbr;
  mmd_option_table_t options;
  mmd_edge_t *(*build)(mmd_builder_t *b, const char *name, const plugin_t *self, int64_t channels,
                       mmd_edge_t *x);
} types[] = {
    TYPE("ContextBlock", "context_block", context_options, context_block),
    TYPE("ConvModule", "conv_block", conv_options, conv_module),
    TYPE("DropBlock", "drop_block", drop_options, drop_block),
    TYPE("GeneralizedAttention", "gen_attention_block", attention_options, generalized_attention),
    TYPE("NonLocal2d", "nonlocal_block", non_local_options, non_local),
};

// The module is called after its type, with cfg.postfix behind.
static void make_name(const char *abbr, const mmd_value_t *cfg, size_t size, char *out) {
  const mmd_value_t *postfix = mmd_object_get(cfg, "postfix");
  const char *text = mmd_value_get_string(postfix, NULL);
  if (text || mmd_value_is_null(postfix)) {
    snprintf(out, size, "%s%s", abbr, text ? text : "");
  } else {
    snprintf(out, size, "%s%lld", abbr, (long long)mmd_value_get_int(postfix, 0));
  }
}

// |name| NULL: as in a block.
static mmd_edge_t *build_layer(mmd_builder_t *b, const char *name, const char *where,
                               const mmd_value_t *cfg, int64_t channels, mmd_edge_t *x) {
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  char own_name[128];
  if (!mmd_builder_ok(b)) return NULL;
  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i) {
    if (strcmp(types[i].type, type) != 0) continue;
    plugin_t plugin;
    mmd_status_t status = mmd_options_read(&types[i].options, cfg, where, true, &plugin);
    if (!status) {
      make_name(types[i].abbr, cfg, sizeof own_name, own_name);
      return types[i].build(b, name ? name : own_name, &plugin, channels, x);
    }
    mmd_builder_fail(b, status);
    return NULL;
  }
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                "%s.type: '%s' is not supported; known: ContextBlock, ConvModule, "
                                "DropBlock, GeneralizedAttention, NonLocal2d",
                                where, type));
  return NULL;
}

mmd_edge_t *mmd_nn_plugin_layer(mmd_builder_t *b, const mmd_value_t *cfg, int64_t channels,
                                mmd_edge_t *x) {
  char where[256];
  snprintf(where, sizeof where, "%s.plugins.cfg", b->config_path);
  return build_layer(b, NULL, where, cfg, channels, x);
}

mmd_edge_t *mmd_nn_plugin_layer_named(mmd_builder_t *b, const char *name, const char *where,
                                      const mmd_value_t *cfg, int64_t channels, mmd_edge_t *x) {
  return build_layer(b, name, where, cfg, channels, x);
}
