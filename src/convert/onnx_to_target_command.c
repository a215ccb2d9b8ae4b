// SPDX-License-Identifier: Apache-2.0
//
// `onnx2openvino`, `onnx2ncnn`, `onnx2torchscript`: an ONNX file to the files of another engine,
// through the target of its backend.
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "convert/commands.h"
#include "convert/edit_graph.h"
#include "convert/limits.h"
#include "convert/target.h"
#include "frontends/onnx/import.h"
#include "ops/infer.h"
#include "passes/pass.h"

typedef struct to_target_options_t {
  const char *in, *prefix;
  const mmd_value_t *dims;
  int precision;
  mmd_limits_t limits;
} to_target_options_t;

static const char *const g_precisions[] = {"FP32", "FP16", NULL};
#define AT(field) offsetof(to_target_options_t, field)
static const mmd_option_t g_options[] = {
    {.name = "in",
     .type = MMD_OPTION_STRING,
     .offset = AT(in),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "ONNX file to read."},
    {.name = "prefix",
     .type = MMD_OPTION_STRING,
     .offset = AT(prefix),
     .flags = MMD_OPTION_REQUIRED | MMD_OPTION_POSITIONAL,
     .help = "Path of the files to write, without their suffixes."},
    {.name = "dim",
     .type = MMD_OPTION_STRINGS,
     .offset = AT(dims),
     .metavar = "NAME:AXIS=SIZE",
     .help = "Fix a size of an input; may be given more than once."},
    {.name = "precision",
     .type = MMD_OPTION_CHOICE,
     .offset = AT(precision),
     .default_text = "\"FP32\"",
     .choices = g_precisions,
     .help = "What weights are stored in."},
    MMD_FILE_LIMIT_OPTIONS(to_target_options_t, limits),
};
static const mmd_option_table_t g_openvino_table =
    MMD_OPTION_TABLE("onnx2openvino", to_target_options_t, g_options);
static const mmd_option_table_t g_ncnn_table =
    MMD_OPTION_TABLE("onnx2ncnn", to_target_options_t, g_options);
static const mmd_option_table_t g_torchscript_table =
    MMD_OPTION_TABLE("onnx2torchscript", to_target_options_t, g_options);

typedef struct to_target_t {
  const to_target_options_t *options;
  const mmdeploy_target_t *target;
  mmd_graph_t *graph;
  char *directory, *save_file;
  mmdeploy_target_result_t files;
} to_target_t;

static mmd_status_t prepare(to_target_t *t) {
  const to_target_options_t *options = t->options;
  const mmd_onnx_import_options_t import = mmd_limits_import(&options->limits);
  mmd_str_t name = {0};
  MMD_TRY(mmd_onnx_import(options->in, &import, &t->graph));
  MMD_TRY(mmd_graph_infer(t->graph));
  for (size_t i = 0; i < mmd_array_size(options->dims); ++i) {
    const char *entry = mmd_value_get_string(mmd_array_at(options->dims, i), "");
    MMD_TRY(mmd_status_annotate(mmd_edit_dim(t->graph, entry), "--dim"));
  }
  if (mmd_array_size(options->dims)) MMD_TRY(mmd_edit_infer(t->graph));
  t->directory = mmd_path_directory(options->prefix);
  if (t->directory && !*t->directory) {
    mmd_free(t->directory);
    t->directory = mmd_strdup(".");
  }
  MMD_TRY_ALLOC(t->directory);
  // A dot in the prefix is no suffix.
  mmd_status_t status = mmd_str_printf(&name, "%s.onnx", mmd_path_base(options->prefix));
  t->save_file = status ? NULL : mmd_str_take(&name);
  mmd_str_deinit(&name);
  MMD_TRY(status);
  MMD_TRY_ALLOC(t->save_file);
  return mmd_path_make_directories(t->directory);
}

static mmd_status_t write_files(to_target_t *t) {
  const mmdeploy_target_request_t request = {
      .struct_size = sizeof request,
      .directory = t->directory,
      .save_file = t->save_file,
      .backend_config_json = "{}",
      .ir_config_json = "{}",
      .precision = g_precisions[t->options->precision],
  };
  MMD_TRY(mmd_passes_run(t->graph, mmd_passes_convert, NULL));
  MMD_TRY(mmd_target_legalize(t->target, t->graph, &request));
  return mmd_target_write(t->target, t->graph, &request, &t->files);
}

static mmd_status_t report(const to_target_t *t, mmd_command_context_t *context) {
  mmd_value_t *files = mmd_value_array();
  MMD_TRY(mmd_object_take(context->result, "files", files));
  for (size_t i = 0; i < t->files.file_count; ++i) {
    char *path = mmd_path_join(t->directory, t->files.files[i]);
    MMD_TRY_ALLOC(path);
    mmd_command_printf(context, "%s\n", path);
    mmd_status_t status = mmd_array_take(files, mmd_value_string(path));
    mmd_free(path);
    MMD_TRY(status);
  }
  return NULL;
}

static mmd_status_t run(const char *backend, const void *options, mmd_command_context_t *context) {
  to_target_t t = {.options = options};
  mmd_status_t status = mmd_target_get(backend, &t.target);
  if (!status) status = mmd_status_annotate(prepare(&t), "%s", t.options->in);
  if (!status) status = mmd_status_annotate(write_files(&t), "%s", t.options->in);
  if (!status) status = report(&t, context);
  mmd_graph_destroy(t.graph);
  mmd_free(t.directory);
  mmd_free(t.save_file);
  return status;
}

static mmd_status_t run_openvino(const void *options, mmd_command_context_t *context) {
  return run("openvino", options, context);
}

static mmd_status_t run_ncnn(const void *options, mmd_command_context_t *context) {
  return run("ncnn", options, context);
}

static mmd_status_t run_torchscript(const void *options, mmd_command_context_t *context) {
  return run("torchscript", options, context);
}

const mmd_command_t mmd_onnx2openvino_command = {
    .name = "onnx2openvino",
    .summary = "Write an ONNX file as OpenVINO IR (.xml and .bin).",
    .options = &g_openvino_table,
    .run = run_openvino,
};

const mmd_command_t mmd_onnx2ncnn_command = {
    .name = "onnx2ncnn",
    .summary = "Write an ONNX file as a net of ncnn (.param and .bin).",
    .options = &g_ncnn_table,
    .run = run_ncnn,
};

const mmd_command_t mmd_onnx2torchscript_command = {
    .name = "onnx2torchscript",
    .summary = "Write an ONNX file as a TorchScript module (.pt).",
    .options = &g_torchscript_table,
    .run = run_torchscript,
};
