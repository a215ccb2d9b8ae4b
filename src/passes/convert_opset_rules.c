// SPDX-License-Identifier: Apache-2.0
//
// What changed between opsets, from the change log of the ONNX operators.
#include <stdio.h>
#include <string.h>

#include "passes/convert_opset.h"
#include "passes/pass_util.h"

typedef mmd_status_t (*apply_fn)(mmd_node_t *node, int64_t target, bool *out_done);

// Helpers.

static const char *base_name(const mmd_node_t *node) {
  if (*node->name) return node->name;
  return node->output_count > 0 && node->outputs[0] ? node->outputs[0]->name : node->op;
}

// Input |index| becomes a constant named "<node>_<what>".
static mmd_status_t set_constant_input(mmd_node_t *node, size_t index, const char *what,
                                       mmd_tensor_t *tensor) {
  mmd_edge_t *edge = NULL;
  char *name = mmd_arena_printf(&node->region->graph->arena, "%s_%s", base_name(node), what);
  if (!name) {
    mmd_tensor_deinit(tensor);
    return mmd_status_no_memory();
  }
  MMD_TRY(mmd_pass_add_constant(node, name, tensor, &edge));
  return mmd_node_set_input(node, index, edge);
}

// Integers of the attribute |name| become input |index|; nothing when it is absent.
static mmd_status_t move_ints(mmd_node_t *node, const char *name, size_t index) {
  size_t count = 0;
  const int64_t *numbers = mmd_node_attr_ints(node, name, &count);
  mmd_tensor_t tensor = {0};
  if (!numbers && !mmd_node_attr(node, name)) return NULL;
  MMD_TRY(mmd_tensor_from_i64(numbers, count, &tensor));
  MMD_TRY(set_constant_input(node, index, name, &tensor));
  mmd_node_remove_attr(node, name);
  return NULL;
}

// A scalar of the node's element type becomes input |index|.
static mmd_status_t set_scalar(mmd_node_t *node, size_t index, const char *what, mmd_dtype_t dtype,
                               double number) {
  mmd_shape_t scalar = {0};
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_create(dtype, &scalar, true, &tensor));
  mmd_dtype_store_f64(dtype, mmd_tensor_mutable_data(&tensor), 0, number);
  return set_constant_input(node, index, what, &tensor);
}

static mmd_dtype_t input_dtype(const mmd_node_t *node) {
  const mmd_edge_t *edge = mmd_node_input(node, 0);
  bool is_known = edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.dtype;
  return is_known ? edge->type.dtype : MMD_F32;  // these attributes are from a time of floats
}

// -1 when not known.
static int input_rank(const mmd_node_t *node, size_t index) {
  const mmd_edge_t *edge = mmd_node_input(node, index);
  bool is_known = edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.has_rank;
  return is_known ? edge->type.rank : -1;
}

// A node before |node| with one output.
static mmd_status_t insert(mmd_node_t *node, const char *op, const char *what, size_t input_count,
                           mmd_edge_t *const *inputs, mmd_node_t **out_node) {
  char *name = mmd_arena_printf(&node->region->graph->arena, "%s_%s", base_name(node), what);
  MMD_TRY_ALLOC(name);
  MMD_TRY(mmd_node_create(node->region, node, MMD_DOMAIN_ONNX, op, name, input_count, inputs, 1,
                          out_node));
  return mmd_node_set_scope(*out_node, node->scope);
}

// Rules.

// Broadcasting became numpy's: operands used to be aligned at |axis|.
static mmd_status_t binary_7(mmd_node_t *node, int64_t target, bool *out_done) {
  int rank = input_rank(node, 0), small = input_rank(node, 1);
  bool broadcasts = mmd_node_attr_int(node, "broadcast", 0) != 0;
  int64_t axis = mmd_node_attr_int(node, "axis", -1);
  if (broadcasts && mmd_node_attr(node, "axis")) {
    if (rank < 0 || small < 0 || small > rank) return NULL;
    if (axis < 0) axis += rank;
    int64_t behind = rank - axis - small;  // dimensions to add behind the small operand's
    if (axis < 0 || behind < 0) return NULL;
    if (behind > 0) {
      int64_t axes[MMD_MAX_RANK];
      mmd_node_t *unsqueeze = NULL;
      for (int64_t i = 0; i < behind; ++i) axes[i] = small + i;
      MMD_TRY(insert(node, "Unsqueeze", "aligned", 1, &node->inputs[1], &unsqueeze));
      MMD_TRY(mmd_node_set_ints(unsqueeze, "axes", (size_t)behind, axes));
      if (target >= 13) MMD_TRY(move_ints(unsqueeze, "axes", 1));
      MMD_TRY(mmd_node_set_input(node, 1, unsqueeze->outputs[0]));
    }
  }
  mmd_node_remove_attr(node, "broadcast");
  mmd_node_remove_attr(node, "axis");
  *out_done = true;
  return NULL;
}

