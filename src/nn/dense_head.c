// SPDX-License-Identifier: Apache-2.0
//
// As PyTorch has it, scores pass the threshold before they are multiplied by their factor, and the
// cells of a level are chosen without it.
#include "nn/dense_head.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nn/activation.h"
#include "nn/detection_output.h"
#include "nn/mark.h"
#include "nn/priors.h"
#include "nn/tensor_ops.h"

void mmd_dense_head_read_test_cfg(mmd_builder_t *b, const mmd_value_t *test_cfg, const char *where,
                                  mmd_dense_head_t *head) {
  head->nms_pre = mmd_value_get_int(mmd_object_get(test_cfg, "nms_pre"), -1);
  // 0.x looks at it in region proposals only.
  head->min_bbox_size =
      b->is_1x ? mmd_value_get_float(mmd_object_get(test_cfg, "min_bbox_size"), -1) : -1;
  head->nms = mmd_multiclass_nms_read(b, test_cfg, where);
}

// What is left of a level, [batch, n, …].
typedef struct rows_t {
  mmd_edge_t *scores, *boxes, *factor, *priors;
  bool is_chosen;
} rows_t;

// Anchors of a cell where the scores of a level are chosen in the map as it lies, else 0. To turn a
// whole map, of which a few cells are kept, costs more than all the rest behind the network.
static int64_t anchors_in_place(mmd_builder_t *b, const mmd_dense_head_t *head,
                                const mmd_dense_level_t *level) {
  if (head->use_softmax || head->score_channels == 1) return 0;
  mmd_nn_infer(b);
  const int64_t channels = mmd_builder_ok(b) ? mmd_nn_size(level->scores, 1) : -1;
  return channels > 0 && channels % head->score_channels == 0 ? channels / head->score_channels : 0;
}

static mmd_edge_t *flatten_scores(mmd_builder_t *b, const mmd_dense_head_t *head,
                                  mmd_edge_t *scores) {
  scores = mmd_nn_flatten_map(b, head->score_channels, scores);
  if (!head->use_softmax) return scores;
  return mmd_nn_slice(b, 2, 0, head->score_channels - 1, mmd_nn_softmax(b, -1, scores));
}

// Sigmoids keep the order, so they are taken of the chosen cells only.
static rows_t flatten(mmd_builder_t *b, const mmd_dense_head_t *head,
                      const mmd_dense_level_t *level, bool has_scores) {
  return (rows_t){
      .scores = has_scores ? flatten_scores(b, head, level->scores) : NULL,
      .boxes = mmd_nn_flatten_map(b, head->box_channels ? head->box_channels : 4, level->boxes),
      .factor = level->factor ? mmd_nn_flatten_map(b, 1, level->factor) : NULL};
}

// [batch, anchors x classes, h, w] -> [batch, anchors, h x w], the score of the best class.
static mmd_edge_t *best_in_place(mmd_builder_t *b, const mmd_dense_head_t *head, int64_t anchors,
                                 mmd_edge_t *map) {
  const int64_t dims[] = {0, anchors, head->score_channels, -1};
  return mmd_nn_reduce_max(b, 2, mmd_nn_reshape(b, 4, dims, map));
}

// The same as [batch, h x w x anchors].
static mmd_edge_t *order_cells(mmd_builder_t *b, mmd_edge_t *best) {
  static const int64_t cells_first[] = {0, 2, 1}, dims[] = {0, -1};
  return mmd_nn_reshape(b, 2, dims, mmd_nn_transpose(b, 3, cells_first, best));
}

// h x w of |best|, in a tensor of one element.
static mmd_edge_t *count_cells(mmd_builder_t *b, mmd_edge_t *best) {
  mmd_nn_infer(b);
  const int64_t cells = mmd_builder_ok(b) ? mmd_nn_size(best, 2) : -1;
  if (cells >= 0) return mmd_nn_constant_i64(b, 1, &cells);
  mmd_node_t *node;
  mmd_edge_t *shape = mmd_nn_op(b, "Shape", 1, &best, &node);
  mmd_nn_set_int(b, node, "start", 2);
  return shape;
}

