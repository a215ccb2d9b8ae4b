// SPDX-License-Identifier: Apache-2.0
//
// `edit`: small changes of an ONNX file.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "convert/edit_graph.h"
#include "convert/edit_precision_check.h"
#include "convert/edit_split.h"
#include "convert/edit_weights.h"
#include "frontends/onnx/import.h"
#include "graph/verify.h"
#include "ops/infer.h"
#include "writers/onnx/export.h"

enum { PRECISION_NONE, PRECISION_F16, PRECISION_BF16 };

typedef struct edit_options_t {
  const char *in, *out, *batch, *checkpoint;
  const mmd_value_t *inputs, *outputs, *nodes, *dims, *added, *weights, *weight_map, *cuts;
  int64_t opset;
  int precision;
  const mmd_value_t *keep_ops, *half_ops, *keep_nodes, *keep_until, *keep_from;
  const mmd_value_t *check_inputs, *check_shapes;
  bool keep_io, no_check;
  double tolerance;
} edit_options_t;

static const char *const g_precisions[] = {"none", "fp16", "bf16", NULL};

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
     .help = "ONNX file to write; with --split the name to which '_0', '_1', … are added."},
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
    {.name = "weights",
     .type = MMD_OPTION_STRING,
     .offset = AT(checkpoint),
     .metavar = "FILE",
     .help = "Replace all initializers that this checkpoint (.pth, .safetensors, .npz, .onnx) has "
             "under their names."},
    {.name = "weight_map",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(weight_map),
     .metavar = "KEY=NAME",
     .help = "Name of the initializer that a key of --weights is; 'module.*=*' maps all that begin "
             "so. The first that fits counts."},
    {.name = "opset",
     .type = MMD_OPTION_INT,
     .offset = AT(opset),
     .min = 9,
     .max = 21,
     .flags = MMD_OPTION_NULLABLE,
     .help = "Opset of ai.onnx to convert to, up or down."},
    {.name = "precision",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(precision),
     .default_text = "none",
     .choices = g_precisions,
     .help = "Convert float32 to half precision: fp16 or bf16."},
    {.name = "keep_io",
     .type = MMD_OPTION_BOOL,
     .offset = AT(keep_io),
     .help = "Inputs and outputs stay float32."},
    {.name = "keep_op",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(keep_ops),
     .metavar = "OP",
     .help = "An operator that stays float32, like Softmax; others do by default, see the manual."},
    {.name = "half_op",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(half_ops),
     .metavar = "OP",
     .help = "An operator to convert although it stays float32 by default, like Resize."},
    {.name = "keep_node",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(keep_nodes),
     .metavar = "PATTERN",
     .help = "Nodes that stay float32, by name or scope: 'head.*'."},
    {.name = "keep_until",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(keep_until),
     .metavar = "TENSOR",
     .help = "What this tensor is computed from stays float32: the beginning of a network."},
    {.name = "keep_from",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(keep_from),
     .metavar = "TENSOR",
     .help = "What is computed from this tensor stays float32: the end of a network."},
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .max = 1e9,
     .help = "Largest difference of an output to float32, relative to its largest number; beyond "
             "it the exit status is 3. 0: 0.02 for fp16, 0.1 for bf16."},
    {.name = "input",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(check_inputs),
     .metavar = "NAME=FILE.npy",
     .help = "Array to compare both precisions on; inputs that are not named are random."},
    {.name = "shape",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(check_shapes),
     .metavar = "NAME=1x3x224x224",
     .help = "Shape of a random input."},
    {.name = "no_check",
     .type = MMD_OPTION_BOOL,
     .offset = AT(no_check),
     .help = "Do not run the network in both precisions to compare."},
    {.name = "split",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(cuts),
     .metavar = "TENSOR,TENSOR",
     .help = "Write several files: behind these tensors the next one begins. Names are those after "
             "renaming."},
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

//===--- weights -----------------------------------------------------------===//

