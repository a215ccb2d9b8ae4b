// SPDX-License-Identifier: Apache-2.0
//
// Heads of packages whose network (RKNN) ends before decoding or suppression: candidates of all
// levels -> greedy suppression over all classes together -> boxes of the picture.
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "codebases/mmdet/postprocess/boxes.h"

enum { MAX_LEVELS = 16, MAX_ANCHORS = 16 };

typedef struct dense_head_t {
  double score_thr;
  int64_t min_bbox_size;
  const mmd_value_t *nms, *anchor_generator;
} dense_head_t;

#define AT(field) offsetof(dense_head_t, field)
static const mmd_option_t g_options[] = {
    {.name = "score_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(score_thr),
     .default_text = "0.02",
     .help = "Least score of a box."},
    {.name = "min_bbox_size",
     .type = MMD_OPTION_INT,
     .offset = AT(min_bbox_size),
     .default_text = "0",
     .help = "Least side of a box in pixels."},
    {.name = "nms",
     .type = MMD_OPTION_VALUE,
     .offset = AT(nms),
     .help = "{\"iou_threshold\": x}; boxes that overlap a better one more are left out (0.45)."},
    {.name = "anchor_generator",
     .type = MMD_OPTION_VALUE,
     .offset = AT(anchor_generator),
     .help = "base_sizes and strides (YOLO), offset and strides (RTMDet), one a level."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE("BaseDenseHead", dense_head_t, g_options);

// A package without "params" has another threshold.
static mmd_status_t prepare(void *options, const mmd_component_env_t *env, const char *where) {
  dense_head_t *head = options;
  (void)where;
  if (mmd_value_is_null(mmd_object_get(env->config, "params"))) head->score_thr = 0.4;
  return NULL;
}

//===--- candidates ---===//

// What is kept of a candidate before suppression: its box is of the network's input.
typedef struct dense_job_t {
  const char *name;
  float score_thr, iou_thr;
  bool is_truncated;      // YOLO: sides are cut to the input and to whole pixels
  int64_t height, width;  // of the network's input
  mmd_detections_t found;
} dense_job_t;

static float sigmoid(float x) {
  return 1 / (1 + expf(-x));
}

// The first greatest of |count| values, |step| elements apart.
static int64_t find_best(const float *values, int64_t count, int64_t step) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i) {
    if (values[i * step] > values[best * step]) best = i;
  }
  return best;
}

static mmd_status_t find_boxes(dense_job_t *job, const mmd_value_t *outputs) {
  int64_t dims[] = {1, -1, 4};
  mmd_tensor_t boxes = {0}, scores = {0};
  MMD_TRY(mmd_net_output_get(outputs, job->name, "dets", MMD_F32, 3, dims, &boxes));
  dims[1] = boxes.shape.dims[1];
  dims[2] = -1;
  mmd_status_t status = mmd_net_output_get(outputs, job->name, "labels", MMD_F32, 3, dims, &scores);
  const int64_t classes = status ? 0 : scores.shape.dims[2];
  const float *box = mmd_tensor_data(&boxes), *score = classes ? mmd_tensor_data(&scores) : NULL;
  for (int64_t i = 0; i < dims[1] && classes && !status; ++i, box += 4, score += classes) {
    mmd_detection_t item = {.box = {box[0], box[1], box[2], box[3]}};
    item.label = find_best(score, classes, 1);
    item.score = score[item.label];
    if (item.score >= job->score_thr) status = mmd_detections_add(&job->found, &item);
  }
  mmd_tensor_deinit(&boxes);
  mmd_tensor_deinit(&scores);
  return status;
}

static int compare_scores(const void *a, const void *b) {
  const mmd_detection_t *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;  // the earlier of equals first
}

static float overlap(const float *a, const float *b) {
  const float width = fminf(a[2], b[2]) - fmaxf(a[0], b[0]);
  const float height = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const float inter = width * height;
  const float areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]);
  return areas > inter ? inter / (areas - inter) : 0;
}

