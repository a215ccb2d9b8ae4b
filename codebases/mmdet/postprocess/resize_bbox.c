// SPDX-License-Identifier: Apache-2.0
//
// ResizeBBox: the boxes of a detector in pixels of the picture.
#include <stddef.h>

#include "codebases/mmdet/postprocess/boxes.h"

#define HEAD "ResizeBBox"

typedef struct resize_bbox_t {
  double score_thr, min_bbox_size;
  const mmd_value_t *conf_thr;
} resize_bbox_t;

static const mmd_option_t g_options[] = {
    {.name = "score_thr",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(resize_bbox_t, score_thr),
     .default_text = "0",
     .help = "Boxes must have a score above it."},
    {.name = "conf_thr",
     .type = MMD_OPTION_VALUE,
     .offset = offsetof(resize_bbox_t, conf_thr),
     .help = "Used instead of score_thr where it is given (YOLO)."},
    {.name = "min_bbox_size",
     .type = MMD_OPTION_FLOAT,
     .offset = offsetof(resize_bbox_t, min_bbox_size),
     .default_text = "0",
     .help = "Least side of a box in pixels."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE(HEAD, resize_bbox_t, g_options);

static mmd_status_t check(const void *options, const char *where) {
  return mmd_box_check_conf_thr(((const resize_bbox_t *)options)->conf_thr, where);
}

static mmd_status_t apply(const void *options, const mmd_component_context_t *context,
                          mmd_value_t *const *inputs, size_t input_count,
                          mmd_value_t **out_result) {
  const resize_bbox_t *head = options;
  const mmd_box_filter_t filter =
      mmd_box_filter_make(head->conf_thr, head->score_thr, head->min_bbox_size, context);
  mmd_detections_t detections;
  mmd_box_map_t map;
  (void)input_count;
  MMD_TRY(mmd_box_map_make(inputs[0], HEAD, true, &map));
  MMD_TRY(mmd_detections_read(inputs[1], inputs[0], HEAD, &filter, &map, &detections));
  mmd_status_t status = mmd_detections_to_value(&detections, out_result);
  mmd_detections_deinit(&detections);
  return status;
}

const mmd_component_t mmd_resize_bbox = {
    .module = "mmdet",
    .name = HEAD,
    .help = "Boxes with class and score, in pixels of the picture.",
    .options = &g_table,
    .check = check,
    .apply = apply,
    .input_count = 2,
};
