// SPDX-License-Identifier: Apache-2.0
//
// Class names: from the checkpoint, else from the config's data set.
#ifndef MMD_FRONTENDS_OPENMMLAB_DATASET_H_
#define MMD_FRONTENDS_OPENMMLAB_DATASET_H_

#include "frontends/openmmlab/task.h"

typedef struct mmd_dataset_t {
  const char *type;  // "CocoDataset"
  size_t count;
  const char *const *classes;
} mmd_dataset_t;

// An array of strings; null when nothing tells. |known| are the data sets whose names the codebase
// knows, up to a NULL type. |class_counts| are the config paths, up to NULL, where a head may say
// how many classes it has: names of a known data set that cannot fit are none.
mmd_status_t mmd_dataset_classes(const mmd_task_context_t *context, const mmd_dataset_t *known,
                                 const char *const *class_counts,
                                 mmd_value_t **out_classes) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_DATASET_H_
