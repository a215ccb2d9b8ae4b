// SPDX-License-Identifier: Apache-2.0
//
// What is one object and was found in several tiles becomes one.
#ifndef MMDEPLOY_TOOLS_RUN_JOIN_H_
#define MMDEPLOY_TOOLS_RUN_JOIN_H_

#include "tools/mmdeploy/run.h"

// What a tile shows of the picture, the right and bottom pixels not included.
typedef struct run_window_t {
  int left, top, right, bottom;
} run_window_t;

// |answer| has the objects of all |count| tiles, tile after tile, in pixels of the picture. Of an
// object that several tiles saw whole, the best one stays; one that borders of tiles cut is put
// together: box, mask, polygon, with label and score of the best piece. A joined polygon loses its
// text. The best come first. Gives a code of the library.
int run_join_objects(const run_window_t *windows, int count, run_answer_t *answer);

#endif  // MMDEPLOY_TOOLS_RUN_JOIN_H_
