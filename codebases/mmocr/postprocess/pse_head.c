// SPDX-License-Identifier: Apache-2.0
//
// PSEHead: the smallest kernels of PSENet grow over the text around them. Like mmocr, whose growth
// looks at the mask of all text in each of its rounds, so that one round does all; the original SDK
// looks at the second mask in each.
#include <stddef.h>

#include "base/alloc.h"
#include "codebases/mmocr/postprocess/text_regions.h"
#include "kernels/components.h"

#define HEAD "PSEHead"

static const mmd_option_t g_options[] = {
    {.name = "min_kernel_confidence",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_kernel_confidence),
     .default_text = "0.5",
     .help = "Pixels of kernels have a probability above it."},
    {.name = "min_text_avg_confidence",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_text_avg_confidence),
     .default_text = "-1",
     .help = "0.x: least mean probability of a region; 0.85 by default."},
    {.name = "score_threshold",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, score_threshold),
     .default_text = "-1",
     .help = "1.x: regions must have a mean probability above it; 0.3 by default."},
    {.name = "min_kernel_area",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(mmd_text_region_options_t, min_kernel_area),
     .default_text = "0",
     .help = "Smaller kernels grow no region."},
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

// 1.x drops a region only when it is both small and faint.
static bool is_text(const void *context, size_t area, float score) {
  const mmd_text_region_options_t *head = context;
  const bool is_large = (double)area >= head->min_text_area;
  if (head->release >= 1) return is_large || (double)score > head->score_threshold;
  return is_large && (double)score >= head->min_text_avg_confidence;
}

static mmd_status_t drop_small_kernels(double min_area, int32_t *labels, size_t size,
                                       size_t count) {
  uint32_t *areas = mmd_alloc_array(count + 1, sizeof *areas);
  MMD_TRY_ALLOC(areas);
  for (size_t i = 0; i < size; ++i) ++areas[labels[i]];
  for (size_t i = 0; i < size; ++i) {
    if ((double)areas[labels[i]] < min_area) labels[i] = 0;
  }
  mmd_free(areas);
  return NULL;
}

static mmd_status_t find_regions(const mmd_text_region_options_t *head, const mmd_text_maps_t *maps,
                                 float *scores, uint8_t *masks, int32_t *labels,
                                 size_t *out_count) {
  const size_t size = maps->width * maps->height;
  const float *last = maps->data + (maps->channels - 1) * size;
  uint8_t *kernels = masks + size;
  float *kernel_scores = scores + size;
  mmd_text_sigmoid(maps->data, size, scores);
  mmd_text_sigmoid(last, size, kernel_scores);
  for (size_t i = 0; i < size; ++i) {
    masks[i] = (double)scores[i] > head->min_kernel_confidence;
    kernels[i] = masks[i] && (double)kernel_scores[i] > head->min_kernel_confidence;
  }
  MMD_TRY(
      mmd_components_label(kernels, maps->width, maps->height, MMD_CONNECTED_4, labels, out_count));
  MMD_TRY(drop_small_kernels(head->min_kernel_area, labels, size, *out_count));
  const mmd_components_growth_t growth = {
      .mask = masks, .width = maps->width, .height = maps->height};
  return mmd_components_grow(&growth, labels);
}

static mmd_status_t find_boxes(const mmd_text_region_options_t *head, const mmd_text_maps_t *maps,
                               const mmd_text_scale_t *scale, mmd_value_t *result) {
  const size_t size = maps->width * maps->height;
  float *scores = mmd_alloc_array(size, 2 * sizeof *scores);  // of text, then of the last kernels
  uint8_t *masks = mmd_alloc_array(size, 2);                  // the same
  int32_t *labels = mmd_alloc_array(size, sizeof *labels);
  size_t count = 0;
  mmd_status_t status = scores && masks && labels ? NULL : mmd_status_no_memory();
  if (!status) status = find_regions(head, maps, scores, masks, labels, &count);
  if (!status) {
    const mmd_text_regions_t regions = {labels, maps->width, maps->height, count, scores};
    status = mmd_text_regions_append(&regions, is_text, head, scale, result);
  }
  mmd_free(scores);
  mmd_free(masks);
  mmd_free(labels);
  return status;
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  (void)input_count;
  return mmd_text_regions_apply(options, HEAD, context, inputs, find_boxes, out_result);
}

const mmd_component_t mmd_pse_head = {
    .module = "mmocr",
    .name = HEAD,
    .help = "Boxes of text from the maps of PSENet.",
    .options = &g_table,
    .apply = apply,
    .input_count = 2,
    .prepare = mmd_text_region_options_prepare,
};
