// SPDX-License-Identifier: Apache-2.0
//
// `edit`: small changes of an ONNX file.
#include "convert/commands.h"
#include "convert/edit_graph.h"
#include "frontends/onnx/import.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "writers/onnx/export.h"

typedef struct edit_options_t {
  const char *in, *out, *batch;
  const mmd_value_t *inputs, *outputs, *nodes, *dims, *added, *weights;
  int64_t opset;
} edit_options_t;

#define AT(field) offsetof(edit_options_t, field)
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
     .help = "ONNX file to write."},
    {.name = "rename_input",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(inputs),
     .metavar = "OLD=NEW",
     .help = "Give an input another name; this and the next ones may be given more than once."},
    {.name = "rename_output",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(outputs),
     .metavar = "OLD=NEW",
     .help = "Give an output another name."},
    {.name = "rename_node",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(nodes),
     .metavar = "OLD=NEW",
     .help = "Give a node of the main graph another name."},
    {.name = "dim",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(dims),
     .metavar = "INPUT:AXIS=SIZE",
     .help = "Fix (input:0=1) or free (input:0=batch) a size of an input; a named size that gets a "
             "number gets it in all inputs."},
    {.name = "batch",
     .type = MMD_OPTION_STRING,
     .offset = AT(batch),
     .metavar = "SIZE",
     .help = "The same for the first size of every input."},
    {.name = "add_output",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(added),
     .metavar = "TENSOR",
     .help = "Make a tensor of the main graph an output too."},
    {.name = "initializer",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(weights),
     .metavar = "NAME=FILE",
     .help = "Replace the weights of an initializer by an array (.npy) of its type and shape."},
    {.name = "opset",
     .type = MMD_OPTION_INT,
     .offset = AT(opset),
     .min = 9,
     .max = 21,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Opset of ai.onnx to convert to, up or down."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("edit", edit_options_t, g_options);

typedef mmd_status_t (*edit_fn)(mmd_graph_t *graph, const char *entry);

static mmd_status_t for_each(mmd_graph_t *graph, const mmd_value_t *entries, const char *option,
                             edit_fn fn, size_t *count) {
  for (size_t i = 0; i < mmd_array_size(entries); ++i, ++*count) {
    const char *entry = mmd_value_get_string(mmd_array_at(entries, i), "");
    MMD_TRY(mmd_status_annotate(fn(graph, entry), "--%s %s", option, entry));
  }
  return NULL;
}

// Names in the options are those of the file that is read: renaming comes last.
static mmd_status_t apply(mmd_graph_t *graph, const edit_options_t *options, size_t *count) {
  const bool resized = options->dims || options->batch;
  MMD_TRY(for_each(graph, options->weights, "initializer", mmd_edit_initializer, count));
  if (options->batch) {
    MMD_TRY(mmd_status_annotate(mmd_edit_batch(graph, options->batch), "--batch"));
    ++*count;
  }
  MMD_TRY(for_each(graph, options->dims, "dim", mmd_edit_dim, count));
  if (resized) MMD_TRY(mmd_edit_infer(graph));
  // An output needs a type, which the file may lack.
  if (options->added) MMD_TRY(mmd_graph_infer(graph));
  MMD_TRY(for_each(graph, options->added, "add-output", mmd_edit_add_output, count));
  MMD_TRY(for_each(graph, options->nodes, "rename-node", mmd_edit_rename_node, count));
  if (options->opset) {
    MMD_TRY(mmd_status_annotate(mmd_edit_opset(graph, options->opset), "--opset"));
    ++*count;
  }
  MMD_TRY(for_each(graph, options->inputs, "rename-input", mmd_edit_rename_input, count));
  MMD_TRY(for_each(graph, options->outputs, "rename-output", mmd_edit_rename_output, count));
  return mmd_graph_verify(graph);
}

static mmd_status_t write_file(const mmd_graph_t *graph, const edit_options_t *options,
                               int64_t present) {
  mmd_onnx_export_options_t export = {0};
  if (options->opset) {
    const int64_t needed = mmd_onnx_ir_version_of(options->opset);
    export.ir_version =
        options->opset > present && graph->ir_version > needed ? graph->ir_version : needed;
  }
  return mmd_onnx_export(graph, &export, options->out);
}

static mmd_status_t edit(mmd_graph_t *graph, const edit_options_t *options,
                         mmd_command_context_t *context) {
  const int64_t present = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  size_t count = 0;
  MMD_TRY(mmd_status_annotate(apply(graph, options, &count), "%s", options->in));
  if (!count) return MMD_ERROR(MMD_INVALID_ARGUMENT, "no change is asked for");
  MMD_TRY(write_file(graph, options, present));
  const int64_t opset = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  mmd_value_t *result = context->result;
  MMD_TRY(mmd_object_take(result, "output", mmd_value_string(options->out)));
  MMD_TRY(mmd_object_take(result, "changes", mmd_value_int((int64_t)count)));
  MMD_TRY(mmd_object_take(result, "opset", mmd_value_int(opset)));
  MMD_TRY(mmd_object_take(result, "nodes", mmd_value_int((int64_t)mmd_graph_node_count(graph))));
  mmd_command_printf(context, "%s: %zu change%s, opset %lld, %zu nodes\n", options->out, count,
                     count == 1 ? "" : "s", (long long)opset, mmd_graph_node_count(graph));
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const edit_options_t *options = opaque;
  mmd_graph_t *graph = NULL;
  MMD_TRY(mmd_onnx_import(options->in, NULL, &graph));
  mmd_status_t status = edit(graph, options, context);
  mmd_graph_destroy(graph);
  return status;
}

const mmd_command_t mmd_edit_command = {
    .name = "edit",
    .summary = "Rename, resize, convert to another opset, or replace weights in an ONNX file.",
    .options = &g_table,
    .run = run,
};
