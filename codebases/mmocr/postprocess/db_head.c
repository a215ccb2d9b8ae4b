// SPDX-License-Identifier: Apache-2.0
//
// DBHead: regions of DBNet's probability map, grown by the distance by which their targets were
// shrunk, as rectangles. The rules are mmocr's: a pixel must exceed mask_thr, the shorter side of a
// rectangle decides, coordinates are not rounded. The original SDK takes pixels equal to mask_thr,
// looks at what OpenCV calls width, rounds, and ends the process on the map [1, 1..3, h, w] that
// packages of 0.x have.
#include <math.h>
#include <stddef.h>

#include "base/alloc.h"
#include "codebases/mmocr/postprocess/text_boxes.h"
#include "kernels/contour.h"
#include "kernels/polygon_offset.h"

#define HEAD "DBHead"
#define EPSILON_RATIO 0.01

typedef struct db_head_t {
  double mask_thr, min_text_score, min_text_width, unclip_ratio, max_candidate, downsample_ratio;
  bool rescale;
  const mmd_value_t *postprocessor;
  // Not of the table.
  double epsilon_ratio;
  bool keeps_least_width;  // a side as long as min_text_width is enough
} db_head_t;

static const mmd_option_t g_options[] = {
    {.name = "mask_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, mask_thr),
     .default_text = "0.3",
     .help = "Pixels with a probability above it are text."},
    {.name = "min_text_score",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, min_text_score),
     .default_text = "0.3",
     .help = "Least mean probability of a region."},
    {.name = "min_text_width",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, min_text_width),
     .default_text = "5",
     .help = "The shorter side of a box, in pixels of the map, must be longer (1.x: as long)."},
    {.name = "unclip_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, unclip_ratio),
     .default_text = "1.5",
     .min = 0,
     .max = 1000,
     .help = "Regions grow by area * unclip_ratio / length of the border."},
    {.name = "max_candidate",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, max_candidate),
     .default_text = "3000",
     .help = "The regions looked at, from below."},
    {.name = "rescale",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(db_head_t, rescale),
     .default_text = "true",
     .help = "Boxes in pixels of the picture, not of the map."},
    {.name = "downsample_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(db_head_t, downsample_ratio),
     .default_text = "1",
     .help = "Size of the map relative to the input."},
    {.name = "postprocessor",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(db_head_t, postprocessor),
     .flags = MMD_OPTION_NULLABLE,
     .help = "The code base's own parameters, which go before those above."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, db_head_t, g_options);

static mmd_status_t prepare(void *options, const mmd_component_env_t *env, const char *where) {
  db_head_t *head = options;
  (void)where;
  head->epsilon_ratio = EPSILON_RATIO;
  head->keeps_least_width = env->release >= 1;
  mmd_text_override(head->postprocessor, "mask_thr", &head->mask_thr);
  mmd_text_override(head->postprocessor, "min_text_score", &head->min_text_score);
  mmd_text_override(head->postprocessor, "min_text_width", &head->min_text_width);
  mmd_text_override(head->postprocessor, "unclip_ratio", &head->unclip_ratio);
  mmd_text_override(head->postprocessor, "epsilon_ratio", &head->epsilon_ratio);
  mmd_text_override(head->postprocessor, "max_candidates", &head->max_candidate);
  return NULL;
}

//===--- boxes ---===//

typedef struct work_t {
  const db_head_t *head;
  const mmd_call_t *call;
  const mmd_text_maps_t *maps;
  mmd_text_scale_t scale;
  double mask_thr, min_score;
  mmd_contours_t contours;
  size_t longest;       // points of a contour
  mmd_value_t **boxes;  // of the contours from the last one on, as OpenCV lists them; NULL for none
  size_t count, chunk_count;
  mmd_status_t *statuses;  // of their chunks
} work_t;

// Contours that a thread works on at a time.
enum { CHUNK = 16 };

static bool is_wide_enough(const db_head_t *head, const mmd_rotated_rect_t *rect) {
  const double side = (double)fminf(rect->width, rect->height);
  return head->keeps_least_width ? side >= head->min_text_width : side > head->min_text_width;
}

// Memory of a thread, used again for each contour.
typedef struct room_t {
  mmd_ipoint_t *polygon;
  mmd_polygon_mask_t mask;
  mmd_polygon_growth_t growth;
  mmd_point_t *points;
  size_t point_capacity;
} room_t;

static void room_deinit(room_t *room) {
  mmd_free(room->polygon);
  mmd_polygon_mask_deinit(&room->mask);
  mmd_polygon_growth_deinit(&room->growth);
  mmd_free(room->points);
}

// The rectangle around the grown polygon; none when that falls to pieces or has a hole.
static mmd_status_t grow(const db_head_t *head, room_t *room, size_t count,
                         mmd_rotated_rect_t *out_rect, bool *out_found) {
  const double length = mmd_polygon_length(room->polygon, count);
  const double distance = mmd_polygon_area(room->polygon, count) * head->unclip_ratio / length;
  mmd_polygon_growth_t *growth = &room->growth;
  *out_found = false;
  MMD_TRY(mmd_polygon_offset(growth, room->polygon, count, distance));
  MMD_TRY(mmd_polygon_outline(growth));
  if (growth->parts != 1) return NULL;
  MMD_TRY(MMD_GROW(room->points, room->point_capacity, growth->hull_count));
  for (size_t i = 0; i < growth->hull_count; ++i) {
    room->points[i] = (mmd_point_t){(float)growth->hull[i].x, (float)growth->hull[i].y};
  }
  MMD_TRY(mmd_min_area_rect_of_hull(room->points, growth->hull_count, out_rect));
  *out_found = true;
  return NULL;
}

