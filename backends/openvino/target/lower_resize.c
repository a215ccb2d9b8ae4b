// SPDX-License-Identifier: Apache-2.0
//
// Resize and Upsample. The engine's Interpolate does what most networks ask for. The rest
// (antialias, exclude_outside, tf_crop_and_resize, keep_aspect_ratio_policy, axes that are no
// picture's) becomes a product with constant weights an axis, for which all sizes must be known.
#include <math.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"
#include "backends/openvino/target/resize_weights.h"

// |sizes| or |scales| of all axes, or of some.
typedef struct resize_t {
  bool is_upsample, by_sizes;
  bool is_nearest;
  const char *transform, *policy;
  size_t input;  // of sizes or scales
  size_t axis_count;
  int rank;
  int64_t axes[MMD_MAX_RANK];
} resize_t;

static bool is_word(const char *a, const char *b) {
  return strcmp(a, b) == 0;
}

static void read_axes(ov_lower_t *l, resize_t *r) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  r->axis_count = axes ? count : (size_t)r->rank;
  if (r->axis_count > MMD_MAX_RANK) ov_refuse(l, "%zu axes", r->axis_count);
  for (size_t i = 0; i < r->axis_count && ov_ok(l); ++i) {
    r->axes[i] = axes ? axes[i] : (int64_t)i;
    if (r->axes[i] < 0) r->axes[i] += r->rank;
    if (r->axes[i] < 0 || r->axes[i] >= r->rank) ov_refuse(l, "axis %lld", (long long)axes[i]);
  }
}

static bool read_resize(ov_lower_t *l, resize_t *out_resize) {
  resize_t *r = out_resize;
  *r = (resize_t){.rank = ov_input_rank(l, 0)};
  r->is_upsample = is_word(l->node->op, "Upsample");
  r->by_sizes = !r->is_upsample && mmd_node_input(l->node, 3);
  r->input = r->is_upsample ? 1 : r->by_sizes ? 3 : 2;
  r->is_nearest = is_word(ov_attr_string(l, "mode", "nearest"), "nearest");
  r->transform = ov_attr_string(l, "coordinate_transformation_mode",
                                r->is_upsample ? "asymmetric" : "half_pixel");
  r->policy = ov_attr_string(l, "keep_aspect_ratio_policy", "stretch");
  if (!mmd_node_input(l->node, r->input)) ov_refuse(l, "neither sizes nor scales");
  // The two differ where the scaled size is no whole number.
  if (r->by_sizes && is_word(r->transform, "half_pixel_symmetric")) r->transform = "half_pixel";
  read_axes(l, r);
  return ov_ok(l);
}

// The numbers of sizes or scales; false where they are not constant.
static bool read_numbers(const ov_lower_t *l, const resize_t *r, double numbers[MMD_MAX_RANK]) {
  const mmd_tensor_t *tensor = ov_input_constant(l, r->input);
  if (!tensor || mmd_tensor_count(tensor) != r->axis_count) return false;
  for (size_t i = 0; i < r->axis_count; ++i) numbers[i] = mmd_tensor_get_f64(tensor, i);
  return true;
}

//===--- what Interpolate lacks --------------------------------------------===//

// The engine takes the rounded size for the scale.
static bool has_broken_scale(const ov_lower_t *l, const resize_t *r) {
  double scales[MMD_MAX_RANK];
  if (r->by_sizes) return false;
  if (!read_numbers(l, r, scales)) return true;
  for (size_t i = 0; i < r->axis_count; ++i) {
    const int64_t size = ov_input_size(l, 0, (int)r->axes[i]);
    const double scaled = size < 0 ? scales[i] : scales[i] * (double)size;
    if (scales[i] != 1 && scaled != floor(scaled)) return true;
    if (size < 0 && scales[i] < 1) return true;
  }
  return false;
}

