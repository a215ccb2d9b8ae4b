// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  double low_y, low_x, high_y, high_x;
} box_t;

typedef struct {
  double score;
  size_t index;
} candidate_t;

typedef struct {
  int64_t *picked;  // batch, class, box
  size_t count, capacity;
} picks_t;

// Corners in any order, or centre and size.
static box_t read_box(const double *b, bool center) {
  if (center) {
    return (box_t){b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
  }
  return (box_t){fmin(b[0], b[2]), fmin(b[1], b[3]), fmax(b[0], b[2]), fmax(b[1], b[3])};
}

static double overlap(const box_t *a, const box_t *b) {
  double h = fmin(a->high_y, b->high_y) - fmax(a->low_y, b->low_y);
  double w = fmin(a->high_x, b->high_x) - fmax(a->low_x, b->low_x);
  double area_a = (a->high_y - a->low_y) * (a->high_x - a->low_x);
  double area_b = (b->high_y - b->low_y) * (b->high_x - b->low_x);
  if (h <= 0 || w <= 0 || area_a <= 0 || area_b <= 0) return 0;
  return h * w / (area_a + area_b - h * w);
}

// Best score first, then the order of the boxes.
static int compare_candidates(const void *a, const void *b) {
  const candidate_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

typedef struct {
  int64_t limit;  // boxes of a class
  double iou, score;
  bool has_score, center;
  size_t boxes;
  candidate_t *candidates;
} nms_t;

static mmd_status_t pick(mmd_eval_context_t *c, const nms_t *n, const double *boxes,
                         const double *scores, int64_t batch, int64_t class, picks_t *picks) {
  size_t count = 0, first = picks->count;
  for (size_t i = 0; i < n->boxes; ++i) {
    if (!n->has_score || scores[i] > n->score) n->candidates[count++] = (candidate_t){scores[i], i};
  }
  qsort(n->candidates, count, sizeof *n->candidates, compare_candidates);
  for (size_t i = 0; i < count && (int64_t)(picks->count - first) < n->limit; ++i) {
    box_t box = read_box(boxes + 4 * n->candidates[i].index, n->center);
    bool keep = true;
    MMD_TRY(mmd_eval_work(c, picks->count - first, 1));
    for (size_t k = first; keep && k < picks->count; ++k) {
      box_t other = read_box(boxes + 4 * picks->picked[3 * k + 2], n->center);
      keep = overlap(&box, &other) <= n->iou;
    }
    if (!keep) continue;
    const size_t had = picks->capacity;
    MMD_TRY(MMD_GROW(picks->picked, picks->capacity, 3 * picks->count + 3));
    MMD_TRY(mmd_eval_reserve(c, (picks->capacity - had) * sizeof *picks->picked));
    int64_t *triple = picks->picked + 3 * picks->count++;
    triple[0] = batch;
    triple[1] = class;
    triple[2] = (int64_t)n->candidates[i].index;
  }
  return NULL;
}

static mmd_status_t run(mmd_eval_context_t *c, picks_t *picks) {
  const mmd_tensor_t *boxes = mmd_eval_input(c, 0), *scores = mmd_eval_input(c, 1);
  nms_t n = {.limit = 0};
  const double *b, *s;
  MMD_TRY(mmd_eval_scalar_i64(c, 2, 0, &n.limit));
  MMD_TRY(mmd_eval_scalar_f64(c, 3, 0, &n.iou));
  MMD_TRY(mmd_eval_scalar_f64(c, 4, 0, &n.score));
  n.has_score = mmd_eval_input(c, 4) != NULL;
  n.center = mmd_node_attr_int(c->node, "center_point_box", 0) != 0;
  bool fits = boxes->shape.rank == 3 && scores->shape.rank == 3 && boxes->shape.dims[2] == 4 &&
              boxes->shape.dims[0] == scores->shape.dims[0] &&
              boxes->shape.dims[1] == scores->shape.dims[2];
  if (!fits) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "boxes and scores do not fit");
  MMD_TRY(mmd_eval_load_f64(c, boxes, &b));
  MMD_TRY(mmd_eval_load_f64(c, scores, &s));
  n.boxes = (size_t)boxes->shape.dims[1];
  MMD_TRY(mmd_eval_scratch(c, n.boxes, sizeof *n.candidates, &n.candidates));
  int64_t batches = scores->shape.dims[0], classes = scores->shape.dims[1];
  for (int64_t i = 0; i < batches; ++i) {
    for (int64_t k = 0; k < classes; ++k) {
      const double *line = s + (size_t)(i * classes + k) * n.boxes;
      MMD_TRY(pick(c, &n, b + (size_t)i * n.boxes * 4, line, i, k, picks));
    }
  }
  mmd_shape_t shape = {.rank = 2, .dims = {(int64_t)picks->count, 3}};
  return mmd_eval_store_i64(c, 0, MMD_I64, &shape, picks->picked);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  picks_t picks = {0};
  mmd_status_t status = run(c, &picks);
  mmd_free(picks.picked);
  return status;
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_dim_t *dims[] = {NULL, mmd_infer_const(c, 3)};
  return mmd_infer_output(c, 0, MMD_I64, 2, dims);
}

static const mmd_op_t ops[] = {
    {"", "NonMaxSuppression", 10, 2, 5, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_non_max_suppression = MMD_OP_FAMILY(ops);
