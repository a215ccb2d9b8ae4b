// SPDX-License-Identifier: Apache-2.0
//
// Operators that choose elements by number, order or overlap.
#include <string.h>

#include "backends/torchscript/target/library.h"
#include "backends/torchscript/target/lower_table.h"

// Input |i| as i64, the only type that PyTorch indexes with.
static const char *indices(ts_lower_t *l, size_t i) {
  const char *x = ts_input(l, i);
  return ts_input_dtype(l, i) == MMD_I64 ? x : ts_let(l, "torch.to(%s, 4)", x);
}

// torch.index counts from the end too.
static const char *index_axis(ts_lower_t *l, const char *x, int axis, const char *index) {
  const char *list = "";
  for (int i = 0; i < axis; ++i) list = ts_text(l, "%sNone, ", list);
  return ts_let(l, "torch.index(%s, annotate(List[Optional[Tensor]], [%s%s]))", x, list, index);
}

void ts_lower_gather(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", 0);
  const mmd_tensor_t *constant = ts_constant(l, 1);
  const char *x = ts_input(l, 0);
  if (constant && constant->shape.rank == 0) {
    ts_output(l, 0,
              ts_let(l, "torch.select(%s, %d, %lld)", x, axis,
                     (long long)mmd_tensor_get_i64(constant, 0)));
  } else {
    ts_output(l, 0, index_axis(l, x, axis, indices(l, 1)));
  }
}

// Numbers below 0 count from the end.
static const char *from_start(ts_lower_t *l, const char *index, const char *size) {
  return ts_let(l, "torch.remainder(%s, %s)", index, size);
}

void ts_lower_gather_elements(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", 0);
  const char *index = from_start(l, indices(l, 1), ts_size(l, 0, axis));
  ts_output(l, 0, ts_let(l, "torch.gather(%s, %d, %s)", ts_input(l, 0), axis, index));
}

// The last axis of the indices as a list of tensors.
static const char *index_list(ts_lower_t *l) {
  const int rank = ts_rank(l, 1);
  const int64_t count = ts_known_size(l, 1, rank - 1);
  const char *index = indices(l, 1), *list = "";
  if (count < 1 || count > ts_rank(l, 0)) {
    ts_refuse(l, "indices of %lld numbers each", (long long)count);
    return "";
  }
  for (int64_t i = 0; i < count; ++i)
    list = ts_text(l, "%s%storch.select(%s, -1, %lld)", list, i ? ", " : "", index, (long long)i);
  return ts_text(l, "annotate(List[Optional[Tensor]], [%s])", list);
}

// Batch axes become one, whose number is one more index.
static void gather_nd_batched(ts_lower_t *l, int64_t batch) {
  const int rank = ts_rank(l, 1);
  const int64_t count = ts_known_size(l, 1, rank - 1);
  if (count < 1 || batch + count > ts_rank(l, 0) || batch >= rank)
    ts_refuse(l, "batch_dims %lld of rank %d", (long long)batch, rank);
  if (!ts_ok(l)) return;
  const char *x = ts_let(l, "torch.flatten(%s, 0, %lld)", ts_input(l, 0), (long long)batch - 1);
  const char *index = ts_let(l, "torch.flatten(%s, 0, %lld)", indices(l, 1), (long long)batch - 1);
  const char *list = ts_let(l, "torch.arange(torch.size(%s, 0), dtype=4)", x);
  for (int i = (int)batch + 1; i < rank; ++i) list = ts_text(l, "torch.unsqueeze(%s, -1)", list);
  for (int64_t i = 0; i < count; ++i)
    list = ts_text(l, "%s, torch.select(%s, -1, %lld)", list, index, (long long)i);
  const char *y = ts_let(l, "torch.index(%s, annotate(List[Optional[Tensor]], [%s]))", x, list);
  ts_output(l, 0,
            ts_let(l,
                   "torch.reshape(%s, torch.add(torch.slice(torch.size(%s), 0, %lld), "
                   "torch.slice(torch.size(%s), 1)))",
                   y, ts_input(l, 0), (long long)batch, y));
}

void ts_lower_gather_nd(ts_lower_t *l) {
  const int64_t batch = ts_attr_int(l, "batch_dims", 0);
  if (batch > 0) {
    gather_nd_batched(l, batch);
  } else {
    ts_output(l, 0, ts_let(l, "torch.index(%s, %s)", ts_input(l, 0), index_list(l)));
  }
}

