// SPDX-License-Identifier: Apache-2.0
//
// Self-attention within the windows of a map (Swin), with a bias by relative position. A map whose
// size is no multiple of the window's gets zeros below and on the right.
#ifndef MMD_NN_WINDOW_ATTENTION_H_
#define MMD_NN_WINDOW_ATTENTION_H_

#include "nn/token_map.h"

// Where the tokens of a map of one size stand in its windows: made once, used by many layers.
typedef struct mmd_windows_t {
  int64_t window;      // side
  bool has_padding;    // there may be places without a token
  mmd_edge_t *tokens;  // token of each place, window by window; the number of tokens: none
  mmd_edge_t *places;  // place of each token
  mmd_edge_t *mask;    // [windows, 1, places, places]: what may not attend to each other; or NULL
} mmd_windows_t;

// Windows of a map that is first rolled up and to the left by |shift|, which is less than |window|.
mmd_windows_t mmd_nn_windows(mmd_builder_t *builder, const mmd_token_map_t *map, int64_t window,
                             int64_t shift);

typedef struct mmd_window_attention_t {
  int64_t channels, heads;
  bool qkv_bias;
  double scale;  // of the products; 0: 1 / sqrt(channels / heads)
} mmd_window_attention_t;

// WindowMSA without shortcut over tokens [batch, n, channels]: modules "<name>.qkv" and
// "<name>.proj", weight "<name>.relative_position_bias_table".
mmd_edge_t *mmd_nn_window_attention(mmd_builder_t *builder, const char *name,
                                    const mmd_window_attention_t *attention,
                                    const mmd_windows_t *windows, mmd_edge_t *x);

#endif  // MMD_NN_WINDOW_ATTENTION_H_
