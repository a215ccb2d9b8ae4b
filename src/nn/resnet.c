// SPDX-License-Identifier: Apache-2.0
#include "nn/resnet.h"

#include <math.h>
#include <string.h>

#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/resnet_block.h"

typedef struct arch_t {
  int64_t depth;
  bool bottleneck;
  int blocks[MMD_RESNET_MAX_STAGES];
} arch_t;

static const arch_t archs[] = {
    {18, false, {2, 2, 2, 2}},  {34, false, {3, 4, 6, 3}},  {50, true, {3, 4, 6, 3}},
    {101, true, {3, 4, 23, 3}}, {152, true, {3, 8, 36, 3}}, {200, true, {3, 24, 36, 3}},
};

//===--- checks ------------------------------------------------------------===//

static const arch_t *find_arch(const mmd_resnet_t *self) {
  const bool is_plain = !self->se_ratio && self->groups <= 1 && !self->scales && !self->radix;
  for (size_t i = 0; i < sizeof archs / sizeof archs[0]; ++i) {
    if (archs[i].depth != self->depth) continue;
    if (!archs[i].bottleneck && !is_plain) return NULL;
    return archs[i].depth == 200 && !self->radix ? NULL : &archs[i];
  }
  return NULL;
}

static mmd_status_t check_depth(const mmd_resnet_t *self, const char *path, const arch_t *arch) {
  if (self->stages) return NULL;
  if (!arch) {
    const bool deep = self->se_ratio || self->groups > 1 || self->scales || self->radix;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.depth: %lld is none of %s50, 101, 152%s", path,
                     (long long)self->depth, deep ? "" : "18, 34, ", self->radix ? ", 200" : "");
  }
  if (!arch->bottleneck && self->expansion > 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.expansion: must be 1 for depth %lld", path,
                     (long long)self->depth);
  }
  if (!arch->bottleneck && (!mmd_value_is_null(self->dcn) || !mmd_value_is_null(self->plugins))) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.%s: blocks of depth %lld have none", path,
                     mmd_value_is_null(self->dcn) ? "plugins" : "dcn", (long long)self->depth);
  }
  return NULL;
}

static mmd_status_t check_dcn(const mmd_resnet_t *self, const char *path) {
  if (mmd_value_is_null(self->dcn)) return NULL;
  if (!mmd_value_is_null(self->conv_cfg)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.conv_cfg: must be None where dcn is set", path);
  }
  if (self->stage_with_dcn && mmd_array_size(self->stage_with_dcn) != (size_t)self->num_stages) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.stage_with_dcn: %zu items, %lld stages are expected",
                     path, mmd_array_size(self->stage_with_dcn), (long long)self->num_stages);
  }
  return NULL;
}

static mmd_status_t check_plugin(const mmd_resnet_t *self, const char *path, size_t index) {
  static const char *const positions[] = {"after_conv1", "after_conv2", "after_conv3"};
  const mmd_value_t *plugin = mmd_array_at(self->plugins, index);
  const mmd_value_t *stages = mmd_object_get(plugin, "stages");
  const char *position = mmd_value_get_string(mmd_object_get(plugin, "position"), "");
  bool is_known = false;
  for (int i = 0; i < 3; ++i) is_known = is_known || strcmp(position, positions[i]) == 0;
  if (!is_known) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.plugins[%zu].position: '%s'; after_conv1, after_conv2 or after_conv3 is "
                     "expected",
                     path, index, position);
  }
  if (!mmd_value_is_null(stages) && mmd_array_size(stages) != (size_t)self->num_stages) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.plugins[%zu].stages: %zu items, %lld stages are expected", path, index,
                     mmd_array_size(stages), (long long)self->num_stages);
  }
  return NULL;
}

static mmd_status_t check(const mmd_resnet_t *self, const char *path, const arch_t *arch) {
  MMD_TRY(check_depth(self, path, arch));
  if (self->strides.count != self->num_stages || self->dilations.count != self->num_stages) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: num_stages is %lld, but there are %d strides and %d dilations", path,
                     (long long)self->num_stages, self->strides.count, self->dilations.count);
  }
  for (int i = 0; i < self->out_indices.count; ++i) {
    if (self->out_indices.items[i] < self->num_stages) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.out_indices: %lld is no stage, there are %lld", path,
                     (long long)self->out_indices.items[i], (long long)self->num_stages);
  }
  MMD_TRY(check_dcn(self, path));
  for (size_t i = 0; i < mmd_array_size(self->plugins); ++i) MMD_TRY(check_plugin(self, path, i));
  return NULL;
}

//===--- stem --------------------------------------------------------------===//

