// SPDX-License-Identifier: Apache-2.0
#include "nn/multiclass_nms.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "nn/mark.h"

//===--- reading -----------------------------------------------------------===//

static const mmd_value_t *deploy_item(const mmd_builder_t *builder, const char *key) {
  return mmd_object_get(builder->post_processing, key);
}

static mmd_status_t out_of_range(const char *where, const char *key, double found,
                                 const char *expected) {
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.%s: %g; %s is expected", where, key, found, expected);
}

// test_cfg[key], else the deploy config's, else |fallback|; in the range 0 to 1.
static mmd_status_t read_fraction(const mmd_builder_t *builder, const mmd_value_t *cfg,
                                  const char *where, const char *key, const char *deploy_key,
                                  double fallback, double *out_number) {
  const mmd_value_t *value = mmd_object_get(cfg, key);
  if (mmd_value_is_null(value)) {
    value = deploy_item(builder, deploy_key);
    where = "codebase_config.post_processing";
    key = deploy_key;
  }
  *out_number = mmd_value_get_float(value, mmd_value_is_null(value) ? fallback : NAN);
  if (*out_number >= 0 && *out_number <= 1) return NULL;
  return out_of_range(where, key, *out_number, "a number of 0 to 1");
}

static mmd_status_t read_limits(const mmd_builder_t *builder, const mmd_value_t *test_cfg,
                                const char *where, mmd_multiclass_nms_t *nms) {
  const mmd_value_t *keep = mmd_object_get(test_cfg, "max_per_img");
  const char *key = "max_per_img";
  if (mmd_value_is_null(keep)) {
    keep = deploy_item(builder, "keep_top_k");
    where = "codebase_config.post_processing";
    key = "keep_top_k";
  }
  nms->keep_top_k = mmd_value_get_int(keep, 100);
  nms->pre_top_k = mmd_value_get_int(deploy_item(builder, "pre_top_k"), -1);
  nms->max_per_class = mmd_value_get_int(deploy_item(builder, "max_output_boxes_per_class"), 1000);
  if (nms->max_per_class <= 0) {
    return out_of_range("codebase_config.post_processing", "max_output_boxes_per_class",
                        (double)nms->max_per_class, "a positive number");
  }
  return nms->keep_top_k ? NULL : out_of_range(where, key, 0, "a positive number, or -1 for all");
}

static mmd_status_t read_all(const mmd_builder_t *builder, const mmd_value_t *test_cfg,
                             const char *where, mmd_multiclass_nms_t *nms) {
  const mmd_value_t *cfg = mmd_object_get(test_cfg, "nms");
  const char *type = mmd_value_get_string(mmd_object_get(cfg, "type"), "nms");
  if (strcmp(type, "nms") != 0) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.nms.type: '%s' is not supported, only 'nms'", where,
                     type);
  }
  nms->class_agnostic = mmd_value_get_bool(mmd_object_get(cfg, "class_agnostic"), false);
  MMD_TRY(read_fraction(builder, test_cfg, where, "score_thr", "score_threshold", 0.05,
                        &nms->score_threshold));
  MMD_TRY(read_fraction(builder, cfg, where, "iou_threshold", "iou_threshold", 0.5,
                        &nms->iou_threshold));
  return read_limits(builder, test_cfg, where, nms);
}

mmd_multiclass_nms_t mmd_multiclass_nms_read(mmd_builder_t *builder, const mmd_value_t *test_cfg,
                                             const char *where) {
  mmd_multiclass_nms_t nms = {.keep_top_k = 100};
  mmd_status_t status = read_all(builder, test_cfg, where, &nms);
  if (status) mmd_builder_fail(builder, status);
  if (!mmd_object_size(test_cfg)) {
    MMD_LOGW(
        "%s is missing or empty: score threshold %g, IoU threshold %g and %lld boxes an image are "
        "taken",
        where, nms.score_threshold, nms.iou_threshold, (long long)nms.keep_top_k);
  }
  return nms;
}

//===--- building ----------------------------------------------------------===//

void mmd_nn_multiclass_nms(mmd_builder_t *b, const mmd_multiclass_nms_t *nms, int id,
                           mmd_edge_t *boxes, mmd_edge_t *scores, mmd_edge_t **out_dets,
                           mmd_edge_t **out_labels, mmd_edge_t **out_index) {
  static const char *const func = "multiclass_nms";
  mmd_edge_t *const inputs[] = {mmd_nn_mark(b, func, id, "input", "boxes", boxes),
                                mmd_nn_mark(b, func, id, "input", "scores", scores)};
  mmd_node_t *node =
      mmd_nn_node(b, MMD_DOMAIN_MMDEPLOY, "MultiClassNMS", 2, inputs, out_index ? 3 : 2);
  *out_dets = *out_labels = NULL;
  if (out_index) *out_index = NULL;
  mmd_nn_set_float(b, node, "score_threshold", nms->score_threshold);
  mmd_nn_set_float(b, node, "iou_threshold", nms->iou_threshold);
  mmd_nn_set_int(b, node, "max_output_boxes_per_class", nms->max_per_class);
  mmd_nn_set_int(b, node, "pre_top_k", nms->pre_top_k);
  mmd_nn_set_int(b, node, "keep_top_k", nms->keep_top_k);
  mmd_nn_set_int(b, node, "class_agnostic", nms->class_agnostic);
  if (!mmd_builder_ok(b) || !node) return;
  *out_dets = mmd_nn_mark(b, func, id, "output", "dets", node->outputs[0]);
  *out_labels = mmd_nn_mark(b, func, id, "output", "labels", node->outputs[1]);
  if (out_index) *out_index = mmd_nn_mark(b, func, id, "output", "index", node->outputs[2]);
}
