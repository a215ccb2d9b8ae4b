// SPDX-License-Identifier: Apache-2.0
//
// What the detection heads share: boxes of the network's input mapped to the picture, and the
// result [{"index", "label_id", "score", "bbox": [left, top, right, bottom]}, …].
#ifndef MMD_CODEBASES_MMDET_POSTPROCESS_BOXES_H_
#define MMD_CODEBASES_MMDET_POSTPROCESS_BOXES_H_

#include "value/component.h"
#include "value/net_output.h"

// Coordinates are continuous pixels, (0, 0) the outer corner of the first pixel.
typedef struct mmd_box_map_t {
  float scale[4];          // scale_factor
  float left, top;         // padding of the network's input
  float shift_x, shift_y;  // of the result, in pixels of the picture
  int64_t width, height;   // of the picture
} mmd_box_map_t;

typedef struct mmd_detection_t {
  int64_t index;  // row of the network's output
  int64_t label;
  float score;
  float box[4];  // left, top, right, bottom in the picture
} mmd_detection_t;

typedef struct mmd_detections_t {
  mmd_detection_t *items;
  size_t count, capacity;
} mmd_detections_t;

typedef struct mmd_box_filter_t {
  float score_thr;      // scores must be above it
  float min_bbox_size;  // sides of the picture's box must be at least that
} mmd_box_filter_t;

// Heads may have "conf_thr" (YOLO), which is used instead of "score_thr" where it is given. The
// call's own threshold goes before both.
mmd_status_t mmd_box_check_conf_thr(const mmd_value_t *conf_thr, const char *where) MMD_MUST_USE;
mmd_box_filter_t mmd_box_filter_make(const mmd_value_t *conf_thr, double score_thr,
                                     double min_bbox_size, const mmd_component_context_t *context);

// From the geometry in prep_output.img_metas. |has_border| takes the border that Pad noted.
mmd_status_t mmd_box_map_make(const mmd_value_t *prep_output, const char *head, bool has_border,
                              mmd_box_map_t *out_map) MMD_MUST_USE;
// Maps |box| in place and cuts it to the picture.
void mmd_box_map_apply(const mmd_box_map_t *map, float box[4]);

// The rows of "dets" and "labels" (or "detection_output" of SSD in ncnn) that pass the filter, in
// their order.
mmd_status_t mmd_detections_read(const mmd_value_t *infer_output, const mmd_value_t *prep_output,
                                 const char *head, const mmd_box_filter_t *filter,
                                 const mmd_box_map_t *map,
                                 mmd_detections_t *out_detections) MMD_MUST_USE;
mmd_status_t mmd_detections_add(mmd_detections_t *detections,
                                const mmd_detection_t *detection) MMD_MUST_USE;
void mmd_detections_deinit(mmd_detections_t *detections);

// One detection as an object, appended to |array|; the caller may add members to |*out_item|,
// which is borrowed.
mmd_status_t mmd_detection_append(const mmd_detection_t *detection, mmd_value_t *array,
                                  mmd_value_t **out_item) MMD_MUST_USE;
mmd_status_t mmd_detections_to_value(const mmd_detections_t *detections,
                                     mmd_value_t **out_value) MMD_MUST_USE;

extern const mmd_component_t mmd_resize_bbox, mmd_resize_instance_mask;
// Heads of packages for RKNN, whose networks end before decoding.
extern const mmd_component_t mmd_base_dense_head, mmd_yolov3_head, mmd_yolov5_head,
    mmd_yolov5_head_1x, mmd_rtmdet_sep_bn_head;

#endif  // MMD_CODEBASES_MMDET_POSTPROCESS_BOXES_H_
