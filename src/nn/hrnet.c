// SPDX-License-Identifier: Apache-2.0
#include "nn/hrnet.h"

#include <string.h>

#include "nn/activation.h"
#include "nn/resnet_block.h"
#include "nn/upsample.h"

enum {
  MAX_BRANCHES = MMD_HRNET_MAX_BRANCHES,
  MAX_BLOCKS = 256,
  MAX_CHANNELS = 65536,
  STAGES = 4,
  STEM_CHANNELS = 64
};

typedef struct stage_t {
  bool is_bottleneck;
  int64_t modules, branches;
  int64_t blocks[MAX_BRANCHES], channels[MAX_BRANCHES];
} stage_t;

// Branches on their way through the network.
typedef struct maps_t {
  int64_t count;
  mmd_edge_t *items[MAX_BRANCHES];
  int64_t channels[MAX_BRANCHES];
} maps_t;

//===--- options -----------------------------------------------------------===//

static mmd_status_t stage_error(const mmd_builder_t *b, int index, const char *key,
                                const char *wanted) {
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.extra.stage%d.%s: %s is expected", b->config_path,
                   index + 1, key, wanted);
}

static mmd_status_t read_counts(const mmd_builder_t *b, const mmd_value_t *stage, int index,
                                const char *key, int64_t count, int64_t limit, int64_t *out) {
  const mmd_value_t *list = mmd_object_get(stage, key);
  if (mmd_array_size(list) != (size_t)count)
    return stage_error(b, index, key, "one number for each of num_branches");
  for (int64_t i = 0; i < count; ++i) {
    out[i] = mmd_value_get_int(mmd_array_at(list, (size_t)i), 0);
    if (out[i] < 1 || out[i] > limit) return stage_error(b, index, key, "a list of counts");
  }
  return NULL;
}

static mmd_status_t read_stage(const mmd_builder_t *b, const mmd_value_t *extra, int index,
                               stage_t *out) {
  static const char *const names[STAGES] = {"stage1", "stage2", "stage3", "stage4"};
  const mmd_value_t *stage = mmd_object_get(extra, names[index]);
  const char *block = mmd_value_get_string(mmd_object_get(stage, "block"), "");
  out->is_bottleneck = strcmp(block, "BOTTLENECK") == 0;
  out->modules = mmd_value_get_int(mmd_object_get(stage, "num_modules"), 0);
  out->branches = mmd_value_get_int(mmd_object_get(stage, "num_branches"), 0);
  if (!out->is_bottleneck && strcmp(block, "BASIC") != 0)
    return stage_error(b, index, "block", "BASIC or BOTTLENECK");
  if (out->modules < 1 || out->modules > 64) return stage_error(b, index, "num_modules", "1 to 64");
  if (out->branches < 1 || out->branches > MAX_BRANCHES)
    return stage_error(b, index, "num_branches", "1 to 8");
  MMD_TRY(read_counts(b, stage, index, "num_blocks", out->branches, MAX_BLOCKS, out->blocks));
  return read_counts(b, stage, index, "num_channels", out->branches, MAX_CHANNELS, out->channels);
}

static mmd_status_t read_stages(const mmd_builder_t *b, const mmd_value_t *extra, stage_t *out) {
  for (int i = 0; i < STAGES; ++i) {
    MMD_TRY(read_stage(b, extra, i, &out[i]));
    if (i > 0 && out[i].branches < out[i - 1].branches)
      return stage_error(b, i, "num_branches", "no fewer branches than before");
  }
  return NULL;
}

//===--- layers ------------------------------------------------------------===//

// A sequence of a 3x3 or 1x1 convolution ("0") and a norm ("1").
static mmd_edge_t *conv_norm(mmd_builder_t *b, const mmd_hrnet_t *self, const mmd_conv_t *conv,
                             mmd_edge_t *x) {
  x = mmd_nn_conv_by_cfg(b, "0", self->conv_cfg, conv, x);
  return mmd_nn_norm(b, "1", &self->norm, conv->out_channels, x);
}

// |blocks| residual blocks in the scope of their list; |*channels| are those of |x|, then of the
// result.
static mmd_edge_t *blocks(mmd_builder_t *b, const mmd_hrnet_t *self, bool is_bottleneck,
                          int64_t planes, int64_t count, int64_t *channels, mmd_edge_t *x) {
  const mmd_resnet_t resnet = {.norm = self->norm, .conv_cfg = self->conv_cfg};
  mmd_resnet_block_t block = {.is_bottleneck = is_bottleneck,
                              .out_channels = planes * (is_bottleneck ? 4 : 1),
                              .middle = planes,
                              .groups = 1,
                              .stride = 1,
                              .dilation = 1};
  for (int64_t i = 0; i < count; ++i) {
    block.in_channels = *channels;
    block.has_downsample = *channels != block.out_channels;
    const size_t mark = mmd_scope_enter(b, "%d", (int)i);
    x = mmd_nn_resnet_block(b, &resnet, &block, x);
    mmd_scope_leave(b, mark);
    *channels = block.out_channels;
  }
  return x;
}

static mmd_edge_t *stem(mmd_builder_t *b, const mmd_hrnet_t *self, mmd_edge_t *x) {
  const mmd_resnet_t resnet = {.norm = self->norm, .conv_cfg = self->conv_cfg};
  const mmd_conv_t first = mmd_conv_square(self->in_channels, STEM_CHANNELS, 3, 2, 1);
  const mmd_conv_t second = mmd_conv_square(STEM_CHANNELS, STEM_CHANNELS, 3, 2, 1);
  x = mmd_nn_resnet_conv(b, &resnet, 1, &first, true, x);
  return mmd_nn_resnet_conv(b, &resnet, 2, &second, true, x);
}

