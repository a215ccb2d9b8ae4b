// SPDX-License-Identifier: Apache-2.0
//
// Padding, rolling and cutting into windows only move tokens, so they are one Gather, whose index
// is a constant where the map's size is known, and else the same steps done to the tokens' numbers.
#include "nn/window_attention.h"

#include <math.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "nn/activation.h"
#include "nn/linear.h"
#include "nn/tensor_ops.h"

enum { MAX_WINDOW = 32, MAX_CHANNELS = 1 << 20, MAX_PLACES = 1 << 24 };

static mmd_edge_t *constant_i64s(mmd_builder_t *b, int rank, const int64_t *dims,
                                 const int64_t *numbers) {
  mmd_tensor_t tensor = {0}, shaped = {0};
  mmd_shape_t shape;
  size_t count = 1;
  if (!mmd_builder_ok(b)) return NULL;
  for (int i = 0; i < rank; ++i) count *= (size_t)dims[i];
  mmd_edge_t *edge = NULL;
  mmd_status_t status = mmd_shape_make(rank, dims, &shape);
  if (!status) status = mmd_tensor_from_i64(numbers, count, &tensor);
  if (!status) status = mmd_tensor_reshape(&tensor, &shape, &shaped);
  if (!status) {
    edge = mmd_nn_constant(b, &shaped);
  } else {
    mmd_builder_fail(b, status);
  }
  mmd_tensor_deinit(&shaped);
  mmd_tensor_deinit(&tensor);
  return edge;
}

//===--- the mask ----------------------------------------------------------===//

// What rolled in from the other side may not attend to its new neighbours. That concerns the last
// row and the last column of windows: of the kinds of windows here, 2 stands for the first, 1 for
// the second, 3 for both.
static mmd_edge_t *mask_of_kinds(mmd_builder_t *b, int64_t window, int64_t shift) {
  const int64_t places = window * window, dims[] = {4, 1, places, places};
  const int64_t edge = window - shift;
  float *numbers = mmd_alloc_array((size_t)(4 * places * places), sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  float *out = numbers;
  for (int kind = 0; kind < 4; ++kind) {
    for (int64_t i = 0; i < places; ++i) {
      for (int64_t k = 0; k < places; ++k) {
        const bool other_row = (i / window < edge) != (k / window < edge);
        const bool other_column = (i % window < edge) != (k % window < edge);
        *out++ = (kind & 2 && other_row) || (kind & 1 && other_column) ? -100.0F : 0.0F;
      }
    }
  }
  mmd_edge_t *mask = mmd_nn_constant_f32s(b, 4, dims, numbers);
  mmd_free(numbers);
  return mask;
}

static mmd_edge_t *known_kinds(mmd_builder_t *b, const int64_t count[2]) {
  const int64_t total = count[0] * count[1];
  int64_t *kinds = mmd_alloc_array((size_t)total, sizeof *kinds);
  if (!kinds) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < total; ++i) {
    const int64_t row = i / count[1], column = i % count[1];
    kinds[i] = 2 * (row + 1 == count[0]) + (column + 1 == count[1]);
  }
  mmd_edge_t *edge = mmd_nn_constant_i64(b, (size_t)total, kinds);
  mmd_free(kinds);
  return edge;
}

// |number| at the end of the axis |axis| of [rows, 1] or [1, columns], zeros before it.
static mmd_edge_t *at_the_end(mmd_builder_t *b, int axis, int64_t number, mmd_edge_t *zeros) {
  static const int64_t dims[] = {1, 1};
  const int64_t chosen[] = {axis == 0, axis == 1, 0, 0};
  mmd_edge_t *pads = mmd_nn_binary(b, "Mul", zeros, mmd_nn_constant_i64(b, 4, chosen));
  return mmd_nn_binary(b, "Pad", constant_i64s(b, 2, dims, &number), pads);
}

static mmd_edge_t *unknown_kinds(mmd_builder_t *b, mmd_edge_t *count) {
  static const int64_t one[] = {1, 1}, none[] = {0, 0}, flat[] = {-1};
  mmd_edge_t *const parts[] = {mmd_nn_binary(b, "Sub", count, mmd_nn_constant_i64(b, 2, one)),
                               mmd_nn_constant_i64(b, 2, none)};
  mmd_edge_t *zeros = mmd_nn_concat(b, 0, 2, parts);
  mmd_edge_t *kinds =
      mmd_nn_binary(b, "Add", at_the_end(b, 0, 2, zeros), at_the_end(b, 1, 1, zeros));
  return mmd_nn_reshape(b, 1, flat, kinds);
}

//===--- a map of known size -----------------------------------------------===//

