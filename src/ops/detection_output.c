// SPDX-License-Identifier: Apache-2.0
//
// The ends of detectors in ncnn's form, as operators of the domain mmdeploy. One image, one output
// [1, n, 6]: rows class, score, x1, y1, x2, y2, best first, boxes as parts of the image; class 0 is
// the background.
//   DetectionOutput(loc, conf, prior): 4 n, n x num_class and [2, 4 n] numbers in any shapes; prior
//   has the boxes, then their variances.
//   PriorBox(map) -> [1, 2, 4 n]: boxes about the cells of a map, and variances.
//   Yolov3DetectionOutput(maps): what YOLOv3 predicts, a map a level; a cell answers with its best
//   class, and boxes suppress those of all classes.
// Graphs that hold them are on their way to that engine, so there are no fast kernels.
#include <limits.h>
#include <math.h>
#include <stdlib.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

//===--- suppression -------------------------------------------------------===//

typedef struct box_t {
  double side[4], score;
  int64_t label;
  size_t order;
} box_t;

// Best first; equal ones in their own order.
static int compare_boxes(const void *a, const void *b) {
  const box_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return (x->order > y->order) - (x->order < y->order);
}

// False where the overlap is no number.
static bool overlaps(const double *a, const double *b, double threshold) {
  const double width = fmin(a[2], b[2]) - fmax(a[0], b[0]);
  const double height = fmin(a[3], b[3]) - fmax(a[1], b[1]);
  const double both = width >= 0 && height >= 0 ? width * height : 0;
  const double all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
  return both / all > threshold;
}

// Sorts; what no better kept box overlaps moves to the front.
static mmd_status_t suppress(mmd_eval_context_t *c, box_t *boxes, size_t count, double threshold,
                             size_t *out_kept) {
  size_t kept = 0;
  qsort(boxes, count, sizeof *boxes, compare_boxes);
  for (size_t i = 0; i < count; ++i) {
    bool is_free = true;
    MMD_TRY(mmd_eval_work(c, kept, 1));
    for (size_t k = 0; k < kept && is_free; ++k)
      is_free = !overlaps(boxes[i].side, boxes[k].side, threshold);
    if (is_free) boxes[kept++] = boxes[i];
  }
  *out_kept = kept;
  return NULL;
}

// The best |keep| as rows.
static mmd_status_t write_boxes(mmd_eval_context_t *c, box_t *boxes, size_t count, int64_t keep) {
  float *row;
  qsort(boxes, count, sizeof *boxes, compare_boxes);
  if (keep >= 0 && (size_t)keep < count) count = (size_t)keep;
  const mmd_shape_t shape = {3, {1, (int64_t)count, 6}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &row));
  for (size_t i = 0; i < count; ++i, row += 6) {
    row[0] = (float)boxes[i].label;
    row[1] = (float)boxes[i].score;
    for (int k = 0; k < 4; ++k) row[2 + k] = (float)boxes[i].side[k];
  }
  return NULL;
}

static mmd_status_t infer_rows(mmd_infer_context_t *c) {
  const mmd_dim_t *dims[] = {mmd_infer_const(c, 1), NULL, mmd_infer_const(c, 6)};
  return mmd_infer_output(c, 0, MMD_F32, 3, dims);
}

static double attr_f32(const mmd_eval_context_t *c, const char *name, double fallback) {
  return (double)(float)mmd_node_attr_float(c->node, name, fallback);
}

//===--- DetectionOutput ---------------------------------------------------===//

typedef struct job_t {
  mmd_eval_context_t *c;
  size_t priors;
  int64_t classes, top_k, keep;  // |classes| with the background
  double score_threshold, iou_threshold;
  const double *moves, *scores, *boxes, *variances;
  double *sides;  // decoded
  box_t *all, *candidates;
  size_t count;
} job_t;

static bool takes_part(const job_t *job, size_t row, int64_t label) {
  const double *scores = job->scores + row * (size_t)job->classes;
  return scores[0] < 1 - job->score_threshold && scores[label] > job->score_threshold;
}

