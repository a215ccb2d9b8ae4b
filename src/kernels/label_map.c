// SPDX-License-Identifier: Apache-2.0
#include "kernels/label_map.h"

#include <math.h>

static int32_t from_float(float value) {
  return value > -2147483648.0F && value < 2147483648.0F ? (int32_t)rintf(value) : 0;
}

static size_t source_of(size_t index, size_t src_size, size_t size) {
  const size_t at = (size_t)floor((double)index * ((double)src_size / (double)size));
  return at < src_size ? at : src_size - 1;
}

void mmd_label_map_columns(const mmd_label_map_t *map, uint32_t *columns) {
  for (size_t x = 0; x < map->width; ++x) {
    columns[x] = (uint32_t)source_of(x, map->src_width, map->width);
  }
}

static void resize_row(const mmd_label_map_t *map, size_t src_row, int32_t *dst) {
  const size_t at = src_row * map->src_width, width = map->width;
  const uint32_t *columns = map->columns;
  if (map->type == MMD_LABEL_I32) {
    const int32_t *src = (const int32_t *)map->src + at;
    for (size_t x = 0; x < width; ++x) dst[x] = src[columns[x]];
  } else if (map->type == MMD_LABEL_I64) {
    const int64_t *src = (const int64_t *)map->src + at;
    for (size_t x = 0; x < width; ++x) dst[x] = (int32_t)(uint32_t)(uint64_t)src[columns[x]];
  } else {
    const float *src = (const float *)map->src + at;
    for (size_t x = 0; x < width; ++x) dst[x] = from_float(src[columns[x]]);
  }
}

void mmd_label_map_resize(const mmd_label_map_t *map, size_t first_row, size_t end_row,
                          int32_t *dst) {
  size_t last = SIZE_MAX;
  for (size_t y = first_row; y < end_row; ++y) {
    const size_t src_row = source_of(y, map->src_height, map->height);
    int32_t *row = dst + y * map->width;
    if (src_row == last) {
      const int32_t *above = row - map->width;
      for (size_t x = 0; x < map->width; ++x) row[x] = above[x];
    } else {
      resize_row(map, src_row, row);
    }
    last = src_row;
  }
}
