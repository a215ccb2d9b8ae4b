// SPDX-License-Identifier: Apache-2.0
#include "writers/onnx/export.h"

#include <string.h>

#include "base/alloc.h"
#include "writers/onnx/internal.h"

#define EXTERNAL_THRESHOLD ((uint64_t)1500 * 1000 * 1000)

static const mmd_onnx_export_options_t default_options;

// IR versions by the release of ONNX that brought the opset.
int64_t mmd_onnx_ir_version_of(int64_t opset) {
  static const uint8_t versions[] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 4,  5, 6,
                                     7, 7, 7, 8, 8, 8, 8, 9, 9, 10, 10};
  int64_t last = (int64_t)sizeof versions - 1;
  if (opset < 0) return versions[0];
  return versions[opset > last ? last : opset];
}

static int64_t first_ir_version(const mmd_graph_t *graph,
                                const mmd_onnx_export_options_t *options) {
  int64_t version = options->ir_version > 0 ? options->ir_version : graph->ir_version;
  if (version <= 0) version = mmd_onnx_ir_version_of(mmd_graph_opset(graph, MMD_DOMAIN_ONNX));
  int64_t needed = graph->function_count > 0 ? 8 : 1;
  for (size_t i = 0; i < graph->function_count; i++) {
    if (*graph->functions[i]->overload) needed = 10;
  }
  return version < needed ? needed : version;
}

static void count_region(const mmd_region_t *region, uint64_t *io_bytes);

static void count_nested(const mmd_node_t *node, uint64_t *io_bytes) {
  for (size_t i = 0; i < node->attr_count; i++) {
    const mmd_attr_t *attr = &node->attrs[i];
    if (attr->kind == MMD_ATTR_REGION) count_region(attr->u.region, io_bytes);
    for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; j++) {
      count_region(attr->u.regions[j], io_bytes);
    }
  }
}

static void count_region(const mmd_region_t *region, uint64_t *io_bytes) {
  for (size_t i = 0; i < region->constant_count; i++) {
    *io_bytes += mmd_tensor_byte_size(&region->constants[i]->constant);
  }
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    count_nested(node, io_bytes);
  }
}

static bool needs_external(const mmd_graph_t *graph, const mmd_onnx_export_options_t *options) {
  uint64_t bytes = 0;
  count_region(graph->root, &bytes);
  uint64_t limit =
      options->external_threshold > 0 ? options->external_threshold : EXTERNAL_THRESHOLD;
  return bytes > limit;
}

// Domains that a node has but the graph does not import.
static mmd_status_t collect_domains(const mmd_graph_t *graph, const mmd_region_t *region,
                                    mmd_map_t *domains) {
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    if (mmd_graph_opset(graph, node->domain) == 0 && !mmd_map_has(domains, node->domain)) {
      int64_t version = node->version > 0 ? node->version : 1;
      MMD_TRY(mmd_map_set(domains, node->domain, (void *)(uintptr_t)version, NULL));
    }
    for (size_t i = 0; i < node->attr_count; i++) {
      const mmd_attr_t *attr = &node->attrs[i];
      if (attr->kind == MMD_ATTR_REGION) {
        MMD_TRY(collect_domains(graph, attr->u.region, domains));
      }
      for (size_t j = 0; attr->kind == MMD_ATTR_REGIONS && j < attr->count; j++) {
        MMD_TRY(collect_domains(graph, attr->u.regions[j], domains));
      }
    }
  }
  return NULL;
}

static mmd_status_t add_opset(mmd_onnx_exporter_t *exporter, const char *domain, int64_t version,
                              const mmd_kept_t *kept, mmd_onnx_model_t *model) {
  mmd_onnx_opset_t *opset = &model->opset_import.items[model->opset_import.count++];
  const char *copy = mmd_arena_strdup(&exporter->arena, domain);
  MMD_TRY_ALLOC(copy);
  opset->domain = mmd_proto_text(copy);
  opset->version = version;
  opset->header.has = MMD_ONNX_BIT(MMD_ONNX_OPSET_VERSION);
  mmd_onnx_put_unknown(exporter, kept, &opset->header);
  return NULL;
}

static mmd_status_t add_opsets(mmd_onnx_exporter_t *exporter, const mmd_map_t *missing,
                               mmd_onnx_model_t *model) {
  const mmd_graph_t *graph = exporter->graph;
  MMD_ONNX_RESERVE(exporter, model->opset_import, graph->opset_count + mmd_map_size(missing));
  for (size_t i = 0; i < graph->opset_count; i++) {
    const mmd_opset_t *opset = &graph->opsets[i];
    MMD_TRY(add_opset(exporter, opset->domain, opset->version, opset->kept, model));
  }
  for (size_t i = 0; i < mmd_map_size(missing); i++) {
    mmd_map_entry_t entry = mmd_map_at(missing, i);
    MMD_TRY(add_opset(exporter, entry.key, (int64_t)(uintptr_t)entry.value, NULL, model));
  }
  return NULL;
}

static mmd_status_t export_opsets(mmd_onnx_exporter_t *exporter, mmd_onnx_model_t *model) {
  mmd_map_t *missing = NULL;
  MMD_TRY(mmd_map_create(&missing));
  mmd_status_t status = collect_domains(exporter->graph, exporter->graph->root, missing);
  if (!status) status = add_opsets(exporter, missing, model);
  mmd_map_destroy(missing);
  return status;
}

