// SPDX-License-Identifier: Apache-2.0
#include "frontends/onnx/import.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "frontends/onnx/internal.h"
#include "graph/verify.h"

// Sanity bounds: far above what exists, so that new versions are read and damage is found.
enum { MAX_IR_VERSION = 100, MAX_OPSET = 1000 };
// Limits against files that are made to be slow.
enum { MAX_OPSET_IMPORTS = 1000, MAX_PROPERTIES = 10000 };

static mmd_status_t check_model(const mmd_onnx_model_t *model) {
  if (!model->graph) return MMD_ERROR(MMD_CORRUPT, "not an ONNX model: there is no graph in it");
  if (model->ir_version < 1 || model->ir_version > MAX_IR_VERSION) {
    return MMD_ERROR(MMD_CORRUPT, "ir_version %lld, expected 1 to %d", (long long)model->ir_version,
                     MAX_IR_VERSION);
  }
  if (model->opset_import.count == 0 && model->ir_version >= 3) {
    return MMD_ERROR(MMD_CORRUPT, "the model imports no opset");
  }
  if (model->opset_import.count > MAX_OPSET_IMPORTS) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu opset imports, at most %d are read",
                     model->opset_import.count, MAX_OPSET_IMPORTS);
  }
  if (model->metadata_props.count > MAX_PROPERTIES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "%zu metadata entries, at most %d are read",
                     model->metadata_props.count, MAX_PROPERTIES);
  }
  return NULL;
}

static mmd_status_t import_opset(mmd_onnx_importer_t *importer, const mmd_onnx_opset_t *proto) {
  const char *domain;
  MMD_TRY(mmd_onnx_text(importer, proto->domain, &domain));
  if (proto->version < 1 || proto->version > MAX_OPSET) {
    return MMD_ERROR(MMD_CORRUPT, "opset %lld of domain '%s', expected 1 to %d",
                     (long long)proto->version, domain, MAX_OPSET);
  }
  int64_t earlier = mmd_graph_opset(importer->graph, domain);
  if (earlier != 0 && earlier != proto->version) {
    return MMD_ERROR(MMD_CORRUPT, "domain '%s' is imported with opset %lld and %lld", domain,
                     (long long)earlier, (long long)proto->version);
  }
  MMD_TRY(mmd_graph_set_opset(importer->graph, domain, proto->version));
  if (earlier != 0) return NULL;
  return mmd_onnx_keep_bytes(importer, proto->header.unknown,
                             &importer->graph->opsets[importer->graph->opset_count - 1].kept);
}

static mmd_status_t import_property(mmd_onnx_importer_t *importer, const mmd_onnx_entry_t *proto) {
  mmd_graph_t *graph = importer->graph;
  const size_t earlier = graph->property_count;
  const char *key, *value;
  MMD_TRY(mmd_onnx_text(importer, proto->key, &key));
  MMD_TRY(mmd_onnx_text(importer, proto->value, &value));
  MMD_TRY(mmd_graph_set_property(graph, key, value));
  if (graph->property_count == earlier) return NULL;
  return mmd_onnx_keep_bytes(importer, proto->header.unknown, &graph->properties[earlier].kept);
}

static mmd_status_t import_header(mmd_onnx_importer_t *importer, const mmd_onnx_model_t *model) {
  mmd_graph_t *graph = importer->graph;
  graph->ir_version = model->ir_version;
  graph->model_version = model->model_version;
  MMD_TRY(mmd_onnx_keep_text(importer, model->producer_name, &graph->producer_name));
  MMD_TRY(mmd_onnx_keep_text(importer, model->producer_version, &graph->producer_version));
  MMD_TRY(mmd_onnx_keep_text(importer, model->domain, &graph->model_domain));
  MMD_TRY(mmd_onnx_keep_text(importer, model->doc_string, &graph->doc));
  MMD_TRY(mmd_onnx_keep_bytes(importer, model->header.unknown, &graph->kept));
  for (size_t i = 0; i < model->opset_import.count; i++) {
    MMD_TRY(import_opset(importer, &model->opset_import.items[i]));
  }
  // Before IR 3 a file names no opset and means the first.
  if (model->opset_import.count == 0) MMD_TRY(mmd_graph_set_opset(graph, MMD_DOMAIN_ONNX, 1));
  for (size_t i = 0; i < model->metadata_props.count; i++) {
    MMD_TRY(import_property(importer, &model->metadata_props.items[i]));
  }
  return NULL;
}

