// SPDX-License-Identifier: Apache-2.0
//
// Operators that move elements.
#include <string.h>

#include "backends/ncnn/target/lower_table.h"
#include "backends/ncnn/target/ops.h"

//===--- reshapes ----------------------------------------------------------===//

// Elements in front of the batch.
static const mmd_dim_t *before_batch(const nc_lower_t *l, const mmd_type_t *type) {
  const mmd_dim_t *count = mmd_dim_const(l->graph, 1);
  for (int i = 0; i < type->rank; ++i) {
    if (type->dims[i] == l->batch) return count;
    count = mmd_dim_mul(l->graph, count, type->dims[i]);
  }
  return NULL;
}

// Reshape, Flatten, Squeeze and Unsqueeze: the sizes are those of the type.
void nc_lower_reshape(nc_lower_t *l) {
  const nc_form_t from = nc_input_form(l, 0), to = nc_output_form(l, 0);
  if (!nc_ok(l)) return;
  const mmd_type_t *out = &l->node->outputs[0]->type;
  if (l->batch && before_batch(l, &mmd_node_input(l->node, 0)->type) != before_batch(l, out))
    nc_refuse(l, "items of the batch are mixed");
  nc_output(l, 0, nc_reshape_form(l, nc_input(l, 0), &from, &to));
}

//===--- Transpose ---------------------------------------------------------===//

// Runs of axes that stay together, as one axis each.
typedef struct runs_t {
  int count;  // of runs, in the input's order
  const mmd_dim_t *dims[MMD_MAX_RANK];
  int order[MMD_MAX_RANK];  // of runs, in the output's order
} runs_t;

static bool is_unit(const nc_lower_t *l, const mmd_dim_t *dim) {
  return nc_dim_size(dim) == 1 || dim == l->batch;
}

// Axes of size 1 do not count. |order| is the output's axes as axes of the input.
static void find_runs(const nc_lower_t *l, const mmd_type_t *type, const int64_t *perm,
                      runs_t *out_runs) {
  int order[MMD_MAX_RANK], run_of[MMD_MAX_RANK], count = 0, rank[MMD_MAX_RANK], kept = 0;
  runs_t runs = {0};
  for (int i = 0; i < type->rank; ++i) {  // places of the axes that count
    rank[i] = is_unit(l, type->dims[i]) ? -1 : kept++;
  }
  for (int i = 0; i < type->rank; ++i) {
    const int axis = (int)perm[i];
    if (rank[axis] >= 0) order[count++] = rank[axis];
  }
  // An axis begins a run unless the axis in front of it does so in the output too.
  bool begins[MMD_MAX_RANK];
  for (int i = 0; i < kept; ++i) begins[i] = true;
  for (int i = 1; i < count; ++i) {
    if (order[i] == order[i - 1] + 1) begins[order[i]] = false;
  }
  for (int i = 0; i < type->rank; ++i) {
    if (rank[i] < 0) continue;
    if (begins[rank[i]])
      runs.dims[runs.count++] = type->dims[i];
    else
      runs.dims[runs.count - 1] = mmd_dim_mul(l->graph, runs.dims[runs.count - 1], type->dims[i]);
    run_of[rank[i]] = runs.count - 1;
  }
  int last = 0;
  for (int i = 0; i < count; ++i) {
    if (begins[order[i]]) runs.order[last++] = run_of[order[i]];
  }
  *out_runs = runs;
}

// ncnn numbers orders as they stand in a dictionary.
static int order_number(int count, const int *order) {
  int number = 0;
  for (int i = 0; i < count; ++i) {
    int smaller = 0, ways = 1;
    for (int k = i + 1; k < count; ++k) {
      smaller += order[k] < order[i];
      ways *= k - i;
    }
    number += smaller * ways;
  }
  return number;
}

static nc_blob_t *permute(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from, const runs_t *runs,
                          nc_form_t *out_form) {
  nc_blob_t *shaped = nc_reshape(l, x, from, runs->count, runs->dims);
  nc_blob_t *out = nc_emit_one(l, "Permute", shaped);
  nc_set_int(l, out, 0, order_number(runs->count, runs->order));
  *out_form = (nc_form_t){.rank = runs->count, .count = runs->count};
  for (int i = 0; i < runs->count; ++i) {
    out_form->axes[i] = i;
    out_form->dims[i] = runs->dims[runs->order[i]];
  }
  return out;
}

