// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/lower_opset.h"

#include <stdlib.h>
#include <string.h>

#include "writers/onnx/lower_rules.h"

enum { MAX_FAILURES = 32 };  // listed; more are not looked for

typedef struct lowering {
  int64_t step;  // from this opset to the one before
  size_t failure_count;
  const mmd_node_t *failures[MAX_FAILURES];
  mmd_str_t text;
} lowering_t;

static int compare_rules(const void *a, const void *b) {
  const mmd_lower_rule_t *left = a, *right = b;
  int order = strcmp(left->op, right->op);
  if (order != 0) return order;
  return (left->version > right->version) - (left->version < right->version);
}

static bool has_failed(const lowering_t *lowering, const mmd_node_t *node) {
  for (size_t i = 0; i < lowering->failure_count; i++) {
    if (lowering->failures[i] == node) return true;
  }
  return false;
}

static mmd_status_t note_failure(lowering_t *lowering, const mmd_node_t *node, const char *reason) {
  if (lowering->failure_count > 0) MMD_TRY(mmd_str_append(&lowering->text, "; "));
  MMD_TRY(mmd_node_describe(node, &lowering->text));
  lowering->failures[lowering->failure_count++] = node;
  if (!reason) {
    return mmd_str_printf(&lowering->text, ": the operator came with opset %lld",
                          (long long)lowering->step);
  }
  return mmd_str_printf(&lowering->text, ": below opset %lld, %s", (long long)lowering->step,
                        reason);
}

static mmd_status_t lower_region(lowering_t *lowering, mmd_region_t *region);

static mmd_status_t lower_nested(lowering_t *lowering, const mmd_node_t *node) {
  for (size_t i = 0; i < node->attr_count; i++) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) MMD_TRY(lower_region(lowering, attr->u.region));
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; j++) {
      MMD_TRY(lower_region(lowering, attr->u.regions[j]));
    }
  }
  return NULL;
}

static mmd_status_t lower_node(lowering_t *lowering, mmd_node_t *node) {
  const mmd_lower_rule_t key = {node->op, lowering->step, NULL};
  const mmd_lower_rule_t *rule =
      bsearch(&key, mmd_lower_rules, mmd_lower_rule_count, sizeof key, compare_rules);
  if (!rule || has_failed(lowering, node)) return NULL;
  const char *reason = NULL;
  if (rule->apply) {
    mmd_status_t status = rule->apply(node, &reason);
    MMD_TRY(mmd_status_annotate(status, "%s node '%s'", node->op, node->name));
    if (!reason) return NULL;
  }
  return note_failure(lowering, node, reason);
}

// New nodes stand before the one they come from and are in the older form already.
static mmd_status_t lower_region(lowering_t *lowering, mmd_region_t *region) {
  for (mmd_node_t *node = region->first; node; node = node->next) {
    if (lowering->failure_count == MAX_FAILURES) return NULL;
    MMD_TRY(lower_nested(lowering, node));
    if (*node->domain == '\0' && node->version >= lowering->step) {
      MMD_TRY(lower_node(lowering, node));
    }
  }
  return NULL;
}

static void set_versions(mmd_region_t *region, int64_t opset) {
  for (mmd_node_t *node = region->first; node; node = node->next) {
    if (*node->domain == '\0' && node->version > opset) node->version = opset;
    for (size_t i = 0; i < node->attr_count; i++) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) set_versions(attr->u.region, opset);
      for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; j++) {
        set_versions(attr->u.regions[j], opset);
      }
    }
  }
}

static mmd_status_t run_steps(lowering_t *lowering, mmd_graph_t *graph, int64_t opset) {
  for (lowering->step = mmd_graph_opset(graph, MMD_DOMAIN_ONNX); lowering->step > opset;
       lowering->step--) {
    MMD_TRY(lower_region(lowering, graph->root));
  }
  if (lowering->failure_count == 0) return NULL;
  const size_t count = lowering->failure_count;
  return MMD_ERROR(MMD_NOT_SUPPORTED, "%s%zu node%s no form in opset %lld: %s",
                   count == MAX_FAILURES ? "at least " : "", count, count == 1 ? " has" : "s have",
                   (long long)opset, mmd_str_text(&lowering->text));
}

mmd_status_t mmd_onnx_lower(mmd_graph_t *graph, int64_t opset) {
  int64_t present = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  if (opset == present) return NULL;
  if (opset < MMD_ONNX_LOWEST_OPSET || opset > present) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "opset %lld, expected %d to the graph's own, %lld",
                     (long long)opset, MMD_ONNX_LOWEST_OPSET, (long long)present);
  }
  lowering_t lowering = {.step = 0};
  mmd_status_t status = run_steps(&lowering, graph, opset);
  mmd_str_deinit(&lowering.text);
  MMD_TRY(status);
  set_versions(graph->root, opset);
  graph->ir_version = 0;  // the writer takes the one of the opset
  return mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, opset);
}