static mmd_status_t batch_norm_7(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (mmd_node_attr_int(node, "is_test", 0) == 0) return NULL;  // training
  mmd_node_remove_attr(node, "is_test");
  *out_done = true;
  return NULL;
}

static mmd_status_t batch_norm_9(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (mmd_node_attr_int(node, "spatial", 1) == 0) return NULL;
  mmd_node_remove_attr(node, "spatial");
  *out_done = true;
  return NULL;
}

// Outputs 1 to 4 were of training.
static mmd_status_t batch_norm_14(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  for (size_t i = 1; i < node->output_count; ++i)
    if (mmd_pass_output_used(node, i)) return NULL;
  while (node->output_count > 1) MMD_TRY(mmd_node_drop_output(node, node->output_count - 1));
  *out_done = true;
  return NULL;
}

// "FLOAT" became 1.
static mmd_status_t cast_6(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  static const char *const names[] = {
      "UNDEFINED", "FLOAT", "UINT8",   "INT8",   "UINT16", "INT16",  "INT32",     "INT64",
      "STRING",    "BOOL",  "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64", "COMPLEX128"};
  const char *to = mmd_node_attr_string(node, "to", NULL);
  for (size_t i = 1; to && i < sizeof names / sizeof *names; ++i) {
    if (strcmp(to, names[i]) != 0) continue;
    MMD_TRY(mmd_node_set_int(node, "to", (int64_t)i));
    to = NULL;
  }
  *out_done = mmd_node_attr_int(node, "to", 0) > 0;
  return NULL;
}

static mmd_status_t clip_11(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  static const char *const names[] = {"min", "max"};
  for (size_t i = 0; i < 2; ++i) {
    if (!mmd_node_attr(node, names[i])) continue;
    double number = mmd_node_attr_float(node, names[i], 0);
    MMD_TRY(set_scalar(node, i + 1, names[i], input_dtype(node), number));
    mmd_node_remove_attr(node, names[i]);
  }
  *out_done = true;
  return NULL;
}

static mmd_status_t concat_4(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  return mmd_node_attr(node, "axis") ? NULL : mmd_node_set_int(node, "axis", 1);
}

static mmd_status_t dropout_7(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (mmd_node_attr_int(node, "is_test", 0) == 0) return NULL;  // training
  mmd_node_remove_attr(node, "is_test");
  *out_done = true;
  return NULL;
}

static mmd_status_t dropout_12(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (mmd_pass_output_used(node, 1) && node->version < 10) return NULL;  // the mask was no bool
  if (mmd_node_attr(node, "ratio")) {
    MMD_TRY(set_scalar(node, 1, "ratio", MMD_F32, mmd_node_attr_float(node, "ratio", 0.5)));
    mmd_node_remove_attr(node, "ratio");
  }
  *out_done = true;
  return NULL;
}

static mmd_status_t gemm_7(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  mmd_node_remove_attr(node, "broadcast");
  *out_done = true;
  return NULL;
}

// Scale and bias used to be one number a group; now they are one a channel.
static mmd_status_t repeat_groups(mmd_node_t *node, size_t index, const char *what, int64_t each) {
  const int64_t column[] = {-1, 1}, repeats[] = {1, each}, flat[] = {-1};
  static const char *const ops[] = {"Reshape", "Expand", "Reshape"};
  static const char *const steps[] = {"column", "repeated", "channels"};
  const int64_t *const shapes[] = {column, repeats, flat};
  const size_t ranks[] = {2, 2, 1};
  mmd_edge_t *edge = node->inputs[index];
  for (size_t i = 0; i < 3; ++i) {
    mmd_tensor_t shape = {0};
    mmd_node_t *made = NULL;
    char name[40];
    snprintf(name, sizeof name, "%s_%s", what, steps[i]);
    MMD_TRY(insert(node, ops[i], name, 2, (mmd_edge_t *[]){edge, NULL}, &made));
    MMD_TRY(mmd_tensor_from_i64(shapes[i], ranks[i], &shape));
    MMD_TRY(set_constant_input(made, 1, "shape", &shape));
    edge = made->outputs[0];
  }
  return mmd_node_set_input(node, index, edge);
}