// |count| convolutions of stride 2, ".0" …; the last one gives |out_channels|. |has_last_relu|: a
// ReLU behind it too.
static mmd_edge_t *downsample(mmd_builder_t *b, const mmd_hrnet_t *self, int64_t count,
                              int64_t channels, int64_t out_channels, bool has_last_relu,
                              mmd_edge_t *x) {
  for (int64_t i = 0; i < count; ++i) {
    const bool is_last = i == count - 1;
    const mmd_conv_t conv = mmd_conv_square(channels, is_last ? out_channels : channels, 3, 2, 1);
    const size_t mark = mmd_scope_enter(b, "%d", (int)i);
    x = conv_norm(b, self, &conv, x);
    mmd_scope_leave(b, mark);
    if (!is_last || has_last_relu) x = mmd_nn_relu(b, x);
  }
  return x;
}

//===--- exchange ----------------------------------------------------------===//

// Branch |from| as branch |to| adds it.
static mmd_edge_t *term(mmd_builder_t *b, const mmd_hrnet_t *self, const maps_t *maps, int64_t to,
                        int64_t from) {
  mmd_edge_t *x = maps->items[from];
  if (from == to) return x;
  const size_t mark = mmd_scope_enter(b, "fuse_layers.%d.%d", (int)to, (int)from);
  if (from > to) {
    const mmd_conv_t conv = mmd_conv_square(maps->channels[from], maps->channels[to], 1, 1, 0);
    x = mmd_nn_upsample(b, MMD_UPSAMPLE_NEAREST, (double)(1 << (from - to)),
                        conv_norm(b, self, &conv, x));
  } else {
    x = downsample(b, self, to - from, maps->channels[from], maps->channels[to], false, x);
  }
  mmd_scope_leave(b, mark);
  return x;
}

static void module(mmd_builder_t *b, const mmd_hrnet_t *self, const stage_t *stage,
                   int64_t out_count, maps_t *maps) {
  for (int64_t i = 0; i < stage->branches; ++i) {
    const size_t mark = mmd_scope_enter(b, "branches.%d", (int)i);
    maps->items[i] = blocks(b, self, stage->is_bottleneck, stage->channels[i], stage->blocks[i],
                            &maps->channels[i], maps->items[i]);
    mmd_scope_leave(b, mark);
  }
  if (stage->branches == 1) return;
  const maps_t before = *maps;
  for (int64_t i = 0; i < out_count; ++i) {
    mmd_edge_t *sum = term(b, self, &before, i, 0);
    for (int64_t k = 1; k < stage->branches; ++k)
      sum = mmd_nn_binary(b, "Add", sum, term(b, self, &before, i, k));
    maps->items[i] = mmd_nn_relu(b, sum);
  }
  maps->count = out_count;
}

// More branches, from the coarsest one, and other channels where the stage wants them.
static void transition(mmd_builder_t *b, const mmd_hrnet_t *self, int index, const stage_t *stage,
                       maps_t *maps) {
  const maps_t before = *maps;
  const int64_t last = before.count - 1;
  for (int64_t i = 0; i < stage->branches; ++i) {
    const int64_t channels = stage->channels[i] * (stage->is_bottleneck ? 4 : 1);
    const size_t mark = mmd_scope_enter(b, "transition%d.%d", index, (int)i);
    if (i > last) {
      maps->items[i] =
          downsample(b, self, i - last, before.channels[last], channels, true, before.items[last]);
      maps->channels[i] = channels;
    } else if (channels != before.channels[i]) {
      const mmd_conv_t conv = mmd_conv_square(before.channels[i], channels, 3, 1, 1);
      maps->items[i] = mmd_nn_relu(b, conv_norm(b, self, &conv, before.items[last]));
      maps->channels[i] = channels;
    }
    mmd_scope_leave(b, mark);
  }
  maps->count = stage->branches;
}

void mmd_nn_hrnet(mmd_builder_t *b, const mmd_hrnet_t *self, mmd_edge_t *x,
                  mmd_edge_t *out_features[MMD_HRNET_MAX_BRANCHES], size_t *out_count) {
  stage_t stages[STAGES];
  maps_t maps = {.count = 1, .channels = {STEM_CHANNELS}};
  *out_count = 0;
  mmd_status_t status = read_stages(b, self->extra, stages);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  x = stem(b, self, x);
  const size_t mark = mmd_scope_enter(b, "layer1");
  maps.items[0] = blocks(b, self, stages[0].is_bottleneck, stages[0].channels[0],
                         stages[0].blocks[0], &maps.channels[0], x);
  mmd_scope_leave(b, mark);
  for (int i = 1; i < STAGES; ++i) {
    transition(b, self, i, &stages[i], &maps);
    for (int64_t k = 0; k < stages[i].modules; ++k) {
      const bool is_end = i == STAGES - 1 && k == stages[i].modules - 1;
      const size_t scope = mmd_scope_enter(b, "stage%d.%d", i + 1, (int)k);
      module(b, self, &stages[i], is_end && !self->multiscale_output ? 1 : stages[i].branches,
             &maps);
      mmd_scope_leave(b, scope);
    }
  }
  for (int64_t i = 0; i < maps.count; ++i) out_features[(*out_count)++] = maps.items[i];
}
