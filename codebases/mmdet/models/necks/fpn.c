// SPDX-License-Identifier: Apache-2.0
//
// FPN: lateral 1x1 convolutions, a path from the coarsest level down, 3x3 convolutions, and more
// levels by pooling or strided convolutions.
#include <string.h>

#include "codebases/mmdet/models/modules.h"
#include "codebases/mmdet/models/options.h"
#include "nn/conv_module.h"
#include "nn/pool.h"
#include "nn/upsample.h"

typedef struct fpn_t {
  mmd_ints_t in_channels;
  int64_t out_channels, num_outs, start_level, end_level;
  const mmd_value_t *add_extra_convs, *conv_cfg, *norm_cfg, *act_cfg, *upsample_cfg;
  bool relu_before_extra_convs, no_norm_on_lateral;
} fpn_t;

static const mmd_option_t g_options[] = {
    {.name = "in_channels",
     .type = MMD_OPTION_INTS,
     .offset = offsetof(fpn_t, in_channels),
     .min = 1,
     .max = 65536,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Channels of each input."},
    MMD_OPT_COUNT_REQUIRED("out_channels", fpn_t, out_channels, "Channels of each output."),
    {.name = "num_outs",
     .type = MMD_OPTION_INT,
     .offset = offsetof(fpn_t, num_outs),
     .min = 1,
     .max = MMD_MAX_FEATURES,
     .flags = MMD_OPTION_REQUIRED,
     .help = "Number of outputs."},
    MMD_OPT_INT("start_level", fpn_t, start_level, "0", "First input that is used."),
    MMD_OPT_INT("end_level", fpn_t, end_level, "-1", "Last input that is used; -1: the last."),
    MMD_OPT_DICT("add_extra_convs", fpn_t, add_extra_convs,
                 "False: more levels by pooling; 'on_input', 'on_lateral', 'on_output': by "
                 "convolutions of that; True: 'on_input'."),
    MMD_OPT_BOOL("relu_before_extra_convs", fpn_t, relu_before_extra_convs, "false",
                 "ReLU in front of all but the first extra convolution."),
    MMD_OPT_BOOL("no_norm_on_lateral", fpn_t, no_norm_on_lateral, "false",
                 "Lateral convolutions have no norm."),
    MMD_OPT_DICT("conv_cfg", fpn_t, conv_cfg, "Kind of convolution."),
    MMD_OPT_DICT("norm_cfg", fpn_t, norm_cfg, "Kind of normalisation; None: none."),
    MMD_OPT_DICT("act_cfg", fpn_t, act_cfg, "Kind of activation; None: none."),
    MMD_OPT_DICT("upsample_cfg", fpn_t, upsample_cfg, "dict(mode='nearest') by default."),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("FPN", fpn_t, g_options);

typedef enum source_t { SOURCE_NONE, SOURCE_INPUT, SOURCE_LATERAL, SOURCE_OUTPUT } source_t;

typedef struct plan_t {
  const fpn_t *self;
  int first, end;  // inputs that are used
  source_t source;
  mmd_norm_t norm;
  mmd_activation_t activation;
  mmd_upsample_mode_t mode;
  double scale;  // 0: to the size of the finer level
} plan_t;

static mmd_status_t read_source(const mmd_builder_t *b, const mmd_value_t *value,
                                source_t *out_source) {
  static const char *const names[] = {"", "on_input", "on_lateral", "on_output"};
  const char *text = mmd_value_get_string(value, NULL);
  *out_source = mmd_value_get_bool(value, false) ? SOURCE_INPUT : SOURCE_NONE;
  for (int i = 1; text && i < 4; ++i) {
    if (strcmp(text, names[i]) == 0) *out_source = (source_t)i;
  }
  if (!text || *out_source != SOURCE_NONE) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.add_extra_convs: '%s'; a bool, 'on_input', 'on_lateral' or 'on_output' is "
                   "expected",
                   b->config_path, text);
}

static mmd_status_t read_upsample(const mmd_builder_t *b, const mmd_value_t *cfg, plan_t *plan) {
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

static mmd_status_t check_levels(const mmd_builder_t *b, const mmd_features_t *inputs,
                                 plan_t *plan) {
  const fpn_t *self = plan->self;
  const int count = self->in_channels.count;
  const bool is_open = self->end_level == -1 || self->end_level == count - 1;
  if ((size_t)count != inputs->count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.in_channels: %d inputs, but the module before gives %zu", b->config_path,
                     count, inputs->count);
  }
  plan->first = (int)self->start_level;
  plan->end = is_open ? count : (int)self->end_level + 1;
  const int64_t used = plan->end - self->start_level;
  if (self->start_level < 0 || plan->end > count || used < 1 ||
      (is_open ? self->num_outs < used : self->num_outs != used)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: start_level %lld, end_level %lld and num_outs %lld do not fit %d inputs",
                     b->config_path, (long long)self->start_level, (long long)self->end_level,
                     (long long)self->num_outs, count);
  }
  for (int i = 0; i < count; ++i) {
    const int64_t channels = mmd_nn_size(inputs->items[i], 1);
    if (channels < 0 || channels == self->in_channels.items[i]) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.in_channels[%d]: %lld, but the module before gives %lld channels",
                     b->config_path, i, (long long)self->in_channels.items[i], (long long)channels);
  }
  return NULL;
}

