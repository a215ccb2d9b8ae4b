// SPDX-License-Identifier: Apache-2.0
//
// GridSample. The engine's own is of two spatial axes; with three it is spelt out: positions an
// axis, the corners about them gathered, their sum by weights.
#include <string.h>

#include "backends/openvino/target/lower_table.h"

typedef struct grid_mode_t {
  bool is_nearest, is_cubic, is_aligned;
  const char *padding;  // "zeros", "border", "reflection"
} grid_mode_t;

//===--- two axes ----------------------------------------------------------===//

static void sample_planes(ov_lower_t *l, const grid_mode_t *m) {
  const ov_value_t inputs[] = {ov_input(l, 0), ov_input(l, 1)};
  const ov_value_t out = ov_emit(l, "GridSample", "opset9", 2, inputs);
  ov_set(l, out, "mode", m->is_cubic ? "bicubic" : m->is_nearest ? "nearest" : "bilinear");
  ov_set(l, out, "padding_mode", m->padding);
  ov_set_bool(l, out, "align_corners", m->is_aligned);
  ov_output(l, 0, out);
}

//===--- three axes --------------------------------------------------------===//

enum { AXES = 3 };

static ov_value_t number(ov_lower_t *l, double x) {
  return ov_constant_number(l, MMD_F32, x);
}

// What the sampling knows of an axis, by depth, height and width; all are f32 [n, points] but the
// size.
typedef struct grid_axis_t {
  ov_value_t size, last;
  ov_value_t below;  // the whole position below, or the nearest one
  ov_value_t part;   // from there on
} grid_axis_t;

// Over the edges as often as it takes, then within them.
static ov_value_t reflect(ov_lower_t *l, const grid_mode_t *m, const grid_axis_t *axis,
                          ov_value_t x) {
  const double low = m->is_aligned ? 0 : -0.5;
  const ov_value_t span = ov_binary(l, "Maximum", m->is_aligned ? axis->last : axis->size,
                                    number(l, m->is_aligned ? 1e-6 : 1));
  const ov_value_t way = ov_unary(l, "Abs", "opset1", ov_binary(l, "Subtract", x, number(l, low)));
  const ov_value_t turns = ov_unary(l, "Floor", "opset1", ov_binary(l, "Divide", way, span));
  const ov_value_t rest = ov_binary(l, "Subtract", way, ov_binary(l, "Multiply", turns, span));
  const ov_value_t halves =
      ov_unary(l, "Floor", "opset1", ov_binary(l, "Multiply", turns, number(l, 0.5)));
  const ov_value_t is_even =
      ov_binary(l, "Equal", ov_binary(l, "Multiply", halves, number(l, 2)), turns);
  const ov_value_t back = ov_select(l, is_even, rest, ov_binary(l, "Subtract", span, rest));
  return ov_binary(l, "Add", back, number(l, low));
}

static ov_value_t limit(ov_lower_t *l, const grid_axis_t *axis, ov_value_t x) {
  return ov_binary(l, "Minimum", ov_binary(l, "Maximum", x, number(l, 0)), axis->last);
}

// |grid| [n, points, 3] has x first, -1 and 1 at the edges.
static void read_axis(ov_lower_t *l, const grid_mode_t *m, ov_value_t grid, int axis,
                      grid_axis_t *out_axis) {
  grid_axis_t *a = out_axis;
  a->size = ov_convert(l, ov_size_of(l, ov_input(l, 0), axis + 2), MMD_F32);
  a->last = ov_binary(l, "Subtract", a->size, number(l, 1));
  ov_value_t x = ov_gather(l, grid, ov_constant_i64(l, AXES - 1 - axis), 2);
  x = ov_binary(l, "Add", x, number(l, 1));
  x = ov_binary(l, "Multiply", x, m->is_aligned ? a->last : a->size);
  if (!m->is_aligned) x = ov_binary(l, "Subtract", x, number(l, 1));
  x = ov_binary(l, "Multiply", x, number(l, 0.5));
  if (strcmp(m->padding, "reflection") == 0) x = reflect(l, m, a, x);
  if (strcmp(m->padding, "zeros") != 0) x = limit(l, a, x);
  a->below = m->is_nearest ? ov_round(l, x) : ov_unary(l, "Floor", "opset1", x);
  a->part = ov_binary(l, "Subtract", x, a->below);
}

typedef struct corner_t {
  ov_value_t place, weight;  // [n, points]; of the flat volume
} corner_t;

