// SPDX-License-Identifier: Apache-2.0
//
// Regions and nodes to the structs of the file.
#include <string.h>

#include "writers/onnx/internal.h"

static mmd_proto_bytes_t text_or_absent(const char *text) {
  return mmd_proto_text(text && *text ? text : NULL);
}

static mmd_status_t export_names(mmd_onnx_exporter_t *exporter, size_t count,
                                 mmd_edge_t *const *edges, mmd_proto_strings_t *out_names) {
  MMD_ONNX_RESERVE(exporter, *out_names, count);
  out_names->count = count;
  for (size_t i = 0; i < count; i++) {
    out_names->items[i] = mmd_proto_text(edges[i] ? edges[i]->name : "");
  }
  return NULL;
}

static mmd_status_t export_node(mmd_onnx_exporter_t *exporter, const mmd_node_t *node,
                                mmd_onnx_node_t *out_proto) {
  MMD_TRY(export_names(exporter, node->input_count, node->inputs, &out_proto->input));
  MMD_TRY(export_names(exporter, node->output_count, node->outputs, &out_proto->output));
  out_proto->name = text_or_absent(node->name);
  out_proto->op_type = mmd_proto_text(node->op);
  out_proto->domain = text_or_absent(node->domain);
  out_proto->overload = text_or_absent(node->overload);
  out_proto->doc_string = mmd_proto_text(node->doc);
  MMD_ONNX_RESERVE(exporter, out_proto->attribute, node->attr_count);
  out_proto->attribute.count = node->attr_count;
  for (size_t i = 0; i < node->attr_count; i++) {
    mmd_status_t status =
        mmd_onnx_export_attr(exporter, &node->attrs[i], &out_proto->attribute.items[i]);
    MMD_TRY(mmd_status_annotate(status, "%s node '%s'", node->op, node->name));
  }
  if (node->unknown && !exporter->options->drop_unknown) {
    out_proto->header.unknown =
        (mmd_proto_bytes_t){mmd_storage_data(node->unknown), mmd_storage_size(node->unknown)};
  }
  return NULL;
}

// The name under which a region gives a result that must not be given directly.
static mmd_status_t fresh_name(mmd_onnx_exporter_t *exporter, const char *base,
                               const char **out_name) {
  do {
    *out_name = mmd_arena_printf(&exporter->arena, "%s_result_%zu", base, ++exporter->fresh);
    MMD_TRY_ALLOC(*out_name);
  } while (mmd_graph_find_edge(exporter->graph, *out_name));
  return NULL;
}

static mmd_status_t export_identity(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                    const char *name, mmd_onnx_node_t *out_proto) {
  MMD_ONNX_RESERVE(exporter, out_proto->input, 1);
  MMD_ONNX_RESERVE(exporter, out_proto->output, 1);
  out_proto->input.count = out_proto->output.count = 1;
  out_proto->input.items[0] = mmd_proto_text(edge->name);
  out_proto->output.items[0] = mmd_proto_text(name);
  out_proto->op_type = mmd_proto_text("Identity");
  return NULL;
}

// Names of the results, one by one; an Identity stands behind the nodes where a result is given
// twice, or where an inner graph or function gives what it has not computed. The root keeps the
// names of its interface, so there an input or constant may be a result.
static mmd_status_t name_outputs(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                 bool is_root, mmd_map_t *seen, mmd_onnx_node_t *nodes,
                                 size_t *io_node_count, const char **names) {
  for (size_t i = 0; i < region->output_count; i++) {
    const mmd_edge_t *edge = region->outputs[i];
    bool direct = is_root || (edge->region == region && edge->producer);
    names[i] = edge->name;
    if (direct && !mmd_map_has(seen, edge->name)) {
      MMD_TRY(mmd_map_set(seen, edge->name, (void *)(uintptr_t)edge, NULL));
      continue;
    }
    MMD_TRY(fresh_name(exporter, edge->name, &names[i]));
    MMD_TRY(export_identity(exporter, edge, names[i], &nodes[(*io_node_count)++]));
  }
  return NULL;
}

// Nodes of a region and the names of its outputs.
static mmd_status_t export_body(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                bool is_root, mmd_onnx_node_t *nodes, size_t *io_node_count,
                                const char ***out_names) {
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    MMD_TRY(export_node(exporter, node, &nodes[(*io_node_count)++]));
  }
  const char **names = mmd_arena_alloc_array(&exporter->arena, region->output_count, sizeof *names);
  MMD_TRY_ALLOC(names);
  mmd_map_t *seen = NULL;
  MMD_TRY(mmd_map_create(&seen));
  mmd_status_t status = name_outputs(exporter, region, is_root, seen, nodes, io_node_count, names);
  mmd_map_destroy(seen);
  *out_names = names;
  return status;
}

