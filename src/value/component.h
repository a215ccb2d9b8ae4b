// SPDX-License-Identifier: Apache-2.0
//
// A self-describing processing step: a transform of the pre-processing, or a post-processing head.
// Its parameters are an option table, from which checks, help and docs are made.
#ifndef MMD_VALUE_COMPONENT_H_
#define MMD_VALUE_COMPONENT_H_

#include "base/thread.h"
#include "value/options.h"

typedef struct mmd_component_context_t {
  mmd_pool_t *pool;    // may be NULL
  const char *device;  // "cpu"
} mmd_component_context_t;

typedef struct mmd_component_t {
  const char *module;  // "Transform", "mmcls"
  const char *name;    // "Resize", "LinearClsHead"
  const char *help;
  const mmd_option_table_t *options;
  // Checks beyond the table (may be NULL). |options| is the struct of the table.
  mmd_status_t (*check)(const void *options, const char *where);
  // One sample. Transforms get and return the sample object; heads get [prep_output, infer_output]
  // or [infer_output], as the pipeline wires them. |*out_result| is a new reference. Thread-safe.
  mmd_status_t (*apply)(const void *options, const mmd_component_context_t *context,
                        mmd_value_t *const *inputs, size_t input_count, mmd_value_t **out_result);
} mmd_component_t;

#endif  // MMD_VALUE_COMPONENT_H_