// The mat as it is, without merging axes: needs no reshape before or behind it.
static bool permute_plainly(nc_lower_t *l, const nc_form_t *from, const nc_form_t *to,
                            const int64_t *perm) {
  int order[MMD_NCNN_MAX_AXES];
  if (from->is_flat || to->is_flat || from->count != to->count || from->count < 2) return false;
  for (int i = 0; i < to->count; ++i) {
    order[i] = nc_form_axis(from, perm[to->axes[i]]);
    if (order[i] < 0) return false;
  }
  nc_blob_t *out = nc_emit_one(l, "Permute", nc_input(l, 0));
  nc_set_int(l, out, 0, order_number(to->count, order));
  nc_output(l, 0, out);
  return true;
}

// More runs than a mat has axes.
static void rearrange(nc_lower_t *l, const nc_form_t *from, const nc_form_t *to,
                      const runs_t *runs) {
  static const nc_form_t flat = {.is_flat = true, .count = 1};
  const mmd_dim_t *dims[MMD_MAX_RANK];
  int64_t order[MMD_MAX_RANK];
  for (int i = 0; i < runs->count; ++i) {
    order[i] = runs->order[i];
    dims[i] = runs->dims[order[i]];
  }
  nc_blob_t *out = nc_rearrange(l, nc_input(l, 0), from, runs->count, runs->dims, dims, order);
  nc_output(l, 0, nc_reshape_form(l, out, &flat, to));
}

void nc_lower_transpose(nc_lower_t *l) {
  const nc_form_t from = nc_input_form(l, 0), to = nc_output_form(l, 0);
  int64_t perm[MMD_MAX_RANK];
  size_t count = 0;
  runs_t runs;
  if (!nc_ok(l)) return;
  if (!nc_read_ints(l, "perm", SIZE_MAX, MMD_MAX_RANK, perm, &count)) {
    for (int i = 0; i < from.rank; ++i) perm[i] = from.rank - 1 - i;
  }
  if (!nc_ok(l)) return;
  find_runs(l, &mmd_node_input(l->node, 0)->type, perm, &runs);
  if (runs.count < 2) {
    nc_output(l, 0, nc_reshape_form(l, nc_input(l, 0), &from, &to));
    return;
  }
  if (permute_plainly(l, &from, &to, perm)) return;
  if (runs.count > MMD_NCNN_MAX_AXES) {
    rearrange(l, &from, &to, &runs);
    return;
  }
  nc_form_t middle;
  nc_blob_t *out = permute(l, nc_input(l, 0), &from, &runs, &middle);
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}

//===--- Concat, Split -----------------------------------------------------===//

void nc_lower_concat(nc_lower_t *l) {
  enum { MAX_INPUTS = 256 };
  const nc_form_t form = nc_output_form(l, 0);
  const int axis = nc_form_axis(&form, nc_attr_int(l, "axis", 0));
  nc_blob_t *inputs[MAX_INPUTS];
  size_t count = 0;
  if (l->node->input_count > MAX_INPUTS) nc_refuse(l, "more than %d inputs", (int)MAX_INPUTS);
  for (size_t i = 0; i < l->node->input_count && nc_ok(l); ++i) {
    if (nc_input_size(l, i, (int)nc_attr_int(l, "axis", 0)) == 0) continue;  // adds nothing
    inputs[count++] = nc_input_like(l, i, &form);
  }
  if (axis < 0 && count > 1) nc_refuse(l, "along the batch, or an axis of too many");
  if (!nc_ok(l) || !count) return;
  nc_blob_t *out = inputs[0];
  if (count > 1) {
    out = nc_emit(l, "Concat", count, inputs);
    nc_set_int(l, out, 0, axis);
  }
  nc_output(l, 0, out);
}