static mmd_status_t export_constants(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                     mmd_onnx_graph_t *out_proto) {
  size_t count = region->constant_count;
  MMD_ONNX_RESERVE(exporter, out_proto->initializer, count);
  out_proto->initializer.count = count;
  for (size_t i = 0; i < count; i++) {
    const mmd_edge_t *edge = region->constants[i];
    mmd_onnx_tensor_t *proto = &out_proto->initializer.items[i];
    proto->name = mmd_proto_text(edge->name);
    proto->doc_string = mmd_proto_text(edge->doc);
    MMD_TRY(mmd_status_annotate(mmd_onnx_export_tensor(exporter, &edge->constant, proto),
                                "constant '%s'", edge->name));
    MMD_TRY(mmd_onnx_merge_tensor(exporter, edge, proto));
  }
  return NULL;
}

static mmd_status_t export_inputs(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                  bool is_root, mmd_onnx_graph_t *out_proto) {
  size_t constants = is_root && exporter->initializers_as_inputs ? region->constant_count : 0;
  MMD_ONNX_RESERVE(exporter, out_proto->input, region->input_count + constants);
  for (size_t i = 0; i < region->input_count; i++) {
    MMD_TRY(mmd_onnx_export_value_info(exporter, region->inputs[i], region->inputs[i]->name,
                                       &out_proto->input.items[out_proto->input.count++]));
  }
  for (size_t i = 0; i < constants; i++) {
    MMD_TRY(mmd_onnx_export_value_info(exporter, region->constants[i], region->constants[i]->name,
                                       &out_proto->input.items[out_proto->input.count++]));
  }
  return NULL;
}

static bool is_worth_telling(const mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge) {
  if (!edge) return false;
  if (edge->doc || (edge->kept && !exporter->options->drop_unknown)) return true;
  if (edge->type.kind == MMD_TYPE_TENSOR) return edge->type.dtype != MMD_DTYPE_UNDEFINED;
  return edge->type.kind != MMD_TYPE_UNKNOWN;
}

// Outputs tell their type themselves.
static bool is_output_here(const mmd_edge_t *edge) {
  for (const mmd_use_t *use = edge->uses; use; use = use->next) {
    if (use->region == edge->region) return true;
  }
  return false;
}

static mmd_status_t add_value_info(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                   mmd_onnx_value_infos_t *infos) {
  if (!is_worth_telling(exporter, edge)) return NULL;
  return mmd_onnx_export_value_info(exporter, edge, edge->name, &infos->items[infos->count++]);
}

// Of a constant the tensor tells the type; only what a file said about it beside that is told.
static mmd_status_t export_value_infos(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                       mmd_onnx_graph_t *out_proto) {
  if (exporter->options->no_value_info) return NULL;
  const bool constants_are_inputs =
      region == exporter->graph->root && exporter->initializers_as_inputs;
  size_t count = 0;
  for (size_t i = 0; i < region->constant_count; i++) count += region->constants[i]->kept != NULL;
  for (const mmd_node_t *node = region->first; node; node = node->next) count += node->output_count;
  MMD_ONNX_RESERVE(exporter, out_proto->value_info, count);
  for (size_t i = 0; i < region->constant_count; i++) {
    const mmd_edge_t *edge = region->constants[i];
    if (edge->kept && !constants_are_inputs && !exporter->options->drop_unknown)
      MMD_TRY(add_value_info(exporter, edge, &out_proto->value_info));
  }
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; i++) {
      const mmd_edge_t *edge = node->outputs[i];
      if (edge && !is_output_here(edge))
        MMD_TRY(add_value_info(exporter, edge, &out_proto->value_info));
    }
  }
  return NULL;
}

mmd_status_t mmd_onnx_export_region(mmd_onnx_exporter_t *exporter, const mmd_region_t *region,
                                    mmd_onnx_graph_t *out_proto) {
  bool is_root = region == exporter->graph->root;
  out_proto->name = mmd_proto_text(region->name && *region->name ? region->name : "graph");
  out_proto->doc_string = mmd_proto_text(region->doc);
  mmd_onnx_put_unknown(exporter, region->kept, &out_proto->header);
  MMD_TRY(export_constants(exporter, region, out_proto));
  MMD_TRY(export_inputs(exporter, region, is_root, out_proto));
  MMD_TRY(export_value_infos(exporter, region, out_proto));
  MMD_ONNX_RESERVE(exporter, out_proto->node, region->node_count + region->output_count);
  const char **names = NULL;
  MMD_TRY(export_body(exporter, region, is_root, out_proto->node.items, &out_proto->node.count,
                      &names));
  MMD_ONNX_RESERVE(exporter, out_proto->output, region->output_count);
  out_proto->output.count = region->output_count;
  for (size_t i = 0; i < region->output_count; i++) {
    MMD_TRY(mmd_onnx_export_value_info(exporter, region->outputs[i], names[i],
                                       &out_proto->output.items[i]));
  }
  return NULL;
}

