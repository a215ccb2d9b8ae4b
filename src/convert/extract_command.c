// SPDX-License-Identifier: Apache-2.0
//
// `extract`: a part of an ONNX file, between tensors or between Mark nodes; or all the parts that a
// deploy config asks for.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "convert/partition.h"
#include "convert/run_onnx_inputs.h"
#include "formats/pyconfig/pyconfig.h"
#include "frontends/onnx/import.h"
#include "graph/extract.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "writers/onnx/export.h"

typedef struct extract_options_t {
  const char *in, *out, *deploy_cfg;
  const mmd_value_t *inputs, *outputs, *start, *end, *types, *start_names, *end_names, *axes;
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
     .help =
         "ONNX file to write; '.onnx' is added when it is missing. With --deploy-cfg the folder "
         "to write the parts into."},
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
    {.name = "start_name",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(start_names),
     .metavar = "OLD=NEW",
     .help = "Another name for an input than its mark gives; OLD may be 'func:input:name' too."},
    {.name = "end_name",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(end_names),
     .metavar = "OLD=NEW",
     .help = "The same for an output."},
    {.name = "dynamic_axis",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(axes),
     .metavar = "NAME:AXIS=LABEL",
     .help = "Free a size of an input, or name a free size of an output, of the part."},
    {.name = "deploy_cfg",
     .type = MMD_OPTION_STRING,
     .offset = AT(deploy_cfg),
     .metavar = "FILE",
     .help = "Cut as the partition_config of this deploy config says, one file a part."},
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

// Whether the file says types of inner tensors; if not, neither do its parts.
static bool has_value_info(const mmd_graph_t *graph) {
  for (const mmd_node_t *node = graph->root->first; node; node = node->next) {
    for (size_t i = 0; i < node->output_count; ++i) {
      const mmd_edge_t *edge = node->outputs[i];
      if (edge && !mmd_edge_is_output(edge) && is_typed(&edge->type)) return true;
    }
  }
  return false;
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

// "NAME:AXIS=LABEL" entries as {name: {axis: label}}.
static mmd_status_t read_axes(const mmd_value_t *entries, mmd_value_t *out_axes) {
  for (size_t i = 0; i < mmd_array_size(entries); ++i) {
    const char *entry = mmd_value_get_string(mmd_array_at(entries, i), "");
    const char *equals = strrchr(entry, '='), *colon = equals;
    int64_t axis = 0;
    while (colon && colon > entry && *colon != ':') --colon;
    if (!equals || colon == entry || !equals[1] ||
        !mmd_parse_i64(colon + 1, (size_t)(equals - colon - 1), &axis)) {
      return MMD_ERROR(MMD_INVALID_ARGUMENT, "--dynamic-axis '%s': NAME:AXIS=LABEL is expected",
                       entry);
    }
    char *name = mmd_strndup(entry, (size_t)(colon - entry));
    MMD_TRY_ALLOC(name);
    mmd_value_t *axes = mmd_object_get(out_axes, name);
    mmd_status_t status = NULL;
    if (!axes) {
      axes = mmd_value_object();
      status = mmd_object_take(out_axes, name, axes);
    }
    mmd_free(name);
    MMD_TRY(status);
    MMD_TRY(mmd_object_take_n(axes, colon + 1, (size_t)(equals - colon - 1),
                              mmd_value_string(equals + 1)));
  }
  return NULL;
}

static mmd_status_t list_markers(const char *option, const words_t *words, const char **out_markers,
                                 size_t *out_count) {
  if (words->count > MMD_PARTITION_MAX_MARKERS) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "--%s: %zu marks; at most %d are accepted", option,
                     words->count, MMD_PARTITION_MAX_MARKERS);
  }
  for (size_t i = 0; i < words->count; ++i) out_markers[i] = words->items[i];
  *out_count = words->count;
  return NULL;
}