void nc_lower_split(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const int64_t onnx_axis = nc_attr_int(l, "axis", 0);
  nc_form_t from = form;
  if (!nc_ok(l)) return;
  if (form.is_flat && !nc_unfold(l, &mmd_node_input(l->node, 0)->type, onnx_axis, &from)) return;
  const int axis = form.is_flat ? 1 : nc_input_axis(l, 0, onnx_axis);
  int64_t sizes[MMD_NCNN_MAX_AXES * 64];
  const size_t count = l->node->output_count;
  if (count > sizeof sizes / sizeof *sizes) nc_refuse(l, "too many outputs");
  for (size_t i = 0; i < count && nc_ok(l); ++i) {
    const mmd_type_t *type = l->node->outputs[i] ? &l->node->outputs[i]->type : NULL;
    const int64_t k = onnx_axis < 0 ? onnx_axis + form.rank : onnx_axis;
    sizes[i] = type && type->has_rank ? nc_dim_size(type->dims[k]) : -1;
    if (sizes[i] < 1) nc_refuse(l, "parts of unknown size, or without elements");
  }
  if (!nc_ok(l)) return;
  nc_blob_t *x = nc_input(l, 0);
  if (form.is_flat) x = nc_reshape_form(l, x, &form, &from);
  nc_blob_t *out = nc_emit_many(l, "Slice", 1, &x, count);
  nc_set_ints(l, out, 0, count, sizes);
  nc_set_int(l, out, 1, axis);
  for (size_t i = 0; i < count && out; ++i) {
    const nc_form_t to = nc_output_form(l, i);
    nc_form_t part = from;
    part.dims[axis] = mmd_dim_const(l->graph, sizes[i]);
    nc_output(l, i, nc_reshape_form(l, nc_result(out, i), &part, &to));
  }
}

//===--- Slice -------------------------------------------------------------===//

typedef struct cuts_t {
  size_t count;
  int64_t starts[MMD_MAX_RANK], ends[MMD_MAX_RANK], axes[MMD_MAX_RANK], steps[MMD_MAX_RANK];
} cuts_t;

static bool read_cuts(nc_lower_t *l, cuts_t *cuts) {
  size_t ends = 0, axes = 0, steps = 0;
  nc_read_ints(l, "starts", 1, MMD_MAX_RANK, cuts->starts, &cuts->count);
  nc_read_ints(l, "ends", 2, MMD_MAX_RANK, cuts->ends, &ends);
  const bool has_axes = nc_read_ints(l, "axes", 3, MMD_MAX_RANK, cuts->axes, &axes);
  const bool has_steps = nc_read_ints(l, "steps", 4, MMD_MAX_RANK, cuts->steps, &steps);
  for (size_t i = 0; i < cuts->count; ++i) {
    if (!has_axes) cuts->axes[i] = (int64_t)i;
    if (!has_steps) cuts->steps[i] = 1;
  }
  return nc_ok(l) && cuts->count > 0;
}

// Of the mat's axis; of an axis that is kept whole nothing remains. False where ncnn has no words.
static bool clean_cut(const nc_form_t *form, int axis, int64_t *start, int64_t *end, int64_t step,
                      bool *out_is_whole) {
  enum { UNSET = -233, FAR = 1 << 30 };
  const int64_t size = nc_dim_size(form->dims[axis]);
  *out_is_whole = false;
  if (size >= 0 && step > 0) {
    *start = *start < 0 ? *start + size : *start;
    *start = *start < 0 ? 0 : *start > size ? size : *start;
    *end = *end < 0 ? *end + size : *end > size ? size : *end;
    *out_is_whole = *start == 0 && *end == size && step == 1;
    return *end > *start;
  }
  if (*start > FAR) *start = FAR;
  if (*start < -FAR) *start = step > 0 ? 0 : -FAR;
  if (*end < -FAR) *end = -FAR;
  if (*end > FAR) *end = step == 1 ? UNSET : FAR;
  *out_is_whole = *start == 0 && *end == UNSET && step == 1;
  return *end != 0 || step != 1;
}

