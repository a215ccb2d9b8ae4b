// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "convert/inspect.h"
#include "frontends/onnx/import.h"

//===--- external data -----------------------------------------------------===//

static mmd_status_t add_external(uint64_t bytes, mmd_value_t *result, mmd_str_t *text) {
  mmd_str_t size = {0};
  if (bytes == 0) return NULL;
  MMD_TRY(mmd_object_take(result, "external_bytes", mmd_value_int((int64_t)bytes)));
  mmd_status_t status = mmd_inspect_size(&size, bytes);
  if (!status) status = mmd_inspect_row(text, "external data", "%s", mmd_str_text(&size));
  mmd_str_deinit(&size);
  return status;
}

static mmd_status_t add_missing(const mmd_value_t *missing, mmd_value_t *result, mmd_str_t *text) {
  if (mmd_array_size(missing) == 0) return NULL;
  mmd_value_t *files = mmd_value_array();
  MMD_TRY(mmd_object_take(result, "missing_data", files));
  for (size_t i = 0; i < mmd_array_size(missing); ++i) {
    const char *file = mmd_value_get_string(mmd_array_at(missing, i), "");
    MMD_TRY(mmd_array_take(files, mmd_value_string(file)));
    MMD_TRY(mmd_inspect_row(text, "missing data", "%s: weights in it are shown as inputs", file));
  }
  return NULL;
}

mmd_status_t mmd_inspect_import(const char *path, mmd_value_t *result, mmd_str_t *text,
                                mmd_graph_t **out_graph) {
  mmd_onnx_import_report_t report = {.missing = mmd_value_array()};
  const mmd_onnx_import_options_t options = {.report = &report};
  MMD_TRY_ALLOC(report.missing);
  mmd_graph_t *graph = NULL;
  mmd_status_t status = mmd_onnx_import(path, &options, &graph);
  if (!status) status = add_external(report.external_bytes, result, text);
  if (!status) status = add_missing(report.missing, result, text);
  mmd_value_release(report.missing);
  if (status) {
    mmd_graph_destroy(graph);
  } else {
    *out_graph = graph;
  }
  return status;
}

//===--- inputs and outputs ------------------------------------------------===//

static mmd_status_t add_edges(mmd_edge_t *const *edges, size_t count, const char *member,
                              int indent, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(result, member, list));
  for (size_t i = 0; i < count; ++i) {
    mmd_str_t type = {0};
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_array_take(list, item));
    MMD_TRY(mmd_object_take(item, "name", mmd_value_string(edges[i]->name)));
    mmd_status_t status = mmd_type_format(&edges[i]->type, &type);
    if (!status) status = mmd_object_take(item, "type", mmd_value_string(mmd_str_text(&type)));
    if (!status) {
      status = mmd_str_printf(text, "%*s%-*s %s %s\n", indent, "", 15 - indent, i ? "" : member,
                              edges[i]->name, mmd_str_text(&type));
    }
    mmd_str_deinit(&type);
    MMD_TRY(status);
  }
  return NULL;
}

mmd_status_t mmd_inspect_ports(const mmd_graph_t *graph, int indent, mmd_value_t *result,
                               mmd_str_t *text) {
  const mmd_region_t *root = graph->root;
  MMD_TRY(add_edges(root->inputs, root->input_count, "inputs", indent, result, text));
  return add_edges(root->outputs, root->output_count, "outputs", indent, result, text);
}

//===--- nodes and weights -------------------------------------------------===//

typedef struct tally_t {
  char *name;
  size_t count;
} tally_t;

typedef struct census_t {
  tally_t *items;
  size_t count, capacity;
  size_t constants;
  uint64_t elements, bytes;
} census_t;

static mmd_status_t count_node(census_t *census, const mmd_node_t *node) {
  mmd_str_t name = {0};
  mmd_status_t status =
      mmd_str_printf(&name, "%s%s%s", node->domain, *node->domain ? "." : "", node->op);
  size_t i = 0;
  while (!status && i < census->count && strcmp(census->items[i].name, mmd_str_text(&name)) != 0)
    ++i;
  if (!status && i == census->count) {
    status = MMD_GROW(census->items, census->capacity, census->count + 1);
    if (!status) {
      census->items[i] = (tally_t){.name = mmd_str_take(&name)};
      if (census->items[i].name) {
        ++census->count;
      } else {
        status = mmd_status_no_memory();
      }
    }
  }
  if (!status) ++census->items[i].count;
  mmd_str_deinit(&name);
  return status;
}

static mmd_status_t count_region(census_t *census, const mmd_region_t *region) {
  for (size_t i = 0; i < region->constant_count; ++i) {
    ++census->constants;
    census->elements += mmd_tensor_count(&region->constants[i]->constant);
    census->bytes += mmd_tensor_byte_size(&region->constants[i]->constant);
  }
  for (const mmd_node_t *node = region->first; node; node = node->next) {
    MMD_TRY(count_node(census, node));
  }
  return NULL;
}

