// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/postprocess/boxes.h"

#include "base/alloc.h"

//===--- thresholds ---===//

mmd_status_t mmd_box_check_conf_thr(const mmd_value_t *conf_thr, const char *where) {
  if (mmd_value_is_null(conf_thr) || mmd_value_is_number(conf_thr)) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.conf_thr: a number is expected, %s found", where,
                   mmd_value_kind_name(mmd_value_kind(conf_thr)));
}

mmd_box_filter_t mmd_box_filter_make(const mmd_value_t *conf_thr, double score_thr,
                                     double min_bbox_size, const mmd_component_context_t *context) {
  const double own = mmd_value_get_float(conf_thr, score_thr);
  const mmd_call_t *call = context ? context->call : NULL;
  return (mmd_box_filter_t){.score_thr = (float)mmd_call_float(call, "score_thr", own),
                            .min_bbox_size = (float)min_bbox_size};
}

//===--- geometry ---===//

mmd_status_t mmd_box_map_make(const mmd_value_t *prep_output, const char *head, bool has_border,
                              mmd_box_map_t *out_map) {
  const mmd_value_t *metas = mmd_object_get(prep_output, "img_metas");
  float padding[4] = {0}, border[4] = {0};
  mmd_box_map_t map = {.scale = {1, 1, 1, 1}};
  MMD_TRY(mmd_meta_size(metas, head, "ori_shape", &map.height, &map.width));
  if (mmd_meta_floats(metas, "scale_factor", map.scale) == 2) {
    map.scale[2] = map.scale[0];
    map.scale[3] = map.scale[1];
  }
  for (int i = 0; i < 4; ++i) {
    if (map.scale[i] > 0) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "%s: img_metas.scale_factor: %g is not above 0", head,
                     (double)map.scale[i]);
  }
  if (mmd_meta_floats(metas, "pad_param", padding) == 4) {
    map.top = padding[0];
    map.left = padding[1];
  }
  if (has_border && mmd_meta_floats(metas, "border", border) == 4) {
    map.shift_x = -border[1];
    map.shift_y = -border[0];
  }
  *out_map = map;
  return NULL;
}

// NaN gives |low|, |high|.
static float at_least(float value, float low) {
  return value > low ? value : low;
}
static float at_most(float value, float high) {
  return value < high ? value : high;
}

// Cut to the picture, right and bottom to its width and height as the code base cuts boxes to the
// shape of its input; the original SDK cuts these to one pixel less. A box beside the picture comes
// out inside out, and is left out for its negative size.
void mmd_box_map_apply(const mmd_box_map_t *map, float box[4]) {
  box[0] = at_least((box[0] - map->left) / map->scale[0] + map->shift_x, 0);
  box[1] = at_least((box[1] - map->top) / map->scale[1] + map->shift_y, 0);
  box[2] = at_most((box[2] - map->left) / map->scale[2] + map->shift_x, (float)map->width);
  box[3] = at_most((box[3] - map->top) / map->scale[3] + map->shift_y, (float)map->height);
}

//===--- reading ---===//

mmd_status_t mmd_detections_add(mmd_detections_t *detections, const mmd_detection_t *detection) {
  MMD_TRY(MMD_GROW(detections->items, detections->capacity, detections->count + 1));
  detections->items[detections->count++] = *detection;
  return NULL;
}

void mmd_detections_deinit(mmd_detections_t *detections) {
  mmd_free(detections->items);
  *detections = (mmd_detections_t){0};
}

static bool is_kept(const mmd_box_filter_t *filter, const float box[4]) {
  return box[2] - box[0] >= filter->min_bbox_size && box[3] - box[1] >= filter->min_bbox_size;
}

// What boxes are parts of: the image with its padding, as the network gets it. The original SDK
// leaves the padding out.
static mmd_status_t input_size(const mmd_value_t *metas, const char *head, int64_t *out_height,
                               int64_t *out_width) {
  const bool is_padded = !mmd_value_is_null(mmd_object_get(metas, "pad_shape"));
  return mmd_meta_size(metas, head, is_padded ? "pad_shape" : "img_shape", out_height, out_width);
}

// Rows (label + 1, score, box) with a box relative to the network's input.
static mmd_status_t read_ncnn(const mmd_tensor_t *rows, const mmd_value_t *prep_output,
                              const char *head, const mmd_box_filter_t *filter,
                              const mmd_box_map_t *map, mmd_detections_t *out_detections) {
  const mmd_value_t *metas = mmd_object_get(prep_output, "img_metas");
  int64_t height = 0, width = 0;
  MMD_TRY(input_size(metas, head, &height, &width));
  const float *row = mmd_tensor_data(rows);
  for (int64_t i = 0; i < rows->shape.dims[1]; ++i, row += 6) {
    mmd_detection_t item = {.index = i, .score = row[1]};
    // A cast of a number that is out of range is undefined.
    item.label = row[0] > 0 && row[0] < 1e9F ? (int64_t)row[0] - 1 : -1;
    for (int k = 0; k < 4; ++k) item.box[k] = row[2 + k] * (float)(k % 2 ? height : width);
    if (!(item.score > filter->score_thr)) continue;
    mmd_box_map_apply(map, item.box);
    if (is_kept(filter, item.box)) MMD_TRY(mmd_detections_add(out_detections, &item));
  }
  return NULL;
}

