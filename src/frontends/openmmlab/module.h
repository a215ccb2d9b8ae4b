// SPDX-License-Identifier: Apache-2.0
//
// Module builders: one entry turns a module dict of a config (dict(type='ResNet', depth=50, …))
// into nodes.
#ifndef MMD_FRONTENDS_OPENMMLAB_MODULE_H_
#define MMD_FRONTENDS_OPENMMLAB_MODULE_H_

#include "nn/builder.h"
#include "value/options.h"

#define MMD_MAX_FEATURES 16
typedef struct mmd_features_t {
  size_t count;
  mmd_edge_t *items[MMD_MAX_FEATURES];
} mmd_features_t;

typedef struct mmd_module_t {
  const char *codebase;               // "mmcls"; also found by configs that write "mmcls.ResNet"
  const char *kind;                   // "classifier", "backbone", "neck", "head"
  const char *type;                   // "ResNet"
  const char *backend;                // NULL = every backend without an entry of its own
  const mmd_option_table_t *options;  // defaults equal the codebase's own __init__
  // |options| is the table's struct. Builds in the scope the caller entered.
  void (*build)(mmd_builder_t *builder, const void *options, const mmd_features_t *inputs,
                mmd_features_t *out_outputs);
} mmd_module_t;

// Looks |dict|'s type up in |registry| (exact backend first, then any), reads its options and
// builds it. |where| is its config path. Errors stick to the builder.
void mmd_module_build(mmd_builder_t *builder, const mmd_module_t *const *registry,
                      const char *codebase, const char *kind, const mmd_value_t *dict,
                      const char *where, const mmd_features_t *inputs, mmd_features_t *out_outputs);

// Lists every unsupported module type of |dict| and below it at once (config path, type, nearest
// known name); NULL status when all are known. |slots| says which members are modules: "backbone",
// "neck", "head".
mmd_status_t mmd_module_check(const mmd_module_t *const *registry, const char *codebase,
                              const mmd_value_t *dict, const char *where,
                              const char *const *slots) MMD_MUST_USE;

#endif  // MMD_FRONTENDS_OPENMMLAB_MODULE_H_