static mmd_status_t replace_weights(mmd_graph_t *graph, const edit_options_t *options,
                                    mmd_command_context_t *context, size_t *count) {
  mmd_edit_weights_t weights;
  mmd_value_t *report = mmd_value_object();
  MMD_TRY(mmd_object_take(context->result, "weights", report));
  MMD_TRY(mmd_edit_weights(graph, options->checkpoint, options->weight_map, &weights));
  MMD_TRY(mmd_object_take(report, "replaced", mmd_value_int((int64_t)weights.replaced)));
  MMD_TRY(mmd_object_take(report, "kept", mmd_value_int((int64_t)weights.kept)));
  MMD_TRY(
      mmd_object_take(report, "unmatched_keys", mmd_value_int((int64_t)weights.unmatched_keys)));
  mmd_command_printf(
      context, "weights: %zu initializers replaced, %zu kept; %zu keys of the file not used\n",
      weights.replaced, weights.kept, weights.unmatched_keys);
  if (weights.norm_keys) {
    mmd_command_printf(context,
                       "warning: %zu keys are statistics of BatchNorms that the network does not "
                       "have; if they were fused into its weights, these are other weights\n",
                       weights.norm_keys);
  }
  *count += weights.replaced;
  return NULL;
}

//===--- precision ---------------------------------------------------------===//

static mmd_status_t tell_counts(const mmd_precision_counts_t *counts, const char *name,
                                mmd_value_t *report, mmd_command_context_t *context) {
  MMD_TRY(mmd_object_take(report, "type", mmd_value_string(name)));
  MMD_TRY(mmd_object_take(report, "converted", mmd_value_int((int64_t)counts->half)));
  MMD_TRY(mmd_object_take(report, "kept", mmd_value_int((int64_t)counts->kept)));
  MMD_TRY(mmd_object_take(report, "casts", mmd_value_int((int64_t)counts->casts)));
  MMD_TRY(mmd_object_take(report, "overflows", mmd_value_int((int64_t)counts->overflows)));
  MMD_TRY(mmd_object_take(report, "underflows", mmd_value_int((int64_t)counts->underflows)));
  mmd_command_printf(context, "%s: %zu nodes converted, %zu kept, %zu casts\n", name, counts->half,
                     counts->kept, counts->casts);
  if (counts->overflows) {
    mmd_command_printf(context,
                       "warning: %zu weights are beyond the range of %s and became its largest "
                       "number, the first in '%s'\n",
                       counts->overflows, name, mmd_str_text(&counts->first_overflow));
  }
  if (counts->underflows) {
    mmd_command_printf(context, "note: %zu weights are too small for %s and became 0\n",
                       counts->underflows, name);
  }
  return NULL;
}

static void print_failure(const mmd_precision_check_t *check, double tolerance,
                          mmd_command_context_t *context) {
  const mmd_optimize_check_t *last = check->decisions ? &check->decided : &check->outputs;
  mmd_command_printf(context, "check: FAILED (tolerance %g): %s\n", tolerance,
                     mmd_str_text(&last->text));
  if (*mmd_str_text(&check->advice)) {
    mmd_command_printf(context, "with %s it would be %.2g, %zu nodes float32\n",
                       mmd_str_text(&check->advice), check->advice_max_rel, check->advice_kept);
  } else {
    mmd_command_text(context,
                     "no beginning or end of up to three quarters of the network helps "
                     "(--keep-until, --keep-from)\n");
  }
}

static void print_check(const mmd_precision_check_t *check, double tolerance, bool is_given,
                        mmd_command_context_t *context) {
  const mmd_optimize_check_t *outputs = &check->outputs;
  if (check->differs) {
    print_failure(check, tolerance, context);
    if (!is_given) {
      mmd_command_text(context,
                       "random numbers may be unlike what the network was made for: "
                       "--input NAME=FILE.npy compares on a real input\n");
    }
  } else if (check->has_decided) {
    mmd_command_printf(context,
                       "check: largest difference to float32 %.2g (tolerance %g) with float32's "
                       "decisions (%zu nodes like TopK); without them near numbers change places: "
                       "%s\n",
                       check->decided.max_rel, tolerance, check->decisions,
                       mmd_str_text(&outputs->text));
  } else if (!outputs->runs) {
    mmd_command_printf(context, "check: not done: %s\n", mmd_str_text(&outputs->text));
  } else {
    mmd_command_printf(context, "check: largest difference to float32 %.2g (tolerance %g)\n",
                       outputs->max_rel, tolerance);
  }
}