// Functions have no initialisers: their constants become Constant nodes.
static mmd_status_t export_constant_node(mmd_onnx_exporter_t *exporter, const mmd_edge_t *edge,
                                         mmd_onnx_node_t *out_proto) {
  MMD_ONNX_RESERVE(exporter, out_proto->output, 1);
  out_proto->output.count = 1;
  out_proto->output.items[0] = mmd_proto_text(edge->name);
  out_proto->op_type = mmd_proto_text("Constant");
  MMD_ONNX_RESERVE(exporter, out_proto->attribute, 1);
  out_proto->attribute.count = 1;
  mmd_attr_t attr = {.name = "value", .kind = MMD_ATTR_TENSOR};
  attr.u.tensor = (mmd_tensor_t *)(uintptr_t)&edge->constant;
  return mmd_onnx_export_attr(exporter, &attr, out_proto->attribute.items);
}

static mmd_status_t export_function_header(mmd_onnx_exporter_t *exporter,
                                           const mmd_function_t *function,
                                           mmd_onnx_function_t *out_proto) {
  out_proto->name = mmd_proto_text(function->name);
  out_proto->domain = mmd_proto_text(function->domain);
  out_proto->overload = text_or_absent(function->overload);
  out_proto->doc_string = mmd_proto_text(function->doc);
  mmd_onnx_put_unknown(exporter, function->kept, &out_proto->header);
  MMD_ONNX_RESERVE(exporter, out_proto->attribute, function->attr_name_count);
  out_proto->attribute.count = function->attr_name_count;
  for (size_t i = 0; i < function->attr_name_count; i++) {
    out_proto->attribute.items[i] = mmd_proto_text(function->attr_names[i]);
  }
  MMD_ONNX_RESERVE(exporter, out_proto->attribute_proto, function->attr_default_count);
  out_proto->attribute_proto.count = function->attr_default_count;
  for (size_t i = 0; i < function->attr_default_count; i++) {
    MMD_TRY(mmd_onnx_export_attr(exporter, &function->attr_defaults[i],
                                 &out_proto->attribute_proto.items[i]));
  }
  MMD_ONNX_RESERVE(exporter, out_proto->opset_import, function->opset_count);
  out_proto->opset_import.count = function->opset_count;
  for (size_t i = 0; i < function->opset_count; i++) {
    mmd_onnx_opset_t *opset = &out_proto->opset_import.items[i];
    opset->domain = mmd_proto_text(function->opsets[i].domain);
    opset->version = function->opsets[i].version;
    opset->header.has = MMD_ONNX_BIT(MMD_ONNX_OPSET_VERSION);
    mmd_onnx_put_unknown(exporter, function->opsets[i].kept, &opset->header);
  }
  return NULL;
}

// A function's inputs and outputs have no types but these.
static mmd_status_t export_function_infos(mmd_onnx_exporter_t *exporter, const mmd_region_t *body,
                                          mmd_onnx_value_infos_t *out_infos) {
  if (exporter->options->no_value_info) return NULL;
  size_t count = body->input_count;
  for (const mmd_node_t *node = body->first; node; node = node->next) count += node->output_count;
  MMD_ONNX_RESERVE(exporter, *out_infos, count);
  for (size_t i = 0; i < body->input_count; i++)
    MMD_TRY(add_value_info(exporter, body->inputs[i], out_infos));
  for (const mmd_node_t *node = body->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; i++)
      MMD_TRY(add_value_info(exporter, node->outputs[i], out_infos));
  }
  return NULL;
}

mmd_status_t mmd_onnx_export_function(mmd_onnx_exporter_t *exporter, const mmd_function_t *function,
                                      mmd_onnx_function_t *out_proto) {
  const mmd_region_t *body = function->body;
  MMD_TRY(export_function_header(exporter, function, out_proto));
  MMD_TRY(export_names(exporter, body->input_count, body->inputs, &out_proto->input));
  MMD_TRY(export_function_infos(exporter, body, &out_proto->value_info));
  MMD_ONNX_RESERVE(exporter, out_proto->node,
                   body->constant_count + body->node_count + body->output_count);
  for (size_t i = 0; i < body->constant_count; i++) {
    MMD_TRY(export_constant_node(exporter, body->constants[i],
                                 &out_proto->node.items[out_proto->node.count++]));
  }
  const char **names = NULL;
  MMD_TRY(
      export_body(exporter, body, false, out_proto->node.items, &out_proto->node.count, &names));
  MMD_ONNX_RESERVE(exporter, out_proto->output, body->output_count);
  out_proto->output.count = body->output_count;
  for (size_t i = 0; i < body->output_count; i++) {
    out_proto->output.items[i] = mmd_proto_text(names[i]);
  }
  return NULL;
}
