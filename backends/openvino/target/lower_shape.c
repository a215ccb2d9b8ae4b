// SPDX-License-Identifier: Apache-2.0
//
// Operators that ask for shapes or change them.
#include <stdint.h>
#include <string.h>

#include "backends/openvino/target/lower_table.h"

//===--- asking ------------------------------------------------------------===//

void ov_lower_shape(ov_lower_t *l) {
  const int64_t start = ov_attr_int(l, "start", 0), end = ov_attr_int(l, "end", INT64_MAX);
  const ov_value_t shape = ov_shape_of(l, ov_input(l, 0));
  const bool is_whole = start == 0 && end == INT64_MAX;
  ov_output(l, 0, is_whole ? shape : ov_slice(l, shape, 0, start, end));
}

void ov_lower_size(ov_lower_t *l) {
  const int64_t axis = 0;
  const ov_value_t inputs[] = {ov_shape_of(l, ov_input(l, 0)), ov_constant_i64s(l, 1, &axis)};
  const ov_value_t out = ov_emit(l, "ReduceProd", "opset1", 2, inputs);
  ov_set_bool(l, out, "keep_dims", false);
  ov_output(l, 0, out);
}

//===--- the same elements -------------------------------------------------===//

void ov_lower_reshape(ov_lower_t *l) {
  const bool keeps_zeros = ov_attr_int(l, "allowzero", 0) != 0;
  ov_output(l, 0, ov_reshape(l, ov_input(l, 0), ov_input(l, 1), !keeps_zeros));
}

// [d0 * … , the rest].
void ov_lower_flatten(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  int64_t axis = ov_attr_int(l, "axis", 1);
  if (axis < 0) axis += rank;
  const ov_value_t x = ov_input(l, 0);
  if (axis <= 1) {
    const int64_t shape[] = {axis == 0 ? 1 : 0, -1};
    ov_output(l, 0, ov_reshape(l, x, ov_constant_i64s(l, 2, shape), true));
    return;
  }
  const int64_t first = 0, minus = -1;
  const ov_value_t inputs[] = {ov_slice(l, ov_shape_of(l, x), 0, 0, axis),
                               ov_constant_i64s(l, 1, &first)};
  const ov_value_t rows = ov_emit(l, "ReduceProd", "opset1", 2, inputs);
  ov_set_bool(l, rows, "keep_dims", true);
  const ov_value_t parts[] = {rows, ov_constant_i64s(l, 1, &minus)};
  ov_output(l, 0, ov_reshape(l, x, ov_concat(l, 2, parts, 0), false));
}

// Axes as attribute (old), as input, or none: all that are 1.
void ov_lower_squeeze(ov_lower_t *l) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  const ov_value_t inputs[] = {ov_input(l, 0),
                               axes ? ov_constant_i64s(l, count, axes) : ov_input(l, 1)};
  const bool has_axes = axes || mmd_node_input(l->node, 1);
  ov_output(l, 0, ov_emit(l, "Squeeze", "opset1", has_axes ? 2 : 1, inputs));
}

void ov_lower_unsqueeze(ov_lower_t *l) {
  size_t count = 0;
  const int64_t *axes = mmd_node_attr_ints(l->node, "axes", &count);
  if (!axes && !ov_input_constant(l, 1)) ov_refuse(l, "axes must be constant");
  const ov_value_t inputs[] = {ov_input(l, 0),
                               axes ? ov_constant_i64s(l, count, axes) : ov_input(l, 1)};
  ov_output(l, 0, ov_emit(l, "Unsqueeze", "opset1", 2, inputs));
}

void ov_lower_transpose(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  size_t count = 0;
  const int64_t *perm = mmd_node_attr_ints(l->node, "perm", &count);
  int64_t reversed[MMD_MAX_RANK];
  if (!ov_ok(l)) return;
  for (int i = 0; i < rank; ++i) reversed[i] = rank - 1 - i;
  ov_output(l, 0, ov_transpose(l, ov_input(l, 0), (size_t)rank, perm ? perm : reversed));
}

static void block(ov_lower_t *l, const char *type, const char *mode) {
  const ov_value_t out = ov_unary(l, type, "opset1", ov_input(l, 0));
  ov_set(l, out, "mode", mode);
  ov_set_int(l, out, "block_size", ov_attr_int(l, "blocksize", 1));
  ov_output(l, 0, out);
}

void ov_lower_depth_to_space(ov_lower_t *l) {
  const bool is_crd = strcmp(ov_attr_string(l, "mode", "DCR"), "CRD") == 0;
  block(l, "DepthToSpace", is_crd ? "depth_first" : "blocks_first");
}

