// SPDX-License-Identifier: Apache-2.0
//
// `extract`: a part of an ONNX file, between tensors or between Mark nodes.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "frontends/onnx/import.h"
#include "graph/extract.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "passes/pass.h"
#include "writers/onnx/export.h"

typedef struct extract_options_t {
  const char *in, *out;
  const mmd_value_t *inputs, *outputs, *start, *end, *types;
  bool remove_marks;
} extract_options_t;

#define AT(field) offsetof(extract_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "in",
     .type = MMD_OPTION_STRING,
     .offset = AT(in),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to read."},
    {.name = "out",
     .type = MMD_OPTION_STRING,
     .offset = AT(out),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to write; '.onnx' is added when it is missing."},
    {.name = "inputs",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(inputs),
     .metavar = "NAME,NAME",
     .help = "Tensors that become the inputs; without it those of the graph."},
    {.name = "outputs",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(outputs),
     .metavar = "NAME,NAME",
     .help = "Tensors that become the outputs; without it those of the graph."},
    {.name = "start",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(start),
     .metavar = "MARK,MARK",
     .help = "Marks to start at, like 'detector_forward:input' or 'multiclass_nms[1]:input'."},
    {.name = "end",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(end),
     .metavar = "MARK,MARK",
     .help = "Marks to end at."},
    {.name = "type",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(types),
     .metavar = "NAME=f32[1,64,h,w]",
     .help = "Type of a new input, where inference does not find it."},
    {.name = "remove_marks",
     .type = MMD_OPTION_BOOL,
     .offset = AT(remove_marks),
     .help = "Leave Mark nodes out; always so with --start and --end."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("extract", extract_options_t, g_options);

//===--- lists -------------------------------------------------------------===//

typedef struct words_t {
  size_t count;
  size_t capacity;
  char **items;
} words_t;

static void drop_words(words_t *words) {
  for (size_t i = 0; i < words->count; ++i) mmd_free(words->items[i]);
  mmd_free(words->items);
}

static mmd_status_t split(const mmd_value_t *entries, words_t *words) {
  for (size_t i = 0; i < mmd_array_size(entries); ++i) {
    const char *at = mmd_value_get_string(mmd_array_at(entries, i), "");
    while (*at) {
      const size_t size = strcspn(at, ",");
      if (size) {
        MMD_TRY(MMD_GROW(words->items, words->capacity, words->count + 1));
        words->items[words->count] = mmd_strndup(at, size);
        MMD_TRY_ALLOC(words->items[words->count]);
        ++words->count;
      }
      at += size + (at[size] == ',');
    }
  }
  return NULL;
}

//===--- types -------------------------------------------------------------===//

static bool is_typed(const mmd_type_t *type) {
  if (type->kind == MMD_TYPE_TENSOR) return type->dtype != MMD_DTYPE_UNDEFINED && type->has_rank;
  return type->kind != MMD_TYPE_UNKNOWN;
}

static const mmd_edge_t *twin_of(const mmd_graph_t *inferred, const mmd_edge_t *edge) {
  const mmd_edge_t *twin = mmd_graph_find_edge(inferred, edge->name);
  if (!twin && edge->producer && mmd_node_is_mark(edge->producer)) {
    twin = mmd_graph_find_edge(inferred, edge->producer->inputs[0]->name);
  }
  return twin;
}

static mmd_status_t take_types(mmd_graph_t *graph, const mmd_graph_t *inferred) {
  for (mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      mmd_edge_t *edge = node->outputs[i];
      const mmd_edge_t *twin = edge ? twin_of(inferred, edge) : NULL;
      if (twin && is_typed(&twin->type) && !is_typed(&edge->type))
        MMD_TRY(mmd_edge_set_type(edge, &twin->type));
    }
  }
  return NULL;
}

// Inference ends at a Mark: it is done on a copy without them.
static mmd_status_t infer_types(mmd_graph_t *graph) {
  mmd_graph_t *copy = NULL;
  MMD_TRY(mmd_graph_clone(graph, &copy));
  mmd_status_t status = mmd_graph_remove_marks(copy);
  if (!status) status = mmd_graph_infer(copy);
  if (!status) status = take_types(graph, copy);
  mmd_graph_destroy(copy);
  return status;
}

static mmd_status_t set_type(mmd_graph_t *graph, const char *text) {
  const char *equals = strchr(text, '=');
  mmd_type_t type;
  char *name = equals ? mmd_strndup(text, (size_t)(equals - text)) : NULL;
  if (!equals) return MMD_ERROR(MMD_INVALID_ARGUMENT, "--type '%s': NAME=TYPE is expected", text);
  MMD_TRY_ALLOC(name);
  mmd_edge_t *edge = mmd_graph_find_edge(graph, name);
  mmd_free(name);
  if (!edge) return MMD_ERROR(MMD_NOT_FOUND, "--type '%s': the graph has no such tensor", text);
  MMD_TRY(mmd_status_annotate(mmd_type_parse(graph, equals + 1, strlen(equals + 1), &type),
                              "--type '%s'", text));
  return mmd_edge_set_type(edge, &type);
}

static mmd_status_t check_types(const mmd_region_t *root) {
  for (size_t i = 0; i < root->input_count; ++i) {
    const mmd_edge_t *edge = root->inputs[i];
    if (is_typed(&edge->type)) continue;
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "input '%s': its type is not known; give it by --type '%s=f32[1,3,h,w]'",
                     edge->name, edge->name);
  }
  return NULL;
}

//===--- the cut -----------------------------------------------------------===//

