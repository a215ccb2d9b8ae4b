// SPDX-License-Identifier: Apache-2.0
//
// The ends of detectors: the layers that the engine has for them, and priors of maps whose size
// only a run tells.
#include "backends/ncnn/target/lower_table.h"

enum { MAX_NUMBERS = 512 };

// An attribute of floats as a parameter.
static void set_list(nc_lower_t *l, nc_blob_t *blob, int id, const char *name) {
  size_t count = 0;
  const double *numbers = mmd_node_attr_floats(l->node, name, &count);
  if (count > MAX_NUMBERS) nc_refuse(l, "%s has %zu numbers", name, count);
  if (count) nc_set_floats(l, blob, id, count, numbers);
}

// Numbers in their order, without gaps between channels.
static nc_blob_t *packed_input(nc_lower_t *l, size_t i) {
  const nc_form_t form = nc_input_form(l, i);
  const mmd_dim_t *const any = NULL;
  return form.count > 2 ? nc_reshape(l, nc_input(l, i), &form, 1, &any) : nc_input(l, i);
}

void nc_lower_detection_output(nc_lower_t *l) {
  static const double variances[] = {0.1, 0.1, 0.2, 0.2};
  const nc_form_t priors = nc_input_form(l, 2);
  size_t count = 0;
  const double *numbers = mmd_node_attr_floats(l->node, "vars", &count);
  if (priors.count != 2 || nc_dim_size(priors.dims[0]) != 2)
    nc_refuse(l, "priors that are not a row of boxes and a row of variances");
  if (count != 4) numbers = variances;
  nc_blob_t *const inputs[] = {packed_input(l, 0), packed_input(l, 1), nc_input(l, 2)};
  nc_blob_t *out = nc_emit(l, "DetectionOutput", 3, inputs);
  nc_set_int(l, out, 0, nc_attr_int(l, "num_class", 81));
  nc_set_float(l, out, 1, nc_attr_float(l, "nms_threshold", 0.45));
  nc_set_int(l, out, 2, nc_attr_int(l, "nms_top_k", 100));
  nc_set_int(l, out, 3, nc_attr_int(l, "keep_top_k", 100));
  nc_set_float(l, out, 4, nc_attr_float(l, "score_threshold", 0.35));
  for (int i = 0; i < 4; ++i) nc_set_float(l, out, 5 + i, numbers[i]);
  nc_output(l, 0, out);
}

void nc_lower_yolov3_detection_output(nc_lower_t *l) {
  enum { MAX_MAPS = 16 };
  nc_blob_t *inputs[MAX_MAPS];
  const size_t count = l->node->input_count;
  if (count > MAX_MAPS) nc_refuse(l, "more than %d maps", (int)MAX_MAPS);
  for (size_t i = 0; i < count && nc_ok(l); ++i) {
    if (nc_input_form(l, i).count != 3) nc_refuse(l, "maps of a batch of 1 are expected");
    inputs[i] = nc_input(l, i);
  }
  if (!nc_ok(l)) return;
  nc_blob_t *out = nc_emit(l, "Yolov3DetectionOutput", count, inputs);
  nc_set_int(l, out, 0, nc_attr_int(l, "num_class", 20));
  nc_set_int(l, out, 1, nc_attr_int(l, "num_box", 5));
  nc_set_float(l, out, 2, nc_attr_float(l, "confidence_threshold", 0.01));
  nc_set_float(l, out, 3, nc_attr_float(l, "nms_threshold", 0.45));
  set_list(l, out, 4, "biases");
  set_list(l, out, 5, "mask");
  set_list(l, out, 6, "anchors_scale");
  nc_output(l, 0, out);
}

static bool is_map(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  if (form.rank != 4 || form.count != 3) nc_refuse(l, "a map of a batch of 1 is expected");
  return nc_ok(l);
}

