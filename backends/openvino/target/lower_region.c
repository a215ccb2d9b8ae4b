// SPDX-License-Identifier: Apache-2.0
#include "backends/openvino/target/lower_region.h"

#include "base/alloc.h"

static const ov_value_t g_none;

void ov_region_bind(ov_lower_t *l, const mmd_edge_t *edge, ov_value_t value) {
  if (!ov_ok(l)) return;
  ov_value_t *kept = mmd_arena_alloc(&l->ir->arena, sizeof *kept);
  mmd_status_t status = kept ? NULL : mmd_status_no_memory();
  if (!status) {
    *kept = value;
    status = mmd_map_set(&l->scope->values, edge->name, kept, NULL);
  }
  if (status) {
    ov_fail(l, status);
    return;
  }
  ov_output_t *output = &value.layer->outputs[value.output];
  if (!output->dtype) output->dtype = edge->type.dtype;
  if (!output->type) output->type = &edge->type;
}

const ov_sequence_t *ov_region_sequence(const ov_lower_t *l, const mmd_edge_t *edge) {
  return mmd_map_get(&l->scope->sequences, edge->name);
}

void ov_region_bind_sequence(ov_lower_t *l, size_t output, size_t count, const ov_value_t *items) {
  if (!ov_ok(l) || !l->node->outputs[output]) return;
  ov_sequence_t *kept = mmd_arena_alloc(&l->ir->arena, sizeof *kept);
  ov_value_t *copy = mmd_arena_alloc_array(&l->ir->arena, count + 1, sizeof *copy);
  mmd_status_t status = kept && copy ? NULL : mmd_status_no_memory();
  if (!status) {
    for (size_t i = 0; i < count; ++i) copy[i] = items[i];
    *kept = (ov_sequence_t){count, copy};
    status = mmd_map_set(&l->scope->sequences, l->node->outputs[output]->name, kept, NULL);
  }
  if (status) ov_fail(l, status);
}

// "?", or "1..4", "1.." and "..4" where the deploy config sets bounds.
static mmd_status_t dynamic_text(const ov_lower_t *l, const mmd_edge_t *edge, int axis,
                                 mmd_str_t *text) {
  ov_bounds_t bounds = {-1, -1};
  if (!l->scope->is_body) MMD_TRY(ov_config_bounds(l->config, edge, axis, &bounds));
  if (bounds.min < 0 && bounds.max < 0) return mmd_str_append(text, "?");
  if (bounds.min >= 0) MMD_TRY(mmd_str_printf(text, "%lld", (long long)bounds.min));
  MMD_TRY(mmd_str_append(text, ".."));
  return bounds.max >= 0 ? mmd_str_printf(text, "%lld", (long long)bounds.max) : NULL;
}

// "1,3,?,?"; a 1 more in front of |axis|, unless that is negative.
static mmd_status_t shape_text(const ov_lower_t *l, const mmd_edge_t *edge, int64_t axis,
                               mmd_str_t *text) {
  for (int i = 0; i <= edge->type.rank; ++i) {
    if (i == axis) MMD_TRY(mmd_str_append(text, text->size ? ",1" : "1"));
    if (i == edge->type.rank) break;
    const mmd_dim_t *dim = edge->type.dims[i];
    MMD_TRY(mmd_str_append(text, text->size ? "," : ""));
    if (dim->kind == MMD_DIM_CONST) {
      MMD_TRY(mmd_str_printf(text, "%lld", (long long)dim->number));
    } else {
      MMD_TRY(dynamic_text(l, edge, i, text));
    }
  }
  return NULL;
}

static mmd_status_t check_parameter(const mmd_edge_t *edge) {
  if (edge->type.has_rank && ov_element_type(edge->type.dtype)) return NULL;
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "OpenVINO: input '%s' needs a known rank and an element type that the engine "
                   "has",
                   edge->name);
}