static mmd_status_t cut_by_names(mmd_graph_t *graph, const extract_options_t *options) {
  words_t inputs = {0}, outputs = {0};
  mmd_status_t status = split(options->inputs, &inputs);
  if (!status) status = split(options->outputs, &outputs);
  if (!status) {
    const mmd_extract_names_t names = {.inputs = (const char *const *)inputs.items,
                                       .input_count = inputs.count,
                                       .outputs = (const char *const *)outputs.items,
                                       .output_count = outputs.count};
    status = mmd_graph_extract(graph, &names);
  }
  if (!status && options->remove_marks) status = mmd_graph_remove_marks(graph);
  drop_words(&inputs);
  drop_words(&outputs);
  return status;
}

static mmd_status_t cut_by_marks(mmd_graph_t *graph, const extract_options_t *options) {
  static const char *const passes[] = {"eliminate_identities", NULL};
  words_t start = {0}, end = {0};
  mmd_status_t status = split(options->start, &start);
  if (!status) status = split(options->end, &end);
  if (!status) {
    const mmd_extract_marks_t marks = {.start = (const char *const *)start.items,
                                       .start_count = start.count,
                                       .end = (const char *const *)end.items,
                                       .end_count = end.count};
    status = mmd_graph_extract_marks(graph, &marks);
  }
  if (!status) status = mmd_passes_run(graph, passes, NULL);
  drop_words(&start);
  drop_words(&end);
  return status;
}

static mmd_status_t cut(mmd_graph_t *graph, const extract_options_t *options,
                        mmd_command_context_t *context) {
  const bool by_marks = options->start || options->end;
  if (by_marks) {
    mmd_str_t marks = {0};
    mmd_status_t status = mmd_graph_list_marks(graph, &marks);
    if (!status && marks.size)
      mmd_command_printf(context, "Available marks:\n%s", mmd_str_text(&marks));
    mmd_str_deinit(&marks);
    MMD_TRY(status);
  }
  MMD_TRY(infer_types(graph));
  for (size_t i = 0; i < mmd_array_size(options->types); ++i)
    MMD_TRY(set_type(graph, mmd_value_get_string(mmd_array_at(options->types, i), "")));
  MMD_TRY(by_marks ? cut_by_marks(graph, options) : cut_by_names(graph, options));
  MMD_TRY(check_types(graph->root));
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_graph_verify(graph);
}

//===--- telling -----------------------------------------------------------===//

static mmd_status_t tell_edges(mmd_edge_t *const *edges, size_t count, const char *label,
                               mmd_value_t *result, mmd_str_t *text) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(result, label, list));
  MMD_TRY(mmd_str_printf(text, "%s:", label));
  for (size_t i = 0; i < count; ++i) {
    mmd_str_t type = {0};
    mmd_value_t *item = mmd_value_object();
    MMD_TRY(mmd_array_take(list, item));
    mmd_status_t status = mmd_type_format(&edges[i]->type, &type);
    if (!status) status = mmd_object_take(item, "name", mmd_value_string(edges[i]->name));
    if (!status) status = mmd_object_take(item, "type", mmd_value_string(mmd_str_text(&type)));
    if (!status)
      status = mmd_str_printf(text, "%s %s %s", i ? "," : "", edges[i]->name, mmd_str_text(&type));
    mmd_str_deinit(&type);
    MMD_TRY(status);
  }
  return mmd_str_append(text, "\n");
}

static mmd_status_t report(const mmd_graph_t *graph, const char *path, size_t nodes_before,
                           mmd_command_context_t *context) {
  const mmd_region_t *root = graph->root;
  const size_t nodes = mmd_graph_node_count(graph);
  mmd_value_t *result = context->result;
  mmd_str_t text = {0};
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(path)));
  MMD_TRY(mmd_object_take(result, "nodes", mmd_value_int((int64_t)nodes)));
  MMD_TRY(mmd_object_take(result, "nodes_before", mmd_value_int((int64_t)nodes_before)));
  mmd_status_t status = tell_edges(root->inputs, root->input_count, "inputs", result, &text);
  if (!status) status = tell_edges(root->outputs, root->output_count, "outputs", result, &text);
  if (!status) status = mmd_str_printf(&text, "%s: %zu of %zu nodes\n", path, nodes, nodes_before);
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

static mmd_status_t extract(mmd_graph_t *graph, const extract_options_t *options,
                            mmd_command_context_t *context) {
  const size_t before = mmd_graph_node_count(graph);
  mmd_str_t path = {0};
  MMD_TRY(mmd_status_annotate(cut(graph, options, context), "%s", options->in));
  mmd_status_t status = mmd_str_append(&path, options->out);
  if (!status && strcmp(mmd_path_extension(options->out), ".onnx") != 0)
    status = mmd_str_append(&path, ".onnx");
  if (!status) status = mmd_onnx_export(graph, NULL, mmd_str_text(&path));
  if (!status) status = report(graph, mmd_str_text(&path), before, context);
  mmd_str_deinit(&path);
  return status;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const extract_options_t *options = opaque;
  mmd_graph_t *graph = NULL;
  if ((options->start || options->end) && (options->inputs || options->outputs)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--start and --end do not go together with --inputs and --outputs");
  }
  if (!options->start && !options->end && !options->inputs && !options->outputs)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--inputs, --outputs, --start or --end is needed");
  MMD_TRY(mmd_onnx_import(options->in, NULL, &graph));
  mmd_status_t status = extract(graph, options, context);
  mmd_graph_destroy(graph);
  return status;
}

const mmd_command_t mmd_extract_command = {
    .name = "extract",
    .summary = "Cut a part out of an ONNX file, by names of tensors or by marks.",
    .options = &g_table,
    .run = run,
};