// PyTorch's names of reductions; NULL for others.
static const char *reduction_name(const ts_lower_t *l) {
  static const char *const names[][2] = {{"mul", "prod"}, {"max", "amax"}, {"min", "amin"}};
  for (size_t i = 0; i < 3; ++i) {
    if (ts_attr_is(l, "reduction", "none", names[i][0])) return names[i][1];
  }
  return NULL;
}

// The indexed axes become one, and so do the rest.
static void scatter_nd_reduced(ts_lower_t *l, const char *reduction) {
  const int rank = ts_rank(l, 0), index_rank = ts_rank(l, 1);
  const int64_t count = ts_known_size(l, 1, index_rank - 1);
  if (count < 1 || count > rank) ts_refuse(l, "indices of %lld numbers each", (long long)count);
  if (!ts_ok(l)) return;
  const char *x = ts_input(l, 0), *index = indices(l, 1), *place = "0";
  for (int i = 0; i < (int)count; ++i) {
    const char *size = ts_size(l, 0, i);
    const char *one = ts_let(l, "torch.remainder(torch.select(%s, -1, %d), %s)", index, i, size);
    place = i ? ts_let(l, "torch.add(torch.mul(%s, %s), %s)", place, size, one) : one;
  }
  const char *rows = ts_let(l, "torch.flatten(%s, 0, %lld)", x, (long long)count - 1);
  rows = count == rank ? ts_let(l, "torch.unsqueeze(%s, 1)", rows)
                       : ts_let(l, "torch.flatten(%s, 1, -1)", rows);
  const char *news = ts_let(l, "torch.reshape(%s, [-1, torch.size(%s, 1)])", ts_input(l, 2), rows);
  place = ts_let(l, "torch.expand_as(torch.reshape(%s, [-1, 1]), %s)", place, news);
  const char *out =
      ts_let(l, "torch.scatter_reduce(%s, 0, %s, %s, \"%s\")", rows, place, news, reduction);
  ts_output(l, 0, ts_let(l, "torch.reshape(%s, torch.size(%s))", out, x));
}

void ts_lower_scatter_nd(ts_lower_t *l) {
  const char *reduction = reduction_name(l);
  if (reduction) {
    scatter_nd_reduced(l, reduction);
    return;
  }
  ts_output(l, 0,
            ts_let(l, "torch.index_put(%s, %s, %s, %s)", ts_input(l, 0), index_list(l),
                   ts_input(l, 2), ts_bool(ts_attr_is(l, "reduction", "none", "add"))));
}

void ts_lower_scatter_elements(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", 0);
  const char *reduction = ts_attr_string(l, "reduction", "none");
  const char *x = ts_input(l, 0), *source = ts_input(l, 2);
  const char *index = from_start(l, indices(l, 1), ts_size(l, 0, axis));
  if (strcmp(reduction, "none") == 0) {
    ts_output(l, 0, ts_let(l, "torch.scatter(%s, %d, %s, %s)", x, axis, index, source));
  } else if (strcmp(reduction, "add") == 0) {
    ts_output(l, 0, ts_let(l, "torch.scatter_add(%s, %d, %s, %s)", x, axis, index, source));
  } else if (reduction_name(l)) {
    ts_output(l, 0,
              ts_let(l, "torch.scatter_reduce(%s, %d, %s, %s, \"%s\")", x, axis, index, source,
                     reduction_name(l)));
  } else {
    ts_refuse(l, "reduction %s", reduction);
  }
}

void ts_lower_compress(ts_lower_t *l) {
  const bool has_axis = mmd_node_attr(l->node, "axis") != NULL;
  const char *x = ts_input(l, 0);
  const char *chosen = ts_let(l, "torch.flatten(torch.nonzero(%s))", ts_input(l, 1));
  if (!has_axis) x = ts_let(l, "torch.flatten(%s)", x);
  ts_output(
      l, 0,
      ts_let(l, "torch.index_select(%s, %d, %s)", x, has_axis ? ts_axis(l, "axis", 0) : 0, chosen));
}