// Where the map has the first class of cell |index|, [batch, k]: anchor x classes x cells + cell.
static mmd_edge_t *first_class(mmd_builder_t *b, const mmd_dense_head_t *head, int64_t anchors,
                               mmd_edge_t *cells, mmd_edge_t *index) {
  if (anchors == 1) return index;
  mmd_edge_t *count = mmd_nn_constant_i64(b, 1, &anchors);
  mmd_edge_t *classes = mmd_nn_constant_i64(b, 1, &head->score_channels);
  mmd_edge_t *cell = mmd_nn_binary(b, "Div", index, count);
  mmd_edge_t *anchor = mmd_nn_binary(b, "Sub", index, mmd_nn_binary(b, "Mul", cell, count));
  mmd_edge_t *step = mmd_nn_binary(b, "Mul", cells, classes);
  return mmd_nn_binary(b, "Add", mmd_nn_binary(b, "Mul", anchor, step), cell);
}

mmd_edge_t *mmd_nn_class_numbers(mmd_builder_t *b, int64_t count) {
  int64_t *numbers = mmd_arena_alloc_array(&b->graph->arena, (size_t)count, 8);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < count; ++i) numbers[i] = i;
  return mmd_nn_constant_i64(b, (size_t)count, numbers);
}

// Scores of the cells |index|, [batch, k, classes].
static mmd_edge_t *gather_in_place(mmd_builder_t *b, const mmd_dense_head_t *head, int64_t anchors,
                                   mmd_edge_t *map, mmd_edge_t *best, mmd_edge_t *index) {
  static const int64_t flat[] = {0, -1};
  const int64_t dims[] = {0, -1, head->score_channels};
  mmd_edge_t *cells = count_cells(b, best);
  mmd_edge_t *first = mmd_nn_unsqueeze(b, 2, first_class(b, head, anchors, cells, index));
  mmd_edge_t *steps = mmd_nn_binary(b, "Mul", cells, mmd_nn_class_numbers(b, head->score_channels));
  mmd_edge_t *places = mmd_nn_reshape(b, 2, flat, mmd_nn_binary(b, "Add", first, steps));
  mmd_edge_t *const inputs[] = {mmd_nn_reshape(b, 2, flat, map), places};
  mmd_node_t *node;
  mmd_edge_t *scores = mmd_nn_op(b, "GatherElements", 2, inputs, &node);
  mmd_nn_set_int(b, node, "axis", 1);
  return mmd_nn_reshape(b, 3, dims, scores);
}

// What cells are chosen by: the best class, or the square of the best mean.
static mmd_edge_t *choice_key(mmd_builder_t *b, const mmd_dense_head_t *head, const rows_t *rows,
                              mmd_edge_t *best) {
  const bool is_one = !head->use_softmax && head->score_channels == 1;
  mmd_edge_t *key = best     ? order_cells(b, best)
                    : is_one ? mmd_nn_squeeze(b, 2, rows->scores)
                             : mmd_nn_reduce_max(b, 2, rows->scores);
  if (!head->is_factor_mean) return key;
  mmd_edge_t *factor = mmd_nn_unary(b, "Sigmoid", mmd_nn_squeeze(b, 2, rows->factor));
  return mmd_nn_binary(b, "Mul", mmd_nn_unary(b, "Sigmoid", key), factor);
}

// ncnn's own layers choose no cells: all go into its DetectionOutput. RKNN's do not either: the
// program gets all.
static bool chooses(const mmd_builder_t *b, const mmd_dense_head_t *head) {
  return head->nms_pre > 0 && !b->has_detection_output && !b->leaves_suppression;
}

static rows_t choose(mmd_builder_t *b, const mmd_dense_head_t *head,
                     const mmd_dense_level_t *level) {
  const int64_t anchors = chooses(b, head) ? anchors_in_place(b, head, level) : 0;
  rows_t rows = flatten(b, head, level, !anchors);
  mmd_edge_t *best = anchors ? best_in_place(b, head, anchors, level->scores) : NULL;
  mmd_edge_t *index = NULL;
  if (chooses(b, head)) {
    index = mmd_nn_top_k(b, head->nms_pre, choice_key(b, head, &rows, best));
  }
  if (!index) {
    if (!rows.scores) rows.scores = flatten_scores(b, head, level->scores);
    if (level->priors) rows.priors = mmd_nn_unsqueeze(b, 0, level->priors);
    return rows;
  }
  rows.scores = anchors ? gather_in_place(b, head, anchors, level->scores, best, index)
                        : mmd_nn_gather_rows(b, rows.scores, index);
  rows.boxes = mmd_nn_gather_rows(b, rows.boxes, index);
  if (rows.factor) rows.factor = mmd_nn_gather_rows(b, rows.factor, index);
  if (level->priors) rows.priors = mmd_nn_gather(b, 0, level->priors, index);
  rows.is_chosen = true;
  return rows;
}