// The texts in front of '=' are new strings in |words|.
static mmd_status_t list_names(const char *option, const mmd_value_t *entries, words_t *words,
                               mmd_extract_rename_t *out_names, size_t *out_count) {
  const size_t count = mmd_array_size(entries);
  if (count > MMD_PARTITION_MAX_NAMES) {
    return MMD_ERROR(MMD_OUT_OF_RANGE, "--%s: %zu names; at most %d are accepted", option, count,
                     MMD_PARTITION_MAX_NAMES);
  }
  for (size_t i = 0; i < count; ++i) {
    char *from = NULL;
    MMD_TRY(MMD_GROW(words->items, words->capacity, words->count + 1));
    MMD_TRY(mmd_run_split(mmd_value_get_string(mmd_array_at(entries, i), ""), option, &from,
                          &out_names[i].to));
    out_names[i].from = words->items[words->count++] = from;
  }
  *out_count = count;
  return NULL;
}

typedef struct mark_words_t {
  words_t start, end, start_names, end_names;
} mark_words_t;

static mmd_status_t read_marks(const extract_options_t *options, mark_words_t *words,
                               mmd_partition_part_t *part) {
  MMD_TRY(split(options->start, &words->start));
  MMD_TRY(split(options->end, &words->end));
  MMD_TRY(list_markers("start", &words->start, part->start, &part->start_count));
  MMD_TRY(list_markers("end", &words->end, part->end, &part->end_count));
  MMD_TRY(list_names("start-name", options->start_names, &words->start_names, part->start_names,
                     &part->start_name_count));
  return list_names("end-name", options->end_names, &words->end_names, part->end_names,
                    &part->end_name_count);
}

static mmd_status_t cut_by_marks(const mmd_graph_t *graph, const extract_options_t *options,
                                 const mmd_value_t *axes, mmd_graph_t **out_net) {
  mark_words_t words = {0};
  mmd_partition_part_t *part = mmd_alloc(sizeof *part);
  MMD_TRY_ALLOC(part);
  part->save_file = options->in;
  part->dynamic_axes = axes;
  mmd_status_t status = read_marks(options, &words, part);
  if (!status) status = mmd_partition_cut(graph, part, out_net);
  drop_words(&words.start);
  drop_words(&words.end);
  drop_words(&words.start_names);
  drop_words(&words.end_names);
  mmd_free(part);
  return status;
}

static mmd_status_t set_types(mmd_graph_t *graph, const extract_options_t *options) {
  MMD_TRY(mmd_partition_infer(graph));
  for (size_t i = 0; i < mmd_array_size(options->types); ++i)
    MMD_TRY(set_type(graph, mmd_value_get_string(mmd_array_at(options->types, i), "")));
  return NULL;
}

// |*graph| becomes the part.
static mmd_status_t cut(mmd_graph_t **graph, const extract_options_t *options,
                        const mmd_value_t *axes) {
  MMD_TRY(set_types(*graph, options));
  if (options->start || options->end) {
    mmd_graph_t *net = NULL;
    MMD_TRY(cut_by_marks(*graph, options, axes, &net));
    mmd_graph_destroy(*graph);
    *graph = net;
    return check_types(net->root);
  }
  MMD_TRY(cut_by_names(*graph, options));
  MMD_TRY(check_types((*graph)->root));
  MMD_TRY(axes ? mmd_partition_label(*graph, axes) : mmd_graph_infer(*graph));
  return mmd_graph_verify(*graph);
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
                           mmd_command_context_t *context, mmd_value_t *result) {
  const mmd_region_t *root = graph->root;
  const size_t nodes = mmd_graph_node_count(graph);
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

static mmd_status_t tell_marks(const mmd_graph_t *graph, mmd_command_context_t *context) {
  mmd_str_t marks = {0};
  mmd_status_t status = mmd_graph_list_marks(graph, &marks);
  if (!status && marks.size)
    mmd_command_printf(context, "Available marks:\n%s", mmd_str_text(&marks));
  mmd_str_deinit(&marks);
  return status;
}

//===--- one part, or those of a config ------------------------------------===//

static mmd_status_t extract(mmd_graph_t **graph, const extract_options_t *options,
                            mmd_command_context_t *context) {
  const size_t before = mmd_graph_node_count(*graph);
  const mmd_onnx_export_options_t export = {.no_value_info = !has_value_info(*graph)};
  mmd_value_t *axes = NULL;
  mmd_str_t path = {0};
  if (options->axes) {
    axes = mmd_value_object();
    MMD_TRY_ALLOC(axes);
  }
  mmd_status_t status = axes ? read_axes(options->axes, axes) : NULL;
  if (!status) status = mmd_status_annotate(cut(graph, options, axes), "%s", options->in);
  if (!status) status = mmd_str_append(&path, options->out);
  if (!status && strcmp(mmd_path_extension(options->out), ".onnx") != 0)
    status = mmd_str_append(&path, ".onnx");
  if (!status) status = mmd_onnx_export(*graph, &export, mmd_str_text(&path));
  if (!status) status = report(*graph, mmd_str_text(&path), before, context, context->result);
  mmd_value_release(axes);
  mmd_str_deinit(&path);
  return status;
}

static mmd_status_t write_part(const mmd_graph_t *graph, const mmd_partition_part_t *part,
                               const extract_options_t *options, mmd_value_t *list,
                               mmd_command_context_t *context) {
  mmd_graph_t *net = NULL;
  mmd_value_t *result = mmd_value_object();
  MMD_TRY(mmd_array_take(list, result));
  if (!mmd_path_is_contained(part->save_file)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "partition_config: save_file '%s' leaves the folder",
                     part->save_file);
  }
  const mmd_onnx_export_options_t export = {.no_value_info = !has_value_info(graph)};
  MMD_TRY(mmd_partition_cut(graph, part, &net));
  char *path = mmd_path_join(options->out, part->save_file);
  mmd_status_t status = path ? check_types(net->root) : mmd_status_no_memory();
  if (!status) status = mmd_onnx_export(net, &export, path);
  if (!status) status = report(net, path, mmd_graph_node_count(graph), context, result);
  mmd_free(path);
  mmd_graph_destroy(net);
  return status;
}

