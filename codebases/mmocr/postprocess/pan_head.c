// SPDX-License-Identifier: Apache-2.0
//
// PANHead: kernels of PANet grow over the text around them, to pixels whose embedding is near the
// kernel's mean. The rules are mmocr's of the package's release: 0.x knows one threshold for
// embeddings and scores, 1.x two. The original SDK takes those of 0.x for both.
#include <stddef.h>

#include "base/alloc.h"
#include "codebases/mmocr/postprocess/text_regions.h"
#include "kernels/components.h"

#define HEAD "PANHead"

static const mmd_option_t g_options[] = {
    {.name = "min_kernel_confidence",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_kernel_confidence),
     .default_text = "0.5",
     .help = "Pixels of kernels have a probability above it."},
    {.name = "min_text_confidence",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_text_confidence),
     .default_text = "0.5",
     .help = "Pixels of text have a probability above it."},
    {.name = "min_text_avg_confidence",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_text_avg_confidence),
     .default_text = "-1",
     .help =
         "0.x: least mean probability of a region and distance of embeddings; 0.85 by default."},
    {.name = "score_threshold",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, score_threshold),
     .default_text = "-1",
     .help = "1.x: regions must have a mean probability above it; 0.3 by default."},
    {.name = "distance_threshold",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, distance_threshold),
     .default_text = "-1",
     .help = "Embeddings must be nearer to their kernel's mean. 1.x: 3 by default."},
    {.name = "min_text_area",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_text_area),
     .default_text = "16",
     .help = "Least number of pixels of a region."},
    {.name = "rescale",
     .type = MMD_OPTION_BOOL,
     .offset = offsetof(mmd_text_region_options_t, rescale),
     .default_text = "true",
     .help = "Boxes in pixels of the picture, not of the maps."},
    {.name = "downsample_ratio",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, downsample_ratio),
     .default_text = "0.25",
     .help = "Size of the maps relative to the input."},
    {.name = "postprocessor",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(mmd_text_region_options_t, postprocessor),
     .flags = MMD_OPTION_NULLABLE,
     .help = "The code base's own parameters, which go before those above."},
};
static const mmd_option_table_t g_table =
    MMD_OPTION_TABLE(HEAD, mmd_text_region_options_t, g_options);

typedef struct work_t {
  const mmd_text_region_options_t *head;
  const mmd_text_maps_t *maps;
  size_t size;     // pixels of a map
  float *scores;   // of text; those of kernels behind them
  uint8_t *masks;  // text; kernels behind it
  int32_t *labels;
  float *means;  // embedding of each kernel
  float limit;   // squared distance
} work_t;

static bool is_text(const void *context, size_t area, float score) {
  const mmd_text_region_options_t *head = context;
  if ((double)area < head->min_text_area) return false;
  return head->release >= 1 ? (double)score > head->score_threshold
                            : (double)score >= head->min_text_avg_confidence;
}

static bool is_near(const void *context, int32_t label, size_t index) {
  const work_t *work = context;
  const size_t count = work->maps->channels - MMD_TEXT_REGION_MIN_MAPS;
  const float *mean = work->means + (size_t)(label - 1) * count;
  const float *embedding = work->maps->data + MMD_TEXT_REGION_MIN_MAPS * work->size + index;
  float distance = 0;
  for (size_t i = 0; i < count; ++i, embedding += work->size) {
    distance += (mean[i] - *embedding) * (mean[i] - *embedding);
  }
  return distance < work->limit;  // NaN is far
}

static mmd_status_t find_means(work_t *work, size_t kernel_count) {
  const size_t count = work->maps->channels - MMD_TEXT_REGION_MIN_MAPS;
  uint32_t *areas = mmd_alloc_array(kernel_count + 1, sizeof *areas);
  MMD_TRY_ALLOC(areas);
  work->means = mmd_alloc_array(kernel_count * count + 1, sizeof *work->means);
  if (!work->means) {
    mmd_free(areas);
    return mmd_status_no_memory();
  }
  for (size_t i = 0; i < work->size; ++i) {
    if (!work->labels[i]) continue;
    const size_t kernel = (size_t)work->labels[i] - 1;
    const float *embedding = work->maps->data + MMD_TEXT_REGION_MIN_MAPS * work->size + i;
    for (size_t k = 0; k < count; ++k) {
      work->means[kernel * count + k] += embedding[k * work->size];
    }
    ++areas[kernel];
  }
  for (size_t i = 0; i < kernel_count * count; ++i) work->means[i] /= (float)areas[i / count];
  mmd_free(areas);
  return NULL;
}

static mmd_status_t find_regions(work_t *work, size_t *out_count) {
  const mmd_text_maps_t *maps = work->maps;
  uint8_t *kernels = work->masks + work->size;
  mmd_text_sigmoid(maps->data, 2 * work->size, work->scores);
  for (size_t i = 0; i < work->size; ++i) {
    const double text = (double)work->scores[i], kernel = (double)work->scores[work->size + i];
    work->masks[i] = text > work->head->min_text_confidence;
    kernels[i] = work->masks[i] && kernel > work->head->min_kernel_confidence;
  }
  MMD_TRY(mmd_components_label(kernels, maps->width, maps->height, MMD_CONNECTED_4, work->labels,
                               out_count));
  MMD_TRY(find_means(work, *out_count));
  const mmd_components_growth_t growth = {
      .mask = work->masks,
      .width = maps->width,
      .height = maps->height,
      .is_across_first = true,
      .accept = is_near,
      .context = work,
  };
  return mmd_components_grow(&growth, work->labels);
}

static mmd_status_t find_boxes(const mmd_text_region_options_t *head, const mmd_text_maps_t *maps,
                               const mmd_text_scale_t *scale, mmd_value_t *result) {
  const size_t size = maps->width * maps->height;
  const float limit = (float)head->distance_threshold;
  work_t work = {
      .head = head,
      .maps = maps,
      .size = size,
      .scores = mmd_alloc_array(size, 2 * sizeof *work.scores),
      .masks = mmd_alloc_array(size, 2),
      .labels = mmd_alloc_array(size, sizeof *work.labels),
      .limit = limit * limit,
  };
  size_t count = 0;
  mmd_status_t status = work.scores && work.masks && work.labels ? NULL : mmd_status_no_memory();
  if (!status) status = find_regions(&work, &count);
  if (!status) {
    const mmd_text_regions_t regions = {work.labels, maps->width, maps->height, count, work.scores};
    status = mmd_text_regions_append(&regions, is_text, head, scale, result);
  }
  mmd_free(work.scores);
  mmd_free(work.masks);
  mmd_free(work.labels);
  mmd_free(work.means);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)input_count;
  return mmd_text_regions_apply(options, HEAD, context, inputs, find_boxes, out_result);
}

const mmd_component_t mmd_pan_head = {
    .module = "mmocr",
    .name = HEAD,
    .help = "Boxes of text from the maps of PANet.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
    .prepare = mmd_text_region_options_prepare,
};
