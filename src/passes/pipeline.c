// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/str.h"
#include "graph/verify.h"
#include "passes/pass.h"

enum { DEFAULT_ROUNDS = 8 };

// The whole pipeline, in its order.
static const mmd_pass_t *const passes[] = {
    &mmd_pass_inline_functions,
    &mmd_pass_convert_opset,
    &mmd_pass_fold_constants,
    &mmd_pass_fold_control_flow,
    &mmd_pass_eliminate_identities,
    &mmd_pass_eliminate_pairs,
    &mmd_pass_eliminate_common_subexpressions,
    &mmd_pass_fuse_select_assign,
    &mmd_pass_fuse_shape_concat,
    &mmd_pass_fold_shapes,
    &mmd_pass_convert_flatten,
    &mmd_pass_fuse_slices,
    &mmd_pass_fuse_focus,
    &mmd_pass_fuse_pad,
    &mmd_pass_fuse_batch_norm,
    &mmd_pass_fuse_scale_bias,
    &mmd_pass_fuse_hard_sigmoid,
    &mmd_pass_fuse_input_scale,
    &mmd_pass_fuse_matmul_bias,
    &mmd_pass_eliminate_dead_code,
    &mmd_pass_eliminate_unused_outputs,
    &mmd_pass_eliminate_duplicate_initializers,
    &mmd_pass_split_multi_class_nms,
    &mmd_pass_split_grid_priors,
    &mmd_pass_split_multi_level_roi_align,
    &mmd_pass_split_gather_topk,
};

const char *const mmd_passes_convert[] = {
    "inline_functions",
    "convert_opset",
    "fold_constants",
    "eliminate_identities",
    "fuse_pad",
    "fuse_batch_norm",
    "fuse_scale_bias",
    "eliminate_dead_code",
    "eliminate_duplicate_initializers",
    NULL,
};

const char *const mmd_passes_optimize[] = {
    "fold_constants",
    "fold_control_flow",
    "eliminate_identities",
    "eliminate_pairs",
    "eliminate_common_subexpressions",
    "fuse_select_assign",
    "fuse_shape_concat",
    "fold_shapes",
    "convert_flatten",
    "fuse_slices",
    "fuse_focus",
    "fuse_pad",
    "fuse_batch_norm",
    "fuse_scale_bias",
    "fuse_hard_sigmoid",
    "fuse_input_scale",
    "fuse_matmul_bias",
    "eliminate_dead_code",
    "eliminate_unused_outputs",
    "eliminate_duplicate_initializers",
    NULL,
};

const char *const mmd_passes_split[] = {
    "split_multi_class_nms",
    "split_grid_priors",
    "split_multi_level_roi_align",
    "split_gather_topk",
    "fold_constants",
    "eliminate_identities",
    "eliminate_common_subexpressions",
    "eliminate_dead_code",
    "eliminate_duplicate_initializers",
    NULL,
};

size_t mmd_pass_count(void) {
  return sizeof passes / sizeof *passes;
}

const mmd_pass_t *mmd_pass_at(size_t index) {
  return passes[index];
}

mmd_status_t mmd_pass_find(const char *name, const mmd_pass_t **out_pass) {
  const char *names[sizeof passes / sizeof *passes];
  for (size_t i = 0; i < mmd_pass_count(); ++i) {
    names[i] = passes[i]->name;
    if (strcmp(name, names[i]) != 0) continue;
    *out_pass = passes[i];
    return NULL;
  }
  const char *nearest = mmd_nearest_name(name, names, mmd_pass_count());
  return MMD_ERROR(MMD_NOT_FOUND, "there is no pass '%s'%s%s%s", name,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static mmd_status_t run_pass(mmd_graph_t *graph, const mmd_pass_t *pass, int round,
                             const mmd_pass_options_t *options, bool *out_changed) {
  mmd_status_t status = pass->run(graph, options, out_changed);
  if (!status && options->verify) status = mmd_graph_verify(graph);
  if (status) return mmd_status_annotate(status, "pass %s", pass->name);
  bool is_wanted =
      options->dump && options->dump_after &&
      (strcmp(options->dump_after, "all") == 0 || strcmp(options->dump_after, pass->name) == 0);
  return is_wanted ? options->dump(options->user, pass->name, round, graph) : NULL;
}

static mmd_status_t run_round(mmd_graph_t *graph, const char *const *names, int round,
                              const mmd_pass_options_t *options, bool *out_changed) {
  for (size_t i = 0; names[i]; ++i) {
    const mmd_pass_t *pass = NULL;
    MMD_TRY(mmd_pass_find(names[i], &pass));
    MMD_TRY(run_pass(graph, pass, round, options, out_changed));
  }
  return NULL;
}

mmd_status_t mmd_passes_run(mmd_graph_t *graph, const char *const *names,
                            const mmd_pass_options_t *options) {
  const mmd_pass_options_t defaults = {0};
  const mmd_pass_t *pass = NULL;
  if (!options) options = &defaults;
  if (options->dump_after && strcmp(options->dump_after, "all") != 0)
    MMD_TRY(mmd_pass_find(options->dump_after, &pass));
  for (size_t i = 0; names[i]; ++i) MMD_TRY(mmd_pass_find(names[i], &pass));
  int rounds = options->max_rounds > 0 ? options->max_rounds : DEFAULT_ROUNDS;
  bool changed = true;
  for (int round = 0; changed && round < rounds; ++round) {
    changed = false;
    MMD_TRY(run_round(graph, names, round, options, &changed));
  }
  return NULL;
}
