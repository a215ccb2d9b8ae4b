// SPDX-License-Identifier: Apache-2.0
//
// `merge`: two ONNX files as one.
#include "convert/commands.h"
#include "convert/merge_graph.h"
#include "frontends/onnx/import.h"
#include "writers/onnx/export.h"

typedef struct merge_options_t {
  const char *a, *b, *out, *prefix;
  const mmd_value_t *map;
  bool keep_outputs;
} merge_options_t;

#define AT(field) offsetof(merge_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "a",
     .type = MMD_OPTION_STRING,
     .offset = AT(a),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file that runs first."},
    {.name = "b",
     .type = MMD_OPTION_STRING,
     .offset = AT(b),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file that takes its outputs."},
    {.name = "out",
     .type = MMD_OPTION_STRING,
     .offset = AT(out),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to write."},
    {.name = "map",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(map),
     .metavar = "OUTPUT=INPUT",
     .help = "Which output of A is which input of B; by default those of equal names, or the only "
             "one of each."},
    {.name = "prefix",
     .type = MMD_OPTION_STRING,
     .offset = AT(prefix),
     .default_text = "b_",
     .metavar = "TEXT",
     .help = "Stands in front of names of B that A has too."},
    {.name = "keep_outputs",
     .type = MMD_OPTION_BOOL,
     .offset = AT(keep_outputs),
     .help = "Outputs of A that B takes stay outputs."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("merge", merge_options_t, g_options);

static mmd_status_t merge(mmd_graph_t *a, mmd_graph_t *b, const merge_options_t *options,
                          mmd_command_context_t *context) {
  const mmd_merge_request_t request = {
      .map = options->map, .prefix = options->prefix, .keep_outputs = options->keep_outputs};
  size_t wires = 0;
  MMD_TRY(mmd_merge_graphs(a, b, &request, &wires));
  MMD_TRY(mmd_onnx_export(a, NULL, options->out));
  const size_t nodes = mmd_graph_node_count(a);
  mmd_value_t *result = context->result;
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(options->out)));
  MMD_TRY(mmd_object_take(result, "joined", mmd_value_int((int64_t)wires)));
  MMD_TRY(mmd_object_take(result, "inputs", mmd_value_int((int64_t)a->root->input_count)));
  MMD_TRY(mmd_object_take(result, "outputs", mmd_value_int((int64_t)a->root->output_count)));
  MMD_TRY(mmd_object_take(result, "nodes", mmd_value_int((int64_t)nodes)));
  mmd_command_printf(context, "%s: %zu tensor%s joined, %zu inputs, %zu outputs, %zu nodes\n",
                     options->out, wires, wires == 1 ? "" : "s", a->root->input_count,
                     a->root->output_count, nodes);
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const merge_options_t *options = opaque;
  mmd_graph_t *a = NULL, *b = NULL;
  mmd_status_t status = mmd_onnx_import(options->a, NULL, &a);
  if (!status) status = mmd_onnx_import(options->b, NULL, &b);
  if (!status) status = merge(a, b, options, context);
  mmd_graph_destroy(a);
  mmd_graph_destroy(b);
  return status;
}

const mmd_command_t mmd_merge_command = {
    .name = "merge",
    .summary = "Make one ONNX file of two, outputs of the first being inputs of the second.",
    .options = &g_table,
    .run = run,
};
