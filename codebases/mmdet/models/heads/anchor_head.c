// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/heads/anchor_head.h"

#include <stdio.h>
#include <string.h>

#include "value/json.h"

const char mmd_anchor_head_generator[] =
    "{\"type\": \"AnchorGenerator\", \"scales\": [8, 16, 32], \"ratios\": [0.5, 1.0, 2.0],"
    " \"strides\": [4, 8, 16, 32, 64]}";

const char *mmd_head_path(mmd_builder_t *b, const char *key) {
  const char *path = mmd_arena_printf(&b->graph->arena, "%s.%s", b->config_path, key);
  if (!path) mmd_builder_fail(b, mmd_status_no_memory());
  return path ? path : key;
}

// test_cfg stands beside the head: "model.test_cfg".
const char *mmd_head_test_cfg_path(mmd_builder_t *b) {
  const char *dot = strrchr(b->config_path, '.');
  const int size = dot ? (int)(dot - b->config_path) : 0;
  const char *path =
      mmd_arena_printf(&b->graph->arena, "%.*s%stest_cfg", size, b->config_path, dot ? "." : "");
  if (!path) mmd_builder_fail(b, mmd_status_no_memory());
  return path ? path : "test_cfg";
}

mmd_status_t mmd_head_read_priors(const mmd_value_t *cfg, const char *where, const char *fallback,
                                  mmd_priors_t *out_priors) {
  mmd_value_t *made = NULL;
  if (mmd_value_is_null(cfg)) {
    MMD_TRY(mmd_json_parse(fallback, strlen(fallback), "anchor_generator", &made));
    cfg = made;
  }
  mmd_status_t status = mmd_priors_read(cfg, where, out_priors);
  mmd_value_release(made);
  return status;
}

static mmd_status_t read_coder(mmd_builder_t *b, const mmd_anchor_head_t *self,
                               bool sigmoid_by_default, mmd_box_coder_kind_t default_coder,
                               mmd_anchor_plan_t *plan) {
  const mmd_value_t *sigmoid = mmd_object_get(self->loss_cls, "use_sigmoid");
  const bool is_sigmoid = mmd_value_get_bool(sigmoid, self->loss_cls ? false : sigmoid_by_default);
  plan->dense.use_softmax = !is_sigmoid;
  plan->dense.score_channels = self->num_classes + !is_sigmoid;
  return mmd_box_coder_read(self->bbox_coder, mmd_head_path(b, "bbox_coder"), default_coder,
                            &plan->dense.coder);
}

bool mmd_head_check_inputs(mmd_builder_t *b, const mmd_features_t *inputs, int levels,
                           int64_t channels) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  if (levels && inputs->count != (size_t)levels) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s: it expects %d levels (strides of its prior generator), but "
                                  "the module before gives %zu",
                                  b->config_path, levels, inputs->count));
  }
  for (size_t i = 0; i < inputs->count && mmd_builder_ok(b); ++i) {
    const int64_t found = mmd_nn_size(inputs->items[i], 1);
    if (found < 0 || found == channels) continue;
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.in_channels: %lld, but the module before gives %lld channels",
                                  b->config_path, (long long)channels, (long long)found));
  }
  return mmd_builder_ok(b);
}

static void read_rest(mmd_builder_t *b, const char *default_norm, mmd_anchor_plan_t *plan) {
  const mmd_anchor_head_t *self = plan->self;
  plan->relu.type = "ReLU";
  plan->norm = (mmd_norm_t){.kind = MMD_NORM_NONE, .abbr = ""};
  if (self->norm_cfg || default_norm)
    plan->norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, default_norm, 1e-5);
  mmd_dense_head_read_test_cfg(b, self->test_cfg, mmd_head_test_cfg_path(b), &plan->dense);
}

static bool plan_anchors(mmd_builder_t *b, const mmd_anchor_head_t *self, const char *generator_key,
                         const char *default_generator, const char *default_norm,
                         bool sigmoid_by_default, mmd_box_coder_kind_t default_coder,
                         const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan) {
  *out_plan = (mmd_anchor_plan_t){.self = self};
  mmd_status_t status =
      mmd_head_read_priors(self->anchor_generator, mmd_head_path(b, generator_key),
                           default_generator, &out_plan->priors);
  if (!status) status = read_coder(b, self, sigmoid_by_default, default_coder, out_plan);
  if (status) mmd_builder_fail(b, status);
  read_rest(b, default_norm, out_plan);
  return mmd_head_check_inputs(b, inputs, out_plan->priors.count, self->in_channels);
}

