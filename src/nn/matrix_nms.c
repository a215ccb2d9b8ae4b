// SPDX-License-Identifier: Apache-2.0
#include "nn/matrix_nms.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "nn/tensor_ops.h"

//===--- reading -----------------------------------------------------------===//

// A number of 0 to |limit|.
static mmd_status_t read_number(const mmd_value_t *cfg, const char *where, const char *key,
                                double fallback, double limit, double *out_number) {
  const mmd_value_t *value = mmd_object_get(cfg, key);
  *out_number = mmd_value_get_float(value, mmd_value_is_null(value) ? fallback : NAN);
  if (*out_number >= 0 && *out_number <= limit) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "%s.%s: %g; a number of 0 to %g is expected", where, key,
                   *out_number, limit);
}

static mmd_status_t read_kernel(const mmd_value_t *cfg, const char *where,
                                mmd_matrix_nms_t *out_nms) {
  const char *kernel = mmd_value_get_string(mmd_object_get(cfg, "kernel"), "gaussian");
  out_nms->is_linear = strcmp(kernel, "linear") == 0;
  if (out_nms->is_linear || strcmp(kernel, "gaussian") == 0) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s.kernel: '%s'; 'gaussian' or 'linear' is expected", where,
                   kernel);
}

static mmd_status_t read_all(const mmd_value_t *cfg, const char *where, mmd_matrix_nms_t *out) {
  MMD_TRY(read_number(cfg, where, "score_thr", 0.1, 1, &out->score_thr));
  MMD_TRY(read_number(cfg, where, "mask_thr", 0.5, 1, &out->mask_thr));
  MMD_TRY(read_number(cfg, where, "filter_thr", 0.05, 1, &out->filter_thr));
  MMD_TRY(read_number(cfg, where, "sigma", 2, 1e6, &out->sigma));
  MMD_TRY(read_kernel(cfg, where, out));
  out->nms_pre = mmd_value_get_int(mmd_object_get(cfg, "nms_pre"), 500);
  out->max_per_img = mmd_value_get_int(mmd_object_get(cfg, "max_per_img"), 100);
  if (out->max_per_img) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE,
                   "%s.max_per_img: 0; a positive number, or -1 for all is expected", where);
}

mmd_matrix_nms_t mmd_matrix_nms_read(mmd_builder_t *b, const mmd_value_t *test_cfg,
                                     const char *where) {
  mmd_matrix_nms_t nms = {0};
  mmd_status_t status = read_all(test_cfg, where, &nms);
  if (status) mmd_builder_fail(b, status);
  if (!mmd_object_size(test_cfg)) {
    MMD_LOGW(
        "%s is missing or empty: score threshold %g, mask threshold %g, filter threshold %g and "
        "%lld masks "
        "an image are taken",
        where, nms.score_thr, nms.mask_thr, nms.filter_thr, (long long)nms.max_per_img);
  }
  return nms;
}

//===--- pieces ------------------------------------------------------------===//

static mmd_edge_t *reduce(mmd_builder_t *b, const char *op, int64_t axis, bool keep,
                          mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &axis)};
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, op, 2, inputs, &node);
  mmd_nn_set_int(b, node, "keepdims", keep);
  return out;
}

static mmd_edge_t *where(mmd_builder_t *b, mmd_edge_t *condition, mmd_edge_t *x) {
  mmd_edge_t *const inputs[] = {condition, x, mmd_nn_constant_f32(b, 0)};
  return mmd_nn_op(b, "Where", 3, inputs, NULL);
}

static mmd_edge_t *above(mmd_builder_t *b, mmd_edge_t *x, double limit) {
  return mmd_nn_binary(b, "Greater", x, mmd_nn_constant_f32(b, (float)limit));
}

// Dims |begin| to |end| of the shape of |x|.
static mmd_edge_t *sizes(mmd_builder_t *b, int64_t begin, int64_t end, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "Shape", 1, &x, &node);
  mmd_nn_set_int(b, node, "start", begin);
  mmd_nn_set_int(b, node, "end", end);
  return out;
}

// The |k| (a tensor of one element) largest of each row, sorted.
static void top_k(mmd_builder_t *b, mmd_edge_t *k, mmd_edge_t *x, mmd_edge_t *out[2]) {
  mmd_edge_t *const inputs[] = {x, k};
  mmd_node_t *node = mmd_nn_node(b, MMD_DOMAIN_ONNX, "TopK", 2, inputs, 2);
  mmd_nn_set_int(b, node, "axis", 1);
  out[0] = node ? node->outputs[0] : NULL;
  out[1] = node ? node->outputs[1] : NULL;
}