static void fill(const int64_t size[2], const int64_t count[2], int64_t window, int64_t shift,
                 int64_t *tokens, int64_t *places) {
  const int64_t area = window * window, none = size[0] * size[1];
  for (int64_t place = 0; place < count[0] * count[1] * area; ++place) {
    const int64_t row = place / area / count[1] * window + place % area / window;
    const int64_t column = place / area % count[1] * window + place % area % window;
    const int64_t y = (row + shift) % (count[0] * window);
    const int64_t x = (column + shift) % (count[1] * window);
    const bool is_token = y < size[0] && x < size[1];
    tokens[place] = is_token ? y * size[1] + x : none;
    if (is_token) places[tokens[place]] = place;
  }
}

static mmd_windows_t known_windows(mmd_builder_t *b, const mmd_token_map_t *map, int64_t window,
                                   int64_t shift) {
  mmd_windows_t windows = {.window = window};
  const int64_t *size = map->size, limit = MAX_PLACES;
  const int64_t count[] = {(size[0] + window - 1) / window, (size[1] + window - 1) / window};
  const int64_t total = count[0] <= limit / window && count[1] <= limit / window
                            ? count[0] * window * count[1] * window
                            : INT64_MAX;
  if (total > limit || total < 1) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: a map of %lldx%lld is impossible",
                                  b->config_path, (long long)size[1], (long long)size[0]));
    return windows;
  }
  int64_t *tokens = mmd_alloc_array((size_t)total * 2, sizeof *tokens), *places = tokens + total;
  if (!tokens) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return windows;
  }
  fill(size, count, window, shift, tokens, places);
  windows.has_padding = total != size[0] * size[1];
  windows.tokens = mmd_nn_constant_i64(b, (size_t)total, tokens);
  windows.places = mmd_nn_constant_i64(b, (size_t)(size[0] * size[1]), places);
  mmd_free(tokens);
  if (shift)
    windows.mask = mmd_nn_gather(b, 0, mask_of_kinds(b, window, shift), known_kinds(b, count));
  return windows;
}

//===--- a map of any size -------------------------------------------------===//

static mmd_edge_t *scalar(mmd_builder_t *b, int64_t number) {
  return constant_i64s(b, 0, NULL, &number);
}

static mmd_edge_t *product(mmd_builder_t *b, mmd_edge_t *x) {
  mmd_node_t *node;
  mmd_edge_t *out = mmd_nn_op(b, "ReduceProd", 1, &x, &node);
  mmd_nn_set_int(b, node, "keepdims", 0);
  return out;
}

// 0, 1, 2 … in |shape|.
static mmd_edge_t *numbered(mmd_builder_t *b, mmd_edge_t *count, mmd_edge_t *shape) {
  mmd_edge_t *const inputs[] = {scalar(b, 0), count, scalar(b, 1)};
  return mmd_nn_binary(b, "Reshape", mmd_nn_op(b, "Range", 3, inputs, NULL), shape);
}

// Both axes of |x| rolled so that |first| comes first; negative: counted from the end.
static mmd_edge_t *roll(mmd_builder_t *b, int64_t first, mmd_edge_t *x) {
  for (int axis = 0; axis < 2 && first; ++axis) {
    mmd_edge_t *const parts[] = {mmd_nn_slice(b, axis, first, INT64_MAX, x),
                                 mmd_nn_slice(b, axis, 0, first, x)};
    x = mmd_nn_concat(b, axis, 2, parts);
  }
  return x;
}

// [rows, window, columns, window] and [rows, columns, window, window] have this between them.
static mmd_edge_t *swap_middle(mmd_builder_t *b, mmd_edge_t *x) {
  static const int64_t order[] = {0, 2, 1, 3};
  return mmd_nn_transpose(b, 4, order, x);
}

typedef struct sizes_t {
  mmd_edge_t *map, *count, *padded;  // [2] each: of the map, of windows, of the padded map
} sizes_t;

static mmd_edge_t *number_tokens(mmd_builder_t *b, const sizes_t *sizes, int64_t window,
                                 int64_t shift) {
  static const int64_t zeros[] = {0, 0}, flat[] = {-1}, order[] = {0, 2, 1, 2};
  mmd_edge_t *total = product(b, sizes->map);
  mmd_edge_t *const pads[] = {mmd_nn_constant_i64(b, 2, zeros),
                              mmd_nn_binary(b, "Sub", sizes->padded, sizes->map)};
  mmd_edge_t *const padding[] = {numbered(b, total, sizes->map), mmd_nn_concat(b, 0, 2, pads),
                                 total};
  mmd_edge_t *const parts[] = {sizes->count, mmd_nn_constant_i64(b, 1, &window)};
  mmd_edge_t *shape =
      mmd_nn_gather(b, 0, mmd_nn_concat(b, 0, 2, parts), mmd_nn_constant_i64(b, 4, order));
  mmd_edge_t *x = roll(b, shift, mmd_nn_op(b, "Pad", 3, padding, NULL));
  return mmd_nn_reshape(b, 1, flat, swap_middle(b, mmd_nn_binary(b, "Reshape", x, shape)));
}

