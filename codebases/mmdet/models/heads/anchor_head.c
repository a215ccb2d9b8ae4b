// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/heads/anchor_head.h"

#include <stdio.h>
#include <string.h>

#include "value/json.h"

const char mmd_anchor_head_generator[] =
    "{\"type\": \"AnchorGenerator\", \"scales\": [8, 16, 32], \"ratios\": [0.5, 1.0, 2.0],"
    " \"strides\": [4, 8, 16, 32, 64]}";

static const char *path_of(mmd_builder_t *b, const char *key) {
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

static mmd_status_t read_priors(const mmd_value_t *cfg, const char *where, const char *fallback,
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

static mmd_status_t read_all(mmd_builder_t *b, const mmd_anchor_head_t *self,
                             const char *default_generator, bool sigmoid_by_default,
                             mmd_anchor_plan_t *plan) {
  const mmd_value_t *sigmoid = mmd_object_get(self->loss_cls, "use_sigmoid");
  const bool is_sigmoid = mmd_value_get_bool(sigmoid, self->loss_cls ? false : sigmoid_by_default);
  plan->dense.use_softmax = !is_sigmoid;
  plan->dense.score_channels = self->num_classes + !is_sigmoid;
  MMD_TRY(read_priors(self->anchor_generator, path_of(b, "anchor_generator"), default_generator,
                      &plan->priors));
  return mmd_box_coder_read(self->bbox_coder, path_of(b, "bbox_coder"), MMD_BOX_DELTA,
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

bool mmd_anchor_head_plan(mmd_builder_t *b, const mmd_anchor_head_t *self,
                          const char *default_generator, const char *default_norm,
                          bool sigmoid_by_default, const mmd_features_t *inputs,
                          mmd_anchor_plan_t *out_plan) {
  *out_plan = (mmd_anchor_plan_t){
      .self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}, .relu = {.type = "ReLU"}};
  mmd_status_t status = read_all(b, self, default_generator, sigmoid_by_default, out_plan);
  if (status) mmd_builder_fail(b, status);
  if (self->norm_cfg || default_norm)
    out_plan->norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, default_norm, 1e-5);
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_dense_head_read_test_cfg(b, self->test_cfg, mmd_head_test_cfg_path(b), &out_plan->dense);
  return mmd_head_check_inputs(b, inputs, out_plan->priors.count, self->in_channels);
}

int64_t mmd_head_tower_channels(const mmd_anchor_head_t *self) {
  return self->stacked_convs ? self->feat_channels : self->in_channels;
}

mmd_edge_t *mmd_head_tower(mmd_builder_t *b, const mmd_anchor_plan_t *plan, const char *name,
                           mmd_edge_t *x) {
  const mmd_anchor_head_t *self = plan->self;
  for (int64_t i = 0; i < self->stacked_convs && mmd_builder_ok(b); ++i) {
    const int64_t channels = i ? self->feat_channels : self->in_channels;
    mmd_conv_t conv = mmd_conv_square(channels, self->feat_channels, 3, 1, 1);
    char module[64];
    conv.bias = plan->conv_bias;
    snprintf(module, sizeof module, "%s.%lld", name, (long long)i);
    x = mmd_nn_conv_module(b, module, &conv, &plan->norm, &plan->relu, x);
  }
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
  out_outputs->count = 2;
}