// Batch and channels, which linear and cubic interpolation must leave alone.
static bool scales_outer(const ov_lower_t *l, const resize_t *r) {
  double numbers[MMD_MAX_RANK];
  if (r->is_nearest || r->axis_count != (size_t)r->rank) return false;
  if (r->rank < 3) return true;
  if (!read_numbers(l, r, numbers)) return false;
  for (int i = 0; i < 2; ++i) {
    const int64_t size = ov_input_size(l, 0, i);
    if (r->by_sizes ? size >= 0 && numbers[i] != (double)size : numbers[i] != 1) return true;
  }
  return false;
}

// A scale like 1.1 of 4 pixels moves them, though there are no more; the engine leaves them alone.
// Where no size changes PyTorch does so, too.
static bool moves_only(const ov_lower_t *l, const resize_t *r) {
  double scales[MMD_MAX_RANK];
  bool moves = false, changes = false;
  if (r->is_nearest || r->by_sizes || !read_numbers(l, r, scales)) return false;
  for (size_t i = 0; i < r->axis_count; ++i) {
    const double size = (double)ov_input_size(l, 0, (int)r->axes[i]);
    const bool is_same = floor(size * scales[i]) == size;
    if (size < 0) return false;
    moves = moves || (is_same && scales[i] != 1);
    changes = changes || !is_same;
  }
  return moves && changes;
}

// What the engine cannot do, in words for the user, or NULL.
static const char *find_lack(const ov_lower_t *l, const resize_t *r) {
  const bool is_cubic = is_word(ov_attr_string(l, "mode", ""), "cubic");
  if (is_word(r->transform, "tf_crop_and_resize")) return "tf_crop_and_resize";
  if (is_word(r->transform, "half_pixel_symmetric")) return "half_pixel_symmetric";
  if (!is_word(r->policy, "stretch") && r->by_sizes) return "keep_aspect_ratio_policy";
  // The engine's filter is Pillow's, which has other weights at the borders.
  if (!r->is_nearest && ov_attr_int(l, "antialias", 0)) return "antialias";
  if (is_cubic && ov_attr_int(l, "exclude_outside", 0)) return "exclude_outside";
  if (is_word(r->transform, "align_corners") && has_broken_scale(l, r))
    return "align_corners with scales that give no whole sizes";
  if (scales_outer(l, r)) return "interpolation of batch or channels";
  if (moves_only(l, r)) return "a scale that changes no size";
  return is_cubic && r->rank != 4 ? "cubic of other than 4 dimensions" : NULL;
}

//===--- constant weights --------------------------------------------------===//

static void read_roi(ov_lower_t *l, const resize_t *r, size_t i, float roi[2]) {
  const mmd_tensor_t *tensor = ov_input_constant(l, 1);
  roi[0] = 0;
  roi[1] = 1;
  if (!is_word(r->transform, "tf_crop_and_resize") || !mmd_node_input(l->node, 1)) return;
  if (!tensor || mmd_tensor_count(tensor) != 2 * r->axis_count) {
    ov_refuse(l, "tf_crop_and_resize needs a constant roi of %zu numbers", 2 * r->axis_count);
    return;
  }
  roi[0] = (float)mmd_tensor_get_f64(tensor, i);
  roi[1] = (float)mmd_tensor_get_f64(tensor, r->axis_count + i);
}

// The axis whose scale is that of all.
static size_t leading_axis(const ov_lower_t *l, const resize_t *r, const double *sizes) {
  const bool is_largest = is_word(r->policy, "not_smaller");
  double best = 0;
  size_t leader = 0;
  for (size_t i = 0; i < r->axis_count; ++i) {
    const double scale = sizes[i] / (double)ov_input_size(l, 0, (int)r->axes[i]);
    if (i > 0 && (is_largest ? scale <= best : scale >= best)) continue;
    best = scale;
    leader = i;
  }
  return leader;
}