static size_t count_candidates(const job_t *job) {
  size_t count = 0;
  for (size_t i = 0; i < job->priors; ++i)
    for (int64_t label = 1; label < job->classes; ++label) count += takes_part(job, i, label);
  return count;
}

static mmd_status_t prepare(mmd_eval_context_t *c, job_t *job) {
  const size_t moves = mmd_tensor_count(mmd_eval_input(c, 0));
  const size_t scores = mmd_tensor_count(mmd_eval_input(c, 1));
  const size_t priors = mmd_tensor_count(mmd_eval_input(c, 2));
  *job = (job_t){.c = c,
                 .priors = priors / 8,
                 .classes = mmd_node_attr_int(c->node, "num_class", 81),
                 .top_k = mmd_node_attr_int(c->node, "nms_top_k", 100),
                 .keep = mmd_node_attr_int(c->node, "keep_top_k", 100),
                 .score_threshold = attr_f32(c, "score_threshold", 0.35),
                 .iou_threshold = attr_f32(c, "nms_threshold", 0.45)};
  const int64_t sizes[] = {(int64_t)job->priors, job->classes};
  if (job->classes < 1 || priors % 8 || moves != job->priors * 4 ||
      scores != mmd_eval_product(sizes, 2)) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "%zu, %zu and %zu numbers are not those of %lld classes", moves, scores,
                          priors, (long long)job->classes);
  }
  if (job->top_k < 0 || job->keep < 0)
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "a negative nms_top_k or keep_top_k");
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 0), &job->moves));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 1), &job->scores));
  MMD_TRY(mmd_eval_load_f64(c, mmd_eval_input(c, 2), &job->boxes));
  job->variances = job->boxes + job->priors * 4;
  MMD_TRY(mmd_eval_scratch(c, job->priors * 4, sizeof *job->sides, &job->sides));
  MMD_TRY(mmd_eval_scratch(c, job->priors, sizeof *job->candidates, &job->candidates));
  return mmd_eval_scratch(c, count_candidates(job), sizeof *job->all, &job->all);
}

// Middle and size of the prior, moved.
static void decode(const job_t *job, size_t row) {
  const double *move = job->moves + row * 4, *prior = job->boxes + row * 4;
  const double *variance = job->variances + row * 4;
  double *side = job->sides + row * 4;
  for (int k = 0; k < 2; ++k) {
    const double size = prior[2 + k] - prior[k];
    const double middle = variance[k] * move[k] * size + (prior[k] + prior[2 + k]) / 2;
    const double half = exp(variance[2 + k] * move[2 + k]) * size / 2;
    side[k] = middle - half;
    side[2 + k] = middle + half;
  }
}

static mmd_status_t run_class(job_t *job, int64_t label) {
  size_t count = 0, kept = 0;
  for (size_t i = 0; i < job->priors; ++i) {
    const double *side = job->sides + i * 4;
    if (!takes_part(job, i, label)) continue;
    job->candidates[count] = (box_t){.side = {side[0], side[1], side[2], side[3]},
                                     .score = job->scores[i * (size_t)job->classes + (size_t)label],
                                     .label = label,
                                     .order = count};
    ++count;
  }
  qsort(job->candidates, count, sizeof *job->candidates, compare_boxes);
  if ((size_t)job->top_k < count) count = (size_t)job->top_k;
  MMD_TRY(suppress(job->c, job->candidates, count, job->iou_threshold, &kept));
  for (size_t i = 0; i < kept; ++i) {
    job->all[job->count] = job->candidates[i];
    job->all[job->count].order = job->count;
    ++job->count;
  }
  return NULL;
}

static mmd_status_t evaluate_detection(mmd_eval_context_t *c) {
  job_t job;
  MMD_TRY(prepare(c, &job));
  for (size_t i = 0; i < job.priors; ++i) decode(&job, i);
  for (int64_t label = 1; label < job.classes; ++label) MMD_TRY(run_class(&job, label));
  return write_boxes(c, job.all, job.count, job.keep);
}

