// SPDX-License-Identifier: Apache-2.0
//
// CascadeRoIHead: stages of bbox_heads, each over the boxes of the one before; the logits of all
// are averaged, and so are the masks. HybridTaskCascadeRoIHead: mask_heads hand their features on,
// and a map of what the image shows everywhere is added to all features.
#include "codebases/mmdet/models/roi_heads/roi_head.h"

#include <stdio.h>

#include "nn/pool.h"
#include "nn/roi_align.h"
#include "nn/tensor_ops.h"

enum { MAX_STAGES = 8 };

typedef struct cascade_t {
  mmd_roi_head_t base;
  int64_t num_stages;
  // Of HybridTaskCascadeRoIHead.
  const mmd_value_t *semantic_roi_extractor, *semantic_head, *semantic_fusion;
  bool mask_info_flow;
} cascade_t;

#define CASCADE_OPTIONS                           \
  MMD_ROI_HEAD_OPTIONS(cascade_t),                \
      {.name = "num_stages",                      \
       .type = MMD_OPTION_INT,                    \
       .offset = offsetof(cascade_t, num_stages), \
       .min = 1,                                  \
       .max = MAX_STAGES,                         \
       .flags = MMD_OPTION_REQUIRED,              \
       .help = "Number of stages."},              \
      MMD_OPT_TRAINING("stage_loss_weights")

static const mmd_option_t g_options[] = {CASCADE_OPTIONS};
static const mmd_option_t g_htc_options[] = {
    CASCADE_OPTIONS,
    MMD_OPT_DICT("semantic_roi_extractor", cascade_t, semantic_roi_extractor,
                 "Cuts features of the semantic map."),
    MMD_OPT_DICT("semantic_head", cascade_t, semantic_head, "Makes it; None: there is none."),
    MMD_OPT_DICT("semantic_fusion", cascade_t, semantic_fusion,
                 "Heads that it is added for, ('bbox', 'mask') by default."),
    MMD_OPT_BOOL("mask_info_flow", cascade_t, mask_info_flow, "true",
                 "Mask heads hand their features on."),
    MMD_OPT_TRAINING("interleaved"),
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("CascadeRoIHead", cascade_t, g_options);
static const mmd_option_table_t g_htc_table =
    MMD_OPTION_TABLE("HybridTaskCascadeRoIHead", cascade_t, g_htc_options);

typedef struct net_t {
  mmd_roi_net_t net;
  const cascade_t *self;
  mmd_edge_t *semantic;  // the map, or NULL
  mmd_edge_t *boxes;     // of the stage: [batch, n, 4 or 5]
  int64_t num_classes;   // of the first stage
} net_t;

// One dict of a list, or the same for all stages.
typedef struct module_t {
  const mmd_value_t *cfg;
  const char *where;
  char scope[32];
} module_t;

static module_t stage_module(mmd_builder_t *b, const net_t *n, const mmd_value_t *cfg,
                             const char *key, int64_t stage) {
  const bool is_list = mmd_value_kind(cfg) == MMD_VALUE_ARRAY;
  module_t module = {.cfg = is_list ? mmd_array_at(cfg, (size_t)stage) : cfg,
                     .where = mmd_roi_path(b, &n->net, key, is_list ? (int)stage : -1)};
  snprintf(module.scope, sizeof module.scope, "%s.%lld", key, (long long)stage);
  if (is_list && (int64_t)mmd_array_size(cfg) != n->self->num_stages && mmd_builder_ok(b)) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %zu items, but num_stages is %lld", n->net.path,
                     key, mmd_array_size(cfg), (long long)n->self->num_stages));
  }
  return module;
}

//===--- semantic map ------------------------------------------------------===//

static void make_semantic(mmd_builder_t *b, net_t *n) {
  mmd_features_t map;
  if (mmd_value_is_null(n->self->semantic_head)) return;
  mmd_roi_module(b, "semantic_head", "semantic_head", n->self->semantic_head,
                 mmd_roi_path(b, &n->net, "semantic_head", -1), &n->net.maps, &map);
  n->semantic = map.items[0];
}

static bool is_fused(const net_t *n, const char *what) {
  const mmd_value_t *fusion = n->self->semantic_fusion;
  if (!n->semantic || mmd_value_is_null(fusion)) return n->semantic != NULL;
  for (size_t i = 0; i < mmd_array_size(fusion); ++i) {
    const char *text = mmd_value_get_string(mmd_array_at(fusion, i), "");
    if (mmd_str_equal(text, what)) return true;
  }
  return false;
}