static nc_blob_t *cut(nc_lower_t *l, nc_blob_t *x, const nc_form_t *form, const cuts_t *cuts) {
  cuts_t kept = {0};
  bool is_plain = true;
  for (size_t i = 0; i < cuts->count; ++i) {
    const int axis = nc_form_axis(form, cuts->axes[i]);
    int64_t start = cuts->starts[i], end = cuts->ends[i];
    bool is_whole = false;
    const mmd_type_t *type = &mmd_node_input(l->node, 0)->type;
    const int64_t onnx_axis = cuts->axes[i] < 0 ? cuts->axes[i] + form->rank : cuts->axes[i];
    if (axis < 0 && !form->is_flat && nc_dim_size(type->dims[onnx_axis]) == 1) continue;
    if (axis < 0) nc_refuse(l, "along the batch, or an axis of too many");
    if (!nc_ok(l)) return NULL;
    if (!clean_cut(form, axis, &start, &end, cuts->steps[i], &is_whole))
      nc_refuse(l, "a part without elements, or an end of 0");
    if (is_whole) continue;
    is_plain &= cuts->steps[i] == 1;
    kept.starts[kept.count] = start;
    kept.ends[kept.count] = end;
    kept.axes[kept.count] = axis;
    kept.steps[kept.count++] = cuts->steps[i];
  }
  if (!kept.count) return x;
  nc_blob_t *out = nc_emit_one(l, is_plain ? "Crop" : "TensorSlice", x);
  const int first = is_plain ? 9 : 0;
  for (size_t i = 0; i < kept.count && !is_plain; ++i) ++kept.axes[i];  // behind the batch
  nc_set_ints(l, out, first, kept.count, kept.starts);
  nc_set_ints(l, out, first + 1, kept.count, kept.ends);
  nc_set_ints(l, out, first + 2, kept.count, kept.axes);
  if (!is_plain) nc_set_ints(l, out, first + 3, kept.count, kept.steps);
  return out;
}

// The result's form differs where an axis comes down to size 1.
static void output_cut(nc_lower_t *l, nc_blob_t *x, const nc_form_t *from) {
  const nc_form_t to = nc_output_form(l, 0);
  nc_form_t middle = *from;
  const mmd_type_t *type = &l->node->outputs[0]->type;
  for (int i = 0; i < from->count && !from->is_flat; ++i) {
    if (from->axes[i] >= 0) middle.dims[i] = type->dims[from->axes[i]];
  }
  nc_output(l, 0, nc_reshape_form(l, x, &middle, &to));
}

// Bounds that follow from the inputs' sizes.
typedef struct bounds_t {
  size_t count;
  const mmd_dim_t *starts[MMD_MAX_RANK], *ends[MMD_MAX_RANK];
  int axes[MMD_MAX_RANK];  // of the mat
} bounds_t;

// Elements of node input |i|; false where they are not known.
static bool read_bounds(nc_lower_t *l, size_t i, size_t *out_count, const mmd_dim_t **out_dims) {
  const mmd_edge_t *edge = mmd_node_input(l->node, i);
  if (!edge || !edge->elements || !edge->element_count || edge->element_count > MMD_MAX_RANK)
    return false;
  *out_count = edge->element_count;
  for (size_t k = 0; k < edge->element_count; ++k) {
    out_dims[k] = edge->elements[k];
    if (!out_dims[k] || (out_dims[k]->kind == MMD_DIM_CONST && out_dims[k]->number < 0))
      return false;
  }
  return true;
}

// False where all are constant too, which other words say.
static bool find_bounds(nc_lower_t *l, const nc_form_t *form, bounds_t *out_bounds) {
  int64_t axes[MMD_MAX_RANK] = {0}, steps[MMD_MAX_RANK] = {1};
  size_t end_count = 0, axis_count = 0, step_count = 0;
  bool is_constant = true;
  const mmd_type_t *type = &mmd_node_input(l->node, 0)->type;
  if (!read_bounds(l, 1, &out_bounds->count, out_bounds->starts) ||
      !read_bounds(l, 2, &end_count, out_bounds->ends) || end_count != out_bounds->count)
    return false;
  const bool has_axes = nc_has_input(l, 3), has_steps = nc_has_input(l, 4);
  if (has_axes) nc_read_ints(l, "axes", 3, MMD_MAX_RANK, axes, &axis_count);
  if (has_steps) nc_read_ints(l, "steps", 4, MMD_MAX_RANK, steps, &step_count);
  for (size_t i = 0; i < out_bounds->count && nc_ok(l); ++i) {
    const int64_t axis = has_axes ? axes[i] : (int64_t)i;
    const mmd_dim_t **end = &out_bounds->ends[i];
    is_constant &= (*end)->kind == MMD_DIM_CONST && out_bounds->starts[i]->kind == MMD_DIM_CONST;
    out_bounds->axes[i] = nc_form_axis(form, axis);
    if (out_bounds->axes[i] < 0 || (has_steps && steps[i] != 1)) return false;
    // As far as there are elements.
    if ((*end)->kind == MMD_DIM_CONST && (*end)->number > INT32_MAX)
      *end = type->dims[axis < 0 ? axis + form->rank : axis];
  }
  return nc_ok(l) && !is_constant;
}