//===--- PriorBox ----------------------------------------------------------===//

enum { MAX_SIZES = 64 };

typedef struct prior_t {
  double min[MAX_SIZES], max[MAX_SIZES], ratio[MAX_SIZES];
  size_t min_count, max_count, ratio_count;
  double offset, image[2], step[2];  // x, y
} prior_t;

static mmd_status_t read_floats(const mmd_eval_context_t *c, const char *name, double *out,
                                size_t *out_count) {
  const double *numbers = mmd_node_attr_floats(c->node, name, out_count);
  if (!numbers) *out_count = 0;
  if (*out_count > MAX_SIZES)
    return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "%s has %zu numbers", name, *out_count);
  for (size_t i = 0; i < *out_count; ++i) out[i] = (double)(float)numbers[i];
  return NULL;
}

static mmd_status_t read_prior(const mmd_eval_context_t *c, const mmd_shape_t *map, prior_t *p) {
  const bool rounds_up = mmd_node_attr_int(c->node, "step_mmdetection", 0) != 0;
  static const char *const images[] = {"image_width", "image_height"};
  static const char *const steps[] = {"step_width", "step_height"};
  enum { FROM_SIZES = -233 };
  MMD_TRY(read_floats(c, "min_sizes", p->min, &p->min_count));
  MMD_TRY(read_floats(c, "max_sizes", p->max, &p->max_count));
  MMD_TRY(read_floats(c, "aspect_ratios", p->ratio, &p->ratio_count));
  p->offset = attr_f32(c, "offset", 0);
  for (int k = 0; k < 2; ++k) {
    p->image[k] = (double)mmd_node_attr_int(c->node, images[k], 0);
    p->step[k] = attr_f32(c, steps[k], FROM_SIZES);
    if (p->step[k] != FROM_SIZES) continue;
    p->step[k] = p->image[k] / (double)map->dims[3 - k];
    if (rounds_up) p->step[k] = ceil(p->step[k]);
  }
  const bool fits = map->rank == 4 && p->min_count && p->image[0] > 0 && p->image[1] > 0 &&
                    (!p->max_count || p->max_count == p->min_count);
  return fits ? NULL : mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "the sizes");
}

static size_t boxes_of_cell(const prior_t *p) {
  return p->min_count * (1 + 2 * p->ratio_count) + p->max_count;
}

static float *write_prior(const prior_t *p, const double center[2], double width, double height,
                          float *out) {
  const double size[] = {width, height};
  for (int k = 0; k < 2; ++k) {
    out[k] = (float)((center[k] - size[k] / 2) / p->image[k]);
    out[2 + k] = (float)((center[k] + size[k] / 2) / p->image[k]);
  }
  return out + 4;
}

static float *write_cell(const prior_t *p, const double center[2], float *out) {
  for (size_t i = 0; i < p->min_count; ++i) {
    out = write_prior(p, center, p->min[i], p->min[i], out);
    const double between = p->max_count ? sqrt(p->min[i] * p->max[i]) : 0;
    if (p->max_count) out = write_prior(p, center, between, between, out);
    for (size_t k = 0; k < p->ratio_count; ++k) {
      const double ratio = sqrt(p->ratio[k]), along = p->min[i] * ratio, across = p->min[i] / ratio;
      out = write_prior(p, center, along, across, out);
      out = write_prior(p, center, across, along, out);
    }
  }
  return out;
}

