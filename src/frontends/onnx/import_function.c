// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "frontends/onnx/internal.h"

// Limits against files that are made to be slow.
enum { MAX_OPSET_IMPORTS = 1000, MAX_ATTRIBUTES = 4096 };

static mmd_status_t import_opsets(mmd_onnx_importer_t *importer, const mmd_onnx_function_t *proto,
                                  mmd_function_t *function) {
  size_t count = proto->opset_import.count;
  if (count > MAX_OPSET_IMPORTS || proto->attribute_proto.count > MAX_ATTRIBUTES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu opset imports and %zu attributes, at most %d and %d",
                     count, proto->attribute_proto.count, MAX_OPSET_IMPORTS, MAX_ATTRIBUTES);
  }
  mmd_opset_t *opsets = mmd_arena_alloc_array(&importer->graph->arena, count, sizeof *opsets);
  MMD_TRY_ALLOC(opsets);
  for (size_t i = 0; i < count; i++) {
    const mmd_onnx_opset_t *opset = &proto->opset_import.items[i];
    opsets[i].domain = "";
    opsets[i].version = opset->version;
    if (!mmd_proto_bytes_equal(opset->domain, "ai.onnx")) {
      MMD_TRY(mmd_onnx_keep_text(importer, opset->domain, &opsets[i].domain));
    }
    MMD_TRY(mmd_onnx_keep_bytes(importer, opset->header.unknown, &opsets[i].kept));
  }
  function->opsets = opsets;
  function->opset_count = count;
  return NULL;
}

static mmd_status_t import_attr_names(mmd_onnx_importer_t *importer,
                                      const mmd_onnx_function_t *proto, mmd_function_t *function) {
  size_t count = proto->attribute.count;
  const char **names = mmd_arena_alloc_array(&importer->graph->arena, count, sizeof *names);
  MMD_TRY_ALLOC(names);
  for (size_t i = 0; i < count; i++) {
    names[i] = "";
    MMD_TRY(mmd_onnx_keep_text(importer, proto->attribute.items[i], &names[i]));
    if (!*names[i]) return MMD_ERROR(MMD_CORRUPT, "attribute %zu has no name", i);
  }
  function->attr_names = names;
  function->attr_name_count = count;
  return NULL;
}

// The setters of nodes copy attributes into the graph, so a node without a place lends itself.
static mmd_status_t import_defaults(mmd_onnx_importer_t *importer, const mmd_onnx_function_t *proto,
                                    mmd_function_t *function) {
  size_t count = proto->attribute_proto.count;
  if (count == 0) return NULL;
  mmd_node_t *holder = mmd_arena_alloc(&importer->graph->arena, sizeof *holder);
  MMD_TRY_ALLOC(holder);
  holder->region = function->body;
  holder->name = holder->op = holder->domain = "";
  for (size_t i = 0; i < count; i++) {
    const mmd_onnx_attr_t *default_proto = &proto->attribute_proto.items[i];
    mmd_attr_t attr = {0};
    int64_t type = 0;
    MMD_TRY(mmd_onnx_text(importer, default_proto->name, &attr.name));
    if (!*attr.name) return MMD_ERROR(MMD_CORRUPT, "default %zu has no name", i);
    if (mmd_node_attr(holder, attr.name))
      return MMD_ERROR(MMD_CORRUPT, "attribute '%s': has two defaults", attr.name);
    mmd_status_t status = mmd_onnx_attr_type(default_proto, &type);
    if (!status) status = mmd_onnx_import_plain_attr(importer, default_proto, type, &attr);
    if (!status) status = mmd_onnx_keep_attr(importer, default_proto, &attr);
    if (!status) status = mmd_node_set_attr(holder, &attr);
    mmd_onnx_attr_release(&attr);
    function->attr_defaults = holder->attrs;
    function->attr_default_count = holder->attr_count;
    MMD_TRY(mmd_status_annotate(status, "attribute '%s'", attr.name));
  }
  return NULL;
}

static mmd_status_t fill_body(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                              const mmd_onnx_function_t *proto) {
  for (size_t i = 0; i < proto->input.count; i++) {
    const char *name;
    MMD_TRY(mmd_onnx_text(importer, proto->input.items[i], &name));
    if (!*name) return MMD_ERROR(MMD_CORRUPT, "input %zu has no name", i);
    mmd_edge_t *edge = NULL;
    MMD_TRY(mmd_region_add_input(scope->region, name, NULL, &edge));
    MMD_TRY(mmd_onnx_scope_define(importer, scope, name, edge, true, 0));
  }
  MMD_TRY(mmd_onnx_create_nodes(importer, scope, proto->node.count, proto->node.items));
  MMD_TRY(mmd_onnx_import_value_infos(importer, scope, proto->value_info.count,
                                      proto->value_info.items));
  MMD_TRY(mmd_onnx_connect_nodes(importer, scope, proto->node.count, proto->node.items));
  for (size_t i = 0; i < proto->output.count; i++) {
    MMD_TRY(mmd_onnx_add_outputs(importer, scope, proto->output.items[i]));
  }
  return NULL;
}

static mmd_status_t import_body(mmd_onnx_importer_t *importer, const mmd_onnx_function_t *proto,
                                mmd_function_t *function) {
  mmd_onnx_scope_t scope = {.region = function->body, .function = function};
  MMD_TRY(mmd_map_create(&scope.names));
  mmd_status_t status = fill_body(importer, &scope, proto);
  mmd_map_destroy(scope.names);
  return status;
}

mmd_status_t mmd_onnx_import_function(mmd_onnx_importer_t *importer,
                                      const mmd_onnx_function_t *proto) {
  const char *domain, *name;
  MMD_TRY(mmd_onnx_text(importer, proto->domain, &domain));
  MMD_TRY(mmd_onnx_text(importer, proto->name, &name));
  mmd_function_t *function = NULL;
  MMD_TRY(mmd_graph_add_function(importer->graph, domain, name, &function));
  MMD_TRY(mmd_onnx_keep_text(importer, proto->overload, &function->overload));
  MMD_TRY(mmd_onnx_keep_text(importer, proto->doc_string, &function->doc));
  MMD_TRY(mmd_onnx_keep_bytes(importer, proto->header.unknown, &function->kept));
  mmd_status_t status = import_opsets(importer, proto, function);
  if (!status) status = import_attr_names(importer, proto, function);
  if (!status) status = import_defaults(importer, proto, function);
  if (!status) status = import_body(importer, proto, function);
  return mmd_status_annotate(status, "function '%s'", name);
}