static mmd_status_t group_norm_21(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  int64_t groups = mmd_node_attr_int(node, "num_groups", 0);
  int64_t channels = input_rank(node, 0) > 1 ? mmd_dim_number(node->inputs[0]->type.dims[1]) : -1;
  if (node->input_count < 3 || groups < 1 || channels < 1 || channels % groups) return NULL;
  MMD_TRY(repeat_groups(node, 1, "scale", channels / groups));
  MMD_TRY(repeat_groups(node, 2, "bias", channels / groups));
  *out_done = true;
  return NULL;
}

// The modes lost their second dimension's prefix.
static mmd_status_t grid_sample_20(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  const char *mode = mmd_node_attr_string(node, "mode", "bilinear");
  *out_done = true;
  if (strcmp(mode, "bilinear") == 0) return mmd_node_set_string(node, "mode", "linear");
  return strcmp(mode, "bicubic") == 0 ? mmd_node_set_string(node, "mode", "cubic") : NULL;
}

static mmd_status_t pad_2(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  size_t count = 0;
  const int64_t *pads = mmd_node_attr_ints(node, "paddings", &count);
  if (!pads) return NULL;
  MMD_TRY(mmd_node_set_ints(node, "pads", count, pads));
  mmd_node_remove_attr(node, "paddings");
  *out_done = true;
  return NULL;
}

static mmd_status_t pad_11(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (!mmd_node_attr(node, "pads")) return NULL;
  MMD_TRY(move_ints(node, "pads", 1));
  double value = mmd_node_attr_float(node, "value", 0);
  if (value != 0) MMD_TRY(set_scalar(node, 2, "value", input_dtype(node), value));
  mmd_node_remove_attr(node, "value");
  *out_done = true;
  return NULL;
}

// One slope a channel stood along dimension 1.
static mmd_status_t prelu_7(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  const mmd_tensor_t *slope = mmd_pass_constant(node, 1);
  int rank = input_rank(node, 0);
  if (!slope || rank < 0) return NULL;
  if (slope->shape.rank == 1 && slope->shape.dims[0] > 1 && rank > 2) {
    mmd_shape_t shape = {.rank = rank - 1, .dims = {slope->shape.dims[0]}};
    mmd_tensor_t tensor = {0};
    for (int i = 1; i < shape.rank; ++i) shape.dims[i] = 1;
    MMD_TRY(mmd_tensor_reshape(slope, &shape, &tensor));
    MMD_TRY(set_constant_input(node, 1, "slope", &tensor));
  }
  *out_done = true;
  return NULL;
}

// Axes moved to an input: ReduceSum at 13, its sisters at 18, Squeeze and Unsqueeze at 13.
static mmd_status_t axes_to_input(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  return move_ints(node, "axes", 1);
}

static mmd_status_t reshape_5(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (!mmd_node_attr(node, "shape")) return NULL;
  *out_done = true;
  return move_ints(node, "shape", 1);
}

// How Resize before 11 chose the nearest pixel: the floor, or the ceiling along an axis that
// becomes smaller. NULL when both are needed. Scales that are not known are taken for larger
// than 1.
static const char *old_nearest_mode(const mmd_node_t *node) {
  const mmd_tensor_t *scales = mmd_pass_constant(node, 1);
  bool grows = false, shrinks = false;
  for (size_t i = 0; scales && i < mmd_tensor_count(scales); ++i) {
    double scale = mmd_tensor_get_f64(scales, i);
    grows = grows || scale > 1;
    shrinks = shrinks || scale < 1;
  }
  if (grows && shrinks) return NULL;
  return shrinks ? "ceil" : "floor";
}