bool mmd_anchor_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                          const char *default_generator, const char *default_norm,
                          bool sigmoid_by_default, const mmd_features_t *inputs,
                          mmd_anchor_plan_t *out_plan) {
  return plan_anchors(b, self, "anchor_generator", default_generator, default_norm,
                      sigmoid_by_default, MMD_BOX_DELTA, inputs, out_plan);
}

bool mmd_bucket_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                          const char *default_generator, const mmd_features_t *inputs,
                          mmd_anchor_plan_t *out_plan) {
  return plan_anchors(b, self, "square_anchor_generator", default_generator, NULL, true,
                      MMD_BOX_BUCKETS, inputs, out_plan) &&
         mmd_head_check_one_anchor(b, "square_anchor_generator", &out_plan->priors);
}

bool mmd_point_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                         const mmd_priors_t *priors, const char *default_norm,
                         const mmd_features_t *inputs, mmd_anchor_plan_t *out_plan) {
  *out_plan = (mmd_anchor_plan_t){.self = self, .priors = *priors};
  mmd_status_t status = read_coder(b, self, true, MMD_BOX_DISTANCE, out_plan);
  if (status) mmd_builder_fail(b, status);
  read_rest(b, default_norm, out_plan);
  return mmd_head_check_inputs(b, inputs, out_plan->priors.count, self->in_channels);
}

bool mmd_head_check_one_anchor(mmd_builder_t *b, const char *key, const mmd_priors_t *priors) {
  for (int i = 0; i < priors->count; ++i) {
    if (priors->levels[i].count == 1) continue;
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %d anchors a cell; one is expected",
                                  b->config_path, key, priors->levels[i].count));
  }
  return mmd_builder_ok(b);
}

void mmd_head_use_center(mmd_level_priors_t *level) {
  level->base[0] = (level->base[0] + level->base[2]) * 0.5F;
  level->base[1] = (level->base[1] + level->base[3]) * 0.5F;
  level->size = 2;
}

int64_t mmd_head_tower_channels(const mmd_anchor_head_t *self) {
  return self->stacked_convs ? self->feat_channels : self->in_channels;
}

mmd_value_t *mmd_head_conv_cfg(mmd_builder_t *b, const char *text) {
  mmd_value_t *cfg = NULL;
  if (!text) return NULL;
  mmd_status_t status = mmd_json_parse(text, strlen(text), "conv_cfg", &cfg);
  if (status) mmd_builder_fail(b, status);
  return cfg;
}

mmd_edge_t *mmd_head_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                           mmd_edge_t *x) {
  const mmd_anchor_head_t *self = plan->self;
  mmd_value_t *deformable = mmd_head_conv_cfg(b, plan->deformable);
  for (int64_t i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    const int64_t channels = i ? self->feat_channels : self->in_channels;
    mmd_conv_t conv = mmd_conv_square(channels, self->feat_channels, 3, 1, 1);
    char module[64];
    conv.bias = plan->conv_bias;
    conv.cfg = deformable && i == plan->deformable_layer ? deformable : self->conv_cfg;
    snprintf(module, sizeof module, "%s.%lld", name, (long long)i);
    x = mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, x);
  }
  mmd_value_release(deformable);
  return x;
}

mmd_edge_t *mmd_head_scaled(mmd_builder_t *b, int level, mmd_edge_t *x) {
  char name[32];
  snprintf(name, sizeof name, "scales.%d.scale", level);
  return mmd_nn_binary(b, "Mul", x, mmd_nn_weight(b, name, 0, NULL));
}

mmd_edge_t *mmd_head_conv(mmd_builder_t *b, const char *name, int64_t in_channels,
                          int64_t out_channels, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, out_channels, 3, 1, 1);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

void mmd_head_finish(mmd_builder_t *b, const mmd_dense_head_t *head, size_t count,
                     const mmd_dense_level_t *levels, mmd_features_t *out_outputs) {
  mmd_nn_dense_head(b, head, count, levels, &out_outputs->items[0], &out_outputs->items[1]);
  out_outputs->count = out_outputs->items[1] ? 2 : 1;
}
