// SPDX-License-Identifier: Apache-2.0
//
// Named tensors for the checkpoint commands: a checkpoint, or the initialisers of an ONNX file.
#ifndef MMD_CONVERT_CHECKPOINT_SOURCE_H_
#define MMD_CONVERT_CHECKPOINT_SOURCE_H_

#include "formats/checkpoint/checkpoint.h"

// |options| may be NULL. Initialisers of inner graphs are there too; their names are unique.
mmd_status_t mmd_checkpoint_source_open(const char *path, const mmd_checkpoint_options_t *options,
                                        mmd_checkpoint_t **out_checkpoint) MMD_MUST_USE;

// The meta to write into another checkpoint: an object or NULL.
const mmd_value_t *mmd_checkpoint_source_meta(const mmd_checkpoint_t *checkpoint);

// Calls |visit| for each thing beside the tensors, meta aside: "optimizer", "epoch", and
// "model.head" where the tensors are those of "model.net". The first error ends it.
typedef mmd_status_t (*mmd_checkpoint_visit_t)(void *user, const char *name,
                                               const mmd_value_t *value);
mmd_status_t mmd_checkpoint_source_visit_rest(const mmd_checkpoint_t *checkpoint,
                                              mmd_checkpoint_visit_t visit,
                                              void *user) MMD_MUST_USE;

// The options that all commands over checkpoints have, for their tables.
#define MMD_CHECKPOINT_SOURCE_OPTIONS(options_type)                                        \
  {.name = "wrapper",                                                                      \
   .type = MMD_OPTION_STRING,                                                              \
   .offset = offsetof(options_type, wrapper),                                              \
   .metavar = "NAME",                                                                      \
   .help =                                                                                 \
       "Take the tensors of this dict ('ema_state_dict', 'model.net'); by default "        \
       "state_dict, model and their like are found."},                                     \
  {                                                                                        \
    .name = "prefix", .type = MMD_OPTION_STRING, .offset = offsetof(options_type, prefix), \
    .metavar = "P",                                                                        \
    .help =                                                                                \
        "Take only the keys that begin with this and cut it off ('teacher', "              \
        "'generator_ema', 'ema_'); by default 'module.' is cut where all have it."         \
  }

#endif  // MMD_CONVERT_CHECKPOINT_SOURCE_H_