static mmd_status_t export_properties(mmd_onnx_exporter_t *exporter, mmd_onnx_model_t *model) {
  const mmd_graph_t *graph = exporter->graph;
  MMD_ONNX_RESERVE(exporter, model->metadata_props, graph->property_count);
  model->metadata_props.count = graph->property_count;
  for (size_t i = 0; i < graph->property_count; i++) {
    mmd_onnx_entry_t *entry = &model->metadata_props.items[i];
    entry->key = mmd_proto_text(graph->properties[i].key);
    entry->value = mmd_proto_text(graph->properties[i].value);
    mmd_onnx_put_unknown(exporter, graph->properties[i].kept, &entry->header);
  }
  return NULL;
}

static mmd_proto_bytes_t producer_text(const char *asked, const char *own) {
  const char *text = asked ? asked : own;
  return mmd_proto_text(text && *text ? text : NULL);
}

static mmd_status_t build_model(mmd_onnx_exporter_t *exporter, mmd_onnx_model_t *model) {
  const mmd_graph_t *graph = exporter->graph;
  exporter->ir_version = first_ir_version(graph, exporter->options);
  exporter->initializers_as_inputs =
      exporter->options->keep_initializers_as_inputs || exporter->ir_version < 4;
  model->producer_name = producer_text(exporter->options->producer_name, graph->producer_name);
  model->producer_version =
      producer_text(exporter->options->producer_version, graph->producer_version);
  model->domain = producer_text(NULL, graph->model_domain);
  model->doc_string = mmd_proto_text(graph->doc);
  model->model_version = graph->model_version;
  if (graph->model_version != 0) model->header.has |= MMD_ONNX_BIT(MMD_ONNX_MODEL_VERSION);
  model->graph = mmd_arena_alloc(&exporter->arena, sizeof *model->graph);
  MMD_TRY_ALLOC(model->graph);
  MMD_TRY(export_opsets(exporter, model));
  MMD_TRY(export_properties(exporter, model));
  MMD_TRY(mmd_onnx_export_region(exporter, graph->root, model->graph));
  MMD_ONNX_RESERVE(exporter, model->functions, graph->function_count);
  model->functions.count = graph->function_count;
  for (size_t i = 0; i < graph->function_count; i++) {
    MMD_TRY(mmd_status_annotate(
        mmd_onnx_export_function(exporter, graph->functions[i], &model->functions.items[i]),
        "function '%s'", graph->functions[i]->name));
  }
  model->ir_version = exporter->ir_version;
  model->header.has |= MMD_ONNX_BIT(MMD_ONNX_MODEL_IR_VERSION);
  mmd_onnx_put_unknown(exporter, graph->kept, &model->header);
  return NULL;
}

// Both files are complete before either appears.
static mmd_status_t write_files(mmd_onnx_exporter_t *exporter, mmd_writer_t *writer,
                                mmd_writer_t *data_writer) {
  mmd_onnx_model_t model = {.ir_version = 0};
  mmd_proto_sink_t data_sink;
  if (data_writer) {
    mmd_proto_sink_init_file(&data_sink, data_writer);
    exporter->data_sink = &data_sink;
  }
  MMD_TRY(build_model(exporter, &model));
  MMD_TRY(mmd_onnx_model_write(&model, writer));
  if (data_writer) {
    MMD_TRY(mmd_proto_sink_flush(&data_sink));
    MMD_TRY(mmd_writer_commit(data_writer));
  }
  return mmd_writer_commit(writer);
}

static mmd_status_t open_data(mmd_onnx_exporter_t *exporter, const char *path,
                              mmd_writer_t **out_writer) {
  char *data_path = mmd_arena_printf(&exporter->arena, "%s.data", path);
  MMD_TRY_ALLOC(data_path);
  exporter->location = mmd_path_base(data_path);
  return mmd_writer_create(data_path, out_writer);
}

mmd_status_t mmd_onnx_export(const mmd_graph_t *graph, const mmd_onnx_export_options_t *options,
                             const char *path) {
  mmd_onnx_exporter_t exporter = {.graph = graph, .options = options ? options : &default_options};
  mmd_arena_init(&exporter.arena);
  mmd_writer_t *writer = NULL, *data_writer = NULL;
  mmd_status_t status = mmd_writer_create(path, &writer);
  if (!status && needs_external(graph, exporter.options)) {
    status = open_data(&exporter, path, &data_writer);
  }
  if (!status) {
    status = mmd_status_annotate(write_files(&exporter, writer, data_writer), "%s", path);
  }
  mmd_writer_destroy(writer);
  mmd_writer_destroy(data_writer);
  mmd_arena_deinit(&exporter.arena);
  return status;
}

mmd_status_t mmd_onnx_export_memory(const mmd_graph_t *graph,
                                    const mmd_onnx_export_options_t *options,
                                    mmd_storage_t **out_storage) {
  mmd_onnx_exporter_t exporter = {.graph = graph, .options = options ? options : &default_options};
  mmd_arena_init(&exporter.arena);
  mmd_onnx_model_t model = {.ir_version = 0};
  mmd_status_t status = build_model(&exporter, &model);
  if (!status) status = mmd_onnx_model_write_memory(&model, out_storage);
  mmd_arena_deinit(&exporter.arena);
  return status;
}