// |x| with the size of |like|, which divides its own.
static mmd_edge_t *pool_like(mmd_builder_t *b, mmd_edge_t *x, mmd_edge_t *like) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  const int64_t from = mmd_nn_size(x, 2), to = mmd_nn_size(like, 2);
  if (from == to) return x;
  if (to > 0 && from > 0 && from % to == 0 && mmd_nn_size(x, 3) == from &&
      mmd_nn_size(like, 3) == to) {
    const mmd_pool2d_t pool = {.kernel = from / to, .stride = from / to};
    return mmd_nn_average_pool(b, &pool, x);
  }
  mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                "%s.semantic_roi_extractor: its %lldx%lld are no multiple of the "
                                "features' %lldx%lld",
                                b->config_path, (long long)from, (long long)mmd_nn_size(x, 3),
                                (long long)to, (long long)mmd_nn_size(like, 3)));
  return NULL;
}

static mmd_edge_t *add_semantic(mmd_builder_t *b, net_t *n, const char *what, mmd_edge_t *rois,
                                mmd_edge_t *features) {
  if (!is_fused(n, what)) return features;
  const mmd_features_t maps = n->net.maps;
  n->net.maps = (mmd_features_t){.count = 1, .items = {n->semantic}};
  mmd_edge_t *own =
      mmd_roi_extract(b, &n->net, "semantic_roi_extractor", n->self->semantic_roi_extractor,
                      mmd_roi_path(b, &n->net, "semantic_roi_extractor", -1), rois);
  n->net.maps = maps;
  return mmd_nn_binary(b, "Add", features, pool_like(b, own, features));
}

//===--- boxes -------------------------------------------------------------===//

typedef struct stage_t {
  mmd_bbox_plan_t plan;
  mmd_edge_t *logits, *deltas;
} stage_t;

// Each stage needs boxes, and the logits of all are added.
static void check_head(mmd_builder_t *b, net_t *n, const mmd_bbox_plan_t *plan, const char *where) {
  if (!n->num_classes) n->num_classes = plan->num_classes;
  if (mmd_builder_ok(b) && !plan->has_boxes) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.with_reg: only True is supported in a "
                                  "cascade",
                                  where));
  }
  if (!mmd_builder_ok(b) || plan->num_classes == n->num_classes) return;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.num_classes: %lld, but the first stage has %lld",
                   where, (long long)plan->num_classes, (long long)n->num_classes));
}

static stage_t run_stage(mmd_builder_t *b, net_t *n, int64_t index) {
  const mmd_roi_head_t *base = &n->self->base;
  const module_t extractor =
      stage_module(b, n, base->bbox_roi_extractor, "bbox_roi_extractor", index);
  const module_t head = stage_module(b, n, base->bbox_head, "bbox_head", index);
  mmd_features_t features = {.count = 1};
  stage_t stage = {0};
  mmd_edge_t *rois = mmd_nn_rois(b, n->boxes);
  mmd_bbox_plan_read(b, head.cfg, head.where, &stage.plan);
  check_head(b, n, &stage.plan, head.where);
  features.items[0] =
      mmd_roi_extract(b, &n->net, extractor.scope, extractor.cfg, extractor.where, rois);
  features.items[0] = add_semantic(b, n, "bbox", rois, features.items[0]);
  mmd_roi_bbox_forward(b, &n->net, head.scope, head.cfg, head.where, &features, &stage.logits,
                       &stage.deltas);
  return stage;
}

// The deltas of the class with the best logit.
static mmd_edge_t *deltas_of_best(mmd_builder_t *b, const stage_t *stage) {
  const int64_t maps[] = {-1, stage->plan.num_classes, 4, 1}, rows[] = {-1, 4};
  mmd_node_t *node;
  if (stage->plan.class_agnostic) return stage->deltas;
  mmd_edge_t *logits = mmd_nn_slice(b, 1, 0, stage->plan.num_classes, stage->logits);
  mmd_edge_t *best = mmd_nn_op(b, "ArgMax", 1, &logits, &node);
  mmd_nn_set_int(b, node, "axis", 1);
  mmd_edge_t *deltas = mmd_roi_pick_class(b, best, mmd_nn_reshape(b, 4, maps, stage->deltas));
  return mmd_nn_reshape(b, 2, rows, deltas);
}

static void refine(mmd_builder_t *b, net_t *n, const stage_t *stage) {
  mmd_bbox_plan_t plan = stage->plan;
  mmd_edge_t *deltas = deltas_of_best(b, stage);
  plan.class_agnostic = true;
  n->boxes = mmd_roi_decode(b, &plan, n->boxes, deltas);
}

static void detect(mmd_builder_t *b, net_t *n, mmd_features_t *out_outputs) {
  mmd_edge_t *sum = NULL;
  stage_t stage = {0};
  for (int64_t i = 0; i < n->self->num_stages && mmd_builder_ok(b); ++i) {
    if (i) refine(b, n, &stage);
    stage = run_stage(b, n, i);
    sum = sum ? mmd_nn_binary(b, "Add", sum, stage.logits) : stage.logits;
  }
  if (!mmd_builder_ok(b)) return;
  sum = mmd_nn_scale(b, 1.F / (float)n->self->num_stages, sum);
  mmd_edge_t *boxes = mmd_roi_decode(b, &stage.plan, n->boxes, stage.deltas);
  mmd_roi_suppress(b, &n->net, boxes, mmd_roi_scores(b, &n->net, &stage.plan, sum), NULL,
                   out_outputs);
}