void ov_lower_space_to_depth(ov_lower_t *l) {
  block(l, "SpaceToDepth", "blocks_first");
}

//===--- joining and cutting -----------------------------------------------===//

void ov_lower_concat(ov_lower_t *l) {
  enum { MAX = 256 };
  ov_value_t values[MAX];
  if (l->node->input_count > MAX) ov_refuse(l, "more than %d inputs", (int)MAX);
  if (!ov_ok(l)) return;
  for (size_t i = 0; i < l->node->input_count; ++i) values[i] = ov_input(l, i);
  ov_output(l, 0, ov_concat(l, l->node->input_count, values, ov_attr_int(l, "axis", 0)));
}

static ov_value_t split_lengths(ov_lower_t *l) {
  size_t count = 0;
  const int64_t *lengths = mmd_node_attr_ints(l->node, "split", &count);
  return lengths ? ov_constant_i64s(l, count, lengths) : ov_input(l, 1);
}

// Even parts of |size|, the last one smaller.
static ov_value_t even_lengths(ov_lower_t *l, int64_t size) {
  enum { MAX = 256 };
  int64_t lengths[MAX];
  const int64_t count = (int64_t)l->node->output_count;
  if (count > MAX || size < 0) ov_refuse(l, "uneven parts of a size that is not known");
  if (!ov_ok(l)) return (ov_value_t){0};
  const int64_t part = (size + count - 1) / count;
  for (int64_t i = 0; i < count; ++i) lengths[i] = i + 1 < count ? part : size - part * (count - 1);
  return ov_constant_i64s(l, (size_t)count, lengths);
}

void ov_lower_split(ov_lower_t *l) {
  const size_t count = l->node->output_count;
  const bool has_lengths = mmd_node_attr(l->node, "split") || mmd_node_input(l->node, 1);
  const int64_t axis = ov_attr_int(l, "axis", 0);
  const int rank = ov_input_rank(l, 0);
  const int64_t size = ov_input_size(l, 0, (int)(axis < 0 ? axis + rank : axis));
  ov_value_t out;
  if (!has_lengths && (size < 0 || size % (int64_t)count == 0)) {
    const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_i64(l, axis)};
    out = ov_emit_many(l, "Split", "opset1", 2, inputs, count);
    ov_set_int(l, out, "num_splits", (int64_t)count);
  } else {
    const ov_value_t inputs[] = {ov_input(l, 0), ov_constant_i64(l, axis),
                                 has_lengths ? split_lengths(l) : even_lengths(l, size)};
    out = ov_emit_many(l, "VariadicSplit", "opset1", 3, inputs, count);
  }
  for (size_t i = 0; i < count; ++i) ov_output(l, i, ov_result(out, i));
}

// Ones of the length of |starts|, as many axes as it names.
static ov_value_t ones_like(ov_lower_t *l, ov_value_t starts) {
  return ov_broadcast(l, ov_constant_i64(l, 1), ov_shape_of(l, starts));
}

// The engine takes a Slice from 0 on away when a GatherElements follows, and then refuses that its
// data is larger than its indices. A StridedSlice it leaves alone.
static bool feeds_gather_elements(const ov_lower_t *l) {
  for (const mmd_use_t *use = l->node->outputs[0]->uses; use; use = use->next) {
    if (use->node && use->index == 0 && mmd_node_is(use->node, "", "GatherElements")) return true;
  }
  return false;
}

// |ends| of all axes; those whose |is_whole| is set are left as they are.
static ov_value_t cut_ends(ov_lower_t *l, ov_value_t x, int rank, ov_value_t ends,
                           const bool *is_whole) {
  int64_t zeros[MMD_MAX_RANK] = {0}, ones[MMD_MAX_RANK], whole[MMD_MAX_RANK];
  for (int i = 0; i < rank; ++i) {
    ones[i] = 1;
    whole[i] = is_whole[i];
  }
  const size_t count = (size_t)rank;
  const ov_value_t inputs[] = {x, ov_constant_i64s(l, count, zeros), ends,
                               ov_constant_i64s(l, count, ones)};
  const ov_value_t out = ov_emit(l, "StridedSlice", "opset1", 4, inputs);
  ov_set_ints(l, out, "begin_mask", count, ones);
  ov_set_ints(l, out, "end_mask", count, whole);
  ov_set_ints(l, out, "new_axis_mask", count, zeros);
  ov_set_ints(l, out, "shrink_axis_mask", count, zeros);
  ov_set_ints(l, out, "ellipsis_mask", count, zeros);
  return out;
}

