// SPDX-License-Identifier: Apache-2.0
//
// Rewrites of a graph, one a file. Every pass keeps the names of the graph's inputs and outputs and
// leaves opaque nodes alone: those whose operator we do not know or a function of the model
// defines. Bodies of functions are not changed (inline_functions puts them where they are called).
#ifndef MMD_PASSES_PASS_H_
#define MMD_PASSES_PASS_H_

#include "base/thread.h"
#include "graph/graph.h"

typedef struct mmd_pass_options_t {
  mmd_pool_t *pool;   // borrowed, may be NULL
  size_t fold_limit;  // bytes that a folded constant may have when its inputs have less; 0 = 16 MiB
  int64_t opset;      // target of convert_opset; 0 = MMD_PASS_OPSET
  bool verify;        // run the verifier after each pass
  int max_rounds;     // of the whole list; 0 = 8
  // Called after each run of the pass named |dump_after| ("all" = of each pass); may be NULL.
  mmd_status_t (*dump)(void *user, const char *pass, int round, const mmd_graph_t *graph);
  void *user;
  const char *dump_after;
} mmd_pass_options_t;

#define MMD_PASS_OPSET 17
#define MMD_PASS_FOLD_LIMIT ((size_t)16 << 20)

typedef struct mmd_pass_t {
  const char *name;  // as its file
  const char *help;  // one line
  // |out_changed| is set, never cleared. |options| is not NULL.
  mmd_status_t (*run)(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed);
} mmd_pass_t;

extern const mmd_pass_t mmd_pass_convert_flatten;
extern const mmd_pass_t mmd_pass_convert_opset;
extern const mmd_pass_t mmd_pass_eliminate_common_subexpressions;
extern const mmd_pass_t mmd_pass_eliminate_dead_code;
extern const mmd_pass_t mmd_pass_eliminate_duplicate_initializers;
extern const mmd_pass_t mmd_pass_eliminate_identities;
extern const mmd_pass_t mmd_pass_eliminate_pairs;
extern const mmd_pass_t mmd_pass_eliminate_unused_outputs;
extern const mmd_pass_t mmd_pass_fold_constants;
extern const mmd_pass_t mmd_pass_fold_control_flow;
extern const mmd_pass_t mmd_pass_fold_shapes;
extern const mmd_pass_t mmd_pass_fuse_batch_norm;
extern const mmd_pass_t mmd_pass_fuse_focus;
extern const mmd_pass_t mmd_pass_fuse_hard_sigmoid;
extern const mmd_pass_t mmd_pass_fuse_input_scale;
extern const mmd_pass_t mmd_pass_fuse_matmul_bias;
extern const mmd_pass_t mmd_pass_fuse_pad;
extern const mmd_pass_t mmd_pass_fuse_scale_bias;
extern const mmd_pass_t mmd_pass_fuse_select_assign;
extern const mmd_pass_t mmd_pass_fuse_shape_concat;
extern const mmd_pass_t mmd_pass_fuse_slices;
extern const mmd_pass_t mmd_pass_inline_functions;
extern const mmd_pass_t mmd_pass_split_gather_topk;
extern const mmd_pass_t mmd_pass_split_grid_priors;
extern const mmd_pass_t mmd_pass_split_multi_level_roi_align;
extern const mmd_pass_t mmd_pass_split_multi_class_nms;

// All passes, in the order of the pipeline.
size_t mmd_pass_count(void);
const mmd_pass_t *mmd_pass_at(size_t index);
// MMD_NOT_FOUND names the nearest pass.
mmd_status_t mmd_pass_find(const char *name, const mmd_pass_t **out_pass) MMD_MUST_USE;

// What `convert` runs (opset conversion, then all rewrites) and what `optimize` runs (rewrites that
// keep the file's opset).
extern const char *const mmd_passes_convert[];  // end with NULL
extern const char *const mmd_passes_optimize[];
// What spells our composite operators out, for targets that know the standard ones only.
extern const char *const mmd_passes_split[];

// Runs the passes named by |names| (to NULL) in their order, over and over until none changes
// anything or the bound is met. |options| NULL = defaults.
mmd_status_t mmd_passes_run(mmd_graph_t *graph, const char *const *names,
                            const mmd_pass_options_t *options) MMD_MUST_USE;

#endif  // MMD_PASSES_PASS_H_
