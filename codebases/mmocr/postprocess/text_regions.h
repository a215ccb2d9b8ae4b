// SPDX-License-Identifier: Apache-2.0
//
// Regions of text as labels of pixels: what PANet and PSENet grow from kernels, and the boxes
// around them.
#ifndef MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_REGIONS_H_
#define MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_REGIONS_H_

#include "codebases/mmocr/postprocess/text_boxes.h"

typedef struct mmd_text_regions_t {
  int32_t *labels;  // [height, width], 0 = none, else 1 to |count|
  size_t width, height, count;
  const float *scores;  // of the pixels
} mmd_text_regions_t;

// Whether a region of that many pixels and mean score is text.
typedef bool (*mmd_text_accept_fn)(const void *context, size_t area, float score);

// Appends the box of each region that is accepted, in the order of the labels.
mmd_status_t mmd_text_regions_append(const mmd_text_regions_t *regions, mmd_text_accept_fn accept,
                                     const void *context, const mmd_text_scale_t *scale,
                                     mmd_value_t *array) MMD_MUST_USE;

// 1 / (1 + exp(-x)) of |count| numbers.
void mmd_text_sigmoid(const float *logits, size_t count, float *out);

// What PANHead and PSEHead both take. Negative thresholds stand for the release's own.
typedef struct mmd_text_region_options_t {
  double min_kernel_confidence, min_text_confidence, min_text_avg_confidence, score_threshold;
  double distance_threshold, min_kernel_area, min_text_area, downsample_ratio;
  bool rescale;
  const mmd_value_t *postprocessor;
  // Not of the tables.
  int release;
} mmd_text_region_options_t;
mmd_status_t mmd_text_region_options_prepare(void *options, const mmd_component_env_t *env,
                                             const char *where) MMD_MUST_USE;

// Appends the boxes of one picture to |array|.
typedef mmd_status_t (*mmd_text_find_fn)(const mmd_text_region_options_t *head,
                                         const mmd_text_maps_t *maps, const mmd_text_scale_t *scale,
                                         mmd_value_t *array);
enum { MMD_TEXT_REGION_MIN_MAPS = 2 };  // text and kernels
// `apply` of such a head: |find| with the options of the call, over the maps in inputs[1].
mmd_status_t mmd_text_regions_apply(const mmd_text_region_options_t *options, const char *head,
                                    const mmd_component_context_t *context,
                                    mmd_value_t *const *inputs, mmd_text_find_fn find,
                                    mmd_value_t **out_result) MMD_MUST_USE;

#endif  // MMD_CODEBASES_MMOCR_POSTPROCESS_TEXT_REGIONS_H_