// Sorts by score and keeps what no better kept box overlaps; |index| becomes the rank.
static void suppress(dense_job_t *job) {
  mmd_detection_t *items = job->found.items;
  size_t kept = 0;
  for (size_t i = 0; i < job->found.count; ++i) items[i].index = (int64_t)i;
  if (job->found.count) qsort(items, job->found.count, sizeof *items, compare_scores);
  for (size_t i = 0; i < job->found.count; ++i) {
    bool is_free = true;
    for (size_t k = 0; k < kept && is_free; ++k) {
      is_free = overlap(items[k].box, items[i].box) <= job->iou_thr;
    }
    if (!is_free) continue;
    items[kept] = items[i];
    items[kept++].index = (int64_t)i;
  }
  job->found.count = kept;
}

static float cut(float value, int64_t size) {
  return floorf(value > 0 ? (value < (float)size ? value : (float)size) : 0);
}

// Boxes of the input to boxes of the picture, without those that are too small.
static void map_boxes(dense_job_t *job, const mmd_box_map_t *map, float min_size) {
  size_t kept = 0;
  for (size_t i = 0; i < job->found.count; ++i) {
    mmd_detection_t item = job->found.items[i];
    for (int k = 0; k < 4 && job->is_truncated; ++k) {
      item.box[k] = cut(item.box[k], k % 2 ? job->height : job->width);
    }
    mmd_box_map_apply(map, item.box);
    if (item.box[2] - item.box[0] < min_size || item.box[3] - item.box[1] < min_size) continue;
    job->found.items[kept++] = item;
  }
  job->found.count = kept;
}

//===--- levels ---===//

typedef struct levels_t {
  mmd_tensor_t maps[MAX_LEVELS];
  size_t count;
} levels_t;

static void free_levels(levels_t *levels) {
  for (size_t i = 0; i < levels->count; ++i) mmd_tensor_deinit(&levels->maps[i]);
}

static int compare_names(const void *a, const void *b) {
  const char *const *x = a, *const *y = b;
  for (size_t i = 0;; ++i) {
    if ((*x)[i] != (*y)[i] || !(*x)[i]) return (unsigned char)(*x)[i] - (unsigned char)(*y)[i];
  }
}

// All tensors of the network in the order of their names.
static mmd_status_t read_levels(const mmd_value_t *outputs, const char *head, levels_t *levels) {
  const char *names[MAX_LEVELS];
  const size_t count = mmd_object_size(outputs);
  const int64_t dims[] = {1, -1, -1, -1};
  levels->count = 0;
  if (!count || count > MAX_LEVELS) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %zu outputs of the network; 1 to %d are accepted",
                     head, count, MAX_LEVELS);
  }
  for (size_t i = 0; i < count; ++i) names[i] = mmd_object_key_at(outputs, i);
  qsort(names, count, sizeof *names, compare_names);
  for (size_t i = 0; i < count; ++i) {
    mmd_status_t status =
        mmd_net_output_get(outputs, head, names[i], MMD_F32, 4, dims, &levels->maps[i]);
    if (status) {
      free_levels(levels);
      return status;
    }
    ++levels->count;
  }
  return NULL;
}

// A number of anchor_generator: |list|[level], or its first two for pairs.
static float stride_of(const dense_head_t *head, size_t level) {
  const mmd_value_t *strides = mmd_object_get(head->anchor_generator, "strides");
  const mmd_value_t *stride = mmd_array_at(strides, level);
  if (mmd_value_kind(stride) == MMD_VALUE_ARRAY) stride = mmd_array_at(stride, 0);
  return (float)mmd_value_get_float(stride, 0);
}

static mmd_status_t check_strides(const void *options, const char *where) {
  const dense_head_t *head = options;
  const mmd_value_t *strides = mmd_object_get(head->anchor_generator, "strides");
  const size_t count = mmd_array_size(strides);
  bool is_fine = count >= 1 && count <= MAX_LEVELS;
  for (size_t i = 0; i < count && is_fine; ++i) is_fine = stride_of(head, i) > 0;
  if (is_fine) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.anchor_generator.strides: 1 to %d numbers above 0 are expected", where,
                   MAX_LEVELS);
}

