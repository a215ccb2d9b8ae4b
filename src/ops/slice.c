// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "ops/eval_util.h"
#include "ops/infer_util.h"
#include "ops/registry.h"

typedef struct {
  size_t count;
  int64_t starts[MMD_MAX_RANK], ends[MMD_MAX_RANK], steps[MMD_MAX_RANK];
  int axes[MMD_MAX_RANK];
} slices_t;

static mmd_status_t attr_list(const mmd_node_t *node, const char *name, int64_t *out_numbers,
                              size_t *out_count) {
  const int64_t *list = mmd_node_attr_ints(node, name, out_count);
  if (*out_count > MMD_MAX_RANK) {
    return mmd_node_error(node, MMD_INVALID_ARGUMENT, "%zu %s", *out_count, name);
  }
  if (*out_count > 0) memcpy(out_numbers, list, *out_count * sizeof *list);
  return NULL;
}

// Attributes before opset 10, inputs from then on.
static mmd_status_t read_slices(mmd_eval_context_t *c, int rank, slices_t *out_slices) {
  slices_t *s = out_slices;
  int64_t axes[MMD_MAX_RANK];
  size_t ends, axis_count, steps = 0;
  bool inputs = c->node->version >= 10;
  if (inputs) {
    MMD_TRY(mmd_eval_ints(c, 1, MMD_MAX_RANK, s->starts, &s->count));
    MMD_TRY(mmd_eval_ints(c, 2, MMD_MAX_RANK, s->ends, &ends));
    MMD_TRY(mmd_eval_ints(c, 3, MMD_MAX_RANK, axes, &axis_count));
    MMD_TRY(mmd_eval_ints(c, 4, MMD_MAX_RANK, s->steps, &steps));
  } else {
    MMD_TRY(attr_list(c->node, "starts", s->starts, &s->count));
    MMD_TRY(attr_list(c->node, "ends", s->ends, &ends));
    MMD_TRY(attr_list(c->node, "axes", axes, &axis_count));
  }
  bool has_axes = inputs ? mmd_eval_input(c, 3) != NULL : axis_count > 0;
  bool has_steps = inputs && mmd_eval_input(c, 4);
  if (ends != s->count || (has_axes && axis_count != s->count) ||
      (has_steps && steps != s->count) || s->count > (size_t)rank) {
    return mmd_node_error(c->node, MMD_INVALID_ARGUMENT,
                          "starts, ends, axes and steps do not match");
  }
  bool seen[MMD_MAX_RANK] = {false};
  for (size_t i = 0; i < s->count; ++i) {
    MMD_TRY(mmd_node_axis(c->node, has_axes ? axes[i] : (int64_t)i, rank, &s->axes[i]));
    if (!has_steps) s->steps[i] = 1;
    if (s->steps[i] == 0 || s->steps[i] == INT64_MIN || seen[s->axes[i]]) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "a step of %lld, or an axis named twice",
                            (long long)s->steps[i]);
    }
    seen[s->axes[i]] = true;
  }
  return NULL;
}

static int64_t clamp(int64_t x, int64_t low, int64_t high) {
  return x < low ? low : x > high ? high : x;
}

// First element and number of elements of |dim| taken.
static void resolve(int64_t dim, int64_t start, int64_t end, int64_t step, int64_t *out_start,
                    int64_t *out_count) {
  if (start < 0) start = start < -dim ? (step > 0 ? 0 : -1) : start + dim;
  if (end < 0) end = end < -dim ? -1 : end + dim;
  if (step > 0) {
    start = clamp(start, 0, dim);
    end = clamp(end, 0, dim);
    *out_count = end > start ? (end - start - 1) / step + 1 : 0;
  } else {
    start = clamp(start, -1, dim - 1);
    end = clamp(end, -1, dim);
    *out_count = start > end ? (start - end - 1) / -step + 1 : 0;
  }
  *out_start = *out_count > 0 ? start : 0;
}

