// SPDX-License-Identifier: Apache-2.0
//
// FPN: lateral 1x1 convolutions, a path from the coarsest level down, 3x3 convolutions, and more
// levels by pooling or strided convolutions.
#include "codebases/mmdet/models/necks/fpn.h"

#include <string.h>

#include "codebases/mmdet/models/input_check.h"
#include "nn/pool.h"

static const mmd_option_t g_options[] = {
    MMD_FPN_OPTIONS,
    MMD_OPT_DICT("upsample_cfg", mmd_fpn_t, upsample_cfg, "dict(mode='nearest') by default."),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("FPN", mmd_fpn_t, g_options);

//===--- options -----------------------------------------------------------===//

static mmd_status_t read_source(const mmd_builder_t *b, const mmd_value_t *value,
                                mmd_fpn_source_t *out_source) {
  static const char *const names[] = {"", "on_input", "on_lateral", "on_output"};
  const char *text = mmd_value_get_string(value, NULL);
  *out_source = mmd_value_get_bool(value, false) ? MMD_FPN_ON_INPUT : MMD_FPN_POOLING;
  for (int i = 1; text && i < 4; ++i) {
    if (strcmp(text, names[i]) == 0) *out_source = (mmd_fpn_source_t)i;
  }
  if (!text || *out_source != MMD_FPN_POOLING) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.add_extra_convs: '%s'; a bool, 'on_input', 'on_lateral' or 'on_output' is "
                   "expected",
                   b->config_path, text);
}

static mmd_status_t read_upsample(const mmd_builder_t *b, const mmd_value_t *cfg,
                                  mmd_fpn_plan_t *plan) {
  const char *mode = mmd_value_get_string(mmd_object_get(cfg, "mode"), "nearest");
  const bool corners = mmd_value_get_bool(mmd_object_get(cfg, "align_corners"), false);
  plan->scale = mmd_value_get_float(mmd_object_get(cfg, "scale_factor"), 0);
  if (strcmp(mode, "nearest") == 0) return NULL;
  if (strcmp(mode, "bilinear") == 0) {
    plan->mode = corners ? MMD_UPSAMPLE_BILINEAR_CORNERS : MMD_UPSAMPLE_BILINEAR;
    return NULL;
  }
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s.upsample_cfg.mode: '%s' is not supported; known: nearest, bilinear",
                   b->config_path, mode);
}

static mmd_status_t read_levels(const mmd_builder_t *b, mmd_fpn_plan_t *plan) {
  const mmd_fpn_t *self = plan->self;
  const int count = self->in_channels.count;
  const bool is_open = self->end_level == -1 || self->end_level == count - 1;
  plan->first = (int)self->start_level;
  plan->end = is_open ? count : (int)self->end_level + 1;
  const int64_t used = plan->end - self->start_level;
  if (self->start_level >= 0 && plan->end <= count && used >= 1 &&
      (is_open ? self->num_outs >= used : self->num_outs == used)) {
    return NULL;
  }
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: start_level %lld, end_level %lld and num_outs %lld do not fit %d inputs",
                   b->config_path, (long long)self->start_level, (long long)self->end_level,
                   (long long)self->num_outs, count);
}

bool mmd_fpn_plan(mmd_builder_t *b, const mmd_fpn_t *self, const mmd_features_t *inputs,
                  mmd_fpn_plan_t *out_plan) {
  mmd_fpn_plan_t *plan = out_plan;
  *plan = (mmd_fpn_plan_t){.self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}};
  if (!mmd_check_in_channels(b, inputs, &self->in_channels, false)) return false;
  if (self->norm_cfg) plan->norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5);
  plan->activation = mmd_activation_read(b, "act_cfg", self->act_cfg, NULL);
  mmd_status_t status = read_levels(b, plan);
  if (!status) status = read_source(b, self->add_extra_convs, &plan->source);
  if (!status) status = read_upsample(b, self->upsample_cfg, plan);
  if (status) mmd_builder_fail(b, status);
  return mmd_builder_ok(b);
}

//===--- parts -------------------------------------------------------------===//