// What parsing has left is for the graph and for scratch, half of it each.
static void share_memory(mmd_onnx_importer_t *importer) {
  mmd_arena_t *scratch = &importer->arena, *graph = &importer->graph->arena;
  if (scratch->limit_bytes == 0) return;
  const size_t half = (scratch->limit_bytes - scratch->used_bytes) / 2;
  scratch->limit_bytes = scratch->used_bytes + half;
  graph->limit_bytes = half > graph->used_bytes ? half : graph->used_bytes;
}

static mmd_status_t import_model(mmd_onnx_importer_t *importer, const mmd_onnx_model_t *model) {
  const char *name;
  MMD_TRY(check_model(model));
  MMD_TRY(mmd_onnx_text(importer, model->graph->name, &name));
  MMD_TRY(mmd_graph_create(name, &importer->graph));
  share_memory(importer);
  MMD_TRY(import_header(importer, model));
  MMD_TRY(mmd_onnx_import_region(importer, NULL, model->graph, importer->graph->root));
  for (size_t i = 0; i < model->functions.count; i++) {
    MMD_TRY(mmd_onnx_import_function(importer, &model->functions.items[i]));
  }
  return importer->unsorted ? mmd_graph_sort(importer->graph) : NULL;
}

static mmd_status_t parse_and_import(mmd_onnx_importer_t *importer, mmd_graph_t **out_graph) {
  mmd_onnx_model_t *model = NULL;
  const mmd_storage_t *storage = importer->source.storage;
  MMD_TRY(mmd_onnx_model_parse(mmd_storage_data(storage), mmd_storage_size(storage),
                               &importer->arena, &model));
  mmd_status_t status = import_model(importer, model);
  if (status) {
    if (importer->graph && importer->graph->arena.is_over_limit)
      importer->arena.is_over_limit = true;
    mmd_graph_destroy(importer->graph);
    return status;
  }
  importer->graph->arena.limit_bytes = 0;  // what is made of it later is none of the file's
  *out_graph = importer->graph;
  return NULL;
}

static mmd_status_t check_size(const mmd_storage_t *storage,
                               const mmd_onnx_import_options_t *options) {
  const uint64_t limit = options ? options->file_limit : 0;
  if (limit == 0 || mmd_storage_size(storage) <= limit) return NULL;
  return MMD_ERROR(MMD_OUT_OF_RANGE, "the file has %zu bytes, the limit is %llu",
                   mmd_storage_size(storage), (unsigned long long)limit);
}

static mmd_status_t name_limit(const mmd_onnx_importer_t *importer, size_t limit,
                               mmd_status_t status) {
  if (!status || !importer->arena.is_over_limit) return status;
  mmd_status_free(status);
  return MMD_ERROR(MMD_OUT_OF_MEMORY, "what is in the file takes more than %zu bytes, the limit",
                   limit);
}

static mmd_status_t import_from(mmd_onnx_source_t source, const char *name,
                                const mmd_onnx_import_options_t *options, mmd_graph_t **out_graph) {
  mmd_onnx_importer_t importer = {.source = source};
  mmd_arena_init(&importer.arena);
  if (options) {
    importer.arena.limit_bytes = options->memory_limit;
    importer.source.dense_limit = options->dense_limit;
    importer.count_limit = options->count_limit;
    importer.nesting_limit = options->nesting_limit;
    if (options->report) importer.missing = options->report->missing;
  }
  mmd_status_t status = check_size(source.storage, options);
  if (!status) status = parse_and_import(&importer, out_graph);
  if (options) status = name_limit(&importer, options->memory_limit, status);
  if (options && options->report) {
    options->report->external_bytes = mmd_onnx_source_external_bytes(&importer.source);
  }
  mmd_onnx_source_deinit(&importer.source);
  mmd_arena_deinit(&importer.arena);
  return mmd_status_annotate(status, "%s", name);
}

mmd_status_t mmd_onnx_import_storage(mmd_storage_t *storage, const char *name,
                                     const char *directory,
                                     const mmd_onnx_import_options_t *options,
                                     mmd_graph_t **out_graph) {
  const mmd_onnx_source_t source = {.storage = storage, .directory = directory};
  return import_from(source, name, options, out_graph);
}

mmd_status_t mmd_onnx_import(const char *path, const mmd_onnx_import_options_t *options,
                             mmd_graph_t **out_graph) {
  mmd_storage_t *storage = NULL;
  MMD_TRY(mmd_storage_map_file(path, &storage));
  char *directory = mmd_path_directory(path);
  mmd_status_t status = directory ? NULL : mmd_status_no_memory();
  const mmd_onnx_source_t source = {.storage = storage, .directory = directory, .path = path};
  if (!status) status = import_from(source, path, options, out_graph);
  mmd_free(directory);
  mmd_storage_release(storage);
  return status;
}
