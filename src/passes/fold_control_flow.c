// SPDX-License-Identifier: Apache-2.0
//
// Control flow that is known before the graph runs goes:
//   If with a constant condition          ->  the nodes of its branch
//   Loop that never runs                  ->  the values it starts with
//   Loop that runs once, without scans    ->  the nodes of its body
#include "base/alloc.h"
#include "passes/pass_util.h"

// 0 or 1; -1 when the value is not known.
static int known_bool(const mmd_node_t *node, size_t index) {
  const mmd_tensor_t *value = mmd_pass_constant(node, index);
  if (!value || value->dtype != MMD_BOOL || mmd_tensor_count(value) != 1) return -1;
  return mmd_tensor_get_i64(value, 0) != 0;
}

// The results of |region| take the place of the node's outputs, and its nodes that of the node.
static mmd_status_t move_out(mmd_node_t *node, mmd_region_t *region, size_t first_output,
                             mmd_edge_t **results) {
  for (size_t i = 0; i < node->output_count; ++i) results[i] = region->outputs[first_output + i];
  while (region->output_count > 0)
    MMD_TRY(mmd_region_remove_output(region, region->output_count - 1));
  MMD_TRY(mmd_region_move_constants(region, node->region));
  while (region->first) mmd_node_move_into(region->first, node->region, node);
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) MMD_TRY(mmd_edge_forward(node->outputs[i], results[i]));
  return mmd_node_erase(node);
}

static mmd_status_t inline_region(mmd_node_t *node, mmd_region_t *region, size_t first_output) {
  mmd_edge_t **results = mmd_alloc_array(node->output_count + 1, sizeof(mmd_edge_t *));
  MMD_TRY_ALLOC(results);
  mmd_status_t status = move_out(node, region, first_output, results);
  mmd_free(results);
  return status;
}

//===--- If ----------------------------------------------------------------===//

static mmd_status_t visit_if(mmd_node_t *node, bool *out_changed) {
  const int condition = known_bool(node, 0);
  if (condition < 0) return NULL;
  mmd_region_t *branch = mmd_node_attr_region(node, condition ? "then_branch" : "else_branch");
  if (!branch || branch->input_count != 0 || branch->output_count != node->output_count)
    return NULL;
  *out_changed = true;
  return inline_region(node, branch, 0);
}

//===--- Loop --------------------------------------------------------------===//

// How often the body runs: 0, 1, or -1 for more or not known.
static int known_trips(const mmd_node_t *node) {
  int64_t trips = 0;
  size_t count = 0;
  const bool has_trips = mmd_pass_ints(node, 0, 1, &trips, &count) && count == 1;
  const bool has_condition = mmd_node_input(node, 1) != NULL;
  if (known_bool(node, 1) == 0 || (has_trips && trips <= 0)) return 0;
  return has_trips && trips == 1 && (!has_condition || known_bool(node, 1) == 1) ? 1 : -1;
}

static mmd_status_t skip_loop(mmd_node_t *node) {
  for (size_t i = 0; i < node->output_count; ++i)
    if (node->outputs[i]) MMD_TRY(mmd_edge_forward(node->outputs[i], node->inputs[2 + i]));
  return mmd_node_erase(node);
}

static mmd_status_t bind(const mmd_node_t *node, mmd_edge_t *input, const char *name,
                         mmd_tensor_t *value) {
  mmd_edge_t *constant = NULL;
  MMD_TRY(mmd_pass_add_constant(node, name, value, &constant));
  return mmd_edge_replace_uses(input, constant);
}

// The number of the trip, the condition and the carried values become what they are in the first
// trip.
static mmd_status_t bind_inputs(mmd_node_t *node, mmd_region_t *body) {
  const mmd_shape_t scalar = {0};
  mmd_tensor_t trip = {0}, condition = {0};
  MMD_TRY(mmd_tensor_create(MMD_I64, &scalar, true, &trip));
  MMD_TRY(bind(node, body->inputs[0], body->inputs[0]->name, &trip));
  MMD_TRY(mmd_tensor_create(MMD_BOOL, &scalar, true, &condition));
  mmd_dtype_store_i64(MMD_BOOL, mmd_tensor_mutable_data(&condition), 0, 1);
  MMD_TRY(bind(node, body->inputs[1], body->inputs[1]->name, &condition));
  for (size_t i = 2; i < body->input_count; ++i)
    MMD_TRY(mmd_edge_replace_uses(body->inputs[i], node->inputs[i]));
  return NULL;
}

static mmd_status_t visit_loop(mmd_node_t *node, bool *out_changed) {
  mmd_region_t *body = mmd_node_attr_region(node, "body");
  const int trips = known_trips(node);
  if (trips < 0 || !body || node->input_count < 2 || body->input_count != node->input_count)
    return NULL;
  // As many outputs as carried values: none is a scan.
  const size_t carried = node->input_count - 2;
  if (node->output_count > carried || body->output_count != carried + 1) return NULL;
  for (size_t i = 0; i < carried; ++i)
    if (!node->inputs[2 + i]) return NULL;
  *out_changed = true;
  if (trips == 0) return skip_loop(node);
  MMD_TRY(bind_inputs(node, body));
  return inline_region(node, body, 1);
}

//===--- walk --------------------------------------------------------------===//

static mmd_status_t visit(mmd_node_t *node, void *context) {
  if (mmd_pass_is(node, "If")) return visit_if(node, context);
  return mmd_pass_is(node, "Loop") ? visit_loop(node, context) : NULL;
}

static mmd_status_t run(mmd_graph_t *graph, const mmd_pass_options_t *options, bool *out_changed) {
  (void)options;
  // What moved out may hold the next one.
  for (bool changed = true; changed;) {
    changed = false;
    MMD_TRY(mmd_pass_walk(graph, visit, &changed));
    *out_changed |= changed;
  }
  return NULL;
}

const mmd_pass_t mmd_pass_fold_control_flow = {
    .name = "fold_control_flow",
    .help = "replace If by the branch that is taken, and Loop of no or one trip by its body",
    .run = run,
};