static mmd_status_t write_parts(const mmd_graph_t *graph, const mmd_partition_t *partition,
                                const extract_options_t *options, mmd_command_context_t *context) {
  mmd_value_t *list = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "parts", list));
  if (!partition->count) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "there is no partition_config with apply_marks=True in it");
  }
  MMD_TRY(mmd_path_make_directories(options->out));
  for (size_t i = 0; i < partition->count; ++i)
    MMD_TRY(write_part(graph, &partition->parts[i], options, list, context));
  return NULL;
}

static mmd_status_t extract_parts(const mmd_graph_t *graph, const extract_options_t *options,
                                  mmd_command_context_t *context) {
  mmd_value_t *config = NULL;
  mmd_partition_t partition;
  MMD_TRY(mmd_pyconfig_read(options->deploy_cfg, NULL, &config));
  mmd_status_t status = mmd_partition_read(config, &partition);
  if (!status) {
    status = write_parts(graph, &partition, options, context);
    mmd_partition_deinit(&partition);
  }
  mmd_value_release(config);
  return mmd_status_annotate(status, "%s", options->deploy_cfg);
}

static mmd_status_t check_options(const extract_options_t *options) {
  const bool by_marks = options->start || options->end;
  const bool by_names = options->inputs || options->outputs;
  if (by_marks && by_names) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--start and --end do not go together with --inputs and --outputs");
  }
  if (options->deploy_cfg && (by_marks || by_names || options->axes || options->types)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--deploy-cfg says itself where to cut; no other option "
                     "goes together with it");
  }
  if (!by_marks && (options->start_names || options->end_names)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--start-name and --end-name go together with --start and --end");
  }
  if (by_marks || by_names || options->deploy_cfg) return NULL;
  return MMD_ERROR(MMD_INVALID_ARGUMENT,
                   "--inputs, --outputs, --start, --end or --deploy-cfg is needed");
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const extract_options_t *options = opaque;
  mmd_graph_t *graph = NULL;
  MMD_TRY(check_options(options));
  MMD_TRY(mmd_onnx_import(options->in, NULL, &graph));
  mmd_status_t status = NULL;
  if (options->start || options->end || options->deploy_cfg) status = tell_marks(graph, context);
  if (!status) {
    status = options->deploy_cfg ? extract_parts(graph, options, context)
                                 : extract(&graph, options, context);
  }
  mmd_graph_destroy(graph);
  return status;
}

const mmd_command_t mmd_extract_command = {
    .name = "extract",
    .summary = "Cut a part out of an ONNX file, by names of tensors or by marks.",
    .options = &g_table,
    .run = run,
};
