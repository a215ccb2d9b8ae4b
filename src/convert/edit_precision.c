// SPDX-License-Identifier: Apache-2.0
#include "convert/edit_precision.h"

#include <fnmatch.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/edit_graph.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "ops/op.h"

#define LARGEST_F16 65504.0
#define SMALLEST_NORMAL_F16 6.103515625e-05

// Bits of mmd_node_t.mark while this runs.
enum {
  IS_ACTIVATION = 1,  // its float results come from the inputs
  IS_HALF = 2,        // computes in half precision
  IS_BEFORE = 4,      // of keep_until
  IS_BEHIND = 8,      // of keep_from
};

typedef struct state_t {
  mmd_graph_t *graph;
  const mmd_precision_request_t *request;
  mmd_precision_counts_t *counts;
  mmd_map_t twins;    // name of an edge -> the edge of the same value in the other precision
  size_t *op_hits;    // of keep_ops, then half_ops
  size_t *node_hits;  // of keep_nodes
} state_t;

void mmd_precision_counts_deinit(mmd_precision_counts_t *counts) {
  mmd_str_deinit(&counts->first_overflow);
}

//===--- which nodes -------------------------------------------------------===//

static bool is_f32(const mmd_edge_t *edge) {
  return edge && edge->type.kind == MMD_TYPE_TENSOR && edge->type.dtype == MMD_F32;
}

static bool is_typed(const mmd_edge_t *edge) {
  return !edge || (edge->type.kind == MMD_TYPE_TENSOR && edge->type.dtype != MMD_DTYPE_UNDEFINED);
}

static bool is_listed(const char *name, const mmd_value_t *list, size_t *hits) {
  bool is_found = false;
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    if (strcmp(mmd_value_get_string(mmd_array_at(list, i), ""), name) != 0) continue;
    ++hits[i];
    is_found = true;
  }
  return is_found;
}

static bool is_in(const char *name, const mmd_value_t *list) {
  for (size_t i = 0; i < mmd_array_size(list); ++i)
    if (strcmp(mmd_value_get_string(mmd_array_at(list, i), ""), name) == 0) return true;
  return false;
}

static bool is_kept_op(const state_t *state, const char *op) {
  const size_t keeps = mmd_array_size(state->request->keep_ops);
  if (is_listed(op, state->request->keep_ops, state->op_hits)) return true;
  if (is_listed(op, state->request->half_ops, state->op_hits + keeps)) return false;
  for (const char *const *kept = mmd_precision_kept_ops; *kept; ++kept)
    if (strcmp(*kept, op) == 0) return true;
  return false;
}

static bool is_kept_node(const state_t *state, const mmd_node_t *node) {
  const mmd_value_t *patterns = state->request->keep_nodes;
  bool is_found = false;
  for (size_t i = 0; i < mmd_array_size(patterns); ++i) {
    const char *pattern = mmd_value_get_string(mmd_array_at(patterns, i), "");
    if (fnmatch(pattern, node->name, 0) != 0 && fnmatch(pattern, node->scope, 0) != 0) continue;
    ++state->node_hits[i];
    is_found = true;
  }
  return is_found;
}

static bool has_region(const mmd_node_t *node) {
  for (size_t i = 0; i < node->attr_count; ++i) {
    if (node->attrs[i].kind == MMD_ATTR_REGION || node->attrs[i].kind == MMD_ATTR_REGIONS)
      return true;
  }
  return false;
}

bool mmd_precision_is_activation(const mmd_edge_t *edge) {
  if (!is_f32(edge) || edge->is_constant) return false;
  return edge->producer ? (edge->producer->mark & IS_ACTIVATION) != 0 : true;
}

// Reads activations; of no known operator that is always said.
static bool reads_activations(const mmd_node_t *node) {
  for (size_t i = 0; i < node->input_count; ++i)
    if (mmd_precision_is_activation(node->inputs[i])) return true;
  return has_region(node) || !mmd_op_find(node->domain, node->op, node->version);
}

static bool can_convert(const state_t *state, const mmd_node_t *node) {
  if (*node->domain || has_region(node) || mmd_node_attr(node, "dtype") ||
      !mmd_op_find(node->domain, node->op, node->version))
    return false;
  for (size_t i = 0; i < node->input_count; ++i)
    if (!is_typed(node->inputs[i])) return false;
  for (size_t i = 0; i < node->output_count; ++i)
    if (!is_typed(node->outputs[i])) return false;
  return mmd_precision_accepts(node->op, node->version, state->request->dtype);
}

