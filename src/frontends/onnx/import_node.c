// SPDX-License-Identifier: Apache-2.0
//
// Graphs of the file to regions. Nodes may stand in any order, so all are made before any is
// connected.
#include <string.h>

#include "frontends/onnx/internal.h"

// As many as messages can nest (MMD_PROTO_MAX_DEPTH).
enum { MAX_GRAPH_DEPTH = 64 };
// Files of external data that are named when they are missing.
enum { MAX_MISSING = 100 };

mmd_status_t mmd_onnx_text(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                           const char **out_text) {
  *out_text = "";
  if (bytes.size == 0) return NULL;
  if (memchr(bytes.data, 0, bytes.size)) {
    return MMD_ERROR(MMD_CORRUPT, "a text with a zero byte in it");
  }
  *out_text = mmd_arena_strndup(&importer->arena, (const char *)bytes.data, bytes.size);
  MMD_TRY_ALLOC(*out_text);
  return NULL;
}

mmd_status_t mmd_onnx_keep_text(mmd_onnx_importer_t *importer, mmd_proto_bytes_t bytes,
                                const char **out_text) {
  if (!bytes.data) return NULL;
  const char *text =
      mmd_arena_strndup(&importer->graph->arena, (const char *)bytes.data, bytes.size);
  MMD_TRY_ALLOC(text);
  *out_text = text;
  return NULL;
}

static const mmd_onnx_definition_t *find_here(const mmd_onnx_scope_t *scope,
                                              mmd_proto_bytes_t name) {
  return mmd_map_get_n(scope->names, (const char *)name.data, name.size);
}

mmd_status_t mmd_onnx_scope_define(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   const char *name, mmd_edge_t *edge, bool always, size_t node) {
  if (mmd_map_has(scope->names, name)) {
    return MMD_ERROR(MMD_CORRUPT, "'%s' is defined twice", name);
  }
  mmd_onnx_definition_t *definition = mmd_arena_alloc(&importer->arena, sizeof *definition);
  MMD_TRY_ALLOC(definition);
  *definition = (mmd_onnx_definition_t){edge, node, always};
  return mmd_map_set(scope->names, name, definition, NULL);
}

// The nearest definition; one that comes later asks for sorting.
static mmd_status_t resolve(mmd_onnx_importer_t *importer, const mmd_onnx_scope_t *scope,
                            mmd_proto_bytes_t name, mmd_edge_t **out_edge) {
  for (; scope; scope = scope->parent) {
    const mmd_onnx_definition_t *definition = find_here(scope, name);
    if (!definition) continue;
    if (!definition->always && definition->node >= scope->current) importer->unsorted = true;
    *out_edge = definition->edge;
    return NULL;
  }
  return MMD_ERROR(MMD_CORRUPT, "'%.*s' is defined nowhere",
                   (int)(name.size > 200 ? 200 : name.size), (const char *)name.data);
}

static mmd_status_t create_node(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                const mmd_onnx_node_t *proto, size_t index) {
  const char *domain, *op, *name, *overload;
  MMD_TRY(mmd_onnx_text(importer, proto->domain, &domain));
  MMD_TRY(mmd_onnx_text(importer, proto->op_type, &op));
  MMD_TRY(mmd_onnx_text(importer, proto->name, &name));
  if (!*op) return MMD_ERROR(MMD_CORRUPT, "the node has no operator");
  size_t count = proto->output.count;
  const char **outputs = mmd_arena_alloc_array(&importer->arena, count, sizeof *outputs);
  MMD_TRY_ALLOC(outputs);
  for (size_t i = 0; i < count; i++) {
    MMD_TRY(mmd_onnx_text(importer, proto->output.items[i], &outputs[i]));
  }
  mmd_node_t *node = NULL;
  MMD_TRY(mmd_node_create_named(scope->region, NULL, domain, op, name, proto->input.count, NULL,
                                count, outputs, &node));
  for (size_t i = 0; i < count; i++) {
    if (!node->outputs[i]) continue;
    MMD_TRY(mmd_onnx_scope_define(importer, scope, outputs[i], node->outputs[i], false, index));
  }
  MMD_TRY(mmd_onnx_text(importer, proto->overload, &overload));
  if (*overload) MMD_TRY(mmd_onnx_keep_text(importer, proto->overload, &node->overload));
  return mmd_onnx_keep_text(importer, proto->doc_string, &node->doc);
}

static void use_function_opset(const mmd_function_t *function, mmd_node_t *node) {
  node->version = 0;
  for (size_t i = 0; i < function->opset_count; i++) {
    if (strcmp(function->opsets[i].domain, node->domain) == 0) {
      node->version = function->opsets[i].version;
    }
  }
}

static mmd_status_t annotate_node(mmd_status_t status, const mmd_onnx_node_t *proto, size_t index) {
  mmd_proto_bytes_t label = proto->name.size > 0 ? proto->name : proto->op_type;
  int size = label.size > 200 ? 200 : (int)label.size;
  return mmd_status_annotate(status, "node %zu '%.*s'", index, size,
                             label.data ? (const char *)label.data : "");
}

