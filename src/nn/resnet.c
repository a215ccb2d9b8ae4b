// SPDX-License-Identifier: Apache-2.0
#include "nn/resnet.h"

#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/se_layer.h"

typedef struct arch_t {
  int64_t depth;
  bool bottleneck;
  int blocks[MMD_RESNET_MAX_STAGES];
} arch_t;

static const arch_t archs[] = {
    {18, false, {2, 2, 2, 2}},  {34, false, {3, 4, 6, 3}},  {50, true, {3, 4, 6, 3}},
    {101, true, {3, 4, 23, 3}}, {152, true, {3, 8, 36, 3}},
};

// Everything the blocks need.
typedef struct plan_t {
  const mmd_resnet_t *self;
  const arch_t *arch;
  int64_t expansion;
  mmd_norm_t norm;
} plan_t;

typedef struct block_t {
  int64_t in_channels, out_channels, stride, dilation;
  bool has_downsample;
} block_t;

// conv<n> and its norm; a ReLU behind it when |activate|.
static mmd_edge_t *conv_norm(mmd_builder_t *b, const plan_t *plan, int number,
                             const mmd_conv_t *conv, bool activate, mmd_edge_t *x) {
  const char *const names[] = {"conv1", "conv2", "conv3"};
  x = mmd_nn_conv(b, names[number - 1], conv, x);
  x = mmd_nn_norm_numbered(b, number, &plan->norm, conv->out_channels, x);
  return activate ? mmd_nn_relu(b, x) : x;
}

static mmd_conv_t dilated(mmd_conv_t conv, int64_t dilation) {
  conv.padding[0] = conv.padding[1] = dilation;
  conv.dilation[0] = conv.dilation[1] = dilation;
  return conv;
}

static mmd_edge_t *basic_block(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                               mmd_edge_t *x) {
  const int64_t channels = block->out_channels;
  const mmd_conv_t first =
      dilated(mmd_conv_square(block->in_channels, channels, 3, block->stride, 1), block->dilation);
  const mmd_conv_t second = mmd_conv_square(channels, channels, 3, 1, 1);
  x = conv_norm(b, plan, 1, &first, true, x);
  return conv_norm(b, plan, 2, &second, false, x);
}

// ResNeXt: groups of |base_width| channels where the plain block has |base_channels|.
static int64_t middle_channels(const plan_t *plan, int64_t planes) {
  const mmd_resnet_t *self = plan->self;
  if (self->groups <= 1 || self->base_channels <= 0) return planes;
  return planes * self->base_width / self->base_channels * self->groups;
}

static mmd_edge_t *bottleneck(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                              mmd_edge_t *x) {
  const bool caffe = plan->self->caffe;
  const int64_t middle = middle_channels(plan, block->out_channels / plan->expansion);
  const mmd_conv_t first =
      mmd_conv_square(block->in_channels, middle, 1, caffe ? block->stride : 1, 0);
  mmd_conv_t second =
      dilated(mmd_conv_square(middle, middle, 3, caffe ? 1 : block->stride, 1), block->dilation);
  second.groups = plan->self->groups;
  const mmd_conv_t third = mmd_conv_square(middle, block->out_channels, 1, 1, 0);
  x = conv_norm(b, plan, 1, &first, true, x);
  x = conv_norm(b, plan, 2, &second, true, x);
  x = conv_norm(b, plan, 3, &third, false, x);
  if (!plan->self->se_ratio) return x;
  return mmd_nn_se_layer(b, "se_layer", block->out_channels, plan->self->se_ratio, x);
}