static int compare_tallies(const void *a, const void *b) {
  const tally_t *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return strcmp(x->name, y->name);
}

static mmd_status_t add_census(const census_t *census, const mmd_graph_t *graph,
                               mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *nodes = mmd_value_object();
  mmd_str_t size = {0};
  MMD_TRY(mmd_object_take(result, "nodes", nodes));
  MMD_TRY(mmd_object_take(result, "parameter_count", mmd_value_int((int64_t)census->elements)));
  mmd_status_t status = mmd_inspect_size(&size, census->bytes);
  if (!status) {
    status = mmd_inspect_row(text, "parameters", "%llu in %zu constants, %s",
                             (unsigned long long)census->elements, census->constants,
                             mmd_str_text(&size));
  }
  mmd_str_deinit(&size);
  MMD_TRY(status);
  MMD_TRY(mmd_inspect_row(text, "nodes", "%zu", mmd_graph_node_count(graph)));
  for (size_t i = 0; i < census->count; ++i) {
    const tally_t *tally = &census->items[i];
    MMD_TRY(mmd_object_take(nodes, tally->name, mmd_value_int((int64_t)tally->count)));
    MMD_TRY(mmd_str_printf(text, "  %-28s %6zu\n", tally->name, tally->count));
  }
  return NULL;
}

// All regions of the graph are in one list, so nothing recurses; functions' bodies are among them.
static mmd_status_t take_census(const mmd_graph_t *graph, mmd_value_t *result, mmd_str_t *text) {
  census_t census = {0};
  mmd_status_t status = NULL;
  for (const mmd_region_t *region = graph->regions; region && !status;
       region = region->next_region) {
    status = count_region(&census, region);
  }
  if (!status && census.count)
    qsort(census.items, census.count, sizeof *census.items, compare_tallies);
  if (!status) status = add_census(&census, graph, result, text);
  for (size_t i = 0; i < census.count; ++i) mmd_free(census.items[i].name);
  mmd_free(census.items);
  return status;
}

//===--- header ------------------------------------------------------------===//

static mmd_status_t add_opsets(const mmd_graph_t *graph, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *opsets = mmd_value_object();
  mmd_str_t line = {0};
  MMD_TRY(mmd_object_take(result, "opsets", opsets));
  mmd_status_t status = NULL;
  for (size_t i = 0; i < graph->opset_count && !status; ++i) {
    const mmd_opset_t *opset = &graph->opsets[i];
    const char *domain = *opset->domain ? opset->domain : "ai.onnx";
    status = mmd_object_take(opsets, domain, mmd_value_int(opset->version));
    if (!status) {
      status = mmd_str_printf(&line, "%s%s %lld", i ? ", " : "", domain, (long long)opset->version);
    }
  }
  if (!status) status = mmd_inspect_row(text, "opsets", "%s", mmd_str_text(&line));
  mmd_str_deinit(&line);
  return status;
}

static mmd_status_t add_properties(const mmd_graph_t *graph, mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *properties = mmd_value_object();
  MMD_TRY(mmd_object_take(result, "properties", properties));
  for (size_t i = 0; i < graph->property_count; ++i) {
    const mmd_property_t *property = &graph->properties[i];
    MMD_TRY(mmd_object_take(properties, property->key, mmd_value_string(property->value)));
    MMD_TRY(
        mmd_inspect_row(text, i ? "" : "properties", "%s = %.80s", property->key, property->value));
  }
  return NULL;
}

mmd_status_t mmd_inspect_graph(const mmd_graph_t *graph, mmd_value_t *result, mmd_str_t *text) {
  const char *producer = graph->producer_name ? graph->producer_name : "";
  const char *version = graph->producer_version ? graph->producer_version : "";
  MMD_TRY(mmd_object_take(result, "kind", mmd_value_string("onnx")));
  MMD_TRY(mmd_object_take(result, "ir_version", mmd_value_int(graph->ir_version)));
  MMD_TRY(mmd_object_take(result, "producer", mmd_value_string(producer)));
  MMD_TRY(mmd_object_take(result, "producer_version", mmd_value_string(version)));
  MMD_TRY(mmd_inspect_row(text, "onnx", "IR version %lld", (long long)graph->ir_version));
  if (*producer) {
    MMD_TRY(mmd_inspect_row(text, "producer", "%s%s%s", producer, *version ? " " : "", version));
  }
  MMD_TRY(add_opsets(graph, result, text));
  MMD_TRY(add_properties(graph, result, text));
  MMD_TRY(mmd_inspect_ports(graph, 0, result, text));
  return take_census(graph, result, text);
}
