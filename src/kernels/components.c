// SPDX-License-Identifier: Apache-2.0
#include "kernels/components.h"

#include "base/alloc.h"
#include "base/checked.h"

static int32_t root_of(int32_t *parents, int32_t label) {
  while (parents[label] != label) {
    parents[label] = parents[parents[label]];
    label = parents[label];
  }
  return label;
}

// The lower number stays: it belongs to the earlier pixel.
static int32_t unite(int32_t *parents, int32_t a, int32_t b) {
  if (!a || !b) return a ? a : b;
  const int32_t low = root_of(parents, a), high = root_of(parents, b);
  if (low < high) {
    parents[high] = low;
    return low;
  }
  parents[low] = high;
  return high;
}

// The label of the pixel from those of its neighbours that have one already; 0 = none.
static int32_t join(int32_t *parents, const int32_t *label, size_t x, size_t y, size_t width,
                    bool is_diagonal) {
  int32_t result = 0;
  if (x) result = unite(parents, result, label[-1]);
  if (!y) return result;
  const int32_t *above = label - width;
  result = unite(parents, result, above[0]);
  if (!is_diagonal) return result;
  if (x) result = unite(parents, result, above[-1]);
  if (x + 1 < width) result = unite(parents, result, above[1]);
  return result;
}

static mmd_status_t check_size(size_t width, size_t height, size_t *out_size) {
  if (mmd_checked_mul(width, height, out_size) && *out_size < INT32_MAX) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "components: a mask of %zux%zu is too large", height, width);
}

mmd_status_t mmd_components_label(const uint8_t *mask, size_t width, size_t height,
                                  mmd_connectivity_t connectivity, int32_t *labels,
                                  size_t *out_count) {
  size_t size = 0, i = 0;
  int32_t last = 0, count = 0;
  *out_count = 0;
  MMD_TRY(check_size(width, height, &size));
  // No more provisional labels than pixels without a left neighbour.
  int32_t *parents = mmd_alloc_array(size / 2 + height + 2, sizeof *parents);
  MMD_TRY_ALLOC(parents);
  for (size_t y = 0; y < height; ++y) {
    for (size_t x = 0; x < width; ++x, ++i) {
      labels[i] = 0;
      if (!mask[i]) continue;
      labels[i] = join(parents, labels + i, x, y, width, connectivity == MMD_CONNECTED_8);
      if (labels[i]) continue;
      labels[i] = ++last;
      parents[last] = last;
    }
  }
  // Final numbers, negative here, in the order of the first pixels. A parent is a lower label,
  // which has its final number already.
  for (int32_t label = 1; label <= last; ++label) {
    parents[label] = parents[label] == label ? -++count : parents[parents[label]];
  }
  for (i = 0; i < size; ++i) labels[i] = -parents[labels[i]];
  mmd_free(parents);
  *out_count = (size_t)count;
  return NULL;
}

mmd_status_t mmd_components_grow(const mmd_components_growth_t *growth, int32_t *labels) {
  const size_t width = growth->width, height = growth->height;
  size_t size = 0, begin = 0, end = 0;
  MMD_TRY(check_size(width, height, &size));
  int32_t *queue = mmd_alloc_array(size + 1, sizeof *queue);
  MMD_TRY_ALLOC(queue);
  for (size_t i = 0; i < size; ++i) {
    if (labels[i]) queue[end++] = (int32_t)i;
  }
  while (begin < end) {
    const size_t at = (size_t)queue[begin++], x = at % width, y = at / width;
    const bool has[4] = {y > 0, y + 1 < height, x > 0, x + 1 < width};
    const size_t to[4] = {at - width, at + width, at - 1, at + 1};
    for (size_t k = 0; k < 4; ++k) {
      const size_t side = growth->is_across_first ? (k + 2) % 4 : k;
      if (!has[side] || !growth->mask[to[side]] || labels[to[side]]) continue;
      if (growth->accept && !growth->accept(growth->context, labels[at], to[side])) continue;
      labels[to[side]] = labels[at];
      queue[end++] = (int32_t)to[side];
    }
  }
  mmd_free(queue);
  return NULL;
}
