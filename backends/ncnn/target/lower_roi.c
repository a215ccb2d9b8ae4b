// SPDX-License-Identifier: Apache-2.0
//
// RoIAlign in all its forms is one custom layer.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"

enum { MAX_LEVELS = 10 };
enum { AVERAGE = 0, MAXIMUM = 1, MAXIMUM_CORNER = 2 };

typedef struct roi_t {
  size_t box_input, first_map, map_count;
  int64_t sampling_ratio, default_size;
  double offset, min_size;  // of a box; negative for none
  int pool;
  bool is_rotated;
  double finest_scale, scale_factor, border;
  double scales[MAX_LEVELS];
} roi_t;

//===--- attributes --------------------------------------------------------===//

static void read_onnx(const nc_lower_t *l, roi_t *r) {
  const char *transform =
      nc_attr_string(l, "coordinate_transformation_mode",
                     l->node->version < 16 ? "output_half_pixel" : "half_pixel");
  const bool is_half = strcmp(transform, "half_pixel") == 0;
  r->offset = is_half ? 0.5 : 0;
  r->min_size = is_half ? -1 : 1;
  r->default_size = 1;
  r->pool = strcmp(nc_attr_string(l, "mode", "avg"), "max") == 0 ? MAXIMUM_CORNER : AVERAGE;
}

static void read_mmcv(const nc_lower_t *l, roi_t *r) {
  const bool is_aligned = nc_attr_int(l, "aligned", 1) != 0;
  r->is_rotated = strcmp(l->node->op, "MMCVRoIAlignRotated") == 0;
  r->offset = is_aligned ? 0.5 : 0;
  r->min_size = is_aligned ? -1 : 1;
  r->pool =
      !r->is_rotated && strcmp(nc_attr_string(l, "mode", "avg"), "max") == 0 ? MAXIMUM : AVERAGE;
}

static void read_multi_level(nc_lower_t *l, roi_t *r) {
  const bool is_aligned = nc_attr_int(l, "aligned", 0) != 0;
  size_t count = 0;
  const double *strides = mmd_node_attr_floats(l->node, "featmap_strides", &count);
  r->box_input = 0;
  r->first_map = 1;
  r->map_count = l->node->input_count - 1;
  r->is_rotated = strcmp(l->node->op, "MMCVMultiLevelRotatedRoiAlign") == 0;
  r->sampling_ratio = 2;
  r->offset = is_aligned ? 0.5 : 0;
  r->min_size = is_aligned && !r->is_rotated ? 0 : 1;
  r->pool = !r->is_rotated && nc_attr_int(l, "pool_mode", 0) == 0 ? MAXIMUM : AVERAGE;
  r->finest_scale = (double)nc_attr_int(l, "finest_scale", 56);
  r->scale_factor = nc_attr_float(l, "roi_scale_factor", -1);
  r->border = nc_attr_float(l, "roi_border", 1);
  if (!r->map_count || r->map_count > MAX_LEVELS || count < r->map_count) {
    nc_refuse(l, "%zu feature maps, featmap_strides of %zu, at most %d are supported", r->map_count,
              count, (int)MAX_LEVELS);
    return;
  }
  for (size_t i = 0; i < r->map_count; ++i) r->scales[i] = (double)(1.F / (float)strides[i]);
}

static roi_t read_attributes(nc_lower_t *l) {
  roi_t r = {.box_input = 1, .map_count = 1, .default_size = 7, .finest_scale = 1, .border = 1};
  r.scale_factor = -1;
  r.scales[0] = nc_attr_float(l, "spatial_scale", 1);
  if (strncmp(l->node->op, "MMCVMultiLevel", 14) == 0) {
    read_multi_level(l, &r);
  } else if (strcmp(l->node->op, "RoiAlign") == 0) {
    read_onnx(l, &r);
  } else {
    read_mmcv(l, &r);
  }
  r.sampling_ratio = nc_attr_int(l, "sampling_ratio", r.sampling_ratio);
  return r;
}

