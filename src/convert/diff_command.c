// SPDX-License-Identifier: Apache-2.0
//
// `diff`: what differs between two ONNX files.

#include "convert/commands.h"
#include "convert/diff_graph.h"
#include "convert/limits.h"
#include "frontends/onnx/import.h"

#define MAX_ROWS 20

typedef struct diff_options_t {
  const char *a, *b;
  const mmd_value_t *inputs, *shapes;
  bool numbers, all;
  double tolerance;
  int mode;
  int64_t seed;
  mmd_limits_t limits;
} diff_options_t;

static const char *const g_modes[] = {"plain", "fast", NULL};

#define AT(field) offsetof(diff_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "a",
     .type = MMD_OPTION_STRING,
     .offset = AT(a),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file."},
    {.name = "b",
     .type = MMD_OPTION_STRING,
     .offset = AT(b),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to compare with it."},
    {.name = "numbers",
     .type = MMD_OPTION_BOOL,
     .offset = AT(numbers),
     .help = "Also run both on the same inputs and compare all tensors whose name both have."},
    {.name = "input",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(inputs),
     .metavar = "NAME=FILE",
     .help = "Array of an input (.npy), or NAME=random, for --numbers."},
    {.name = "shape",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(shapes),
     .metavar = "NAME=1x3x224x224",
     .help = "Shape of a random input."},
    {.name = "seed",
     .type = MMD_OPTION_INT,
     .offset = AT(seed),
     .help = "Start of the random numbers."},
    MMD_RUN_LIMIT_OPTIONS(diff_options_t, limits),
    MMD_FILE_LIMIT_OPTIONS(diff_options_t, limits),
    {.name = "tolerance",
     .type = MMD_OPTION_FLOAT,
     .offset = AT(tolerance),
     .default_text = "0.0001",
     .max = 1e9,
     .help = "Largest difference, relative to the largest number of the tensor."},
    {.name = "mode",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(mode),
     .default_text = "plain",
     .choices = g_modes,
     .help = "How the evaluator computes."},
    {.name = "all",
     .type = MMD_OPTION_BOOL,
     .offset = AT(all),
     .help = "Show all rows of a list, not only the first 20."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("diff", diff_options_t, g_options);

static const char *text_of(const mmd_value_t *row, const char *key) {
  return mmd_value_get_string(mmd_object_get(row, key), "");
}

static void show_more(mmd_command_context_t *context, size_t shown, size_t count) {
  if (shown < count) mmd_command_printf(context, "  … and %zu more\n", count - shown);
}

static void show_list(const mmd_value_t *structure, const char *key, bool all,
                      mmd_command_context_t *context) {
  const mmd_value_t *rows = mmd_object_get(structure, key);
  const size_t count = mmd_array_size(rows);
  size_t shown = 0;
  if (count) mmd_command_printf(context, "%s:\n", key);
  for (; shown < count && (all || shown < MAX_ROWS); ++shown) {
    const mmd_value_t *row = mmd_array_at(rows, shown);
    const char *change = text_of(row, "change");
    mmd_command_printf(context, "  %c %s  %s\n",
                       *change == 'a'   ? '+'
                       : *change == 'r' ? '-'
                                        : '~',
                       text_of(row, "name"), text_of(row, "detail"));
  }
  show_more(context, shown, count);
}

static void show_layer(const mmd_value_t *row, mmd_command_context_t *context) {
  const char *note = text_of(row, "note");
  if (*note) {
    mmd_command_printf(context, "  %-10s %s  %s\n", text_of(row, "op"), text_of(row, "name"), note);
    return;
  }
  mmd_command_printf(context, "  %-10s %s  max abs %.3g  max rel %.3g\n", text_of(row, "op"),
                     text_of(row, "name"), mmd_value_get_float(mmd_object_get(row, "max_abs"), 0),
                     mmd_value_get_float(mmd_object_get(row, "max_rel"), 0));
}

static void show_numbers(const mmd_value_t *numbers, bool all, mmd_command_context_t *context) {
  const mmd_value_t *layers = mmd_object_get(numbers, "layers");
  const size_t different = (size_t)mmd_value_get_int(mmd_object_get(numbers, "different"), 0);
  mmd_command_printf(context, "numbers: %zu tensors compared, %zu differ\n", mmd_array_size(layers),
                     different);
  if (!different) return;
  mmd_command_text(context, "first:\n");
  show_layer(mmd_object_get(numbers, "first"), context);
  mmd_command_text(context, "all that differ, in order:\n");
  size_t shown = 0;
  for (size_t i = 0; i < mmd_array_size(layers) && (all || shown < MAX_ROWS); ++i) {
    const mmd_value_t *row = mmd_array_at(layers, i);
    if (mmd_value_get_bool(mmd_object_get(row, "passed"), false)) continue;
    show_layer(row, context);
    ++shown;
  }
  show_more(context, shown, different);
}

static mmd_status_t compare_numbers(const mmd_graph_t *a, const mmd_graph_t *b,
                                    const diff_options_t *options, mmd_command_context_t *context) {
  const mmd_diff_numbers_t request = {.a = a,
                                      .b = b,
                                      .inputs = options->inputs,
                                      .shapes = options->shapes,
                                      .seed = options->seed,
                                      .tolerance = options->tolerance,
                                      .limits = &options->limits,
                                      .mode = options->mode ? MMD_EVAL_FAST : MMD_EVAL_PLAIN};
  mmd_value_t *numbers = mmd_value_object();
  bool passed = false;
  MMD_TRY(mmd_object_take(context->result, "numbers", numbers));
  MMD_TRY(mmd_diff_numbers(&request, numbers, &passed));
  show_numbers(numbers, options->all, context);
  if (!passed) context->exit_status = 3;
  return NULL;
}

static mmd_status_t diff(const mmd_graph_t *a, const mmd_graph_t *b, const diff_options_t *options,
                         mmd_command_context_t *context) {
  static const char *const keys[] = {"opsets", "inputs", "outputs", "initializers", "nodes"};
  mmd_value_t *structure = mmd_value_object();
  size_t count = 0;
  MMD_TRY(mmd_object_take(context->result, "structure", structure));
  MMD_TRY(mmd_diff_structure(a, b, structure, &count));
  for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
    show_list(structure, keys[i], options->all, context);
  mmd_command_printf(
      context, count == 1 ? "%zu difference of structure\n" : "%zu differences of structure\n",
      count);
  MMD_TRY(mmd_object_take(context->result, "differences", mmd_value_int((int64_t)count)));
  // With numbers, the numbers decide.
  if (options->numbers) return compare_numbers(a, b, options, context);
  if (count) context->exit_status = 3;
  return NULL;
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const diff_options_t *options = opaque;
  mmd_graph_t *a = NULL, *b = NULL;
  const mmd_onnx_import_options_t import = mmd_limits_import(&options->limits);
  mmd_status_t status = mmd_onnx_import(options->a, &import, &a);
  if (!status) status = mmd_onnx_import(options->b, &import, &b);
  if (!status) status = diff(a, b, options, context);
  mmd_graph_destroy(a);
  mmd_graph_destroy(b);
  return status;
}

const mmd_command_t mmd_diff_command = {
    .name = "diff",
    .summary = "Compare two ONNX files: structure, and numbers layer by layer.",
    .options = &g_table,
    .run = run,
};