static mmd_status_t evaluate(mmd_eval_context_t *c) {
  const mmd_tensor_t *input = mmd_eval_input(c, 0);
  slices_t slices = {0};
  MMD_TRY(read_slices(c, input->shape.rank, &slices));
  mmd_shape_t shape = input->shape;
  mmd_box_t box = {.rank = shape.rank};
  mmd_shape_strides(&input->shape, box.in_strides);
  for (size_t i = 0; i < slices.count; ++i) {
    int axis = slices.axes[i];
    int64_t start, stride = box.in_strides[axis];
    resolve(input->shape.dims[axis], slices.starts[i], slices.ends[i], slices.steps[i], &start,
            &shape.dims[axis]);
    box.in_offset += start * stride;
    // A step past the end is never taken, so its size does not matter.
    box.in_strides[axis] = shape.dims[axis] > 1 ? slices.steps[i] * stride : stride;
  }
  memcpy(box.dims, shape.dims, sizeof shape.dims);
  mmd_shape_strides(&shape, box.out_strides);
  MMD_TRY(mmd_eval_output_create(c, 0, input->dtype, &shape, NULL));
  return mmd_eval_copy_box(&box, &c->outputs[0].tensor, input);
}

// ---- Types.

typedef struct {
  const mmd_dim_t *start, *end;
  int64_t step;
} piece_t;

// Size of |dim| cut by |piece|; NULL when not known.
static const mmd_dim_t *piece_dim(mmd_graph_t *graph, const mmd_dim_t *dim, const piece_t *piece) {
  const mmd_dim_t *start = piece->start, *end = piece->end;
  int64_t s = mmd_dim_is_const(start) ? start->number : -1, count, first;
  if (!start || !end) return NULL;
  bool numbers = mmd_dim_is_const(start) && mmd_dim_is_const(end);
  if (numbers && mmd_dim_is_const(dim)) {
    resolve(dim->number, s, end->number, piece->step, &first, &count);
    return mmd_dim_const(graph, count);
  }
  bool whole = mmd_dim_is_const(end) && end->number >= INT32_MAX;
  if (piece->step < 0) return NULL;
  bool same_side = numbers && (s < 0) == (end->number < 0);
  if (same_side && end->number <= s) return mmd_dim_const(graph, 0);
  if (numbers && s == 0 && whole && piece->step == 1) return dim;
  // Taken from the back: the size is at least that large where it makes sense.
  const mmd_dim_t *from = mmd_dim_is_const(start) && s < 0 ? mmd_dim_add(graph, dim, start) : start;
  const mmd_dim_t *to = whole ? dim : end;
  if (mmd_dim_is_const(end) && end->number < 0) to = mmd_dim_add(graph, dim, end);
  if (!whole && !(mmd_dim_is_const(end) && end->number < 0)) to = mmd_dim_min(graph, dim, end);
  const mmd_dim_t *span = mmd_dim_sub(graph, to, from);
  if (!span || (mmd_dim_is_const(span) && span->number < 0)) return NULL;
  return mmd_dim_ceil_div(graph, span, mmd_dim_const(graph, piece->step));
}