static void describe_axis(ov_lower_t *l, const resize_t *r, const double *numbers, size_t i,
                          ov_resize_axis_t *out_axis) {
  *out_axis = (ov_resize_axis_t){.in = ov_input_size(l, 0, (int)r->axes[i])};
  read_roi(l, r, i, out_axis->roi);
  if (!r->by_sizes) {
    out_axis->scale = (float)numbers[i];
    return;
  }
  out_axis->size = (int64_t)numbers[i];
  if (is_word(r->policy, "stretch")) return;
  const size_t leader = leading_axis(l, r, numbers);
  if (leader == i) return;
  out_axis->other_in = ov_input_size(l, 0, (int)r->axes[leader]);
  out_axis->other_size = (int64_t)numbers[leader];
}

static bool is_unchanged(const resize_t *r, const ov_resize_axis_t *axis) {
  if (is_word(r->transform, "tf_crop_and_resize") || axis->other_in) return false;
  return r->by_sizes ? axis->size == axis->in : axis->scale == 1;
}

// The product of |weights| [out, in] with axis |axis| of |x|.
static ov_value_t multiply(ov_lower_t *l, const mmd_tensor_t *weights, int rank, int64_t axis,
                           ov_value_t x) {
  int64_t order[MMD_MAX_RANK];
  const ov_value_t matrix = ov_constant(l, weights);
  const bool is_first = rank > 1 && axis == rank - 2;
  for (int i = 0; i < rank; ++i) order[i] = i;
  order[axis] = rank - 1;
  order[rank - 1] = axis;
  const bool is_moved = !is_first && axis != rank - 1;
  if (is_moved) x = ov_transpose(l, x, (size_t)rank, order);
  const ov_value_t inputs[] = {is_first ? matrix : x, is_first ? x : matrix};
  ov_value_t out = ov_emit(l, "MatMul", "opset1", 2, inputs);
  ov_set_bool(l, out, "transpose_a", false);
  ov_set_bool(l, out, "transpose_b", !is_first);
  return is_moved ? ov_transpose(l, out, (size_t)rank, order) : out;
}

// The largest weight of each row, for nearest neighbours, or whether it has any.
static ov_value_t row_numbers(ov_lower_t *l, const mmd_tensor_t *weights, bool is_place) {
  const int64_t rows = weights->shape.dims[0], columns = weights->shape.dims[1];
  const float *data = mmd_tensor_data(weights);
  const mmd_shape_t shape = {.rank = 1, .dims = {rows}};
  mmd_tensor_t tensor = {0};
  ov_fail(l, mmd_tensor_create(is_place ? MMD_I64 : MMD_BOOL, &shape, true, &tensor));
  if (!ov_ok(l)) return (ov_value_t){0};
  for (int64_t i = 0; i < rows; ++i) {
    int64_t best = 0;
    bool has_any = false;
    for (int64_t k = 0; k < columns; ++k) {
      if (data[i * columns + k] > data[i * columns + best]) best = k;
      has_any = has_any || data[i * columns + k] != 0;
    }
    mmd_dtype_store_i64(tensor.dtype, mmd_tensor_mutable_data(&tensor), (size_t)i,
                        is_place ? best : has_any);
  }
  const ov_value_t out = ov_constant(l, &tensor);
  mmd_tensor_deinit(&tensor);
  return out;
}

// Elements outside of the input along |axis| become the extrapolation value.
static ov_value_t extrapolate(ov_lower_t *l, const mmd_tensor_t *weights, int rank, int64_t axis,
                              ov_value_t x) {
  const double number = ov_attr_float(l, "extrapolation_value", 0);
  int64_t shape[MMD_MAX_RANK];
  for (int i = 0; i < rank; ++i) shape[i] = i == axis ? -1 : 1;
  const ov_value_t is_inside = ov_reshape(l, row_numbers(l, weights, false),
                                          ov_constant_i64s(l, (size_t)rank, shape), false);
  return ov_select(l, is_inside, x, ov_constant_number(l, ov_input_dtype(l, 0), number));
}