static mmd_status_t tell_check(const mmd_precision_check_t *check, mmd_value_t *report) {
  const mmd_optimize_check_t *outputs = &check->outputs;
  const char *note = mmd_str_text(&outputs->text), *advice = mmd_str_text(&check->advice);
  MMD_TRY(mmd_object_take(report, "checked_runs", mmd_value_int(outputs->runs)));
  MMD_TRY(mmd_object_take(report, "max_rel", mmd_value_float(outputs->max_rel)));
  MMD_TRY(mmd_object_take(report, "passed", mmd_value_bool(!check->differs)));
  if (*note) MMD_TRY(mmd_object_take(report, "note", mmd_value_string(note)));
  if (check->has_decided) {
    MMD_TRY(mmd_object_take(report, "decisions", mmd_value_int((int64_t)check->decisions)));
    MMD_TRY(mmd_object_take(report, "max_rel_decided", mmd_value_float(check->decided.max_rel)));
  }
  if (*advice) MMD_TRY(mmd_object_take(report, "advice", mmd_value_string(advice)));
  return NULL;
}

// Both precisions on the same random inputs; the copy has float32 inputs and outputs.
static mmd_status_t check_precision(const mmd_graph_t *before,
                                    const mmd_precision_request_t *request,
                                    const edit_options_t *options, mmd_value_t *report,
                                    mmd_command_context_t *context) {
  mmd_precision_check_t check = {0};
  mmd_pool_t *pool = NULL;
  const double usual = request->dtype == MMD_F16 ? 0.02 : 0.1;
  const double tolerance = options->tolerance > 0 ? options->tolerance : usual;
  MMD_TRY(mmd_pool_create(0, &pool));
  const mmd_optimize_trial_t trial = {.tolerance = tolerance,
                                      .pool = pool,
                                      .inputs = options->check_inputs,
                                      .shapes = options->check_shapes};
  mmd_status_t status = mmd_precision_check(before, request, &trial, &check);
  mmd_pool_destroy(pool);
  if (!status) print_check(&check, tolerance, options->check_inputs != NULL, context);
  if (!status) status = tell_check(&check, report);
  if (check.differs) context->exit_status = 3;
  mmd_precision_check_deinit(&check);
  return status;
}

static mmd_status_t change_precision(mmd_graph_t *graph, const edit_options_t *options,
                                     mmd_command_context_t *context) {
  const mmd_precision_request_t request = {
      .dtype = options->precision == PRECISION_F16 ? MMD_F16 : MMD_BF16,
      .keep_io = options->keep_io,
      .keep_ops = options->keep_ops,
      .half_ops = options->half_ops,
      .keep_nodes = options->keep_nodes,
      .keep_until = options->keep_until,
      .keep_from = options->keep_from};
  mmd_precision_counts_t counts = {0};
  mmd_graph_t *before = NULL;
  mmd_value_t *report = mmd_value_object();
  MMD_TRY(mmd_object_take(context->result, "precision", report));
  mmd_status_t status = options->no_check ? NULL : mmd_graph_clone(graph, &before);
  if (!status) status = mmd_edit_precision(graph, &request, &counts);
  if (!status) status = tell_counts(&counts, g_precisions[options->precision], report, context);
  if (!status && before) status = check_precision(before, &request, options, report, context);
  mmd_precision_counts_deinit(&counts);
  mmd_graph_destroy(before);
  return status;
}

//===--- sizes -------------------------------------------------------------===//

static const mmd_dim_t *first_size(const mmd_edge_t *edge) {
  const mmd_type_t *type = &edge->type;
  const bool has_one = type->kind == MMD_TYPE_TENSOR && type->has_rank && type->rank > 0;
  return has_one ? type->dims[0] : NULL;
}

static bool changes_batch(const edit_options_t *options) {
  for (size_t i = 0; i < mmd_array_size(options->dims); ++i)
    if (strstr(mmd_value_get_string(mmd_array_at(options->dims, i), ""), ":0=")) return true;
  return options->batch != NULL;
}

