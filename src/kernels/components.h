// SPDX-License-Identifier: Apache-2.0
//
// Connected regions of a mask.
#ifndef MMD_KERNELS_COMPONENTS_H_
#define MMD_KERNELS_COMPONENTS_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum mmd_connectivity_t { MMD_CONNECTED_4 = 4, MMD_CONNECTED_8 = 8 } mmd_connectivity_t;

// As cv2.connectedComponents: 0 where |mask| is 0, regions numbered from 1 by their first pixel,
// row by row. |*out_count| is the number of regions.
mmd_status_t mmd_components_label(const uint8_t *mask, size_t width, size_t height,
                                  mmd_connectivity_t connectivity, int32_t *labels,
                                  size_t *out_count) MMD_MUST_USE;

// Whether |label| may take the pixel at |index|.
typedef bool (*mmd_components_accept_fn)(const void *context, int32_t label, size_t index);

// Labels spread from all labelled pixels at once, row by row at first, over the mask's pixels that
// have none: to the neighbours above, below, left and right, or, with |is_across_first|, left,
// right, above and below. |accept| may be NULL.
typedef struct mmd_components_growth_t {
  const uint8_t *mask;
  size_t width, height;
  bool is_across_first;
  mmd_components_accept_fn accept;
  const void *context;
} mmd_components_growth_t;
mmd_status_t mmd_components_grow(const mmd_components_growth_t *growth,
                                 int32_t *labels) MMD_MUST_USE;

#endif  // MMD_KERNELS_COMPONENTS_H_