static mmd_status_t evaluate_prior(mmd_eval_context_t *c) {
  static const float variances[] = {0.1F, 0.1F, 0.2F, 0.2F};
  const mmd_shape_t *map = &mmd_eval_input(c, 0)->shape;
  prior_t p = {0};
  float *out;
  if (map->rank != 4) return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "a map is expected");
  MMD_TRY(read_prior(c, map, &p));
  const int64_t sizes[] = {map->dims[2], map->dims[3], (int64_t)boxes_of_cell(&p), 4};
  const size_t count = mmd_eval_product(sizes, 4);
  if (count > INT32_MAX) return mmd_node_error(c->node, MMD_OUT_OF_RANGE, "too many boxes");
  const mmd_shape_t shape = {3, {1, 2, (int64_t)count}};
  MMD_TRY(mmd_eval_output_create(c, 0, MMD_F32, &shape, &out));
  for (int64_t y = 0; y < map->dims[2]; ++y) {
    for (int64_t x = 0; x < map->dims[3]; ++x) {
      const double center[] = {((double)x + p.offset) * p.step[0],
                               ((double)y + p.offset) * p.step[1]};
      out = write_cell(&p, center, out);
    }
  }
  for (size_t i = 0; i < count; ++i) out[i] = variances[i % 4];
  return NULL;
}

static mmd_status_t infer_prior(mmd_infer_context_t *c) {
  const mmd_dim_t *dims[] = {mmd_infer_const(c, 1), mmd_infer_const(c, 2), NULL};
  const mmd_type_t *map = mmd_infer_ranked(c, 0);
  size_t mins = 0, maxes = 0, ratios = 0;
  mmd_node_attr_floats(c->node, "min_sizes", &mins);
  mmd_node_attr_floats(c->node, "max_sizes", &maxes);
  mmd_node_attr_floats(c->node, "aspect_ratios", &ratios);
  if (map && map->rank == 4 && mins <= MAX_SIZES && maxes <= MAX_SIZES && ratios <= MAX_SIZES) {
    const int64_t boxes = (int64_t)(mins * (1 + 2 * ratios) + maxes);
    dims[2] = mmd_dim_mul(c->graph, mmd_dim_mul(c->graph, map->dims[2], map->dims[3]),
                          mmd_infer_const(c, 4 * boxes));
  }
  return mmd_infer_output(c, 0, MMD_F32, 3, dims);
}

//===--- Yolov3DetectionOutput ---------------------------------------------===//

typedef struct yolo_t {
  mmd_eval_context_t *c;
  int64_t classes, anchors;
  double score_threshold, iou_threshold;
  const double *biases, *mask, *scales;
  size_t bias_count, mask_count, scale_count;
  box_t *boxes;
  size_t count;
} yolo_t;

enum { PARTS = 5 };  // box and objectness, before the classes

static mmd_status_t check_map(const yolo_t *y, size_t level) {
  const mmd_tensor_t *map = mmd_eval_input(y->c, level);
  const int64_t sizes[] = {y->anchors, y->classes + PARTS};
  bool fits = map && map->shape.rank == 4 && map->shape.dims[0] == 1 &&
              (size_t)map->shape.dims[1] == mmd_eval_product(sizes, 2) && level < y->scale_count &&
              y->scales[level] > 0;
  for (size_t i = 0; i < (size_t)y->anchors && fits; ++i) {
    const size_t at = level * (size_t)y->anchors + i;
    fits = at < y->mask_count && y->mask[at] >= 0 && y->mask[at] < (double)(y->bias_count / 2);
  }
  return fits ? NULL
              : mmd_node_error(y->c->node, MMD_INVALID_ARGUMENT, "map %zu, or what is said of it",
                               level);
}

