// SPDX-License-Identifier: Apache-2.0
//
// mmdeploy::GatherTopk, rows of each image by their places, spelled out: a Gather for one image,
// GatherElements for more.
#include "ops/infer.h"
#include "passes/spell.h"

static bool is_known(const mmd_node_t *node, int64_t *out_size) {
  const mmd_edge_t *data = mmd_node_input(node, 0), *index = mmd_node_input(node, 1);
  if (!data || !index || !data->type.has_rank || !index->type.has_rank) return false;
  *out_size = mmd_spell_size(data, 2);
  return data->type.rank == 3 && index->type.rank == 2;
}

static mmd_status_t visit(mmd_node_t *node, void *context) {
  static const int64_t first = 0;
  int64_t size = -1;
  if (!mmd_spell_is(node, "GatherTopk") || !is_known(node, &size)) return NULL;
  mmd_spell_t s = {.node = node};
  mmd_edge_t *data = node->inputs[0], *index = node->inputs[1];
  if (mmd_spell_size(data, 0) == 1) {
    index = mmd_spell(&s, "Squeeze", index, mmd_spell_i64(&s, 1, &first));
    data = mmd_spell_int(&s, "Gather", data, index, "axis", 1);
  } else if (size < 0) {
    return NULL;
  } else {
    const int64_t dims[] = {1, 1, size};
    index = mmd_spell_unsqueeze(&s, 2, index);
    if (size != 1) index = mmd_spell(&s, "Expand", index, mmd_spell_i64(&s, 3, dims));
    data = mmd_spell_int(&s, "GatherElements", data, index, "axis", 1);
  }
  mmd_spell_replace(&s, 0, data);
  *(bool *)context = true;
  return mmd_spell_finish(&s);
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_pass_walk(graph, visit, out_changed);
}

const mmd_pass_t mmd_pass_split_gather_topk = {
    .name = "split_gather_topk",
    .help = "Spells the choice of each image's rows out in standard operators",
    .run = run,
};