// Outputs that had the batch as their first size and have it no more.
static mmd_status_t warn_of_outputs(const mmd_graph_t *graph, const bool *had_batch,
                                    mmd_command_context_t *context) {
  const mmd_region_t *root = graph->root;
  const mmd_dim_t *batch = root->input_count ? first_size(root->inputs[0]) : NULL;
  for (size_t i = 0; i < root->output_count; ++i) {
    const mmd_edge_t *edge = root->outputs[i];
    const mmd_dim_t *size = first_size(edge);
    mmd_str_t type = {0};
    if (!had_batch[i] || !size || !batch || size == batch || !mmd_dim_is_const(size)) continue;
    mmd_status_t status = mmd_type_format(&edge->type, &type);
    if (!status) {
      mmd_command_printf(context,
                         "warning: output '%s' is %s: its first size does not follow that of input "
                         "'%s', so the network has it as a number somewhere\n",
                         edge->name, mmd_str_text(&type), root->inputs[0]->name);
    }
    mmd_str_deinit(&type);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t set_sizes(mmd_graph_t *graph, const edit_options_t *options, size_t *count) {
  if (changes_batch(options)) MMD_TRY(mmd_edit_free_reshapes(graph));
  if (options->batch) {
    MMD_TRY(mmd_status_annotate(mmd_edit_batch(graph, options->batch), "--batch"));
    ++*count;
  }
  MMD_TRY(for_each(graph, options->dims, "dim", mmd_edit_dim, count));
  return mmd_edit_infer(graph);
}

static mmd_status_t resize(mmd_graph_t *graph, const edit_options_t *options,
                           mmd_command_context_t *context, size_t *count) {
  const mmd_region_t *root = graph->root;
  const mmd_dim_t *batch = root->input_count ? first_size(root->inputs[0]) : NULL;
  bool *had_batch = mmd_alloc_array(root->output_count + 1, sizeof *had_batch);
  MMD_TRY_ALLOC(had_batch);
  for (size_t i = 0; i < root->output_count; ++i) {
    const mmd_dim_t *size = first_size(root->outputs[i]);
    had_batch[i] = batch && size == batch;
  }
  mmd_status_t status = set_sizes(graph, options, count);
  if (!status) status = warn_of_outputs(graph, had_batch, context);
  mmd_free(had_batch);
  return status;
}

//===--- all changes -------------------------------------------------------===//

// Names in the options are those of the file that is read: renaming comes last.
static mmd_status_t apply(mmd_graph_t *graph, const edit_options_t *options,
                          mmd_command_context_t *context, size_t *count) {
  if (options->checkpoint) MMD_TRY(replace_weights(graph, options, context, count));
  MMD_TRY(for_each(graph, options->weights, "initializer", mmd_edit_initializer, count));
  if (options->dims || options->batch) MMD_TRY(resize(graph, options, context, count));
  // An output needs a type, which the file may lack.
  if (options->added) MMD_TRY(mmd_graph_infer(graph));
  MMD_TRY(for_each(graph, options->added, "add-output", mmd_edit_add_output, count));
  MMD_TRY(for_each(graph, options->nodes, "rename-node", mmd_edit_rename_node, count));
  if (options->opset) {
    MMD_TRY(mmd_status_annotate(mmd_edit_opset(graph, options->opset), "--opset"));
    ++*count;
  }
  if (options->precision) {
    MMD_TRY(mmd_status_annotate(change_precision(graph, options, context), "--precision"));
    ++*count;
  }
  MMD_TRY(for_each(graph, options->inputs, "rename-input", mmd_edit_rename_input, count));
  MMD_TRY(for_each(graph, options->outputs, "rename-output", mmd_edit_rename_output, count));
  return mmd_graph_verify(graph);
}

//===--- writing -----------------------------------------------------------===//

static mmd_status_t write_file(const mmd_graph_t *graph, const edit_options_t *options,
                               int64_t present, const char *path) {
  mmd_onnx_export_options_t export = {0};
  if (options->opset) {
    const int64_t needed = mmd_onnx_ir_version_of(options->opset);
    export.ir_version =
        options->opset > present && graph->ir_version > needed ? graph->ir_version : needed;
  }
  return mmd_onnx_export(graph, &export, path);
}

static mmd_status_t report_file(const mmd_graph_t *graph, const char *path,
                                mmd_command_context_t *context) {
  const mmd_region_t *root = graph->root;
  mmd_command_printf(context, "%s: %zu nodes, inputs", path, mmd_graph_node_count(graph));
  for (size_t i = 0; i < root->input_count; ++i)
    mmd_command_printf(context, " %s", root->inputs[i]->name);
  mmd_command_text(context, ", outputs");
  for (size_t i = 0; i < root->output_count; ++i)
    mmd_command_printf(context, " %s", root->outputs[i]->name);
  mmd_command_text(context, "\n");
  mmd_value_t *files = mmd_object_get(context->result, "files");
  return mmd_array_take(files, mmd_value_string(path));
}

static mmd_status_t write_pieces(mmd_graph_t *const *pieces, size_t count,
                                 const edit_options_t *options, int64_t present,
                                 mmd_command_context_t *context) {
  const char *extension = mmd_path_extension(options->out);
  const size_t stem = strlen(options->out) - strlen(extension);
  for (size_t i = 0; i < count; ++i) {
    mmd_str_t path = {0};
    mmd_status_t status = mmd_str_append_n(&path, options->out, stem);
    if (!status) status = mmd_str_printf(&path, "_%zu%s", i, extension);
    if (!status) status = write_file(pieces[i], options, present, mmd_str_text(&path));
    if (!status) status = report_file(pieces[i], mmd_str_text(&path), context);
    mmd_str_deinit(&path);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t write_split(const mmd_graph_t *graph, const edit_options_t *options,
                                int64_t present, mmd_command_context_t *context) {
  mmd_graph_t **pieces = NULL;
  size_t count = 0;
  MMD_TRY(mmd_object_take(context->result, "files", mmd_value_array()));
  MMD_TRY(mmd_edit_split(graph, options->cuts, &pieces, &count));
  mmd_status_t status = write_pieces(pieces, count, options, present, context);
  mmd_edit_split_free(pieces, count);
  return status;
}

static mmd_status_t write_all(mmd_graph_t *graph, const edit_options_t *options, int64_t present,
                              mmd_command_context_t *context) {
  if (!options->cuts) return write_file(graph, options, present, options->out);
  MMD_TRY(mmd_graph_infer(graph));
  return mmd_status_annotate(write_split(graph, options, present, context), "%s", options->in);
}

static mmd_status_t check_options(const edit_options_t *options) {
  if (options->weight_map && !options->checkpoint)
    return MMD_ERROR(MMD_INVALID_ARGUMENT, "--weight-map goes together with --weights");
  if (!options->precision && (options->keep_io || options->keep_ops || options->half_ops ||
                              options->keep_nodes || options->keep_until || options->keep_from)) {
    return MMD_ERROR(MMD_INVALID_ARGUMENT,
                     "--keep-io, --keep-op, --half-op, --keep-node, --keep-until and --keep-from "
                     "go together with --precision");
  }
  return NULL;
}

static mmd_status_t edit(mmd_graph_t *graph, const edit_options_t *options,
                         mmd_command_context_t *context) {
  const int64_t present = mmd_graph_opset(graph, MMD_DOMAIN_ONNX);
  size_t count = mmd_array_size(options->cuts);
  MMD_TRY(mmd_status_annotate(apply(graph, options, context, &count), "%s", options->in));
  if (!count) return MMD_ERROR(MMD_INVALID_ARGUMENT, "no change is asked for");
  MMD_TRY(write_all(graph, options, present, context));
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
  MMD_TRY(check_options(options));
  MMD_TRY(mmd_onnx_import(options->in, NULL, &graph));
  mmd_status_t status = edit(graph, options, context);
  mmd_graph_destroy(graph);
  return status;
}

const mmd_command_t mmd_edit_command = {
    .name = "edit",
    .summary =
        "Rename, resize, split, convert to another opset or precision, or replace weights in "
        "an ONNX file.",
    .options = &g_table,
    .run = run,
};