//===--- masks -------------------------------------------------------------===//

static mmd_edge_t *mask_features(mmd_builder_t *b, net_t *n, int64_t stage, mmd_edge_t *rois) {
  const mmd_roi_head_t *base = &n->self->base;
  const bool is_own = !mmd_value_is_null(base->mask_roi_extractor);
  const module_t extractor =
      is_own ? stage_module(b, n, base->mask_roi_extractor, "mask_roi_extractor", stage)
             : stage_module(b, n, base->bbox_roi_extractor, "bbox_roi_extractor", stage);
  return mmd_roi_extract(b, &n->net, extractor.scope, extractor.cfg, extractor.where, rois);
}

// The same features for all stages, those of the last one where |is_htc|.
static bool has_one_mask_extractor(const net_t *n, bool is_htc) {
  const mmd_roi_head_t *base = &n->self->base;
  const mmd_value_t *cfg = mmd_value_is_null(base->mask_roi_extractor) ? base->bbox_roi_extractor
                                                                       : base->mask_roi_extractor;
  return is_htc || mmd_value_kind(cfg) != MMD_VALUE_ARRAY;
}

// Probabilities of the class of each detection, from the stage's own mask head.
static mmd_edge_t *stage_mask(mmd_builder_t *b, net_t *n, int64_t stage, mmd_edge_t *labels,
                              const mmd_features_t *inputs, mmd_edge_t **out_features) {
  mmd_features_t outputs;
  const module_t head = stage_module(b, n, n->self->base.mask_head, "mask_head", stage);
  mmd_roi_module(b, "mask_head", head.scope, head.cfg, head.where, inputs, &outputs);
  *out_features = outputs.count > 1 ? outputs.items[1] : NULL;
  return mmd_roi_mask_of(b, head.cfg, labels, outputs.items[0]);
}

// The masks of all stages are averaged; of HTC 1.x takes the last one alone.
static void add_masks(mmd_builder_t *b, net_t *n, bool is_htc, mmd_features_t *outputs) {
  const bool is_last_alone = is_htc && b->is_1x;
  const int64_t stages = n->self->num_stages;
  mmd_edge_t *rois = mmd_nn_rois(b, outputs->items[0]), *sum = NULL, *flow = NULL;
  mmd_features_t inputs = {.count = 1};
  for (int64_t i = 0; i < stages && mmd_builder_ok(b); ++i) {
    if (!i || !has_one_mask_extractor(n, is_htc)) {
      inputs.items[0] = mask_features(b, n, is_htc ? stages - 1 : i, rois);
      inputs.items[0] = add_semantic(b, n, "mask", rois, inputs.items[0]);
    }
    inputs.items[1] = flow;
    inputs.count = flow && n->self->mask_info_flow ? 2 : 1;
    mmd_edge_t *mask = stage_mask(b, n, i, outputs->items[1], &inputs, &flow);
    sum = sum && !is_last_alone ? mmd_nn_binary(b, "Add", sum, mask) : mask;
  }
  if (!mmd_builder_ok(b)) return;
  if (!is_last_alone) sum = mmd_nn_scale(b, 1.F / (float)stages, sum);
  mmd_roi_put_masks(b, sum, outputs);
}

//===--- modules -----------------------------------------------------------===//

static void build_any(mmd_builder_t *b, const cascade_t *self, bool is_htc,
                      const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  net_t net = {.self = self};
  if (!mmd_roi_net_init(b, &self->base, inputs, &net.net)) return;
  net.boxes = net.net.proposals;
  make_semantic(b, &net);
  detect(b, &net, out_outputs);
  if (!mmd_value_is_null(self->base.mask_head)) add_masks(b, &net, is_htc, out_outputs);
}

static void build(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                  mmd_features_t *out_outputs) {
  build_any(b, options, false, inputs, out_outputs);
}

static void build_htc(mmd_builder_t *b, const void *options, const mmd_features_t *inputs,
                      mmd_features_t *out_outputs) {
  build_any(b, options, true, inputs, out_outputs);
}

const mmd_module_t mmd_mmdet_cascade_roi_head = {.codebase = "mmdet",
                                                 .kind = "roi_head",
                                                 .type = "CascadeRoIHead",
                                                 .options = &g_table,
                                                 .build = build};
const mmd_module_t mmd_mmdet_htc_roi_head = {.codebase = "mmdet",
                                             .kind = "roi_head",
                                             .type = "HybridTaskCascadeRoIHead",
                                             .options = &g_htc_table,
                                             .build = build_htc};
