// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/roi_heads/roi_head.h"

#include <string.h>

#include "frontends/openmmlab/config.h"
#include "nn/activation.h"
#include "nn/dense_head.h"
#include "nn/mark.h"
#include "nn/roi_align.h"
#include "nn/tensor_ops.h"

//===--- reading -----------------------------------------------------------===//

static const char *or_no_memory(mmd_builder_t *b, const char *path) {
  if (!path) mmd_builder_fail(b, mmd_status_no_memory());
  return path ? path : "";
}

const char *mmd_roi_path(mmd_builder_t *b, const mmd_roi_net_t *net, const char *key, int index) {
  mmd_arena_t *arena = &b->graph->arena;
  return or_no_memory(b, index < 0 ? mmd_arena_printf(arena, "%s.%s", net->path, key)
                                   : mmd_arena_printf(arena, "%s.%s[%d]", net->path, key, index));
}

static const char *child_path(mmd_builder_t *b, const char *where, const char *key) {
  return or_no_memory(b, mmd_arena_printf(&b->graph->arena, "%s.%s", where, key));
}

// A module, or the first of those of the stages.
static const mmd_value_t *first_of(const mmd_value_t *cfg) {
  return mmd_value_kind(cfg) == MMD_VALUE_ARRAY ? mmd_array_at(cfg, 0) : cfg;
}

// A mask is picked by the class of its box.
static void check_mask_classes(mmd_builder_t *b, const mmd_roi_head_t *self) {
  const mmd_value_t *mask = first_of(self->mask_head), *box = first_of(self->bbox_head);
  const int64_t masks = mmd_value_get_int(mmd_object_get(mask, "num_classes"), 80);
  const int64_t boxes = mmd_value_get_int(mmd_object_get(box, "num_classes"), 80);
  if (mmd_value_is_null(mask) || masks == boxes) return;
  if (mmd_value_get_bool(mmd_object_get(mask, "class_agnostic"), false)) return;
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s.mask_head: num_classes is %lld, but the bbox_head has %lld",
                                b->config_path, (long long)masks, (long long)boxes));
}

bool mmd_roi_net_init(mmd_builder_t *b, const mmd_roi_head_t *self, const mmd_features_t *inputs,
                      mmd_roi_net_t *out_net) {
  *out_net = (mmd_roi_net_t){.self = self, .path = b->config_path};
  if (!mmd_builder_ok(b)) return false;
  if (!mmd_value_is_null(self->shared_head)) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.shared_head: only None is supported; such layers come in "
                                  "networks without a feature pyramid",
                                  b->config_path));
    return false;
  }
  if (inputs->count < 2) {
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: there are no maps and proposals", b->config_path));
    return false;
  }
  out_net->maps = *inputs;
  out_net->proposals = inputs->items[--out_net->maps.count];
  check_mask_classes(b, self);
  return mmd_builder_ok(b);
}

static mmd_status_t read_coder(mmd_builder_t *b, const mmd_value_t *cfg, const char *where,
                               mmd_box_coder_t *coder) {
  static const float stds[] = {.1F, .1F, .2F, .2F};
  const mmd_value_t *dict = mmd_object_get(cfg, "bbox_coder");
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "");
  const bool has_buckets = strcmp(mmd_type_without_scope(type), "SABLHead") == 0;
  MMD_TRY(mmd_box_coder_read(dict, child_path(b, where, "bbox_coder"),
                             has_buckets ? MMD_BOX_BUCKETS : MMD_BOX_DELTA, coder));
  if (mmd_value_is_null(dict)) coder->bucket_scale = 1.7F;
  for (int i = 0; i < 4 && mmd_value_is_null(dict); ++i) coder->stds[i] = stds[i];
  return NULL;
}

void mmd_bbox_plan_read(mmd_builder_t *b, const mmd_value_t *cfg, const char *where,
                        mmd_bbox_plan_t *out_plan) {
  *out_plan = (mmd_bbox_plan_t){
      .num_classes = mmd_value_get_int(mmd_object_get(cfg, "num_classes"), 80),
      .class_agnostic = mmd_value_get_bool(mmd_object_get(cfg, "reg_class_agnostic"), false),
      .has_boxes = mmd_value_get_bool(mmd_object_get(cfg, "with_reg"), true),
  };
  mmd_status_t status = read_coder(b, cfg, where, &out_plan->coder);
  if (status) mmd_builder_fail(b, status);
}

//===--- boxes -------------------------------------------------------------===//

