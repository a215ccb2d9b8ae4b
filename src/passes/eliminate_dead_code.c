// SPDX-License-Identifier: Apache-2.0
//
// Removes nodes whose outputs nobody reads, and constants nobody reads. An opaque node may do more
// than make its outputs, so it stays, and so does an owner of one.
#include "passes/pass_util.h"

static bool can_remove(const mmd_node_t *node);

static bool can_remove_all(const mmd_region_t *region) {
  for (const mmd_node_t *node = region->first; node; node = node->next)
    if (!can_remove(node)) return false;
  return true;
}

static bool can_remove(const mmd_node_t *node) {
  if (mmd_pass_is_opaque(node)) return false;
  for (size_t i = 0; i < node->attr_count; ++i) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION && !can_remove_all(attr->u.region)) return false;
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
      if (!can_remove_all(attr->u.regions[j])) return false;
  }
  return true;
}

static bool is_read(const mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i)
    if (mmd_pass_output_used(node, i)) return true;
  return false;
}

static mmd_status_t clean_region(mmd_region_t *region, bool *out_changed);

static mmd_status_t clean_inside(mmd_node_t *node, bool *out_changed) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(clean_region(attr->u.region, out_changed));
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; ++j)
      MMD_TRY(clean_region(attr->u.regions[j], out_changed));
  }
  return NULL;
}

static mmd_status_t clean_region(mmd_region_t *region, bool *out_changed) {
  // Backwards, so that one walk finds chains.
  for (mmd_node_t *node = region->last, *previous; node; node = previous) {
    previous = node->previous;
    if (is_read(node) || !can_remove(node)) {
      MMD_TRY(clean_inside(node, out_changed));
      continue;
    }
    MMD_TRY(mmd_node_erase(node));
    *out_changed = true;
  }
  if (mmd_region_erase_unused_constants(region) > 0) *out_changed = true;
  return NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  return clean_region(graph->root, out_changed);
}

const mmd_pass_t mmd_pass_eliminate_dead_code = {
    .name = "eliminate_dead_code",
    .help = "remove nodes and constants that no output depends on",
    .run = run,
};