static ov_layer_t *add_parameter(ov_lower_t *l, const mmd_edge_t *edge, int64_t axis) {
  ov_layer_t *layer = NULL;
  mmd_str_t shape = {0};
  mmd_status_t status = check_parameter(edge);
  if (!status) status = shape_text(l, edge, axis, &shape);
  if (!status)
    status = ov_ir_add_layer(l->ir, l->net, edge->name, "Parameter", "opset1", 0, NULL, 1, &layer);
  if (!status) status = ov_layer_set(layer, "shape", mmd_str_text(&shape));
  if (!status) status = ov_layer_set(layer, "element_type", ov_element_type(edge->type.dtype));
  mmd_str_deinit(&shape);
  if (!status) return layer;
  ov_fail(l, status);
  return NULL;
}

static ov_layer_t *lower_parameter(ov_lower_t *l, const mmd_edge_t *edge, const char *port_name) {
  ov_layer_t *layer = add_parameter(l, edge, -1);
  if (!layer) return NULL;
  layer->outputs[0].name = port_name;
  ov_region_bind(l, edge, (ov_value_t){layer, 0});
  return layer;
}

// A Parameter of one element along |axis|, of which the body sees the element.
static ov_layer_t *lower_element(ov_lower_t *l, const mmd_edge_t *edge, int64_t axis) {
  ov_layer_t *layer = add_parameter(l, edge, axis);
  if (!layer) return NULL;
  layer->outputs[0].dtype = edge->type.dtype;
  ov_region_bind(l, edge, ov_squeeze(l, (ov_value_t){layer, 0}, 1, &axis));
  return layer;
}

// A value from outside of a body.
static ov_value_t capture(ov_lower_t *l, const mmd_edge_t *edge) {
  ov_capture_t *item = mmd_arena_alloc(&l->ir->arena, sizeof *item);
  if (!item) {
    ov_fail(l, mmd_status_no_memory());
    return g_none;
  }
  item->edge = edge;
  item->parameter = lower_parameter(l, edge, NULL);
  *(l->scope->last ? &l->scope->last->next : &l->scope->first) = item;
  l->scope->last = item;
  return (ov_value_t){item->parameter, 0};
}

ov_value_t ov_region_value(ov_lower_t *l, const mmd_edge_t *edge) {
  if (!ov_ok(l)) return g_none;
  const ov_value_t *found = mmd_map_get(&l->scope->values, edge->name);
  if (found) return *found;
  if (edge->is_constant) {
    const ov_value_t value = ov_constant(l, &edge->constant);
    ov_region_bind(l, edge, value);
    return value;
  }
  if (l->scope->is_body) return capture(l, edge);
  ov_fail(l, MMD_ERROR(MMD_INTERNAL, "OpenVINO: no layer gives '%s'", edge->name));
  return g_none;
}

// The name of an output belongs to the port in front of its Result. Where that port has a name
// already (an input, or an output twice) a Convert to the same type stands between.
static void lower_result(ov_lower_t *l, const mmd_edge_t *edge) {
  ov_value_t value = ov_region_value(l, edge);
  ov_layer_t *layer = NULL;
  if (!ov_ok(l)) return;
  if (value.layer->outputs[value.output].name) value = ov_convert(l, value, edge->type.dtype);
  if (!ov_ok(l)) return;
  value.layer->outputs[value.output].name = edge->name;
  const char *name = mmd_arena_printf(&l->ir->arena, "%s/Result", edge->name);
  ov_fail(l, ov_ir_add_layer(l->ir, l->net, name, "Result", "opset1", 1, &value, 0, &layer));
}

static void lower_node(ov_lower_t *l, const mmd_node_t *node) {
  const ov_lowering_fn lowering = ov_lowering_find(node);
  l->node = node;
  if (lowering) {
    lowering(l);
  } else {
    ov_refuse(l, "no layer for it");
  }
}

// The first axis of an input before (|input|, |axis|) that has the same symbol.
static bool find_equal(const mmd_region_t *root, size_t input, int axis, size_t *out_input,
                       int *out_axis) {
  const mmd_dim_t *dim = root->inputs[input]->type.dims[axis];
  for (size_t i = 0; i <= input; ++i) {
    const mmd_type_t *type = &root->inputs[i]->type;
    for (int k = 0; k < type->rank && (i < input || k < axis); ++k) {
      if (type->dims[k] != dim) continue;
      *out_input = i;
      *out_axis = k;
      return true;
    }
  }
  return false;
}