// The min(|limit|, length) largest of each row, sorted; limit <= 0: all.
static void best_of(mmd_builder_t *b, int64_t limit, mmd_edge_t *x, mmd_edge_t *out[2]) {
  mmd_nn_infer(b);
  out[0] = out[1] = NULL;
  if (!mmd_builder_ok(b)) return;
  const int64_t length = mmd_nn_size(x, 1);
  if (limit > 0 && length >= limit) {
    top_k(b, mmd_nn_constant_i64(b, 1, &limit), x, out);
  } else {  // a slice ends where its data does
    top_k(b, sizes(b, 1, 2, limit > 0 ? mmd_nn_slice(b, 1, 0, limit, x) : x), x, out);
  }
}

mmd_edge_t *mmd_nn_choose_cells(mmd_builder_t *b, double score_thr, mmd_edge_t *scores) {
  mmd_edge_t *best = mmd_nn_reduce_max(b, 2, scores), *out[2];
  mmd_edge_t *count = mmd_nn_cast(b, MMD_F32, above(b, best, score_thr));
  count = reduce(b, "ReduceMax", 0, true, reduce(b, "ReduceSum", 1, false, count));
  count = mmd_nn_cast(b, MMD_I64, mmd_nn_clip(b, 1, INFINITY, count));
  top_k(b, count, best, out);
  return out[1];
}

// Places in the rows of all images: index + image * length.
static mmd_edge_t *absolute(mmd_builder_t *b, mmd_edge_t *x, mmd_edge_t *index) {
  static const int64_t zero = 0, one = 1;
  mmd_edge_t *const none = mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &zero));
  mmd_edge_t *const step = mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &one));
  mmd_edge_t *const range[] = {none, mmd_nn_squeeze(b, 0, sizes(b, 0, 1, x)), step};
  mmd_edge_t *image = mmd_nn_unsqueeze(b, 1, mmd_nn_op(b, "Range", 3, range, NULL));
  return mmd_nn_binary(b, "Add", index, mmd_nn_binary(b, "Mul", image, sizes(b, 1, 2, x)));
}

mmd_edge_t *mmd_nn_pick_rows(mmd_builder_t *b, mmd_edge_t *x, mmd_edge_t *index) {
  static const int64_t minus_one = -1;
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return NULL;
  if (mmd_nn_size(x, 0) == 1) return mmd_nn_gather(b, 1, x, mmd_nn_squeeze(b, 0, index));
  mmd_edge_t *const dims[] = {mmd_nn_constant_i64(b, 1, &minus_one),
                              x->type.rank > 2 ? sizes(b, 2, x->type.rank, x) : NULL};
  mmd_edge_t *shape = mmd_nn_concat(b, 0, x->type.rank > 2 ? 2 : 1, dims);
  return mmd_nn_gather(b, 0, mmd_nn_binary(b, "Reshape", x, shape), absolute(b, x, index));
}

//===--- suppression -------------------------------------------------------===//

// What is known of the masks that take part, best first.
typedef struct rows_t {
  mmd_edge_t *scores, *labels, *cells;  // [batch, p]; cells: places among the candidates
  mmd_edge_t *pixels;                   // [batch, p, height * width], 0 or 1
  mmd_edge_t *areas;                    // [batch, p]
} rows_t;

// Mean of the mask's pixels, 0 for masks that are too small.
static mmd_edge_t *maskness(mmd_builder_t *b, const mmd_mask_candidates_t *c, mmd_edge_t *masks,
                            mmd_edge_t *pixels, mmd_edge_t *areas) {
  mmd_edge_t *sum = reduce(b, "ReduceSum", 2, false, mmd_nn_binary(b, "Mul", masks, pixels));
  sum = mmd_nn_binary(b, "Div", sum, mmd_nn_clip(b, 1, INFINITY, areas));
  return where(b, mmd_nn_binary(b, "Greater", areas, c->areas), sum);
}

// Every class of every candidate is a row; the best of them are chosen.
static rows_t choose(mmd_builder_t *b, const mmd_matrix_nms_t *nms,
                     const mmd_mask_candidates_t *c) {
  static const int64_t flat_map[] = {0, 0, -1}, flat[] = {0, -1};
  rows_t rows = {0};
  mmd_edge_t *best[2];
  mmd_edge_t *masks = mmd_nn_reshape(b, 3, flat_map, c->masks);
  mmd_edge_t *pixels = mmd_nn_cast(b, MMD_F32, above(b, masks, nms->mask_thr));
  mmd_edge_t *areas = reduce(b, "ReduceSum", 2, false, pixels);
  mmd_edge_t *factor = mmd_nn_unsqueeze(b, 2, maskness(b, c, masks, pixels, areas));
  mmd_edge_t *scores = mmd_nn_binary(b, "Mul", c->scores, factor);
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return rows;
  const int64_t classes = mmd_nn_size(scores, 2);
  best_of(b, nms->nms_pre, mmd_nn_reshape(b, 2, flat, scores), best);
  mmd_edge_t *count = mmd_nn_constant_i64(b, 1, &classes);
  rows.scores = best[0];
  rows.cells = mmd_nn_binary(b, "Div", best[1], count);
  rows.labels = mmd_nn_binary(b, "Sub", best[1], mmd_nn_binary(b, "Mul", rows.cells, count));
  rows.pixels = mmd_nn_pick_rows(b, pixels, rows.cells);
  rows.areas = mmd_nn_pick_rows(b, areas, rows.cells);
  return rows;
}