mmd_status_t mmd_onnx_create_nodes(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                   size_t count, const mmd_onnx_node_t *protos) {
  for (size_t i = 0; i < count; i++) {
    MMD_TRY(annotate_node(create_node(importer, scope, &protos[i], i), &protos[i], i));
    if (scope->function) use_function_opset(scope->function, scope->region->last);
  }
  return NULL;
}

static mmd_status_t connect_node(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                 const mmd_onnx_node_t *proto, mmd_node_t *node) {
  for (size_t i = 0; i < proto->input.count; i++) {
    if (proto->input.items[i].size == 0) continue;
    mmd_edge_t *edge = NULL;
    mmd_status_t status = resolve(importer, scope, proto->input.items[i], &edge);
    MMD_TRY(mmd_status_annotate(status, "input %zu", i));
    MMD_TRY(mmd_node_set_input(node, i, edge));
  }
  return mmd_onnx_import_attrs(importer, scope, proto, node);
}

mmd_status_t mmd_onnx_connect_nodes(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                    size_t count, const mmd_onnx_node_t *protos) {
  mmd_node_t *node = scope->region->first;
  for (size_t i = 0; i < count; i++, node = node->next) {
    scope->current = i;
    MMD_TRY(annotate_node(connect_node(importer, scope, &protos[i], node), &protos[i], i));
  }
  scope->current = count;
  return NULL;
}

mmd_status_t mmd_onnx_add_outputs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                  mmd_proto_bytes_t name) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_status_annotate(resolve(importer, scope, name, &edge), "output"));
  return mmd_region_add_output(scope->region, edge);
}

mmd_status_t mmd_onnx_import_value_infos(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                         size_t count, const mmd_onnx_value_info_t *infos) {
  for (size_t i = 0; i < count; i++) {
    const mmd_onnx_definition_t *definition = find_here(scope, infos[i].name);
    if (!definition) continue;
    mmd_edge_t *edge = definition->edge;
    if (!edge->doc) MMD_TRY(mmd_onnx_keep_text(importer, infos[i].doc_string, &edge->doc));
    MMD_TRY(mmd_onnx_keep_value_info(importer, &infos[i], edge));
    if (!infos[i].type || edge->is_constant) continue;
    mmd_type_t type;
    mmd_status_t status = mmd_onnx_import_type(importer, infos[i].type, &type);
    MMD_TRY(mmd_status_annotate(status, "value '%s'", edge->name));
    if (type.kind != MMD_TYPE_UNKNOWN) MMD_TRY(mmd_edge_set_type(edge, &type));
  }
  return NULL;
}

static mmd_status_t add_constant(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                 const char *name, const mmd_onnx_tensor_t *proto,
                                 mmd_tensor_t *tensor) {
  mmd_edge_t *edge = NULL;
  MMD_TRY(mmd_region_add_constant(scope->region, name, tensor, &edge));
  MMD_TRY(mmd_onnx_keep_tensor(importer, proto, edge));
  return mmd_onnx_scope_define(importer, scope, name, edge, true, 0);
}

static mmd_status_t note_missing(mmd_onnx_importer_t *importer, const mmd_onnx_tensor_t *proto) {
  const char *file;
  MMD_TRY(mmd_onnx_text(importer, mmd_onnx_tensor_location(proto), &file));
  if (mmd_array_size(importer->missing) >= MAX_MISSING) return NULL;
  for (size_t i = 0; i < mmd_array_size(importer->missing); i++) {
    if (strcmp(mmd_value_get_string(mmd_array_at(importer->missing, i), ""), file) == 0)
      return NULL;
  }
  return mmd_array_take(importer->missing, mmd_value_string(file));
}

// Weights whose file is not there have shape and type: they are an input, of the root at that.
static mmd_status_t add_missing(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                const char *name, const mmd_onnx_tensor_t *proto) {
  mmd_edge_t *edge = NULL;
  const mmd_type_t type = mmd_type_tensor(importer->graph, (mmd_dtype_t)proto->data_type,
                                          (int)proto->dims.count, proto->dims.items);
  if (type.kind != MMD_TYPE_TENSOR) return mmd_status_no_memory();
  MMD_TRY(note_missing(importer, proto));
  MMD_TRY(mmd_region_add_input(importer->graph->root, name, &type, &edge));
  return mmd_onnx_scope_define(importer, scope, name, edge, true, 0);
}

static bool is_missing(const mmd_onnx_importer_t *importer, const mmd_onnx_tensor_t *proto,
                       mmd_status_t status) {
  return importer->missing && mmd_status_code(status) == MMD_NOT_FOUND &&
         mmd_onnx_tensor_location(proto).size > 0;
}