static mmd_status_t prepare_yolo(mmd_eval_context_t *c, yolo_t *y) {
  size_t rows = 0;
  *y = (yolo_t){.c = c,
                .classes = mmd_node_attr_int(c->node, "num_class", 20),
                .anchors = mmd_node_attr_int(c->node, "num_box", 5),
                .score_threshold = attr_f32(c, "confidence_threshold", 0.01),
                .iou_threshold = attr_f32(c, "nms_threshold", 0.45)};
  y->biases = mmd_node_attr_floats(c->node, "biases", &y->bias_count);
  y->mask = mmd_node_attr_floats(c->node, "mask", &y->mask_count);
  y->scales = mmd_node_attr_floats(c->node, "anchors_scale", &y->scale_count);
  if (y->classes < 1 || y->anchors < 1 || y->classes > INT_MAX || y->anchors > INT_MAX ||
      !y->biases || !y->mask || !y->scales)
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "num_class, num_box or the lists");
  for (size_t i = 0; i < c->input_count; ++i) {
    MMD_TRY(check_map(y, i));
    rows += mmd_tensor_count(mmd_eval_input(c, i)) / (size_t)(y->classes + PARTS);
  }
  return mmd_eval_scratch(c, rows, sizeof *y->boxes, &y->boxes);
}

static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}

// |cell| points to the first number that an anchor predicts for the cell at |x|, |y|.
static void run_cell(yolo_t *y, const double *cell, size_t step, const double at[2],
                     const double grid[2], const double anchor[2]) {
  int64_t best = 0;
  for (int64_t k = 1; k < y->classes; ++k) {
    if (cell[(size_t)(PARTS + k) * step] > cell[(size_t)(PARTS + best) * step]) best = k;
  }
  const double objectness = cell[4 * step], class_score = cell[(size_t)(PARTS + best) * step];
  // The layer's own formula; the product of the two sigmoids would have one more exponential.
  const double score = 1 / (1 + exp(-objectness) * (1 + exp(-class_score)));
  if (!(score >= y->score_threshold)) return;
  box_t box = {.score = score, .label = best + 1, .order = y->count};
  for (size_t k = 0; k < 2; ++k) {
    const double middle = (at[k] + sigmoid(cell[k * step])) / grid[k];
    const double half = exp(cell[(2 + k) * step]) * anchor[k] / 2;
    box.side[k] = middle - half;
    box.side[2 + k] = middle + half;
  }
  y->boxes[y->count++] = box;
}

static mmd_status_t run_map(yolo_t *y, size_t level) {
  const mmd_tensor_t *map = mmd_eval_input(y->c, level);
  const size_t height = (size_t)map->shape.dims[2], width = (size_t)map->shape.dims[3];
  const double grid[] = {(double)width, (double)height};
  const double *in;
  MMD_TRY(mmd_eval_load_f64(y->c, map, &in));
  for (size_t a = 0; a < (size_t)y->anchors; ++a) {
    const size_t place = 2 * (size_t)y->mask[level * (size_t)y->anchors + a];
    const double anchor[] = {y->biases[place] / trunc(y->scales[level] * grid[0]),
                             y->biases[place + 1] / trunc(y->scales[level] * grid[1])};
    const double *of_anchor = in + a * (size_t)(y->classes + PARTS) * height * width;
    for (size_t i = 0; i < height * width; ++i) {
      const double at[] = {(double)(i % width), (double)(i / width)};
      run_cell(y, of_anchor + i, height * width, at, grid, anchor);
    }
  }
  return NULL;
}

static mmd_status_t evaluate_yolo(mmd_eval_context_t *c) {
  yolo_t y;
  size_t kept = 0;
  MMD_TRY(prepare_yolo(c, &y));
  for (size_t i = 0; i < c->input_count; ++i) MMD_TRY(run_map(&y, i));
  MMD_TRY(suppress(c, y.boxes, y.count, y.iou_threshold, &kept));
  return write_boxes(c, y.boxes, kept, -1);
}

static const mmd_op_t ops[] = {
    {"mmdeploy", "DetectionOutput", 1, 3, 3, 1, 1, infer_rows, evaluate_detection, 0},
    {"mmdeploy", "PriorBox", 1, 1, 1, 1, 1, infer_prior, evaluate_prior, 0},
    {"mmdeploy", "Yolov3DetectionOutput", 1, 1, -1, 1, 1, infer_rows, evaluate_yolo, 0},
};
const mmd_op_family_t mmd_ops_detection_output = MMD_OP_FAMILY(ops);
