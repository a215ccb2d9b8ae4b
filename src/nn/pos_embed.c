// SPDX-License-Identifier: Apache-2.0
#include "nn/pos_embed.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "nn/patch_embed.h"

enum { MAX_TAPS = 4 };

// Source positions and factors of one output position; positions are clamped to the edge.
typedef struct taps_t {
  int count;
  int64_t at[MAX_TAPS];
  double factor[MAX_TAPS];
} taps_t;

static int64_t clamp(int64_t at, int64_t size) {
  return at < 0 ? 0 : at >= size ? size - 1 : at;
}

// Keys' cubic with a = -0.75, as PyTorch and OpenCV have it.
static double cubic(double distance) {
  const double a = -0.75, x = fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

static taps_t make_taps(mmd_interpolation_t mode, int64_t from, int64_t to, int64_t index) {
  taps_t taps = {0};
  const double scale = (double)from / (double)to;
  if (mode == MMD_INTERPOLATE_NEAREST) {
    taps.count = 1;
    taps.at[0] = clamp((int64_t)floor((double)index * scale), from);
    taps.factor[0] = 1;
    return taps;
  }
  double at = scale * ((double)index + 0.5) - 0.5;
  if (mode == MMD_INTERPOLATE_BILINEAR && at < 0) at = 0;
  const double base = floor(at), rest = at - base;
  const int64_t first = (int64_t)base;
  if (mode == MMD_INTERPOLATE_BILINEAR) {
    taps.count = 2;
    for (int i = 0; i < 2; ++i) taps.at[i] = clamp(first + i, from);
    taps.factor[0] = 1 - rest;
    taps.factor[1] = rest;
    return taps;
  }
  taps.count = 4;
  for (int i = 0; i < 4; ++i) {
    taps.at[i] = clamp(first + i - 1, from);
    taps.factor[i] = cubic(rest + 1 - i);
  }
  return taps;
}

// One output token: a weighted sum of source tokens.
static void mix_token(const float *grid, int64_t columns, int64_t channels, const taps_t *rows,
                      const taps_t *cols, float *out) {
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int y = 0; y < rows->count; ++y) {
      double line = 0;
      for (int x = 0; x < cols->count; ++x) {
        line +=
            cols->factor[x] * (double)grid[(rows->at[y] * columns + cols->at[x]) * channels + c];
      }
      sum += rows->factor[y] * line;
    }
    out[c] = (float)sum;
  }
}

static void resize_grid(const float *grid, const int64_t from[2], const int64_t to[2],
                        int64_t channels, mmd_interpolation_t mode, float *out) {
  for (int64_t y = 0; y < to[0]; ++y) {
    const taps_t rows = make_taps(mode, from[0], to[0], y);
    for (int64_t x = 0; x < to[1]; ++x) {
      const taps_t cols = make_taps(mode, from[1], to[1], x);
      mix_token(grid, from[1], channels, &rows, &cols, out + (y * to[1] + x) * channels);
    }
  }
}

mmd_status_t mmd_pos_embed_resize(const mmd_tensor_t *embedding, const int64_t from[2],
                                  const int64_t to[2], int64_t extra, mmd_interpolation_t mode,
                                  mmd_tensor_t *out_embedding) {
  const int64_t channels = embedding->shape.dims[2];
  const int64_t dims[] = {1, extra + to[0] * to[1], channels};
  mmd_shape_t shape;
  mmd_tensor_t packed = {0};
  if (embedding->shape.rank != 3 || embedding->dtype != MMD_F32 || from[0] < 1 || from[1] < 1 ||
      embedding->shape.dims[1] != extra + from[0] * from[1]) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "position embedding does not fit a grid of %lldx%lld",
                     (long long)from[0], (long long)from[1]);
  }
  MMD_TRY(mmd_shape_make(3, dims, &shape));
  MMD_TRY(mmd_tensor_contiguous(embedding, &packed));
  mmd_status_t status = mmd_tensor_create(MMD_F32, &shape, false, out_embedding);
  if (!status) {
    const float *source = mmd_tensor_data(&packed);
    float *target = mmd_tensor_mutable_data(out_embedding);
    memcpy(target, source, (size_t)(extra * channels) * sizeof *target);
    resize_grid(source + extra * channels, from, to, channels, mode, target + extra * channels);
  }
  mmd_tensor_deinit(&packed);
  return status;
}

// The grid of a checkpoint with |tokens| is taken to be square, as OpenMMLab takes it.
static mmd_status_t square_grid(const mmd_builder_t *builder, const char *name, int64_t tokens,
                                int64_t out_grid[2]) {
  const int64_t side = tokens > 0 ? (int64_t)sqrt((double)tokens) : 0;
  out_grid[0] = out_grid[1] = side;
  if (side > 0 && side * side == tokens) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "%s: '%s.%s' of the checkpoint has %lld patch positions, which is no square",
                   builder->config_path, mmd_str_text(&builder->scope), name, (long long)tokens);
}