static mmd_status_t import_constant(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                    const mmd_onnx_tensor_t *proto,
                                    const mmd_onnx_sparse_tensor_t *sparse) {
  const char *name;
  MMD_TRY(mmd_onnx_text(importer, proto->name, &name));
  if (!*name) return MMD_ERROR(MMD_CORRUPT, "an initializer without a name");
  mmd_tensor_t tensor = {0};
  mmd_status_t status = sparse ? mmd_onnx_sparse_make(sparse, &importer->source, &tensor)
                               : mmd_onnx_tensor_make(proto, &importer->source, &tensor);
  if (!status) {
    status = add_constant(importer, scope, name, proto, &tensor);
  } else if (!sparse && is_missing(importer, proto, status)) {
    mmd_status_free(status);
    status = add_missing(importer, scope, name, proto);
  }
  mmd_tensor_deinit(&tensor);
  return mmd_status_annotate(status, "initializer '%s'", name);
}

static mmd_status_t import_constants(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                     const mmd_onnx_graph_t *proto) {
  for (size_t i = 0; i < proto->initializer.count; i++) {
    MMD_TRY(import_constant(importer, scope, &proto->initializer.items[i], NULL));
  }
  for (size_t i = 0; i < proto->sparse_initializer.count; i++) {
    const mmd_onnx_sparse_tensor_t *sparse = &proto->sparse_initializer.items[i];
    if (!sparse->values) {
      return MMD_ERROR(MMD_CORRUPT, "sparse_initializer %zu has no values", i);
    }
    MMD_TRY(import_constant(importer, scope, sparse->values, sparse));
  }
  return NULL;
}

// Of the root, an input with an initialiser is the initialiser.
static mmd_status_t import_inputs(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                  const mmd_onnx_graph_t *proto) {
  for (size_t i = 0; i < proto->input.count; i++) {
    const mmd_onnx_definition_t *definition = find_here(scope, proto->input.items[i].name);
    const bool is_weight = definition && (definition->edge->is_constant || importer->missing);
    if (is_weight && !scope->parent) continue;
    const char *name;
    MMD_TRY(mmd_onnx_text(importer, proto->input.items[i].name, &name));
    if (!*name) return MMD_ERROR(MMD_CORRUPT, "input %zu has no name", i);
    mmd_edge_t *edge = NULL;
    MMD_TRY(mmd_region_add_input(scope->region, name, NULL, &edge));
    MMD_TRY(mmd_onnx_scope_define(importer, scope, name, edge, true, 0));
  }
  return NULL;
}

static mmd_status_t fill_region(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *scope,
                                const mmd_onnx_graph_t *proto) {
  MMD_TRY(mmd_onnx_keep_text(importer, proto->doc_string, &scope->region->doc));
  MMD_TRY(mmd_onnx_keep_bytes(importer, proto->header.unknown, &scope->region->kept));
  MMD_TRY(import_constants(importer, scope, proto));
  MMD_TRY(import_inputs(importer, scope, proto));
  MMD_TRY(mmd_onnx_create_nodes(importer, scope, proto->node.count, proto->node.items));
  MMD_TRY(mmd_onnx_import_value_infos(importer, scope, proto->value_info.count,
                                      proto->value_info.items));
  MMD_TRY(mmd_onnx_import_value_infos(importer, scope, proto->input.count, proto->input.items));
  MMD_TRY(mmd_onnx_import_value_infos(importer, scope, proto->output.count, proto->output.items));
  MMD_TRY(mmd_onnx_connect_nodes(importer, scope, proto->node.count, proto->node.items));
  for (size_t i = 0; i < proto->output.count; i++) {
    MMD_TRY(mmd_onnx_add_outputs(importer, scope, proto->output.items[i].name));
  }
  return NULL;
}

// Ends the import, so that |depth| need not be right after an error.
static mmd_status_t count_graph(mmd_onnx_importer_t *importer, const mmd_onnx_graph_t *proto) {
  const int deepest = importer->nesting_limit > 0 ? importer->nesting_limit : MAX_GRAPH_DEPTH;
  importer->count += proto->node.count + proto->initializer.count + proto->sparse_initializer.count;
  if (importer->count_limit && importer->count > importer->count_limit) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "more than %llu weights and nodes",
                     (unsigned long long)importer->count_limit);
  }
  if (++importer->depth <= deepest) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "graphs are nested more than %d deep", deepest);
}

mmd_status_t mmd_onnx_import_region(mmd_onnx_importer_t *importer, mmd_onnx_scope_t *parent,
                                    const mmd_onnx_graph_t *proto, mmd_region_t *region) {
  mmd_onnx_scope_t scope = {.parent = parent, .region = region};
  if (parent) scope.function = parent->function;
  MMD_TRY(count_graph(importer, proto));
  MMD_TRY(mmd_map_create(&scope.names));
  mmd_status_t status = fill_region(importer, &scope, proto);
  mmd_map_destroy(scope.names);
  --importer->depth;
  return status;
}