// [batch, p, p]: true where the row is better than the column and of its class.
static mmd_edge_t *rivals(mmd_builder_t *b, const rows_t *rows) {
  static const int64_t zero = 0, one = 1;
  mmd_edge_t *const first = mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &zero));
  mmd_edge_t *const step = mmd_nn_squeeze(b, 0, mmd_nn_constant_i64(b, 1, &one));
  mmd_edge_t *const range[] = {first, mmd_nn_squeeze(b, 0, sizes(b, 1, 2, rows->labels)), step};
  mmd_edge_t *place = mmd_nn_op(b, "Range", 3, range, NULL);
  mmd_edge_t *better = mmd_nn_binary(b, "Less", mmd_nn_unsqueeze(b, 1, place), place);
  mmd_edge_t *same = mmd_nn_binary(b, "Equal", mmd_nn_unsqueeze(b, 2, rows->labels),
                                   mmd_nn_unsqueeze(b, 1, rows->labels));
  return mmd_nn_binary(b, "And", same, better);
}

// Intersection over union of the pairs that count, else 0.
static mmd_edge_t *overlaps(mmd_builder_t *b, const rows_t *rows) {
  static const int64_t swap[] = {0, 2, 1};
  mmd_edge_t *shared =
      mmd_nn_binary(b, "MatMul", rows->pixels, mmd_nn_transpose(b, 3, swap, rows->pixels));
  mmd_edge_t *sum = mmd_nn_binary(b, "Add", mmd_nn_unsqueeze(b, 2, rows->areas),
                                  mmd_nn_unsqueeze(b, 1, rows->areas));
  mmd_edge_t *whole = mmd_nn_clip(b, 1, INFINITY, mmd_nn_binary(b, "Sub", sum, shared));
  return where(b, rivals(b, rows), mmd_nn_binary(b, "Div", shared, whole));
}

// What is left of each score. A rival that is itself covered by better ones counts less: by its own
// largest overlap.
static mmd_edge_t *decay(mmd_builder_t *b, const mmd_matrix_nms_t *nms, const rows_t *rows) {
  mmd_edge_t *iou = overlaps(b, rows);
  mmd_edge_t *own = mmd_nn_unsqueeze(b, 2, mmd_nn_reduce_max(b, 1, iou));
  if (nms->is_linear) {
    mmd_edge_t *one = mmd_nn_constant_f32(b, 1);
    mmd_edge_t *ratio = mmd_nn_binary(b, "Div", mmd_nn_binary(b, "Sub", one, iou),
                                      mmd_nn_binary(b, "Sub", one, own));
    return reduce(b, "ReduceMin", 1, false, ratio);
  }
  // The least of the ratios of two exponentials is the exponential of the largest difference.
  mmd_edge_t *gap =
      mmd_nn_binary(b, "Sub", mmd_nn_binary(b, "Mul", iou, iou), mmd_nn_binary(b, "Mul", own, own));
  return mmd_nn_unary(b, "Exp", mmd_nn_scale(b, (float)-nms->sigma, mmd_nn_reduce_max(b, 1, gap)));
}

void mmd_nn_matrix_nms(mmd_builder_t *b, const mmd_matrix_nms_t *nms,
                       const mmd_mask_candidates_t *candidates, mmd_edge_t **out_scores,
                       mmd_edge_t **out_labels, mmd_edge_t **out_masks) {
  mmd_edge_t *best[2];
  const rows_t rows = choose(b, nms, candidates);
  mmd_edge_t *scores = mmd_nn_binary(b, "Mul", rows.scores, decay(b, nms, &rows));
  if (nms->filter_thr > 0) {
    mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)nms->filter_thr);
    scores = where(b, mmd_nn_binary(b, "GreaterOrEqual", scores, limit), scores);
  }
  best_of(b, nms->max_per_img, scores, best);
  *out_scores = best[0];
  *out_labels = mmd_nn_pick_rows(b, rows.labels, best[1]);
  *out_masks = mmd_nn_pick_rows(b, candidates->masks, mmd_nn_pick_rows(b, rows.cells, best[1]));
}