void mmd_roi_module(mmd_builder_t *b, const char *kind, const char *scope, const mmd_value_t *cfg,
                    const char *where, const mmd_features_t *inputs, mmd_features_t *out_outputs) {
  *out_outputs = (mmd_features_t){0};
  if (!mmd_builder_ok(b)) return;
  const size_t mark = mmd_scope_enter(b, "%s", scope);
  mmd_module_build(b, b->modules, "mmdet", kind, cfg, where, inputs, out_outputs);
  mmd_scope_leave(b, mark);
}

mmd_edge_t *mmd_roi_extract(mmd_builder_t *b, mmd_roi_net_t *net, const char *scope,
                            const mmd_value_t *cfg, const char *where, mmd_edge_t *rois) {
  static const char *const func = "roi_extractor";
  const int id = net->extractions++;
  mmd_features_t inputs = net->maps, outputs;
  for (size_t i = 0; i < inputs.count && b->has_marks && mmd_builder_ok(b); ++i) {
    const char *name = mmd_arena_printf(&b->graph->arena, "feats.%zu", i);
    inputs.items[i] = mmd_nn_mark(b, func, id, "input", or_no_memory(b, name), inputs.items[i]);
  }
  inputs.items[inputs.count++] = mmd_nn_mark(b, func, id, "input", "rois", rois);
  mmd_roi_module(b, "roi_extractor", scope, cfg, where, &inputs, &outputs);
  return mmd_builder_ok(b) ? mmd_nn_mark(b, func, id, "output", "bbox_feats", outputs.items[0])
                           : NULL;
}

void mmd_roi_bbox_forward(mmd_builder_t *b, mmd_roi_net_t *net, const char *scope,
                          const mmd_value_t *cfg, const char *where, const mmd_features_t *features,
                          mmd_edge_t **out_logits, mmd_edge_t **out_boxes) {
  static const char *const func = "bbox_head_forward";
  const int id = net->forwards++;
  mmd_features_t inputs = *features, outputs;
  *out_logits = *out_boxes = NULL;
  if (!mmd_builder_ok(b)) return;
  inputs.items[0] = mmd_nn_mark(b, func, id, "input", "bbox_feats", inputs.items[0]);
  mmd_roi_module(b, "bbox_head", scope, cfg, where, &inputs, &outputs);
  if (!mmd_builder_ok(b)) return;
  *out_logits = mmd_nn_mark(b, func, id, "output", "cls_score", outputs.items[0]);
  if (outputs.count > 1)
    *out_boxes = mmd_nn_mark(b, func, id, "output", "bbox_pred", outputs.items[1]);
}

mmd_edge_t *mmd_roi_decode(mmd_builder_t *b, const mmd_bbox_plan_t *plan, mmd_edge_t *priors,
                           mmd_edge_t *predictions) {
  const int64_t dims[] = {plan->num_classes, 4};
  if (mmd_builder_ok(b) && plan->coder.kind == MMD_BOX_BUCKETS) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "%s.bbox_head: SABLHead is supported by StandardRoIHead and "
                                  "DynamicRoIHead only",
                                  b->config_path));
  }
  if (!mmd_builder_ok(b)) return NULL;
  const bool is_one = plan->class_agnostic || plan->num_classes == 1;
  mmd_edge_t *deltas =
      mmd_nn_unflatten_rois(b, priors, is_one ? 1 : 2, is_one ? dims + 1 : dims, predictions);
  priors = mmd_nn_slice(b, 2, 0, 4, priors);
  if (!is_one) priors = mmd_nn_unsqueeze(b, 2, priors);
  mmd_edge_t *limits = plan->coder.clip_border ? mmd_nn_image_limits(b, 0) : NULL;
  return mmd_nn_decode_boxes(b, &plan->coder, priors, deltas, limits);
}

void mmd_roi_decode_buckets(mmd_builder_t *b, const mmd_bbox_plan_t *plan, mmd_edge_t *priors,
                            mmd_edge_t *predictions, mmd_edge_t **out_boxes,
                            mmd_edge_t **out_confidence) {
  const int64_t size = 8 * mmd_box_coder_side_buckets(&plan->coder);
  predictions = mmd_nn_unflatten_rois(b, priors, 1, &size, predictions);
  mmd_nn_decode_buckets(b, &plan->coder, mmd_nn_slice(b, 2, 0, 4, priors), predictions,
                        mmd_nn_image_limits(b, plan->coder.clip_margin), out_boxes, out_confidence);
}

mmd_edge_t *mmd_roi_scores(mmd_builder_t *b, const mmd_roi_net_t *net, const mmd_bbox_plan_t *plan,
                           mmd_edge_t *logits) {
  mmd_edge_t *scores = mmd_nn_slice(b, 1, 0, plan->num_classes, mmd_nn_softmax(b, 1, logits));
  scores = mmd_nn_unflatten_rois(b, net->proposals, 1, &plan->num_classes, scores);
  mmd_edge_t *is_real = mmd_nn_unary(b, "Sign", mmd_nn_slice(b, 2, 4, 5, net->proposals));
  return mmd_nn_binary(b, "Mul", scores, is_real);
}

