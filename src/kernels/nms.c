// SPDX-License-Identifier: Apache-2.0
#include "kernels/nms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"

enum { KEPT = -1 };

typedef struct {
  float score;
  uint32_t box;
  int64_t killer;  // place of the candidate that suppresses it, or KEPT
} candidate_t;

// One class of one image.
typedef struct {
  size_t count;
  candidate_t *candidates;     // best first
  mmd_rotated_box_t *rotated;  // room for their boxes, or NULL
} line_t;

typedef struct {
  const mmd_nms_t *nms;
  const float *boxes, *scores;
  size_t box_size, box_step, score_step;  // from one box to the next
  size_t class_limit;
  int64_t background;
  bool boxes_by_class;  // the boxes of a class stand between those of others
  bool scores_by_box;
  bool filter;    // candidates are above the score threshold
  bool or_equal;  // suppresses at the IoU threshold too
  line_t *lines;  // images x classes
  candidate_t *all;
  mmd_rotated_box_t *all_rotated;
} job_t;

static const float *line_scores(const job_t *job, size_t line) {
  const mmd_nms_t *nms = job->nms;
  if (!job->scores_by_box) return job->scores + line * nms->boxes;
  return job->scores + line / nms->classes * nms->boxes * nms->classes + line % nms->classes;
}

static const float *line_boxes(const job_t *job, size_t line) {
  size_t image = line / job->nms->classes, class = line % job->nms->classes;
  const float *boxes = job->boxes + image * job->nms->boxes * job->box_step;
  return job->boxes_by_class ? boxes + class * job->box_size : boxes;
}

static bool takes_part(const job_t *job, float score) {
  return job->filter ? score > job->nms->score_threshold : !isnan(score);
}

static size_t count_candidates(const job_t *job, size_t line) {
  size_t count = 0;
  const float *scores = line_scores(job, line);
  if (job->background >= 0 && line % job->nms->classes == (size_t)job->background) return 0;
  for (size_t i = 0; i < job->nms->boxes; ++i) {
    count += takes_part(job, scores[i * job->score_step]);
  }
  return count;
}

static int compare_candidates(const void *a, const void *b) {
  const candidate_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->box > y->box) - (x->box < y->box);
}

static void suppress(const job_t *job, size_t index) {
  line_t *line = &job->lines[index];
  candidate_t *c = line->candidates;
  const float *boxes = line_boxes(job, index);
  double limit = (double)job->nms->iou_threshold;
  for (size_t i = 0; i < line->count; ++i) {
    if (c[i].killer != KEPT) continue;
    const float *box = boxes + c[i].box * job->box_step;
    for (size_t j = i + 1; j < line->count; ++j) {
      if (c[j].killer != KEPT) continue;
      double iou = job->nms->iou(box, boxes + c[j].box * job->box_step);
      if (iou > limit || (job->or_equal && iou == limit)) c[j].killer = (int64_t)i;
    }
  }
}

// The same for rotated boxes, most of which are too far from one another to overlap.
static void suppress_rotated(const job_t *job, size_t index) {
  line_t *line = &job->lines[index];
  candidate_t *c = line->candidates;
  mmd_rotated_box_t *r = line->rotated;
  const float *boxes = line_boxes(job, index);
  double limit = (double)job->nms->iou_threshold;
  for (size_t i = 0; i < line->count; ++i) {
    r[i] = mmd_rotated_box_make(boxes + c[i].box * job->box_step);
  }
  for (size_t i = 0; i < line->count; ++i) {
    if (c[i].killer != KEPT) continue;
    for (size_t j = i + 1; j < line->count; ++j) {
      if (c[j].killer != KEPT || mmd_rotated_box_is_far(&r[i], &r[j])) continue;
      if (mmd_rotated_box_iou(&r[i], &r[j]) > limit) c[j].killer = (int64_t)i;
    }
  }
}

static void run_lines(void *context, size_t begin, size_t end) {
  const job_t *job = context;
  for (size_t index = begin; index < end; ++index) {
    line_t *line = &job->lines[index];
    const float *scores = line_scores(job, index);
    for (size_t i = 0, n = 0; n < line->count; ++i) {
      float score = scores[i * job->score_step];
      if (takes_part(job, score)) line->candidates[n++] = (candidate_t){score, (uint32_t)i, KEPT};
    }
    if (line->count > 0)
      qsort(line->candidates, line->count, sizeof *line->candidates, compare_candidates);
    if (job->class_limit > 0 && line->count > job->class_limit) line->count = job->class_limit;
    line->rotated ? suppress_rotated(job, index) : suppress(job, index);
  }
}

// Boxes that do not overlap leave one another alone.
static bool is_rotated(const job_t *job) {
  return job->nms->iou == mmd_box_iou_rotated && job->nms->iou_threshold >= 0 && !job->or_equal;
}