// Resize and Upsample before 11 know scales only; a pixel's place is x / scale.
static mmd_status_t set_old_resize_rules(mmd_node_t *node, int64_t target, bool *out_done) {
  bool nearest = strcmp(mmd_node_attr_string(node, "mode", "nearest"), "nearest") == 0;
  const char *nearest_mode = old_nearest_mode(node);
  mmd_edge_t *scales = mmd_node_input(node, 1);
  if (nearest && !nearest_mode) return NULL;
  MMD_TRY(mmd_node_set_input(node, 2, scales));
  MMD_TRY(mmd_node_set_input(node, 1, NULL));
  if (target < 13) {  // not optional yet
    mmd_tensor_t empty = {0};
    mmd_shape_t shape = {.rank = 1};
    MMD_TRY(mmd_tensor_create(MMD_F32, &shape, true, &empty));
    MMD_TRY(set_constant_input(node, 1, "roi", &empty));
  }
  MMD_TRY(mmd_node_set_string(node, "coordinate_transformation_mode", "asymmetric"));
  if (nearest) MMD_TRY(mmd_node_set_string(node, "nearest_mode", nearest_mode));
  *out_done = true;
  return NULL;
}

static mmd_status_t resize_11(mmd_node_t *node, int64_t target, bool *out_done) {
  return set_old_resize_rules(node, target, out_done);
}

static mmd_status_t set_scales(mmd_node_t *node, const float *scales, size_t count) {
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_from_f32(scales, count, &tensor));
  return set_constant_input(node, 1, "scales", &tensor);
}

static mmd_status_t upsample_7(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  double height = mmd_node_attr_float(node, "height_scale", 0);
  double width = mmd_node_attr_float(node, "width_scale", 0);
  if (!(height >= 1) || !(width >= 1)) return NULL;
  const double scales[4] = {1, 1, height, width};
  MMD_TRY(mmd_node_set_floats(node, "scales", 4, scales));
  mmd_node_remove_attr(node, "height_scale");
  mmd_node_remove_attr(node, "width_scale");
  if (strcmp(mmd_node_attr_string(node, "mode", "nearest"), "bilinear") == 0)
    MMD_TRY(mmd_node_set_string(node, "mode", "linear"));
  *out_done = true;
  return NULL;
}

static mmd_status_t upsample_9(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  const mmd_attr_t *attr = mmd_node_attr(node, "scales");
  float scales[MMD_MAX_RANK];
  if (!attr || attr->kind != MMD_ATTR_FLOATS || attr->count > MMD_MAX_RANK) return NULL;
  for (size_t i = 0; i < attr->count; ++i) scales[i] = (float)attr->u.numbers[i];
  MMD_TRY(set_scales(node, scales, attr->count));
  mmd_node_remove_attr(node, "scales");
  *out_done = true;
  return NULL;
}

// Upsample went with opset 10; Resize takes its place, with the same inputs there.
static mmd_status_t upsample_10(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  return mmd_node_set_op(node, MMD_DOMAIN_ONNX, "Resize", 10);
}

static mmd_status_t roi_align_16(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  if (mmd_node_attr(node, "coordinate_transformation_mode")) return NULL;
  return mmd_node_set_string(node, "coordinate_transformation_mode", "output_half_pixel");
}

static mmd_status_t scatter_11(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  return mmd_node_set_op(node, MMD_DOMAIN_ONNX, "ScatterElements", 11);
}

static mmd_status_t slice_10(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (!mmd_node_attr(node, "starts") || !mmd_node_attr(node, "ends")) return NULL;
  MMD_TRY(move_ints(node, "starts", 1));
  MMD_TRY(move_ints(node, "ends", 2));
  *out_done = true;
  return move_ints(node, "axes", 3);
}