static mmd_status_t check_anchors(const void *options, const char *where) {
  const dense_head_t *head = options;
  MMD_TRY(check_strides(options, where));
  const size_t levels = mmd_array_size(mmd_object_get(head->anchor_generator, "strides"));
  const mmd_value_t *sizes = mmd_object_get(head->anchor_generator, "base_sizes");
  bool is_fine = mmd_array_size(sizes) == levels;
  for (size_t i = 0; i < levels && is_fine; ++i) {
    const mmd_value_t *level = mmd_array_at(sizes, i);
    is_fine = mmd_array_size(level) >= 1 && mmd_array_size(level) <= MAX_ANCHORS;
    for (size_t k = 0; k < mmd_array_size(level) && is_fine; ++k) {
      is_fine = mmd_array_size(mmd_array_at(level, k)) == 2;
    }
  }
  if (is_fine) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s.anchor_generator.base_sizes: a list of [width, height] a level is expected",
                   where);
}

//===--- YOLO ---===//

typedef enum yolo_form_t { YOLOV3, YOLOV5 } yolo_form_t;

typedef struct yolo_level_t {
  const float *planes;  // of one anchor
  int64_t classes, height, width;
  float stride, anchor_width, anchor_height;
  yolo_form_t form;
} yolo_level_t;

// Box and class at one cell whose objectness is high enough.
static void decode_cell(const yolo_level_t *level, int64_t cell, mmd_detection_t *item) {
  const int64_t plane = level->height * level->width;
  const float *at = level->planes + cell;
  const float column = (float)(cell % level->width), row = (float)(cell / level->width);
  float x = sigmoid(at[0]), y = sigmoid(at[plane]), width = 0, height = 0;
  if (level->form == YOLOV3) {
    width = expf(at[2 * plane]) * level->anchor_width;
    height = expf(at[3 * plane]) * level->anchor_height;
  } else {
    const float w = 2 * sigmoid(at[2 * plane]), h = 2 * sigmoid(at[3 * plane]);
    x = 2 * x - 0.5F;
    y = 2 * y - 0.5F;
    width = w * w * level->anchor_width;
    height = h * h * level->anchor_height;
  }
  x = (x + column) * level->stride;
  y = (y + row) * level->stride;
  item->box[0] = x - width / 2;
  item->box[1] = y - height / 2;
  item->box[2] = item->box[0] + width;
  item->box[3] = item->box[1] + height;
  item->label = find_best(at + 5 * plane, level->classes, plane);
  item->score = sigmoid(at[(5 + item->label) * plane]) * sigmoid(at[4 * plane]);
}

static mmd_status_t find_in_anchor(dense_job_t *job, const yolo_level_t *level) {
  const int64_t plane = level->height * level->width;
  const float least = -logf(1 / job->score_thr - 1);
  for (int64_t i = 0; i < plane; ++i) {
    mmd_detection_t item = {0};
    if (!(level->planes[4 * plane + i] >= least)) continue;
    decode_cell(level, i, &item);
    MMD_TRY(mmd_detections_add(&job->found, &item));
  }
  return NULL;
}

static mmd_status_t find_in_level(dense_job_t *job, const dense_head_t *head, size_t index,
                                  const mmd_tensor_t *map, yolo_form_t form) {
  const mmd_value_t *sizes =
      mmd_array_at(mmd_object_get(head->anchor_generator, "base_sizes"), index);
  const int64_t anchors = (int64_t)mmd_array_size(sizes), channels = map->shape.dims[1];
  yolo_level_t level = {.classes = channels / anchors - 5,
                        .height = map->shape.dims[2],
                        .width = map->shape.dims[3],
                        .stride = stride_of(head, index),
                        .form = form};
  if (channels % anchors || level.classes < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s: %lld channels at the stride %g do not fit %lld anchors of 5 + classes",
                     job->name, (long long)channels, (double)level.stride, (long long)anchors);
  }
  for (int64_t a = 0; a < anchors; ++a) {
    const mmd_value_t *size = mmd_array_at(sizes, (size_t)a);
    level.anchor_width = (float)mmd_value_get_float(mmd_array_at(size, 0), 0);
    level.anchor_height = (float)mmd_value_get_float(mmd_array_at(size, 1), 0);
    level.planes =
        (const float *)mmd_tensor_data(map) + a * (channels / anchors) * level.height * level.width;
    MMD_TRY(find_in_anchor(job, &level));
  }
  return NULL;
}