void nc_lower_prior_box(nc_lower_t *l) {
  if (!is_map(l)) return;
  nc_blob_t *out = nc_emit_one(l, "PriorBox", nc_input(l, 0));
  set_list(l, out, 0, "min_sizes");
  set_list(l, out, 1, "max_sizes");
  set_list(l, out, 2, "aspect_ratios");
  nc_set_int(l, out, 9, nc_attr_int(l, "image_width", 0));
  nc_set_int(l, out, 10, nc_attr_int(l, "image_height", 0));
  nc_set_float(l, out, 11, nc_attr_float(l, "step_width", -233));
  nc_set_float(l, out, 12, nc_attr_float(l, "step_height", -233));
  nc_set_float(l, out, 13, nc_attr_float(l, "offset", 0));
  nc_set_int(l, out, 14, nc_attr_int(l, "step_mmdetection", 0));
  nc_output(l, 0, out);
}

//===--- GridPriors --------------------------------------------------------===//

// x, y, x, y of each cell, [cells, 4]: boxes without a size about the cells' corners.
static nc_blob_t *cells(nc_lower_t *l) {
  static const double zero = 0;
  static const int64_t first = 0, end = 1;
  const mmd_dim_t *const rows[] = {NULL, mmd_dim_const(l->graph, 4)};
  const nc_form_t none = {0};
  nc_blob_t *boxes = nc_emit_one(l, "PriorBox", nc_input(l, 0));
  nc_set_floats(l, boxes, 0, 1, &zero);
  nc_set_int(l, boxes, 9, 1);
  nc_set_int(l, boxes, 10, 1);
  nc_set_float(l, boxes, 11, 1);
  nc_set_float(l, boxes, 12, 1);
  nc_set_float(l, boxes, 13, 0);
  nc_blob_t *places = nc_emit_one(l, "Crop", boxes);  // the other row has variances
  nc_set_ints(l, places, 9, 1, &first);
  nc_set_ints(l, places, 10, 1, &end);
  nc_set_ints(l, places, 11, 1, &first);
  return nc_reshape(l, places, &none, 2, rows);
}

// The weights that make all numbers of a cell's priors of its place: [numbers, 4].
static mmd_status_t make_steps(const mmd_tensor_t *steps, int64_t numbers,
                               mmd_tensor_t *out_weights) {
  const mmd_shape_t shape = {2, {numbers, 4}};
  const size_t size = (size_t)steps->shape.dims[1];
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, out_weights));
  float *row = mmd_tensor_mutable_data(out_weights);
  for (size_t i = 0; i < (size_t)numbers; ++i, row += 4) {
    row[0] = (float)mmd_tensor_get_f64(steps, size + i % size);
    row[1] = (float)mmd_tensor_get_f64(steps, i % size);
  }
  return NULL;
}

// base + x step_x + y step_y, a product with the cells' places.
void nc_lower_grid_priors(nc_lower_t *l) {
  const mmd_tensor_t *base = nc_need_constant(l, 1), *steps = nc_need_constant(l, 2);
  mmd_tensor_t weights = {0};
  if (!is_map(l)) return;
  const int64_t numbers = (int64_t)mmd_tensor_count(base);
  if (base->shape.rank != 2 || steps->shape.rank != 2 || steps->shape.dims[0] != 2 ||
      steps->shape.dims[1] != base->shape.dims[1] || !numbers)
    nc_refuse(l, "priors and steps that do not fit");
  if (!nc_ok(l)) return;
  nc_fail(l, make_steps(steps, numbers, &weights));
  nc_blob_t *out = nc_emit_one(l, "InnerProduct", cells(l));
  nc_set_int(l, out, 0, numbers);
  nc_set_int(l, out, 1, 1);
  nc_set_int(l, out, 2, 4 * numbers);
  nc_add_weights(l, out, &weights, true);
  nc_add_weights(l, out, base, false);
  mmd_tensor_deinit(&weights);
  const mmd_dim_t *const rows[] = {NULL, mmd_dim_const(l->graph, base->shape.dims[1])};
  const nc_form_t none = {0};
  nc_output(l, 0, nc_reshape(l, out, &none, 2, rows));
}