// Priors of levels that were kept whole have a batch of one: as many as the others.
static void match_batches(mmd_builder_t *b, size_t count, rows_t *rows) {
  bool is_any_chosen = false;
  mmd_edge_t *shape = NULL;
  for (size_t i = 0; i < count; ++i) is_any_chosen = is_any_chosen || rows[i].is_chosen;
  if (!is_any_chosen || mmd_nn_size(b->image, 0) == 1) return;
  for (size_t i = 0; i < count; ++i) {
    static const int64_t ones[] = {1, 1};
    if (rows[i].is_chosen || !rows[i].priors) continue;
    if (!shape) {
      mmd_edge_t *const sizes[] = {mmd_nn_slice(b, 0, 0, 1, mmd_nn_unary(b, "Shape", b->image)),
                                   mmd_nn_constant_i64(b, 2, ones)};
      shape = mmd_nn_concat(b, 0, 2, sizes);
    }
    rows[i].priors = mmd_nn_binary(b, "Expand", rows[i].priors, shape);
  }
}

static mmd_edge_t *join(mmd_builder_t *b, size_t count, const rows_t *rows, size_t offset) {
  mmd_edge_t *items[MMD_MAX_PRIOR_LEVELS];
  for (size_t i = 0; i < count; ++i)
    items[i] = *(mmd_edge_t *const *)((const char *)&rows[i] + offset);
  return mmd_nn_concat(b, 1, count, items);
}

mmd_edge_t *mmd_nn_factor_scores(mmd_builder_t *b, double threshold, mmd_edge_t *factor,
                                 mmd_edge_t *scores) {
  mmd_edge_t *product = mmd_nn_binary(b, "Mul", scores, factor);
  if (threshold <= 0) return product;
  mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)threshold);
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "Greater", scores, limit), false, product);
}

// |factor| is of the range 0 to 1.
static mmd_edge_t *apply_factor(mmd_builder_t *b, const mmd_dense_head_t *head, mmd_edge_t *factor,
                                mmd_edge_t *scores) {
  if (!head->is_factor_mean)
    return mmd_nn_factor_scores(b, head->nms.score_threshold, factor, scores);
  return mmd_nn_unary(b, "Sqrt", mmd_nn_binary(b, "Mul", scores, factor));
}

mmd_edge_t *mmd_nn_drop_small_boxes(mmd_builder_t *b, double size, mmd_edge_t *boxes,
                                    mmd_edge_t *scores) {
  mmd_edge_t *corner[2];
  static const int64_t axis = 2;
  mmd_nn_halves(b, boxes, corner);
  mmd_edge_t *const inputs[] = {mmd_nn_binary(b, "Sub", corner[1], corner[0]),
                                mmd_nn_constant_i64(b, 1, &axis)};
  mmd_edge_t *side = mmd_nn_op(b, "ReduceMin", 2, inputs, NULL);
  mmd_edge_t *limit = mmd_nn_constant_f32(b, (float)size);
  return mmd_nn_zero_where(b, mmd_nn_binary(b, "Greater", side, limit), false, scores);
}

// [batch, n, 1] -> [batch, n, count], zeros but for the level's own column.
static void separate_levels(mmd_builder_t *b, const mmd_dense_head_t *head, size_t count,
                            rows_t *rows) {
  for (size_t i = 0; i < count; ++i) {
    const int64_t pads[] = {0, 0, (int64_t)i, 0, 0, (int64_t)(count - 1 - i)};
    if (!head->use_softmax) rows[i].scores = mmd_nn_unary(b, "Sigmoid", rows[i].scores);
    if (count == 1) continue;
    rows[i].scores = mmd_nn_binary(b, "Pad", rows[i].scores, mmd_nn_constant_i64(b, 6, pads));
  }
}

