// SPDX-License-Identifier: Apache-2.0
//
// Maps of class indices.
#ifndef MMD_KERNELS_LABEL_MAP_H_
#define MMD_KERNELS_LABEL_MAP_H_

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum mmd_label_type_t { MMD_LABEL_I32, MMD_LABEL_I64, MMD_LABEL_F32 } mmd_label_type_t;

// The numbers of cv2.resize with INTER_NEAREST: source pixel floor(x * src_width / width). Packed
// rows. Floats are rounded to the nearest integer, halves to even; NaN and what an int32 cannot
// hold become 0. Rows [first_row, end_row) of the result are computed. |columns| is room for
// |width| numbers, filled by mmd_label_map_columns.
typedef struct mmd_label_map_t {
  mmd_label_type_t type;
  const void *src;
  size_t src_width, src_height, width, height;
  const uint32_t *columns;
} mmd_label_map_t;
void mmd_label_map_columns(const mmd_label_map_t *map, uint32_t *columns);
void mmd_label_map_resize(const mmd_label_map_t *map, size_t first_row, size_t end_row,
                          int32_t *dst);

#endif  // MMD_KERNELS_LABEL_MAP_H_