mmd_edge_t *mmd_fpn_conv(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const char *list, int index,
                         int64_t in_channels, int64_t stride, mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(in_channels, plan->self->out_channels, 3, stride, 1);
  conv.cfg = plan->self->conv_cfg;
  const size_t mark = mmd_scope_enter(b, "%s.%d", list, index);
  x = mmd_nn_conv_module(b, "", &conv, &plan->norm, &plan->activation, x);
  mmd_scope_leave(b, mark);
  return x;
}

void mmd_fpn_laterals(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const mmd_features_t *inputs,
                      mmd_edge_t **out_laterals) {
  const mmd_norm_t none = {.kind = MMD_NORM_NONE, .abbr = ""};
  const mmd_norm_t *norm = plan->self->no_norm_on_lateral ? &none : &plan->norm;
  for (int i = plan->first; i < plan->end; ++i) {
    mmd_conv_t conv =
        mmd_conv_square(plan->self->in_channels.items[i], plan->self->out_channels, 1, 1, 0);
    conv.cfg = plan->self->conv_cfg;
    const size_t mark = mmd_scope_enter(b, "lateral_convs.%d", i - plan->first);
    out_laterals[i - plan->first] =
        mmd_nn_conv_module(b, "", &conv, norm, &plan->activation, inputs->items[i]);
    mmd_scope_leave(b, mark);
  }
}

void mmd_fpn_top_down(mmd_builder_t *b, const mmd_fpn_plan_t *plan, mmd_edge_t **laterals) {
  for (int i = plan->end - plan->first - 1; i > 0; --i) {
    mmd_edge_t *larger = plan->scale > 0
                             ? mmd_nn_upsample(b, plan->mode, plan->scale, laterals[i])
                             : mmd_nn_upsample_like(b, plan->mode, laterals[i], laterals[i - 1]);
    laterals[i - 1] = mmd_nn_binary(b, "Add", laterals[i - 1], larger);
  }
}

void mmd_fpn_add_levels(mmd_builder_t *b, const mmd_fpn_plan_t *plan, const mmd_features_t *inputs,
                        mmd_edge_t *const *laterals, mmd_features_t *outs) {
  const int used = plan->end - plan->first;
  const mmd_pool2d_t pool = {.kernel = 1, .stride = 2};
  mmd_edge_t *const sources[] = {outs->items[used - 1], inputs->items[plan->end - 1],
                                 laterals[used - 1], outs->items[used - 1]};
  mmd_edge_t *x = sources[plan->source];
  int64_t channels = plan->source == MMD_FPN_ON_INPUT ? plan->self->in_channels.items[plan->end - 1]
                                                      : plan->self->out_channels;
  for (int i = used; i < (int)plan->self->num_outs; ++i) {
    if (plan->source && i > used && plan->self->relu_before_extra_convs) x = mmd_nn_relu(b, x);
    x = plan->source ? mmd_fpn_conv(b, plan, "fpn_convs", i, channels, 2, x)
                     : mmd_nn_max_pool(b, &pool, x);
    channels = plan->self->out_channels;
    outs->items[outs->count++] = x;
  }
}

//===--- FPN ---------------------------------------------------------------===//

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const mmd_fpn_t *self = options;
  mmd_fpn_plan_t plan;
  mmd_edge_t *laterals[MMD_MAX_FEATURES];
  if (!mmd_fpn_plan(b, self, inputs, &plan)) return;
  mmd_fpn_laterals(b, &plan, inputs, laterals);
  mmd_fpn_top_down(b, &plan, laterals);
  for (int i = 0; i < plan.end - plan.first; ++i)
    out_outputs->items[out_outputs->count++] =
        mmd_fpn_conv(b, &plan, "fpn_convs", i, self->out_channels, 1, laterals[i]);
  mmd_fpn_add_levels(b, &plan, inputs, laterals, out_outputs);
}

const mmd_module_t mmd_mmdet_fpn = {
    .codebase = "mmdet", .kind = "neck", .type = "FPN", .options = &g_table, .build = build};
