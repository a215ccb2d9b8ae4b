// SPDX-License-Identifier: Apache-2.0
//
// `inspect`: what is in a checkpoint, an ONNX file, a config or a package, and the graph inside.
#include <string.h>

#include "base/file.h"
#include "convert/checkpoint_source.h"
#include "convert/commands.h"
#include "convert/inspect.h"
#include "convert/inspect_shapes.h"
#include "formats/pyconfig/pyconfig.h"
#include "formats/zip/zip.h"
#include "graph/text.h"

typedef struct inspect_options_t {
  const char *file;
  bool text, stats;
  bool shapes;
  int64_t depth;
  const mmd_value_t *input_shape;
  const char *dot, *svg, *net, *checkpoint, *deploy_cfg;
} inspect_options_t;

#define AT(field) offsetof(inspect_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "file",
     .type = MMD_OPTION_STRING,
     .offset = AT(file),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Checkpoint, ONNX file, config, or package (folder or zip)."},
    {.name = "text",
     .type = MMD_OPTION_BOOL,
     .offset = AT(text),
     .help = "Of an ONNX file: print the whole graph, one node a line."},
    {.name = "stats",
     .type = MMD_OPTION_BOOL,
     .offset = AT(stats),
     .help = "Of a checkpoint or an ONNX file's initialisers: minimum, maximum, mean, deviation, "
             "NaN and inf counts of each tensor."},
    {.name = "shapes",
     .type = MMD_OPTION_BOOL,
     .offset = AT(shapes),
     .help = "Of a graph: the tree of modules with output shapes, parameters and FLOPs (a "
             "multiply-add counts two)."},
    {.name = "depth",
     .type = MMD_OPTION_INT,
     .offset = AT(depth),
     .default_text = "-1",
     .min = -1,
     .max = 1000,
     .help = "Levels of modules that --shapes, --dot and --svg open; -1: all, in pictures as many "
             "as stay readable."},
    {.name = "input_shape",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(input_shape),
     .flags = MMD_OPTION_REPEATED,
     .metavar = "NAME=SIZES",
     .help = "Sizes of an input (image=1,3,224,224; without NAME= of the only one), so that open "
             "sizes become numbers."},
    {.name = "dot",
     .type = MMD_OPTION_STRING,
     .offset = AT(dot),
     .metavar = "FILE",
     .help = "Write a picture of the graph for Graphviz."},
    {.name = "svg",
     .type = MMD_OPTION_STRING,
     .offset = AT(svg),
     .metavar = "FILE",
     .help = "Write a picture of the graph as SVG."},
    {.name = "net",
     .type = MMD_OPTION_STRING,
     .offset = AT(net),
     .metavar = "NAME",
     .help = "Which network of a package to show; its first by default."},
    {.name = "checkpoint",
     .type = MMD_OPTION_STRING,
     .offset = AT(checkpoint),
     .metavar = "FILE",
     .help = "Weights of a model config whose graph is shown."},
    {.name = "deploy_cfg",
     .type = MMD_OPTION_STRING,
     .offset = AT(deploy_cfg),
     .metavar = "FILE",
     .help = "Deploy config that the graph of a model config is made for."},
};
static const mmd_option_table_t g_table = MMD_OPTION_TABLE("inspect", inspect_options_t, g_options);

typedef mmd_status_t (*inspect_fn)(const inspect_options_t *options, mmd_value_t *result,
                                   mmd_str_t *text);

static mmd_status_t inspect_package(const inspect_options_t *options, mmd_value_t *result,
                                    mmd_str_t *text) {
  mmd_package_t *package = NULL;
  MMD_TRY(mmd_package_open(options->file, &package));
  mmd_status_t status = mmd_inspect_package(package, result, text);
  mmd_package_release(package);
  return status;
}

static mmd_status_t inspect_onnx(const inspect_options_t *options, mmd_value_t *result,
                                 mmd_str_t *text) {
  mmd_graph_t *graph = NULL;
  mmd_str_t summary = {0};
  mmd_str_t *rows = options->text ? &summary : text;
  mmd_status_t status = mmd_inspect_import(options->file, result, rows, &graph);
  if (!status) status = mmd_inspect_graph(graph, result, rows);
  if (!status && options->text) status = mmd_graph_print(graph, 0, text);
  mmd_str_deinit(&summary);
  mmd_graph_destroy(graph);
  return status;
}