static bool write_bounds(nc_lower_t *l, const bounds_t *bounds, size_t *input_count,
                         nc_blob_t **inputs, mmd_str_t texts[3]) {
  for (size_t i = 0; i < bounds->count; ++i) {
    for (int k = 0; k < 3 && i > 0; ++k) nc_fail(l, mmd_str_append_char(&texts[k], ','));
    if (!nc_expression(l, bounds->starts[i], input_count, inputs, &texts[0]) ||
        !nc_expression(l, bounds->ends[i], input_count, inputs, &texts[1]))
      return false;
    nc_fail(l, mmd_str_printf(&texts[2], "%d", bounds->axes[i]));
  }
  return nc_ok(l);
}

static bool cut_by_expression(nc_lower_t *l, const nc_form_t *form) {
  enum { STARTS = 19, ENDS, AXES };
  bounds_t bounds = {0};
  mmd_str_t texts[3] = {{0}, {0}, {0}};
  nc_blob_t *inputs[NC_MAX_REFERENCES] = {nc_input(l, 0)};
  size_t input_count = 1;
  if (!find_bounds(l, form, &bounds)) return false;
  const bool is_known = write_bounds(l, &bounds, &input_count, inputs, texts);
  if (is_known) {
    nc_blob_t *out = nc_emit(l, "Crop", input_count, inputs);
    for (int i = 0; i < 3; ++i) nc_set_text(l, out, STARTS + i, mmd_str_text(&texts[i]));
    output_cut(l, out, form);
  }
  for (int i = 0; i < 3; ++i) mmd_str_deinit(&texts[i]);
  return is_known;
}

void nc_lower_slice(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  cuts_t cuts = {0};
  if (!nc_ok(l) || cut_by_expression(l, &form) || !read_cuts(l, &cuts)) return;
  output_cut(l, cut(l, nc_input(l, 0), &form, &cuts), &form);
}

//===--- Gather ------------------------------------------------------------===//

// Neighbours, in their order: a cut.
static bool is_range(const mmd_tensor_t *indices, int64_t size, int64_t *out_first) {
  const size_t count = mmd_tensor_count(indices);
  if (!count) return false;
  *out_first = mmd_tensor_get_i64(indices, 0);
  if (*out_first < 0) *out_first += size;
  for (size_t i = 0; i < count; ++i) {
    int64_t at = mmd_tensor_get_i64(indices, i);
    if (at < 0) at += size;
    if (size < 0 || at != *out_first + (int64_t)i || at >= size) return false;
  }
  return true;
}

// The result has the index's axes in the place of the data's.
static void gather(nc_lower_t *l, const nc_form_t *form, int axis) {
  const mmd_edge_t *edge = mmd_node_input(l->node, 1);
  const nc_form_t to = nc_output_form(l, 0), index_form = nc_input_form(l, 1);
  if (!nc_ok(l)) return;
  const mmd_dim_t *total = mmd_dim_const(l->graph, 1);
  for (int i = 0; i < edge->type.rank; ++i)
    total = mmd_dim_mul(l->graph, total, edge->type.dims[i]);
  nc_blob_t *index = nc_reshape(l, nc_input(l, 1), &index_form, 1, &total);
  nc_blob_t *const inputs[] = {nc_input(l, 0), index};
  nc_blob_t *out = nc_emit(l, "Gather", 2, inputs);
  nc_set_int(l, out, 0, axis);
  nc_form_t middle = *form;
  middle.dims[axis] = total;
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}

