// SPDX-License-Identifier: Apache-2.0
//
// RPNHead: regions that may hold an object. Gives the proposals [batch, n, 5] (box and score, best
// first) and zeros as their classes. As in PyTorch, proposals suppress those of their own level
// alone, and no score is too low, unless test_cfg.rpn has a score_thr.

#include <stdio.h>
#include <string.h>

#include "codebases/mmdet/models/heads/anchor_head.h"
#include "nn/tensor_ops.h"
#include "value/json.h"

typedef struct rpn_head_t {
  int64_t num_classes, in_channels, feat_channels, num_convs;
  const mmd_value_t *anchor_generator, *bbox_coder, *loss_cls, *test_cfg;
} rpn_head_t;

static const mmd_option_t g_options[] = {
    {.name = "num_classes",
     .type = MMD_OPTION_INT,
     .offset = offsetof(rpn_head_t, num_classes),
     .default_text = "1",
     .min = 1,
     .max = 1,
     .help = "A region holds an object, or not."},
    MMD_OPT_COUNT_REQUIRED("in_channels", rpn_head_t, in_channels, "Channels of the inputs."),
    MMD_OPT_COUNT("feat_channels", rpn_head_t, feat_channels, "256", "Channels in between."),
    MMD_OPT_COUNT("num_convs", rpn_head_t, num_convs, "1", "3x3 convolutions before the ends."),
    MMD_OPT_DICT("anchor_generator", rpn_head_t, anchor_generator, "Where anchors lie."),
    MMD_OPT_DICT("bbox_coder", rpn_head_t, bbox_coder, "How boxes are predicted."),
    MMD_OPT_DICT("loss_cls", rpn_head_t, loss_cls, "Only use_sigmoid counts."),
    MMD_OPT_DICT("test_cfg", rpn_head_t, test_cfg, "The detector's; its rpn counts."),
    MMD_OPT_TRAINING("reg_decoded_bbox"),
    MMD_OPT_TRAINING("loss_bbox"),
    MMD_OPT_TRAINING("train_cfg"),
    MMD_OPT_TRAINING("init_cfg"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("RPNHead", rpn_head_t, g_options);

typedef struct plan_t {
  const rpn_head_t *self;
  mmd_priors_t priors;
  mmd_dense_head_t dense;
} plan_t;

//===--- reading -----------------------------------------------------------===//

static const char *path_of(mmd_builder_t *b, const char *head, const char *key) {
  const char *path = mmd_arena_printf(&b->graph->arena, "%s.%s", head, key);
  if (!path) mmd_builder_fail(b, mmd_status_no_memory());
  return path ? path : key;
}

static mmd_status_t read_priors(mmd_builder_t *b, const rpn_head_t *self, mmd_priors_t *priors) {
  const char *where = path_of(b, b->config_path, "anchor_generator");
  mmd_value_t *made = NULL;
  if (!mmd_value_is_null(self->anchor_generator))
    return mmd_priors_read(self->anchor_generator, where, priors);
  MMD_TRY(
      mmd_json_parse(mmd_anchor_head_generator, strlen(mmd_anchor_head_generator), where, &made));
  mmd_status_t status = mmd_priors_read(made, where, priors);
  mmd_value_release(made);
  return status;
}

static void read_test_cfg(mmd_builder_t *b, const rpn_head_t *self, mmd_dense_head_t *dense) {
  const mmd_value_t *cfg = mmd_object_get(self->test_cfg, "rpn");
  mmd_dense_head_read_test_cfg(b, cfg, path_of(b, mmd_head_test_cfg_path(b), "rpn"), dense);
  dense->min_bbox_size = mmd_value_get_float(mmd_object_get(cfg, "min_bbox_size"), -1);
  if (mmd_value_is_null(mmd_object_get(cfg, "score_thr"))) dense->nms.score_threshold = 0;
  if (dense->nms.keep_top_k > 0) dense->nms.max_per_class = dense->nms.keep_top_k;
}

static bool make_plan(mmd_builder_t *b, const rpn_head_t *self, const mmd_features_t *inputs,
                      plan_t *plan) {
  const bool is_sigmoid = mmd_value_get_bool(mmd_object_get(self->loss_cls, "use_sigmoid"),
                                             mmd_value_is_null(self->loss_cls));
  *plan = (plan_t){.self = self};
  plan->dense.use_softmax = !is_sigmoid;
  plan->dense.score_channels = is_sigmoid ? 1 : 2;
  // Who takes over where the network is cut expects one column of scores, as MMDeploy gives.
  plan->dense.by_level = !b->has_marks;
  mmd_status_t status = read_priors(b, self, &plan->priors);
  if (!status) {
    status = mmd_box_coder_read(self->bbox_coder, path_of(b, b->config_path, "bbox_coder"),
                                MMD_BOX_DELTA, &plan->dense.coder);
  }
  if (status) mmd_builder_fail(b, status);
  read_test_cfg(b, self, &plan->dense);
  return mmd_head_check_inputs(b, inputs, plan->priors.count, self->in_channels);
}

//===--- building ----------------------------------------------------------===//

// One convolution is a plain one, more are modules.
static mmd_edge_t *convs(mmd_builder_t *b, const rpn_head_t *self, mmd_edge_t *x) {
  const bool is_list = self->num_convs > 1;
  for (int64_t i = 0; i < self->num_convs && mmd_builder_ok(b); ++i) {
    char name[48] = "rpn_conv";
    if (is_list) snprintf(name, sizeof name, "rpn_conv.%lld.conv", (long long)i);
    x = mmd_head_conv(b, name, i ? self->feat_channels : self->in_channels, self->feat_channels, x);
    x = mmd_nn_relu(b, x);
  }
  return x;
}

static mmd_edge_t *end(mmd_builder_t *b, const plan_t *plan, const char *name, int64_t channels,
                       mmd_edge_t *x) {
  mmd_conv_t conv = mmd_conv_square(plan->self->feat_channels, channels, 1, 1, 0);
  conv.bias = true;
  return mmd_nn_conv(b, name, &conv, x);
}

static mmd_dense_level_t build_level(mmd_builder_t *b, const plan_t *plan, int index,
                                     mmd_edge_t *x) {
  const mmd_level_priors_t *priors = &plan->priors.levels[index];
  mmd_edge_t *map = convs(b, plan->self, x);
  return (mmd_dense_level_t){
      .scores = end(b, plan, "rpn_cls", priors->count * plan->dense.score_channels, map),
      .boxes = end(b, plan, "rpn_reg", (int64_t)priors->count * 4, map),
      .priors = mmd_nn_priors(b, priors, x),
  };
}

static mmd_edge_t *zeros_like(mmd_builder_t *b, mmd_edge_t *labels) {
  static const int64_t zero = 0;
  return mmd_nn_binary(b, "Mul", labels, mmd_nn_constant_i64(b, 1, &zero));
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  plan_t plan;
  mmd_dense_level_t levels[MMD_MAX_PRIOR_LEVELS];
  if (!make_plan(b, options, inputs, &plan)) return;
  for (int i = 0; i < plan.priors.count; ++i)
    levels[i] = build_level(b, &plan, i, inputs->items[i]);
  mmd_head_finish(b, &plan.dense, inputs->count, levels, out_outputs);
  out_outputs->items[1] = zeros_like(b, out_outputs->items[1]);
}

const mmd_module_t mmd_mmdet_rpn_head = {.codebase = "mmdet",
                                         .kind = "rpn_head",
                                         .type = "RPNHead",
                                         .options = &g_table,
                                         .build = build};