static ov_value_t resize_axis(ov_lower_t *l, const resize_t *r, const mmd_tensor_t *weights,
                              int64_t axis, ov_value_t x) {
  x = r->is_nearest ? ov_gather(l, x, row_numbers(l, weights, true), axis)
                    : multiply(l, weights, r->rank, axis, x);
  return is_word(r->transform, "tf_crop_and_resize") ? extrapolate(l, weights, r->rank, axis, x)
                                                     : x;
}

static void check_known(ov_lower_t *l, const resize_t *r, const char *lack, double *numbers) {
  bool is_known = read_numbers(l, r, numbers);
  for (size_t i = 0; i < r->axis_count; ++i)
    is_known = is_known && ov_input_size(l, 0, (int)r->axes[i]) > 0;
  if (!is_known || r->is_upsample) ov_refuse(l, "%s where not all sizes are known", lack);
  if (!r->is_nearest && ov_input_dtype(l, 0) != MMD_F32)
    ov_refuse(l, "%s of %s", lack, mmd_dtype_name(ov_input_dtype(l, 0)));
}

static void resize_by_weights(ov_lower_t *l, const resize_t *r, const char *lack) {
  double numbers[MMD_MAX_RANK];
  ov_value_t x = ov_input(l, 0);
  check_known(l, r, lack, numbers);
  for (size_t i = 0; i < r->axis_count && ov_ok(l); ++i) {
    ov_resize_axis_t axis;
    mmd_tensor_t weights = {0};
    describe_axis(l, r, numbers, i, &axis);
    if (!ov_ok(l) || is_unchanged(r, &axis)) continue;
    ov_fail(l, ov_resize_weights(l->node, &axis, &weights));
    if (ov_ok(l)) x = resize_axis(l, r, &weights, r->axes[i], x);
    mmd_tensor_deinit(&weights);
  }
  ov_output(l, 0, x);
}

//===--- Interpolate -------------------------------------------------------===//

// Linear and cubic interpolation is of what follows batch and channels.
static ov_value_t drop_outer(ov_lower_t *l, resize_t *r, ov_value_t numbers) {
  if (r->is_nearest || r->axis_count != (size_t)r->rank) return numbers;
  r->axis_count -= 2;
  for (size_t i = 0; i < r->axis_count; ++i) r->axes[i] = (int64_t)i + 2;
  return ov_slice(l, numbers, 0, 2, r->rank);
}

static void interpolate(ov_lower_t *l, resize_t *r) {
  const char *mode = ov_attr_string(l, "mode", "nearest");
  const ov_value_t x = ov_input(l, 0);
  const ov_value_t numbers = drop_outer(l, r, ov_input(l, r->input));
  const ov_value_t inputs[] = {x, numbers, ov_constant_i64s(l, r->axis_count, r->axes)};
  const ov_value_t out = ov_emit(l, "Interpolate", "opset11", 3, inputs);
  ov_set(l, out, "mode", is_word(mode, "linear") ? "linear_onnx" : mode);
  ov_set(l, out, "shape_calculation_mode", r->by_sizes ? "sizes" : "scales");
  ov_set(l, out, "coordinate_transformation_mode", r->transform);
  ov_set(l, out, "nearest_mode", ov_attr_string(l, "nearest_mode", "round_prefer_floor"));
  ov_set_bool(l, out, "antialias", false);
  ov_set_float(l, out, "cube_coeff", ov_attr_float(l, "cubic_coeff_a", -0.75));
  ov_set(l, out, "pads_begin", "0");
  ov_set(l, out, "pads_end", "0");
  ov_output(l, 0, out);
}

void ov_lower_resize(ov_lower_t *l) {
  resize_t r;
  if (!read_resize(l, &r)) return;
  const char *lack = find_lack(l, &r);
  if (lack) {
    resize_by_weights(l, &r, lack);
  } else {
    interpolate(l, &r);
  }
}