// Slices from 0 on by 1 whose numbers are all constant.
static bool lower_as_cut(ov_lower_t *l) {
  int64_t starts[MMD_MAX_RANK], ends[MMD_MAX_RANK], axes[MMD_MAX_RANK], all[MMD_MAX_RANK] = {0};
  bool is_whole[MMD_MAX_RANK];
  size_t count = 0;
  const int rank = ov_input_rank(l, 0);
  for (size_t i = 1; i < 4; ++i) {
    if (!ov_input_constant(l, i)) return false;
  }
  if (mmd_node_input(l->node, 4)) return false;
  ov_read_ints(l, "starts", 1, MMD_MAX_RANK, starts, &count);
  ov_read_ints(l, "ends", 2, MMD_MAX_RANK, ends, &count);
  ov_read_ints(l, "axes", 3, MMD_MAX_RANK, axes, &count);
  for (int i = 0; i < rank; ++i) is_whole[i] = true;
  for (size_t i = 0; i < count && ov_ok(l); ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (starts[i] != 0 || axis < 0 || axis >= rank) return false;
    all[axis] = ends[i];
    is_whole[axis] = false;
  }
  const ov_value_t x = ov_input(l, 0);
  ov_output(l, 0, cut_ends(l, x, rank, ov_constant_i64s(l, (size_t)rank, all), is_whole));
  return true;
}

void ov_lower_slice(ov_lower_t *l) {
  ov_value_t inputs[5];
  if (feeds_gather_elements(l) && lower_as_cut(l)) return;
  for (size_t i = 0; i < 3; ++i) inputs[i] = ov_input(l, i);
  const bool has_axes = mmd_node_input(l->node, 3);
  inputs[3] = mmd_node_input(l->node, 4) ? ov_input(l, 4) : ones_like(l, inputs[1]);
  if (has_axes) inputs[4] = ov_input(l, 3);
  ov_output(l, 0, ov_emit(l, "Slice", "opset8", has_axes ? 5 : 4, inputs));
}

//===--- gathering and scattering ------------------------------------------===//

void ov_lower_gather(ov_lower_t *l) {
  ov_output(l, 0, ov_gather(l, ov_input(l, 0), ov_input(l, 1), ov_attr_int(l, "axis", 0)));
}

// Indices from the end become indices from the front: the engine takes no negative ones here.
static ov_value_t from_front(ov_lower_t *l, ov_value_t indices, mmd_dtype_t dtype,
                             ov_value_t size) {
  const ov_value_t zero = ov_constant_number(l, dtype, 0);
  const ov_value_t shifted = ov_binary(l, "Add", indices, ov_convert(l, size, dtype));
  return ov_select(l, ov_binary(l, "Less", indices, zero), shifted, indices);
}

static bool is_not_negative(const ov_lower_t *l, size_t input) {
  const mmd_tensor_t *tensor = ov_input_constant(l, input);
  if (!tensor || !mmd_tensor_is_contiguous(tensor)) return false;
  for (size_t i = 0; i < mmd_tensor_count(tensor); ++i) {
    if (mmd_dtype_load_i64(tensor->dtype, mmd_tensor_data(tensor), i) < 0) return false;
  }
  return true;
}

static ov_value_t element_indices(ov_lower_t *l, int64_t axis) {
  const ov_value_t indices = ov_input(l, 1);
  if (is_not_negative(l, 1)) return indices;
  const ov_value_t shape = ov_shape_of(l, ov_input(l, 0));
  return from_front(l, indices, ov_input_dtype(l, 1),
                    ov_gather(l, shape, ov_constant_i64(l, axis), 0));
}

// ONNX's indices may be smaller than the data, the engine's may not: the data is cut to them on the
// axes but |axis| whose sizes are not known to be the same.
static ov_value_t cut_to_indices(ov_lower_t *l, int64_t axis) {
  const mmd_type_t *data = &l->node->inputs[0]->type, *indices = &l->node->inputs[1]->type;
  const ov_value_t x = ov_input(l, 0);
  bool is_whole[MMD_MAX_RANK], is_needed = false;
  if (!data->has_rank || !indices->has_rank || data->rank != indices->rank) return x;
  for (int i = 0; i < data->rank; ++i) {
    is_whole[i] = i == (axis < 0 ? axis + data->rank : axis) || data->dims[i] == indices->dims[i];
    is_needed = is_needed || !is_whole[i];
  }
  if (!is_needed) return x;
  return cut_ends(l, x, data->rank, ov_shape_of(l, ov_input(l, 1)), is_whole);
}