// Where the proposals are not more than pre_top_k there is nothing to choose beforehand.
static void drop_pre_top_k(const mmd_roi_net_t *net, mmd_multiclass_nms_t *nms) {
  const mmd_value_t *most = mmd_object_get_path(net->self->test_cfg, "rpn.max_per_img");
  const int64_t count = mmd_value_get_int(most, -1);
  if (count > 0 && count <= nms->pre_top_k) nms->pre_top_k = -1;
}

static const char *rcnn_path(mmd_builder_t *b, const mmd_roi_net_t *net) {
  const char *dot = strrchr(net->path, '.');
  const int size = dot ? (int)(dot - net->path) : 0;
  return or_no_memory(b, mmd_arena_printf(&b->graph->arena, "%.*s%stest_cfg.rcnn", size, net->path,
                                          dot ? "." : ""));
}

void mmd_roi_suppress(mmd_builder_t *b, const mmd_roi_net_t *net, mmd_edge_t *boxes,
                      mmd_edge_t *scores, mmd_edge_t *factor, mmd_features_t *out_outputs) {
  const mmd_value_t *cfg = mmd_object_get(net->self->test_cfg, "rcnn");
  *out_outputs = (mmd_features_t){0};
  mmd_multiclass_nms_t nms = mmd_multiclass_nms_read(b, cfg, rcnn_path(b, net));
  drop_pre_top_k(net, &nms);
  if (factor) {
    scores = mmd_nn_factor_scores(b, nms.score_threshold, factor, scores);
    nms.score_threshold = 0;
  }
  mmd_nn_multiclass_nms(b, &nms, 1, boxes, scores, &out_outputs->items[0], &out_outputs->items[1],
                        NULL);
  out_outputs->count = 2;
}

//===--- masks -------------------------------------------------------------===//

const mmd_value_t *mmd_roi_mask_extractor(mmd_builder_t *b, const mmd_roi_net_t *net,
                                          const char **out_where) {
  const mmd_roi_head_t *self = net->self;
  const bool is_own = !mmd_value_is_null(self->mask_roi_extractor);
  *out_where = mmd_roi_path(b, net, is_own ? "mask_roi_extractor" : "bbox_roi_extractor", -1);
  return is_own ? self->mask_roi_extractor : self->bbox_roi_extractor;
}

mmd_edge_t *mmd_roi_pick_class(mmd_builder_t *b, mmd_edge_t *labels, mmd_edge_t *maps) {
  static const int64_t column[] = {-1, 1, 1, 1};
  mmd_node_t *node;
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  const int64_t dims[] = {1, 1, mmd_nn_size(maps, 2), mmd_nn_size(maps, 3)};
  mmd_edge_t *index = mmd_nn_reshape(b, 4, column, labels);
  index = mmd_nn_binary(b, "Expand", index, mmd_nn_constant_i64(b, 4, dims));
  mmd_edge_t *const inputs[] = {maps, index};
  mmd_edge_t *picked = mmd_nn_op(b, "GatherElements", 2, inputs, &node);
  mmd_nn_set_int(b, node, "axis", 1);
  return picked;
}

static bool check_masks(mmd_builder_t *b) {
  const mmd_value_t *paste = mmd_object_get(b->post_processing, "export_postprocess_mask");
  if (mmd_value_get_bool(paste, false)) {
    mmd_builder_fail(b, MMD_ERROR(MMD_NOT_SUPPORTED,
                                  "codebase_config.post_processing.export_postprocess_mask: only "
                                  "false is supported for masks of RoIs; the SDK pastes them"));
  }
  return mmd_builder_ok(b);
}

mmd_edge_t *mmd_roi_mask_of(mmd_builder_t *b, const mmd_value_t *mask_head, mmd_edge_t *labels,
                            mmd_edge_t *logits) {
  const bool is_agnostic = mmd_value_get_bool(mmd_object_get(mask_head, "class_agnostic"), false);
  if (!is_agnostic) logits = mmd_roi_pick_class(b, labels, logits);
  return mmd_nn_unary(b, "Sigmoid", logits);
}

void mmd_roi_put_masks(mmd_builder_t *b, mmd_edge_t *masks, mmd_features_t *outputs) {
  if (!check_masks(b)) return;
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return;
  const int64_t dims[] = {mmd_nn_size(masks, 2), mmd_nn_size(masks, 3)};
  outputs->items[2] = mmd_nn_unflatten_rois(b, outputs->items[0], 2, dims, masks);
  outputs->count = 3;
}