static mmd_edge_t *conv(mmd_builder_t *b, const plan_t *plan, int index, int64_t in_channels,
                        int64_t stride, mmd_edge_t *x) {
  const mmd_conv_t spec = mmd_conv_square(in_channels, plan->self->out_channels, 3, stride, 1);
  const size_t mark = mmd_scope_enter(b, "fpn_convs.%d", index);
  x = mmd_nn_conv_module(b, "", &spec, &plan->norm, &plan->activation, x);
  mmd_scope_leave(b, mark);
  return x;
}

static void build_laterals(mmd_builder_t *b, const plan_t *plan, const mmd_features_t *inputs,
                           mmd_edge_t **laterals) {
  const mmd_norm_t none = {.kind = MMD_NORM_NONE, .abbr = ""};
  for (int i = plan->first; i < plan->end; ++i) {
    const mmd_conv_t spec =
        mmd_conv_square(plan->self->in_channels.items[i], plan->self->out_channels, 1, 1, 0);
    const size_t mark = mmd_scope_enter(b, "lateral_convs.%d", i - plan->first);
    laterals[i - plan->first] =
        mmd_nn_conv_module(b, "", &spec, plan->self->no_norm_on_lateral ? &none : &plan->norm,
                           &plan->activation, inputs->items[i]);
    mmd_scope_leave(b, mark);
  }
  for (int i = plan->end - plan->first - 1; i > 0; --i) {
    mmd_edge_t *larger = plan->scale > 0
                             ? mmd_nn_upsample(b, plan->mode, plan->scale, laterals[i])
                             : mmd_nn_upsample_like(b, plan->mode, laterals[i], laterals[i - 1]);
    laterals[i - 1] = mmd_nn_binary(b, "Add", laterals[i - 1], larger);
  }
}

static void add_levels(mmd_builder_t *b, const plan_t *plan, const mmd_features_t *inputs,
                       mmd_edge_t *const *laterals, mmd_features_t *outs) {
  const int used = plan->end - plan->first;
  const mmd_pool2d_t pool = {.kernel = 1, .stride = 2};
  mmd_edge_t *const sources[] = {NULL, inputs->items[plan->end - 1], laterals[used - 1],
                                 outs->items[used - 1]};
  mmd_edge_t *x = plan->source ? sources[plan->source] : outs->items[used - 1];
  int64_t channels = plan->source == SOURCE_INPUT ? plan->self->in_channels.items[plan->end - 1]
                                                  : plan->self->out_channels;
  for (int i = used; i < (int)plan->self->num_outs; ++i) {
    if (plan->source && i > used && plan->self->relu_before_extra_convs) x = mmd_nn_relu(b, x);
    x = plan->source ? conv(b, plan, i, channels, 2, x) : mmd_nn_max_pool(b, &pool, x);
    channels = plan->self->out_channels;
    outs->items[outs->count++] = x;
  }
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  const fpn_t *self = options;
  plan_t plan = {.self = self, .norm = {.kind = MMD_NORM_NONE, .abbr = ""}};
  mmd_edge_t *laterals[MMD_MAX_FEATURES];
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return;
  if (self->norm_cfg) plan.norm = mmd_norm_read(b, "norm_cfg", self->norm_cfg, "BN", 1e-5);
  plan.activation = mmd_activation_read(b, "act_cfg", self->act_cfg, NULL);
  mmd_conv_check_cfg(b, self->conv_cfg);
  mmd_status_t status = check_levels(b, inputs, &plan);
  if (!status) status = read_source(b, self->add_extra_convs, &plan.source);
  if (!status) status = read_upsample(b, self->upsample_cfg, &plan);
  if (status) {
    mmd_builder_fail(b, status);
    return;
  }
  build_laterals(b, &plan, inputs, laterals);
  for (int i = 0; i < plan.end - plan.first; ++i)
    out_outputs->items[out_outputs->count++] =
        conv(b, &plan, i, self->out_channels, 1, laterals[i]);
  add_levels(b, &plan, inputs, laterals, out_outputs);
}

const mmd_module_t mmd_mmdet_fpn = {
    .codebase = "mmdet", .kind = "neck", .type = "FPN", .options = &g_table, .build = build};