static mmd_edge_t *number_places(mmd_builder_t *b, const sizes_t *sizes, int64_t window,
                                 int64_t shift) {
  static const int64_t zeros[] = {0, 0}, axes[] = {0, 1}, flat[] = {-1};
  const int64_t sides[] = {window, window};
  mmd_edge_t *const parts[] = {sizes->count, mmd_nn_constant_i64(b, 2, sides)};
  mmd_edge_t *x = numbered(b, product(b, sizes->padded), mmd_nn_concat(b, 0, 2, parts));
  x = mmd_nn_binary(b, "Reshape", swap_middle(b, x), sizes->padded);
  mmd_edge_t *const inputs[] = {roll(b, -shift, x), mmd_nn_constant_i64(b, 2, zeros), sizes->map,
                                mmd_nn_constant_i64(b, 2, axes)};
  return mmd_nn_reshape(b, 1, flat, mmd_nn_op(b, "Slice", 4, inputs, NULL));
}

static mmd_windows_t unknown_windows(mmd_builder_t *b, mmd_edge_t *size, int64_t window,
                                     int64_t shift) {
  const int64_t sides[] = {window, window}, round_up[] = {window - 1, window - 1};
  mmd_edge_t *side = mmd_nn_constant_i64(b, 2, sides);
  sizes_t sizes = {.map = size};
  sizes.count = mmd_nn_binary(b, "Add", size, mmd_nn_constant_i64(b, 2, round_up));
  sizes.count = mmd_nn_binary(b, "Div", sizes.count, side);
  sizes.padded = mmd_nn_binary(b, "Mul", sizes.count, side);
  mmd_windows_t windows = {.window = window,
                           .has_padding = true,
                           .tokens = number_tokens(b, &sizes, window, shift),
                           .places = number_places(b, &sizes, window, shift)};
  if (shift)
    windows.mask =
        mmd_nn_gather(b, 0, mask_of_kinds(b, window, shift), unknown_kinds(b, sizes.count));
  return windows;
}

mmd_windows_t mmd_nn_windows(mmd_builder_t *b, const mmd_token_map_t *map, int64_t window,
                             int64_t shift) {
  mmd_windows_t windows = {.window = window};
  if (!mmd_builder_ok(b)) return windows;
  if (window < 1 || window > MAX_WINDOW || shift < 0 || shift >= window) {
    mmd_builder_fail(b, MMD_ERROR(MMD_OUT_OF_RANGE, "%s: windows of %lld are impossible; 1 to %d",
                                  b->config_path, (long long)window, MAX_WINDOW));
    return windows;
  }
  const size_t mark = mmd_scope_enter(b, shift ? "shifted_windows" : "windows");
  windows = mmd_token_map_is_static(map) ? known_windows(b, map, window, shift)
                                         : unknown_windows(b, map->at_run, window, shift);
  mmd_scope_leave(b, mark);
  return windows;
}

//===--- attention ---------------------------------------------------------===//

// The bias of each pair of places: [heads, places, places]. Folded when the graph is converted.
static mmd_edge_t *position_bias(mmd_builder_t *b, int64_t window, int64_t heads) {
  static const int64_t heads_first[] = {2, 0, 1};
  const int64_t places = window * window, side = 2 * window - 1;
  const int64_t table_dims[] = {side * side, heads}, dims[] = {places, places};
  int64_t *index = mmd_alloc_array((size_t)(places * places), sizeof *index);
  if (!index) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < places * places; ++i) {
    const int64_t from = i / places, to = i % places;
    const int64_t down = from / window - to / window, right = from % window - to % window;
    index[i] = (down + window - 1) * side + right + window - 1;
  }
  if (mmd_nn_has_weight(b, "relative_position_index", NULL))
    mmd_nn_weight(b, "relative_position_index", 2, dims);  // known here
  mmd_edge_t *table = mmd_nn_weight(b, "relative_position_bias_table", 2, table_dims);
  mmd_edge_t *bias = mmd_nn_gather(b, 0, table, constant_i64s(b, 2, dims, index));
  mmd_free(index);
  return mmd_nn_transpose(b, 3, heads_first, bias);
}