static mmd_status_t run(job_t *job, mmd_pool_t *pool) {
  size_t lines, total = 0;
  if (job->nms->boxes > UINT32_MAX || !mmd_checked_mul(job->nms->images, job->nms->classes, &lines))
    return MMD_ERROR(MMD_OUT_OF_RANGE, "too many boxes");
  job->lines = mmd_alloc_array(lines + 1, sizeof *job->lines);
  MMD_TRY_ALLOC(job->lines);
  for (size_t i = 0; i < lines; ++i) {
    job->lines[i].count = count_candidates(job, i);
    total += job->lines[i].count;
  }
  job->all = mmd_alloc_array(total + 1, sizeof *job->all);
  MMD_TRY_ALLOC(job->all);
  if (is_rotated(job)) {
    job->all_rotated = mmd_alloc_array(total + 1, sizeof *job->all_rotated);
    MMD_TRY_ALLOC(job->all_rotated);
  }
  total = 0;
  for (size_t i = 0; i < lines; ++i) {
    job->lines[i].candidates = job->all + total;
    job->lines[i].rotated = job->all_rotated ? job->all_rotated + total : NULL;
    total += job->lines[i].count;
  }
  mmd_parallel_for(pool, lines, 1, run_lines, job);
  return NULL;
}

static void deinit(job_t *job) {
  mmd_free(job->lines);
  mmd_free(job->all);
  mmd_free(job->all_rotated);
}

size_t mmd_nms_scratch(const mmd_nms_t *nms) {
  enum { ROW = 4 * sizeof(int64_t) };  // of a list, the longest; longer than a choice_t
  size_t lines, line_bytes, boxes, box_bytes, total;
  bool fits =
      mmd_checked_mul(nms->images, nms->classes, &lines) &&
      mmd_checked_mul(lines, sizeof(line_t), &line_bytes) &&
      mmd_checked_mul(lines, nms->boxes, &boxes) &&
      mmd_checked_mul(boxes, sizeof(candidate_t) + sizeof(mmd_rotated_box_t) + ROW, &box_bytes) &&
      mmd_checked_add(line_bytes, box_bytes, &total);
  return fits ? total : SIZE_MAX;
}

//===--- lists of rows -----------------------------------------------------===//

// Writes the rows of |line| unless |rows| is NULL; how many there are.
typedef size_t (*emit_fn)(const job_t *job, size_t line, int64_t *rows);

static size_t emit_kept(const job_t *job, size_t index, int64_t *rows) {
  const line_t *line = &job->lines[index];
  size_t count = 0, classes = job->nms->classes;
  for (size_t i = 0; i < line->count; ++i) {
    if (line->candidates[i].killer != KEPT) continue;
    if (rows) {
      int64_t row[] = {(int64_t)(index / classes), (int64_t)(index % classes),
                       line->candidates[i].box};
      memcpy(rows + 3 * count, row, sizeof row);
    }
    ++count;
  }
  return count;
}

static size_t emit_matches(const job_t *job, size_t index, int64_t *rows) {
  const line_t *line = &job->lines[index];
  const candidate_t *c = line->candidates;
  size_t count = 0, classes = job->nms->classes;
  for (size_t i = 0; i < line->count && c[i].score > job->nms->score_threshold; ++i) {
    if (c[i].killer != KEPT) continue;
    for (size_t j = i + 1; j < line->count; ++j) {
      if (c[j].killer != (int64_t)i) continue;
      if (rows) {
        int64_t row[] = {(int64_t)(index / classes), (int64_t)(index % classes), c[i].box,
                         c[j].box};
        memcpy(rows + 4 * count, row, sizeof row);
      }
      ++count;
    }
  }
  return count;
}

static mmd_status_t collect(const job_t *job, size_t width, emit_fn emit, int64_t **out_rows,
                            size_t *out_count) {
  size_t lines = job->nms->images * job->nms->classes, count = 0;
  for (size_t i = 0; i < lines; ++i) count += emit(job, i, NULL);
  *out_count = count;
  *out_rows = NULL;
  if (count == 0) return NULL;
  *out_rows = mmd_alloc_array(count, width * sizeof **out_rows);
  MMD_TRY_ALLOC(*out_rows);
  count = 0;
  for (size_t i = 0; i < lines; ++i) count += emit(job, i, *out_rows + count * width);
  return NULL;
}

static mmd_status_t run_list(job_t *job, size_t width, emit_fn emit, mmd_pool_t *pool,
                             int64_t **out_rows, size_t *out_count) {
  mmd_status_t status = run(job, pool);
  if (!status) status = collect(job, width, emit, out_rows, out_count);
  deinit(job);
  return status;
}