void ts_lower_one_hot(ts_lower_t *l) {
  const int64_t given = ts_attr_int(l, "axis", -1);
  const int rank = ts_rank(l, 0);
  const char *depth = ts_int(l, 1);
  const char *index = ts_let(l, "torch.to(%s, 4)", ts_input(l, 0));
  const char *hit = ts_let(l,
                           "torch.eq(torch.unsqueeze(torch.where(torch.lt(%s, 0), torch.add(%s, "
                           "%s), %s), -1), torch.arange(%s, dtype=4))",
                           index, index, depth, index, depth);
  const char *values = ts_input(l, 2);
  const char *out = ts_let(l, "torch.where(%s, torch.select(%s, 0, 1), torch.select(%s, 0, 0))",
                           hit, values, values);
  const int64_t axis = given < 0 ? given + rank + 1 : given;
  ts_output(l, 0,
            axis == rank ? out : ts_let(l, "torch.movedim(%s, -1, %lld)", out, (long long)axis));
}

// torch.topk gives equal elements in any order, a stable sort gives them in that of their places.
void ts_lower_top_k(ts_lower_t *l) {
  const int axis = ts_axis(l, "axis", -1);
  const char *count = ts_int(l, 1);
  const char *values = ts_variable(l), *places = ts_variable(l);
  ts_line(l, "%s, %s, = torch.sort(%s, stable=True, dim=%d, descending=%s)", values, places,
          ts_input(l, 0), axis, ts_bool(ts_attr_int(l, "largest", 1) != 0));
  if (ts_wants_output(l, 0))
    ts_output(l, 0, ts_let(l, "torch.slice(%s, %d, 0, %s)", values, axis, count));
  if (ts_wants_output(l, 1))
    ts_output(l, 1, ts_let(l, "torch.slice(%s, %d, 0, %s)", places, axis, count));
}

void ts_lower_nms(ts_lower_t *l) {
  const bool has_score = ts_has_input(l, 4);
  ts_output(l, 0,
            ts_let(l, "%s(%s, %s, %s, %s, %s, %s, %s)", ts_library(l, TS_NMS), ts_input(l, 0),
                   ts_input(l, 1), ts_has_input(l, 2) ? ts_int(l, 2) : "0",
                   ts_has_input(l, 3) ? ts_float(l, 3) : "0.0", has_score ? ts_float(l, 4) : "0.0",
                   ts_bool(has_score), ts_bool(ts_attr_int(l, "center_point_box", 0) != 0)));
}

void ts_lower_roi_align(ts_lower_t *l) {
  const int64_t ratio = ts_attr_int(l, "sampling_ratio", 0);
  const bool is_half = ts_attr_is(l, "coordinate_transformation_mode", "half_pixel", "half_pixel");
  if (!ts_attr_is(l, "mode", "avg", "avg")) ts_refuse(l, "mode max");
  ts_output(l, 0,
            ts_let(l, "%s(%s, %s, %s, %lld, %lld, %lld, %s, %s)", ts_library(l, TS_ROI_ALIGN),
                   ts_input(l, 0), ts_input(l, 1), indices(l, 2),
                   (long long)ts_attr_int(l, "output_height", 1),
                   (long long)ts_attr_int(l, "output_width", 1), (long long)ratio,
                   ts_number(l, ts_attr_float(l, "spatial_scale", 1)), is_half ? "0.5" : "0.0"));
}

// The first |lengths| steps of each sequence backwards.
void ts_lower_reverse_sequence(ts_lower_t *l) {
  const int64_t batch = ts_attr_int(l, "batch_axis", 1), time = ts_attr_int(l, "time_axis", 0);
  if (batch + time != 1 || ts_rank(l, 0) < 2) ts_refuse(l, "axes other than the first two");
  const char *x = ts_input(l, 0);
  const char *steps = ts_let(l, "torch.unsqueeze(torch.arange(%s, dtype=4), %lld)",
                             ts_size(l, 0, (int)time), (long long)batch);
  const char *lengths = ts_let(l, "torch.unsqueeze(%s, %lld)", indices(l, 1), (long long)time);
  const char *back = ts_let(l, "torch.sub(torch.sub(%s, 1), %s)", lengths, steps);
  const char *place =
      ts_let(l, "torch.where(torch.lt(%s, %s), %s, torch.add(%s, torch.mul(%s, 0)))", steps,
             lengths, back, steps, back);
  for (int i = 2; i < ts_rank(l, 0); ++i) place = ts_let(l, "torch.unsqueeze(%s, -1)", place);
  ts_output(
      l, 0,
      ts_let(l, "torch.gather(%s, %lld, torch.expand_as(%s, %s))", x, (long long)time, place, x));
}