static mmd_status_t resize_constant(const mmd_builder_t *builder, const char *name,
                                    mmd_edge_t *edge, const int64_t to[2], int64_t extra,
                                    mmd_interpolation_t mode) {
  int64_t from[2];
  mmd_tensor_t resized = {0};
  MMD_TRY(square_grid(builder, name, edge->constant.shape.dims[1] - extra, from));
  MMD_TRY(mmd_pos_embed_resize(&edge->constant, from, to, extra, mode, &resized));
  mmd_status_t status = mmd_edge_set_constant(edge, &resized);
  mmd_tensor_deinit(&resized);
  return status;
}

mmd_edge_t *mmd_nn_pos_embed(mmd_builder_t *builder, const char *name, const int64_t to[2],
                             int64_t extra, int64_t channels, mmd_interpolation_t mode) {
  int64_t dims[] = {1, extra + to[0] * to[1], channels};
  mmd_shape_t stored;
  const bool other = mmd_nn_has_weight(builder, name, &stored) && stored.rank == 3 &&
                     stored.dims[0] == 1 && stored.dims[2] == channels && stored.dims[1] != dims[1];
  if (other) dims[1] = stored.dims[1];
  mmd_edge_t *edge = mmd_nn_weight(builder, name, 3, dims);
  if (!other || !edge) return edge;
  mmd_status_t status = resize_constant(builder, name, edge, to, extra, mode);
  if (status) mmd_builder_fail(builder, status);
  return edge;
}

static mmd_edge_t *slice_tokens(mmd_builder_t *b, mmd_edge_t *x, int64_t begin, int64_t end) {
  static const int64_t axis[] = {1};
  mmd_edge_t *const inputs[] = {x, mmd_nn_constant_i64(b, 1, &begin),
                                mmd_nn_constant_i64(b, 1, &end), mmd_nn_constant_i64(b, 1, axis)};
  return mmd_nn_op(b, "Slice", 4, inputs, NULL);
}

static mmd_edge_t *resize_map(mmd_builder_t *b, mmd_edge_t *x, int64_t channels,
                              mmd_interpolation_t mode, mmd_edge_t *map) {
  static const char *const modes[] = {"nearest", "linear", "cubic"};
  const int64_t front[] = {1, channels};
  mmd_edge_t *const sizes[] = {mmd_nn_constant_i64(b, 2, front), mmd_nn_image_size_edge(b, map)};
  mmd_node_t *node;
  mmd_edge_t *size = mmd_nn_op(b, "Concat", 2, sizes, &node);
  mmd_nn_set_int(b, node, "axis", 0);
  mmd_edge_t *const inputs[] = {x, NULL, NULL, size};
  mmd_edge_t *out = mmd_nn_op(b, "Resize", 4, inputs, &node);
  mmd_nn_set_string(b, node, "mode", modes[mode]);
  if (mode == MMD_INTERPOLATE_NEAREST) {
    mmd_nn_set_string(b, node, "coordinate_transformation_mode", "asymmetric");
    mmd_nn_set_string(b, node, "nearest_mode", "floor");
  } else {
    mmd_nn_set_string(b, node, "coordinate_transformation_mode", "half_pixel");
    mmd_nn_set_float(b, node, "cubic_coeff_a", -0.75);
  }
  return out;
}

static mmd_edge_t *transpose(mmd_builder_t *b, size_t rank, const int64_t *axes, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "Transpose", 1, &x, &node);
  mmd_nn_set_ints(b, node, "perm", rank, axes);
  return out;
}

static mmd_edge_t *reshape(mmd_builder_t *b, size_t rank, const int64_t *dims, mmd_edge_t *x) {
  return mmd_nn_binary(b, "Reshape", x, mmd_nn_constant_i64(b, rank, dims));
}

mmd_edge_t *mmd_nn_pos_embed_fit(mmd_builder_t *builder, mmd_edge_t *embedding,
                                 const int64_t from[2], int64_t extra, int64_t channels,
                                 mmd_interpolation_t mode, mmd_edge_t *map) {
  static const int64_t to_map[] = {0, 3, 1, 2}, to_tokens[] = {0, 2, 1};
  const int64_t grid[] = {1, from[0], from[1], channels}, flat[] = {1, channels, -1};
  if (!mmd_builder_ok(builder)) return NULL;
  const size_t mark = mmd_scope_enter(builder, "pos_embed");
  mmd_edge_t *patches = extra ? slice_tokens(builder, embedding, extra, INT32_MAX) : embedding;
  patches = transpose(builder, 4, to_map, reshape(builder, 4, grid, patches));
  patches = resize_map(builder, patches, channels, mode, map);
  patches = transpose(builder, 3, to_tokens, reshape(builder, 3, flat, patches));
  if (extra) {
    mmd_edge_t *const parts[] = {slice_tokens(builder, embedding, 0, extra), patches};
    mmd_node_t *node;
    patches = mmd_nn_op(builder, "Concat", 2, parts, &node);
    mmd_nn_set_int(builder, node, "axis", 1);
  }
  mmd_scope_leave(builder, mark);
  return patches;
}