static mmd_status_t read_rows(const mmd_tensor_t *dets, const mmd_tensor_t *labels,
                              const mmd_box_filter_t *filter, const mmd_box_map_t *map,
                              mmd_detections_t *out_detections) {
  const int64_t *label = mmd_tensor_data(labels);
  const float *row = mmd_tensor_data(dets);
  const int64_t columns = dets->shape.dims[2];
  for (int64_t i = 0; i < dets->shape.dims[1]; ++i, row += columns) {
    mmd_detection_t item = {.index = i, .label = label[i]};
    for (int k = 0; k < 4; ++k) item.box[k] = row[k];
    if (columns == 5) item.score = row[4];
    // A batch is filled up with rows of the label -1.
    if ((columns == 5 && !(item.score > filter->score_thr)) || item.label < 0) continue;
    mmd_box_map_apply(map, item.box);
    if (is_kept(filter, item.box)) MMD_TRY(mmd_detections_add(out_detections, &item));
  }
  return NULL;
}

static mmd_status_t check_dets(const mmd_tensor_t *dets, const char *head) {
  if (dets->shape.dims[2] == 4 || dets->shape.dims[2] == 5) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: 'dets' must have 4 or 5 columns (box, score), found %lld", head,
                   (long long)dets->shape.dims[2]);
}

mmd_status_t mmd_detections_read(const mmd_value_t *infer_output, const mmd_value_t *prep_output,
                                 const char *head, const mmd_box_filter_t *filter,
                                 const mmd_box_map_t *map, mmd_detections_t *out_detections) {
  mmd_tensor_t dets = {0}, labels = {0};
  mmd_status_t status = NULL;
  *out_detections = (mmd_detections_t){0};
  if (mmd_object_get(infer_output, "detection_output")) {
    const int64_t dims[] = {1, -1, 6};
    status = mmd_net_output_get(infer_output, head, "detection_output", MMD_F32, 3, dims, &dets);
    if (!status) status = read_ncnn(&dets, prep_output, head, filter, map, out_detections);
  } else {
    int64_t dims[] = {1, -1, -1};
    status = mmd_net_output_get(infer_output, head, "dets", MMD_F32, 3, dims, &dets);
    if (!status) status = check_dets(&dets, head);
    if (!status) {
      dims[1] = dets.shape.dims[1];
      status = mmd_net_output_get(infer_output, head, "labels", MMD_I64, 2, dims, &labels);
    }
    if (!status) status = read_rows(&dets, &labels, filter, map, out_detections);
  }
  mmd_tensor_deinit(&dets);
  mmd_tensor_deinit(&labels);
  if (status) mmd_detections_deinit(out_detections);
  return status;
}

//===--- writing ---===//

static mmd_status_t append_box(const float box[4], mmd_value_t *object) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY_ALLOC(list);
  mmd_status_t status = NULL;
  for (int i = 0; i < 4 && !status; ++i) {
    status = mmd_array_take(list, mmd_value_float((double)box[i]));
  }
  if (!status) return mmd_object_take(object, "bbox", list);
  mmd_value_release(list);
  return status;
}

mmd_status_t mmd_detection_append(const mmd_detection_t *detection, mmd_value_t *array,
                                  mmd_value_t **out_item) {
  mmd_value_t *object = mmd_value_object();
  *out_item = object;
  MMD_TRY(mmd_array_take(array, object));
  MMD_TRY(mmd_object_take(object, "index", mmd_value_int(detection->index)));
  MMD_TRY(mmd_object_take(object, "label_id", mmd_value_int(detection->label)));
  MMD_TRY(mmd_object_take(object, "score", mmd_value_float((double)detection->score)));
  return append_box(detection->box, object);
}

mmd_status_t mmd_detections_to_value(const mmd_detections_t *detections, mmd_value_t **out_value) {
  mmd_value_t *array = mmd_value_array();
  MMD_TRY_ALLOC(array);
  mmd_status_t status = NULL;
  for (size_t i = 0; i < detections->count && !status; ++i) {
    mmd_value_t *item = NULL;
    status = mmd_detection_append(&detections->items[i], array, &item);
  }
  if (status)
    mmd_value_release(array);
  else
    *out_value = array;
  return status;
}