// Corner |bits|: bit i set, the upper neighbour along axis i. What lies outside weighs nothing.
static void find_corner(ov_lower_t *l, const grid_mode_t *m, const grid_axis_t axes[AXES],
                        unsigned bits, corner_t *out_corner) {
  ov_value_t place = {0}, weight = {0};
  for (int i = 0; i < AXES; ++i) {
    const bool is_upper = bits >> i & 1;
    const grid_axis_t *a = &axes[i];
    const ov_value_t at = is_upper ? ov_binary(l, "Add", a->below, number(l, 1)) : a->below;
    const ov_value_t inside = limit(l, a, at);
    ov_value_t one = ov_convert(l, ov_binary(l, "Equal", inside, at), MMD_F32);
    if (!m->is_nearest) {
      const ov_value_t share = is_upper ? a->part : ov_binary(l, "Subtract", number(l, 1), a->part);
      one = ov_binary(l, "Multiply", one, share);
    }
    weight = i ? ov_binary(l, "Multiply", weight, one) : one;
    place = i ? ov_binary(l, "Add", ov_binary(l, "Multiply", place, a->size), inside) : inside;
  }
  *out_corner = (corner_t){ov_convert(l, place, MMD_I64), weight};
}

// [n, points, channels] of one corner; |voxels| is [n, depth * height * width, channels].
static ov_value_t take_corner(ov_lower_t *l, const corner_t *corner, ov_value_t voxels) {
  const int64_t last = 2;
  const ov_value_t inputs[] = {voxels, corner->place, ov_constant_i64(l, 1)};
  const ov_value_t found = ov_emit(l, "Gather", "opset8", 3, inputs);
  ov_set_int(l, found, "batch_dims", 1);
  return ov_binary(l, "Multiply", found, ov_unsqueeze(l, corner->weight, 1, &last));
}

static void sample_volumes(ov_lower_t *l, const grid_mode_t *m) {
  const int64_t points[] = {0, -1, AXES}, flat[] = {0, 0, -1}, order[] = {0, 2, 1};
  grid_axis_t axes[AXES];
  ov_value_t sum = {0};
  const ov_value_t x = ov_input(l, 0), whole_grid = ov_input(l, 1);
  const ov_value_t grid = ov_reshape(l, whole_grid, ov_constant_i64s(l, 3, points), true);
  const ov_value_t voxels =
      ov_transpose(l, ov_reshape(l, x, ov_constant_i64s(l, 3, flat), true), 3, order);
  for (int i = 0; i < AXES; ++i) read_axis(l, m, grid, i, &axes[i]);
  for (unsigned bits = 0; bits < (m->is_nearest ? 1U : 8U); ++bits) {
    corner_t corner;
    find_corner(l, m, axes, bits, &corner);
    const ov_value_t part = take_corner(l, &corner, voxels);
    sum = bits ? ov_binary(l, "Add", sum, part) : part;
  }
  const ov_value_t shape[] = {ov_slice(l, ov_shape_of(l, x), 0, 0, 2),
                              ov_slice(l, ov_shape_of(l, whole_grid), 0, 1, 1 + AXES)};
  ov_output(l, 0, ov_reshape(l, ov_transpose(l, sum, 3, order), ov_concat(l, 2, shape, 0), false));
}

//===--- both --------------------------------------------------------------===//

static void sample(ov_lower_t *l, const grid_mode_t *m) {
  const int rank = ov_input_rank(l, 0);
  if (rank == 4) {
    sample_planes(l, m);
  } else if (rank == 2 + AXES && !m->is_cubic && ov_input_dtype(l, 0) == MMD_F32) {
    sample_volumes(l, m);
  } else {
    ov_refuse(l, "%s of %s of %d dimensions", m->is_cubic ? "cubic" : "sampling",
              mmd_dtype_name(ov_input_dtype(l, 0)), rank);
  }
}

void ov_lower_grid_sample(ov_lower_t *l) {
  const char *mode = ov_attr_string(l, "mode", "linear");
  sample(l, &(grid_mode_t){
                .is_nearest = strcmp(mode, "nearest") == 0,
                .is_cubic = strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0,
                .is_aligned = ov_attr_int(l, "align_corners", 0) != 0,
                .padding = ov_attr_string(l, "padding_mode", "zeros"),
            });
}

// MMDeploy's, with numbers for the words.
void ov_lower_grid_sampler(ov_lower_t *l) {
  static const char *const paddings[] = {"zeros", "border", "reflection"};
  const int64_t mode = ov_attr_int(l, "interpolation_mode", 0);
  const int64_t padding = ov_attr_int(l, "padding_mode", 0);
  if (mode < 0 || mode > 2) ov_refuse(l, "interpolation_mode %lld", (long long)mode);
  if (padding < 0 || padding > 2) ov_refuse(l, "padding_mode %lld", (long long)padding);
  if (!ov_ok(l)) return;
  sample(l, &(grid_mode_t){
                .is_nearest = mode == 1,
                .is_cubic = mode == 2,
                .is_aligned = ov_attr_int(l, "align_corners", 0) != 0,
                .padding = paddings[padding],
            });
}
