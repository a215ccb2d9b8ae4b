// SPDX-License-Identifier: Apache-2.0
//
// The weight source over a checkpoint: ticks keys off and reports missing, unexpected and
// mis-shaped ones together.
#ifndef MMD_FRONTENDS_OPENMMLAB_WEIGHTS_H_
#define MMD_FRONTENDS_OPENMMLAB_WEIGHTS_H_

#include "nn/builder.h"

struct mmd_checkpoint;
typedef struct mmd_weights mmd_weights_t;

// |checkpoint| is borrowed and must outlive the weights; tensors made from it keep its storage.
mmd_status_t mmd_weights_create(const struct mmd_checkpoint *checkpoint, const char *path,
                                mmd_weights_t **out_weights) MMD_MUST_USE;
void mmd_weights_destroy(mmd_weights_t *weights);
mmd_weight_source_t *mmd_weights_source(mmd_weights_t *weights);
// Keys that training alone uses ("num_batches_tracked", "auxiliary_head."): suffix or prefix match,
// not reported.
mmd_status_t mmd_weights_ignore(mmd_weights_t *weights, const char *pattern) MMD_MUST_USE;
// Fails when keys are missing or mis-shaped (all listed, with the config path that wanted them, and
// the nearest unused key); unexpected keys are a warning in the log.
mmd_status_t mmd_weights_report(mmd_weights_t *weights) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_WEIGHTS_H_