static mmd_status_t note_equal_sizes(const mmd_region_t *root, mmd_str_t *text) {
  for (size_t i = 0; i < root->input_count; ++i) {
    const mmd_type_t *type = &root->inputs[i]->type;
    for (int k = 0; k < type->rank; ++k) {
      size_t first = 0;
      int axis = 0;
      if (type->dims[k]->kind != MMD_DIM_SYMBOL || !find_equal(root, i, k, &first, &axis)) continue;
      MMD_TRY(mmd_str_printf(text, "%s%zu.%d,%zu.%d", text->size ? ";" : "", first, axis, i, k));
    }
  }
  return NULL;
}

static void lower_nodes(ov_lower_t *l, const mmd_region_t *region) {
  for (const mmd_node_t *node = region->first; node && ov_ok(l); node = node->next)
    lower_node(l, node);
  l->node = NULL;
}

// |axis| negative: the value as it is.
static ov_layer_t *body_result(ov_lower_t *l, const mmd_edge_t *edge, int64_t axis) {
  ov_layer_t *layer = NULL;
  ov_value_t value = ov_region_value(l, edge);
  if (axis >= 0) value = ov_unsqueeze(l, value, 1, &axis);
  if (ov_ok(l)) {
    ov_fail(l,
            ov_ir_add_layer(l->ir, l->net, edge->name, "Result", "opset1", 1, &value, 0, &layer));
  }
  return layer;
}

static int64_t axis_of(size_t i, size_t from, const int64_t *axes) {
  if (i < from) return -1;
  return axes ? axes[i - from] : 0;
}

void ov_body_lower(ov_lower_t *l, const mmd_region_t *region, const ov_slices_t *slices,
                   ov_body_t *out_body) {
  mmd_arena_t *arena = &l->ir->arena;
  ov_body_t *body = out_body;
  const ov_lower_t outer = *l;
  *body = (ov_body_t){.scope.is_body = true};
  body->net = mmd_arena_alloc(arena, sizeof *body->net);
  body->parameters = mmd_arena_alloc_array(arena, region->input_count + 1, sizeof(ov_layer_t *));
  body->results = mmd_arena_alloc_array(arena, region->output_count + 1, sizeof(ov_layer_t *));
  if (!body->net || !body->parameters || !body->results) ov_fail(l, mmd_status_no_memory());
  if (!ov_ok(l)) return;
  l->net = body->net;
  l->scope = &body->scope;
  for (size_t i = 0; i < region->input_count && ov_ok(l); ++i) {
    const int64_t axis = axis_of(i, slices->input_from, slices->input_axes);
    body->parameters[i] = axis < 0 ? lower_parameter(l, region->inputs[i], NULL)
                                   : lower_element(l, region->inputs[i], axis);
  }
  lower_nodes(l, region);
  for (size_t i = 0; i < region->output_count && ov_ok(l); ++i) {
    const int64_t axis = axis_of(i, slices->output_from, slices->output_axes);
    body->results[i] = body_result(l, region->outputs[i], axis);
  }
  l->net = outer.net;
  l->scope = outer.scope;
  l->node = outer.node;
}

void ov_body_deinit(ov_body_t *body) {
  mmd_map_deinit(&body->scope.values);
  mmd_map_deinit(&body->scope.sequences);
}

static void lower_root(ov_lower_t *l, const mmd_region_t *root) {
  for (size_t i = 0; i < root->input_count; ++i)
    lower_parameter(l, root->inputs[i], root->inputs[i]->name);
  lower_nodes(l, root);
  for (size_t i = 0; i < root->output_count; ++i) lower_result(l, root->outputs[i]);
  if (ov_ok(l)) ov_fail(l, note_equal_sizes(root, &l->ir->equal_sizes));
}

mmd_status_t ov_lower_graph(const mmd_graph_t *graph, const ov_config_t *config, ov_ir_t *ir) {
  ov_scope_t scope = {0};
  ov_lower_t l = {.ir = ir, .net = &ir->net, .scope = &scope, .config = config};
  ir->name = mmd_arena_strdup(&ir->arena, graph->name);
  MMD_TRY_ALLOC(ir->name);
  lower_root(&l, graph->root);
  mmd_map_deinit(&scope.values);
  mmd_map_deinit(&scope.sequences);
  return l.status;
}