//===--- inputs ------------------------------------------------------------===//

static nc_blob_t *rows_of(nc_lower_t *l, size_t input, int count) {
  const mmd_type_t *type = &mmd_node_input(l->node, input)->type;
  const nc_form_t form = nc_input_form(l, input);
  const mmd_dim_t *dims[] = {NULL, mmd_dim_const(l->graph, 1)};
  if (!nc_ok(l)) return NULL;
  if (type->rank != count) nc_refuse(l, "input %zu of %d dimensions", input, type->rank);
  if (!nc_ok(l)) return NULL;
  for (int i = 0; i < count; ++i) dims[i] = type->dims[i];
  return nc_reshape(l, nc_input(l, input), &form, 2, dims);
}

// [n, 5]: the number of the image in front. ONNX has it in an input of its own.
static nc_blob_t *boxes_of(nc_lower_t *l, const roi_t *r, bool is_one_image) {
  nc_blob_t *boxes = rows_of(l, r->box_input, 2);
  if (strcmp(l->node->op, "RoiAlign") != 0) return boxes;
  if (is_one_image) {
    nc_blob_t *out = nc_emit_one(l, "Padding", boxes);
    nc_set_int(l, out, 2, 1);
    nc_set_int(l, out, 3, 0);
    return out;
  }
  nc_blob_t *const columns[] = {rows_of(l, 2, 1), boxes};
  nc_blob_t *out = nc_emit(l, "Concat", 2, columns);
  nc_set_int(l, out, 0, 1);
  return out;
}

// The mat has the channels in front, or the images.
static bool check_maps(nc_lower_t *l, const roi_t *r, bool *out_is_one) {
  *out_is_one = false;
  for (size_t i = 0; i < r->map_count && nc_ok(l); ++i) {
    const nc_form_t form = nc_input_form(l, r->first_map + i);
    const bool is_one = form.count == 3 && form.axes[0] == 1;
    const bool fits = form.rank == 4 && !form.is_flat && (is_one || form.count == 4);
    if (!fits || (i && is_one != *out_is_one)) nc_refuse(l, "the feature maps");
    *out_is_one = is_one;
  }
  return nc_ok(l);
}

void nc_lower_roi_align(nc_lower_t *l) {
  const roi_t r = read_attributes(l);
  const nc_form_t to = nc_output_form(l, 0);
  nc_blob_t *inputs[1 + MAX_LEVELS];
  if (!nc_ok(l)) return;
  bool is_one_image = false;
  if (!check_maps(l, &r, &is_one_image)) return;
  inputs[0] = boxes_of(l, &r, is_one_image);
  for (size_t i = 0; i < r.map_count; ++i) inputs[1 + i] = nc_input(l, r.first_map + i);
  if (!nc_ok(l)) return;
  nc_blob_t *out = nc_emit(l, "MMCVMultiLevelRoiAlign", 1 + r.map_count, inputs);
  nc_set_int(l, out, 0, nc_attr_int(l, "output_height", r.default_size));
  nc_set_int(l, out, 1, nc_attr_int(l, "output_width", r.default_size));
  nc_set_int(l, out, 2, r.sampling_ratio);
  nc_set_float(l, out, 3, r.offset);
  nc_set_float(l, out, 4, r.min_size);
  nc_set_int(l, out, 5, r.pool);
  nc_set_int(l, out, 6, r.is_rotated);
  nc_set_int(l, out, 7, nc_attr_int(l, "clockwise", 0) != 0);
  nc_set_float(l, out, 8, r.finest_scale);
  nc_set_float(l, out, 9, r.scale_factor);
  nc_set_float(l, out, 10, r.border);
  nc_set_floats(l, out, 11, r.map_count, r.scales);
  const mmd_type_t *type = &l->node->outputs[0]->type;
  nc_form_t middle = {.rank = 4, .count = 4};
  for (int i = 0; i < 4; ++i) {
    middle.axes[i] = i;
    middle.dims[i] = type->dims[i];
  }
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}