static mmd_status_t find_yolo(dense_job_t *job, const dense_head_t *head,
                              const mmd_value_t *outputs, yolo_form_t form) {
  levels_t levels;
  MMD_TRY(read_levels(outputs, job->name, &levels));
  const size_t wanted = mmd_array_size(mmd_object_get(head->anchor_generator, "strides"));
  mmd_status_t status = NULL;
  if (levels.count != wanted) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: %zu outputs of the network, but %zu strides",
                       job->name, levels.count, wanted);
  }
  // A larger stride has a smaller map.
  const bool is_reversed = !status && levels.count > 1 &&
                           (stride_of(head, 0) < stride_of(head, 1)) ==
                               (levels.maps[0].shape.dims[3] < levels.maps[1].shape.dims[3]);
  for (size_t i = 0; i < levels.count && !status; ++i) {
    status =
        find_in_level(job, head, i, &levels.maps[is_reversed ? levels.count - 1 - i : i], form);
  }
  free_levels(&levels);
  return status;
}

//===--- RTMDet ---===//

static mmd_status_t find_in_pair(dense_job_t *job, const mmd_tensor_t *classes,
                                 const mmd_tensor_t *boxes, float stride, float offset) {
  const mmd_shape_t *shape = &classes->shape;
  const int64_t plane = shape->dims[2] * shape->dims[3];
  if (boxes->shape.dims[1] != 4 || boxes->shape.dims[2] != shape->dims[2] ||
      boxes->shape.dims[3] != shape->dims[3] || shape->dims[1] < 1) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: maps of classes and boxes do not fit at stride %g",
                     job->name, (double)stride);
  }
  const float *scores = mmd_tensor_data(classes), *sides = mmd_tensor_data(boxes);
  for (int64_t i = 0; i < plane; ++i) {
    mmd_detection_t item = {.label = find_best(scores + i, shape->dims[1], plane)};
    item.score = sigmoid(scores[item.label * plane + i]);
    if (!(item.score >= job->score_thr)) continue;
    const float x = (offset + (float)(i % shape->dims[3])) * stride;
    const float y = (offset + (float)(i / shape->dims[3])) * stride;
    item.box[0] = x - sides[i];
    item.box[1] = y - sides[plane + i];
    item.box[2] = x + sides[2 * plane + i];
    item.box[3] = y + sides[3 * plane + i];
    MMD_TRY(mmd_detections_add(&job->found, &item));
  }
  return NULL;
}

static mmd_status_t find_rtmdet(dense_job_t *job, const dense_head_t *head,
                                const mmd_value_t *outputs) {
  levels_t levels;
  MMD_TRY(read_levels(outputs, job->name, &levels));
  const size_t strides = mmd_array_size(mmd_object_get(head->anchor_generator, "strides"));
  const mmd_value_t *offset = mmd_object_get(head->anchor_generator, "offset");
  mmd_status_t status = NULL;
  if (levels.count != 2 * strides) {
    status = MMD_ERROR(MMD_INVALID_ARGUMENT,
                       "%s: %zu outputs of the network, but %zu strides with two outputs each",
                       job->name, levels.count, strides);
  }
  for (size_t i = 0; i < strides && !status; ++i) {
    status = find_in_pair(job, &levels.maps[i], &levels.maps[strides + i], stride_of(head, i),
                          (float)mmd_value_get_float(offset, 0));
  }
  free_levels(&levels);
  return status;
}

//===--- the heads ---===//

