// SPDX-License-Identifier: Apache-2.0
#include "backends/ncnn/runtime/ops/multi_class_nms.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"

enum { BAD_INPUT = -1, NO_MEMORY = -100 };

typedef struct pick_t {
  float score;
  int label, row, order;
} pick_t;

typedef struct job_t {
  const ncnn_nms_t *options;
  const ncnn_view_t *boxes, *scores;
  int rows, classes;
  pick_t *candidates;  // of a class
  int *chosen;         // rows that take part
  int chosen_count;
  pick_t *picks;
  int pick_count;
} job_t;

// Best first; equal ones in their own order.
static int compare_picks(const void *a, const void *b) {
  const pick_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

static const float *box_of(const job_t *job, int row, int label) {
  const ncnn_view_t *boxes = job->boxes;
  const size_t own = boxes->rank == 3 ? (size_t)label * boxes->strides[1] : 0;
  return boxes->data + (size_t)row * boxes->strides[0] + own;
}

static const float *scores_of(const job_t *job, int row) {
  return job->scores->data + (size_t)row * job->scores->strides[0];
}

static float best_score(const job_t *job, int row, int *out_label) {
  const float *scores = scores_of(job, row);
  int best = 0;
  for (int k = 1; k < job->classes; ++k) {
    if (scores[k] > scores[best]) best = k;
  }
  *out_label = best;
  return scores[best];
}

static double area(const float *box) {
  return fabs((double)box[2] - (double)box[0]) * fabs((double)box[3] - (double)box[1]);
}

static double overlap(const float *a, const float *b) {
  const double low_x = fmax(fmin(a[0], a[2]), fmin(b[0], b[2]));
  const double low_y = fmax(fmin(a[1], a[3]), fmin(b[1], b[3]));
  const double width = fmin(fmax(a[0], a[2]), fmax(b[0], b[2])) - low_x;
  const double height = fmin(fmax(a[1], a[3]), fmax(b[1], b[3])) - low_y;
  if (width <= 0 || height <= 0 || area(a) <= 0 || area(b) <= 0) return 0;
  return width * height / (area(a) + area(b) - width * height);
}

static void choose_rows(job_t *job) {
  int label = 0;
  for (int i = 0; i < job->rows; ++i)
    job->candidates[i] = (pick_t){best_score(job, i, &label), 0, i, i};
  job->chosen_count = job->rows;
  if (job->options->pre_top_k > 0) {
    qsort(job->candidates, (size_t)job->rows, sizeof *job->candidates, compare_picks);
    if (job->options->pre_top_k < job->rows) job->chosen_count = job->options->pre_top_k;
  }
  for (int i = 0; i < job->chosen_count; ++i) job->chosen[i] = job->candidates[i].row;
}

// Keeps what no better kept box of the class overlaps.
static void suppress(job_t *job, int count, int limit) {
  const int first = job->pick_count;
  qsort(job->candidates, (size_t)count, sizeof *job->candidates, compare_picks);
  for (int i = 0; i < count && job->pick_count - first < limit; ++i) {
    pick_t pick = job->candidates[i];
    const float *box = box_of(job, pick.row, pick.label);
    bool is_free = true;
    for (int k = first; is_free && k < job->pick_count; ++k) {
      const pick_t *other = &job->picks[k];
      is_free = overlap(box, box_of(job, other->row, other->label)) <=
                (double)job->options->iou_threshold;
    }
    if (!is_free) continue;
    pick.order = job->pick_count;
    job->picks[job->pick_count++] = pick;
  }
}

static void run_passes(job_t *job) {
  const ncnn_nms_t *options = job->options;
  const int passes = options->is_agnostic ? 1 : job->classes;
  int limit = options->class_limit;
  if (options->is_agnostic) limit = options->keep > 0 ? options->keep : job->rows;
  for (int k = 0; k < passes; ++k) {
    int count = 0;
    for (int i = 0; i < job->chosen_count; ++i) {
      pick_t pick = {scores_of(job, job->chosen[i])[k], k, job->chosen[i], i};
      if (options->is_agnostic) pick.score = best_score(job, job->chosen[i], &pick.label);
      if (pick.score > options->score_threshold) job->candidates[count++] = pick;
    }
    suppress(job, count, limit);
  }
  job->picks[job->pick_count] = (pick_t){0, 0, -1, job->pick_count};
  qsort(job->picks, (size_t)job->pick_count + 1, sizeof *job->picks, compare_picks);
}

static int write(const ncnn_library_t *library, const job_t *job, int output_count,
                 ncnn_mat_t **outputs) {
  int rows = job->pick_count + 1;
  if (job->options->keep > 0 && job->options->keep < rows) rows = job->options->keep;
  ncnn_view_t dets, columns[2];
  const int sizes[] = {rows, 5};
  if (!ncnn_view_create(library, 2, sizes, &outputs[0], &dets)) return NO_MEMORY;
  for (int i = 1; i < output_count; ++i) {
    if (!ncnn_view_create(library, 1, &rows, &outputs[i], &columns[i - 1])) return NO_MEMORY;
  }
  for (int i = 0; i < rows; ++i) {
    const pick_t *pick = &job->picks[i];
    const float *box = pick->row >= 0 ? box_of(job, pick->row, pick->label) : NULL;
    float *out = dets.data + (size_t)i * dets.strides[0];
    for (int k = 0; k < 4; ++k) out[k] = box ? box[k] : 0;
    out[4] = pick->score;
    if (output_count > 1) columns[0].data[i] = (float)pick->label;
    if (output_count > 2) columns[1].data[i] = (float)pick->row;
  }
  return 0;
}

int ncnn_nms_run(const ncnn_library_t *library, const ncnn_nms_t *options, const ncnn_view_t *boxes,
                 const ncnn_view_t *scores, int output_count, ncnn_mat_t **outputs) {
  const int rank = boxes->rank;
  if (scores->rank != 2 || rank < 2 || rank > 3 || boxes->sizes[0] != scores->sizes[0] ||
      boxes->sizes[rank - 1] != 4 || (rank == 3 && boxes->sizes[1] != scores->sizes[1]) ||
      output_count < 1 || output_count > 3)
    return BAD_INPUT;
  job_t job = {.options = options, .boxes = boxes, .scores = scores};
  job.rows = scores->sizes[0];
  job.classes = scores->sizes[1];
  const size_t rows = (size_t)job.rows;
  const size_t most = rows * (options->is_agnostic ? 1 : (size_t)job.classes) + 1;
  job.candidates = mmd_alloc_array(rows, sizeof *job.candidates);
  job.chosen = mmd_alloc_array(rows, sizeof *job.chosen);
  job.picks = mmd_alloc_array(most, sizeof *job.picks);
  int code = NO_MEMORY;
  if (job.candidates && job.chosen && job.picks) {
    choose_rows(&job);
    run_passes(&job);
    code = write(library, &job, output_count, outputs);
  }
  mmd_free(job.candidates);
  mmd_free(job.chosen);
  mmd_free(job.picks);
  return code;
}
