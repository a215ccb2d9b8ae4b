// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::MultiClassNMS, the composite of nn/multiclass_nms.h: boxes (B x N x 4, or B x N x C x 4
// where each class has its own) and scores (B x N x C) -> dets (B x K x 5), labels (B x K), index
// (B x K).
#include <math.h>
#include <stdlib.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct pick_t {
  double score;
  int64_t image, label, row;  // |row| of its image's boxes
  size_t order;
} pick_t;

typedef struct job_t {
  mmd_eval_context_t *c;
  int64_t images, rows, classes;
  int64_t box_classes;  // boxes of a row: 1, or |classes|
  int64_t class_limit, pre_top_k, keep;
  double score_threshold, iou_threshold;
  bool agnostic;
  const double *boxes, *scores;
  pick_t *candidates;  // of a class
  int64_t *chosen;     // rows of an image that take part
  int64_t chosen_count;
  pick_t *picks;
  size_t pick_count;
} job_t;

// Best first; equal ones in their own order.
static int compare_picks(const void *a, const void *b) {
  const pick_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static double area(const double *box) {
  return fabs(box[2] - box[0]) * fabs(box[3] - box[1]);
}

static double overlap(const double *a, const double *b) {
  const double low_x = fmax(fmin(a[0], a[2]), fmin(b[0], b[2]));
  const double low_y = fmax(fmin(a[1], a[3]), fmin(b[1], b[3]));
  const double width = fmin(fmax(a[0], a[2]), fmax(b[0], b[2])) - low_x;
  const double height = fmin(fmax(a[1], a[3]), fmax(b[1], b[3])) - low_y;
  if (width <= 0 || height <= 0 || area(a) <= 0 || area(b) <= 0) return 0;
  return width * height / (area(a) + area(b) - width * height);
}

static double best_score(const job_t *job, const double *scores, int64_t *out_label) {
  int64_t best = 0;
  for (int64_t k = 1; k < job->classes; ++k) {
    if (scores[k] > scores[best]) best = k;
  }
  *out_label = best;
  return job->classes ? scores[best] : 0;
}

static void choose_rows(job_t *job, const double *scores) {
  int64_t label;
  for (int64_t i = 0; i < job->rows; ++i) {
    const double score = best_score(job, scores + i * job->classes, &label);
    job->candidates[i] = (pick_t){.score = score, .row = i, .order = (size_t)i};
  }
  job->chosen_count = job->rows;
  if (job->pre_top_k > 0) {
    qsort(job->candidates, (size_t)job->rows, sizeof *job->candidates, compare_picks);
    if (job->pre_top_k < job->rows) job->chosen_count = job->pre_top_k;
  }
  for (int64_t i = 0; i < job->chosen_count; ++i) job->chosen[i] = job->candidates[i].row;
}

static const double *box_of(const job_t *job, int64_t image, int64_t row, int64_t label) {
  const int64_t own = job->box_classes > 1 ? label : 0;
  return job->boxes + ((image * job->rows + row) * job->box_classes + own) * 4;
}

// Keeps what no better kept box of the class overlaps.
static mmd_status_t suppress(job_t *job, int64_t image, size_t count) {
  const size_t first = job->pick_count;
  qsort(job->candidates, count, sizeof *job->candidates, compare_picks);
  for (size_t i = 0; i < count && (int64_t)(job->pick_count - first) < job->class_limit; ++i) {
    pick_t pick = job->candidates[i];
    bool is_free = true;
    MMD_TRY(mmd_eval_work(job->c, job->pick_count - first, 1));
    const double *box = box_of(job, image, pick.row, pick.label);
    for (size_t k = first; is_free && k < job->pick_count; ++k) {
      const pick_t *other = &job->picks[k];
      is_free = overlap(box, box_of(job, image, other->row, other->label)) <= job->iou_threshold;
    }
    if (!is_free) continue;
    pick.order = job->pick_count;
    job->picks[job->pick_count++] = pick;
  }
  return NULL;
}

static mmd_status_t run_image(job_t *job, int64_t image) {
  const double *scores = job->scores + image * job->rows * job->classes;
  const int64_t passes = job->agnostic ? (job->classes > 0) : job->classes;
  choose_rows(job, scores);
  for (int64_t k = 0; k < passes; ++k) {
    size_t count = 0;
    for (int64_t i = 0; i < job->chosen_count; ++i) {
      const double *row = scores + job->chosen[i] * job->classes;
      pick_t pick = {row[k], image, k, job->chosen[i], (size_t)i};
      if (job->agnostic) pick.score = best_score(job, row, &pick.label);
      if (pick.score > job->score_threshold) job->candidates[count++] = pick;
    }
    MMD_TRY(suppress(job, image, count));
  }
  return NULL;
}

// The rows of an image: its own by their scores, then zeros for those of other images and for the
// row behind all.
static mmd_status_t write_image(job_t *job, int64_t image, int64_t rows, float *dets,
                                int64_t *labels, int64_t *index) {
  pick_t *sorted;
  MMD_TRY(mmd_eval_scratch(job->c, job->pick_count + 1, sizeof *sorted, &sorted));
  for (size_t i = 0; i < job->pick_count; ++i) {
    sorted[i] = job->picks[i];
    if (sorted[i].image != image)
      sorted[i] = (pick_t){.label = -1, .row = -1, .image = -1, .order = i};
  }
  sorted[job->pick_count] = (pick_t){.row = -1, .image = -1, .order = job->pick_count};
  qsort(sorted, job->pick_count + 1, sizeof *sorted, compare_picks);
  for (int64_t i = 0; i < rows; ++i, dets += 5) {
    const bool is_own = sorted[i].image >= 0;
    const double *box = is_own ? box_of(job, image, sorted[i].row, sorted[i].label) : NULL;
    for (int k = 0; k < 4; ++k) dets[k] = is_own ? (float)box[k] : 0;
    dets[4] = (float)sorted[i].score;
    labels[i] = sorted[i].label;
    if (index) index[i] = sorted[i].row;
  }
  return NULL;
}

static mmd_status_t write(job_t *job) {
  int64_t rows = (int64_t)job->pick_count + 1, *labels, *index = NULL;
  float *dets;
  if (job->keep > 0 && job->keep < rows) rows = job->keep;
  mmd_shape_t shape = {.rank = 3, .dims = {job->images, rows, 5}};
  MMD_TRY(mmd_eval_output_create(job->c, 0, MMD_F32, &shape, &dets));
  shape.rank = 2;
  if (mmd_eval_wants(job->c, 1)) {
    MMD_TRY(mmd_eval_output_create(job->c, 1, MMD_I64, &shape, &labels));
  } else {
    MMD_TRY(mmd_eval_scratch(job->c, (size_t)(job->images * rows), sizeof *labels, &labels));
  }
  if (mmd_eval_wants(job->c, 2))
    MMD_TRY(mmd_eval_output_create(job->c, 2, MMD_I64, &shape, &index));
  for (int64_t i = 0; i < job->images; ++i) {
    MMD_TRY(write_image(job, i, rows, dets + i * rows * 5, labels + i * rows,
                        index ? index + i * rows : NULL));
  }
  return NULL;
}

static mmd_status_t prepare(mmd_eval_context_t *c, job_t *job) {
  const mmd_tensor_t *boxes = mmd_eval_input(c, 0), *scores = mmd_eval_input(c, 1);
  const int64_t *b = boxes->shape.dims, *s = scores->shape.dims;
  const int rank = boxes->shape.rank;
  if (rank < 3 || rank > 4 || scores->shape.rank != 3 || b[0] != s[0] || b[1] != s[1] ||
      b[rank - 1] != 4 || (rank == 4 && b[2] != s[2])) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "boxes and scores do not fit");
  }
  *job = (job_t){.c = c,
                 .images = s[0],
                 .rows = s[1],
                 .classes = s[2],
                 .box_classes = rank == 4 ? s[2] : 1,
                 .class_limit = mmd_node_attr_int(c->node, "max_output_boxes_per_class", 1000),
                 .pre_top_k = mmd_node_attr_int(c->node, "pre_top_k", -1),
                 .keep = mmd_node_attr_int(c->node, "keep_top_k", -1),
                 .score_threshold = (float)mmd_node_attr_float(c->node, "score_threshold", 0),
                 .iou_threshold = (float)mmd_node_attr_float(c->node, "iou_threshold", 0),
                 .agnostic = mmd_node_attr_int(c->node, "class_agnostic", 0) != 0};
  if (job->agnostic) job->class_limit = job->keep > 0 ? job->keep : INT64_MAX;
  MMD_TRY(mmd_eval_load_f64(c, boxes, &job->boxes));
  MMD_TRY(mmd_eval_load_f64(c, scores, &job->scores));
  MMD_TRY(mmd_eval_scratch(c, (size_t)job->rows, sizeof *job->candidates, &job->candidates));
  MMD_TRY(mmd_eval_scratch(c, (size_t)job->rows, sizeof *job->chosen, &job->chosen));
  const int64_t all[] = {job->images, job->rows, job->agnostic ? 1 : job->classes};
  return mmd_eval_scratch(c, mmd_eval_product(all, 3), sizeof *job->picks, &job->picks);
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  job_t job;
  MMD_TRY(prepare(c, &job));
  for (int64_t i = 0; i < job.images; ++i) MMD_TRY(run_image(&job, i));
  return write(&job);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *scores = mmd_infer_ranked(c, 1);
  const mmd_dim_t *dims[] = {scores && scores->rank == 3 ? scores->dims[0] : NULL, NULL,
                             mmd_infer_const(c, 5)};
  MMD_TRY(mmd_infer_output(c, 0, MMD_F32, 3, dims));
  if (c->node->outputs[0]) dims[1] = c->node->outputs[0]->type.dims[1];
  MMD_TRY(mmd_infer_output(c, 1, MMD_I64, 2, dims));
  return mmd_infer_output(c, 2, MMD_I64, 2, dims);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "MultiClassNMS", 1, 2, 2, 1, 3, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_multi_class_nms = MMD_OP_FAMILY(ops);