void mmd_precision_mark_activations(mmd_graph_t *graph) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next)
    node->mark = reads_activations(node) ? IS_ACTIVATION : 0;
}

// Layers whose sums are made of weights; elsewhere a huge number stands for infinity (a mask).
static bool has_weights(const mmd_node_t *node) {
  static const char *const ops[] = {
      "BatchNormalization", "Conv", "ConvTranspose", "Gemm", "MatMul", "InstanceNormalization",
      "LayerNormalization", "PRelu"};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
    if (strcmp(node->op, ops[i]) == 0) return true;
  return false;
}

static const mmd_tensor_t *constant_of(const mmd_edge_t *edge) {
  if (!is_f32(edge)) return NULL;
  if (edge->is_constant) return &edge->constant;
  const mmd_node_t *node = edge->producer;
  return node && mmd_node_is(node, MMD_DOMAIN_ONNX, "Constant")
             ? mmd_node_attr_tensor(node, "value")
             : NULL;
}

// A variance below float16's normal numbers loses its digits, and the result is divided by it.
static bool loses_weights(const state_t *state, const mmd_node_t *node) {
  if (state->request->dtype != MMD_F16 || !has_weights(node)) return false;
  const bool is_norm = strcmp(node->op, "BatchNormalization") == 0;
  for (size_t i = 0; i < node->input_count; ++i) {
    const mmd_tensor_t *tensor = constant_of(node->inputs[i]);
    const size_t count = tensor ? mmd_tensor_count(tensor) : 0;
    for (size_t k = 0; k < count; ++k) {
      const double number = fabs(mmd_tensor_get_f64(tensor, k));
      if (isfinite(number) && number > LARGEST_F16) return true;
      if (is_norm && i == 4 && number < SMALLEST_NORMAL_F16) return true;
    }
  }
  return false;
}

// Arithmetic on what was an integer a moment ago (sums of quantised products, positions), which
// half precision cuts off or rounds.
static bool takes_integers(const mmd_node_t *node) {
  static const char *const ops[] = {"Add", "Div", "Mul", "Sub"};
  bool is_arithmetic = false;
  for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
    is_arithmetic = is_arithmetic || strcmp(node->op, ops[i]) == 0;
  for (size_t i = 0; is_arithmetic && i < node->input_count; ++i) {
    const mmd_node_t *from = node->inputs[i] ? node->inputs[i]->producer : NULL;
    if (!from || !mmd_node_is(from, MMD_DOMAIN_ONNX, "Cast")) continue;
    const mmd_edge_t *number = mmd_node_input(from, 0);
    const mmd_dtype_t dtype = number ? number->type.dtype : MMD_DTYPE_UNDEFINED;
    if (dtype == MMD_I32 || dtype == MMD_I64 || dtype == MMD_U32 || dtype == MMD_U64) return true;
  }
  return false;
}

static void choose_nodes(state_t *state) {
  const mmd_precision_request_t *request = state->request;
  for (mmd_node_t *node = state->graph->root->first; node; node = node->next) {
    // All lists are asked, so that each counts what it fits.
    const bool is_kept = is_kept_op(state, node->op), is_named = is_kept_node(state, node);
    const bool is_cut = node->mark & (IS_BEFORE | IS_BEHIND);
    node->mark = reads_activations(node) ? IS_ACTIVATION : 0;
    if (!node->mark || is_kept || is_named || is_cut || !can_convert(state, node)) continue;
    const bool is_asked = is_in(node->op, request->half_ops);
    if (is_asked || !(loses_weights(state, node) || takes_integers(node))) node->mark |= IS_HALF;
  }
}

//===--- keep-until, keep-from ---------------------------------------------===//

static mmd_status_t find_tensor(const mmd_graph_t *graph, const mmd_value_t *names, size_t i,
                                const char *option, mmd_edge_t **out_edge) {
  const char *name = mmd_value_get_string(mmd_array_at(names, i), "");
  *out_edge = mmd_graph_find_edge(graph, name);
  if (*out_edge && (*out_edge)->region == graph->root) return NULL;
  return MMD_ERROR(MMD_NOT_FOUND, "%s: the main graph has no tensor '%s'", option, name);
}