// The old softmax took all dimensions from |axis| on as one.
static mmd_status_t softmax_13(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  int rank = input_rank(node, 0);
  int64_t axis = mmd_node_attr_int(node, "axis", 1);
  *out_done = true;
  if (axis == -1 || (rank > 0 && axis == rank - 1))
    return mmd_node_set_int(node, "axis", axis == -1 ? -1 : rank - 1);
  // Flatten, take it over the last dimension, give the shape back.
  mmd_node_t *flat = NULL, *shape = NULL, *back = NULL;
  mmd_edge_t *input = node->inputs[0], *output = node->outputs[0];
  MMD_TRY(insert(node, "Shape", "shape", 1, &input, &shape));
  MMD_TRY(insert(node, "Flatten", "flat", 1, &input, &flat));
  MMD_TRY(mmd_node_set_int(flat, "axis", axis));
  mmd_type_t type = output->type;
  MMD_TRY(mmd_node_create(node->region, node->next, MMD_DOMAIN_ONNX, "Reshape", base_name(node), 2,
                          (mmd_edge_t *[]){output, shape->outputs[0]}, 1, &back));
  back->outputs[0]->type = type;
  MMD_TRY(mmd_node_set_scope(back, node->scope));
  MMD_TRY(mmd_node_set_input(node, 0, flat->outputs[0]));
  output->type = (mmd_type_t){0};
  MMD_TRY(mmd_edge_forward(output, back->outputs[0]));
  MMD_TRY(mmd_node_set_input(back, 0, output));
  return mmd_node_set_int(node, "axis", -1);
}

static mmd_status_t split_13(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  return move_ints(node, "split", 1);
}

static mmd_status_t split_18(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  *out_done = true;
  if (mmd_node_input(node, 1)) return NULL;
  return mmd_node_set_int(node, "num_outputs", (int64_t)node->output_count);
}

static mmd_status_t top_k_10(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)target;
  if (!mmd_node_attr(node, "k")) return NULL;
  int64_t k = mmd_node_attr_int(node, "k", 0);
  mmd_tensor_t tensor = {0};
  MMD_TRY(mmd_tensor_from_i64(&k, 1, &tensor));
  MMD_TRY(set_constant_input(node, 1, "k", &tensor));
  mmd_node_remove_attr(node, "k");
  *out_done = true;
  return NULL;
}

// The first form of Tile repeated along one axis.
static mmd_status_t refuse(mmd_node_t *node, int64_t target, bool *out_done) {
  (void)node;
  (void)target;
  *out_done = false;
  return NULL;
}

const mmd_opset_rule_t mmd_opset_rules[] = {
    {"Add", 7, binary_7},
    {"And", 7, binary_7},
    {"BatchNormalization", 7, batch_norm_7},
    {"BatchNormalization", 9, batch_norm_9},
    {"BatchNormalization", 14, batch_norm_14},
    {"Cast", 6, cast_6},
    {"Clip", 11, clip_11},
    {"Concat", 4, concat_4},
    {"Div", 7, binary_7},
    {"Dropout", 7, dropout_7},
    {"Dropout", 12, dropout_12},
    {"Equal", 7, binary_7},
    {"Gemm", 7, gemm_7},
    {"Greater", 7, binary_7},
    {"GridSample", 20, grid_sample_20},
    {"GroupNormalization", 21, group_norm_21},
    {"Hardmax", 13, softmax_13},
    {"Less", 7, binary_7},
    {"LogSoftmax", 13, softmax_13},
    {"Mul", 7, binary_7},
    {"Or", 7, binary_7},
    {"PRelu", 7, prelu_7},
    {"Pad", 2, pad_2},
    {"Pad", 11, pad_11},
    {"Pow", 7, binary_7},
    {"ReduceL1", 18, axes_to_input},
    {"ReduceL2", 18, axes_to_input},
    {"ReduceLogSum", 18, axes_to_input},
    {"ReduceLogSumExp", 18, axes_to_input},
    {"ReduceMax", 18, axes_to_input},
    {"ReduceMean", 18, axes_to_input},
    {"ReduceMin", 18, axes_to_input},
    {"ReduceProd", 18, axes_to_input},
    {"ReduceSum", 13, axes_to_input},
    {"ReduceSumSquare", 18, axes_to_input},
    {"Reshape", 5, reshape_5},
    {"Resize", 11, resize_11},
    {"RoiAlign", 16, roi_align_16},
    {"Scatter", 11, scatter_11},
    {"Slice", 10, slice_10},
    {"Softmax", 13, softmax_13},
    {"Split", 13, split_13},
    {"Split", 18, split_18},
    {"Squeeze", 13, axes_to_input},
    {"Sub", 7, binary_7},
    {"Tile", 6, refuse},
    {"TopK", 10, top_k_10},
    {"Unsqueeze", 13, axes_to_input},
    {"Upsample", 7, upsample_7},
    {"Upsample", 9, upsample_9},
    {"Upsample", 10, upsample_10},
    {"Xor", 7, binary_7},
    {NULL, 0, NULL},
};
