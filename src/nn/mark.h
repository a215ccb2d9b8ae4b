// SPDX-License-Identifier: Apache-2.0
//
// Marks: where a network may be cut (partition_config). Nothing is emitted unless the deploy config
// applies them.
#ifndef MMD_NN_MARK_H_
#define MMD_NN_MARK_H_

#include "nn/builder.h"

// |edge| behind a Mark of call |id| of |func|: |type| is "input" or "output", |name| what the value
// is called at the cut ("scores", "feat.0").
mmd_edge_t *mmd_nn_mark(mmd_builder_t *builder, const char *func, int id, const char *type,
                        const char *name, mmd_edge_t *edge);

#endif  // MMD_NN_MARK_H_