// Nodes stand in the order in which they can be computed, so one walk each way reaches all.
static void spread_forwards(mmd_graph_t *graph) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < node->input_count; ++i) {
      const mmd_edge_t *edge = node->inputs[i];
      if (edge && edge->producer && (edge->producer->mark & IS_BEHIND)) node->mark |= IS_BEHIND;
    }
  }
}

static void spread_backwards(mmd_graph_t *graph) {
  for (mmd_node_t *node = graph->root->last; node; node = node->previous) {
    for (size_t i = 0; (node->mark & IS_BEFORE) && i < node->input_count; ++i) {
      const mmd_edge_t *edge = node->inputs[i];
      if (edge && edge->producer) edge->producer->mark |= IS_BEFORE;
    }
  }
}

static mmd_status_t cut(state_t *state) {
  const mmd_precision_request_t *request = state->request;
  mmd_graph_t *graph = state->graph;
  mmd_edge_t *edge = NULL;
  for (mmd_node_t *node = graph->root->first; node; node = node->next) node->mark = 0;
  for (size_t i = 0; i < mmd_array_size(request->keep_until); ++i) {
    MMD_TRY(find_tensor(graph, request->keep_until, i, "--keep-until", &edge));
    if (edge->producer) edge->producer->mark |= IS_BEFORE;
  }
  for (size_t i = 0; i < mmd_array_size(request->keep_from); ++i) {
    MMD_TRY(find_tensor(graph, request->keep_from, i, "--keep-from", &edge));
    for (const mmd_use_t *use = edge->uses; use; use = use->next)
      if (use->node && use->node->region == graph->root) use->node->mark |= IS_BEHIND;
  }
  spread_forwards(graph);
  spread_backwards(graph);
  return NULL;
}

static mmd_status_t check_list(const mmd_value_t *list, const size_t *hits, const char *what) {
  for (size_t i = 0; i < mmd_array_size(list); ++i) {
    if (hits[i]) continue;
    return MMD_ERROR(MMD_NOT_FOUND, "no node fits %s '%s'", what,
                     mmd_value_get_string(mmd_array_at(list, i), ""));
  }
  return NULL;
}

//===--- values in both precisions -----------------------------------------===//

static mmd_status_t count_changes(const mmd_tensor_t *tensor, state_t *state, const char *name) {
  const size_t before = state->counts->overflows, count = mmd_tensor_count(tensor);
  if (state->request->dtype != MMD_F16) return NULL;
  for (size_t i = 0; i < count; ++i) {
    const double number = mmd_tensor_get_f64(tensor, i);
    if (isfinite(number) && fabs(number) > LARGEST_F16) ++state->counts->overflows;
    if (number != 0 && mmd_float_to_half((float)number) << 1 == 0) ++state->counts->underflows;
  }
  if (before || !state->counts->overflows) return NULL;
  return mmd_str_append(&state->counts->first_overflow, name);
}

// Finite numbers stay finite: -3e38 of a mask becomes the smallest number, not -inf.
static mmd_status_t cast_weights(const mmd_tensor_t *tensor, mmd_dtype_t dtype,
                                 mmd_tensor_t *out_tensor) {
  MMD_TRY(mmd_tensor_create(dtype, &tensor->shape, false, out_tensor));
  void *data = mmd_tensor_mutable_data(out_tensor);
  const size_t count = mmd_tensor_count(tensor);
  for (size_t i = 0; i < count; ++i) {
    double number = mmd_tensor_get_f64(tensor, i);
    if (dtype == MMD_F16 && isfinite(number))
      number = fmin(fmax(number, -LARGEST_F16), LARGEST_F16);
    mmd_dtype_store_f64(dtype, data, i, number);
  }
  return NULL;
}

static mmd_status_t twin_constant(state_t *state, const mmd_tensor_t *tensor, const char *name,
                                  mmd_edge_t **out_edge) {
  mmd_tensor_t half = {0};
  const char *fresh = mmd_graph_fresh_name(state->graph, name);
  MMD_TRY_ALLOC(fresh);
  MMD_TRY(count_changes(tensor, state, name));
  MMD_TRY(cast_weights(tensor, state->request->dtype, &half));
  mmd_status_t status = mmd_region_add_constant(state->graph->root, fresh, &half, out_edge);
  mmd_tensor_deinit(&half);
  return status;
}

