// SPDX-License-Identifier: Apache-2.0
//
// Operators that cut pictures into patches, put them together, or move elements to other places.
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- patches -----------------------------------------------------------===//

static void set_pair(ov_lower_t *l, ov_value_t out, const char *name, const char *key, size_t first,
                     int64_t fallback) {
  size_t count = 0;
  const int64_t *found = mmd_node_attr_ints(l->node, name, &count);
  const int64_t plain[] = {fallback, fallback};
  ov_set_ints(l, out, key, 2, found && count >= first + 2 ? found + first : plain);
}

void ov_lower_col2im(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 2)};
  if (ov_input_size(l, 1, 0) != 2) ov_refuse(l, "other than 2 spatial axes");
  const ov_value_t out = ov_emit(l, "Col2Im", "opset15", 3, inputs);
  set_pair(l, out, "strides", "strides", 0, 1);
  set_pair(l, out, "dilations", "dilations", 0, 1);
  set_pair(l, out, "pads", "pads_begin", 0, 0);
  set_pair(l, out, "pads", "pads_end", 2, 0);
  ov_output(l, 0, out);
}

// The sizes that were pooled.
static bool read_pooled(ov_lower_t *l, int rank, int64_t sizes[MMD_MAX_RANK]) {
  size_t kernel_count = 0, stride_count = 0, pad_count = 0;
  const int64_t *kernel = mmd_node_attr_ints(l->node, "kernel_shape", &kernel_count);
  const int64_t *strides = mmd_node_attr_ints(l->node, "strides", &stride_count);
  const int64_t *pads = mmd_node_attr_ints(l->node, "pads", &pad_count);
  const size_t count = rank > 2 ? (size_t)rank - 2 : 0;
  if (!count || kernel_count != count) ov_refuse(l, "a kernel_shape of %zu numbers", kernel_count);
  for (int i = 0; i < rank && ov_ok(l); ++i) {
    sizes[i] = ov_input_size(l, 0, i);
    if (sizes[i] < 0) ov_refuse(l, "a size that is not known");
    if (i < 2) continue;
    const size_t k = (size_t)i - 2;
    const int64_t pad = pad_count == 2 * count ? pads[k] + pads[count + k] : 0;
    sizes[i] = (sizes[i] - 1) * (stride_count == count ? strides[k] : 1) - pad + kernel[k];
  }
  return ov_ok(l);
}

// The numbers are written into zeros where input 1 says, which counts over the whole tensor that
// was pooled. Input 2 may ask for more behind.
void ov_lower_max_unpool(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  int64_t sizes[MMD_MAX_RANK], begins[MMD_MAX_RANK] = {0}, flat = -1, total = 1;
  if (!read_pooled(l, rank, sizes)) return;
  for (int i = 0; i < rank; ++i) total *= sizes[i];
  const ov_value_t shape = ov_constant_i64s(l, (size_t)rank, sizes);
  const ov_value_t end = ov_constant_i64s(l, 1, &flat);
  const ov_value_t zero = ov_constant_number(l, ov_input_dtype(l, 0), 0);
  const ov_value_t inputs[] = {ov_broadcast(l, zero, ov_constant_i64s(l, 1, &total)),
                               ov_reshape(l, ov_input(l, 1), end, false),
                               ov_reshape(l, ov_input(l, 0), end, false), ov_constant_i64(l, 0)};
  ov_value_t out = ov_emit(l, "ScatterElementsUpdate", "opset12", 4, inputs);
  ov_set(l, out, "reduction", "none");
  ov_set_bool(l, out, "use_init_val", true);
  out = ov_reshape(l, out, shape, false);
  if (mmd_node_input(l->node, 2)) {
    const ov_value_t begin = ov_constant_i64s(l, (size_t)rank, begins);
    out = ov_pad(l, out, begin, ov_binary(l, "Subtract", ov_input(l, 2), shape), zero, "constant");
  }
  ov_output(l, 0, out);
}

//===--- sizes -------------------------------------------------------------===//

// The middle of an axis that is too long, zeros around one that is too short.
static ov_value_t fit_axis(ov_lower_t *l, ov_value_t x, int rank, int64_t axis, int64_t size,
                           int64_t wanted) {
  int64_t begins[MMD_MAX_RANK] = {0}, ends[MMD_MAX_RANK] = {0};
  if (size >= wanted) {
    const int64_t begin = (size - wanted) / 2;
    return size == wanted ? x : ov_slice(l, x, axis, begin, begin + wanted);
  }
  begins[axis] = (wanted - size) / 2;
  ends[axis] = wanted - size - begins[axis];
  return ov_pad(l, x, ov_constant_i64s(l, (size_t)rank, begins),
                ov_constant_i64s(l, (size_t)rank, ends),
                ov_constant_number(l, ov_input_dtype(l, 0), 0), "constant");
}