static mmd_status_t inspect_config(const inspect_options_t *options, mmd_value_t *result,
                                   mmd_str_t *text) {
  mmd_value_t *config = NULL;
  MMD_TRY(mmd_pyconfig_read(options->file, NULL, &config));
  mmd_status_t status =
      mmd_status_annotate(mmd_inspect_config(config, result, text), "%s", options->file);
  mmd_value_release(config);
  return status;
}

static mmd_status_t inspect_checkpoint(const inspect_options_t *options, mmd_value_t *result,
                                       mmd_str_t *text) {
  mmd_checkpoint_t *checkpoint = NULL;
  MMD_TRY(mmd_checkpoint_source_open(options->file, NULL, &checkpoint));
  mmd_status_t status = mmd_inspect_checkpoint(checkpoint, options->stats, result, text);
  mmd_checkpoint_destroy(checkpoint);
  return status;
}

static bool has_extension(const char *path, const char *const *extensions) {
  const char *extension = mmd_path_extension(path);
  for (; *extensions; ++extensions) {
    if (strcmp(extension, *extensions) == 0) return true;
  }
  return false;
}

// A zip archive with a deploy.json; PyTorch's checkpoints are archives too.
static bool is_package_archive(const char *path) {
  mmd_zip_t *zip = NULL;
  if (mmd_status_ignore(mmd_zip_open_file(path, NULL, &zip))) return false;
  const bool found = mmd_zip_find_base(zip, "deploy.json") != NULL;
  mmd_zip_destroy(zip);
  return found;
}

// What can be said of a kind of file.
typedef struct kind_t {
  inspect_fn inspect;
  mmd_inspect_load_fn load;  // NULL = there is no graph inside
} kind_t;

static kind_t choose(const inspect_options_t *options) {
  const char *path = options->file;
  static const char *const onnx[] = {".onnx", NULL};
  static const char *const config[] = {".py", ".json", ".yaml", ".yml", NULL};
  const kind_t package = {inspect_package, mmd_inspect_load_package};
  const kind_t checkpoint = {inspect_checkpoint, NULL};
  if (mmd_path_is_directory(path)) return package;
  if (has_extension(path, onnx)) {
    return (kind_t){options->stats ? inspect_checkpoint : inspect_onnx, mmd_inspect_load_onnx};
  }
  if (has_extension(path, config)) return (kind_t){inspect_config, mmd_inspect_load_config};
  return is_package_archive(path) ? package : checkpoint;
}

static mmd_status_t show_graph(const inspect_options_t *options, mmd_inspect_load_fn load,
                               mmd_value_t *result, mmd_str_t *text) {
  const mmd_inspect_view_t view = {
      .file = options->file,
      .checkpoint = options->checkpoint,
      .deploy_cfg = options->deploy_cfg,
      .net = options->net,
      .input_shapes = options->input_shape,
      .depth = options->depth,
      .shapes = options->shapes,
      .dot = options->dot,
      .svg = options->svg,
  };
  if (load) return mmd_inspect_view(&view, load, result, text);
  return MMD_ERROR(MMD_NOT_SUPPORTED,
                   "%s: there is no graph in a checkpoint; --shapes, --dot and --svg take an ONNX "
                   "file, a package, or a config with --checkpoint and --deploy-cfg",
                   options->file);
}

static mmd_status_t run(const void *opaque, mmd_command_context_t *context) {
  const inspect_options_t *options = opaque;
  mmd_str_t text = {0};
  MMD_TRY(mmd_object_take(context->result, "file", mmd_value_string(options->file)));
  const kind_t kind = choose(options);
  const bool wants_graph = options->shapes || options->dot || options->svg;
  mmd_status_t status = wants_graph ? show_graph(options, kind.load, context->result, &text)
                                    : kind.inspect(options, context->result, &text);
  if (!status) mmd_command_text(context, mmd_str_text(&text));
  mmd_str_deinit(&text);
  return status;
}

const mmd_command_t mmd_inspect_command = {
    .name = "inspect",
    .summary = "Say what is in a checkpoint, an ONNX file, a config or a package.",
    .options = &g_table,
    .run = run,
};