static mmd_status_t twin_cast(state_t *state, mmd_edge_t *edge, mmd_dtype_t dtype,
                              mmd_edge_t **out_edge) {
  mmd_region_t *root = state->graph->root;
  mmd_node_t *before = edge->producer ? edge->producer->next : root->first, *node = NULL;
  mmd_str_t name = {0};
  mmd_status_t status = mmd_str_printf(&name, "%s_%s", edge->name, mmd_dtype_name(dtype));
  if (!status) {
    status = mmd_node_create(root, before, MMD_DOMAIN_ONNX, "Cast", mmd_str_text(&name), 1, &edge,
                             1, &node);
  }
  mmd_str_deinit(&name);
  MMD_TRY(status);
  mmd_type_t type = edge->type;
  type.dtype = dtype;
  node->mark = IS_ACTIVATION;
  ++state->counts->casts;
  MMD_TRY(mmd_node_set_int(node, "to", dtype));
  MMD_TRY(mmd_edge_set_type(node->outputs[0], &type));
  *out_edge = node->outputs[0];
  return NULL;
}

// The value of |edge| in the other precision; made once.
static mmd_status_t twin_of(state_t *state, mmd_edge_t *edge, mmd_edge_t **out_edge) {
  const mmd_dtype_t half = state->request->dtype;
  *out_edge = mmd_map_get(&state->twins, edge->name);
  if (*out_edge) return NULL;
  const mmd_tensor_t *value = constant_of(edge);
  if (value) {
    MMD_TRY(twin_constant(state, value, edge->name, out_edge));
  } else {
    MMD_TRY(twin_cast(state, edge, is_f32(edge) ? half : MMD_F32, out_edge));
  }
  return mmd_map_set(&state->twins, edge->name, *out_edge, NULL);
}

//===--- rewriting ---------------------------------------------------------===//

static mmd_status_t set_half(const state_t *state, mmd_edge_t *edge, mmd_map_t *changed) {
  mmd_type_t type = edge->type;
  if (!is_f32(edge)) return NULL;
  type.dtype = state->request->dtype;
  MMD_TRY(mmd_edge_set_type(edge, &type));
  return mmd_map_set(changed, edge->name, edge, NULL);
}

// Results of converted nodes, and the inputs, take their new type; |changed| gets their names.
static mmd_status_t retype(const state_t *state, mmd_map_t *changed) {
  mmd_region_t *root = state->graph->root;
  for (size_t i = 0; i < root->input_count && !state->request->keep_io; ++i)
    MMD_TRY(set_half(state, root->inputs[i], changed));
  for (mmd_node_t *node = root->first; node; node = node->next) {
    if (!(node->mark & IS_HALF)) continue;
    if (strcmp(node->op, "Cast") == 0 && mmd_node_attr_int(node, "to", 0) == MMD_F32)
      MMD_TRY(mmd_node_set_int(node, "to", state->request->dtype));
    for (size_t i = 0; i < node->output_count; ++i)
      if (node->outputs[i]) MMD_TRY(set_half(state, node->outputs[i], changed));
  }
  return NULL;
}

// Operators that take any element type.
static bool takes_any(const mmd_node_t *node) {
  static const char *const ops[] = {"Cast", "Shape", "Size"};
  for (size_t i = 0; i < sizeof ops / sizeof *ops; ++i)
    if (mmd_node_is(node, MMD_DOMAIN_ONNX, ops[i])) return true;
  return false;
}

// Resize and Upsample have float32 beside the picture, whatever its type is.
static bool is_fixed_input(const mmd_node_t *node, size_t index) {
  return index > 0 && (strcmp(node->op, "Resize") == 0 || strcmp(node->op, "Upsample") == 0);
}