// The pieces by axis. False when the axes or steps are not known.
static bool infer_pieces(const mmd_infer_context_t *c, int rank, piece_t *pieces, bool *cut) {
  int64_t axes[MMD_MAX_RANK], steps[MMD_MAX_RANK], numbers[2][MMD_MAX_RANK];
  const mmd_dim_t *const *bounds[2] = {NULL, NULL};
  size_t count = 0, n, axis_count = 0;
  bool inputs = c->node->version >= 10;
  if (inputs) {
    const mmd_edge_t *starts = mmd_node_input(c->node, 1);
    if (starts && starts->type.has_rank && starts->type.rank == 1) {
      int64_t known = mmd_dim_number(starts->type.dims[0]);
      count = known < 0 ? 0 : (size_t)known;
      if (known < 0) return false;
    } else {
      return false;
    }
    for (size_t k = 0; k < 2; ++k) {
      if (mmd_infer_elements(c, k + 1, &bounds[k], &n) && n != count) return false;
    }
    if (mmd_node_input(c->node, 3) &&
        (!mmd_infer_numbers(c, 3, MMD_MAX_RANK, axes, &axis_count) || axis_count != count)) {
      return false;
    }
    if (mmd_node_input(c->node, 4) &&
        (!mmd_infer_numbers(c, 4, MMD_MAX_RANK, steps, &n) || n != count)) {
      return false;
    }
  } else {
    size_t ends;
    mmd_status_t status = attr_list(c->node, "starts", numbers[0], &count);
    if (!status) status = attr_list(c->node, "ends", numbers[1], &ends);
    if (!status) status = attr_list(c->node, "axes", axes, &axis_count);
    if (mmd_status_ignore(status) || ends != count || (axis_count && axis_count != count)) {
      return false;
    }
  }
  if (count > (size_t)rank) return false;
  for (size_t i = 0; i < count; ++i) {
    int64_t axis = axis_count ? axes[i] : (int64_t)i;
    if (axis < -rank || axis >= rank) return false;
    if (axis < 0) axis += rank;
    cut[axis] = true;
    pieces[axis].step = inputs && mmd_node_input(c->node, 4) ? steps[i] : 1;
    if (inputs) {
      pieces[axis].start = bounds[0] ? bounds[0][i] : NULL;
      pieces[axis].end = bounds[1] ? bounds[1][i] : NULL;
    } else {
      pieces[axis].start = mmd_dim_const(c->graph, numbers[0][i]);
      pieces[axis].end = mmd_dim_const(c->graph, numbers[1][i]);
    }
  }
  return true;
}

static mmd_status_t infer_elements(mmd_infer_context_t *c, const piece_t *piece, bool cut) {
  const mmd_dim_t *const *elements, *results[MMD_INFER_MAX_ELEMENTS];
  size_t count;
  int64_t first, taken;
  if (!mmd_infer_elements(c, 0, &elements, &count)) return NULL;
  if (!cut) return mmd_infer_output_elements(c, 0, count, elements);
  if (!mmd_dim_is_const(piece->start) || !mmd_dim_is_const(piece->end) || piece->step == 0) {
    return NULL;
  }
  resolve((int64_t)count, piece->start->number, piece->end->number, piece->step, &first, &taken);
  for (int64_t i = 0; i < taken; ++i) results[i] = elements[first + i * piece->step];
  return mmd_infer_output_elements(c, 0, (size_t)taken, results);
}

static mmd_status_t infer(mmd_infer_context_t *c) {
  const mmd_type_t *type = mmd_infer_ranked(c, 0);
  const mmd_dim_t *dims[MMD_MAX_RANK] = {NULL};
  piece_t pieces[MMD_MAX_RANK] = {{0}};
  bool cut[MMD_MAX_RANK] = {false};
  if (!type) return mmd_infer_dtype_only(c);
  if (!infer_pieces(c, type->rank, pieces, cut)) {
    return mmd_infer_output(c, 0, type->dtype, type->rank, NULL);
  }
  for (int i = 0; i < type->rank; ++i) {
    if (cut[i] && (pieces[i].step == 0 || pieces[i].step == INT64_MIN)) {
      return mmd_node_error(c->node, MMD_INVALID_ARGUMENT, "a step of %lld",
                            (long long)pieces[i].step);
    }
    dims[i] = cut[i] ? piece_dim(c->graph, type->dims[i], &pieces[i]) : type->dims[i];
  }
  MMD_TRY(mmd_infer_output(c, 0, type->dtype, type->rank, dims));
  return type->rank == 1 ? infer_elements(c, &pieces[0], cut[0]) : NULL;
}

static const mmd_op_t ops[] = {
    {"", "Slice", 1, 1, 1, 1, 1, infer, evaluate, 0},
    {"", "Slice", 10, 3, 5, 1, 1, infer, evaluate, 0},
};
const mmd_op_family_t mmd_ops_slice = MMD_OP_FAMILY(ops);