typedef enum dense_form_t { FORM_BOXES, FORM_YOLOV3, FORM_YOLOV5, FORM_RTMDET } dense_form_t;

static mmd_status_t find_candidates(dense_job_t *job, const dense_head_t *head, dense_form_t form,
                                    const mmd_value_t *outputs) {
  switch (form) {
    case FORM_BOXES:
      return find_boxes(job, outputs);
    case FORM_YOLOV3:
      return find_yolo(job, head, outputs, YOLOV3);
    case FORM_YOLOV5:
      return find_yolo(job, head, outputs, YOLOV5);
    case FORM_RTMDET:
      return find_rtmdet(job, head, outputs);
  }
  return NULL;
}

static mmd_status_t run_head(const char *name, dense_form_t form, const dense_head_t *head,
                             const mmd_component_context_t *context, mmd_value_t *const *inputs,
                             mmd_value_t **out_result) {
  const mmd_call_t *call = context ? context->call : NULL;
  const mmd_value_t *metas = mmd_object_get(inputs[0], "img_metas");
  const double iou_thr = mmd_value_get_float(mmd_object_get(head->nms, "iou_threshold"), 0.45);
  dense_job_t job = {.name = name,
                     .score_thr = (float)mmd_call_float(call, "score_thr", head->score_thr),
                     .iou_thr = (float)mmd_call_float(call, "iou_thr", iou_thr),
                     .is_truncated = form == FORM_YOLOV3 || form == FORM_YOLOV5};
  mmd_box_map_t map;
  MMD_TRY(mmd_box_map_make(inputs[0], name, false, &map));
  if (job.is_truncated) MMD_TRY(mmd_meta_size(metas, name, "img_shape", &job.height, &job.width));
  if (!job.is_truncated) map.left = map.top = 0;
  mmd_status_t status = find_candidates(&job, head, form, inputs[1]);
  if (!status) {
    suppress(&job);
    map_boxes(&job, &map, (float)head->min_bbox_size);
    status = mmd_detections_to_value(&job.found, out_result);
  }
  mmd_detections_deinit(&job.found);
  return status;
}

#define DENSE_HEAD(symbol, title, form, check_fn, text)                                           \
  static mmd_status_t symbol##_apply(const void *options, const mmd_component_context_t *context, \
                                     mmd_value_t *const *inputs, size_t input_count,              \
                                     mmd_value_t **out_result) {                                  \
    (void)input_count;                                                                            \
    return run_head(title, form, options, context, inputs, out_result);                           \
  }                                                                                               \
  const mmd_component_t symbol = {                                                                \
      .module = "mmdet",                                                                          \
      .name = title,                                                                              \
      .help = text,                                                                               \
      .options = &g_table,                                                                        \
      .check = check_fn,                                                                          \
      .apply = symbol##_apply,                                                                    \
      .input_count = 2,                                                                           \
      .prepare = prepare,                                                                         \
  };

DENSE_HEAD(mmd_base_dense_head, "BaseDenseHead", FORM_BOXES, NULL,
           "Suppresses decoded boxes of all classes (RKNN).")
DENSE_HEAD(mmd_yolov3_head, "YOLOV3Head", FORM_YOLOV3, check_anchors,
           "Decodes the maps of YOLOv3 and suppresses (RKNN).")
// The original of 0.14 took width and height from raw logits; both names decode as trained.
DENSE_HEAD(mmd_yolov5_head, "YOLOV5Head", FORM_YOLOV5, check_anchors,
           "Decodes the maps of YOLOv5 and suppresses (RKNN, packages of 0.x).")
DENSE_HEAD(mmd_yolov5_head_1x, "YOLOv5Head", FORM_YOLOV5, check_anchors,
           "Decodes the maps of YOLOv5 and suppresses (RKNN, packages of 1.x).")
DENSE_HEAD(mmd_rtmdet_sep_bn_head, "RTMDetSepBNHead", FORM_RTMDET, check_strides,
           "Decodes the maps of RTMDet and suppresses (RKNN).")