void ov_lower_center_crop_pad(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  int64_t wanted[MMD_MAX_RANK];
  size_t count = 0, axis_count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &axis_count);
  ov_value_t x = ov_input(l, 0);
  if (!ov_read_ints(l, "", 1, MMD_MAX_RANK, wanted, &count)) return;
  if (axes ? axis_count != count : (int)count != rank) ov_refuse(l, "a shape of %zu sizes", count);
  for (size_t i = 0; i < count && ov_ok(l); ++i) {
    int64_t axis = axes ? axes[i] : (int64_t)i;
    if (axis < 0) axis += rank;
    const int64_t size = ov_input_size(l, 0, (int)axis);
    if (size < 0 || wanted[i] < 0) ov_refuse(l, "a size that is not known");
    if (ov_ok(l)) x = fit_axis(l, x, rank, axis, size, wanted[i]);
  }
  ov_output(l, 0, x);
}

//===--- grids -------------------------------------------------------------===//

// -1 … 1 in |size| steps; without |is_aligned| the middles of as many parts.
static ov_value_t base_line(ov_lower_t *l, int64_t size, bool is_aligned) {
  const mmd_shape_t shape = {.rank = 1, .dims = {size}};
  mmd_tensor_t tensor = {0};
  ov_fail(l, mmd_tensor_create(MMD_F32, &shape, true, &tensor));
  if (!ov_ok(l)) return (ov_value_t){0};
  float *data = mmd_tensor_mutable_data(&tensor);
  for (int64_t i = 0; i < size; ++i) {
    const double part = is_aligned ? (size > 1 ? (double)i / (double)(size - 1) : 0.5)
                                   : ((double)i + 0.5) / (double)size;
    data[i] = (float)(2 * part - 1);
  }
  const ov_value_t out = ov_constant(l, &tensor);
  mmd_tensor_deinit(&tensor);
  return out;
}

// theta [N, d, d + 1] times the points (x, y, …, 1) of a grid: [N, (D,) H, W, d].
void ov_lower_affine_grid(ov_lower_t *l) {
  int64_t size[5], grid[5] = {1}, flat[] = {-1, 0}, shape[5] = {0};
  size_t count = 0;
  ov_value_t columns[4];
  const bool is_aligned = ov_attr_int(l, "align_corners", 0) != 0;
  const ov_value_t theta = ov_input(l, 0);
  if (!ov_read_ints(l, "", 1, 5, size, &count)) return;
  if (count < 4) ov_refuse(l, "a size of %zu numbers", count);
  const size_t axes = ov_ok(l) ? count - 2 : 0;
  for (size_t i = 0; i < axes; ++i) grid[i] = shape[i + 1] = size[i + 2];
  grid[axes] = 1;
  for (size_t i = 0; i < axes; ++i) {  // column i is of the i-th axis from behind
    int64_t line[5];
    for (size_t k = 0; k <= axes; ++k) line[k] = k == axes - 1 - i ? size[2 + k] : 1;
    const ov_value_t base = ov_reshape(l, base_line(l, size[count - 1 - i], is_aligned),
                                       ov_constant_i64s(l, axes + 1, line), false);
    columns[i] = ov_broadcast(l, base, ov_constant_i64s(l, axes + 1, grid));
  }
  columns[axes] =
      ov_broadcast(l, ov_constant_number(l, MMD_F32, 1), ov_constant_i64s(l, axes + 1, grid));
  flat[1] = (int64_t)axes + 1;
  const ov_value_t points = ov_reshape(l, ov_concat(l, axes + 1, columns, (int64_t)axes),
                                       ov_constant_i64s(l, 2, flat), false);
  shape[axes + 1] = (int64_t)axes;
  const ov_value_t out = ov_matmul(l, points, theta, false, true);
  ov_output(l, 0, ov_reshape(l, out, ov_constant_i64s(l, axes + 2, shape), true));
}

//===--- distinct elements -------------------------------------------------===//

void ov_lower_unique(ov_lower_t *l) {
  const mmd_attr_t *axis = mmd_node_attr(l->node, "axis");
  const ov_value_t inputs[] = {ov_input(l, 0),
                               ov_constant_i64(l, axis ? ov_attr_int(l, "axis", 0) : 0)};
  const ov_value_t out = ov_emit_many(l, "Unique", "opset10", axis ? 2 : 1, inputs, 4);
  ov_set_bool(l, out, "sorted", ov_attr_int(l, "sorted", 1) != 0);
  ov_set(l, out, "index_element_type", "i64");
  ov_set(l, out, "count_element_type", "i64");
  for (size_t i = 0; i < 4; ++i) ov_output(l, i, ov_result(out, i));
}
