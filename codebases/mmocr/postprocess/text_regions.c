// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmocr/postprocess/text_regions.h"

#include <math.h>

#include "base/alloc.h"

typedef struct region_t {
  size_t area, first_row, end_row;
  size_t rows;  // where its rows begin in the list of all
  double sum;   // of the scores
} region_t;

typedef struct row_t {
  size_t left, right;  // outermost pixels; left > right where there is none
} row_t;

static void measure(const mmd_text_regions_t *regions, region_t *out_regions) {
  for (size_t y = 0, i = 0; y < regions->height; ++y) {
    for (size_t x = 0; x < regions->width; ++x, ++i) {
      const int32_t label = regions->labels[i];
      if (!label) continue;
      region_t *region = &out_regions[label - 1];
      if (!region->area++) region->first_row = y;
      region->end_row = y + 1;
      region->sum += (double)regions->scores[i];
    }
  }
}

static void find_rows(const mmd_text_regions_t *regions, const region_t *items, row_t *rows) {
  for (size_t y = 0, i = 0; y < regions->height; ++y) {
    for (size_t x = 0; x < regions->width; ++x, ++i) {
      const int32_t label = regions->labels[i];
      if (!label) continue;
      const region_t *region = &items[label - 1];
      row_t *row = &rows[region->rows + y - region->first_row];
      if (row->left > x) row->left = x;
      row->right = x;
    }
  }
}

// The outermost pixels have the hull of all of them.
static mmd_status_t append(const region_t *region, const row_t *rows, float score,
                           const mmd_text_scale_t *scale, mmd_value_t *array) {
  size_t count = 0;
  mmd_rotated_rect_t rect;
  mmd_point_t *points = mmd_alloc_array(2 * (region->end_row - region->first_row), sizeof *points);
  MMD_TRY_ALLOC(points);
  for (size_t y = region->first_row; y < region->end_row; ++y) {
    const row_t row = rows[region->rows + y - region->first_row];
    if (row.left <= row.right) points[count++] = (mmd_point_t){(float)row.left, (float)y};
    if (row.left < row.right) points[count++] = (mmd_point_t){(float)row.right, (float)y};
  }
  mmd_status_t status = mmd_min_area_rect(points, count, &rect);
  if (!status) status = mmd_text_box_append(array, &rect, scale, score);
  mmd_free(points);
  return status;
}

static mmd_status_t append_all(const mmd_text_regions_t *regions, region_t *items,
                               mmd_text_accept_fn accept, const void *context,
                               const mmd_text_scale_t *scale, mmd_value_t *array) {
  size_t row_count = 0;
  measure(regions, items);
  for (size_t i = 0; i < regions->count; ++i) {
    items[i].rows = row_count;
    row_count += items[i].end_row - items[i].first_row;
  }
  row_t *rows = mmd_alloc_array(row_count + 1, sizeof *rows);
  MMD_TRY_ALLOC(rows);
  for (size_t i = 0; i < row_count; ++i) rows[i] = (row_t){regions->width, 0};
  find_rows(regions, items, rows);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < regions->count && !status; ++i) {
    const float score = (float)(items[i].sum / (double)items[i].area);
    if (!items[i].area || !accept(context, items[i].area, score)) continue;
    status = append(&items[i], rows, score, scale, array);
  }
  mmd_free(rows);
  return status;
}

mmd_status_t mmd_text_regions_append(const mmd_text_regions_t *regions, mmd_text_accept_fn accept,
                                     const void *context, const mmd_text_scale_t *scale,
                                     mmd_value_t *array) {
  region_t *items = mmd_alloc_array(regions->count + 1, sizeof *items);
  MMD_TRY_ALLOC(items);
  mmd_status_t status = append_all(regions, items, accept, context, scale, array);
  mmd_free(items);
  return status;
}

void mmd_text_sigmoid(const float *logits, size_t count, float *out) {
  for (size_t i = 0; i < count; ++i) out[i] = 1.0F / (1.0F + expf(-logits[i]));
}

mmd_status_t mmd_text_region_options_prepare(void *options, const mmd_component_env_t *env,
                                             const char *where) {
  mmd_text_region_options_t *o = options;
  (void)where;
  o->release = env->release;
  mmd_text_override(o->postprocessor, "min_kernel_confidence", &o->min_kernel_confidence);
  mmd_text_override(o->postprocessor, "min_text_confidence", &o->min_text_confidence);
  mmd_text_override(o->postprocessor, "min_text_avg_confidence", &o->min_text_avg_confidence);
  mmd_text_override(o->postprocessor, "score_threshold", &o->score_threshold);
  mmd_text_override(o->postprocessor, "distance_threshold", &o->distance_threshold);
  mmd_text_override(o->postprocessor, "min_kernel_area", &o->min_kernel_area);
  mmd_text_override(o->postprocessor, "min_text_area", &o->min_text_area);
  mmd_text_override(o->postprocessor, "downsample_ratio", &o->downsample_ratio);
  if (o->min_text_avg_confidence < 0) o->min_text_avg_confidence = 0.85;
  if (o->score_threshold < 0) o->score_threshold = 0.3;
  if (o->distance_threshold < 0) {
    o->distance_threshold = env->release >= 1 ? 3.0 : o->min_text_avg_confidence;
  }
  return NULL;
}

mmd_status_t mmd_text_regions_apply(const mmd_text_region_options_t *options, const char *head,
                                    const mmd_component_context_t *context,
                                    mmd_value_t *const *inputs, mmd_text_find_fn find,
                                    mmd_value_t **out_result) {
  const mmd_call_t *call = context ? context->call : NULL;
  mmd_text_region_options_t own = *options;
  mmd_text_scale_t scale;
  mmd_text_maps_t maps;
  own.min_text_avg_confidence = mmd_call_float(call, "score_thr", own.min_text_avg_confidence);
  own.score_threshold = mmd_call_float(call, "score_thr", own.score_threshold);
  MMD_TRY(mmd_text_scale_make(inputs[0], head, own.rescale, own.downsample_ratio, &scale));
  MMD_TRY(mmd_text_maps_get(inputs[1], head, MMD_TEXT_REGION_MIN_MAPS, &maps));
  mmd_value_t *result = mmd_value_array();
  mmd_status_t status = result ? find(&own, &maps, &scale, result) : mmd_status_no_memory();
  mmd_text_maps_deinit(&maps);
  if (status) {
    mmd_value_release(result);
  } else {
    *out_result = result;
  }
  return status;
}
