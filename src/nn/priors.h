// SPDX-License-Identifier: Apache-2.0
//
// Priors of dense heads: anchors or points at each cell of a map. Row (y * width + x) * A + a of a
// level's priors is base[a] + y * step_y + x * step_x.
#ifndef MMD_NN_PRIORS_H_
#define MMD_NN_PRIORS_H_

#include "nn/builder.h"

enum { MMD_MAX_ANCHORS = 32, MMD_MAX_PRIOR_LEVELS = 16, MMD_MAX_PRIOR_SIZE = 5 };

// What stands at one cell of a level.
typedef struct mmd_level_priors_t {
  int count;  // A
  int size;   // numbers of a prior: 4 (box), 2 (point), 4 (point and stride), 5 (YOLO)
  float base[MMD_MAX_ANCHORS * MMD_MAX_PRIOR_SIZE];  // [count, size], of the cell at 0, 0
  float step_x[MMD_MAX_PRIOR_SIZE], step_y[MMD_MAX_PRIOR_SIZE];
} mmd_level_priors_t;

typedef struct mmd_priors_t {
  int count;  // levels
  mmd_level_priors_t levels[MMD_MAX_PRIOR_LEVELS];
} mmd_priors_t;

// Reads |cfg| (dict(type='AnchorGenerator', …), SSDAnchorGenerator, YOLOAnchorGenerator or
// MlvlPointGenerator), the config item |where|.
mmd_status_t mmd_priors_read(const mmd_value_t *cfg, const char *where,
                             mmd_priors_t *out_priors) MMD_MUST_USE;
// One point a cell at (x + offset, y + offset) times the level's stride; with the stride behind it
// when |with_stride|.
void mmd_priors_points(double offset, bool with_stride, const double stride[2],
                       mmd_level_priors_t *out_level);

// Boxes in the form that the YOLO coder takes: where the middle may lie at least, half of the
// sizes, and the |stride| over which the middle may move.
void mmd_priors_to_yolo(double stride, mmd_level_priors_t *level);

// [height * width * A, size] of the map |feature| (NCHW): a constant where its size is known, else
// a composite operator.
mmd_edge_t *mmd_nn_priors(mmd_builder_t *builder, const mmd_level_priors_t *level,
                          mmd_edge_t *feature);

#endif  // MMD_NN_PRIORS_H_
