// SPDX-License-Identifier: Apache-2.0
//
// Outputs whose rows stand in the order of scores: two engines round differently, so rows whose
// scores tie may change places. Such rows are found and put back before numbers are compared.
#ifndef MMD_CONVERT_PARITY_RANKS_H_
#define MMD_CONVERT_PARITY_RANKS_H_

#include "frontends/openmmlab/task.h"
#include "graph/graph.h"

typedef struct mmd_rank_sides_t {
  const mmd_edge_t *const *outputs;      // names
  const mmd_tensor_t *engine, *against;  // as many
  size_t count;
  double tolerance;  // relative to the largest number of an output
} mmd_rank_sides_t;

// |out_engine| [count] are references to the engine's outputs; where rows of ranked outputs moved,
// copies with the rows where |against| has them. |out_moved| [count] tells how many rows. A row
// moves only within its tie: the scores of both places are equal within the tolerance, on both
// sides, and all outputs of the row are equal to those of its new place. What finds no place stays,
// and fails the comparison.
mmd_status_t mmd_parity_unrank(const mmd_ranking_t *rankings, const mmd_rank_sides_t *sides,
                               mmd_tensor_t *out_engine, size_t *out_moved) MMD_MUST_USE;

#endif  // MMD_CONVERT_PARITY_RANKS_H_