static mmd_status_t wire(state_t *state, mmd_node_t *node, const mmd_map_t *changed) {
  const bool in_root = node->region == state->graph->root;
  if (in_root && takes_any(node)) return NULL;
  for (size_t i = 0; i < node->input_count; ++i) {
    mmd_edge_t *edge = node->inputs[i], *twin = NULL;
    if (!edge || edge->region != state->graph->root || edge->type.kind != MMD_TYPE_TENSOR) continue;
    const bool wants_half = in_root && (node->mark & IS_HALF) && !is_fixed_input(node, i);
    const bool is_half = mmd_map_has(changed, edge->name);
    if (wants_half == is_half || (wants_half && !is_f32(edge))) continue;
    MMD_TRY(twin_of(state, edge, &twin));
    MMD_TRY(mmd_node_set_input(node, i, twin));
  }
  return NULL;
}

// The output keeps its name.
static mmd_status_t wire_output(state_t *state, size_t index, const mmd_map_t *changed) {
  mmd_region_t *root = state->graph->root;
  mmd_edge_t *edge = root->outputs[index], *twin = NULL;
  const bool is_half = mmd_map_has(changed, edge->name);
  if (!is_half && (!is_f32(edge) || state->request->keep_io)) return NULL;
  if (is_half && !state->request->keep_io) return NULL;
  const char *name = edge->name;
  MMD_TRY(twin_of(state, edge, &twin));
  MMD_TRY(mmd_region_set_output(root, index, twin));
  if (!edge->producer) return NULL;  // an input or a constant keeps its own
  const char *spare = mmd_graph_fresh_name(state->graph, name);
  MMD_TRY_ALLOC(spare);
  MMD_TRY(mmd_edge_rename(edge, spare));
  return mmd_edge_rename(twin, name);
}

static mmd_status_t rewire(state_t *state, const mmd_map_t *changed) {
  mmd_graph_t *graph = state->graph;
  for (mmd_region_t *region = graph->regions; region; region = region->next_region) {
    for (mmd_node_t *node = region->first, *next = NULL; node; node = next) {
      next = node->next;  // a Cast that is made behind this node needs no look
      MMD_TRY(wire(state, node, changed));
    }
    for (size_t i = 0; region != graph->root && i < region->output_count; ++i) {
      mmd_edge_t *edge = region->outputs[i], *twin = NULL;
      if (edge->region != graph->root || !mmd_map_has(changed, edge->name)) continue;
      MMD_TRY(twin_of(state, edge, &twin));
      MMD_TRY(mmd_region_set_output(region, i, twin));
    }
  }
  for (size_t i = 0; i < graph->root->output_count; ++i) MMD_TRY(wire_output(state, i, changed));
  return NULL;
}

static mmd_status_t convert(state_t *state) {
  const mmd_precision_request_t *request = state->request;
  mmd_map_t changed = {0};
  MMD_TRY(cut(state));
  choose_nodes(state);
  MMD_TRY(check_list(request->keep_ops, state->op_hits, "--keep-op"));
  MMD_TRY(check_list(request->half_ops, state->op_hits + mmd_array_size(request->keep_ops),
                     "--half-op"));
  MMD_TRY(check_list(request->keep_nodes, state->node_hits, "--keep-node"));
  for (const mmd_node_t *node = state->graph->root->first; node; node = node->next)
    ++*(node->mark & IS_HALF ? &state->counts->half : &state->counts->kept);
  mmd_status_t status = retype(state, &changed);
  if (!status) status = rewire(state, &changed);
  mmd_map_deinit(&changed);
  return status;
}

mmd_status_t mmd_edit_precision(mmd_graph_t *graph, const mmd_precision_request_t *request,
                                mmd_precision_counts_t *out_counts) {
  state_t state = {.graph = graph, .request = request, .counts = out_counts};
  const size_t ops = mmd_array_size(request->keep_ops) + mmd_array_size(request->half_ops);
  *out_counts = (mmd_precision_counts_t){0};
  MMD_TRY(mmd_graph_infer(graph));
  state.op_hits = mmd_alloc_array(ops + 1, sizeof *state.op_hits);
  state.node_hits =
      mmd_alloc_array(mmd_array_size(request->keep_nodes) + 1, sizeof *state.node_hits);
  mmd_status_t status = state.op_hits && state.node_hits ? convert(&state) : mmd_status_no_memory();
  mmd_free(state.op_hits);
  mmd_free(state.node_hits);
  mmd_map_deinit(&state.twins);
  MMD_TRY(status);
  mmd_region_erase_unused_constants(graph->root);
  MMD_TRY(mmd_edit_infer(graph));
  return mmd_graph_verify(graph);
}
