// SPDX-License-Identifier: Apache-2.0
//
// A self-describing processing step: a transform of the pre-processing, a post-processing head, or
// a module of the graph language (CropBox, …). Its parameters are an option table, from which
// checks, help and docs are made.
//
// Life: options are read into a zeroed struct of the table -> check -> prepare (once, while the
// pipeline is built) -> apply, from any number of threads -> release. Everything but |apply| and
// the names may be NULL.
#ifndef MMD_VALUE_COMPONENT_H_
#define MMD_VALUE_COMPONENT_H_

#include "base/storage.h"
#include "base/thread.h"
#include "value/call.h"

// What a component may use while it is built.
typedef struct mmd_component_env_t {
  int release;         // major version of the package: 0 or 1; 1 outside packages
  const char *device;  // "cpu"
  // The task's object of pipeline.json (a transform's own object), for keys beside "params".
  // Outlives the component.
  const mmd_value_t *config;
  // A file of the package, such as a dictionary: a new reference. Fails outside packages.
  mmd_status_t (*read_file)(void *files, const char *name, mmd_storage_t **out_storage);
  void *files;
} mmd_component_env_t;

// What a component may use while it runs.
typedef struct mmd_component_context_t {
  mmd_pool_t *pool;    // may be NULL
  const char *device;  // "cpu"
  int release;         // as in mmd_component_env_t
  // Parameters, cancellation and deadline of this call; may be NULL. A head that has a threshold
  // asks mmd_call_float(context->call, "score_thr", self->score_thr).
  const mmd_call_t *call;
} mmd_component_context_t;

typedef struct mmd_component_t {
  // Transforms: "Transform" and the type. Heads: the code base ("mmcls") and the component
  // ("LinearClsHead"); the options are read from "params". Modules: "Task" and the name of the
  // module ("CropBox"); the options are read from the task's own object.
  const char *module;
  const char *name;
  const char *help;
  const mmd_option_table_t *options;
  // Checks beyond the table (may be NULL). |options| is the struct of the table.
  mmd_status_t (*check)(const void *options, const char *where);
  // One sample. Transforms get and return the sample object; heads get [prep_output, infer_output]
  // or [infer_output], as the pipeline wires them; modules one value an input. |*out_result| is a
  // new reference: the value, or, when |output_count| is more than 1, an array of one value an
  // output. A sample may be null where a Cond left it out. Thread-safe.
  mmd_status_t (*apply)(const void *options, const mmd_component_context_t *context,
                        mmd_value_t *const *inputs, size_t input_count, mmd_value_t **out_result);

  // The fields below may be left out.
  size_t input_count;   // inputs the component takes; 0 = it looks itself
  size_t output_count;  // values it gives; 0 = 1
  // Makes what is needed beyond the options (a dictionary, tables) in fields of the options struct
  // that the table does not name.
  mmd_status_t (*prepare)(void *options, const mmd_component_env_t *env, const char *where);
  // Frees what |prepare| made, also what a failed one left.
  void (*release)(void *options);
} mmd_component_t;

#endif  // MMD_VALUE_COMPONENT_H_