void ov_lower_gather_elements(ov_lower_t *l) {
  const int64_t axis = ov_attr_int(l, "axis", 0);
  const ov_value_t inputs[] = {cut_to_indices(l, axis), element_indices(l, axis)};
  const ov_value_t out = ov_emit(l, "GatherElements", "opset6", 2, inputs);
  ov_set_int(l, out, "axis", axis);
  ov_output(l, 0, out);
}

void ov_lower_gather_nd(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, "GatherND", "opset8", 2, inputs);
  ov_set_int(l, out, "batch_dims", ov_attr_int(l, "batch_dims", 0));
  ov_output(l, 0, out);
}

static const char *reduction_of(const ov_lower_t *l) {
  const char *reduction = ov_attr_string(l, "reduction", "none");
  if (strcmp(reduction, "add") == 0) return "sum";
  return strcmp(reduction, "mul") == 0 ? "prod" : reduction;
}

void ov_lower_scatter_elements(ov_lower_t *l) {
  const int64_t axis = ov_attr_int(l, "axis", 0);
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 2),
                               ov_constant_i64(l, axis)};
  const ov_value_t out = ov_emit(l, "ScatterElementsUpdate", "opset12", 4, inputs);
  ov_set(l, out, "reduction", reduction_of(l));
  ov_set_bool(l, out, "use_init_val", true);
  ov_output(l, 0, out);
}

void ov_lower_scatter_nd(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1), ov_input(l, 2)};
  const ov_value_t out = ov_emit(l, "ScatterNDUpdate", "opset15", 3, inputs);
  ov_set(l, out, "reduction", reduction_of(l));
  ov_output(l, 0, out);
}

//===--- more elements -----------------------------------------------------===//

void ov_lower_expand(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, "Broadcast", "opset3", 2, inputs);
  ov_set(l, out, "mode", "bidirectional");
  ov_output(l, 0, out);
}

void ov_lower_constant_of_shape(ov_lower_t *l) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(l->node, "value");
  const int64_t none = 0;
  const ov_value_t scalar =
      value ? ov_reshape(l, ov_constant(l, value), ov_constant_i64s(l, 0, &none), false)
            : ov_constant_number(l, MMD_F32, 0);
  ov_output(l, 0, ov_broadcast(l, scalar, ov_input(l, 0)));
}

// [d0, d1, …] to [1, d0, 1, d1, …] to [r0, d0, r1, d1, …] to [r0 * d0, …].
static ov_value_t tile_by_broadcast(ov_lower_t *l, ov_value_t x, ov_value_t repeats, int rank) {
  int64_t ones[MMD_MAX_RANK];
  const int64_t last = 1, flat = -1;
  for (int i = 0; i < rank; ++i) ones[i] = 2 * (int64_t)i;
  const ov_value_t shape = ov_shape_of(l, x);
  const ov_value_t pairs[] = {ov_unsqueeze(l, repeats, 1, &last), ov_unsqueeze(l, shape, 1, &last)};
  const ov_value_t sizes =
      ov_reshape(l, ov_concat(l, 2, pairs, 1), ov_constant_i64s(l, 1, &flat), false);
  const ov_value_t wide = ov_broadcast(l, ov_unsqueeze(l, x, (size_t)rank, ones), sizes);
  return ov_reshape(l, wide, ov_binary(l, "Multiply", repeats, shape), false);
}

// With repeats that are known late the engine's own Tile reads what is not there (2026.4.1).
void ov_lower_tile(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const bool is_spelt = !ov_input_constant(l, 1) && 2 * rank <= MMD_MAX_RANK;
  ov_output(l, 0,
            is_spelt ? tile_by_broadcast(l, inputs[0], inputs[1], rank)
                     : ov_emit(l, "Tile", "opset1", 2, inputs));
}

// Pads of all axes from those of some; |half| 0: begins, 1: ends.
static ov_value_t pads_of(ov_lower_t *l, int rank, int half) {
  int64_t pads[2 * MMD_MAX_RANK], axes[MMD_MAX_RANK], all[MMD_MAX_RANK] = {0};
  size_t count = 0, axis_count = 0;
  if (!mmd_node_input(l->node, 3) && !mmd_node_attr(l->node, "pads") && !ov_input_constant(l, 1))
    return ov_slice(l, ov_input(l, 1), 0, half * (int64_t)rank, (half + 1) * (int64_t)rank);
  if (!ov_read_ints(l, "pads", 1, 2 * MMD_MAX_RANK, pads, &count)) return (ov_value_t){0};
  if (!ov_read_ints(l, "axes", 3, MMD_MAX_RANK, axes, &axis_count)) {
    axis_count = count / 2;
    for (size_t i = 0; i < axis_count; ++i) axes[i] = (int64_t)i;
  }
  for (size_t i = 0; i < axis_count && i < count / 2; ++i) {
    const int64_t axis = axes[i] < 0 ? axes[i] + rank : axes[i];
    if (axis >= 0 && axis < rank) all[axis] = pads[(size_t)half * (count / 2) + i];
  }
  return ov_constant_i64s(l, (size_t)rank, all);
}

