// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/input_check.h"

bool mmd_check_in_channels(mmd_builder_t *b, const mmd_features_t *inputs,
                           const mmd_ints_t *in_channels, bool is_reversed) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  if (inputs->count != (size_t)in_channels->count) {
    mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                                  "%s.in_channels: %d inputs, but the module before gives %zu",
                                  b->config_path, in_channels->count, inputs->count));
    return false;
  }
  for (size_t i = 0; i < inputs->count && mmd_builder_ok(b); ++i) {
    const size_t place = is_reversed ? inputs->count - 1 - i : i;
    const int64_t found = mmd_nn_size(inputs->items[place], 1);
    if (found < 0 || found == in_channels->items[i]) continue;
    mmd_builder_fail(
        b, MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "%s.in_channels[%zu]: %lld, but the module before gives %lld "
                     "channels",
                     b->config_path, i, (long long)in_channels->items[i], (long long)found));
  }
  return mmd_builder_ok(b);
}

bool mmd_check_last_channels(mmd_builder_t *b, const mmd_features_t *inputs, const char *key,
                             int64_t channels) {
  mmd_nn_infer(b);
  if (!mmd_builder_ok(b)) return false;
  const int64_t found = inputs->count ? mmd_nn_size(inputs->items[inputs->count - 1], 1) : 0;
  if (found < 0 || found == channels) return true;
  mmd_builder_fail(
      b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %lld, but the module before gives %lld channels",
                   b->config_path, key, (long long)channels, (long long)found));
  return false;
}

bool mmd_check_same_length(mmd_builder_t *b, const char *key, int count, const char *other_key,
                           int other_count) {
  if (count == other_count) return true;
  mmd_builder_fail(b, MMD_ERROR(MMD_INVALID_ARGUMENT, "%s.%s: %d items, but %s has %d",
                                b->config_path, key, count, other_key, other_count));
  return false;
}