// Only buckets come with a confidence.
static mmd_edge_t *decode(mmd_builder_t *b, const mmd_box_coder_t *coder, mmd_edge_t *priors,
                          mmd_edge_t *predictions, mmd_edge_t **out_confidence) {
  mmd_edge_t *boxes, *limits = NULL;
  if (coder->clip_border) limits = mmd_nn_image_limits(b, coder->clip_margin);
  if (coder->kind != MMD_BOX_BUCKETS)
    return mmd_nn_decode_boxes(b, coder, priors, predictions, limits);
  mmd_nn_decode_buckets(b, coder, priors, predictions, limits, &boxes, out_confidence);
  return boxes;
}

// Where networks for RKNN may be cut: scores of all levels, then boxes.
static void mark_levels(mmd_builder_t *b, size_t count, mmd_dense_level_t *levels) {
  char name[48];
  if (!b->leaves_suppression) return;
  for (size_t i = 0; i < count; ++i) {
    snprintf(name, sizeof name, "BaseDenseHead.cls.%zu", i);
    levels[i].scores = mmd_nn_mark(b, "BaseDenseHead", 0, "output", name, levels[i].scores);
  }
  for (size_t i = 0; i < count; ++i) {
    snprintf(name, sizeof name, "BaseDenseHead.loc.%zu", i);
    levels[i].boxes = mmd_nn_mark(b, "BaseDenseHead", 0, "output", name, levels[i].boxes);
  }
}

void mmd_nn_dense_candidates(mmd_builder_t *b, const mmd_dense_head_t *head, size_t count,
                             const mmd_dense_level_t *levels, mmd_edge_t **out_boxes,
                             mmd_edge_t **out_scores) {
  rows_t rows[MMD_MAX_PRIOR_LEVELS];
  mmd_dense_level_t marked[MMD_MAX_PRIOR_LEVELS];
  *out_boxes = *out_scores = NULL;
  if (!mmd_builder_ok(b)) return;
  if (count < 1 || count > MMD_MAX_PRIOR_LEVELS) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: %zu levels; 1 to %d are possible",
                                  b->config_path, count, MMD_MAX_PRIOR_LEVELS));
    return;
  }
  memcpy(marked, levels, count * sizeof *levels);
  mark_levels(b, count, marked);
  for (size_t i = 0; i < count; ++i) {
    rows[i] = choose(b, head, &marked[i]);
    if (head->finish_boxes) rows[i].boxes = head->finish_boxes(b, head->self, i, rows[i].boxes);
  }
  match_batches(b, count, rows);
  if (head->by_level) separate_levels(b, head, count, rows);
  mmd_edge_t *priors = levels[0].priors ? join(b, count, rows, offsetof(rows_t, priors)) : NULL;
  mmd_edge_t *confidence = NULL;
  mmd_edge_t *boxes =
      decode(b, &head->coder, priors, join(b, count, rows, offsetof(rows_t, boxes)), &confidence);
  mmd_edge_t *scores = join(b, count, rows, offsetof(rows_t, scores));
  if (!head->use_softmax && !head->by_level) scores = mmd_nn_unary(b, "Sigmoid", scores);
  if (levels[0].factor)
    confidence = mmd_nn_unary(b, "Sigmoid", join(b, count, rows, offsetof(rows_t, factor)));
  if (confidence) scores = apply_factor(b, head, confidence, scores);
  if (head->min_bbox_size >= 0)
    scores = mmd_nn_drop_small_boxes(b, head->min_bbox_size, boxes, scores);
  *out_boxes = boxes;
  *out_scores = scores;
}

void mmd_nn_dense_head(mmd_builder_t *b, const mmd_dense_head_t *head, size_t count,
                       const mmd_dense_level_t *levels, mmd_edge_t **out_dets,
                       mmd_edge_t **out_labels) {
  mmd_edge_t *boxes, *scores;
  mmd_multiclass_nms_t nms = head->nms;
  const bool has_factor = count && (levels[0].factor || head->coder.kind == MMD_BOX_BUCKETS);
  if (has_factor && !head->is_factor_mean) nms.score_threshold = 0;  // passed before the factor
  mmd_nn_dense_candidates(b, head, count, levels, &boxes, &scores);
  mmd_nn_detect(b, &nms, boxes, scores, out_dets, out_labels);
}