// A few elements that are known: cuts side by side need no custom layer.
static nc_blob_t *gather_by_cuts(nc_lower_t *l, const nc_form_t *form, int axis,
                                 const mmd_tensor_t *indices) {
  enum { MAX_CUTS = 16 };
  const int64_t size = nc_dim_size(form->dims[axis]);
  const size_t count = mmd_tensor_count(indices);
  nc_blob_t *parts[MAX_CUTS];
  if (size < 0 || count < 2 || count > MAX_CUTS) return NULL;
  for (size_t i = 0; i < count; ++i) {
    int64_t at = mmd_tensor_get_i64(indices, i);
    if (at < 0) at += size;
    if (at < 0 || at >= size) return NULL;
    const cuts_t cuts = {1, {at}, {at + 1}, {form->axes[axis]}, {1}};
    parts[i] = cut(l, nc_input(l, 0), form, &cuts);
  }
  nc_blob_t *out = nc_emit(l, "Concat", count, parts);
  nc_set_int(l, out, 0, axis);
  return out;
}

void nc_lower_gather(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const int64_t onnx_axis = nc_attr_int(l, "axis", 0);
  const int axis = nc_input_axis(l, 0, onnx_axis);
  const mmd_tensor_t *indices = nc_input_constant(l, 1);
  int64_t first = 0;
  if (!nc_ok(l)) return;
  const int64_t count = indices ? (int64_t)mmd_tensor_count(indices) : 0;
  const bool is_cut = indices && is_range(indices, nc_dim_size(form.dims[axis]), &first);
  const cuts_t cuts = {1, {first}, {first + count}, {onnx_axis}, {1}};
  nc_blob_t *out = is_cut    ? cut(l, nc_input(l, 0), &form, &cuts)
                   : indices ? gather_by_cuts(l, &form, axis, indices)
                             : NULL;
  if (!out) {
    gather(l, &form, axis);
    return;
  }
  const nc_form_t to = nc_output_form(l, 0);
  nc_form_t middle = form;
  middle.dims[axis] = mmd_dim_const(l->graph, count);
  nc_output(l, 0, nc_reshape_form(l, out, &middle, &to));
}

void nc_lower_gather_elements(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0), index = nc_input_form(l, 1);
  const int axis = nc_input_axis(l, 0, nc_attr_int(l, "axis", 0));
  bool fits = !form.is_flat && !index.is_flat && form.count == index.count;
  for (int i = 0; i < form.count && fits; ++i) fits = form.axes[i] == index.axes[i];
  if (!fits) nc_refuse(l, "data and index differ in their first axes");
  nc_blob_t *const inputs[] = {nc_input(l, 0), nc_input(l, 1)};
  nc_blob_t *out = nc_emit(l, "GatherElements", 2, inputs);
  nc_set_int(l, out, 0, axis);
  nc_output(l, 0, out);
}

//===--- repeats -----------------------------------------------------------===//

static nc_blob_t *repeat(nc_lower_t *l, nc_blob_t *x, int count, const int64_t *repeats) {
  bool is_plain = true;
  for (int i = 0; i < count; ++i) is_plain &= repeats[i] == 1;
  if (is_plain) return x;
  nc_blob_t *out = nc_emit_one(l, "Tile", x);
  nc_set_ints(l, out, 2, (size_t)count, repeats);
  return out;
}

// Each axis of size 1 is repeated.
// A shape as the layers Expand and ConstantOfShape have it: a batch of 1 in front.
static nc_blob_t *shape_of(nc_lower_t *l, const nc_form_t *form) {
  const mmd_dim_t *dims[1 + MMD_NCNN_MAX_AXES] = {mmd_dim_const(l->graph, 1)};
  for (int i = 0; i < form->count; ++i) dims[1 + i] = form->dims[i];
  return nc_sizes(l, 1 + (size_t)form->count, dims);
}

// By copies where sizes are known, which the engine makes faster.
void nc_lower_expand(nc_lower_t *l) {
  const nc_form_t to = nc_output_form(l, 0);
  int64_t repeats[MMD_NCNN_MAX_AXES];
  bool is_known = true;
  nc_blob_t *x = nc_input_like(l, 0, &to);
  const mmd_type_t *type = &mmd_node_input(l->node, 0)->type;
  for (int i = 0; i < to.count && nc_ok(l) && !to.is_flat; ++i) {
    const int axis = to.axes[i] - (to.rank - type->rank);
    const bool is_one = to.axes[i] < 0 || axis < 0 || nc_dim_size(type->dims[axis]) == 1;
    repeats[i] = is_one ? nc_dim_size(to.dims[i]) : 1;
    if (repeats[i] == 0) nc_refuse(l, "to a size of 0");
    is_known &= repeats[i] > 0;
  }
  if (to.is_flat || is_known) {
    nc_output(l, 0, to.is_flat ? x : repeat(l, x, to.count, repeats));
    return;
  }
  nc_blob_t *const inputs[] = {x, shape_of(l, &to)};
  nc_output(l, 0, nc_emit(l, "Expand", 2, inputs));
}