// Element i of an axis becomes element (i - begin) mod size.
static ov_value_t wrap(ov_lower_t *l, ov_value_t x, int rank, ov_value_t begins, ov_value_t ends) {
  for (int64_t axis = 0; axis < rank; ++axis) {
    const ov_value_t size = ov_size_of(l, x, axis), place = ov_constant_i64(l, axis);
    const ov_value_t begin = ov_gather(l, begins, place, 0), end = ov_gather(l, ends, place, 0);
    const ov_value_t all = ov_binary(l, "Add", ov_binary(l, "Add", begin, size), end);
    const ov_value_t from = ov_binary(l, "Subtract", ov_count_up(l, all), begin);
    x = ov_gather(l, x, ov_binary(l, "FloorMod", from, size), axis);
  }
  return x;
}

void ov_lower_pad(ov_lower_t *l) {
  const int rank = ov_input_rank(l, 0);
  const char *mode = ov_attr_string(l, "mode", "constant");
  const ov_value_t x = ov_input(l, 0), begins = pads_of(l, rank, 0), ends = pads_of(l, rank, 1);
  if (strcmp(mode, "wrap") == 0) {
    ov_output(l, 0, wrap(l, x, rank, begins, ends));
    return;
  }
  const int64_t none = 0;
  const ov_value_t value =
      mmd_node_input(l->node, 2)
          ? ov_reshape(l, ov_input(l, 2), ov_constant_i64s(l, 0, &none), false)
          : ov_constant_number(l, ov_input_dtype(l, 0), ov_attr_float(l, "value", 0));
  ov_output(l, 0, ov_pad(l, x, begins, ends, value, mode));
}

// A rank-0 input, which some files give with rank 1.
static ov_value_t scalar(ov_lower_t *l, size_t i) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  const int64_t axis = 0;
  const bool is_scalar = edge && edge->type.has_rank && edge->type.rank == 0;
  return is_scalar ? ov_input(l, i) : ov_squeeze(l, ov_input(l, i), 1, &axis);
}

void ov_lower_range(ov_lower_t *l) {
  const ov_value_t inputs[] = {scalar(l, 0), scalar(l, 1), scalar(l, 2)};
  const ov_value_t out = ov_emit(l, "Range", "opset4", 3, inputs);
  const char *type = ov_element_type(ov_input_dtype(l, 0));
  ov_set(l, out, "output_type", type ? type : "i64");
  ov_output(l, 0, out);
}

void ov_lower_one_hot(ov_lower_t *l) {
  const ov_value_t values = ov_input(l, 2);
  const ov_value_t off = ov_gather(l, values, ov_constant_i64(l, 0), 0);
  const ov_value_t on = ov_gather(l, values, ov_constant_i64(l, 1), 0);
  const ov_value_t depth = ov_convert(l, scalar(l, 1), MMD_I64);
  const ov_value_t indices = ov_convert(l, ov_input(l, 0), MMD_I64);
  const ov_value_t inputs[] = {from_front(l, indices, MMD_I64, depth), depth, on, off};
  const ov_value_t out = ov_emit(l, "OneHot", "opset1", 4, inputs);
  ov_set_int(l, out, "axis", ov_attr_int(l, "axis", -1));
  ov_output(l, 0, out);
}

void ov_lower_non_zero(ov_lower_t *l) {
  const ov_value_t out = ov_unary(l, "NonZero", "opset3", ov_input(l, 0));
  ov_set(l, out, "output_type", "i64");
  ov_output(l, 0, out);
}

void ov_lower_cum_sum(ov_lower_t *l) {
  const ov_value_t inputs[] = {ov_input(l, 0), scalar(l, 1)};
  const ov_value_t out = ov_emit(l, "CumSum", "opset3", 2, inputs);
  ov_set_bool(l, out, "exclusive", ov_attr_int(l, "exclusive", 0) != 0);
  ov_set_bool(l, out, "reverse", ov_attr_int(l, "reverse", 0) != 0);
  ov_output(l, 0, out);
}

void ov_lower_constant(ov_lower_t *l) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(l->node, "value");
  if (!value) ov_refuse(l, "a constant that is no tensor");
  if (ov_ok(l)) ov_output(l, 0, ov_constant(l, value));
}