// 1 / sqrt(size) or the scale for the channels of the queries, 1 for the others.
static mmd_edge_t *query_scale(mmd_builder_t *b, const mmd_window_attention_t *attention) {
  const int64_t channels = attention->channels, dims[] = {3 * channels};
  const double size = (double)(channels / attention->heads);
  const float scale = (float)(attention->scale > 0 ? attention->scale : 1 / sqrt(size));
  float *numbers = mmd_alloc_array((size_t)dims[0], sizeof *numbers);
  if (!numbers) {
    mmd_builder_fail(b, mmd_status_no_memory());
    return NULL;
  }
  for (int64_t i = 0; i < dims[0]; ++i) numbers[i] = i < channels ? scale : 1;
  mmd_edge_t *edge = mmd_nn_constant_f32s(b, 1, dims, numbers);
  mmd_free(numbers);
  return edge;
}

// Queries, which are scaled already, keys and values side by side. What is done to the weights is
// folded.
static mmd_edge_t *project(mmd_builder_t *b, const mmd_window_attention_t *attention,
                           mmd_edge_t *x) {
  static const int64_t swap[] = {1, 0};
  const int64_t dims[] = {3 * attention->channels, attention->channels};
  const size_t mark = mmd_scope_enter(b, "qkv");
  mmd_edge_t *scale = query_scale(b, attention);
  mmd_edge_t *weight = mmd_nn_transpose(b, 2, swap, mmd_nn_weight(b, "weight", 2, dims));
  x = mmd_nn_binary(b, "MatMul", x, mmd_nn_binary(b, "Mul", weight, scale));
  if (attention->qkv_bias) {
    mmd_edge_t *bias = mmd_nn_weight(b, "bias", 1, dims);
    x = mmd_nn_binary(b, "Add", x, mmd_nn_binary(b, "Mul", bias, scale));
  }
  mmd_scope_leave(b, mark);
  return x;
}

static mmd_edge_t *to_places(mmd_builder_t *b, const mmd_windows_t *windows, mmd_edge_t *x) {
  static const int64_t pads[] = {0, 0, 0, 0, 1, 0};  // the token of places without one
  if (windows->has_padding) x = mmd_nn_binary(b, "Pad", x, mmd_nn_constant_i64(b, 6, pads));
  return mmd_nn_gather(b, 1, x, windows->tokens);
}

static bool check(mmd_builder_t *b, const mmd_window_attention_t *attention) {
  const int64_t channels = attention->channels, heads = attention->heads;
  if (!mmd_builder_ok(b)) return false;
  if (channels > 0 && channels <= MAX_CHANNELS && heads > 0 && channels % heads == 0) return true;
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                "%s: %lld channels cannot be split into %lld attention heads",
                                b->config_path, (long long)channels, (long long)heads));
  return false;
}

mmd_edge_t *mmd_nn_window_attention(mmd_builder_t *b, const char *name,
                                    const mmd_window_attention_t *attention,
                                    const mmd_windows_t *windows, mmd_edge_t *x) {
  static const int64_t parts_first[] = {3, 0, 1, 4, 2, 5}, swap_last[] = {0, 1, 2, 3, 5, 4};
  static const int64_t to_tokens[] = {1, 0, 2, 4, 3, 5}, ones[] = {1, 1, 1};
  if (!check(b, attention)) return NULL;
  const int64_t channels = attention->channels, heads = attention->heads;
  const int64_t places = windows->window * windows->window, merged[] = {0, -1, channels};
  const int64_t split[] = {0, -1, places, 3, heads, channels / heads};
  const mmd_linear_t out = {channels, channels, true};
  mmd_edge_t *part[3];
  const size_t mark = mmd_scope_enter(b, "%s", name);
  x = mmd_nn_reshape(b, 6, split, project(b, attention, to_places(b, windows, x)));
  mmd_nn_split(b, 0, 3, ones, mmd_nn_transpose(b, 6, parts_first, x), part);
  x = mmd_nn_binary(b, "MatMul", part[0], mmd_nn_transpose(b, 6, swap_last, part[1]));
  x = mmd_nn_binary(b, "Add", x, position_bias(b, windows->window, heads));
  if (windows->mask) x = mmd_nn_binary(b, "Add", x, windows->mask);
  x = mmd_nn_binary(b, "MatMul", mmd_nn_softmax(b, -1, x), part[2]);
  x = mmd_nn_reshape(b, 3, merged, mmd_nn_transpose(b, 6, to_tokens, x));
  x = mmd_nn_linear(b, "proj", &out, 3, mmd_nn_gather(b, 1, x, windows->places));
  mmd_scope_leave(b, mark);
  return x;
}