void nc_lower_tile(nc_lower_t *l) {
  const nc_form_t to = nc_output_form(l, 0);
  int64_t all[MMD_MAX_RANK], repeats[MMD_NCNN_MAX_AXES];
  size_t count = 0;
  nc_read_ints(l, "", 1, MMD_MAX_RANK, all, &count);
  if (nc_ok(l) && (to.is_flat || (int)count != to.rank)) nc_refuse(l, "tensors of too many sizes");
  nc_blob_t *x = nc_input_like(l, 0, &to);
  for (int i = 0; i < to.count && nc_ok(l); ++i) {
    repeats[i] = to.axes[i] < 0 ? 1 : all[to.axes[i]];
    if (repeats[i] < 1) nc_refuse(l, "repeats of 0");
  }
  nc_output(l, 0, nc_ok(l) ? repeat(l, x, to.count, repeats) : NULL);
}

//===--- sizes as values ---------------------------------------------------===//

static int64_t clamp_axis(int64_t axis, int rank) {
  if (axis < 0) axis += rank;
  return axis < 0 ? 0 : axis > rank ? rank : axis;
}

// A blob [1, sizes…], as MMDeploy's own layers have it; or a part of it.
void nc_lower_shape(nc_lower_t *l) {
  const nc_form_t form = nc_input_form(l, 0);
  const int64_t start = clamp_axis(nc_attr_int(l, "start", 0), form.rank);
  const int64_t end = clamp_axis(nc_attr_int(l, "end", form.rank), form.rank), axis = 0;
  if (form.is_flat || form.count != form.rank - 1 || form.axes[0] != 1 || end <= start)
    nc_refuse(l, "of a tensor without a batch of 1");
  nc_blob_t *out = nc_emit_one(l, "Shape", nc_input(l, 0));
  if (end - start < form.rank) {
    out = nc_emit_one(l, "Crop", out);
    nc_set_ints(l, out, 9, 1, &start);
    nc_set_ints(l, out, 10, 1, &end);
    nc_set_ints(l, out, 11, 1, &axis);
  }
  nc_output(l, 0, out);
}

// A number that is repeated to sizes which the type tells.
void nc_lower_constant_of_shape(nc_lower_t *l) {
  const mmd_tensor_t *value = mmd_node_attr_tensor(l->node, "value");
  const float number = value && mmd_tensor_count(value) ? (float)mmd_tensor_get_f64(value, 0) : 0;
  const nc_form_t to = nc_output_form(l, 0);
  const int64_t ones[MMD_NCNN_MAX_AXES] = {1, 1, 1, 1};
  int64_t repeats[MMD_NCNN_MAX_AXES];
  mmd_tensor_t tensor = {0};
  bool is_known = true;
  if (to.is_flat) nc_refuse(l, "tensors of too many sizes");
  for (int i = 0; i < to.count && nc_ok(l); ++i) {
    repeats[i] = nc_dim_size(to.dims[i]);
    if (repeats[i] == 0) nc_refuse(l, "a size of 0");
    is_known &= repeats[i] > 0;
  }
  if (!nc_ok(l)) return;
  if (!is_known) {
    nc_blob_t *out = nc_emit_one(l, "ConstantOfShape", shape_of(l, &to));
    nc_set_float(l, out, 0, (double)number);
    nc_output(l, 0, out);
    return;
  }
  nc_fail(l, mmd_tensor_scalar_f32(number, &tensor));
  nc_blob_t *x = nc_ok(l) ? nc_constant(l, &tensor, to.count, ones) : NULL;
  mmd_tensor_deinit(&tensor);
  nc_output(l, 0, nc_ok(l) ? repeat(l, x, to.count, repeats) : NULL);
}
