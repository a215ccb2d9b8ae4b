// SPDX-License-Identifier: Apache-2.0
#include "nn/token_map.h"

#include "nn/linear.h"
#include "nn/patch_embed.h"
#include "nn/tensor_ops.h"

bool mmd_token_map_is_static(const mmd_token_map_t *map) {
  return map->size[0] >= 0;
}

mmd_token_map_t mmd_nn_token_map(mmd_builder_t *b, mmd_edge_t *tokens, int64_t channels,
                                 mmd_edge_t *map) {
  mmd_token_map_t result = {.tokens = tokens, .channels = channels, .size = {-1, -1}};
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return result;
  int64_t size[2];
  if (mmd_nn_image_size(map, size)) {
    result.size[0] = size[0];
    result.size[1] = size[1];
  } else {
    result.at_run = mmd_nn_image_size_edge(b, map);
  }
  return result;
}

// |items| with the map's height and width at the places |at| and |at| + 1, for a reshape.
static mmd_edge_t *shape(mmd_builder_t *b, const mmd_token_map_t *map, size_t rank, int64_t *items,
                         size_t at) {
  if (mmd_token_map_is_static(map)) {
    items[at] = map->size[0];
    items[at + 1] = map->size[1];
    return mmd_nn_constant_i64(b, rank, items);
  }
  mmd_edge_t *parts[3];
  size_t count = 0;
  if (at) parts[count++] = mmd_nn_constant_i64(b, at, items);
  parts[count++] = map->at_run;
  if (at + 2 < rank) parts[count++] = mmd_nn_constant_i64(b, rank - at - 2, items + at + 2);
  return mmd_nn_concat(b, 0, count, parts);
}

mmd_edge_t *mmd_nn_tokens_to_map(mmd_builder_t *b, const mmd_token_map_t *map) {
  static const int64_t channels_first[] = {0, 2, 1};
  int64_t dims[] = {0, map->channels, -1, -1};
  mmd_edge_t *x = mmd_nn_transpose(b, 3, channels_first, map->tokens);
  return mmd_nn_binary(b, "Reshape", x, shape(b, map, 4, dims, 2));
}

mmd_edge_t *mmd_nn_map_to_tokens(mmd_builder_t *b, int64_t channels, mmd_edge_t *x) {
  static const int64_t channels_last[] = {0, 2, 1};
  const int64_t dims[] = {0, channels, -1};
  return mmd_nn_transpose(b, 3, channels_last, mmd_nn_reshape(b, 3, dims, x));
}

//===--- merging -----------------------------------------------------------===//

static mmd_edge_t *pair(mmd_builder_t *b, int64_t number) {
  const int64_t numbers[] = {number, number};
  return mmd_nn_constant_i64(b, 2, numbers);
}

// NHWC with even height and width.
static mmd_edge_t *pad_to_even(mmd_builder_t *b, const mmd_token_map_t *map, mmd_edge_t *x) {
  static const int64_t front[] = {0, 0, 0, 0, 0}, back[] = {0};
  if (mmd_token_map_is_static(map)) {
    const int64_t pads[] = {0, 0, 0, 0, 0, map->size[0] % 2, map->size[1] % 2, 0};
    if (!pads[5] && !pads[6]) return x;
    return mmd_nn_binary(b, "Pad", x, mmd_nn_constant_i64(b, 8, pads));
  }
  mmd_edge_t *const parts[] = {mmd_nn_constant_i64(b, 5, front),
                               mmd_nn_binary(b, "Mod", map->at_run, pair(b, 2)),
                               mmd_nn_constant_i64(b, 1, back)};
  return mmd_nn_binary(b, "Pad", x, mmd_nn_concat(b, 0, 3, parts));
}

// Height and width of the merged map.
static void halve(mmd_builder_t *b, const mmd_token_map_t *map, mmd_token_map_t *out_map) {
  if (mmd_token_map_is_static(map)) {
    for (int i = 0; i < 2; ++i) out_map->size[i] = (map->size[i] + 1) / 2;
    return;
  }
  mmd_edge_t *rounded = mmd_nn_binary(b, "Add", map->at_run, pair(b, 1));
  out_map->at_run = mmd_nn_binary(b, "Div", rounded, pair(b, 2));
}

// [batch, rows, 2, columns, 2, channels] of the merged map.
static mmd_edge_t *split_shape(mmd_builder_t *b, const mmd_token_map_t *merged, int64_t channels) {
  static const int64_t order[] = {2, 0, 3, 1, 3, 4};
  const int64_t rest[] = {0, 2, channels};
  if (mmd_token_map_is_static(merged)) {
    const int64_t dims[] = {0, merged->size[0], 2, merged->size[1], 2, channels};
    return mmd_nn_constant_i64(b, 6, dims);
  }
  mmd_edge_t *const parts[] = {merged->at_run, mmd_nn_constant_i64(b, 3, rest)};
  return mmd_nn_gather(b, 0, mmd_nn_concat(b, 0, 2, parts), mmd_nn_constant_i64(b, 6, order));
}

mmd_token_map_t mmd_nn_patch_merging(mmd_builder_t *b, const char *name, const mmd_norm_t *norm,
                                     int64_t out_channels, const mmd_token_map_t *map) {
  static const int64_t order[] = {0, 1, 3, 5, 2, 4};  // a channel's four pixels side by side
  const int64_t channels = map->channels, flat[] = {0, -1, 4 * channels};
  const mmd_linear_t reduction = {4 * channels, out_channels, false};
  int64_t dims[] = {0, -1, -1, channels};
  mmd_token_map_t merged = {.channels = out_channels, .size = {-1, -1}};
  const size_t mark = mmd_scope_enter(b, "%s", name);
  halve(b, map, &merged);
  mmd_edge_t *x = mmd_nn_binary(b, "Reshape", map->tokens, shape(b, map, 4, dims, 1));
  x = pad_to_even(b, map, x);
  x = mmd_nn_binary(b, "Reshape", x, split_shape(b, &merged, channels));
  x = mmd_nn_reshape(b, 3, flat, mmd_nn_transpose(b, 6, order, x));
  x = mmd_nn_norm(b, "norm", norm, 4 * channels, x);
  merged.tokens = mmd_nn_linear(b, "reduction", &reduction, 3, x);
  mmd_scope_leave(b, mark);
  return merged;
}