mmd_status_t mmd_nms_run_rotated(const mmd_nms_t *nms, const float *boxes, const float *scores,
                                 mmd_pool_t *pool, int64_t **out_rows, size_t *out_count) {
  job_t job = {.nms = nms,
               .boxes = boxes,
               .scores = scores,
               .box_size = 5,
               .box_step = 5,
               .score_step = 1,
               .background = -1,
               .filter = true};  // suppression acts on lower scores only
  return run_list(&job, 3, emit_kept, pool, out_rows, out_count);
}

mmd_status_t mmd_nms_run_match(const mmd_nms_t *nms, const float *boxes, const float *scores,
                               mmd_pool_t *pool, int64_t **out_rows, size_t *out_count) {
  job_t job = {.nms = nms,
               .boxes = boxes,
               .scores = scores,
               .box_size = 4,
               .box_step = 4,
               .score_step = 1,
               .background = -1,
               .or_equal = true};
  return run_list(&job, 4, emit_matches, pool, out_rows, out_count);
}

//===--- a fixed number of rows --------------------------------------------===//

typedef struct {
  float score;
  uint32_t class, box;
} choice_t;

static int compare_choices(const void *a, const void *b) {
  const choice_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  if (x->class != y->class) return x->class < y->class ? -1 : 1;
  return (x->box > y->box) - (x->box < y->box);
}

// The kept boxes of all classes of |image|, best first.
static size_t choose(const job_t *job, size_t image, choice_t *choices) {
  size_t count = 0;
  for (size_t k = 0; k < job->nms->classes; ++k) {
    const line_t *line = &job->lines[image * job->nms->classes + k];
    for (size_t i = 0; i < line->count; ++i) {
      const candidate_t *c = &line->candidates[i];
      if (c->killer == KEPT) choices[count++] = (choice_t){c->score, (uint32_t)k, c->box};
    }
  }
  if (count > 0) qsort(choices, count, sizeof *choices, compare_choices);
  return count;
}

static float clip(float x) {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void write_row(const job_t *job, const mmd_nms_batched_t *batched, size_t image,
                      const choice_t *choice, float *det) {
  const float *box =
      line_boxes(job, image * job->nms->classes + choice->class) + choice->box * job->box_step;
  for (size_t i = 0; i < job->box_size; ++i) det[i] = batched->clip ? clip(box[i]) : box[i];
  det[job->box_size] = choice->score;
}

static mmd_status_t write_image(const job_t *job, const mmd_nms_batched_t *batched, size_t image,
                                float *dets, int32_t *labels, int32_t *indices) {
  size_t most = 0, width = job->box_size + 1;
  for (size_t k = 0; k < job->nms->classes; ++k)
    most += job->lines[image * job->nms->classes + k].count;
  choice_t *choices = mmd_alloc_array(most + 1, sizeof *choices);
  MMD_TRY_ALLOC(choices);
  size_t count = choose(job, image, choices);
  for (size_t i = 0; i < batched->keep; ++i) {
    bool has_box = i < count;
    labels[i] = has_box ? (int32_t)choices[i].class : -1;
    if (has_box) {
      write_row(job, batched, image, &choices[i], dets + i * width);
    } else {
      memset(dets + i * width, 0, width * sizeof *dets);
    }
    if (!indices) continue;
    size_t first = has_box && !batched->shared ? choices[i].class * job->nms->boxes : 0;
    indices[i] = has_box ? (int32_t)(first + choices[i].box) : -1;
  }
  mmd_free(choices);
  return NULL;
}

mmd_status_t mmd_nms_run_batched(const mmd_nms_batched_t *batched, const float *boxes,
                                 const float *scores, mmd_pool_t *pool, float *dets,
                                 int32_t *labels, int32_t *indices) {
  const mmd_nms_t *nms = &batched->nms;
  size_t places;
  if (!mmd_checked_mul(nms->boxes, nms->classes, &places) || places > INT32_MAX)
    return MMD_ERROR(MMD_OUT_OF_RANGE, "too many boxes");
  job_t job = {.nms = nms,
               .boxes = boxes,
               .scores = scores,
               .box_size = batched->box_size,
               .box_step = batched->box_size * (batched->shared ? 1 : nms->classes),
               .score_step = nms->classes,
               .class_limit = batched->class_limit,
               .background = batched->background,
               .boxes_by_class = !batched->shared,
               .scores_by_box = true,
               .filter = true};
  mmd_status_t status = run(&job, pool);
  for (size_t i = 0; !status && i < nms->images; ++i) {
    status = write_image(&job, batched, i, dets + i * batched->keep * (batched->box_size + 1),
                         labels + i * batched->keep, indices ? indices + i * batched->keep : NULL);
  }
  deinit(&job);
  return status;
}