static mmd_edge_t *deep_stem(mmd_builder_t *b, const mmd_resnet_t *self, mmd_edge_t *x) {
  const int64_t half = self->stem_channels / 2;
  const mmd_activation_t relu = {.type = "ReLU"};
  mmd_conv_t convs[] = {mmd_conv_square(self->in_channels, half, 3, 2, 1),
                        mmd_conv_square(half, half, 3, 1, 1),
                        mmd_conv_square(half, self->stem_channels, 3, 1, 1)};
  static const char *const names[] = {"0", "1", "2"};
  static const char *const flat[][2] = {{"0", "1"}, {"3", "4"}, {"6", "7"}};
  const size_t mark = mmd_scope_enter(b, "stem");
  for (int i = 0; i < 3; ++i) {
    convs[i].cfg = self->conv_cfg;
    if (self->flat_stem) {
      x = mmd_nn_conv(b, flat[i][0], &convs[i], x);
      x = mmd_nn_relu(b, mmd_nn_norm(b, flat[i][1], &self->norm, convs[i].out_channels, x));
    } else {
      x = mmd_nn_conv_module(b, names[i], &convs[i], &self->norm, &relu, x);
    }
  }
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *stem(mmd_builder_t *b, const mmd_resnet_t *self, mmd_edge_t *x) {
  const mmd_conv_t conv = mmd_conv_square(self->in_channels, self->stem_channels, 7, 2, 3);
  const mmd_conv_t small = mmd_conv_square(self->in_channels, self->stem_channels, 3, 2, 1);
  const mmd_pool2d_t pool = {.kernel = 3, .stride = 2, .padding = 1};
  if (self->small_stem) return mmd_nn_resnet_conv(b, self, 1, &small, true, x);
  x = self->deep_stem ? deep_stem(b, self, x) : mmd_nn_resnet_conv(b, self, 1, &conv, true, x);
  return mmd_nn_max_pool(b, &pool, x);
}

//===--- stages ------------------------------------------------------------===//

// Channels of a bottleneck's 3x3s: ResNeXt has groups of |base_width| channels where the plain
// block has |base_channels|. In doubles, as Python counts.
static int64_t middle_channels(int64_t planes, int64_t groups, int64_t base_width,
                               int64_t base_channels, int64_t scales) {
  if (base_channels <= 0 || (groups <= 1 && !scales)) return planes;
  const double width = floor((double)planes * ((double)base_width / (double)base_channels));
  return (int64_t)width * (scales ? scales : groups);
}

static mmd_resnet_block_t first_block(const mmd_resnet_t *self, const arch_t *arch, int index,
                                      int64_t in_channels) {
  mmd_resnet_block_t block = {.stage = index, .in_channels = in_channels, .groups = 1};
  block.stride = self->strides.items[index];
  block.dilation = self->dilations.items[index];
  if (self->stages) {
    const mmd_resnet_stage_t *stage = &self->stages[index];
    block.is_bottleneck = true;
    block.out_channels = stage->channels;
    block.groups = stage->groups;
    block.middle =
        middle_channels(stage->channels, stage->groups, stage->base_width, stage->channels, 0);
  } else {
    const int64_t planes = self->base_channels << index;
    const int64_t expansion = self->expansion ? self->expansion : (arch->bottleneck ? 4 : 1);
    block.is_bottleneck = arch->bottleneck;
    block.out_channels = planes * expansion;
    block.groups = self->groups > 1 ? self->groups : 1;
    block.middle =
        middle_channels(planes, self->groups, self->base_width, self->base_channels, self->scales);
  }
  if (mmd_value_get_bool(mmd_array_at(self->stage_with_dcn, (size_t)index), false))
    block.dcn = mmd_value_is_null(self->dcn) ? NULL : self->dcn;
  block.has_downsample = block.stride != 1 || block.in_channels != block.out_channels;
  return block;
}

static mmd_edge_t *stage(mmd_builder_t *b, const mmd_resnet_t *self, int64_t blocks,
                         mmd_resnet_block_t block, mmd_edge_t *x) {
  const int64_t dilation = block.dilation;
  if (self->contract_dilation && dilation > 1) block.dilation = dilation / 2;
  for (block.index = 0; block.index < blocks; ++block.index) {
    const size_t mark = mmd_scope_enter(b, "layer%d.%d", block.stage + 1, block.index);
    x = mmd_nn_resnet_block(b, self, &block, x);
    mmd_scope_leave(b, mark);
    block.in_channels = block.out_channels;
    block.stride = 1;
    block.has_downsample = false;
    block.dilation = dilation;
  }
  return x;
}

static bool is_wanted(const mmd_ints_t *indices, int index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

void mmd_nn_resnet(mmd_builder_t *b, const mmd_resnet_t *self, mmd_edge_t *x,
                   mmd_edge_t *out_features[MMD_RESNET_MAX_STAGES], size_t *out_count) {
  const arch_t *arch = find_arch(self);
  mmd_status_t status = check(self, b->config_path, arch);
  int64_t channels = self->stem_channels;
  *out_count = 0;
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  x = stem(b, self, x);
  for (int i = 0; i < self->num_stages; ++i) {
    const mmd_resnet_block_t block = first_block(self, arch, i, channels);
    x = stage(b, self, self->stages ? self->stages[i].blocks : arch->blocks[i], block, x);
    if (is_wanted(&self->out_indices, i)) out_features[(*out_count)++] = x;
    channels = block.out_channels;
  }
}
