// SPDX-License-Identifier: Apache-2.0
//
// The weights are what the evaluator makes of the unit matrix. With another axis there is one more,
// along which every number is repeated.
#include "backends/openvino/target/resize_weights.h"

#include <string.h>

#include "ops/evaluator.h"

enum { MAX_ELEMENTS = 1 << 26 };
enum { X, ROI, SCALES, SIZES, INPUTS };  // of Resize

typedef struct probe_t {
  mmd_graph_t *graph;
  mmd_node_t *node;
  mmd_datum_t inputs[INPUTS], output;
} probe_t;

static bool has_other(const ov_resize_axis_t *axis) {
  return axis->other_size > 0;
}

static mmd_status_t copy_attributes(const mmd_node_t *resize, bool is_joined, mmd_node_t *node) {
  static const int64_t axes[] = {0, 1};
  for (size_t i = 0; i < resize->attr_count; ++i) {
    const mmd_attr_t *attr = &resize->attrs[i];
    const bool is_policy = strcmp(attr->name, "keep_aspect_ratio_policy") == 0;
    if (is_joined || !is_policy) MMD_TRY(mmd_node_set_attr(node, attr));
  }
  MMD_TRY(mmd_node_set_float(node, "extrapolation_value", 0));
  return mmd_node_set_ints(node, "axes", is_joined ? 2 : 1, axes);
}

static mmd_status_t make_unit(const ov_resize_axis_t *axis, mmd_tensor_t *out_tensor) {
  const int64_t repeats = has_other(axis) ? axis->other_in : 1;
  mmd_shape_t shape;
  size_t count = 0;
  const int64_t dims[] = {axis->in, repeats, axis->in};
  MMD_TRY(mmd_shape_make(3, dims, &shape));
  MMD_TRY(mmd_shape_count(&shape, &count));
  if (count > MAX_ELEMENTS) {
    return MMD_ERROR(MMD_NOT_SUPPORTED, "its weights along an axis of %lld are too many",
                     (long long)axis->in);
  }
  MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, out_tensor));
  float *data = mmd_tensor_mutable_data(out_tensor);
  for (int64_t i = 0; i < axis->in; ++i) {
    for (int64_t k = 0; k < repeats; ++k) data[(i * repeats + k) * axis->in + i] = 1;
  }
  return NULL;
}

static mmd_status_t fill_inputs(const ov_resize_axis_t *axis, mmd_datum_t inputs[INPUTS]) {
  const int64_t sizes[] = {axis->size, axis->other_size};
  MMD_TRY(make_unit(axis, &inputs[X].tensor));
  MMD_TRY(mmd_tensor_from_f32(axis->roi, 2, &inputs[ROI].tensor));
  if (axis->size > 0) {
    MMD_TRY(mmd_tensor_from_i64(sizes, has_other(axis) ? 2 : 1, &inputs[SIZES].tensor));
  } else {
    MMD_TRY(mmd_tensor_from_f32(&axis->scale, 1, &inputs[SCALES].tensor));
  }
  for (int i = 0; i < INPUTS; ++i) {
    if (mmd_tensor_is_set(&inputs[i].tensor)) inputs[i].kind = MMD_TYPE_TENSOR;
  }
  return NULL;
}

static mmd_status_t evaluate(const mmd_node_t *resize, const ov_resize_axis_t *axis,
                             probe_t *probe) {
  const mmd_datum_t *pointers[INPUTS] = {NULL};
  MMD_TRY(mmd_graph_create("probe", &probe->graph));
  MMD_TRY(mmd_graph_set_opset(probe->graph, "", resize->version));
  MMD_TRY(mmd_node_create(probe->graph->root, NULL, "", resize->op, resize->name, INPUTS, NULL, 1,
                          &probe->node));
  MMD_TRY(copy_attributes(resize, has_other(axis), probe->node));
  MMD_TRY(fill_inputs(axis, probe->inputs));
  for (int i = 0; i < INPUTS; ++i) {
    if (probe->inputs[i].kind) pointers[i] = &probe->inputs[i];
  }
  return mmd_evaluate_node(probe->node, MMD_EVAL_PLAIN, NULL, pointers, &probe->output);
}

// [out, repeats, in] to [out, in].
static mmd_status_t drop_repeats(const mmd_tensor_t *found, mmd_tensor_t *out_weights) {
  const mmd_shape_t shape = {.rank = 2, .dims = {found->shape.dims[0], found->shape.dims[2]}};
  mmd_tensor_t first = {0}, packed = {0};
  MMD_TRY(mmd_tensor_slice(found, 1, 0, 1, &first));
  mmd_status_t status = mmd_tensor_contiguous(&first, &packed);
  if (!status) status = mmd_tensor_reshape(&packed, &shape, out_weights);
  mmd_tensor_deinit(&packed);
  mmd_tensor_deinit(&first);
  return status;
}

mmd_status_t ov_resize_weights(const mmd_node_t *resize, const ov_resize_axis_t *axis,
                               mmd_tensor_t *out_weights) {
  probe_t probe = {0};
  mmd_status_t status = evaluate(resize, axis, &probe);
  if (!status) status = drop_repeats(&probe.output.tensor, out_weights);
  for (int i = 0; i < INPUTS; ++i) mmd_datum_deinit(&probe.inputs[i]);
  mmd_datum_deinit(&probe.output);
  mmd_graph_destroy(probe.graph);
  return status;
}