// The shortcut of a stage's first block; the numbers in the names count the pooling too.
static mmd_edge_t *downsample(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                              mmd_edge_t *x) {
  const bool pooled = plan->self->avg_down && (block->stride != 1 || plan->self->avg_down_always);
  const mmd_pool2d_t pool = {.kernel = block->stride, .stride = block->stride, .ceil_mode = true};
  const mmd_conv_t conv =
      mmd_conv_square(block->in_channels, block->out_channels, 1, pooled ? 1 : block->stride, 0);
  const size_t mark = mmd_scope_enter(b, "downsample");
  if (pooled) x = mmd_nn_average_pool(b, &pool, x);
  x = mmd_nn_conv(b, pooled ? "1" : "0", &conv, x);
  x = mmd_nn_norm(b, pooled ? "2" : "1", &plan->norm, block->out_channels, x);
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *residual_block(mmd_builder_t *b, const plan_t *plan, const block_t *block,
                                  mmd_edge_t *x) {
  mmd_edge_t *out =
      plan->arch->bottleneck ? bottleneck(b, plan, block, x) : basic_block(b, plan, block, x);
  mmd_edge_t *shortcut = block->has_downsample ? downsample(b, plan, block, x) : x;
  return mmd_nn_relu(b, mmd_nn_binary(b, "Add", out, shortcut));
}

static mmd_edge_t *stage(mmd_builder_t *b, const plan_t *plan, int index, block_t block,
                         mmd_edge_t *x) {
  block.has_downsample = block.stride != 1 || block.in_channels != block.out_channels;
  const int64_t dilation = block.dilation;
  if (plan->self->contract_dilation && dilation > 1) block.dilation = dilation / 2;
  for (int i = 0; i < plan->arch->blocks[index]; ++i) {
    const size_t mark = mmd_scope_enter(b, "layer%d.%d", index + 1, i);
    x = residual_block(b, plan, &block, x);
    mmd_scope_leave(b, mark);
    block.in_channels = block.out_channels;
    block.stride = 1;
    block.has_downsample = false;
    block.dilation = dilation;
  }
  return x;
}

static mmd_edge_t *deep_stem(mmd_builder_t *b, const mmd_resnet_t *self, const plan_t *plan,
                             mmd_edge_t *x) {
  const int64_t half = self->stem_channels / 2;
  const mmd_activation_t relu = {.type = "ReLU"};
  const mmd_conv_t convs[] = {mmd_conv_square(self->in_channels, half, 3, 2, 1),
                              mmd_conv_square(half, half, 3, 1, 1),
                              mmd_conv_square(half, self->stem_channels, 3, 1, 1)};
  static const char *const names[] = {"0", "1", "2"};
  static const char *const flat[][2] = {{"0", "1"}, {"3", "4"}, {"6", "7"}};
  const size_t mark = mmd_scope_enter(b, "stem");
  for (int i = 0; i < 3; ++i) {
    if (self->flat_stem) {
      x = mmd_nn_conv(b, flat[i][0], &convs[i], x);
      x = mmd_nn_relu(b, mmd_nn_norm(b, flat[i][1], &plan->norm, convs[i].out_channels, x));
    } else {
      x = mmd_nn_conv_module(b, names[i], &convs[i], &plan->norm, &relu, x);
    }
  }
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *stem(mmd_builder_t *b, const mmd_resnet_t *self, const plan_t *plan,
                        mmd_edge_t *x) {
  const mmd_conv_t conv = mmd_conv_square(self->in_channels, self->stem_channels, 7, 2, 3);
  const mmd_pool2d_t pool = {.kernel = 3, .stride = 2, .padding = 1};
  x = self->deep_stem ? deep_stem(b, self, plan, x) : conv_norm(b, plan, 1, &conv, true, x);
  return mmd_nn_max_pool(b, &pool, x);
}

static const arch_t *find_arch(int64_t depth) {
  for (size_t i = 0; i < sizeof archs / sizeof archs[0]; ++i) {
    if (archs[i].depth == depth) return &archs[i];
  }
  return NULL;
}

static mmd_status_t check(const mmd_resnet_t *self, const char *path, const arch_t *arch) {
  if (!arch || (self->se_ratio && !arch->bottleneck) || (self->groups > 1 && !arch->bottleneck)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.depth: %lld is none of %s50, 101, 152", path,
                     (long long)self->depth, self->se_ratio || self->groups > 1 ? "" : "18, 34, ");
  }
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
  if (!arch->bottleneck && self->expansion > 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.expansion: must be 1 for depth %lld", path,
                     (long long)self->depth);
  }
  return NULL;
}

static bool is_wanted(const mmd_ints_t *indices, int index) {
  for (int i = 0; i < indices->count; ++i) {
    if (indices->items[i] == index) return true;
  }
  return false;
}

void mmd_nn_resnet(mmd_builder_t *b, const mmd_resnet_t *self, mmd_edge_t *x,
                   mmd_edge_t *out_features[MMD_RESNET_MAX_STAGES], size_t *out_count) {
  const arch_t *arch = find_arch(self->depth);
  mmd_status_t status = check(self, b->config_path, arch);
  *out_count = 0;
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  const plan_t plan = {.self = self,
                       .arch = arch,
                       .expansion = self->expansion    ? self->expansion
                                    : arch->bottleneck ? 4
                                                       : 1,
                       .norm = self->norm};
  x = stem(b, self, &plan, x);
  block_t block = {.in_channels = self->stem_channels,
                   .out_channels = self->base_channels * plan.expansion};
  for (int i = 0; i < self->num_stages; ++i) {
    block.stride = self->strides.items[i];
    block.dilation = self->dilations.items[i];
    x = stage(b, &plan, i, block, x);
    if (is_wanted(&self->out_indices, i)) out_features[(*out_count)++] = x;
    block.in_channels = block.out_channels;
    block.out_channels *= 2;
  }
}
