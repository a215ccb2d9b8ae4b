// SPDX-License-Identifier: Apache-2.0
//
// Places boxes in layers from top to bottom, so that arrows point down, cross little and bend
// little: longest-path layers, stand-ins where an arrow passes a layer, barycentre ordering, and
// positions by isotonic regression towards the neighbours.
#ifndef MMD_CONVERT_GRAPH_LAYOUT_H_
#define MMD_CONVERT_GRAPH_LAYOUT_H_

#include "base/status.h"

#include <stddef.h>

typedef struct mmd_layout_box_t {
  double width, height;  // given
  double x, y;           // of the centre
} mmd_layout_box_t;

typedef struct mmd_layout_arrow_t {
  size_t from, to;                // boxes; |from| > |to| is an arrow back up
  size_t first_bend, bend_count;  // in |bends|, from the upper end to the lower
} mmd_layout_arrow_t;

typedef struct mmd_layout_t {
  size_t box_count;
  mmd_layout_box_t *boxes;  // the caller's; those further up come first
  size_t arrow_count;
  mmd_layout_arrow_t *arrows;  // the caller's
  size_t bend_count;
  mmd_layout_box_t *bends;
  double width, height;  // of the picture; the smallest coordinate is 0
} mmd_layout_t;

mmd_status_t mmd_layout_place(mmd_layout_t *layout) MMD_MUST_USE;
void mmd_layout_deinit(mmd_layout_t *layout);  // frees |bends|

#endif  // MMD_CONVERT_GRAPH_LAYOUT_H_