static mmd_status_t examine(const work_t *work, const mmd_contour_t *contour, room_t *room,
                            mmd_value_t **out_box) {
  const mmd_ipoint_t *points = work->contours.points + contour->first;
  mmd_rotated_rect_t rect;
  size_t count = 0;
  double score = 0;
  bool is_found;
  // Fewer corners cannot become four.
  if (contour->count < 4) return NULL;
  const double length = mmd_polygon_arc_length(points, contour->count);
  MMD_TRY(mmd_polygon_approximate(points, contour->count, work->head->epsilon_ratio * length,
                                  room->polygon, &count));
  if (count < 4) return NULL;
  MMD_TRY(mmd_polygon_mean(&room->mask, room->polygon, count, work->maps->data, work->maps->width,
                           work->maps->height, &score));
  // NaN is no score.
  if (!(score >= work->min_score)) return NULL;
  MMD_TRY(grow(work->head, room, count, &rect, &is_found));
  if (!is_found || !is_wide_enough(work->head, &rect)) return NULL;
  return mmd_text_box_make(&rect, &work->scale, (float)score, out_box);
}

static mmd_status_t examine_chunk(work_t *work, size_t chunk) {
  const size_t begin = chunk * CHUNK, end = begin + CHUNK;
  MMD_TRY(mmd_call_check(work->call));
  room_t room = {.polygon = mmd_alloc_array(work->longest + 1, sizeof *room.polygon)};
  MMD_TRY_ALLOC(room.polygon);
  mmd_status_t status = NULL;
  for (size_t i = begin; i < end && i < work->count && !status; ++i) {
    const mmd_contour_t *contour = &work->contours.items[work->contours.count - 1 - i];
    status = examine(work, contour, &room, &work->boxes[i]);
  }
  room_deinit(&room);
  return status;
}

// The upper rows of the map were read last and may still be in a cache.
static void examine_chunks(void *context, size_t begin, size_t end) {
  work_t *work = context;
  for (size_t i = begin; i < end; ++i) {
    const size_t chunk = work->chunk_count - 1 - i;
    work->statuses[chunk] = examine_chunk(work, chunk);
  }
}

static mmd_status_t find_boxes(work_t *work, mmd_pool_t *pool) {
  const mmd_text_maps_t *maps = work->maps;
  MMD_TRY(mmd_contours_find(&work->contours, maps->data, maps->width, maps->height,
                            (float)work->mask_thr, pool));
  for (size_t i = 0; i < work->contours.count; ++i) {
    if (work->contours.items[i].count > work->longest)
      work->longest = work->contours.items[i].count;
  }
  // mmocr stops behind candidate number max_candidates, counted from 0.
  while (work->count < work->contours.count && (double)work->count <= work->head->max_candidate) {
    ++work->count;
  }
  work->chunk_count = (work->count + CHUNK - 1) / CHUNK;
  work->boxes = mmd_alloc_array(work->count + 1, sizeof *work->boxes);
  work->statuses = mmd_alloc_array(work->chunk_count + 1, sizeof *work->statuses);
  if (!work->boxes || !work->statuses) return mmd_status_no_memory();
  mmd_parallel_for(pool, work->chunk_count, 1, examine_chunks, work);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < work->chunk_count; ++i)
    status = mmd_status_join(status, work->statuses[i]);
  return status;
}

// Hands the boxes over.
static mmd_status_t make_result(work_t *work, mmd_value_t *result) {
  for (size_t i = 0; i < work->count; ++i) {
    mmd_value_t *box = work->boxes[i];
    work->boxes[i] = NULL;
    if (box) MMD_TRY(mmd_array_take(result, box));
  }
  return NULL;
}

static void work_deinit(work_t *work) {
  for (size_t i = 0; work->boxes && i < work->count; ++i) mmd_value_release(work->boxes[i]);
  mmd_contours_deinit(&work->contours);
  mmd_free(work->boxes);
  mmd_free(work->statuses);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const db_head_t *head = options;
  const mmd_call_t *call = context ? context->call : NULL;
  mmd_text_maps_t maps;
  (void)input_count;
  work_t work = {
      .head = head,
      .call = call,
      .maps = &maps,
      .mask_thr = mmd_call_float(call, "mask_thr", head->mask_thr),
      .min_score = mmd_call_float(call, "score_thr", head->min_text_score),
  };
  MMD_TRY(mmd_text_scale_make(inputs[0], HEAD, head->rescale, head->downsample_ratio, &work.scale));
  MMD_TRY(mmd_text_maps_get(inputs[1], HEAD, 1, &maps));
  mmd_value_t *result = mmd_value_array();
  mmd_status_t status = result ? NULL : mmd_status_no_memory();
  if (!status) status = find_boxes(&work, context ? context->pool : NULL);
  if (!status) status = make_result(&work, result);
  work_deinit(&work);
  mmd_text_maps_deinit(&maps);
  if (status) {
    mmd_value_release(result);
  } else {
    *out_result = result;
  }
  return status;
}

const mmd_component_t mmd_db_head = {
    .module = "mmocr",
    .name = HEAD,
    .help = "Boxes of text from DBNet's probability map.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
    .prepare = prepare,
};
