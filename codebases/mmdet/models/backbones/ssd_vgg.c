// SPDX-License-Identifier: Apache-2.0
//
// SSDVGG: the convolutions of VGG as one list of modules, and behind them those that SSD has in
// place of the classifier. Features are taken by their places in the list.
#include <stdio.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/activation.h"
#include "nn/conv.h"
#include "nn/pool.h"

enum { STAGES = 5 };

typedef struct ssd_vgg_t {
  int64_t depth;
  bool with_last_pool, ceil_mode;
  mmd_ints_t out_feature_indices;
} ssd_vgg_t;

static const mmd_option_t g_options[] = {
    {.name = "depth",
     .type = MMD_OPTION_INT,
     .offset = offsetof(ssd_vgg_t, depth),
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of layers: 11, 13, 16 or 19."},
    MMD_OPT_BOOL("with_last_pool", ssd_vgg_t, with_last_pool, "false",
                 "Pooling behind the last stage."),
    MMD_OPT_BOOL("ceil_mode", ssd_vgg_t, ceil_mode, "true", "Pooling rounds sizes up."),
    MMD_OPT_INTS("out_feature_indices", ssd_vgg_t, out_feature_indices, "[22, 34]",
                 "Modules whose features are given out."),
    MMD_OPT_TRAINING("out_indices"),
    MMD_OPT_TRAINING("input_size"),
    MMD_OPT_TRAINING("l2_norm_scale"),
    MMD_OPT_TRAINING("pretrained"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("SSDVGG", ssd_vgg_t, g_options);

static const struct {
  int64_t depth;
  int blocks[STAGES];
} g_depths[] = {
    {11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}};

static const int *find_blocks(mmd_builder_t *b, int64_t depth) {
  for (size_t i = 0; i < sizeof g_depths / sizeof *g_depths; ++i) {
    if (g_depths[i].depth == depth) return g_depths[i].blocks;
  }
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED, "%s.depth: %lld; known: 11, 13, 16, 19",
                                b->config_path, (long long)depth));
  return NULL;
}

// The list as far as it is built: what its last module gives, and how many there are.
typedef struct list_t {
  const mmd_ints_t *wanted;
  mmd_features_t *out;
  int count;
  int64_t channels;
  mmd_edge_t *x;
} list_t;

static void append(list_t *list, mmd_edge_t *x) {
  list->x = x;
  for (int i = 0; i < list->wanted->count; ++i) {
    if (list->wanted->items[i] != list->count) continue;
    list->out->items[list->out->count++] = x;
    break;
  }
  ++list->count;
}

static void append_conv(mmd_builder_t *b, list_t *list, mmd_conv_t conv) {
  char name[32];
  snprintf(name, sizeof name, "features.%d", list->count);
  conv.bias = true;
  append(list, mmd_nn_conv(b, name, &conv, list->x));
  append(list, mmd_nn_relu(b, list->x));
  list->channels = conv.out_channels;
}

static void append_vgg(mmd_builder_t *b, list_t *list, const ssd_vgg_t *self, const int *blocks) {
  const mmd_pool2d_t halve = {.kernel = 2, .stride = 2, .ceil_mode = self->ceil_mode};
  for (int stage = 0; stage < STAGES; ++stage) {
    const int64_t channels = stage < 4 ? (int64_t)64 << stage : 512;
    for (int i = 0; i < blocks[stage]; ++i)
      append_conv(b, list, mmd_conv_square(list->channels, channels, 3, 1, 1));
    if (stage + 1 < STAGES || self->with_last_pool)
      append(list, mmd_nn_max_pool(b, &halve, list->x));
  }
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const ssd_vgg_t *self = options;
  const int *blocks = find_blocks(b, self->depth);
  const mmd_pool2d_t pool = {.kernel = 3, .stride = 1, .padding = 1};
  mmd_conv_t wide = mmd_conv_square(512, 1024, 3, 1, 6);
  list_t list = {.wanted = &self->out_feature_indices,
                 .out = out_outputs,
                 .channels = 3,
                 .x = inputs->items[0]};
  if (!blocks) return;
  append_vgg(b, &list, self, blocks);
  append(&list, mmd_nn_max_pool(b, &pool, list.x));
  wide.dilation[0] = wide.dilation[1] = 6;
  append_conv(b, &list, wide);
  append_conv(b, &list, mmd_conv_square(1024, 1024, 1, 1, 0));
}

const mmd_module_t mmd_mmdet_ssd_vgg = {
    .codebase = "mmdet", .kind = "backbone", .type = "SSDVGG", .options = &g_table, .build = build};
